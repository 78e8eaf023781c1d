//! The small house behind a real port: WebSocket and plain HTTP, with or without TLS, and with faults
//! on the way to it.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use teahouse_client::Options;
use teahouse_client::protocol::{Command, Push};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::house::{House, Peer};

type Body = UnsyncBoxBody<Bytes, io::Error>;
type Bodies = mpsc::Sender<Result<Frame<Bytes>, io::Error>>;

/// What is wrong between the client and the house.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Way {
    /// A WebSocket is answered with 403.
    pub(crate) blocks_sockets: bool,
    /// What belongs to a stream is gathered and never passed on.
    pub(crate) buffers_streams: bool,
    /// One request or line in so many is lost, or its answer, or half of it; 0 is none.
    pub(crate) loses_one_in: u64,
}

/// The small house behind a real port.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) house: Arc<Mutex<House>>,
    pub(crate) way: Arc<Mutex<Way>>,
    /// Every path that was asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    /// Raised when everybody is to be cut off.
    cuts: Arc<watch::Sender<u64>>,
    /// Raised when there is something to deliver.
    news: Arc<watch::Sender<u64>>,
    chance: Arc<AtomicU64>,
    url: String,
    roots_pem: Vec<u8>,
}

impl Door {
    pub(crate) async fn open() -> Self {
        Self::open_to(Way::default(), 0).await
    }

    pub(crate) async fn open_to(way: Way, seed: u64) -> Self {
        Self::open_with(way, seed, None).await
    }

    /// With a certificate of its own for `localhost`.
    pub(crate) async fn open_encrypted() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = config.with_single_cert(vec![made.cert.der().clone()], key.into()).unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::open_with(Way::default(), 0, Some((acceptor, made.cert.pem().into_bytes()))).await
    }

    async fn open_with(way: Way, seed: u64, tls: Option<(TlsAcceptor, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (scheme, host) = if tls.is_some() { ("https", "localhost") } else { ("http", "127.0.0.1") };
        let (acceptor, roots_pem) = tls.unzip();
        let door = Self {
            house: Arc::default(),
            way: Arc::new(Mutex::new(way)),
            asked: Arc::default(),
            cuts: Arc::new(watch::channel(0).0),
            news: Arc::new(watch::channel(0).0),
            chance: Arc::new(AtomicU64::new(seed)),
            url: format!("{scheme}://{host}:{port}/r/1024"),
            roots_pem: roots_pem.unwrap_or_default(),
        };
        let served = door.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (door, acceptor) = (served.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => door.serve(stream).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                door.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        door
    }

    pub(crate) fn options(&self) -> Options {
        Options { roots_pem: self.roots_pem.clone(), ..Options::new(&self.url).unwrap() }
    }

    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// One TCP connection, until it ends or everybody is cut off.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let mut cuts = self.cuts.subscribe();
        let door = self.clone();
        let service = service_fn(move |request| door.clone().answer(request));
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            _ = connection.with_upgrades() => {}
            _ = cuts.changed() => {}
        }
    }

    /// An error here ends the connection without an answer.
    async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
        let path = request.uri().to_string();
        self.asked.lock().unwrap().push(path.clone());
        if path == "/v1/ws" {
            return Ok(self.upgrade(&mut request));
        }
        assert_eq!(request.method(), Method::POST, "{path}");
        assert_eq!(request.headers()[header::ACCEPT], "application/x-ndjson");
        assert!(!request.headers().contains_key(header::ORIGIN));
        let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        assert!(body.len() <= 64 * 1024, "a body of {} bytes", body.len());
        let lines = String::from_utf8(body.to_vec()).unwrap();
        self.lose()?;
        let mut peer = Peer::plain();
        let mut said = Vec::new();
        for line in lines.lines() {
            said.extend(self.house.lock().unwrap().line(&mut peer, line));
        }
        self.lose()?;
        self.news.send_modify(|news| *news += 1);
        let (bodies, frames) = mpsc::channel(64);
        tokio::spawn(self.write(path, lines, peer, said, bodies));
        let frames = stream::unfold(frames, async |mut frames| {
            let frame = frames.recv().await?;
            Some((frame, frames))
        });
        Ok(Response::new(StreamBody::new(frames).boxed_unsync()))
    }

    async fn write(self, path: String, lines: String, mut peer: Peer, said: Vec<Push>, bodies: Bodies) {
        let streams = path == "/v1/stream";
        let mut news = self.news.subscribe();
        if streams && bodies.send(Ok(Frame::data(" ".repeat(2048).into()))).await.is_err() {
            return;
        }
        if streams && self.way.lock().unwrap().buffers_streams {
            return bodies.closed().await;
        }
        let mut sent = self.say(&bodies, &said).await;
        if path == "/v1/send" {
            return;
        }
        assert_eq!(lines.lines().count(), 1, "a request to read is a hello");
        loop {
            let events = self.house.lock().unwrap().deliver(&mut peer);
            sent = sent && self.say(&bodies, &events).await;
            if !sent {
                return;
            }
            if !streams && (path.ends_with("wait=0") || !events.is_empty()) {
                let retry_ms = Some(if path.ends_with("wait=0") { 10 } else { 0 });
                let close = Push::Close { code: 4002, reason: "rotate".into(), retry_ms };
                self.say(&bodies, &[close]).await;
                return;
            }
            tokio::select! {
                _ = news.changed() => {}
                () = bodies.closed() => return,
            }
        }
    }

    /// Writes frames, or a part of them and nothing more. Whether there may be more.
    async fn say(&self, bodies: &Bodies, pushes: &[Push]) -> bool {
        let mut bytes = Vec::new();
        for push in pushes {
            bytes.extend(push.encode());
            bytes.push(b'\n');
        }
        if self.lose().is_err() {
            bytes.truncate(bytes.len() * (self.next() % 100) as usize / 100);
            drop(bodies.send(Ok(Frame::data(bytes.into()))).await);
            drop(bodies.send(Err(io::ErrorKind::ConnectionReset.into())).await);
            return false;
        }
        bytes.is_empty() || bodies.send(Ok(Frame::data(bytes.into()))).await.is_ok()
    }

    fn upgrade(self, request: &mut Request<Incoming>) -> Response<Body> {
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY).cloned();
        if self.way.lock().unwrap().blocks_sockets {
            let mut response = Response::new(full("No WebSockets here."));
            *response.status_mut() = StatusCode::FORBIDDEN;
            return response;
        }
        assert_eq!(request.headers()[header::SEC_WEBSOCKET_PROTOCOL], "teahouse.v1");
        let upgrade = hyper::upgrade::on(request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                let socket = TokioIo::new(upgraded);
                self.talk(WebSocketStream::from_raw_socket(socket, Role::Server, None).await).await;
            }
        });
        let response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_PROTOCOL, "teahouse.v1")
            .header(header::SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.unwrap().as_bytes()));
        response.body(Empty::new().map_err(never).boxed_unsync()).unwrap()
    }

    async fn talk(self, mut socket: WebSocketStream<TokioIo<Upgraded>>) {
        let mut cuts = self.cuts.subscribe();
        let mut news = self.news.subscribe();
        let mut peer = Peer::default();
        loop {
            tokio::select! {
                _ = cuts.changed() => return,
                _ = news.changed() => {}
                message = socket.next() => match message {
                    Some(Ok(Message::Text(line))) => {
                        if Command::decode(&line).is_ok_and(|command| command == Command::Bye) {
                            return drop(socket.close(None).await);
                        }
                        if self.lose().is_err() {
                            return;
                        }
                        let replies = self.house.lock().unwrap().line(&mut peer, &line);
                        self.news.send_modify(|news| *news += 1);
                        if self.lose().is_err() {
                            return;
                        }
                        say(&mut socket, &replies).await;
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
            let events = self.house.lock().unwrap().deliver(&mut peer);
            say(&mut socket, &events).await;
        }
    }

    /// Whether something is lost here.
    fn lose(&self) -> io::Result<()> {
        let one_in = self.way.lock().unwrap().loses_one_in;
        let lost = one_in > 0 && self.next().is_multiple_of(one_in);
        if lost { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    /// SplitMix64.
    fn next(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.chance.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// All frames as the lines of one message, as a house may send them.
async fn say(socket: &mut WebSocketStream<TokioIo<Upgraded>>, pushes: &[Push]) {
    let lines: Vec<String> = pushes.iter().map(|push| String::from_utf8(push.encode()).unwrap()).collect();
    if !lines.is_empty() {
        drop(socket.send(Message::text(lines.join("\n"))).await);
    }
}

fn full(text: &'static str) -> Body {
    Full::new(Bytes::from(text)).map_err(never).boxed_unsync()
}

fn never(error: Infallible) -> io::Error {
    match error {}
}
