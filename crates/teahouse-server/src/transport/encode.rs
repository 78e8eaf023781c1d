//! How frames look on each kind of connection. An event is encoded once and its bytes are shared.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use teahouse_protocol::{Body, Cid, Event, Kind, Person, Push, RoomId, Seq};

use super::websocket::encoder;

/// Most bytes of lines in one WebSocket message from the server.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `teahouse.v1`: lines of JSON in text messages.
    Lines,
    /// The plain-text room: each message one HTML fragment in one text message.
    Plain,
}

/// One event, as it leaves.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// One line of JSON.
    pub line: Bytes,
    /// The fragment of the plain-text room, framed.
    pub plain: Bytes,
}

/// Encodes an event once, for everybody.
#[must_use]
pub fn event(event: &Event) -> Encoded {
    // Borrowed field by field, in the order of docs/protocol.md.
    #[derive(Serialize)]
    struct Line<'a> {
        r#type: &'static str,
        room: &'a RoomId,
        seq: Seq,
        kind: Kind,
        cid: Cid,
        by: &'a Person,
        at: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
        body: &'a Body,
    }
    let Event { room, seq, kind, cid, by, at, n, body } = event;
    let line = Line { r#type: "event", room, seq: *seq, kind: *kind, cid: *cid, by, at: *at, n: *n, body };
    let line = serde_json::to_vec(&line).expect("an event is plain data");
    let mut plain = Vec::new();
    encoder::text_frame(&mut plain, fragment(&event.by.name, &event.body.text));
    Encoded { line: line.into(), plain: plain.into() }
}

/// Joins events to the frames of one write.
#[must_use]
pub fn frames<'a>(dialect: Dialect, events: impl Iterator<Item = &'a Encoded>) -> Bytes {
    match dialect {
        Dialect::Lines => lines(events.map(|event| &*event.line)),
        Dialect::Plain => events.fold(Vec::new(), |mut all, event| {
            all.extend_from_slice(&event.plain);
            all
        }),
    }
    .into()
}

/// Frames something for one connection, or nothing where the dialect has no word for it.
pub fn push(dialect: Dialect, push: &Push, then: impl FnOnce(&[u8])) {
    let mut frame = Vec::new();
    match (dialect, push) {
        (Dialect::Lines, push) => encoder::text_frame(&mut frame, push.encode()),
        (Dialect::Plain, Push::Error(error)) => {
            encoder::text_frame(&mut frame, fragment("teahouse", &error.message));
        }
        (Dialect::Plain, Push::Ping { .. }) => encoder::ping_frame(&mut frame, b""),
        (Dialect::Plain, _) => return,
    }
    then(&frame);
}

fn lines<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut all, mut message) = (Vec::new(), Vec::new());
    for line in lines {
        if !message.is_empty() && message.len() + 1 + line.len() > MESSAGE_BYTES_MAX {
            encoder::text_frame(&mut all, &message);
            message.clear();
        }
        if !message.is_empty() {
            message.push(b'\n');
        }
        message.extend_from_slice(line);
    }
    if !message.is_empty() {
        encoder::text_frame(&mut all, &message);
    }
    all
}

/// A message of the plain-text room; its texts are shown, never run.
fn fragment(name: &str, text: &str) -> String {
    let (name, text) = (escape(name), escape(text));
    format!(r#"<div style="margin:10px;background-color:khaki">{name}: {text}</div>"#)
}

/// Escapes a text for HTML, also inside an attribute.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}
