//! What the door shows of a room before somebody has a name.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use teahouse_core::rights::{Action, Who};
use teahouse_protocol::frame::{Error, House};
use teahouse_protocol::{ErrorCode, Here, Push, Range, RoomId, RoomView, Seq};

use super::refusal;
use crate::access::Standing;
use crate::error::sentence;
use crate::node::Node;

/// Messages that the door shows.
const LOOK_MESSAGES: u32 = 8;

#[derive(Serialize)]
struct Look {
    house: House,
    room: RoomView,
    head: Seq,
    here: Here,
    messages: Vec<Push>,
}

pub(super) async fn look(State(node): State<Arc<Node>>, Path(room): Path<String>) -> Response {
    match looked(&node, &room).await {
        Ok(look) => ([(header::CACHE_CONTROL, "no-store")], Json(look)).into_response(),
        Err(error) => refusal(&error),
    }
}

async fn looked(node: &Node, room: &str) -> Result<Look, Error> {
    let none = || Error::new(None, ErrorCode::NoSuchRoom, sentence(ErrorCode::NoSuchRoom));
    let id: RoomId = room.parse().map_err(|_| none())?;
    let (room, _) = node.subject_in(&id, None, Action::Read, None).await?;
    let last = Range::Before(Seq::MAX);
    let page = node.store.page(&id, last, LOOK_MESSAGES).await.map_err(|error| error.refusal(None))?;
    Ok(Look {
        house: House { name: node.name() },
        room: Standing::default().view(Who::Passerby, &id, &room.now()),
        head: page.as_of,
        here: room.here().await,
        messages: page.messages.into_iter().map(Push::Event).collect(),
    })
}
