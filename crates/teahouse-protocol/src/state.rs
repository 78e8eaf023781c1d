//! What stands beside a message and is not in its own event: reactions, replies, whether it is pinned.
//!
//! It belongs to a page of history, of one moment, for one reader.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::event::Person;
use crate::seq::Seq;

/// What stands beside the messages of a page, by their numbers. A message that has nothing is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct States(pub BTreeMap<Seq, State>);

/// What stands beside one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What people put under it, the first kind first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reactions>,
    /// What the reader put under it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<Box<str>>,
    /// What replies to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<Replies>,
    /// Whether it is kept in view.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// One kind of reaction to one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// What was put under it.
    pub emoji: Box<str>,
    /// By how many.
    pub count: u64,
    /// By whom: the first ones, at most [`Reactions::PEOPLE_MAX`].
    pub people: Vec<Person>,
}

impl Reactions {
    /// Most people who are named for one kind of reaction.
    pub const PEOPLE_MAX: usize = 8;
    /// Most kinds of reaction to one message.
    pub const KINDS_MAX: u64 = 20;
}

/// The messages that reply to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    /// How many there are.
    pub count: u64,
    /// When the last one was accepted, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

impl States {
    /// Whether no message has anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// Numbers as keys are texts in JSON; what is read by its tag first does not turn them back.
impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(seq, state)| (seq.0.to_string(), state)))
    }
}

impl<'de> Deserialize<'de> for States {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named: BTreeMap<String, State> = Deserialize::deserialize(deserializer)?;
        let numbered = named.into_iter().map(|(seq, state)| Ok((Seq(seq.parse()?), state)));
        let numbered: Result<_, std::num::ParseIntError> = numbered.collect();
        numbered.map(Self).map_err(de::Error::custom)
    }
}
