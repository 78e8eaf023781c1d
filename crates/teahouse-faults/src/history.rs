//! What happened in a run, in the order in which it was noticed: plain data, one JSON object on each line.
//!
//! Whoever takes part writes into one [`Journal`]. A send is noted before the client is told of it, and
//! everything else after it was heard, so that "noted earlier" means "happened earlier".

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use teahouse_client::protocol::{Cid, ErrorCode, Event, RoomId, Seq};
use tokio::sync::watch;

use crate::fault::{Kind, Way};

/// Who takes part: a sender, a reader, a proxy. Cheap to clone.
pub type Name = Arc<str>;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Operation {
    /// A sender is about to hand its message `number` to its client. Numbers grow, texts are unique.
    Sent {
        /// Who.
        sender: Name,
        /// Which of the sender's messages, counted over all rooms.
        number: u64,
        /// Where.
        room: RoomId,
        /// What.
        text: Arc<str>,
    },
    /// The client gave the message its id.
    Named {
        /// Whose.
        sender: Name,
        /// Which.
        number: u64,
        /// Its id.
        cid: Cid,
    },
    /// The house says that the message is in the log.
    Acknowledged {
        /// Whose.
        sender: Name,
        /// Which.
        number: u64,
        /// Where in the log.
        seq: Seq,
        /// Whether an earlier try had been stored.
        repeat: bool,
    },
    /// The message was refused for good.
    Refused {
        /// Whose.
        sender: Name,
        /// Which.
        number: u64,
        /// Why.
        code: ErrorCode,
    },
    /// The client ended before an answer came: the message may be in the log or not.
    Unknown {
        /// Whose.
        sender: Name,
        /// Which.
        number: u64,
    },
    /// A reader follows a room; it is to be told everything after `seq`.
    Began {
        /// Who.
        reader: Name,
        /// Which room.
        room: RoomId,
        /// The last number that it is not told.
        seq: Seq,
    },
    /// A reader was told an event.
    Told {
        /// Who.
        reader: Name,
        /// Which.
        event: Arc<Event>,
    },
    /// A reader was told that events are left out, or that the log is another one.
    Hole {
        /// Who.
        reader: Name,
        /// Which room.
        room: RoomId,
        /// Whether the house said `reset`.
        reset: bool,
        /// Events after this follow.
        from: Seq,
        /// The room's last number when it was said.
        head: Seq,
    },
    /// A reader left of its own accord: the rest need not be told.
    Left {
        /// Who.
        reader: Name,
    },
    /// A reader was sent away, for good.
    Ended {
        /// Who.
        reader: Name,
        /// Why, for people.
        cause: String,
    },
    /// A proxy did harm.
    Fault {
        /// Which proxy.
        proxy: Name,
        /// Its how manyth connection.
        connection: u64,
        /// In which direction.
        way: Way,
        /// After how many bytes of that direction.
        byte: u64,
        /// What it did.
        kind: Kind,
    },
    /// Something was done to the house.
    House {
        /// What.
        deed: Deed,
    },
    /// A client begins with a transport, or goes on over another one.
    Switched {
        /// Who.
        client: Name,
        /// Over which before; none at the beginning.
        before: Option<String>,
        /// Over which.
        transport: String,
    },
    /// From here on nobody does harm.
    Healed,
    /// The room's log was read to its end, and the house named this as its last number.
    Head {
        /// Which room.
        room: RoomId,
        /// The last number.
        seq: Seq,
    },
    /// The next event of the log, read at the end.
    Logged {
        /// Which.
        event: Arc<Event>,
    },
}

/// What is done to a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// It listens.
    Started,
    /// It was ended without a word (SIGKILL).
    Killed,
    /// It was asked to stop and did (SIGTERM).
    Drained,
}

/// Where everybody notes what happens. Clones are the same journal.
///
/// It holds the whole run, so a run has to be bounded.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<(Mutex<Pages>, watch::Sender<u64>)>);

#[derive(Debug, Default)]
struct Pages {
    operations: Vec<Operation>,
    /// Every reader is told the same event: it is kept once, unless somebody was told another one.
    events: HashMap<(RoomId, Seq), Arc<Event>>,
}

impl Journal {
    /// Notes something.
    pub fn note(&self, operation: Operation) {
        if matches!(operation, Operation::Fault { .. }) {
            self.0.1.send_modify(|faults| *faults += 1);
        }
        self.pages().operations.push(operation);
    }

    /// Notes that a reader was told an event.
    pub fn told(&self, reader: &Name, event: Event) {
        let mut pages = self.pages();
        let event = pages.shared(event);
        pages.operations.push(Operation::Told { reader: reader.clone(), event });
    }

    /// Notes the next event of the log.
    pub fn logged(&self, event: Event) {
        let mut pages = self.pages();
        let event = pages.shared(event);
        pages.operations.push(Operation::Logged { event });
    }

    /// How many faults were noted, now and later.
    #[must_use]
    pub fn faults(&self) -> watch::Receiver<u64> {
        self.0.1.subscribe()
    }

    /// Everything so far; the journal is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Vec<Operation> {
        std::mem::take(&mut *self.pages()).operations
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Whoever panicked was between two notes.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn shared(&mut self, event: Event) -> Arc<Event> {
        let known = self.events.get(&(event.room.clone(), event.seq));
        if let Some(known) = known.filter(|known| ***known == event) {
            return known.clone();
        }
        let event = Arc::new(event);
        self.events.entry((event.room.clone(), event.seq)).or_insert_with(|| event.clone());
        event
    }
}

/// Writes a history, one operation on each line.
///
/// # Errors
/// Those of the writer.
pub fn write(history: &[Operation], mut out: impl Write) -> io::Result<()> {
    for operation in history {
        serde_json::to_writer(&mut out, operation)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Reads what [`write`] has written.
///
/// # Errors
/// Those of the reader, and a line that is no operation, with its number.
pub fn read(lines: impl BufRead) -> io::Result<Vec<Operation>> {
    let mut history = Vec::new();
    for (line, number) in lines.lines().zip(1..) {
        let bad = |error| io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {error}"));
        history.push(serde_json::from_str(&line?).map_err(bad)?);
    }
    Ok(history)
}
