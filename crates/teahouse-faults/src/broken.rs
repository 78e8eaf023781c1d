//! The promises that a history can break, each with its sentence. It judges nothing; `check.rs` does.

use std::collections::BTreeMap;
use std::fmt;

use teahouse_client::protocol::{RoomId, Seq};

use crate::history::{Name, Operation};

/// A message as its sender counts it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Letter {
    /// Whose.
    pub sender: Name,
    /// Which of the sender's messages.
    pub number: u64,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// An acknowledged message is not in the log.
    Lost(Letter),
    /// An acknowledged message is in the log at another number.
    Moved(Letter),
    /// A message is in the log more than once.
    Repeated(Letter),
    /// A message stands in the log after one that its sender sent later.
    Swapped(Letter),
    /// A message stands in the log before one that was acknowledged or told before it was sent.
    Overtook(Letter),
    /// A message that was refused for good is in the log.
    RefusedStored(Letter),
    /// A message got two answers that differ.
    Contradicted(Letter),
    /// Nothing ever became of a message, though its client lived to the end.
    Unanswered(Letter),
    /// A message is in the log with another text or in another room.
    Altered(Letter),
    /// A sender became somebody else.
    OtherPerson(Letter),
    /// Something is in the log that nobody sent.
    Invented(RoomId, Seq),
    /// The log's numbers do not go on: this one is missing or comes out of turn.
    LogGap(RoomId, Seq),
    /// The log does not end at the number that the house names.
    LogEnd(RoomId, Seq),
    /// A room was used, and its log was never read.
    LogUnread(RoomId),
    /// A reader was not told this event, and no hole was said.
    NotTold(Name, RoomId, Seq),
    /// A reader was told an event twice.
    ToldTwice(Name, RoomId, Seq),
    /// A reader was told an event after a later one.
    ToldLate(Name, RoomId, Seq),
    /// A reader was told something else than the log has.
    ToldOther(Name, RoomId, Seq),
    /// A reader was told an event that is not in the log.
    ToldUnlogged(Name, RoomId, Seq),
    /// A reader was told a message before anybody sent it.
    Foretold(Name, RoomId, Seq),
    /// A hole was said to a reader who was not far behind, or that does not lie ahead.
    FalseHole(Name, RoomId, Seq),
    /// A reader was told to forget the room, and no log was replaced.
    FalseReset(Name, RoomId),
    /// A reader did not get to the end of the room.
    NotAtHead(Name, RoomId, Seq),
    /// A reader was sent away.
    SentAway(Name),
    /// Somebody who left is in a room for a node.
    Ghost(Name, RoomId, Name),
    /// Somebody who is in a room is not for a node.
    Unseen(Name, RoomId, Name),
    /// The record itself cannot be right: whoever wrote it has a bug.
    Record(Letter),
    /// A reader's record has no beginning.
    RecordBegin(Name, RoomId),
}

/// What a broken promise does to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// Something is gone.
    Lost,
    /// Something is there more than once.
    Repeated,
    /// Something is out of its order.
    Swapped,
    /// Anything else that was promised.
    Other,
}

/// A broken promise and where it shows: the indices of operations, smallest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which promise.
    pub broken: Broken,
    /// The operations that show it.
    pub at: Vec<usize>,
}

impl Broken {
    /// What it does to people.
    #[must_use]
    pub fn harm(&self) -> Harm {
        match self {
            Self::Lost(_)
            | Self::Unanswered(_)
            | Self::LogGap(..)
            | Self::LogEnd(..)
            | Self::NotTold(..)
            | Self::NotAtHead(..)
            | Self::ToldUnlogged(..)
            | Self::FalseHole(..)
            | Self::FalseReset(..) => Harm::Lost,
            Self::Repeated(_) | Self::ToldTwice(..) => Harm::Repeated,
            Self::Swapped(_) | Self::Overtook(_) | Self::Moved(_) | Self::ToldLate(..) => Harm::Swapped,
            _ => Harm::Other,
        }
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {} of {}", self.number, self.sender)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(it) => write!(f, "{it} was acknowledged and is not in the log"),
            Self::Moved(it) => write!(f, "{it} is in the log at another number than its answer says"),
            Self::Repeated(it) => write!(f, "{it} is in the log more than once"),
            Self::Swapped(it) => write!(f, "{it} stands in the log after a later one of the same sender"),
            Self::Overtook(it) => {
                write!(f, "{it} stands in the log before one that was there before it was sent")
            }
            Self::RefusedStored(it) => write!(f, "{it} was refused for good and is in the log"),
            Self::Contradicted(it) => write!(f, "{it} got two answers that differ"),
            Self::Unanswered(it) => write!(f, "nothing ever became of {it}"),
            Self::Altered(it) => write!(f, "{it} is in the log with another text or in another room"),
            Self::OtherPerson(it) => write!(f, "{it} is in the log as another person's"),
            Self::Invented(room, seq) => write!(f, "nobody sent event {seq} of the log of {room}"),
            Self::LogGap(room, seq) => write!(f, "the log of {room} does not go on with {seq}"),
            Self::LogEnd(room, seq) => {
                write!(f, "the log of {room} does not end at {seq}, as the house says")
            }
            Self::LogUnread(room) => write!(f, "the log of {room} was not read"),
            Self::NotTold(who, room, seq) => write!(f, "{who} was not told event {seq} of {room}"),
            Self::ToldTwice(who, room, seq) => write!(f, "{who} was told event {seq} of {room} twice"),
            Self::ToldLate(who, room, seq) => {
                write!(f, "{who} was told event {seq} of {room} after a later one")
            }
            Self::ToldOther(who, room, seq) => {
                write!(f, "{who} was told another event {seq} of {room} than the log has")
            }
            Self::ToldUnlogged(who, room, seq) => {
                write!(f, "{who} was told event {seq} of {room}, which is not in the log")
            }
            Self::Foretold(who, room, seq) => {
                write!(f, "{who} was told event {seq} of {room} before it was sent")
            }
            Self::FalseHole(who, room, seq) => {
                write!(f, "{who} was told of a hole up to {seq} of {room} that need not be")
            }
            Self::FalseReset(who, room) => {
                write!(f, "{who} was told to forget {room}, whose log is the same")
            }
            Self::NotAtHead(who, room, seq) => write!(f, "{who} did not get to {seq}, the head of {room}"),
            Self::SentAway(who) => write!(f, "{who} was sent away"),
            Self::Ghost(who, room, node) => write!(f, "{who} left and is in {room} for {node}"),
            Self::Unseen(who, room, node) => write!(f, "{who} is in {room} and not for {node}"),
            Self::Record(it) => write!(f, "the record of {it} contradicts itself"),
            Self::RecordBegin(who, room) => write!(f, "the record does not say where {who} began in {room}"),
        }
    }
}

/// How many violations do which harm.
#[must_use]
pub fn harms(violations: &[Violation]) -> BTreeMap<Harm, usize> {
    let mut harms = BTreeMap::new();
    for violation in violations {
        *harms.entry(violation.broken.harm()).or_default() += 1;
    }
    harms
}

/// What to look at: each of the first violations with the operations that show it.
#[must_use]
pub fn trace(history: &[Operation], violations: &[Violation], most: usize) -> String {
    let mut out = String::new();
    for violation in violations.iter().take(most) {
        out += &format!("{}\n", violation.broken);
        for index in &violation.at {
            let operation = serde_json::to_string(&history[*index]).unwrap_or_default();
            out += &format!("  line {}: {operation}\n", index + 1);
        }
    }
    if violations.len() > most {
        out += &format!("and {} more\n", violations.len() - most);
    }
    out
}
