//! What the door shows of a room before somebody has a name.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use teahouse_core::rights::Action;
use teahouse_protocol::frame::{Error, House};
use teahouse_protocol::{Here, History, Person, Push, Range, RoomView, Seq};

use super::Refused;
use super::caller::{Caller, refused, told};
use crate::node::Node;
use crate::session::page;

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

pub(super) async fn look(caller: Caller, Path(room): Path<String>) -> Response {
    let looked = async {
        let reader = caller.somebody().await?.map(|someone| someone.person());
        let look = looked(&caller.node, &room, reader.as_ref()).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &look))
    };
    looked.await.unwrap_or_else(|refused: Refused| *refused)
}

async fn looked(node: &Node, room: &str, reader: Option<&Person>) -> Result<Look, Error> {
    let id = node.room_named(room).await?;
    let (room, _) = node.subject_in(&id, reader, Action::Read, None).await?;
    let standing = node.access.standing(reader, &id).await?;
    let history =
        History { r#ref: 0, room: id.clone(), range: Range::Before(Seq::MAX), limit: LOOK_MESSAGES };
    let page = page(node, &history, reader).await?;
    Ok(Look {
        house: House { name: node.name() },
        room: standing.view(node.who(reader), &id, &room.now()),
        head: page.as_of,
        here: room.here().await,
        messages: page.messages.into_iter().map(Push::Event).collect(),
    })
}
