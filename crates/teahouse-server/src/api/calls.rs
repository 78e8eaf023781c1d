//! What calls somebody over HTTP: For you, and when they want quiet.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use teahouse_protocol::{Event, History, Person, Range, RoomId, Seq};

use super::caller::{Caller, refused, told};
use super::exchange::{self, Asked};
use super::rooms::answer;
use super::{Given, Refused};
use crate::error::{bad_field, zone};
use crate::node::Node;
use crate::session::page;
use crate::store::Commit;
use crate::store::calls::{self, Called, Why};
use crate::store::push::{Quiet, keep_quiet, quiet};

/// Calls of a page that does not say how many, and most of them.
const PAGE: u32 = 30;
const PAGE_MAX: u32 = 100;
/// The longest pause, in milliseconds: nobody forgets a week.
const PAUSE_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct Past {
    before: Option<u64>,
    limit: Option<u32>,
}

/// A call as it is told.
#[derive(Serialize)]
struct Told {
    id: u64,
    kind: Why,
    room: RoomId,
    seq: Seq,
    by: Person,
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<String>,
    /// None while this node does not know yet what another one stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Event>,
    read: bool,
}

pub(super) async fn list(caller: Caller, past: Asked<Past>) -> Response {
    answer(async {
        let (someone, past) = (caller.someone().await?, exchange::query(past)?);
        let limit = past.limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(refused(bad_field(
                "limit",
                format!("limit is {limit}; expected a number from 1 to {PAGE_MAX}."),
            )));
        }
        let (node, person) = (&*caller.node, someone.person());
        // Counted first: whatever comes or is read meanwhile, the list knows more than the number.
        let unread = calls::unread(&*node.store, person.id).await.map_err(refused)?;
        let before = past.before.unwrap_or(Seq::MAX.0).min(Seq::MAX.0);
        let found = calls::before(&*node.store, person.id, before, limit + 1).await.map_err(refused)?;
        let more = found.len() > limit as usize;
        let mut shown = Vec::new();
        for call in found.into_iter().take(limit as usize) {
            shown.extend(shown_as(node, &person, call).await);
        }
        Ok(told(StatusCode::OK, &json!({ "calls": shown, "unread": unread, "more": more })))
    })
    .await
}

/// With its message, if they may read it.
async fn shown_as(node: &Node, person: &Person, call: Called) -> Option<Told> {
    let Called { id, why, room, seq, by, at, emoji, is_read } = call;
    let range = Range::After(Seq(seq.0.saturating_sub(1)));
    let asked = History { r#ref: 0, room: room.clone(), range, limit: 1 };
    let page = page(node, &asked, Some(person)).await.ok()?;
    let is_known = page.as_of >= seq;
    let message = page.messages.into_iter().find(|event| event.seq == seq);
    if is_known && message.is_none() {
        return None;
    }
    Some(Told { id, kind: why, room, seq, by, at, emoji, message, read: is_read })
}

#[derive(Deserialize)]
struct Until {
    until: u64,
}

pub(super) async fn read(caller: Caller, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let Until { until } = caller.json(body)?;
        let (node, read) = (&caller.node, calls::mark_read(someone.id, until.min(Seq::MAX.0)));
        node.store.commit(Commit::new().then(read)).await.map_err(refused)?;
        node.tell_calls(&[someone.id]);
        let unread = calls::unread(&*node.store, someone.id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "unread": unread })))
    })
    .await
}

/// When somebody wants quiet, as it travels.
#[derive(Debug, Serialize, Deserialize)]
struct Hours {
    from: String,
    to: String,
    zone: String,
}

#[derive(Debug, Serialize)]
struct Wishes {
    quiet: Option<Hours>,
    paused_until: Option<u64>,
    hide_text: bool,
}

impl From<Quiet> for Wishes {
    fn from(quiet: Quiet) -> Self {
        let hours = quiet.hours.map(|(from, to, zone)| Hours { from: clock(from), to: clock(to), zone });
        Self { quiet: hours, paused_until: quiet.paused_until, hide_text: quiet.hide_text }
    }
}

/// What is not named stays as it is; `null` ends it.
#[derive(Debug, Deserialize)]
struct Change {
    #[serde(default, deserialize_with = "named")]
    quiet: Option<Option<Hours>>,
    #[serde(default, deserialize_with = "named")]
    paused_until: Option<Option<u64>>,
    hide_text: Option<bool>,
}

fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(given: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(given).map(Some)
}

pub(super) async fn wishes(caller: Caller) -> Response {
    answer(async {
        let someone = caller.someone().await?;
        let quiet = quiet(&*caller.node.store, someone.id).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &Wishes::from(quiet)))
    })
    .await
}

pub(super) async fn change(caller: Caller, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let change: Change = caller.json(body)?;
        let node = &caller.node;
        let mut wish = quiet(&*node.store, someone.id).await.map_err(refused)?;
        if let Some(hours) = change.quiet {
            wish.hours = hours.map(|hours| checked(&hours)).transpose()?;
        }
        if let Some(until) = change.paused_until {
            let most = crate::clock::unix_ms() + PAUSE_MS_MAX;
            wish.paused_until = until.map(|until| until.min(most));
        }
        wish.hide_text = change.hide_text.unwrap_or(wish.hide_text);
        let keep = Commit::new().then(keep_quiet(someone.id, &wish));
        node.store.commit(keep).await.map_err(refused)?;
        // Their other devices show it as it is.
        node.tell_calls(&[someone.id]);
        Ok(told(StatusCode::OK, &Wishes::from(wish)))
    })
    .await
}

fn checked(hours: &Hours) -> Result<(u64, u64, String), Refused> {
    let minute = |field: &str, text: &str| {
        minute(text).ok_or_else(|| {
            refused(bad_field(field, format!("{field} is {text:?}; expected a time such as 22:00.")))
        })
    };
    let (from, to) = (minute("quiet.from", &hours.from)?, minute("quiet.to", &hours.to)?);
    zone("quiet.zone", &hours.zone).map_err(refused)?;
    Ok((from, to, hours.zone.clone()))
}

/// A time of the day as its minute.
fn minute(text: &str) -> Option<u64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |part: &str, most: u64| match part.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9'] => part.parse::<u64>().ok().filter(|number| *number < most),
        _ => None,
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
}

fn clock(minute: u64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day_is_its_minute() {
        for text in ["00:00", "07:05", "22:30", "23:59"] {
            assert_eq!(minute(text).map(clock).as_deref(), Some(text));
        }
        for text in ["", "7:05", "24:00", "12:60", "+1:00", "12:00:00", "１２:00", "12"] {
            assert_eq!(minute(text), None, "{text}");
        }
    }
}
