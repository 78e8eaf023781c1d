//! `GET /v1/search`: everything one may read. What is decided here is only how it is asked and answered.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;

use super::Refused;
use super::caller::{Caller, refused, told};
use super::rooms::answer;
use crate::search::{Asked, Has, Hits, Question, Seeker, search};
use crate::store::search::is_behind;

/// Characters of a question.
const QUESTION_CHARS_MAX: usize = 256;
/// Hits where nothing is said of them.
const HITS: u32 = 20;

/// What is asked.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    q: String,
    from: Option<String>,
    r#in: Option<String>,
    before: Option<u64>,
    after: Option<u64>,
    has: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn find(caller: Caller, given: Result<Query<Given>, QueryRejection>) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let Query(given) = given.map_err(|error| fault("", &error.body_text()))?;
        let asked = asked(given)?;
        let (node, person) = (&caller.node, someone.person());
        let seeker = Seeker { person: person.id, who: node.who(Some(&person)) };
        // Before: what comes in meanwhile may be missed.
        let is_behind = is_behind(&*node.store).await.map_err(refused)?;
        let hits = search(&*node.store, seeker, &asked).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &shown(&hits, is_behind)))
    })
    .await
}

fn fault(field: &str, said: &str) -> Refused {
    let error = Error::new(None, ErrorCode::BadField, said);
    refused(if field.is_empty() { error } else { Error { field: Some(field.into()), ..error } })
}

fn asked(given: Given) -> Result<Asked, Refused> {
    if given.q.chars().count() > QUESTION_CHARS_MAX {
        return Err(fault("q", "The question has more than 256 characters. Look for fewer words."));
    }
    let has = given.has.iter().flat_map(|all| all.split(',')).filter(|name| !name.is_empty());
    let has = has.map(|name| Has::parse(name).ok_or(name)).collect::<Result<Vec<_>, _>>();
    let asked = Asked {
        question: Question::of(&given.q),
        by: parsed("from", "a person's id", given.from)?,
        room: parsed("in", "a room's id", given.r#in)?,
        before_ms: given.before,
        after_ms: given.after,
        has: has.map_err(|_| fault("has", "Each is one of file, image, link and code."))?,
        cursor: parsed("cursor", "what `more` of an answer said", given.cursor)?,
        limit: given.limit.unwrap_or(HITS),
    };
    let is_bare = asked.by.is_none() && asked.room.is_none() && asked.has.is_empty();
    if asked.question.is_empty() && is_bare {
        return Err(fault("q", "Nothing is looked for. Give a word, or from, in or has."));
    }
    Ok(asked)
}

fn parsed<T: std::str::FromStr>(
    field: &str,
    what: &str,
    given: Option<String>,
) -> Result<Option<T>, Refused> {
    let given = given.filter(|given| !given.is_empty());
    let parsed = given.map(|given| given.parse::<T>()).transpose();
    parsed.map_err(|_| fault(field, &format!("This has to be {what}.")))
}

fn shown(hits: &Hits, is_behind: bool) -> Value {
    let shown = hits.messages.iter().map(|message| {
        let text = message.body.plain();
        let marks = hits.question.marks(&text);
        json!({ "room": message.room, "seq": message.seq, "message": message, "text": text, "marks": marks })
    });
    let rooms = hits.rooms.iter().map(|(id, now)| {
        let room = json!({ "name": now.name, "slug": now.slug, "direct": now.direct });
        (id.to_string(), room)
    });
    let mut all = json!({ "hits": shown.collect::<Vec<_>>(), "rooms": rooms.collect::<Map<_, _>>() });
    if let Some(more) = hits.more {
        all["more"] = json!(more.to_string());
    }
    if is_behind {
        all["indexing"] = json!(true);
    }
    all
}
