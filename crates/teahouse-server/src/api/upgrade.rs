//! Requests that become WebSockets.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use teahouse_core::rights::{self, Action, Subject, Who};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{CloseCode, ErrorCode, RoomId, SUBPROTOCOL};
use tokio::net::TcpStream;

use super::{Peer, Refused, address, admit_connection, caller, origin, refusal};
use crate::cost::Meter;
use crate::node::Node;
use crate::session::Task;
use crate::transport::echo::echo as run_echo;
use crate::transport::encode::Dialect;
use crate::transport::websocket::{close, handshake, upgrade};

pub(super) async fn lines(
    State(node): State<Arc<Node>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let checked = origin::exact(request.headers(), &node.config.origins);
    let cookie = caller::cookie(request.headers());
    host(&node, peer, request, checked, cookie, Dialect::Lines)
}

pub(super) async fn plain(
    State(node): State<Arc<Node>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let checked = match origin::same_host(request.headers(), &node.config.origins) {
        Ok(()) => takes_plain(&node).await,
        refused => refused,
    };
    host(&node, peer, request, checked, None, Dialect::Plain)
}

/// Whether the main room is one for guests, in a house that asks them nothing.
async fn takes_plain(node: &Node) -> Result<(), Refused> {
    let main = RoomId::main();
    let who = if node.settings().takes_anybody() { Who::Guest } else { Who::Stranger };
    let subject = Subject { who, ..Subject::default() };
    let room = node.rooms.find(&main).await.map_err(|error| Box::new(refusal(&error.refusal(None))))?;
    let may = room.is_some_and(|room| rights::may(&subject, &main, &room.now(), Action::Write).is_ok());
    let said = "The plain-text room is closed: this house, or its main room, is not open to guests.";
    if may { Ok(()) } else { Err(Box::new(refusal(&Error::new(None, ErrorCode::Forbidden, said)))) }
}

pub(super) async fn echo(
    State(node): State<Arc<Node>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let bytes_max = node.config.echo_message_bytes_max;
    let asked = node.clone();
    let run = move |socket, leftover, address, _| async move {
        let stop = async {
            tokio::select! {
                () = asked.until_drained() => (close::GOING_AWAY, "the server stops"),
                () = asked.bans.until_banned(address) => (CloseCode::Forbidden.number(), "forbidden"),
            }
        };
        run_echo(socket, leftover, bytes_max, stop).await;
    };
    accept(&node, peer, request, &[], run).unwrap_or_else(|refused| *refused)
}

fn host(
    node: &Arc<Node>,
    peer: Peer,
    request: Request,
    checked: Result<(), Refused>,
    cookie: Option<String>,
    dialect: Dialect,
) -> Response {
    let shared = node.clone();
    let subprotocols: &[&'static str] = if dialect == Dialect::Lines { &[SUBPROTOCOL] } else { &[] };
    // The connection's own task is spawned when the handshake is over, so that nothing of it stays.
    let run = move |socket, leftover: Bytes, address, handshake| async move {
        let task = Task::new(shared, socket, &leftover, dialect, address, handshake);
        tokio::spawn(task.showing(cookie));
    };
    checked.and_then(|()| accept(node, peer, request, subprotocols, run)).unwrap_or_else(|refused| *refused)
}

fn accept<F: Future<Output = ()> + Send + 'static>(
    node: &Node,
    peer: Peer,
    mut request: Request,
    subprotocols: &[&'static str],
    run: impl FnOnce(TcpStream, Bytes, IpAddr, [u16; 2]) -> F + Send + 'static,
) -> Result<Response, Refused> {
    let accepted = handshake::judge(request.method(), request.version(), request.headers(), subprotocols)
        .map_err(|rejection| Box::new(rejection.response::<Body>()))?;
    let address = address(node, peer, request.headers());
    admit_connection(node, address)?;
    let meter = request.extensions().get::<Arc<Meter>>().cloned();
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade::take_socket(upgrading).await {
            Ok((socket, leftover)) => {
                let handshake = meter.map_or([0; 2], |meter| meter.handshake(leftover.len()));
                run(socket, leftover, address, handshake).await;
            }
            Err(error) => tracing::debug!("a WebSocket did not begin: {error}"),
        }
    });
    Ok(accepted.response())
}
