//! Which transport to use: step by step down while nothing answers, now and then a try to go up.
//!
//! The rules of *Choosing* in `docs/protocol.md`, one step after another: a later transport is opened
//! once the better one had its time. It opens nothing and reads no clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How frames travel. The order is that of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One socket for both directions (RFC 6455).
    WebSocket,
    /// One long answer to read, a request for each batch that is written.
    Stream,
    /// A request that waits for news, again and again.
    LongPoll,
    /// A request that answers at once, again and again, with pauses.
    Poll,
}

/// Why a connection is lost, as far as the choice depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing answers at that address, whatever the transport.
    Away,
    /// It could not be opened, or ended.
    Cut,
    /// The answer began and nothing of it came: something on the way gathers it.
    Buffered,
}

/// How a client travels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways {
    /// The only transport; none chooses.
    pub transport: Option<Transport>,
    /// A fixed interval of polls instead of the house's, at least a second.
    pub poll_every: Option<Duration>,
    /// The house counts what the session costs.
    pub cost: bool,
}

/// The choice of one client.
#[derive(Debug)]
pub(crate) struct Choice {
    fixed: Option<Transport>,
    current: Transport,
    /// What worked last, until when that counts.
    winner: Option<(Transport, Duration)>,
    /// Streams do not come through, until then.
    buffered_until: Duration,
    welcomed_at: Option<Duration>,
    /// The best that ever worked for this client.
    best: Option<Transport>,
    /// Connections in a row that lived less than [`Choice::SHORT_LIFE`].
    short_lives: u8,
    /// Tries to go up since the last time that it helped.
    tries: u32,
    /// The next try to go up, once a worse transport is welcome.
    try_at: Duration,
}

impl Transport {
    /// From the best to the one that always works.
    pub const ALL: [Self; 4] = [Self::WebSocket, Self::Stream, Self::LongPoll, Self::Poll];

    /// The name in options and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Stream => "stream",
            Self::LongPoll => "long_poll",
            Self::Poll => "poll",
        }
    }

    /// Whether it is made of plain requests.
    #[must_use]
    pub fn is_http(self) -> bool {
        self != Self::WebSocket
    }

    fn below(self) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it > self)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| {
            format!("{text:?} is no transport. There are websocket, stream, long_poll and poll.")
        })
    }
}

impl Choice {
    /// How long a winner is remembered, and a stream that was buffered is left out.
    const REMEMBERED: Duration = Duration::from_secs(30 * 60);
    /// A connection that lived less says nothing good of its transport.
    const SHORT_LIFE: Duration = Duration::from_secs(10);
    /// So many of them in a row, and the transport is left.
    const SHORT_LIVES_MAX: u8 = 3;
    /// After so long on a better transport, its earlier failures are forgotten.
    const GOOD_LIFE: Duration = Duration::from_secs(60);
    /// Pause before the first try to go up; it doubles.
    const TRY_LEAST: Duration = Duration::from_secs(60);
    /// Pause before the try that checks whether it was only the house that was away.
    const CHECK: Duration = Duration::from_secs(1);

    pub(crate) fn new(fixed: Option<Transport>) -> Self {
        Self {
            fixed,
            current: fixed.unwrap_or(Transport::WebSocket),
            winner: None,
            buffered_until: Duration::ZERO,
            welcomed_at: None,
            best: None,
            short_lives: 0,
            tries: 0,
            try_at: Duration::ZERO,
        }
    }

    /// What a new connection begins with.
    pub(crate) fn begin(&mut self, now: Duration) -> Transport {
        let winner = self.winner.filter(|(_, until)| now < *until).map(|(transport, _)| transport);
        self.current = self.fixed.or(winner).unwrap_or(Transport::WebSocket);
        self.current
    }

    /// How long the current transport may take up to its welcome; none is as long as any house may.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match self.current {
            _ if self.fixed.is_some() => None,
            Transport::WebSocket | Transport::Stream => Some(Duration::from_millis(2500)),
            Transport::LongPoll => Some(Duration::from_secs(5)),
            Transport::Poll => None,
        }
    }

    /// The current transport brought a welcome.
    pub(crate) fn welcomed(&mut self, now: Duration) {
        self.winner = Some((self.current, now + Self::REMEMBERED));
        self.welcomed_at = Some(now);
        // Something better has worked here: perhaps the house was only away while it was tried.
        let check = self.tries == 0 && self.best.is_some_and(|best| best < self.current);
        self.best = Some(self.best.map_or(self.current, |best| best.min(self.current)));
        self.try_at = now + if check { Self::CHECK } else { self.pause() };
    }

    /// The current transport brought no welcome: what to try at once, or none to wait first.
    pub(crate) fn failed(&mut self, fault: Fault, now: Duration) -> Option<Transport> {
        self.note(fault, now);
        let below = self.below(now).filter(|_| self.fixed.is_none() && fault != Fault::Away)?;
        self.current = below;
        Some(below)
    }

    /// A connection that was welcome is lost. With a word of the house (`told`) it is not the way's fault.
    pub(crate) fn lost(&mut self, fault: Fault, told: bool, now: Duration) {
        let Some(lived) = self.welcomed_at.take().map(|at| now.saturating_sub(at)) else { return };
        self.note(fault, now);
        if lived >= Self::GOOD_LIFE {
            self.tries = 0;
        }
        let short = lived < Self::SHORT_LIFE && !told && fault != Fault::Away;
        self.short_lives = if short { self.short_lives + 1 } else { 0 };
        let left = self.short_lives >= Self::SHORT_LIVES_MAX || fault == Fault::Buffered;
        if let Some(below) = self.below(now).filter(|_| left && self.fixed.is_none()) {
            self.short_lives = 0;
            self.tries += 1;
            self.winner = Some((below, now + Self::REMEMBERED));
        }
    }

    /// When to try a better transport; none while there is none.
    pub(crate) fn next_try(&self) -> Option<Duration> {
        (self.fixed.is_none() && self.current > Transport::WebSocket).then_some(self.try_at)
    }

    /// The better transport to try now: each in its turn, the best first.
    pub(crate) fn better(&mut self, now: Duration) -> Option<Transport> {
        self.next_try().filter(|at| *at <= now)?;
        let better = Transport::ALL.into_iter().filter(|it| *it < self.current);
        let better: Vec<_> =
            better.filter(|it| *it != Transport::Stream || self.buffered_until <= now).collect();
        let turn = self.tries as usize % better.len();
        self.tries = self.tries.saturating_add(1);
        self.try_at = now + self.pause();
        Some(better[turn])
    }

    /// The better transport works and is used from now on.
    pub(crate) fn rose(&mut self, transport: Transport, now: Duration) {
        self.current = transport;
        self.best = Some(self.best.map_or(transport, |best| best.min(transport)));
        self.winner = Some((transport, now + Self::REMEMBERED));
        self.welcomed_at = Some(now);
        self.short_lives = 0;
        self.try_at = now + self.pause();
    }

    fn pause(&self) -> Duration {
        Self::TRY_LEAST.saturating_mul(1 << self.tries.min(5)).min(Self::REMEMBERED)
    }

    fn note(&mut self, fault: Fault, now: Duration) {
        if fault == Fault::Buffered {
            self.buffered_until = now + Self::REMEMBERED;
        }
    }

    fn below(&self, now: Duration) -> Option<Transport> {
        let below = self.current.below()?;
        if below == Transport::Stream && now < self.buffered_until { below.below() } else { Some(below) }
    }
}

#[cfg(test)]
mod tests;
