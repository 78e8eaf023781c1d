//! What a client tells its program: plain data, made by the rules, carried by the driver.

use std::time::Duration;

use teahouse_protocol::frame::{Error, Presence, Subscribed, Welcome};
use teahouse_protocol::{Cursor, ErrorCode, Event, Here, Person, RoomId, Seq};

use crate::choice::Transport;

/// Something that a program may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The first connection stands. A `token` in it is to be kept: it makes one the same person again.
    Welcome(Box<Welcome>),
    /// A room is followed on this connection; who is there replaces what was known.
    Subscribed(Box<Subscribed>),
    /// Something happened: each event once, in the order of its room.
    Event(Event),
    /// Everything up to this number was told; from here on events come as they happen.
    Live {
        /// Where.
        room: RoomId,
        /// The last number.
        seq: Seq,
    },
    /// Events were left out.
    Hole(Hole),
    /// Who is there changed.
    Presence {
        /// Where.
        room: RoomId,
        /// How.
        presence: Presence,
    },
    /// Who is typing: the whole list.
    Typing {
        /// Where.
        room: RoomId,
        /// Who; may contain oneself.
        here: Here,
    },
    /// The person's read mark, from another of their connections.
    Read {
        /// Where.
        room: RoomId,
        /// The mark.
        seq: Seq,
    },
    /// The connection was lost, or a try failed; the client tries again by itself.
    Suspended {
        /// Why, as a clause for people.
        cause: String,
        /// The pause before the next try.
        retry: Duration,
    },
    /// A later connection stands; rooms go on where they were.
    Resumed(Box<Welcome>),
    /// Frames travel by this transport from now on.
    Transport(Transport),
    /// What was written to a room is kept and sent again after a pause.
    Held {
        /// Where.
        room: RoomId,
        /// Why.
        error: Error,
    },
    /// A room is not followed any more, against the program's wish.
    Left {
        /// Which.
        room: RoomId,
        /// Why.
        error: Error,
    },
    /// Something of the person's own changed on the way.
    Changed {
        /// Who they are now, if that is it.
        you: Option<Person>,
        /// Whether the list of their rooms is to be asked for again.
        rooms: bool,
        /// Whether what calls them is to be asked for again.
        calls: bool,
    },
    /// The house refused something that no answer could be given to.
    Refused(Error),
    /// It is over; nothing follows.
    Ended(End),
}

/// Events that were left out of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Where.
    pub room: RoomId,
    /// Whether the log is another one: what a program keeps of this room is void. Otherwise what is
    /// missing is there through `history`.
    pub reset: bool,
    /// Events after this follow.
    pub from: Cursor,
    /// The room's last number when it was said.
    pub head: Seq,
}

/// A send is in the log, for ever and once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Its number in the room.
    pub seq: Seq,
    /// When it was accepted, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// Whether an earlier try of the same message had been stored already.
    pub repeat: bool,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The house, or this client in its place, refused it for good.
    #[error("{}", .0.message)]
    Code(Error),
    /// The client ended before an answer came. A message may be in the log or not.
    #[error("the client ended before the house answered")]
    Ended,
}

impl Refused {
    /// The public code, when there is one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Code(error) => Some(error.code),
            Self::Ended => None,
        }
    }
}

/// Why a client does not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The program closed it.
    Closed,
    /// The house refused `hello` for good.
    Refused(Error),
    /// The house closed the connection for good.
    Close {
        /// The close code.
        code: u16,
        /// The reason beside it.
        reason: String,
    },
}
