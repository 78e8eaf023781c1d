//! How one reads over plain HTTP: answer after answer, each asked for with the cursors.
//!
//! An answer that ends with 4002 is no loss: the next request follows after the pause that was named.

use std::time::Duration;

use super::{
    Advice, CloseCode, Command, Connection, Heard, Phase, Push, RoomId, Seq, Subscription, Transport, code,
};

/// The request that is under way, or when the next one is due. A WebSocket needs none.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// When the next request is due; none while one is under way.
    next: Option<Duration>,
    /// When the last one was made.
    asked: Duration,
    /// Whether it left out what is known; every other request of a poll is one that does not wait.
    brief: bool,
    /// Whether its answer brought anything but its end.
    told: bool,
    /// Answers in a row that were over at once and brought nothing.
    hurried: u32,
}

impl Reading {
    pub(super) fn asked(&mut self, now: Duration, brief: bool) {
        *self = Self { next: None, asked: now, brief, told: false, hurried: self.hurried };
    }

    pub(super) fn heard(&mut self, heard: &Heard) {
        self.told |= !matches!(heard, Heard::Push(Push::Close { .. }));
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.next.is_some_and(|at| at <= now)
    }

    /// The answer ended; the next request waits for `pause`, longer if answers end as soon as they begin.
    pub(super) fn ended(&mut self, now: Duration, pause: Duration, always_told: bool) {
        let hurried = now.saturating_sub(self.asked) < Connection::HURRY && (always_told || !self.told);
        self.hurried = if hurried { self.hurried + 1 } else { 0 };
        let least = if self.hurried > Connection::HURRIED_MAX { Connection::HURRY } else { Duration::ZERO };
        self.next = Some(now + pause.max(least));
    }

    pub(super) fn at_most(&mut self, at: Duration) {
        self.next = self.next.map(|next| next.min(at));
    }
}

impl Connection {
    /// Answers that are over sooner, and bring nothing, are not asked for in a circle.
    const HURRY: Duration = Duration::from_secs(1);
    /// So many of them in a row are fine.
    const HURRIED_MAX: u32 = 2;
    /// How long a house may hold a poll.
    const WAIT_MAX: Duration = Duration::from_secs(25);
    /// The pause between polls when the house names none, or one has just written.
    const POLL_PAUSE: Duration = Duration::from_secs(1);
    /// A connection that is replaced so soon after a trial was replaced by that trial.
    const TRIED: Duration = Duration::from_secs(60);

    /// The next request: everything again, or only what is new if nothing else can be.
    pub(super) fn read_on(&mut self) {
        let polls = matches!(self.transport, Transport::LongPoll | Transport::Poll);
        let brief = polls && self.me.session.is_some() && self.rooms.values().all(Subscription::is_live);
        let mut hello = self.hello();
        if brief {
            hello.brief = true;
            hello.client = None;
        } else {
            self.rooms.values_mut().for_each(|subscription| subscription.asked(None));
        }
        self.reading.asked(self.now, brief);
        if let Phase::Up { heard, .. } = &mut self.phase {
            *heard = self.now;
        }
        self.order(Command::Hello(hello));
    }

    /// An answer ended as answers end. False if this is the end of more than that.
    pub(super) fn answer_ended(&mut self, code: u16, retry_ms: Option<u64>) -> bool {
        let Phase::Up { drains: None, .. } = self.phase else { return false };
        let rotated = code::advice_for_close(code) == Advice::Reconnect && code == CloseCode::Rotate.number();
        if !self.transport.is_http() || !(rotated || self.is_replaced_by_trial(code)) {
            return false;
        }
        let pause = retry_ms.map(Duration::from_millis);
        let pause = match (self.transport, self.ways.poll_every) {
            (Transport::Poll, Some(every)) => every.max(Self::POLL_PAUSE),
            (Transport::Poll, None) => pause.unwrap_or(Self::POLL_PAUSE),
            // A house names the pause of polling for a request that did not wait.
            (Transport::LongPoll, _) if self.reading.brief => pause.unwrap_or_default(),
            (Transport::LongPoll | Transport::Stream | Transport::WebSocket, _) => Duration::ZERO,
        };
        self.reading.ended(self.now, pause.min(Self::PAUSE_MAX), self.transport == Transport::Stream);
        true
    }

    /// What was just written is to be read soon: one's own words are traffic, too.
    pub(super) fn expect(&mut self, room: &RoomId, seq: Seq) {
        let lacks = self.rooms.get(room).and_then(Subscription::cursor).is_some_and(|it| it.seq < seq);
        if lacks && self.transport == Transport::Poll && self.ways.poll_every.is_none() {
            self.reading.at_most(self.now + Self::POLL_PAUSE);
        }
    }

    pub(super) fn silence_max(&self) -> Duration {
        let quiet = match self.transport {
            Transport::WebSocket | Transport::Stream => self.heartbeat,
            Transport::LongPoll | Transport::Poll => Self::WAIT_MAX,
        };
        quiet + Self::SILENCE_MAX
    }

    /// Between two answers silence means nothing.
    pub(super) fn is_silent(&self, heard: Duration) -> bool {
        self.reading.next.is_none() && heard + self.silence_max() <= self.now
    }

    /// When the next request is due, or the answer is.
    pub(super) fn next_reading(&self, heard: Duration) -> Option<Duration> {
        match self.reading.next {
            None => Some(heard + self.silence_max()),
            // The trial has a deadline of its own.
            Some(_) if self.trial.is_some() => None,
            Some(at) => Some(at),
        }
    }

    fn is_replaced_by_trial(&self, code: u16) -> bool {
        let tried = self.tried.is_some_and(|at| self.now < at + Self::TRIED);
        code == CloseCode::Replaced.number() && (self.trial.is_some() || tried)
    }
}
