//! What one subscription gets next: live or behind.
//!
//! Events are never queued for it. Behind, it holds nothing but a number and reads the log; live, the
//! room gives it each event as it happens. Only the room makes it live.

use teahouse_protocol::Seq;

/// How a subscription gets its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has to read the log after its number.
    Behind,
    /// A read is under way.
    Reading,
    /// It has everything it could find, and waits for the room's word.
    Asking,
    /// The room gives it what happens.
    Live,
    /// It gets nothing before it is known what its person may.
    Held,
}

/// What the driver does for a subscription after something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Read the log after this number.
    Read(Seq),
    /// Ask the room whether this number is its head.
    Ask(Seq),
    /// Nothing: something is under way, or the room delivers.
    Rest,
}

/// One subscription's place in its room's log.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    seq: Seq,
    state: State,
}

impl Feed {
    /// A subscription that has everything up to `seq` and reads on from there.
    #[must_use]
    pub fn new(seq: Seq) -> Self {
        Self { seq, state: State::Behind }
    }

    /// Whether the room gives it what happens.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Whether it waits for somebody to read for it.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.state == State::Behind
    }

    /// Whether a read is under way.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.state == State::Reading
    }

    /// Whether it waits for the room's word.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.state == State::Asking
    }

    /// The last number given while it was behind. A live one is at its room's head.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Its socket takes bytes: what now? `head` is the room's head as far as the caller knows.
    pub fn next(&mut self, head: Seq) -> Next {
        if self.state != State::Behind {
            return Next::Rest;
        }
        if self.seq < head {
            self.state = State::Reading;
            Next::Read(self.seq)
        } else {
            self.state = State::Asking;
            Next::Ask(self.seq)
        }
    }

    /// What was read up to `to` is on its way to the client.
    pub fn gave(&mut self, to: Seq) {
        assert_eq!(self.state, State::Reading, "nothing was being read");
        assert!(to >= self.seq, "a subscription at {} was given {to}", self.seq);
        self.seq = to;
        self.state = State::Behind;
    }

    /// The read failed, or its answer could not be used: it is tried again.
    pub fn gave_nothing(&mut self) {
        assert_eq!(self.state, State::Reading, "nothing was being read");
        self.state = State::Behind;
    }

    /// The room's word: from now on it delivers.
    pub fn made_live(&mut self) {
        assert_eq!(self.state, State::Asking, "only who asked is made live");
        self.state = State::Live;
    }

    /// The room's word: there is more to read.
    pub fn kept_behind(&mut self) {
        assert_eq!(self.state, State::Asking, "only who asked is answered");
        self.state = State::Behind;
    }

    /// The socket is full: the client has, or will get from the frame in flight, everything up to `seq`.
    pub fn fell_behind(&mut self, seq: Seq) {
        assert_eq!(self.state, State::Live, "only a live subscription falls behind");
        assert!(seq >= self.seq, "a subscription at {} fell back to {seq}", self.seq);
        self.seq = seq;
        self.state = State::Behind;
    }

    /// Its person's rights may have changed: nothing more, for now. A live one has everything up to `head`.
    pub fn hold(&mut self, head: Seq) {
        if self.is_live() {
            self.seq = head;
        }
        self.state = State::Held;
    }

    /// Its person may read on.
    pub fn let_go(&mut self) {
        assert_eq!(self.state, State::Held, "only who is held is let go");
        self.state = State::Behind;
    }

    /// Whether it waits to be let go.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state == State::Held
    }

    /// Events up to `seq` were left out, which the client was told.
    pub fn skipped(&mut self, seq: Seq) {
        assert!(matches!(self.state, State::Behind | State::Reading), "a live subscription skips nothing");
        assert!(seq >= self.seq, "a subscription at {} was moved back to {seq}", self.seq);
        self.seq = seq;
        self.state = State::Behind;
    }
}

#[cfg(test)]
mod tests;
