//! One room for programs without a session: `curl` follows it, speaks in it and reads its history.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use teahouse_core::rights::{Action, Subject, Who};
use teahouse_protocol::frame::{Error, Send};
use teahouse_protocol::{
    Body, Cid, Command, DecodeError, ErrorCode, From, History, Kind, Person, Push, Range, RoomId, Seq, text,
};

use super::caller::{Caller, refused};
use super::exchange::{self, Asked, Wait, accepts};
use super::{Given, Refused, refusal};
use crate::access;
use crate::clock::unix_ms;
use crate::error::sentence;
use crate::node::Node;
use crate::people::Someone;
use crate::session::{Ends, Sends, Transport, page};
use crate::transport::encode::{self, Dialect, Form};

/// Messages of a page that does not say how many.
const PAGE: u32 = 50;
/// Most messages of a page.
const PAGE_MAX: u32 = 200;
/// Most bytes of an idempotency key.
const KEY_BYTES_MAX: usize = 255;
/// Least bytes of a key that stands for a person as well.
const KEY_ALONE_BYTES_MIN: usize = 16;

/// The room that an address names.
type InPath = Result<Path<String>, PathRejection>;

/// Where a reader begins.
#[derive(Debug, Deserialize)]
pub(super) struct Start {
    from: Option<String>,
}

pub(super) async fn stream(caller: Caller, room: InPath, start: Asked<Start>, version: Version) -> Response {
    let streamed = async {
        let (room, start) = (room_id(&caller.node, &room).await?, exchange::query(start)?);
        let last = caller.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let from = from(last.or(start.from.as_deref()))?;
        caller.admit()?;
        let form = form(&caller.headers);
        let dialect = Dialect::One(form);
        let lasting = caller.stream(version, dialect, true, 0);
        be(&caller, &lasting.connection).await?;
        // An EventSource comes back by itself; other programs follow until they have enough.
        let ends = if form == Form::Events { exchange::rotates(&caller.node) } else { Ends::Never };
        let mut follow = caller.follow(&lasting.connection, lasting.queue(), ends);
        follow.look_on(&room, from).await.map_err(|error| Box::new(refusal(&error)))?;
        Ok(lasting.answer(follow))
    };
    streamed.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn poll(caller: Caller, room: InPath, start: Asked<Start>, wait: Asked<Wait>) -> Response {
    let polled = async {
        let (start, wait) = (exchange::query(start)?, exchange::query(wait)?);
        let (room, from) = (room_id(&caller.node, &room).await?, from(start.from.as_deref())?);
        // As events, whose ids say where the next poll begins.
        let dialect = Dialect::One(Form::Events);
        if wait.transport() == Transport::LongPoll {
            caller.admit()?;
        }
        let (connection, queue) = caller.connection(wait.transport(), dialect, true, 0);
        be(&caller, &connection).await?;
        let mut follow = caller.follow(&connection, Some(queue), wait.ends(&caller.node));
        let begun = follow.look_on(&room, from).await.map_err(|error| Box::new(refusal(&error)))?;
        let (body, cursor) = rendered(&follow.polled().await, form(&caller.headers), begun.to_string());
        let mut response = exchange::whole(body, Dialect::One(form(&caller.headers)));
        if let Ok(cursor) = HeaderValue::from_str(&cursor) {
            response.headers_mut().insert("teahouse-cursor", cursor);
        }
        Ok(response)
    };
    polled.await.unwrap_or_else(|refused: Refused| *refused)
}

/// What came as server-sent events in the form that was asked for, and where the next poll begins.
fn rendered(events: &Bytes, form: Form, mut cursor: String) -> (Bytes, String) {
    let mut body = Vec::new();
    let text = String::from_utf8_lossy(events);
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        for line in block.lines() {
            if let Some(id) = line.strip_prefix("id: ") {
                id.clone_into(&mut cursor);
            } else if let Some(data) = line.strip_prefix("data: ") {
                let push = Push::decode(data);
                if let Ok(Push::Behind { from, .. } | Push::Reset { from, .. }) = &push {
                    cursor = from.to_string();
                }
                // The end of a poll is the end of its answer.
                if matches!(push, Ok(Push::Close { .. })) {
                    continue;
                }
                match (form, push) {
                    (Form::Text, Ok(Push::Event(event))) => {
                        body.extend_from_slice(encode::spoken(&encode::event(&event)).as_bytes());
                    }
                    (Form::Text, _) => {}
                    (Form::Ndjson, _) => body.extend_from_slice(format!("{data}\n").as_bytes()),
                    (Form::Events, _) => body.extend_from_slice(format!("{block}\n\n").as_bytes()),
                }
            }
        }
    }
    (body.into(), cursor)
}

/// Which part of the past is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Past {
    before: Option<Seq>,
    after: Option<Seq>,
    around: Option<Seq>,
    limit: Option<u32>,
}

impl Past {
    fn range(&self) -> Result<Range, Refused> {
        for (field, seq) in [("before", self.before), ("after", self.after), ("around", self.around)] {
            if seq.is_some_and(|seq| seq > Seq::MAX) {
                return Err(bad(field, format!("{field}: expected a number below 2^53.")));
            }
        }
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Range::Before(Seq::MAX)),
            (Some(seq), None, None) => Ok(Range::Before(seq)),
            (None, Some(seq), None) => Ok(Range::After(seq)),
            (None, None, Some(seq)) => Ok(Range::Around(seq)),
            _ => Err(bad("before", "Give one of before, after and around.")),
        }
    }

    fn limit(&self) -> Result<u32, Refused> {
        let limit = self.limit.unwrap_or(PAGE);
        let said = format!("limit is {limit}; expected a number from 1 to {PAGE_MAX}.");
        if (1..=PAGE_MAX).contains(&limit) { Ok(limit) } else { Err(bad("limit", said)) }
    }
}

pub(super) async fn messages(caller: Caller, room: InPath, past: Asked<Past>) -> Response {
    let read = async {
        let (room, past) = (room_id(&caller.node, &room).await?, exchange::query(past)?);
        let history = History { r#ref: 0, room: room.clone(), range: past.range()?, limit: past.limit()? };
        let reader = caller.reader().await?;
        let page = page(&caller.node, &history, reader.as_ref())
            .await
            .map_err(|error| Box::new(refusal(&Error { r#ref: None, ..error })))?;
        if accepts(&caller.headers, "application/json") {
            let messages = page.messages.into_iter().map(Push::Event).collect();
            let page = Push::Page {
                r#ref: 0,
                room,
                messages,
                states: page.states,
                as_of: page.as_of,
                more: page.more,
            };
            let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            return Ok((kind, page.encode()).into_response());
        }
        let dialect = match form(&caller.headers) {
            Form::Text => Dialect::One(Form::Text),
            _ => Dialect::Ndjson,
        };
        let events: Vec<_> = page.messages.iter().map(encode::event).collect();
        let epoch = teahouse_protocol::Epoch(0);
        Ok(exchange::whole(encode::frames(dialect, epoch, events.iter()), dialect))
    };
    read.await.unwrap_or_else(|refused: Refused| *refused)
}

#[derive(Serialize)]
struct Stored {
    room: RoomId,
    seq: Seq,
    cid: Cid,
    at: u64,
    you: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

pub(super) async fn speak(caller: Caller, room: InPath, body: Given) -> Response {
    let spoken = async {
        let room = room_id(&caller.node, &room).await?;
        if caller.somebody().await?.is_none() {
            may_a_guest(&caller.node, &room).await?;
        }
        let said = message(&caller, body)?;
        let writer = Writer::of(&caller).await?;
        let (you, cid, token) = (writer.someone.person(), writer.cid, writer.token.clone());
        let stored = post(&caller, writer, &room, Kind::Message, said).await;
        let (seq, at, repeat) = stored.map_err(refused)?;
        let status = if repeat { StatusCode::OK } else { StatusCode::CREATED };
        let stored = Stored { room, seq, cid, at, you, token };
        Ok((status, [(header::CACHE_CONTROL, "no-store")], Json(stored)).into_response())
    };
    spoken.await.unwrap_or_else(|refused: Refused| *refused)
}

/// What became of something that was sent: its number, when, and whether it was there before.
pub(super) type Sent = Result<(Seq, u64, bool), Error>;

/// Has a room store what somebody who is known sends.
pub(super) async fn change(caller: &Caller, room: &RoomId, kind: Kind, body: Body) -> Result<Sent, Refused> {
    let someone = caller.someone().await?;
    let cid = Writer::cid(caller, &someone)?;
    Ok(post(caller, Writer { someone, token: None, cid }, room, kind, body).await)
}

async fn post(caller: &Caller, writer: Writer, room: &RoomId, kind: Kind, body: Body) -> Sent {
    let (connection, queue) = caller.connection(Transport::Send, Dialect::Ndjson, true, 0);
    connection.become_somebody(writer.someone, None);
    let send = Send { r#ref: 0, room: room.clone(), cid: writer.cid, kind, body, first: true };
    match Sends::new(caller.node.clone(), connection, queue).post_one(send).await {
        Some(Push::Ack { seq, at, repeat, .. }) => Ok((seq, at, repeat)),
        Some(Push::Error(error)) => Err(Error { r#ref: None, ..error }),
        _ => Err(Error::new(None, ErrorCode::StoreDown, sentence(ErrorCode::StoreDown))),
    }
}

/// The message of a request: its body is the text, or JSON; a header may say what it replies to.
fn message(caller: &Caller, body: Given) -> Result<Body, Refused> {
    if caller
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    {
        return whole(&caller.node, &caller.json(body)?);
    }
    let target = match caller.headers.get("teahouse-reply") {
        None => None,
        Some(seq) => {
            let parsed = seq.to_str().ok().and_then(|seq| seq.trim().parse().ok()).map(Seq);
            Some(parsed.ok_or_else(|| bad("teahouse-reply", "Expected the seq of a message."))?)
        }
    };
    Ok(Body { target: named(target, "teahouse-reply")?, ..said(&caller.node, exchange::text(&body)?)? })
}

/// A message's body in JSON is the `body` of a `send`, and held to the same rules.
fn whole(node: &Node, body: &Value) -> Result<Body, Refused> {
    let send = json!({"type": "send", "ref": 0, "room": RoomId::main(), "cid": Cid::from_bytes([0; 16]),
        "kind": Kind::Message, "body": body});
    let Command::Send(send) = Command::decode(&send.to_string()).map_err(unprefixed)? else {
        return Err(failed(ErrorCode::BadField));
    };
    let Body { text, target, files, .. } = send.body;
    let says_enough = text.is_empty() && !files.is_empty();
    let body = if says_enough { Body::default() } else { said(node, &text)? };
    Ok(Body { target, files, ..body })
}

/// Here the body is all there is.
fn unprefixed(error: DecodeError) -> Refused {
    let mut error = Error::from(error);
    error.field = error.field.map(|field| field.trim_start_matches("body.").to_owned());
    error.message = error.message.replace("body.", "");
    refused(Error { r#ref: None, ..error })
}

fn named(target: Option<Seq>, field: &str) -> Result<Option<Seq>, Refused> {
    match target {
        Some(seq) if seq == Seq::ZERO || seq > Seq::MAX => Err(bad(field, "Expected the seq of a message.")),
        target => Ok(target),
    }
}

/// Nobody becomes a guest for a room that is not there, or not for guests.
async fn may_a_guest(node: &Node, room: &RoomId) -> Result<(), Refused> {
    let found = node.rooms.find(room).await.map_err(refused)?;
    let now = found.ok_or_else(|| failed(ErrorCode::NoSuchRoom))?.now();
    let guest = Subject { who: Who::Guest, ..Subject::default() };
    access::check(&guest, room, &now, Action::Write, None).map_err(refused)
}

/// Who writes one message, and under which id.
struct Writer {
    someone: Arc<Someone>,
    /// Told to a new guest.
    token: Option<String>,
    cid: Cid,
}

impl Writer {
    async fn of(caller: &Caller) -> Result<Self, Refused> {
        let key = key(&caller.headers)?;
        let people = &caller.node.people;
        let (someone, token) = match (caller.token()?, &key) {
            (Some(token), _) => (people.by_token(&token).await.map_err(refused)?, None),
            (None, Some(key)) if key.len() < KEY_ALONE_BYTES_MIN => {
                let said = "Without a token the key says who writes: 16 characters at least, of chance.";
                return Err(bad("idempotency-key", said));
            }
            (None, key) => {
                // A request that is repeated with its key is by the same guest.
                let token = match key {
                    // A text of its own: no key may be what another secret is made of.
                    Some(key) => caller.node.secret_of(&format!("key\0{key}")),
                    None => crate::people::new_token(),
                };
                let someone = people.unnamed(caller.address, &token).await.map_err(refused)?;
                (someone, Some(token))
            }
        };
        let cid = Self::cid(caller, &someone)?;
        Ok(Self { someone, token, cid })
    }

    /// The id of what this person sends with the request.
    fn cid(caller: &Caller, someone: &Someone) -> Result<Cid, Refused> {
        let secret = caller.node.secret_of(&someone.id.to_string());
        let key = key(&caller.headers)?;
        Ok(key.map_or_else(|| Cid::new(unix_ms(), rand::random()), |key| cid_of(&secret, &key)))
    }
}

/// The id of the message that this person writes with this key, whenever they do.
fn cid_of(secret: &str, key: &str) -> Cid {
    let hash = Sha256::new().chain_update(secret).chain_update([0]).chain_update(key).finalize();
    Cid::from_bytes(std::array::from_fn(|index| hash[index]))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if (1..=KEY_BYTES_MAX).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(bad("idempotency-key", "The key has 1 to 255 visible ASCII characters.")),
    }
}

pub(super) async fn costs(caller: Caller) -> Response {
    let told = async {
        let someone = caller.someone().await?;
        let sessions = caller.node.costs.told(someone.id);
        let told = serde_json::json!({ "sessions": sessions });
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(told)).into_response())
    };
    told.await.unwrap_or_else(|refused: Refused| *refused)
}

/// Makes the connection somebody's if the request shows a token.
async fn be(caller: &Caller, connection: &Arc<crate::session::Connection>) -> Result<(), Refused> {
    let Some(token) = caller.token()? else { return Ok(()) };
    let someone = caller.node.people.by_token(&token).await.map_err(refused)?;
    if !someone.admit(connection, caller.node.config.connections_per_user_max) {
        return Err(failed(ErrorCode::Rate));
    }
    connection.become_somebody(someone, Some(&token));
    Ok(())
}

pub(super) fn said(node: &Node, given: &str) -> Result<Body, Refused> {
    let given = given.strip_suffix('\n').unwrap_or(given);
    let given = given.strip_suffix('\r').unwrap_or(given).replace("\r\n", "\n");
    let most = node.config.terms.limits.text_bytes_max as usize;
    match text::check(&given, most) {
        Ok(()) => Ok(Body::of(given)),
        Err((code, said)) => Err(Box::new(refusal(&Error::new(None, code, said)))),
    }
}

fn form(headers: &HeaderMap) -> Form {
    if accepts(headers, "text/event-stream") {
        Form::Events
    } else if accepts(headers, "text/plain") {
        Form::Text
    } else {
        Form::Ndjson
    }
}

fn from(given: Option<&str>) -> Result<From, Refused> {
    let Some(given) = given else { return Ok(From::Head) };
    let parsed = match given.strip_prefix("tail:") {
        Some(count) => count.parse().ok().filter(|count| *count <= From::TAIL_MAX).map(From::Tail),
        None if given == "head" => Some(From::Head),
        None => given.parse().ok().map(From::Cursor),
    };
    parsed.ok_or_else(|| {
        bad("from", format!("from is {given:?}; expected a cursor, head, or tail:0 to tail:200."))
    })
}

/// The room of an address: by its id or its slug.
async fn room_id(node: &Node, given: &InPath) -> Result<RoomId, Refused> {
    let Ok(Path(room)) = given else { return Err(failed(ErrorCode::NoSuchRoom)) };
    node.room_named(room).await.map_err(|error| Box::new(refusal(&error)))
}

pub(super) fn bad(field: &str, said: impl Into<String>) -> Refused {
    let error = Error::new(None, ErrorCode::BadField, said);
    Box::new(refusal(&Error { field: Some(field.into()), ..error }))
}

fn failed(code: ErrorCode) -> Refused {
    Box::new(refusal(&Error::new(None, code, sentence(code))))
}

#[cfg(test)]
mod tests;
