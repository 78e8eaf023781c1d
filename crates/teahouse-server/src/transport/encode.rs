//! How frames look on each kind of connection. An event is encoded once and its bytes are shared.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use teahouse_protocol::{Body, Cid, Cursor, Epoch, Event, Kind, Person, Push, RoomId, Seq, text};

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
    /// The same lines as the body of an HTTP answer.
    Ndjson,
    /// The same lines as server-sent events.
    Events,
    /// One room for programs without a session: its events, and what interrupts them.
    One(Form),
}

/// How the events of one room look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines of JSON.
    Ndjson,
    /// Server-sent events with their cursor as id.
    Events,
    /// `NAME: TEXT`.
    Text,
}

impl Dialect {
    /// Whether signals can be said in it.
    #[must_use]
    pub fn has_signals(self) -> bool {
        matches!(self, Self::Lines | Self::Ndjson | Self::Events)
    }

    /// A small number of its own.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Lines => 0,
            Self::Plain => 1,
            Self::Ndjson => 2,
            Self::Events => 3,
            Self::One(Form::Ndjson) => 4,
            Self::One(Form::Events) => 5,
            Self::One(Form::Text) => 6,
        }
    }

    /// How many there are.
    pub const COUNT: usize = 7;

    /// How many of these bytes are frames; the others only carry them.
    #[must_use]
    pub fn frame_bytes(self, bytes: &[u8]) -> usize {
        match self {
            Self::Lines | Self::Plain => encoder::text_bytes(bytes),
            Self::Ndjson | Self::One(Form::Ndjson | Form::Text) => {
                bytes.len() - bytes.iter().filter(|byte| **byte == b'\n').count()
            }
            Self::Events | Self::One(Form::Events) => {
                let data = bytes.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data: "));
                data.map(<[u8]>::len).sum()
            }
        }
    }
}

/// One event, as it leaves.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// One line of JSON.
    pub line: Bytes,
    /// The fragment of the plain-text room, framed.
    pub plain: Bytes,
    /// Its number.
    pub seq: Seq,
    /// The check of a cursor at it.
    pub check: u32,
}

impl Encoded {
    /// How much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.line.len() + self.plain.len()
    }
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
        #[serde(skip_serializing_if = "Option::is_none")]
        rev: Option<Seq>,
        body: &'a Body,
    }
    let Event { room, seq, kind, cid, by, at, n, rev, body } = event;
    let line = Line {
        r#type: "event",
        room,
        seq: *seq,
        kind: *kind,
        cid: *cid,
        by,
        at: *at,
        n: *n,
        rev: *rev,
        body,
    };
    let line = serde_json::to_vec(&line).expect("an event is plain data");
    let mut plain = Vec::new();
    if let Some(text) = said(event) {
        encoder::text_frame(&mut plain, fragment(&event.by.name, &text));
    }
    Encoded { line: line.into(), plain: plain.into(), seq: *seq, check: cid.check() }
}

/// The same event after a later one, `change`, gave its message another text, or took it away: the message itself, or
/// an earlier edit of it.
#[must_use]
pub fn changed(encoded: &Encoded, change: &Event) -> Encoded {
    let Ok(Push::Event(mut whole)) = serde_json::from_slice(&encoded.line) else { return encoded.clone() };
    let Body { text, mentions, .. } = &change.body;
    let is_gone = change.kind == Kind::Delete;
    if whole.kind.is_message() {
        if whole.rev.is_some_and(|rev| rev >= change.seq) {
            return encoded.clone();
        }
        whole.rev = Some(change.seq);
        if is_gone {
            whole.body = Body::default();
            return event(&whole);
        }
    }
    (whole.body.text, whole.body.mentions) = (text.clone(), mentions.clone());
    event(&whole)
}

/// Joins events to the frames of one write.
#[must_use]
pub fn frames<'a>(dialect: Dialect, epoch: Epoch, events: impl Iterator<Item = &'a Encoded>) -> Bytes {
    if dialect == Dialect::Lines {
        return lines(events.map(|event| &*event.line)).into();
    }
    let mut all = Vec::new();
    for event in events {
        match dialect {
            Dialect::Lines | Dialect::Plain => all.extend_from_slice(&event.plain),
            Dialect::Ndjson | Dialect::One(Form::Ndjson) => ndjson(&mut all, &event.line),
            Dialect::Events => data(&mut all, &event.line),
            Dialect::One(Form::Events) => {
                let cursor = Cursor { epoch: Some(epoch), seq: event.seq, check: event.check };
                all.extend_from_slice(format!("id: {cursor}\n").as_bytes());
                data(&mut all, &event.line);
            }
            Dialect::One(Form::Text) => all.extend_from_slice(spoken(event).as_bytes()),
        }
    }
    all.into()
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
        (Dialect::Ndjson, push) => ndjson(&mut frame, &push.encode()),
        (Dialect::Events, push) => data(&mut frame, &push.encode()),
        // An empty line keeps a proxy from giving up, and means nothing.
        (Dialect::One(Form::Ndjson), Push::Ping { .. }) => frame.push(b'\n'),
        (Dialect::One(Form::Events), Push::Ping { .. }) => frame.extend_from_slice(b":\n\n"),
        (Dialect::One(form), Push::Behind { .. } | Push::Reset { .. } | Push::Close { .. }) => match form {
            Form::Ndjson => ndjson(&mut frame, &push.encode()),
            Form::Events => data(&mut frame, &push.encode()),
            Form::Text => frame.extend_from_slice(interruption(push).as_bytes()),
        },
        (Dialect::Plain | Dialect::One(_), _) => {}
    }
    if !frame.is_empty() {
        then(&frame);
    }
}

/// An event as a line of text: further lines are indented, so that nobody can speak as somebody else.
#[must_use]
pub fn spoken(event: &Encoded) -> String {
    let Ok(Push::Event(event)) = serde_json::from_slice(&event.line) else { return String::new() };
    let Some(said) = said(&event) else { return String::new() };
    // Some readers of lines end them where Unicode does.
    let text = said.split_inclusive(['\n', '\u{2028}', '\u{2029}']).collect::<Vec<_>>();
    let last = if said.ends_with(['\n', '\u{2028}', '\u{2029}']) { "    " } else { "" };
    format!("{}: {}{last}\n", event.by.name, text.join("    "))
}

/// What an event says, without marks, to somebody who reads lines and cannot change one that they have: a message its
/// text, an edit the text that holds now, marked as people do who correct themselves. Saying nothing would leave them
/// with what its author took back. There is nothing to say of a text that is gone, nor of what stands beside a message.
fn said(event: &Event) -> Option<String> {
    match event.kind {
        Kind::Message if !event.body.is_gone() => Some(event.body.with_files(stripped(&event.body))),
        _ if event.body.text.is_empty() => None,
        Kind::Edit => Some(format!("* {}", stripped(&event.body))),
        _ => None,
    }
}

/// A text where nothing can be bold. Nobody's message is nothing.
fn stripped(body: &Body) -> String {
    let plain = body.plain();
    if text::is_blank(&plain) { body.text.clone() } else { plain }
}

fn interruption(push: &Push) -> &'static str {
    match push {
        Push::Behind { .. } => "(too much was missed to be shown here; the history has it)\n",
        Push::Reset { .. } => "(this room's log was restored from a copy; what follows is its new end)\n",
        _ => "",
    }
}

fn ndjson(all: &mut Vec<u8>, line: &[u8]) {
    all.extend_from_slice(line);
    all.push(b'\n');
}

fn data(all: &mut Vec<u8>, line: &[u8]) {
    all.extend_from_slice(b"data: ");
    all.extend_from_slice(line);
    all.extend_from_slice(b"\n\n");
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

#[cfg(test)]
mod tests;
