//! What happened in a room: a stored fact with a number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::file::Carried;
use crate::id::{Cid, RoomId, UserId};
use crate::room::{Act, RoomNow};
use crate::seq::Seq;
use crate::text::{self, Mention};

/// What somebody may do in the house. A person without a role is a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Has an account.
    Member,
    /// Keeps order.
    Moderator,
    /// Runs the house.
    Owner,
}

/// Somebody, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// The name they go by now.
    pub name: Arc<str>,
    /// Their role; none for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The version of their picture, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<u32>,
    /// They stepped away. Told of who is here and of oneself; what somebody wrote does not say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

impl Person {
    /// Somebody without a picture.
    #[must_use]
    pub fn new(id: UserId, name: Arc<str>, role: Option<Role>) -> Self {
        Self { id, name, role, picture: None, away: false }
    }
}

/// What kind of fact an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody wrote something.
    Message,
    /// A message has another text: its `target`.
    Edit,
    /// A message is gone: its `target`.
    Delete,
    /// Somebody put an emoji under a message, or took it back: its `target`.
    Reaction,
    /// A message is kept in view, or no longer: its `target`.
    Pin,
    /// Somebody became a member of the room.
    Join,
    /// Somebody is a member no longer.
    Leave,
    /// The room's name, topic or policy changed.
    Room,
    /// A moderator did something to somebody.
    Moderation,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Message,
        Self::Edit,
        Self::Delete,
        Self::Reaction,
        Self::Pin,
        Self::Join,
        Self::Leave,
        Self::Room,
        Self::Moderation,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Reaction => "reaction",
            Self::Pin => "pin",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Room => "room",
            Self::Moderation => "moderation",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == name).copied()
    }

    /// Whether it is counted as unread, and has a text that may go.
    #[must_use]
    pub fn is_message(self) -> bool {
        self == Self::Message
    }

    /// Whether a client may send it. What the others tell of is done over HTTP.
    #[must_use]
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Message | Self::Edit | Self::Delete | Self::Reaction | Self::Pin)
    }

    /// Whether it stands in the list of a room's messages, and thus in a page of history. What only changes
    /// a message is told by that message's state.
    #[must_use]
    pub fn is_listed(self) -> bool {
        !matches!(self, Self::Edit | Self::Delete | Self::Reaction)
    }
}

/// What an event says: a message its text, the other kinds what they are about. The text of a message that
/// is gone is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat")]
pub struct Body {
    /// The source text of a message; of an edit, what its target says now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The message that is concerned; of a message, the one that it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Seq>,
    /// The people whom the text names, as they are called now. Filled in when an event is encoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Person>,
    /// What a message carries beside its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Carried>,
    /// What is put under a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<Box<str>>,
    /// Whether a reaction or a pin is put there or taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// Whether who left was removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// The room as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<Box<RoomNow>>,
    /// What a moderator did.
    #[serde(flatten)]
    pub deed: Option<Box<Deed>>,
}

/// What a moderator did to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// To whom.
    pub person: Person,
    /// What.
    pub act: Act,
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Why, as the moderator says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A body as it travels.
#[derive(Deserialize)]
struct Flat {
    #[serde(default)]
    text: String,
    target: Option<Seq>,
    #[serde(default)]
    mentions: Vec<Person>,
    #[serde(default)]
    files: Vec<Carried>,
    emoji: Option<Box<str>>,
    on: Option<bool>,
    #[serde(default)]
    removed: bool,
    room: Option<Box<RoomNow>>,
    person: Option<Person>,
    act: Option<Act>,
    until: Option<u64>,
    reason: Option<String>,
}

impl From<Flat> for Body {
    fn from(flat: Flat) -> Self {
        let Flat { text, target, mentions, files, emoji, on, removed, room, person, act, until, reason } =
            flat;
        let deed = person.zip(act).map(|(person, act)| Box::new(Deed { person, act, until, reason }));
        Self { text, target, mentions, files, emoji, on, removed, room, deed }
    }
}

impl Body {
    /// What a message says without its marks, with the names of who it mentions; hidden parts stay covered.
    #[must_use]
    pub fn plain(&self) -> String {
        let name = |mention: Mention<'_>| match mention {
            Mention::Person(id) => self.mentions.iter().find(|it| it.id == id).map(|it| it.name.to_string()),
            Mention::Room(_) => None,
        };
        text::plain(&self.text, &name)
    }

    /// Whether nothing is left of a message: its text is gone, and so are its files.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.text.is_empty() && self.files.is_empty()
    }

    /// The same with a line for each file and where it is, for who reads lines.
    #[must_use]
    pub fn with_files(&self, text: String) -> String {
        let files = self.files.iter().filter_map(Carried::file);
        let files = files.map(|file| format!("{} {}", file.name, file.address()));
        let text = Some(text).filter(|text| !text.is_empty());
        text.into_iter().chain(files).collect::<Vec<_>>().join("\n")
    }

    /// What a message says.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// What concerns a message and says nothing more.
    #[must_use]
    pub fn about(target: Seq) -> Self {
        Self { target: Some(target), ..Self::default() }
    }
}

/// A stored fact with a number. Its encoding is the same for every receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Where it happened.
    pub room: RoomId,
    /// Its number in that room.
    pub seq: Seq,
    /// What kind of fact it is.
    pub kind: Kind,
    /// The id that its author's client gave it.
    pub cid: Cid,
    /// Who did it.
    pub by: Person,
    /// When it was accepted, in milliseconds since 1970-01-01 UTC. Never an order.
    pub at: u64,
    /// The room's message counter, for messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// The number of its last edit or of its delete, for a message that was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Seq>,
    /// What it says.
    pub body: Body,
}
