//! Requests: where a connection begins, and what is not a stream.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Push};

use crate::cost::{Meter, MeteredBody};
use crate::node::Node;
use crate::web;

/// What moderators and the owner do.
pub mod admin;
/// The house as a whole.
mod admin_house;
/// What they do to people.
mod admin_people;
/// Who asks.
mod caller;
/// What calls somebody.
mod calls;
/// What the door shows, and how the owner comes in.
mod door;
/// The session over plain HTTP.
mod exchange;
/// A room to take along.
mod export;
/// Files on their way out.
mod files;
/// Answers that wait on a socket of their own.
mod handed;
/// Oneself.
mod me;
/// Who is in a room.
mod members;
/// A provider.
mod oidc;
/// One room for programs without a session.
mod one;
/// Who may ask from which page.
mod origin;
/// Somebody, as another one sees them.
mod people;
/// Browsers that are told.
mod push;
/// Reports.
mod reports;
/// Rooms: the list, making and changing them.
mod rooms;
/// What was said, found again.
mod search;
/// Coming in.
mod signin;
/// Every address, and who may ask it.
pub mod table;
/// Requests that become WebSockets.
mod upgrade;
/// Files on their way in.
mod uploads;

/// The peer of an HTTP connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Most bytes of a request's body: more where a frame may have more, with the hello in front of it.
const BODY_BYTES_MAX: usize = 64 << 10;
const HELLO_BYTES: usize = 4 << 10;

/// Every address of the server: those of the table.
pub fn router(node: Arc<Node>) -> Router {
    let frame_bytes_max = node.config.terms.limits.frame_bytes_max as usize;
    let is_longer = frame_bytes_max > BODY_BYTES_MAX;
    let body_bytes_max = if is_longer { frame_bytes_max + HELLO_BYTES } else { BODY_BYTES_MAX };
    table::router(body_bytes_max)
        .layer(middleware::from_fn_with_state(node.clone(), admit))
        .layer(middleware::from_fn_with_state(node.clone(), origin::answer))
        .layer(middleware::map_response(web::secure))
        .layer(middleware::from_fn_with_state(node.clone(), metered))
        .with_state(node)
}

async fn ready(State(node): State<Arc<Node>>) -> Response {
    match node.store.has_owner().await {
        Ok(_) => "ready".into_response(),
        Err(error) => refusal(&error.told(None)),
    }
}

async fn nothing() -> Response {
    refusal(&Error::new(None, ErrorCode::NotFound, "There is nothing at this address."))
}

/// Who has to stay out asks for nothing; while the node is about to stop, nothing new begins.
async fn admit(
    State(node): State<Arc<Node>>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let path = request.uri().path();
    let asks = path.starts_with("/v1/") || ["/chat", "/echo"].contains(&path);
    if let (true, Some(peer)) = (asks, request.extensions().get::<Peer>().copied()) {
        // The page itself is shown to everybody: it says that they have to stay out.
        let checked = node.bans.check(None, Some(address(&node, peer, request.headers())));
        if let (Err(error), false) = (checked, admin::is_terminal(&node, request.headers())) {
            return refusal(&error);
        }
    }
    if node.is_draining() && request.uri().path() != "/healthz" {
        let error = Error::new(None, ErrorCode::Draining, crate::error::sentence(ErrorCode::Draining));
        return refusal(&Error { retry_ms: Some(1_000), ..error });
    }
    next.run(request).await
}

/// Tells the connection's meter, and the node, where a request begins and its answer ends.
async fn metered(
    State(node): State<Arc<Node>>,
    mut request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    // HTTP/2 says the host in the request's address (RFC 9113, 8.3.1).
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let (Some(host), false) = (host, request.headers().contains_key(header::HOST)) {
        request.headers_mut().insert(header::HOST, host);
    }
    let underway = node.request();
    let Some(meter) = request.extensions().get::<Arc<Meter>>().cloned() else {
        return next.run(request).await;
    };
    meter.begin();
    let has_body = request.method() != Method::HEAD;
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let waiting = response.extensions_mut().remove::<handed::Socketless>().filter(|_| has_body);
    if let Some(waiting) = waiting.and_then(handed::Socketless::take) {
        match meter.hand_over(waiting.handed(&response, underway)).await {}
    }
    response.map(|body| axum::body::Body::new(MeteredBody::new(body, meter, underway)))
}

/// The body of a request, or why it could not be read.
type Given = Result<Bytes, BytesRejection>;
/// The answer to a request that is refused.
type Refused = Box<Response>;

/// The answer to a request whose body could not be read.
fn unreadable(error: &BytesRejection) -> Refused {
    let code = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        _ => ErrorCode::BadFrame,
    };
    Box::new(refusal(&Error::new(None, code, format!("The body cannot be read: {error}."))))
}

/// Whether an address may open one more connection that lasts.
fn admit_connection(node: &Node, address: IpAddr) -> Result<(), Refused> {
    node.addresses.take(address, node.config.connections, node.clock.now()).map_err(|retry_ms| {
        let said = "Too many connections came from your address. Wait a moment.";
        Box::new(refusal(&Error { retry_ms: Some(retry_ms), ..Error::new(None, ErrorCode::Rate, said) }))
    })
}

/// The answer that says this error.
fn refusal(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(Push::Error(error.clone()))).into_response();
    if let Some(retry_ms) = error.retry_ms {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_ms.div_ceil(1_000)));
    }
    response
}

/// Where the client is: the peer, or what a trusted proxy says of it.
fn address(node: &Node, peer: Peer, headers: &HeaderMap) -> IpAddr {
    let forwarded = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    node.config.trust_forwarded.then(forwarded).flatten().unwrap_or_else(|| peer.0.ip())
}
