//! What the door shows before somebody has a name, and how the owner comes in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use teahouse_core::rights::{Action, Who};
use teahouse_protocol::frame::{Error, House};
use teahouse_protocol::{ErrorCode, Here, Person, Push, Range, RoomId, RoomView, Seq};

use super::caller::{Caller, refused, told};
use super::{Given, Refused, exchange, refusal};
use crate::access::Standing;
use crate::error::sentence;
use crate::node::Node;
use crate::people::work::WorkAsked;
use crate::settings::{Admission, NAME_MAX, kept, key};

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

/// What the door has to know.
#[derive(Serialize)]
struct DoorView {
    name: Arc<str>,
    admission: Admission,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<WorkAsked>,
    setup: bool,
}

pub(super) async fn house(caller: Caller) -> Response {
    let node = &caller.node;
    let settings = node.settings();
    let view = DoorView {
        name: settings.name.clone(),
        admission: settings.admission,
        question: settings.question.as_ref().map(|question| question.ask.clone()),
        work: node.people.work_asked(),
        setup: node.awaits_owner(),
    };
    told(StatusCode::OK, &view)
}

#[derive(Deserialize)]
struct Setup {
    token: String,
    name: String,
    password: Option<String>,
    house: Option<String>,
    admission: Option<Admission>,
}

pub(super) async fn setup(caller: Caller, body: Given) -> Response {
    let set_up = async {
        let given = caller.json(body)?;
        let (you, token) = set_up(&caller, given).await.map_err(refused)?;
        Ok(caller.welcomed(StatusCode::OK, you, token))
    };
    set_up.await.unwrap_or_else(|refused: Refused| *refused)
}

async fn set_up(caller: &Caller, setup: Setup) -> Result<(Person, String), Error> {
    let node = &caller.node;
    if !node.is_setup(&setup.token) {
        let said = "This set-up link is not, or no longer, good. The server prints it at its start while it has no owner.";
        return Err(Error::new(None, ErrorCode::Forbidden, said));
    }
    let house = setup.house.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if house.is_some_and(|name| name.chars().count() > NAME_MAX || name.chars().any(char::is_control)) {
        let said = "The name of the house has at most 64 characters, on one line.";
        return Err(Error { field: Some("house".into()), ..Error::new(None, ErrorCode::BadField, said) });
    }
    let made = node.people.make_owner(&setup.name, setup.password.as_deref()).await?;
    let name = house.map(|name| (key::NAME, name.to_owned()));
    let admission = setup.admission.map(|admission| (key::ADMISSION, kept(admission)));
    let decided = name.into_iter().chain(admission).collect();
    node.end_setup(decided).await.map_err(|error| error.refusal(None))?;
    Ok(made)
}

/// How somebody comes in who has no account.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Newcomer {
    name: Option<String>,
}

pub(super) async fn guest(caller: Caller, body: Given) -> Response {
    let welcomed = async {
        let text = exchange::text(&body)?;
        let text = if text.trim().is_empty() { "{}" } else { text };
        let given: Newcomer = serde_json::from_str(text).map_err(|error| {
            let said = format!("Expected {{\"name\": \"…\"}}: {error}.");
            let error = Error::new(None, ErrorCode::BadField, said);
            refused(Error { field: Some("name".into()), ..error })
        })?;
        let people = &caller.node.people;
        let made = people.new_guest(given.name.as_deref(), caller.address).await.map_err(refused)?;
        Ok(caller.welcomed(StatusCode::CREATED, made.someone.person(), made.token.unwrap_or_default()))
    };
    welcomed.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    password: String,
}

pub(super) async fn sign_in(caller: Caller, body: Given) -> Response {
    let signed_in = async {
        let given: SignIn = caller.json(body)?;
        let people = &caller.node.people;
        let came = people.sign_in(&given.name, &given.password, caller.address).await;
        let (you, token) = came.map_err(refused)?;
        Ok(caller.welcomed(StatusCode::OK, you, token))
    };
    signed_in.await.unwrap_or_else(|refused: Refused| *refused)
}
