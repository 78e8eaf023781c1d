//! One unit on the wire: commands of the client, replies and pushes of the server.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::code::ErrorCode;
use crate::event::{Body, Event, Kind, Person};
use crate::id::{Cid, RoomId, SessionId, UserId};
use crate::room::RoomView;
use crate::seq::{Cursor, Epoch, Seq};
use crate::state::States;

/// Where a subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// After what the client has.
    Cursor(Cursor),
    /// With what comes next.
    Head,
    /// With the last so many events, at most [`From::TAIL_MAX`].
    Tail(u64),
}

impl From {
    /// Most events that `{"tail": N}` may ask for.
    pub const TAIL_MAX: u64 = 200;
}

/// What the client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Who is there, and what they have: the first frame of a connection.
    Hello(Hello),
    /// Follow a room.
    Subscribe {
        #[doc(hidden)]
        r#ref: u64,
        #[doc(hidden)]
        room: RoomId,
        #[doc(hidden)]
        from: From,
    },
    /// Stop following a room.
    Unsubscribe {
        #[doc(hidden)]
        r#ref: u64,
        #[doc(hidden)]
        room: RoomId,
    },
    /// Write to a room.
    Send(Send),
    /// Read what was before.
    History(History),
    /// Keep how far the person has read.
    Read {
        #[doc(hidden)]
        r#ref: u64,
        #[doc(hidden)]
        room: RoomId,
        #[doc(hidden)]
        seq: Seq,
    },
    /// Say that the person is typing, or stopped.
    Typing {
        #[doc(hidden)]
        room: RoomId,
        #[doc(hidden)]
        on: bool,
    },
    /// Ask for a sign of life.
    Ping {
        #[doc(hidden)]
        r#ref: u64,
    },
    /// Give one; cursors tell how far behind the client is.
    Pong {
        #[doc(hidden)]
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        cursors: BTreeMap<RoomId, Cursor>,
    },
    /// Show a newer token of the same person.
    Auth {
        #[doc(hidden)]
        r#ref: u64,
        #[doc(hidden)]
        token: String,
    },
    /// Leave cleanly.
    Bye,
}

/// Who is there, and what they have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hello {
    /// The version that the client speaks.
    pub v: u32,
    /// Proof of being somebody; none makes a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The name of a new guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whom the client takes itself for: as anybody else it is not let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub you: Option<UserId>,
    /// The session to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The rooms to subscribe, and from where.
    pub cursors: BTreeMap<RoomId, From>,
    /// The client's name and version, for the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Over HTTP: what the client has already is left out of the answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub brief: bool,
    /// What this session costs is counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cost: bool,
}

/// Something to be written to a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Send {
    /// Comes back with the answer.
    pub r#ref: u64,
    /// Where.
    pub room: RoomId,
    /// Makes it idempotent.
    pub cid: Cid,
    /// What kind of event it becomes.
    pub kind: Kind,
    /// What it says.
    pub body: Body,
    /// Whether it is the head of the client's outbox.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
}

/// A question about the past of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// Comes back with the answer.
    pub r#ref: u64,
    /// Where.
    pub room: RoomId,
    /// From which number in which direction.
    #[serde(flatten)]
    pub range: Range,
    /// Most messages to answer with, 1 to [`History::LIMIT_MAX`].
    pub limit: u32,
}

impl History {
    /// Messages in a page when the client does not say.
    pub const LIMIT_DEFAULT: u32 = 50;
    /// Most messages in a page.
    pub const LIMIT_MAX: u32 = 200;
}

/// A direction in a room's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// The last messages with a lower number.
    Before(Seq),
    /// The first messages with a higher number.
    After(Seq),
    /// Half below and half from the number on.
    Around(Seq),
}

/// What the server says, asked or unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are described in docs/protocol.md, frame by frame")]
pub enum Push {
    /// The only proof that a transport works.
    Welcome(Box<Welcome>),
    /// A room is followed now.
    Subscribed(Box<Subscribed>),
    /// A room is no longer followed: by the client's own word, or, with a code, because it may not be.
    Unsubscribed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<u64>,
        room: RoomId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ErrorCode>,
    },
    /// Something of the person's own changed: who they are, their list of rooms, or what calls them, which are to
    /// be asked for again.
    Changed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        you: Option<Person>,
        #[serde(default, skip_serializing_if = "is_false")]
        rooms: bool,
        /// What calls the person is another: who wants to know asks for it again.
        #[serde(default, skip_serializing_if = "is_false")]
        calls: bool,
    },
    /// A send is in the log.
    Ack {
        r#ref: u64,
        room: RoomId,
        cid: Cid,
        seq: Seq,
        at: u64,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        repeat: bool,
    },
    /// Something happened in a room.
    Event(Event),
    /// Messages of the past, in their current state.
    Page {
        r#ref: u64,
        room: RoomId,
        messages: Vec<Self>,
        #[serde(default, skip_serializing_if = "States::is_empty")]
        states: States,
        as_of: Seq,
        more: bool,
    },
    /// A person's read mark.
    Read {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<u64>,
        room: RoomId,
        seq: Seq,
    },
    /// Caught up: from here on events come as they happen.
    Live { room: RoomId, seq: Seq },
    /// Something that is not stored.
    Signal {
        room: RoomId,
        #[serde(flatten)]
        body: SignalBody,
    },
    /// Are you there?
    Ping {
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        heads: BTreeMap<RoomId, Seq>,
    },
    /// Yes.
    Pong { r#ref: u64, now: u64 },
    /// The newer token is good.
    Authed { r#ref: u64 },
    /// Events were left out; they are there through `history`.
    Behind { room: RoomId, from: Cursor, head: Seq },
    /// The client's history is not this room's.
    Reset { room: RoomId, epoch: Epoch, from: Cursor, oldest: Seq, head: Seq },
    /// A command was refused.
    Error(Error),
    /// The server is about to stop.
    Drain { retry_ms: u64 },
    /// The connection is about to end.
    Close {
        code: u16,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u64>,
    },
}

/// What came of `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version spoken.
    pub v: u32,
    /// The session, to come back with.
    pub session: SessionId,
    /// Who the server takes the client for.
    pub you: Person,
    /// A new person's token, told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Seconds between the server's pings.
    pub heartbeat_s: u32,
    /// What this connection may do.
    pub limits: Limits,
    /// The house's name.
    pub house: House,
    /// The server's clock, in milliseconds since 1970-01-01 UTC.
    pub now: u64,
    /// How long to wait before a reconnect.
    pub retry_ms: u64,
}

/// The house, as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct House {
    /// Its name.
    pub name: Arc<str>,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Most bytes of a frame from the client.
    pub frame_bytes_max: u32,
    /// Most bytes of a text.
    pub text_bytes_max: u32,
    /// Most rooms of a connection.
    pub rooms_max: u32,
    /// Most sends without an answer; beyond it the socket is not read.
    pub sends_unacked_max: u32,
}

/// Who is in a room right now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// How many.
    pub count: u64,
    /// Who; none above 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Person>>,
    /// There may be more: this node does not hear from the others now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(is: &bool) -> bool {
    !is
}

/// What came of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The `ref` of `subscribe`; none for a room of `hello`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<u64>,
    /// The room.
    pub room: RoomView,
    /// The identity of its log.
    pub epoch: Epoch,
    /// Its last number.
    pub head: Seq,
    /// Events after this follow.
    pub from: Cursor,
    /// The person's read mark.
    pub read: Seq,
    /// Who is there.
    pub here: Here,
}

/// What is true right now and not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum SignalBody {
    /// Who is here.
    Presence(Presence),
    /// Who is typing.
    Typing(Here),
}

/// Who is here: the whole list, or how it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// How many.
    pub count: u64,
    /// Everybody, which replaces the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Person>>,
    /// Who came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came: Vec<Person>,
    /// Who left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<UserId>,
    /// There may be more: this node does not hear from the others now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
}

/// Why a command was refused; also the body of an HTTP error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// The command's `ref`, if it had one that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<u64>,
    /// What a program acts on.
    pub code: ErrorCode,
    /// What a person reads.
    pub message: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How long to wait before trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

impl Error {
    /// An error without field and waiting time.
    #[must_use]
    pub fn new(r#ref: Option<u64>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { r#ref, code, message: message.into(), field: None, retry_ms: None }
    }
}

impl Push {
    /// The frame as one line, without a line feed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("every push has string keys and finite numbers")
    }

    /// The frame of one line.
    ///
    /// # Errors
    /// What serde says of a line that is no push.
    pub fn decode(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}

impl Command {
    /// The frame as one line, without a line feed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("every command has string keys and finite numbers")
    }
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum FromJson {
    Text(String),
    Tail { tail: u64 },
}

impl Serialize for From {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Cursor(cursor) => cursor.serialize(serializer),
            Self::Head => "head".serialize(serializer),
            Self::Tail(tail) => FromJson::Tail { tail: *tail }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for From {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FromJson::deserialize(deserializer) {
            Ok(FromJson::Text(text)) if text == "head" => Ok(Self::Head),
            Ok(FromJson::Text(text)) => text.parse().map(Self::Cursor).map_err(de::Error::custom),
            Ok(FromJson::Tail { tail }) if tail <= Self::TAIL_MAX => Ok(Self::Tail(tail)),
            _ => Err(de::Error::custom("a cursor, \"head\" or {\"tail\": 0 to 200}")),
        }
    }
}
