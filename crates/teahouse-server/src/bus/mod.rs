//! What the nodes of one house tell each other: hints, never the truth, which is in the store.
//!
//! A word may be lost, repeated and late; nobody waits for one. What follows from a lost word is a read of
//! the log, or a list of people that is some seconds old.

mod local;
mod nats;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use teahouse_core::presence::NodeId;
use teahouse_protocol::{Epoch, Event, Here, RoomId, Seq, UserId};
use tokio::sync::watch;

pub use local::{Local, LocalBus};
pub use nats::{Nats, NatsBus, OpenError};

/// Where a word is said: only nodes that follow the place hear it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// One room: nodes where somebody follows it.
    Room(RoomId),
    /// The whole house: every node.
    House,
}

/// What one node tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// A log goes up to `head` now; the last events of it, if they are not too large.
    Stored {
        /// Which log.
        epoch: Epoch,
        /// How far it goes.
        head: Seq,
        /// In order; not all that is new must be among them.
        events: Vec<Event>,
    },
    /// Who is at the node that says it, the whole list.
    Here {
        /// Who.
        here: Here,
    },
    /// Who is at the other nodes?
    Who,
    /// A person is typing, or stopped.
    Typing {
        /// Who.
        person: UserId,
        /// Whether they began or stopped.
        on: bool,
    },
    /// A person whose connections come and go, to any node, will not come back.
    Bye {
        /// Who.
        person: UserId,
    },
    /// A person has read a room up to there.
    Read {
        /// Who.
        person: UserId,
        /// Which room.
        room: RoomId,
        /// How far.
        seq: Seq,
    },
    /// What calls these people is another.
    Calls {
        /// Whom.
        people: Vec<UserId>,
    },
}

/// What is heard at a place, and which node said it. Dropping it ends the listening.
pub type Heard = BoxStream<'static, (NodeId, Word)>;

/// The way to the other nodes of the house, as one node has it.
pub trait Bus: Send + Sync + 'static {
    /// The node that this bus speaks for: another one after each start.
    fn node(&self) -> NodeId;

    /// Whether there will never be another node.
    fn is_alone(&self) -> bool;

    /// Tells the other nodes that follow the place, if the word arrives. Never waits.
    fn tell(&self, place: &Place, word: Word);

    /// Listens at a place. Done when what is told from then on is heard, or when the bus is cut: then
    /// listening begins when it is not any more.
    fn follow(&self, place: &Place) -> BoxFuture<'static, Heard>;

    /// Whether words arrive now, as far as this node knows.
    fn is_up(&self) -> watch::Receiver<bool>;
}

/// The bus of a node that is the only one of its house.
#[must_use]
pub fn alone() -> Arc<dyn Bus> {
    Arc::new(LocalBus::alone())
}
