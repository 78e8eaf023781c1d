//! What happened in a room: a stored fact with a number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{Cid, RoomId, UserId};
use crate::seq::Seq;

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
}

/// What kind of fact an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody wrote something.
    Message,
}

impl Kind {
    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        (name == "message").then_some(Self::Message)
    }
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The source text of a message.
    pub text: String,
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
    /// What it says.
    pub body: Body,
}
