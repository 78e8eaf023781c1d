//! Questions that wait for their answer: asked again after a refusal that allows it and on every new
//! connection, since asking twice changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use teahouse_protocol::frame::Error;
use teahouse_protocol::{Command, History, Range, RoomId, Seq};

/// What a program may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Messages of the past.
    History {
        /// Where.
        room: RoomId,
        /// From which number in which direction.
        range: Range,
        /// Most messages to answer with.
        limit: u32,
    },
    /// Keep how far the person has read.
    Read {
        /// Where.
        room: RoomId,
        /// The mark.
        seq: Seq,
    },
}

/// The questions without an answer, by their `ref`, which stays theirs for good.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    open: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    question: Question,
    sent: bool,
    not_before: Duration,
}

impl Questions {
    /// Pause after a refusal that names none.
    const RETRY_DEFAULT: Duration = Duration::from_secs(1);

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether answers are still to come on this connection.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.open.values().any(|waiting| waiting.sent)
    }

    pub(crate) fn push(&mut self, r#ref: u64, question: Question) {
        self.open.insert(r#ref, Waiting { question, sent: false, not_before: Duration::ZERO });
    }

    pub(crate) fn connection_lost(&mut self) {
        self.open.values_mut().for_each(|waiting| waiting.sent = false);
    }

    /// Takes a question out, if it was there.
    pub(crate) fn answered(&mut self, r#ref: u64) -> bool {
        self.open.remove(&r#ref).is_some()
    }

    /// Whether a question has this `ref`; it waits if it may be asked again.
    pub(crate) fn retry(&mut self, r#ref: u64, error: &Error, now: Duration) -> bool {
        let Some(waiting) = self.open.get_mut(&r#ref).filter(|_| error.code.retryable()) else {
            return false;
        };
        waiting.sent = false;
        waiting.not_before = now + error.retry_ms.map_or(Self::RETRY_DEFAULT, Duration::from_millis);
        true
    }

    pub(crate) fn due(&mut self, now: Duration) -> Vec<Command> {
        let waits = |waiting: &&mut Waiting| !waiting.sent && waiting.not_before <= now;
        self.open
            .iter_mut()
            .filter_map(|(r#ref, waiting)| Some(*r#ref).zip(Some(waiting).filter(waits)))
            .map(|(r#ref, waiting)| {
                waiting.sent = true;
                waiting.question.command(r#ref)
            })
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.open.values().filter(|waiting| !waiting.sent).map(|waiting| waiting.not_before).min()
    }

    pub(crate) fn drain(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.open).into_keys().collect()
    }
}

impl Question {
    fn command(&self, r#ref: u64) -> Command {
        match self.clone() {
            Self::History { room, range, limit } => Command::History(History { r#ref, room, range, limit }),
            Self::Read { room, seq } => Command::Read { r#ref, room, seq },
        }
    }
}
