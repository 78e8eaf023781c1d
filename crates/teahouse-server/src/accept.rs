//! Where connections come in: TLS or not, HTTP/1.1 or HTTP/2, and who may take how long.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode, Uri, header};
use axum::routing::future::RouteFuture;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::server::TlsStream;
use tower_service::Service as _;

use crate::api::{self, Peer};
use crate::cost::{Handed, Meter, Metered};
use crate::node::Node;
use crate::tls::{self, Spoken, Tls};
use crate::transport::patience::{InTime, PATIENCE};

/// Connections that wait to be accepted, where the system allows as many: after a restart everybody comes at once,
/// and who finds no place tries again a second later.
const BACKLOG: u32 = 4_096;
/// How long a client may take until its first request begins.
const FIRST: Duration = Duration::from_secs(10);
/// How long it may take for the head of a request, the pause before it included: longer than the pause of a
/// client that polls, so that its connection is used again.
const HEAD: Duration = Duration::from_secs(60);
/// The pause after the process ran out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often a quiet HTTP/2 connection is asked for a sign of life, and how long it may take.
const ALIVE: (Duration, Duration) = (Duration::from_secs(25), Duration::from_secs(10));
/// How often the answers of an HTTP/2 connection are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Requests at a time of one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// Bytes of one HTTP/2 answer that wait for its reader.
const HTTP2_BYTES_MAX: usize = 64 << 10;

/// Listens at `address`.
///
/// # Errors
/// The system's, if the address is not there or taken.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart does not wait for the connections of the last run.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves everybody who comes to `listener`.
pub async fn accept(node: Arc<Node>, listener: TcpListener, tls: Option<Tls>) {
    let router = api::router(node);
    // One line in the log for each change.
    let mut refused = false;
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                if std::mem::take(&mut refused) {
                    tracing::info!("connections are accepted again");
                }
                let (router, tls) = (router.clone(), tls.clone());
                tokio::spawn(async move {
                    // Small frames must not wait for each other's acknowledgement (Nagle's algorithm).
                    if socket.set_nodelay(true).is_ok() {
                        match tls {
                            None => serve(router, socket, peer).await,
                            // Boxed: a task that is moved to where it runs is as large as all that it may do.
                            Some(tls) => Box::pin(secure(tls, router, socket, peer)).await,
                        }
                    }
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    tracing::warn!("connections cannot be accepted now, and wait: {error}");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn secure(tls: Tls, router: Router, socket: TcpStream, peer: SocketAddr) {
    match tls.accept(socket).await {
        Ok(Spoken::Http1(secured)) => match tls::pair() {
            Ok((outer, inner)) => {
                tokio::join!(serve(router, inner, peer), tls::carry(secured, outer));
            }
            Err(error) => tracing::warn!("a connection could not be served: {error}"),
        },
        Ok(Spoken::Http2(secured)) => serve_http2(router, secured, peer).await,
        Ok(Spoken::Plain(socket)) => redirect(socket).await,
        Err(error) => tracing::debug!("a TLS connection did not begin: {error}"),
    }
}

/// The router, and what it is told of the connection with each request. (A layer for each connection would
/// be a router for each connection: some 10 KiB.)
#[derive(Clone)]
struct Told {
    router: Router,
    peer: Peer,
    meter: Arc<Meter>,
}

impl hyper::service::Service<Request<Incoming>> for Told {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(in_time);
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(self.meter.clone());
        // A router is always ready.
        self.router.clone().call(request)
    }
}

async fn serve(router: Router, mut socket: TcpStream, peer: SocketAddr) {
    let (mut ahead, mut meter) = (Bytes::new(), Meter::default());
    // Boxed: while somebody waits on the socket itself, nothing of HTTP stays in memory.
    while let Some((handed, taken, rest)) =
        Box::pin(until_handed_over(router.clone(), socket, ahead, peer, meter)).await
    {
        // What came behind the request is the next one.
        (ahead, meter) = (rest, Meter::used());
        match handed.go_on(taken).await {
            Some(back) => socket = back,
            None => return,
        }
    }
}

/// Answers requests until the connection ends, or one of them needs its socket.
async fn until_handed_over(
    router: Router,
    socket: TcpStream,
    ahead: Bytes,
    peer: SocketAddr,
    meter: Meter,
) -> Option<(Handed, TcpStream, Bytes)> {
    let meter = Arc::new(meter);
    let service = Told { router, peer: Peer(peer), meter: meter.clone() };
    let socket = Metered::behind(ahead, socket, meter.clone());
    let mut connection = http1().serve_connection(TokioIo::new(socket), service).with_upgrades();
    let handed = tokio::select! {
        ended = &mut connection => {
            said(ended);
            None
        }
        () = meter.hung_up() => None,
        () = silent(&meter) => None,
        handed = meter.handed_over() => handed,
    };
    // It may have ended just when it was to hand its socket over: nobody will go on then.
    meter.forget_handed_over();
    let parts = connection.into_parts()?;
    let (socket, rest) = parts.io.into_inner().into_inner(&parts.read_buf);
    Some((handed?, socket, rest))
}

/// Done when no request has begun in time.
async fn silent(meter: &Meter) {
    tokio::time::sleep(FIRST).await;
    if meter.has_begun() {
        std::future::pending().await
    }
}

fn http1() -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 << 10);
    builder
}

async fn serve_http2(router: Router, secured: TlsStream<TcpStream>, peer: SocketAddr) {
    let meter = Arc::new(Meter::shared());
    let service = Told { router, peer: Peer(peer), meter: meter.clone() };
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(ALIVE.0)
        .keep_alive_timeout(ALIVE.1)
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(HTTP2_BYTES_MAX)
        .serve_connection(TokioIo::new(Metered::new(secured, meter.clone())), service);
    tokio::select! {
        ended = connection => said(ended),
        () = meter.hung_up() => {}
        () = silent(&meter) => {}
        () = unread(&meter) => {}
    }
}

/// Done when somebody reads nothing of an answer for too long. (The socket says nothing of it: each answer
/// of HTTP/2 has a window of its own.)
async fn unread(meter: &Meter) {
    while !meter.has_unread(PATIENCE) {
        tokio::time::sleep(LOOK).await;
    }
}

/// The body of a request, if it has one.
fn in_time(body: Incoming) -> axum::body::Body {
    if body.is_end_stream() { axum::body::Body::empty() } else { axum::body::Body::new(InTime::new(body)) }
}

/// Sends whoever came without TLS to where it is.
async fn redirect(socket: TcpStream) {
    let service = service_fn(|request| ready(Ok::<_, Infallible>(elsewhere(&request))));
    said(http1().keep_alive(false).serve_connection(TokioIo::new(socket), service).await);
}

fn elsewhere(request: &Request<Incoming>) -> Response<String> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let there = host.and_then(|host| format!("https://{host}{path}").parse::<Uri>().ok());
    let mut response = Response::new("This server speaks https.\n".to_owned());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    if let Some(there) = there.and_then(|there| there.to_string().parse().ok()) {
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        response.headers_mut().insert(header::LOCATION, there);
    }
    response
}

fn said(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!("an HTTP connection ended: {error}");
    }
}
