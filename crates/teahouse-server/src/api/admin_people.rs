//! People over HTTP, as the house's moderators and its owner see them and what these do to them.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use teahouse_protocol::{Role, UserId};

use super::Given;
use super::admin::{answered, person_of, unasked};
use super::caller::{Caller, refused, told};
use super::exchange::Asked;
use crate::people::Code;

/// People of a page that does not say how many, and the most.
const PEOPLE: u32 = 50;
const PEOPLE_MAX: u32 = 200;

/// Who is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Sought {
    #[serde(default)]
    q: String,
    after: Option<UserId>,
    limit: Option<u32>,
}

pub(super) async fn list(caller: Caller, sought: Asked<Sought>) -> Response {
    answered(async {
        caller.keeper().await?;
        let Query(Sought { q, after, limit }) = sought.map_err(|error| unasked(&error))?;
        let limit = limit.unwrap_or(PEOPLE).clamp(1, PEOPLE_MAX);
        let mut people = caller.node.known(&q, after, limit + 1).await.map_err(refused)?;
        let more = people.len() > limit as usize;
        people.truncate(limit as usize);
        Ok(told(StatusCode::OK, &json!({"people": people, "more": more})))
    })
    .await
}

#[derive(Debug, Deserialize)]
struct Part {
    role: Role,
}

pub(super) async fn give_role(caller: Caller, Path(id): Path<String>, body: Given) -> Response {
    answered(async {
        let by = caller.owner().await?;
        let Part { role } = caller.json(body)?;
        let person = caller.node.give_role(&by, person_of(&id)?, role).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({"person": person})))
    })
    .await
}

#[derive(Debug, Deserialize)]
struct Account {
    name: String,
    #[serde(default = "member")]
    role: Role,
}

fn member() -> Role {
    Role::Member
}

pub(super) async fn make(caller: Caller, body: Given) -> Response {
    answered(async {
        let by = caller.owner().await?;
        let Account { name, role } = caller.json(body)?;
        let (person, Code { code, until }) =
            caller.node.make_account(&by, &name, role).await.map_err(refused)?;
        let made = json!({"person": person, "url": reset_path(&code), "until": until});
        Ok(told(StatusCode::CREATED, &made))
    })
    .await
}

/// The page that takes a reset link's code.
pub(super) fn reset_path(code: &str) -> String {
    format!("/reset#{code}")
}

pub(super) async fn reset(caller: Caller, Path(id): Path<String>) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let Code { code, until } = caller.node.reset_link(&by, person_of(&id)?).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({"url": reset_path(&code), "until": until})))
    })
    .await
}

pub(super) async fn sign_out(caller: Caller, Path(id): Path<String>) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        caller.node.sign_out(&by, person_of(&id)?).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({})))
    })
    .await
}

pub(super) async fn remove_all(caller: Caller, Path(id): Path<String>) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let count = caller.node.remove_all(&by, person_of(&id)?).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({"messages": count})))
    })
    .await
}

pub(super) async fn erase(caller: Caller, Path(id): Path<String>) -> Response {
    answered(async {
        let by = caller.owner().await?;
        caller.node.erase_other(&by, person_of(&id)?).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({})))
    })
    .await
}
