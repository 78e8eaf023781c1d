//! What a room is, and who may do what there, as it travels.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::RoomId;

/// Who may read a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readers {
    /// Everybody whom the house lets in.
    #[default]
    Guests,
    /// Everybody who has an account.
    Accounts,
    /// Only who joined, or was added: a private room.
    Joined,
}

/// Who may write to a room, of those who may read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writers {
    /// All of them.
    #[default]
    Guests,
    /// Who has an account.
    Accounts,
    /// Its moderators: an announcement room.
    Moderators,
}

/// What holds in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Who may read.
    pub read: Readers,
    /// Who may write.
    pub write: Writers,
    /// Who may call everybody at once, by `<@here>` and `<@room>`.
    pub call: Writers,
    /// Whether who joins a private room may read what was before.
    pub history: bool,
    /// Seconds between two messages of one person; 0 for no such rule.
    pub slow_s: u32,
    /// How many days messages are kept; none for ever.
    pub keep_days: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            read: Readers::default(),
            write: Writers::default(),
            call: Writers::Moderators,
            history: true,
            slow_s: 0,
            keep_days: None,
        }
    }
}

/// A person's role in one room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Is in it.
    #[default]
    Member,
    /// Keeps order in it.
    Moderator,
}

/// Of what in a room a person wants to be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of everything.
    All,
    /// Of what is said to them.
    #[default]
    Mentions,
    /// Of nothing.
    Nothing,
}

/// What a moderator does to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Sends them out, and keeps them out.
    Ban,
    /// Lets them in again.
    Unban,
    /// Lets them write no longer.
    Mute,
    /// Lets them write again.
    Unmute,
    /// Makes them a moderator of the room.
    Moderator,
    /// Makes them a member of the room like others.
    Member,
}

/// A room as it is for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomNow {
    /// The name in its address, if it has one beside its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// What it is about.
    pub topic: Arc<str>,
    /// What holds there.
    #[serde(default)]
    pub policy: Policy,
    /// Whether it is a conversation of named people.
    #[serde(default)]
    pub direct: bool,
    /// Whether nobody writes there any more.
    #[serde(default)]
    pub archived: bool,
}

/// A room as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// Its id.
    pub id: RoomId,
    /// What everybody sees.
    #[serde(flatten)]
    pub now: RoomNow,
    /// Whether the person is a member of it.
    #[serde(default)]
    pub joined: bool,
    /// Their role in it; none for a member like others, and for who is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
    /// Of what they want to be told.
    #[serde(default)]
    pub level: Level,
    /// Whether they muted it.
    #[serde(default)]
    pub muted: bool,
    /// They may not write until then, in milliseconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_until: Option<u64>,
    /// What they may do there: names of actions.
    pub may: Vec<String>,
}

impl RoomView {
    /// The room as somebody sees it who is no member, and may do nothing.
    #[must_use]
    pub fn new(id: RoomId, now: RoomNow) -> Self {
        let (joined, role, level, muted) = (false, None, Level::default(), false);
        Self { id, now, joined, role, level, muted, silenced_until: None, may: Vec::new() }
    }
}
