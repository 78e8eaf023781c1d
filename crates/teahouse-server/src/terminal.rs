//! The house as whoever has the machine asks it: through the server that runs, or, while none does, through a node
//! without doors on the same store. The same requests go both ways, and are answered by the same code.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value as Json;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_service::Service as _;

use crate::api::{self, Peer};
use crate::bus::Bus;
use crate::config::Config;
use crate::cost::Meter;
use crate::node::{self, Node};
use crate::store::{SqliteStore, Store};

/// How long a running server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A way to ask the house.
pub struct Terminal {
    token: String,
    way: Way,
}

enum Way {
    /// The server that runs, at this address.
    Running(SocketAddr),
    /// A node of this process.
    Node { router: Box<Router>, stop: oneshot::Sender<()>, running: JoinHandle<anyhow::Result<()>> },
}

impl Terminal {
    /// Asks a node of this process on that store, which nobody reaches otherwise.
    ///
    /// # Errors
    /// The store's.
    pub async fn on(config: Config, store: Arc<dyn Store>, bus: Arc<dyn Bus>) -> anyhow::Result<Self> {
        let node = Node::new(config, store, bus).await?;
        let (token, router) = (node.terminal_token(), Box::new(api::router(node.clone())));
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(node.run(Vec::new(), None, async move {
            // Whoever asks is gone: so is this node.
            let _ = stopped.await;
        }));
        Ok(Self { token, way: Way::Node { router, stop, running } })
    }

    /// Asks the server that runs at that address, whose house is in the folder of the configuration.
    ///
    /// # Errors
    /// If the house's secret cannot be read.
    pub fn at(address: SocketAddr, config: &Config) -> anyhow::Result<Self> {
        let secret = SqliteStore::setting_of(&config.data, node::SECRET_KEY)
            .context("the house's secret cannot be read")?
            .context("the house in this folder has no secret yet: start the server once")?;
        Ok(Self { token: node::terminal_token(&secret), way: Way::Running(address) })
    }

    /// Asks, and gives the answer.
    ///
    /// # Errors
    /// What the house says against it, or why it does not answer.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> anyhow::Result<Json> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let request =
            request.header(header::HOST, "localhost").header(header::CONTENT_TYPE, "application/json");
        let bytes = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let (status, answer) = match &self.way {
            Way::Node { router, .. } => {
                let mut request = request.body(Body::from(bytes))?;
                request.extensions_mut().insert(Peer((Ipv4Addr::LOCALHOST, 0).into()));
                request.extensions_mut().insert(Arc::new(Meter::default()));
                let mut router = (**router).clone();
                let Ok(response) = router.call(request).await;
                read(response).await?
            }
            Way::Running(address) => {
                let asked = running(*address, request.body(Full::new(bytes))?);
                let answered = tokio::time::timeout(PATIENCE, asked).await;
                answered.map_err(|_| anyhow::anyhow!("the server at {address} did not answer in time"))??
            }
        };
        let told: Json =
            serde_json::from_slice(&answer).context("the answer is no JSON: is this Teahouse?")?;
        if !(200..300).contains(&status) {
            bail!("{}", told["message"].as_str().unwrap_or("the house refused this without a word"));
        }
        Ok(told)
    }

    /// Ends; a node of this process has stored everything then.
    ///
    /// # Errors
    /// The store's damage.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Way::Node { stop, running, .. } = self.way {
            // It may have ended by itself, and says why.
            let _ = stop.send(());
            running.await.context("the node broke")??;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Terminal")
    }
}

async fn running(address: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<(u16, Bytes)> {
    let socket = TcpStream::connect(address).await.with_context(|| {
        format!("a server has the data folder, and does not answer at {address}. Say where it listens with --at ADDRESS:PORT")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let answer = read(response.map(Body::new)).await;
    driving.abort();
    answer
}

async fn read(response: Response<Body>) -> anyhow::Result<(u16, Bytes)> {
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the answer cannot be read: {error}"))?;
    Ok((status, body.to_bytes()))
}
