//! The house over HTTP: what its moderators and its owner do. Who may do what is decided by `core::rights`, and
//! asked where it is done; here requests are read and answers are shown.

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, RoomId, UserId};

use super::caller::{Caller, bearer, refused, told};
use super::exchange::Asked;
use super::{Given, Refused};
use crate::changes::bans::{Ban, keeps_order};
use crate::changes::house::is_owner;
use crate::changes::{self, By};
use crate::node::Node;
use crate::people::hash;
use crate::store::audit::{self, Line};
use crate::store::bans::StoredBan;

/// Lines of a page of the audit log that does not say how many, and the most.
const LINES: u32 = 50;
const LINES_MAX: u32 = 200;

impl Caller {
    /// Whoever asks, if they keep order in the house.
    pub(super) async fn keeper(&self) -> Result<By, Refused> {
        if is_terminal(&self.node, &self.headers) {
            return Ok(By::Terminal);
        }
        let by = By::Person(self.someone().await?.person());
        keeps_order(&by).map_err(refused)?;
        Ok(by)
    }

    /// Whoever asks, if the house is theirs.
    pub(super) async fn owner(&self) -> Result<By, Refused> {
        let by = self.keeper().await?;
        is_owner(&by).map_err(refused)?;
        Ok(by)
    }

    /// Where they are who ask: the terminal is nowhere.
    fn place(&self, by: &By) -> Option<std::net::IpAddr> {
        (*by != By::Terminal).then_some(self.address)
    }
}

/// Whether whoever may read the house's secret asks, with a token as a program has one.
pub(super) fn is_terminal(node: &Node, headers: &HeaderMap) -> bool {
    let shown = bearer(headers).ok().flatten();
    // Hashes are compared, so that the time says nothing of the token.
    shown.is_some_and(|shown| hash(shown) == hash(&node.terminal_token()))
}

/// Answers, or says why not.
pub(super) async fn answered(answer: impl Future<Output = Result<Response, Refused>>) -> Response {
    answer.await.unwrap_or_else(|refused| *refused)
}

/// The person that an address names.
pub(super) fn person_of(id: &str) -> Result<UserId, Refused> {
    id.parse().map_err(|_| refused(none("There is no such person.")))
}

/// The number that an address names.
pub(super) fn number_of(id: &str, said: &str) -> Result<u64, Refused> {
    id.parse().map_err(|_| refused(none(said)))
}

fn none(said: &str) -> Error {
    changes::refused(ErrorCode::NotFound, said)
}

/// Who did something, as others see them; the terminal has the id that nobody has.
pub(super) fn doer(by: Option<Person>) -> Person {
    by.unwrap_or_else(|| Person::new(By::Terminal.id(), "terminal".into(), None))
}

/// A ban as moderators see it.
#[derive(Debug, Serialize, Deserialize)]
pub struct BanView {
    /// Its number.
    pub id: String,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Which addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    pub until: Option<u64>,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub by: Person,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

impl From<StoredBan> for BanView {
    fn from(ban: StoredBan) -> Self {
        let StoredBan { id, person, range, until, reason, by, at } = ban;
        Self { id: id.to_string(), person, range, until, reason, by: doer(by), at }
    }
}

pub(super) async fn bans(caller: Caller) -> Response {
    answered(async {
        caller.keeper().await?;
        listed(&caller, StatusCode::OK).await
    })
    .await
}

async fn listed(caller: &Caller, status: StatusCode) -> Result<Response, Refused> {
    let bans = caller.node.house_bans().await.map_err(refused)?;
    let bans: Vec<_> = bans.into_iter().map(BanView::from).collect();
    Ok(told(status, &json!({"bans": bans})))
}

pub(super) async fn ban(caller: Caller, body: Given) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let ban: Ban = caller.json(body)?;
        caller.node.ban_from_house(&by, caller.place(&by), &ban).await.map_err(refused)?;
        listed(&caller, StatusCode::CREATED).await
    })
    .await
}

pub(super) async fn lift(caller: Caller, Path(id): Path<String>) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let id = number_of(&id, "There is no such ban; it may have ended.")?;
        caller.node.lift_ban(&by, id).await.map_err(refused)?;
        listed(&caller, StatusCode::OK).await
    })
    .await
}

/// Which lines are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Lines {
    before: Option<String>,
    limit: Option<u32>,
}

/// A line of the audit log as moderators see it.
#[derive(Debug, Serialize, Deserialize)]
pub struct LineView {
    /// Its number.
    pub id: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// Who did it.
    pub by: Person,
    /// What.
    pub action: String,
    /// To whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// What else is known of it, as words.
    pub detail: String,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        let Line { id, at, by, action, person, room, detail } = line;
        Self { id: id.to_string(), at, by: doer(by), action, person, room, detail: words(&detail) }
    }
}

pub(super) async fn audit(caller: Caller, asked: Asked<Lines>) -> Response {
    answered(async {
        caller.keeper().await?;
        let Query(Lines { before, limit }) = asked.map_err(|error| unasked(&error))?;
        let before = before.map_or(Ok(u64::MAX), |id| number_of(&id, "There is no such line."))?;
        let limit = limit.unwrap_or(LINES).clamp(1, LINES_MAX);
        let lines = audit::before(&*caller.node.store, before, limit + 1).await;
        let mut lines = lines.map_err(refused)?;
        let more = lines.len() > limit as usize;
        lines.truncate(limit as usize);
        let lines: Vec<_> = lines.into_iter().map(LineView::from).collect();
        Ok(told(StatusCode::OK, &json!({"lines": lines, "more": more})))
    })
    .await
}

/// What stands behind the `?` of an address cannot be understood.
pub(super) fn unasked(error: &axum::extract::rejection::QueryRejection) -> Refused {
    let said = format!("The address cannot be understood: {}.", error.body_text());
    refused(changes::refused(ErrorCode::BadField, &said))
}

/// What a line keeps as JSON, as words: `key: value, key: value`.
fn words(detail: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(detail) else { return detail.into() };
    let told = fields.into_iter().filter(|(key, value)| !value.is_null() && value != "" && key != "ban");
    let told = told.map(|(key, value)| match (&*key, value) {
        ("until", value) => {
            let at = std::time::Duration::from_millis(value.as_u64().unwrap_or_default());
            format!("until {}", httpdate::fmt_http_date(std::time::UNIX_EPOCH + at))
        }
        (key, serde_json::Value::String(text)) => format!("{key}: {text}"),
        (key, value) => format!("{key}: {value}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_told_in_words() {
        assert_eq!(
            words(r#"{"ban":7,"range":null,"reason":"spam, again","role":"member"}"#),
            "reason: spam, again, role: member"
        );
        assert_eq!(words(r#"{"until":1000,"reason":""}"#), "until Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(words("null"), "null");
    }
}
