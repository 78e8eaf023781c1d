//! What the door shows before somebody has a name, and how the owner comes in.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use teahouse_core::rights::{Action, Who};
use teahouse_protocol::frame::{Error, House};
use teahouse_protocol::{ErrorCode, Here, Person, Push, Range, RoomId, RoomView, Seq};

use super::{Given, Peer, Refused, address, origin, refusal, unreadable};
use crate::access::Standing;
use crate::error::sentence;
use crate::node::Node;

/// Messages that the door shows.
const LOOK_MESSAGES: u32 = 8;
/// Characters of the longest name of a house.
const HOUSE_NAME_MAX: usize = 64;

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

#[derive(Deserialize)]
struct Setup {
    token: String,
    name: String,
    password: Option<String>,
    house: Option<String>,
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    password: String,
}

#[derive(Serialize)]
struct Welcomed {
    you: Person,
    token: String,
}

pub(super) async fn setup(State(node): State<Arc<Node>>, headers: HeaderMap, body: Given) -> Response {
    match json(&node, &headers, body) {
        Ok(setup) => answer(set_up(&node, setup).await),
        Err(refused) => *refused,
    }
}

async fn set_up(node: &Node, setup: Setup) -> Result<(Person, String), Error> {
    if !node.is_setup(&setup.token) {
        let said = "This set-up link is not, or no longer, good. The server prints it at its start while it has no owner.";
        return Err(Error::new(None, ErrorCode::Forbidden, said));
    }
    let house = setup.house.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if house.is_some_and(|name| name.chars().count() > HOUSE_NAME_MAX || name.chars().any(char::is_control)) {
        let said = "The name of the house has at most 64 characters, on one line.";
        return Err(Error { field: Some("house".into()), ..Error::new(None, ErrorCode::BadField, said) });
    }
    let made = node.people.make_owner(&setup.name, setup.password.as_deref()).await?;
    node.end_setup(house).await.map_err(|error| error.refusal(None))?;
    Ok(made)
}

pub(super) async fn sign_in(
    State(node): State<Arc<Node>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Given,
) -> Response {
    let address = address(&node, peer, &headers);
    match json::<SignIn>(&node, &headers, body) {
        Ok(given) => answer(node.people.sign_in(&given.name, &given.password, address).await),
        Err(refused) => *refused,
    }
}

fn answer(came: Result<(Person, String), Error>) -> Response {
    match came {
        Ok((you, token)) => {
            ([(header::CACHE_CONTROL, "no-store")], Json(Welcomed { you, token })).into_response()
        }
        Err(error) => refusal(&error),
    }
}

/// The body of a POST that a page of ours, or a program, may have sent.
fn json<T: DeserializeOwned>(node: &Node, headers: &HeaderMap, body: Given) -> Result<T, Refused> {
    origin::exact(headers, &node.config.origins)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
        let said = "Send content-type: application/json.";
        let error =
            Error { field: Some("content-type".into()), ..Error::new(None, ErrorCode::BadField, said) };
        return Err(Box::new(refusal(&error)));
    }
    let body = body.map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&body).map_err(|error| {
        let code = if error.is_data() { ErrorCode::BadField } else { ErrorCode::BadFrame };
        Box::new(refusal(&Error::new(None, code, format!("The body cannot be read: {error}."))))
    })
}
