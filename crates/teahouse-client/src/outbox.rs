//! What was written and is not yet acknowledged, in order. It decides what may be sent when.
//!
//! The rule that keeps one sender's order: after a refusal that may be retried, nothing of that room
//! is sent until everything of it in flight is answered; then the head goes first, marked as such.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use teahouse_protocol::frame::{Error, Send};
use teahouse_protocol::{Body, Cid, ErrorCode, Kind, RoomId};

/// The order in which messages were written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    letters: VecDeque<Letter>,
    /// Rooms that wait, each until when.
    holds: BTreeMap<RoomId, Duration>,
}

#[derive(Debug)]
struct Letter {
    room: RoomId,
    cid: Cid,
    kind: Kind,
    body: Body,
    /// The `ref` under which it is in flight on this connection.
    sent: Option<u64>,
}

/// What a refusal means for the message it hit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It stays and is sent again after a pause.
    Keep(RoomId),
    /// It is out of the outbox for good.
    Drop(Cid),
    /// No message here has that `ref`.
    Unknown,
}

impl Outbox {
    /// Pause after a refusal that names none.
    const RETRY_DEFAULT: Duration = Duration::from_secs(1);
    /// Shortest pause: no refusal may turn into a busy loop over the network.
    const RETRY_LEAST: Duration = Duration::from_millis(20);

    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether answers are still to come on this connection.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.letters.iter().any(|letter| letter.sent.is_some())
    }

    pub(crate) fn push(&mut self, room: RoomId, cid: Cid, kind: Kind, body: Body) {
        self.letters.push_back(Letter { room, cid, kind, body, sent: None });
    }

    /// Nothing is in flight any more: the connection is gone, and its refusals with it.
    pub(crate) fn connection_lost(&mut self) {
        self.letters.iter_mut().for_each(|letter| letter.sent = None);
        self.holds.clear();
    }

    /// Takes out what the log has now. Says whether it was here.
    pub(crate) fn acknowledged(&mut self, room: &RoomId, cid: Cid) -> bool {
        let found = self.letters.iter().position(|letter| letter.cid == cid && letter.room == *room);
        found.is_some_and(|index| self.letters.remove(index).is_some())
    }

    /// Keeps or drops the message that a refusal hit.
    pub(crate) fn refused(&mut self, r#ref: u64, error: &Error, now: Duration) -> Verdict {
        let Some(index) = self.letters.iter().position(|letter| letter.sent == Some(r#ref)) else {
            return Verdict::Unknown;
        };
        if !error.code.retryable() {
            let letter = self.letters.remove(index).expect("the position was just found");
            return Verdict::Drop(letter.cid);
        }
        let letter = &mut self.letters[index];
        letter.sent = None;
        let room = letter.room.clone();
        self.hold(room.clone(), error, now);
        Verdict::Keep(room)
    }

    /// Takes out everything that was written to `room`, or to all rooms.
    pub(crate) fn drain(&mut self, room: Option<&RoomId>) -> Vec<Cid> {
        let (out, kept): (VecDeque<_>, _) =
            self.letters.drain(..).partition(|letter| room.is_none_or(|room| letter.room == *room));
        self.letters = kept;
        out.into_iter().map(|letter| letter.cid).collect()
    }

    /// What may be sent now: at most `unacked_max` in flight, only to rooms that `open` names.
    pub(crate) fn due(
        &mut self,
        now: Duration,
        unacked_max: usize,
        open: impl Fn(&RoomId) -> bool,
        mut next_ref: impl FnMut() -> u64,
    ) -> Vec<Send> {
        if self.letters.iter().all(|letter| letter.sent.is_some()) {
            return Vec::new();
        }
        let in_flight: BTreeSet<RoomId> =
            self.letters.iter().filter(|letter| letter.sent.is_some()).map(|l| l.room.clone()).collect();
        self.holds.retain(|room, until| in_flight.contains(room) || now < *until);
        let mut unacked = self.letters.iter().filter(|letter| letter.sent.is_some()).count();
        let mut earlier = BTreeSet::new();
        let mut due = Vec::new();
        for letter in &mut self.letters {
            let waits =
                letter.sent.is_none() && (self.holds.contains_key(&letter.room) || !open(&letter.room));
            if letter.sent.is_none() && !waits && unacked < unacked_max {
                let r#ref = next_ref();
                letter.sent = Some(r#ref);
                unacked += 1;
                due.push(letter.frame(r#ref, !earlier.contains(&letter.room)));
            }
            earlier.insert(letter.room.clone());
        }
        due
    }

    /// When the next hold ends, if that is what is being waited for.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let idle = |room: &&RoomId| !self.letters.iter().any(|l| l.sent.is_some() && l.room == **room);
        self.holds.iter().filter(|(room, _)| idle(room)).map(|(_, until)| *until).min()
    }

    fn hold(&mut self, room: RoomId, error: &Error, now: Duration) {
        let pause = match (error.retry_ms, error.code) {
            (Some(retry_ms), _) => Duration::from_millis(retry_ms),
            // It only echoes an earlier refusal, which named the pause.
            (None, ErrorCode::OutOfOrder) => Duration::ZERO,
            (None, _) => Self::RETRY_DEFAULT,
        };
        let until = now + pause.max(Self::RETRY_LEAST);
        let held = self.holds.entry(room).or_insert(until);
        *held = until.max(*held);
    }
}

impl Letter {
    fn frame(&self, r#ref: u64, first: bool) -> Send {
        Send {
            r#ref,
            room: self.room.clone(),
            cid: self.cid,
            kind: self.kind,
            body: self.body.clone(),
            first,
        }
    }
}

#[cfg(test)]
mod tests;
