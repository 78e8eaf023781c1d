//! Requests: where a connection begins, and what is not a stream.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, patch, post, put};
use axum::{Json, Router};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Push};

use crate::cost::{Meter, MeteredBody};
use crate::node::Node;
use crate::people::picture;
use crate::web;

/// What moderators and the owner do.
pub mod admin;
/// The house as a whole.
mod admin_house;
/// What they do to people.
mod admin_people;
/// Who asks.
mod caller;
/// What the door shows, and how the owner comes in.
mod door;
/// The session over plain HTTP.
mod exchange;
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
/// Reports.
mod reports;
/// Rooms: the list, making and changing them.
mod rooms;
/// Coming in.
mod signin;
/// Requests that become WebSockets.
mod upgrade;

/// The peer of an HTTP connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Most bytes of a request's body: more where a frame may have more, with the hello in front of it.
const BODY_BYTES_MAX: usize = 64 << 10;
const HELLO_BYTES: usize = 4 << 10;

/// Every address of the server. The method table is `docs/protocol.md`.
pub fn router(node: Arc<Node>) -> Router {
    let frame_bytes_max = node.config.terms.limits.frame_bytes_max as usize;
    let is_longer = frame_bytes_max > BODY_BYTES_MAX;
    let body_bytes_max = if is_longer { frame_bytes_max + HELLO_BYTES } else { BODY_BYTES_MAX };
    Router::new()
        .route("/v1/ws", get(upgrade::lines))
        .route("/chat", get(upgrade::plain))
        .route("/echo", get(upgrade::echo))
        .route("/v1/stream", post(exchange::stream))
        .route("/v1/poll", post(exchange::poll))
        .route("/v1/send", post(exchange::send))
        .route("/v1/costs", get(one::costs))
        .merge(in_rooms())
        .merge(of_people(body_bytes_max))
        .merge(house())
        .route("/v1/{*rest}", any(nothing))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/index", get(web::plain_page))
        .route("/static/{file}", get(web::plain_file))
        .fallback(web::app)
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(middleware::from_fn_with_state(node.clone(), admit))
        .layer(middleware::from_fn_with_state(node.clone(), origin::answer))
        .layer(middleware::map_response(web::secure))
        .layer(middleware::from_fn_with_state(node.clone(), metered))
        .with_state(node)
}

/// Coming in, oneself, and others.
fn of_people(body_bytes_max: usize) -> Router<Arc<Node>> {
    let picture_bytes_max = body_bytes_max.max(picture::BYTES_MAX + 1);
    Router::new()
        .route("/v1/house", get(signin::house))
        .route("/v1/guests", post(signin::guest))
        .route("/v1/setup", post(signin::setup))
        .route("/v1/signin", post(signin::password))
        .route("/v1/signin/passkey/begin", post(signin::begin_passkey))
        .route("/v1/signin/passkey", post(signin::passkey))
        .route("/v1/signin/code", post(signin::code))
        .route("/v1/signin/reset", post(signin::reset))
        .route("/v1/signin/oidc", get(oidc::away))
        .route("/v1/signin/oidc/back", get(oidc::back))
        .route("/v1/signout", post(signin::out))
        .route("/v1/me", get(me::me).patch(me::rename).delete(me::erase))
        .route(
            "/v1/me/picture",
            put(me::put_picture).delete(me::delete_picture).layer(DefaultBodyLimit::max(picture_bytes_max)),
        )
        .route("/v1/me/password", put(me::password))
        .route("/v1/me/passkeys/begin", post(me::begin_passkey))
        .route("/v1/me/passkeys", post(me::add_passkey))
        .route("/v1/me/passkeys/{id}", delete(me::remove_passkey))
        .route("/v1/me/signins", get(me::sign_ins))
        .route("/v1/me/signins/{id}", delete(me::end_sign_in))
        .route("/v1/me/code", post(me::code))
        .route("/v1/me/export", get(me::export))
        .route("/v1/me/hidden", get(me::hidden))
        .route("/v1/me/hidden/{id}", put(me::hide).delete(me::unhide))
        .route("/v1/people/{id}", get(people::card))
        .route("/v1/people/{id}/picture", get(me::picture))
}

/// The house's moderators and its owner.
fn house() -> Router<Arc<Node>> {
    Router::new()
        .route("/v1/admin/bans", get(admin::bans).post(admin::ban))
        .route("/v1/admin/bans/{id}", delete(admin::lift))
        .route("/v1/admin/audit", get(admin::audit))
        .route("/v1/admin/now", get(admin_house::now))
        .route("/v1/admin/rooms", get(admin_house::rooms))
        .route("/v1/admin/invites", get(admin_house::invites))
        .route("/v1/admin/settings", get(admin_house::settings).patch(admin_house::change_settings))
        .route("/v1/admin/reports", get(reports::list))
        .route("/v1/admin/reports/{id}", post(reports::decide))
        .route("/v1/rooms/{room}/messages/{seq}/report", post(reports::report))
        .route("/v1/admin/people", get(admin_people::list).post(admin_people::make))
        .route("/v1/admin/people/{id}", patch(admin_people::give_role).delete(admin_people::erase))
        .route("/v1/admin/people/{id}/reset", post(admin_people::reset))
        .route("/v1/admin/people/{id}/signout", post(admin_people::sign_out))
        .route("/v1/admin/people/{id}/messages", delete(admin_people::remove_all))
}

/// What is asked of rooms, beside what the session asks.
fn in_rooms() -> Router<Arc<Node>> {
    Router::new()
        .route("/v1/rooms", get(rooms::list).post(rooms::make))
        .route("/v1/rooms/{room}", get(door::look).patch(rooms::change))
        .route("/v1/rooms/{room}/join", post(rooms::join))
        .route("/v1/rooms/{room}/leave", post(rooms::leave))
        .route("/v1/rooms/{room}/level", put(rooms::level))
        .route("/v1/rooms/{room}/people", get(members::people))
        .route("/v1/rooms/{room}/people/{person}", put(members::add).delete(members::remove))
        .route("/v1/rooms/{room}/bans/{person}", put(members::ban).delete(members::unban))
        .route("/v1/rooms/{room}/mutes/{person}", put(members::mute).delete(members::unmute))
        .route("/v1/rooms/{room}/invites", get(members::invites).post(members::invite))
        .route("/v1/rooms/{room}/messages/{seq}", delete(rooms::delete_message))
        .route(
            "/v1/invites/{invite}",
            get(members::look_at_invite).post(members::use_invite).delete(members::end_invite),
        )
        .route("/v1/rooms/{room}/stream", get(one::stream))
        .route("/v1/rooms/{room}/poll", get(one::poll))
        .route("/v1/rooms/{room}/messages", get(one::messages).post(one::speak))
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
        if let Err(error) = node.bans.check(None, Some(address(&node, peer, request.headers()))) {
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
