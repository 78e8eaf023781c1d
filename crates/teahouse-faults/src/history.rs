//! What happened in a run, in the order in which it was noticed: plain data, one JSON object on each line.
//!
//! Whoever takes part writes into one [`Journal`]. A send is noted before the client is told of it, and
//! everything else after it was heard, so that "noted earlier" means "happened earlier".

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use teahouse_client::protocol::{Cid, ErrorCode, Event, RoomId, Seq, UserId};
use tokio::sync::watch;

use crate::fault::{Kind, Way};
use crate::trouble::Trouble;

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
    /// A client was let in for the first time.
    Came {
        /// Who.
        who: Name,
        /// As whom.
        id: UserId,
    },
    /// The house cannot take a message now; the sender's client keeps it and tries again.
    Held {
        /// Whose.
        sender: Name,
        /// Where.
        room: RoomId,
        /// Why.
        code: ErrorCode,
    },
    /// Something befell a host, or is over.
    Befell {
        /// When, in milliseconds of the run.
        at_ms: u64,
        /// What.
        trouble: Trouble,
        /// Which host, or which of its links.
        host: Name,
        /// Whether it is over.
        over: bool,
    },
    /// A node was asked who is in a room until its answer was right, or nobody would wait any longer.
    Present {
        /// Which node.
        node: Name,
        /// Which room.
        room: RoomId,
        /// Whom it named last.
        people: BTreeSet<UserId>,
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
pub struct Journal(Arc<(Mutex<Pages>, watch::Sender<Counted>)>);

/// What is counted while a run goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    /// Faults.
    pub faults: u64,
    /// Answers that a message is in the log.
    pub acknowledged: u64,
}

#[derive(Debug, Default)]
struct Pages {
    operations: Vec<Operation>,
    /// When each was noted.
    times: Vec<Instant>,
    /// Every reader is told the same event: it is kept once, unless somebody was told another one.
    events: HashMap<(RoomId, Seq), Arc<Event>>,
}

impl Journal {
    /// Notes something.
    pub fn note(&self, operation: Operation) {
        match operation {
            Operation::Fault { .. } | Operation::Befell { over: false, .. } => {
                self.0.1.send_modify(|counted| counted.faults += 1);
            }
            Operation::Acknowledged { .. } => self.0.1.send_modify(|counted| counted.acknowledged += 1),
            _ => {}
        }
        self.pages().push(operation);
    }

    /// Notes that a reader was told an event.
    pub fn told(&self, reader: &Name, event: Event) {
        let mut pages = self.pages();
        let event = pages.shared(event);
        pages.push(Operation::Told { reader: reader.clone(), event });
    }

    /// Notes the next event of the log.
    pub fn logged(&self, event: Event) {
        let mut pages = self.pages();
        let event = pages.shared(event);
        pages.push(Operation::Logged { event });
    }

    /// What was counted, now and later.
    #[must_use]
    pub fn counted(&self) -> watch::Receiver<Counted> {
        self.0.1.subscribe()
    }

    /// Everything from the operation `from` on, each with its time; what was told is in it, too.
    #[must_use]
    pub fn since(&self, from: usize) -> Vec<(Instant, Operation)> {
        let pages = self.pages();
        let times = pages.times.iter().copied().zip(pages.operations.iter().cloned());
        times.skip(from).collect()
    }

    /// How many operations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages().operations.len()
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
    fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
        self.times.push(Instant::now());
    }

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
