//! Rooms over HTTP: the list, making and changing them, coming and going. What is decided here is only how it
//! is asked and answered.

use std::collections::HashMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use teahouse_core::rights::{self, Action};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Level, Person, RoomView, Seq, UserId};

use super::caller::{Caller, refused, told};
use super::{Given, Refused};
use crate::changes::rooms::Change;
use crate::changes::{By, Place};
use crate::clock::unix_ms;
use crate::node::Node;
use crate::people::Someone;
use crate::store::{calls, rooms};

/// A room in somebody's list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    room: RoomView,
    here: u64,
    head: Seq,
    n: u64,
    read: Seq,
    unread: u64,
    /// How much calls them that they have not read.
    calls: u64,
    last_at: Option<u64>,
    /// Of a direct room: the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<Person>,
}

/// The answer of work that may be refused.
pub(super) async fn answer(work: impl Future<Output = Result<Response, Refused>>) -> Response {
    work.await.unwrap_or_else(|refused| *refused)
}

/// What was done has nothing to tell.
pub(super) fn done() -> Response {
    told(StatusCode::OK, &json!({}))
}

/// Whoever asks, as who changes something.
pub(super) async fn by(caller: &Caller) -> Result<By, Refused> {
    let someone = caller.acting().await?;
    Ok(By::Person(someone.person()))
}

/// A person's id in an address.
pub(super) fn person_id(given: &str) -> Result<UserId, Refused> {
    let none = || Error::new(None, teahouse_protocol::ErrorCode::NotFound, "There is no such person.");
    given.parse().map_err(|_| refused(none()))
}

pub(super) async fn list(caller: Caller) -> Response {
    answer(async {
        let someone = caller.somebody().await?;
        let rooms = listed(&caller.node, someone.as_deref()).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "rooms": rooms })))
    })
    .await
}

async fn listed(node: &Node, someone: Option<&Someone>) -> Result<Vec<Listed>, Error> {
    let person = someone.map(Someone::person);
    let who = node.who(person.as_ref());
    let id = person.as_ref().map(|person| person.id);
    let mut people = match id {
        Some(id) => rooms::of_direct(&*node.store, id).await?,
        None => Vec::new(),
    };
    let called: HashMap<_, _> = match id {
        Some(id) => calls::by_room(&*node.store, id).await?.into_iter().collect(),
        None => HashMap::new(),
    };
    let mut all = Vec::new();
    for room in rooms::listed(&*node.store, id, unix_ms()).await? {
        let subject = room.standing.subject(who, unix_ms());
        let is_lab = room.id == teahouse_protocol::RoomId::lab();
        if is_lab || rights::may(&subject, &room.id, &room.now, Action::Read).is_err() {
            continue;
        }
        let theirs = people.extract_if(.., |(id, _)| *id == room.id).map(|(_, person)| person).collect();
        all.push(Listed {
            room: room.standing.view(who, &room.id, &room.now),
            here: node.rooms.here(&room.id).await.count,
            head: room.head,
            n: room.n,
            read: room.read,
            unread: room.unread,
            // A conversation is all said to them.
            calls: if room.now.direct { room.unread } else { called.get(&room.id).copied().unwrap_or(0) },
            last_at: room.last_at,
            people: theirs,
        });
    }
    Ok(all)
}

/// What is asked for where a room is to be made.
#[derive(Deserialize)]
struct Wanted {
    direct: Option<Vec<UserId>>,
    #[serde(flatten)]
    change: Change,
}

pub(super) async fn make(caller: Caller, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let (node, by) = (&caller.node, someone.person());
        let wanted: Wanted = caller.json(body)?;
        let (id, is_new) = match wanted.direct {
            Some(people) => node.direct_room(&by, people).await.map_err(refused)?,
            None => (node.make_room(&by, wanted.change).await.map_err(refused)?, true),
        };
        let place = node.place(&By::Person(by), &id, Action::Read).await.map_err(refused)?;
        Ok(told(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &view(&place)))
    })
    .await
}

/// A room as who asks sees it.
pub(super) fn view(place: &Place) -> RoomView {
    place.standing.view(place.subject.who, &place.room.id, &place.room.now())
}

pub(super) async fn change(caller: Caller, Path(room): Path<String>, body: Given) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let change = caller.json(body)?;
        let id = node.room_named(&room).await.map_err(refused)?;
        let place = node.change_room(&by, &id, change).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &view(&place)))
    })
    .await
}

pub(super) async fn join(caller: Caller, Path(room): Path<String>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let id = node.room_named(&room).await.map_err(refused)?;
        let place = node.join(&by, &id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &view(&place)))
    })
    .await
}

pub(super) async fn leave(caller: Caller, Path(room): Path<String>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let id = caller.node.room_named(&room).await.map_err(refused)?;
        caller.node.leave(&by, &id).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

#[derive(Deserialize)]
struct Wish {
    level: Option<Level>,
    muted: Option<bool>,
}

pub(super) async fn level(caller: Caller, Path(room): Path<String>, body: Given) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let Wish { level, muted } = caller.json(body)?;
        let id = node.room_named(&room).await.map_err(refused)?;
        let place = node.set_level(&by, &id, level, muted).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &view(&place)))
    })
    .await
}
