//! A room that is followed, and how far: drops repeats, sees gaps, says when to subscribe again.

use std::time::Duration;

use teahouse_protocol::frame::Subscribed;
use teahouse_protocol::{Cid, Cursor, From, Offer, RoomId, Seq};

use crate::notice::Hole;
use crate::retry::Backoff;

/// A room that the program wants to follow.
#[derive(Debug)]
pub(crate) struct Subscription {
    room: RoomId,
    /// Where the program wanted to begin.
    from: From,
    /// The last event applied; none until the house has resolved `from`.
    cursor: Option<Cursor>,
    /// Whether the house has answered on this connection.
    subscribed: bool,
    live: bool,
    ask: Ask,
    /// Subscriptions in a row that brought nothing but another gap.
    gaps: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    No,
    /// To be asked once this time has come.
    At(Duration),
    /// Asked under this `ref`; none is a room of `hello`.
    Waiting(Option<u64>),
}

impl Subscription {
    pub(crate) fn new(room: RoomId, from: From) -> Self {
        let cursor = match from {
            From::Cursor(cursor) => Some(cursor),
            From::Head | From::Tail(_) => None,
        };
        Self { room, from, cursor, subscribed: false, live: false, ask: Ask::No, gaps: 0 }
    }

    /// Where the next subscription starts.
    pub(crate) fn from(&self) -> From {
        self.cursor.map_or(self.from, From::Cursor)
    }

    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// Whether this connection follows the room, so that it may be written to.
    pub(crate) fn is_open(&self) -> bool {
        self.subscribed
    }

    /// Whether everything was told, so that a poll need not say it again.
    pub(crate) fn is_live(&self) -> bool {
        self.subscribed && self.live && self.ask == Ask::No
    }

    pub(crate) fn connection_lost(&mut self) {
        self.subscribed = false;
        self.live = false;
        self.ask = Ask::No;
    }

    /// The room went into `hello`, or into a `subscribe` with this `ref`.
    pub(crate) fn asked(&mut self, r#ref: Option<u64>) {
        self.ask = Ask::Waiting(r#ref);
    }

    pub(crate) fn ask_at(&mut self, at: Duration) {
        self.ask = Ask::At(at);
    }

    pub(crate) fn asked_as(&self, r#ref: u64) -> bool {
        self.ask == Ask::Waiting(Some(r#ref))
    }

    pub(crate) fn asked_by_hello(&self) -> bool {
        self.ask == Ask::Waiting(None)
    }

    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        match self.ask {
            Ask::At(at) => Some(at),
            Ask::No | Ask::Waiting(_) => None,
        }
    }

    /// The house has resolved a `from`. A jump of the cursor is a hole, also if nobody says so.
    pub(crate) fn subscribed(&mut self, said: &Subscribed) -> Option<Hole> {
        self.subscribed = true;
        self.live = false;
        if said.r#ref.is_none_or(|r#ref| self.asked_as(r#ref)) {
            self.ask = Ask::No;
        }
        let Some(cursor) = self.cursor else {
            self.cursor = Some(said.from);
            return None;
        };
        let same_log = cursor.epoch.is_none_or(|epoch| Some(epoch) == said.from.epoch);
        // Below the cursor are only repeats: events went on between the question and the answer.
        if same_log && said.from.seq <= cursor.seq {
            self.cursor = Some(Cursor { epoch: said.from.epoch, ..cursor });
            return None;
        }
        self.jump(said.from, !same_log, said.head)
    }

    /// `behind` and `reset`: the house says where events go on.
    pub(crate) fn jump(&mut self, from: Cursor, reset: bool, head: Seq) -> Option<Hole> {
        if self.cursor == Some(from) {
            return None;
        }
        self.cursor = Some(from);
        Some(Hole { room: self.room.clone(), reset, from, head })
    }

    /// The cursor is unreadable: begin again as at first.
    pub(crate) fn forget(&mut self) {
        self.cursor = match self.from {
            From::Cursor(_) => Some(Cursor::BEGINNING),
            From::Head | From::Tail(_) => None,
        };
    }

    /// Whether an event is the next one, which is then applied.
    pub(crate) fn event(&mut self, seq: Seq, cid: Cid, now: Duration) -> bool {
        let Some(cursor) = &mut self.cursor else { return false };
        match cursor.offer(seq) {
            Offer::Deliver => {
                cursor.applied(seq, cid);
                self.gaps = 0;
                true
            }
            Offer::Duplicate => false,
            Offer::Gap => {
                self.gap(now);
                false
            }
        }
    }

    /// Caught up to `seq`, says the house. Whether that is true here.
    pub(crate) fn live(&mut self, seq: Seq, now: Duration) -> bool {
        self.live = self.cursor.is_some_and(|cursor| cursor.seq >= seq);
        if !self.live {
            self.gap(now);
        }
        self.live
    }

    /// The room's last number, as a `ping` carries it: notices a lost tail.
    pub(crate) fn head(&mut self, head: Seq, now: Duration) {
        if self.live && self.cursor.is_some_and(|cursor| cursor.seq < head) {
            self.gap(now);
        }
    }

    /// Something is missing: subscribe again, at once at first, later with growing pauses, so that a
    /// house that cannot close the gap is not asked in a circle.
    fn gap(&mut self, now: Duration) {
        if !self.subscribed || self.ask != Ask::No {
            return;
        }
        let backoff = Backoff::default();
        let pause = if self.gaps == 0 { Duration::ZERO } else { backoff.pause(self.gaps - 1, u64::MAX) };
        self.gaps = self.gaps.saturating_add(1);
        self.live = false;
        self.ask = Ask::At(now + pause);
    }
}

#[cfg(test)]
mod tests;
