//! Oneself: name, picture, ways in, sign-ins, whom one hides, what one takes along, leaving; and the pictures of
//! others.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, Role, UserId};

use super::caller::{Caller, refused, told};
use super::{Given, Refused, unreadable};
use crate::people::{Keys, SignIn, Telling};
use crate::settings::{Admission, RoomsBy, Settings};
use crate::store::accounts::{Passkey, SignedIn};
use crate::store::profile::Profile;

/// What an address names.
type InPath = Result<Path<String>, PathRejection>;
/// An answer, or the one of who is refused.
type Answered = Result<Response, Refused>;

pub(super) async fn me(caller: Caller) -> Response {
    let told = async {
        let someone = caller.acting().await?;
        let Keys { ways, passkeys } = caller.node.people.keys(someone.id).await.map_err(refused)?;
        let you = someone.person();
        let may = may(you.role, &caller.node.settings());
        let Profile { line, zone } = caller.node.people.profile(someone.id).await.map_err(refused)?;
        let mut response = told(
            StatusCode::OK,
            &json!({
                "you": you, "line": line, "zone": zone, "has_password": ways.password,
                "passkeys": views(&passkeys), "oidc": ways.identity, "may": may,
            }),
        );
        if let (true, Some(token)) = (caller.is_page(), caller.cookie()) {
            // A cookie lasts as long as the sign-in: since it was last used.
            caller.set_cookie(&mut response, &token);
        }
        Ok(response)
    };
    told.await.unwrap_or_else(|refused: Refused| *refused)
}

/// What somebody may do in the house.
fn may(role: Option<Role>, settings: &Settings) -> Vec<&'static str> {
    let keeps_order = matches!(role, Some(Role::Moderator | Role::Owner));
    let makes_rooms = match settings.rooms_by {
        RoomsBy::Guests => true,
        RoomsBy::Accounts => role.is_some(),
        RoomsBy::Moderators => keeps_order,
    };
    let all =
        [("make_rooms", makes_rooms), ("moderate", keeps_order), ("administer", role == Some(Role::Owner))];
    all.into_iter().filter(|(_, may)| *may).map(|(name, _)| name).collect()
}

/// What is not named stays as it is.
#[derive(Deserialize)]
struct Change {
    name: Option<String>,
    #[serde(flatten)]
    telling: Telling,
}

pub(super) async fn change(caller: Caller, body: Given) -> Response {
    let changed = async {
        let someone = caller.acting().await?;
        let Change { name, telling } = caller.json(body)?;
        let people = &caller.node.people;
        telling.check().map_err(refused)?;
        if let Some(name) = name {
            let you_now = people.rename(&someone, &name).await.map_err(refused)?;
            if telling == Telling::default() {
                return Ok(you(&you_now));
            }
        }
        Ok(you(&people.tell(&someone, telling).await.map_err(refused)?))
    };
    changed.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn put_picture(caller: Caller, body: Given) -> Response {
    let kept = async {
        let someone = caller.acting().await?;
        let bytes = body.map_err(|error| unreadable(&error))?;
        Ok(you(&caller.node.people.set_picture(&someone, Some(bytes.to_vec())).await.map_err(refused)?))
    };
    kept.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn delete_picture(caller: Caller) -> Response {
    let gone = async {
        let someone = caller.acting().await?;
        Ok(you(&caller.node.people.set_picture(&someone, None).await.map_err(refused)?))
    };
    gone.await.unwrap_or_else(|refused: Refused| *refused)
}

/// A picture never changes under its version: whoever asked with one keeps it. A house that is not open shows
/// none to who is nobody there.
pub(super) async fn picture(caller: Caller, id: InPath) -> Response {
    let shown = async {
        if caller.node.settings().admission != Admission::Open && caller.somebody().await?.is_none() {
            return Err(not_found());
        }
        let picture = caller.node.people.picture(person_in(&id)?).await.map_err(refused)?;
        let (kind, bytes) = picture.ok_or_else(not_found)?;
        let mut response = bytes.into_response();
        let headers = response.headers_mut();
        if let Ok(kind) = HeaderValue::from_str(&kind) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        let cached = HeaderValue::from_static("private, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, cached);
        Ok(response)
    };
    shown.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Deserialize)]
struct Password {
    password: String,
    old: Option<String>,
}

pub(super) async fn password(caller: Caller, body: Given) -> Response {
    let set = async {
        let (someone, sign_in) = caller.signed_in().await?;
        let given: Password = caller.json(body)?;
        let (people, old) = (&caller.node.people, given.old.as_deref());
        let had = people.keys(someone.id).await.map_err(refused)?.ways.password;
        let set = people.set_password(&someone, &given.password, old, caller.address).await;
        let now = set.map_err(refused)?;
        if had {
            // Whoever changes a password fears that somebody knows the old one.
            people.end_sign_ins(someone.id, Some(sign_in)).await.map_err(refused)?;
        }
        Ok(you(&now))
    };
    set.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn begin_passkey(caller: Caller, body: Given) -> Response {
    let begun = async {
        let someone = caller.acting().await?;
        let _: Value = caller.json(body)?;
        let begun = caller.node.people.begin_passkey(&someone, &caller.page_origin()).await;
        Ok(told(StatusCode::OK, &begun.map_err(refused)?))
    };
    begun.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Deserialize)]
struct NewPasskey {
    ticket: String,
    credential: Box<RawValue>,
    #[serde(default)]
    name: String,
}

pub(super) async fn add_passkey(caller: Caller, body: Given) -> Response {
    let added = async {
        let someone = caller.acting().await?;
        let given: NewPasskey = caller.json(body)?;
        let people = &caller.node.people;
        let all = people.add_passkey(&someone, &given.ticket, &given.credential, &given.name).await;
        Ok(told(StatusCode::OK, &json!({ "passkeys": views(&all.map_err(refused)?) })))
    };
    added.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn remove_passkey(caller: Caller, id: InPath) -> Response {
    let removed = async {
        let someone = caller.acting().await?;
        let id = text_in(&id).and_then(|id| URL_SAFE_NO_PAD.decode(id).ok()).ok_or_else(not_found)?;
        let all = caller.node.people.remove_passkey(someone.id, &id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "passkeys": views(&all) })))
    };
    removed.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Serialize)]
struct PasskeyView<'a> {
    id: String,
    name: &'a str,
    made: u64,
    used: Option<u64>,
}

fn views(passkeys: &[Passkey]) -> Vec<PasskeyView<'_>> {
    passkeys
        .iter()
        .map(|one| PasskeyView {
            id: URL_SAFE_NO_PAD.encode(&one.id),
            name: &one.name,
            made: one.made,
            used: one.used,
        })
        .collect()
}

pub(super) async fn sign_ins(caller: Caller) -> Response {
    let listed = async {
        let (someone, this) = caller.signed_in().await?;
        let all = caller.node.people.sign_ins(someone.id).await.map_err(refused)?;
        let all: Vec<_> = all.iter().map(|one| view(one, this)).collect();
        Ok(told(StatusCode::OK, &json!({ "signins": all })))
    };
    listed.await.unwrap_or_else(|refused: Refused| *refused)
}

fn view(one: &SignedIn, this: SignIn) -> Value {
    let (id, whence) = (SignIn::of(&one.hash), &one.whence);
    json!({
        "id": id, "made": one.made, "seen": one.seen, "agent": whence.agent, "address": whence.address,
        "this": id == this,
    })
}

pub(super) async fn end_sign_in(caller: Caller, id: InPath) -> Response {
    let ended = async {
        let (someone, this) = caller.signed_in().await?;
        let (people, id) = (&caller.node.people, text_in(&id).ok_or_else(not_found)?);
        if id == "others" {
            people.end_sign_ins(someone.id, Some(this)).await.map_err(refused)?;
            return Ok(told(StatusCode::OK, &json!({})));
        }
        let id = SignIn::try_from(id.to_owned()).map_err(|_| not_found())?;
        if !people.end_sign_in(someone.id, id).await.map_err(refused)? {
            return Err(not_found());
        }
        let mut response = told(StatusCode::OK, &json!({}));
        if id == this {
            caller.set_cookie(&mut response, "");
        }
        Ok(response)
    };
    ended.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn code(caller: Caller) -> Response {
    let made = async {
        let someone = caller.acting().await?;
        let code = caller.node.people.new_code(someone.id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "code": code.code, "until": code.until })))
    };
    made.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn export(caller: Caller) -> Response {
    let taken = async {
        let someone = caller.acting().await?;
        // It reads every log: not again and again.
        caller.node.people.may_export(someone.id, caller.address).map_err(refused)?;
        let body = Body::from_stream(crate::people::export(caller.node.clone(), someone.id));
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"teahouse.json\""),
        ];
        Ok((headers, body).into_response())
    };
    taken.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Deserialize)]
struct Leaving {
    name: String,
    password: Option<String>,
}

pub(super) async fn erase(caller: Caller, body: Given) -> Response {
    let erased = async {
        let someone = caller.acting().await?;
        let given: Leaving = caller.json(body)?;
        let person = someone.person();
        if given.name != *person.name {
            let error = Error::new(None, ErrorCode::BadField, "Type your name as it is shown.");
            return Err(refused(Error { field: Some("name".into()), ..error }));
        }
        let password = given.password.unwrap_or_default();
        let people = &caller.node.people;
        people.confirm(&someone, &password, caller.address).await.map_err(refused)?;
        caller.node.erase(someone.id, someone.id).await.map_err(refused)?;
        let mut response = told(StatusCode::OK, &json!({}));
        caller.set_cookie(&mut response, "");
        Ok(response)
    };
    erased.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn hidden(caller: Caller) -> Response {
    let listed = async {
        let someone = caller.acting().await?;
        let hidden = caller.node.people.hidden(someone.id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "hidden": hidden })))
    };
    listed.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn hide(caller: Caller, id: InPath) -> Response {
    hiding(&caller, &id, true).await.unwrap_or_else(|refused| *refused)
}

pub(super) async fn unhide(caller: Caller, id: InPath) -> Response {
    hiding(&caller, &id, false).await.unwrap_or_else(|refused| *refused)
}

async fn hiding(caller: &Caller, id: &InPath, on: bool) -> Answered {
    let someone = caller.acting().await?;
    caller.node.people.hide(someone.id, person_in(id)?, on).await.map_err(refused)?;
    Ok(told(StatusCode::OK, &json!({})))
}

fn you(person: &Person) -> Response {
    told(StatusCode::OK, &json!({ "you": person }))
}

fn text_in(id: &InPath) -> Option<&str> {
    id.as_ref().ok().map(|Path(id)| id.as_str())
}

fn person_in(id: &InPath) -> Result<UserId, Refused> {
    text_in(id).and_then(|id| id.parse().ok()).ok_or_else(not_found)
}

fn not_found() -> Refused {
    refused(Error::new(None, ErrorCode::NotFound, "There is nothing of this name."))
}
