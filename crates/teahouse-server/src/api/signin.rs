//! Coming in, and going out: what the door asks, the owner's first time, and every way to sign in.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person};

use super::caller::{Caller, refused, told};
use super::{Given, Refused, exchange};
use crate::error::bad_field;
use crate::people::work::WorkAsked;
use crate::people::{Newcomer, SignIn, hash};
use crate::settings::{Admission, NAME_MAX, kept, key};

/// Who came in, and their token.
type Came = Result<(Person, String), Error>;

/// What the door has to know.
#[derive(Serialize)]
struct DoorView {
    name: Arc<str>,
    admission: Admission,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<WorkAsked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc: Option<Provider>,
    setup: bool,
}

/// Whom one may sign in with.
#[derive(Serialize)]
struct Provider {
    name: String,
}

pub(super) async fn house(caller: Caller) -> Response {
    let node = &caller.node;
    let settings = node.settings();
    let view = DoorView {
        name: settings.name.clone(),
        admission: settings.admission,
        question: settings.question.as_ref().map(|question| question.ask.clone()),
        work: node.people.work_asked(),
        oidc: node.people.provider().map(|name| Provider { name: name.to_owned() }),
        setup: node.awaits_owner(),
    };
    told(StatusCode::OK, &view)
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
        welcome(&caller, &given).await.map_err(refused)
    };
    came(&caller, StatusCode::CREATED, welcomed.await)
}

/// Lets a newcomer in; who has an invite is in its room at once, so that it is used.
async fn welcome(caller: &Caller, newcomer: &Newcomer) -> Came {
    let node = &caller.node;
    let (you, token) = node.people.welcome(newcomer, caller.address, &caller.whence()).await?;
    if let Some(code) = &newcomer.invite
        && let Err(error) = node.use_invite(&you, code).await
    {
        // Whom it does not let in any more is nobody: their name is free again.
        node.erase(you.id, you.id).await?;
        return Err(error);
    }
    Ok((you, token))
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
    let made = async { set_up(&caller, caller.json(body)?).await.map_err(refused) };
    came(&caller, StatusCode::OK, made.await)
}

async fn set_up(caller: &Caller, setup: Setup) -> Came {
    let node = &caller.node;
    if !node.is_setup(&setup.token) {
        let said = "This set-up link is not, or no longer, good. The server prints it at its start while it has no owner.";
        return Err(Error::new(None, ErrorCode::Forbidden, said));
    }
    let house = setup.house.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if house.is_some_and(|name| name.chars().count() > NAME_MAX || name.chars().any(char::is_control)) {
        let said = "The name of the house has at most 64 characters, on one line.";
        return Err(bad_field("house", said));
    }
    let made = node.people.make_owner(&setup.name, setup.password.as_deref(), &caller.whence()).await?;
    let name = house.map(|name| (key::NAME, name.to_owned()));
    let admission = setup.admission.map(|admission| (key::ADMISSION, kept(admission)));
    let decided = name.into_iter().chain(admission).collect();
    node.end_setup(decided).await?;
    Ok(made)
}

#[derive(Deserialize)]
struct ByPassword {
    name: String,
    password: String,
}

pub(super) async fn password(caller: Caller, body: Given) -> Response {
    let signed_in = async {
        let given: ByPassword = caller.json(body)?;
        let (people, whence) = (&caller.node.people, caller.whence());
        let came = people.sign_in(&given.name, &given.password, caller.address, &whence);
        came.await.map_err(refused)
    };
    came(&caller, StatusCode::OK, signed_in.await)
}

pub(super) async fn begin_passkey(caller: Caller, body: Given) -> Response {
    let begun = async {
        let _: serde_json::Value = caller.json(body)?;
        let people = &caller.node.people;
        let begun = people.begin_sign_in(&caller.page_origin(), caller.address).await;
        Ok(told(StatusCode::OK, &begun.map_err(refused)?))
    };
    begun.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Deserialize)]
struct ByPasskey {
    ticket: String,
    credential: Box<RawValue>,
}

pub(super) async fn passkey(caller: Caller, body: Given) -> Response {
    let signed_in = async {
        let given: ByPasskey = caller.json(body)?;
        let (people, whence) = (&caller.node.people, caller.whence());
        let came = people.sign_in_by_passkey(&given.ticket, &given.credential, caller.address, &whence);
        came.await.map_err(refused)
    };
    came(&caller, StatusCode::OK, signed_in.await)
}

#[derive(Deserialize)]
struct ByCode {
    code: String,
}

pub(super) async fn code(caller: Caller, body: Given) -> Response {
    let signed_in = async {
        let given: ByCode = caller.json(body)?;
        let people = &caller.node.people;
        people.sign_in_by_code(&given.code, caller.address, &caller.whence()).await.map_err(refused)
    };
    came(&caller, StatusCode::OK, signed_in.await)
}

#[derive(Deserialize)]
struct ByReset {
    code: String,
    password: String,
}

pub(super) async fn reset(caller: Caller, body: Given) -> Response {
    let signed_in = async {
        let given: ByReset = caller.json(body)?;
        let (people, whence) = (&caller.node.people, caller.whence());
        let came = people.reset(&given.code, &given.password, caller.address, &whence);
        came.await.map_err(refused)
    };
    came(&caller, StatusCode::OK, signed_in.await)
}

/// Ends the sign-in that is shown. A page whose sign-in ended already wants to lose its cookie, too.
pub(super) async fn out(caller: Caller) -> Response {
    let out = async {
        if let Some(token) = caller.token()?
            && let Some(someone) = caller.somebody().await?
        {
            let sign_in = SignIn::of(&hash(&token));
            caller.node.people.end_sign_in(someone.id, sign_in).await.map_err(refused)?;
        }
        let mut response = told(StatusCode::OK, &json!({}));
        caller.set_cookie(&mut response, "");
        Ok(response)
    };
    out.await.unwrap_or_else(|refused: Refused| *refused)
}

fn came(caller: &Caller, status: StatusCode, came: Result<(Person, String), Refused>) -> Response {
    match came {
        Ok((you, token)) => caller.welcomed(status, you, token),
        Err(refused) => *refused,
    }
}
