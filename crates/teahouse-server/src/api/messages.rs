//! Single messages over plain HTTP: edited, deleted, reacted to, pinned, replied to; what they said before, and which
//! one was there at a time. What is changed takes the same way as over any transport: the room's task.

use std::ops::RangeInclusive;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use teahouse_core::rights::{self, Action};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, ErrorCode, Kind, Push, RoomId, Seq, text};

use super::caller::{Caller, refused, told};
use super::exchange::{self, Asked};
use super::one::{Sent, bad, change, said};
use super::rooms::{answer, by, done};
use super::{Given, Refused, refusal};
use crate::error::sentence;
use crate::store::Page;
use crate::store::rooms::messages as rows;

/// Messages of a chain that are told at once, if the question does not say.
const CHAIN: u32 = 50;
/// The most of them.
const CHAIN_MAX: u32 = 200;

#[derive(Deserialize)]
pub(super) struct Text {
    text: String,
}

pub(super) async fn edit(caller: Caller, Path((room, seq)): Path<(String, u64)>, body: Given) -> Response {
    answer(async {
        caller.someone().await?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        let Text { text } = caller.json(body)?;
        let body = Body { target: Some(target(seq)?), ..said(&caller.node, &text)? };
        let (seq, at, _) = change(&caller, &room, Kind::Edit, body).await?.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "seq": seq, "at": at })))
    })
    .await
}

pub(super) async fn delete(caller: Caller, Path((room, seq)): Path<(String, u64)>) -> Response {
    answer(async {
        caller.someone().await?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        change(&caller, &room, Kind::Delete, Body::about(target(seq)?)).await?.map_err(refused)?;
        Ok(done())
    })
    .await
}

pub(super) async fn react(caller: Caller, path: Path<(String, u64, String)>) -> Response {
    reaction(caller, path, true).await
}

pub(super) async fn take_back(caller: Caller, path: Path<(String, u64, String)>) -> Response {
    reaction(caller, path, false).await
}

async fn reaction(caller: Caller, path: Path<(String, u64, String)>, on: bool) -> Response {
    answer(async {
        let Path((room, seq, emoji)) = path;
        caller.someone().await?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        text::check_emoji(&emoji).map_err(|_| bad("emoji", "Expected one emoji in the address."))?;
        let body = Body { emoji: Some(emoji.into()), on: Some(on), ..Body::about(target(seq)?) };
        so_now(change(&caller, &room, Kind::Reaction, body).await?)
    })
    .await
}

pub(super) async fn pin(caller: Caller, path: Path<(String, u64)>) -> Response {
    pinned(caller, path, true).await
}

pub(super) async fn unpin(caller: Caller, path: Path<(String, u64)>) -> Response {
    pinned(caller, path, false).await
}

async fn pinned(caller: Caller, Path((room, seq)): Path<(String, u64)>, on: bool) -> Response {
    answer(async {
        caller.someone().await?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        let body = Body { on: Some(on), ..Body::about(target(seq)?) };
        so_now(change(&caller, &room, Kind::Pin, body).await?)
    })
    .await
}

/// Also where it was so already: who asks once more gets what they want.
fn so_now(sent: Sent) -> Result<Response, Refused> {
    match sent {
        Ok((seq, at, _)) => Ok(told(StatusCode::OK, &json!({ "seq": seq, "at": at }))),
        Err(error) if error.code == ErrorCode::NoChange => Ok(done()),
        Err(error) => Err(refused(error)),
    }
}

pub(super) async fn pins(caller: Caller, Path(room): Path<String>) -> Response {
    answer(async {
        let (room, readable) = readable(&caller, &room).await?;
        let seqs = rows::pinned(&*caller.node.store, &room).await.map_err(refused)?;
        let seqs = seqs.into_iter().filter(|seq| readable.contains(seq)).collect();
        let Page { messages, states, as_of, .. } = among(&caller, &room, seqs).await?;
        let messages: Vec<Push> = messages.into_iter().map(Push::Event).collect();
        Ok(told(StatusCode::OK, &json!({ "messages": messages, "states": states, "as_of": as_of })))
    })
    .await
}

/// Which part of a chain is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    after: Option<Seq>,
    limit: Option<u32>,
}

pub(super) async fn replies(
    caller: Caller,
    Path((room, seq)): Path<(String, u64)>,
    part: Asked<Part>,
) -> Response {
    answer(async {
        let (room, readable) = readable(&caller, &room).await?;
        let Part { after, limit } = exchange::query(part)?;
        let limit = limit.unwrap_or(CHAIN);
        if !(1..=CHAIN_MAX).contains(&limit) {
            return Err(bad("limit", "Expected a number from 1 to 200."));
        }
        let seq = Some(target(seq)?).filter(|seq| readable.contains(seq)).ok_or_else(no_such_message)?;
        let after = after.unwrap_or_default();
        let seqs = rows::chain(&*caller.node.store, &room, seq, after, limit + 1).await;
        let mut seqs = seqs.map_err(refused)?;
        if seqs.is_empty() && after == Seq::ZERO {
            return Err(no_such_message());
        }
        // Replies come after what they reply to.
        seqs.retain(|seq| readable.contains(seq));
        let more = seqs.len() > limit as usize;
        seqs.truncate(limit as usize);
        let Page { messages, states, as_of, .. } = among(&caller, &room, seqs).await?;
        let messages = messages.into_iter().map(Push::Event).collect();
        let page = Push::Page { r#ref: 0, room, messages, states, as_of, more };
        let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        Ok((kind, page.encode()).into_response())
    })
    .await
}

pub(super) async fn versions(caller: Caller, Path((room, seq)): Path<(String, u64)>) -> Response {
    answer(async {
        let by = by(&caller).await?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        // As for whoever reads: not beyond the head as it was before it was asked what they may.
        let head =
            caller.node.rooms.find(&room).await.map_err(refused)?.map_or(Seq::ZERO, |room| room.head());
        let place = caller.node.place(&by, &room, Action::Moderate).await.map_err(refused)?;
        let readable = rights::readable_from(&place.subject, &place.room.now())..=head;
        let seq = Some(target(seq)?).filter(|seq| readable.contains(seq)).ok_or_else(no_such_message)?;
        let versions = rows::versions(&*caller.node.store, &room, seq).await;
        let versions = versions.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "versions": versions })))
    })
    .await
}

/// A time, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Deserialize)]
pub(super) struct Time {
    ms: u64,
}

pub(super) async fn at(caller: Caller, Path(room): Path<String>, time: Asked<Time>) -> Response {
    answer(async {
        let (room, readable) = readable(&caller, &room).await?;
        let Time { ms } = exchange::query(time)?;
        let seq = rows::at(&*caller.node.store, &room, ms, *readable.start()).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "seq": seq.min(*readable.end()) })))
    })
    .await
}

/// The room, and the numbers that whoever asks may read.
async fn readable(caller: &Caller, room: &str) -> Result<(RoomId, RangeInclusive<Seq>), Refused> {
    let room = caller.node.room_named(room).await.map_err(refused)?;
    let reader = caller.reader().await?;
    let readable = caller.node.readable(&room, reader.as_ref(), None).await.map_err(refused)?;
    Ok((room, readable))
}

async fn among(caller: &Caller, room: &RoomId, seqs: Vec<Seq>) -> Result<Page, Refused> {
    let reader = caller.reader().await?.map(|reader| reader.id);
    let page = caller.node.store.among(room, seqs, reader).await;
    page.map_err(refused)
}

fn target(seq: u64) -> Result<Seq, Refused> {
    Some(Seq(seq)).filter(|seq| (Seq(1)..=Seq::MAX).contains(seq)).ok_or_else(no_such_message)
}

fn no_such_message() -> Refused {
    let code = ErrorCode::NoSuchMessage;
    Box::new(refusal(&Error::new(None, code, sentence(code))))
}
