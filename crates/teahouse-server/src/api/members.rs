//! Who is in a room, over HTTP: the list, adding and removing, bans and mutes, invites.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use teahouse_core::rights::{self, Action};
use teahouse_protocol::frame::{Error, House};
use teahouse_protocol::{ErrorCode, RoomRole};

use super::caller::{Caller, refused, told};
use super::rooms::{answer, by, done, person_id, view};
use super::{Given, Refused};
use crate::changes::invites::Asked;
use crate::changes::members::{Sanction, Terms};
use crate::clock::unix_ms;
use crate::node::Node;
use crate::store::rooms;
use crate::store::rooms::invites::Invite;

pub(super) async fn people(caller: Caller, Path(room): Path<String>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let id = node.room_named(&room).await.map_err(refused)?;
        let place = node.place(&by, &id, Action::Read).await.map_err(refused)?;
        let people = rooms::members(&*node.store, &id).await.map_err(refused)?;
        let mut said = json!({ "people": people });
        if rights::may(&place.subject, &id, &place.room.now(), Action::Moderate).is_ok() {
            for (name, kind) in [("bans", "ban"), ("mutes", "mute")] {
                let held = rooms::sanctions(&*node.store, &id, kind, unix_ms()).await.map_err(refused)?;
                said[name] = json!(held);
            }
        }
        Ok(told(StatusCode::OK, &said))
    })
    .await
}

#[derive(Default, Deserialize)]
struct Part {
    role: Option<RoomRole>,
}

pub(super) async fn add(
    caller: Caller,
    Path((room, person)): Path<(String, String)>,
    body: Given,
) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let part: Part = optional(&caller, body)?;
        let (id, person) = (node.room_named(&room).await.map_err(refused)?, person_id(&person)?);
        let done_so = match part.role {
            Some(role) => node.set_role(&by, &id, person, role).await,
            None => node.add(&by, &id, person).await,
        };
        done_so.map_err(refused)?;
        Ok(done())
    })
    .await
}

/// The body, or what stands for none.
fn optional<T: serde::de::DeserializeOwned + Default>(caller: &Caller, body: Given) -> Result<T, Refused> {
    if body.as_ref().is_ok_and(bytes::Bytes::is_empty) {
        return Ok(T::default());
    }
    caller.json(body)
}

pub(super) async fn remove(caller: Caller, Path((room, person)): Path<(String, String)>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let (id, person) = (node.room_named(&room).await.map_err(refused)?, person_id(&person)?);
        node.remove(&by, &id, person).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

async fn sanction(caller: Caller, (room, person): (String, String), what: Sanction, body: Given) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let terms: Terms = optional(&caller, body)?;
        let (id, person) = (node.room_named(&room).await.map_err(refused)?, person_id(&person)?);
        node.sanction(&by, &id, person, what, &terms).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

async fn lift(caller: Caller, (room, person): (String, String), what: Sanction) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let (id, person) = (node.room_named(&room).await.map_err(refused)?, person_id(&person)?);
        node.lift(&by, &id, person, what).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

pub(super) async fn ban(caller: Caller, Path(whom): Path<(String, String)>, body: Given) -> Response {
    sanction(caller, whom, Sanction::Ban, body).await
}

pub(super) async fn unban(caller: Caller, Path(whom): Path<(String, String)>) -> Response {
    lift(caller, whom, Sanction::Ban).await
}

pub(super) async fn mute(caller: Caller, Path(whom): Path<(String, String)>, body: Given) -> Response {
    sanction(caller, whom, Sanction::Mute, body).await
}

pub(super) async fn unmute(caller: Caller, Path(whom): Path<(String, String)>) -> Response {
    lift(caller, whom, Sanction::Mute).await
}

/// An invite as who may see its code is told it.
pub(super) fn shown(node: &Node, invite: &Invite) -> Json {
    let code = node.code_of(invite);
    let mut told = shown_without_code(invite);
    told["url"] = format!("/i/{code}").into();
    told["code"] = code.into();
    told
}

/// An invite as who may only end it is told it: whoever has its code comes in.
pub(super) fn shown_without_code(invite: &Invite) -> Json {
    json!({
        "id": invite.id,
        "room": invite.room,
        "by": invite.by,
        "made": invite.made,
        "until": invite.until,
        "uses_left": invite.uses_left,
    })
}

pub(super) async fn invites(caller: Caller, Path(room): Path<String>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let id = node.room_named(&room).await.map_err(refused)?;
        let place = node.place(&by, &id, Action::Invite).await.map_err(refused)?;
        let sees_all = rights::may(&place.subject, &id, &place.room.now(), Action::Moderate).is_ok();
        let invites = node.invites_of(&id).await.map_err(refused)?;
        let theirs = invites.iter().filter(|invite| sees_all || invite.by.id == by.id());
        let said: Vec<_> = theirs.map(|invite| shown(node, invite)).collect();
        Ok(told(StatusCode::OK, &json!({ "invites": said })))
    })
    .await
}

pub(super) async fn invite(caller: Caller, Path(room): Path<String>, body: Given) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let node = &caller.node;
        let asked: Asked = optional(&caller, body)?;
        let id = node.room_named(&room).await.map_err(refused)?;
        let invite = node.invite(&by, &id, asked).await.map_err(refused)?;
        Ok(told(StatusCode::CREATED, &json!({ "invites": [shown(node, &invite)] })))
    })
    .await
}

pub(super) async fn end_invite(caller: Caller, Path(id): Path<String>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let none = || Error::new(None, ErrorCode::NotFound, "There is no such invite, or it has ended.");
        let id = id.parse().map_err(|_| refused(none()))?;
        caller.node.end_invite(&by, id).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

pub(super) async fn look_at_invite(caller: Caller, Path(code): Path<String>) -> Response {
    answer(async {
        let node = &caller.node;
        let invite = node.invite_of(&code).await.map_err(refused)?;
        if !invite.is_good(unix_ms()) {
            let said = format!("This invite has ended. Ask {} for a new one.", invite.by.name);
            let error = Error::new(None, ErrorCode::NotFound, said);
            let body = json!({
                "type": "error", "code": error.code, "message": error.message, "by": invite.by,
            });
            return Ok(told(StatusCode::NOT_FOUND, &body));
        }
        let room = node.rooms.find(&invite.room).await.map_err(refused)?;
        let now = room.map(|room| room.now()).unwrap_or_default();
        let house = House { name: node.name() };
        let room = json!({ "id": invite.room, "name": now.name, "topic": now.topic });
        Ok(told(StatusCode::OK, &json!({ "room": room, "by": invite.by, "house": house })))
    })
    .await
}

pub(super) async fn use_invite(caller: Caller, Path(code): Path<String>) -> Response {
    answer(async {
        let someone = caller.someone().await?;
        let node = &caller.node;
        let place = node.use_invite(&someone.person(), &code).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &view(&place)))
    })
    .await
}
