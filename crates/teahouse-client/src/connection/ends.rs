//! How a connection ends and what comes after: a pause and another try, or the end.

use std::time::Duration;

use super::{Advice, Command, Connection, End, Error, Notice, Output, Phase, Refused, Subscription, code};

impl Connection {
    pub(super) fn tick(&mut self) {
        match self.phase {
            Phase::Down(at) if at <= self.now => {
                self.phase = Phase::Opening(self.now + Self::OPEN_MAX);
                self.out.push(Output::Open);
            }
            Phase::Opening(at) if at <= self.now => {
                self.suspend(format!("no connection within {} s", Self::OPEN_MAX.as_secs()), None);
            }
            Phase::Greeting(at) if at <= self.now => {
                self.suspend(format!("no welcome within {} s", Self::OPEN_MAX.as_secs()), None);
            }
            Phase::Up { heard, .. } if heard + self.silence_max() <= self.now => {
                self.suspend(format!("silence for {} s", self.silence_max().as_secs()), None);
            }
            Phase::Leaving(at) if at <= self.now => self.end(End::Closed),
            _ => {}
        }
    }

    /// The transport ended by itself.
    pub(super) fn lost(&mut self, code: Option<u16>, cause: String) {
        match self.phase {
            Phase::Leaving(_) => self.end(End::Closed),
            // A late word of a transport that was dropped already.
            Phase::Down(_) | Phase::Ended => {}
            Phase::Opening(_) | Phase::Greeting(_) | Phase::Up { .. } => match code {
                Some(code) => self.closed(code, cause, None),
                None => self.suspend(cause, None),
            },
        }
    }

    /// The house closed the connection, with its reason.
    pub(super) fn closed(&mut self, code: u16, reason: String, retry_ms: Option<u64>) {
        match code::advice_for_close(code) {
            // To get a new token is the program's part; then it connects anew.
            Advice::Stop | Advice::Renew | Advice::Fix => self.end(End::Close { code, reason }),
            Advice::Resync => {
                self.rooms.values_mut().for_each(Subscription::forget);
                self.suspend(format!("{code} {reason}"), retry_ms);
            }
            Advice::Retry | Advice::Reconnect => self.suspend(format!("{code} {reason}"), retry_ms),
        }
    }

    /// The house will stop soon: nothing new goes to it. Its `close` follows.
    pub(super) fn drain(&mut self, retry_ms: u64) {
        if let Phase::Up { draining, .. } = &mut self.phase {
            *draining = true;
            self.drain_retry = Some(Duration::from_millis(retry_ms));
        }
    }

    pub(super) fn hello_refused(&mut self, error: Error) {
        match error.code.advice() {
            Advice::Fix | Advice::Stop | Advice::Renew => self.end(End::Refused(error)),
            Advice::Retry | Advice::Reconnect | Advice::Resync => {
                self.suspend(error.message, error.retry_ms);
            }
        }
    }

    /// Drops the transport, keeps everything else, and tries again after a pause: the one that the
    /// house asked for at first, then by chance below a growing bound.
    pub(super) fn suspend(&mut self, cause: String, retry_ms: Option<u64>) {
        let asked = retry_ms.map(Duration::from_millis).or(self.drain_retry.take());
        let retry = match asked {
            Some(pause) if self.attempt == 0 => pause.min(Self::PAUSE_MAX),
            Some(pause) => self.backoff.pause(self.attempt, self.random).max(pause.min(Self::PAUSE_MAX)),
            None => self.backoff.pause(self.attempt, self.random),
        };
        self.attempt = self.attempt.saturating_add(1);
        self.transport_gone();
        self.phase = Phase::Down(self.now + retry);
        self.say(Notice::Suspended { cause, retry });
    }

    pub(super) fn close(&mut self) {
        match self.phase {
            Phase::Up { .. } | Phase::Greeting(_) => {
                self.order(Command::Bye);
                self.phase = Phase::Leaving(self.now + Self::BYE_MAX);
            }
            Phase::Down(_) | Phase::Opening(_) => self.end(End::Closed),
            Phase::Leaving(_) | Phase::Ended => {}
        }
    }

    fn transport_gone(&mut self) {
        if !matches!(self.phase, Phase::Down(_)) {
            self.out.push(Output::Drop);
        }
        self.rooms.values_mut().for_each(Subscription::connection_lost);
        self.outbox.connection_lost();
        self.questions.connection_lost();
    }

    fn end(&mut self, end: End) {
        self.transport_gone();
        self.phase = Phase::Ended;
        for cid in self.outbox.drain(None) {
            self.out.push(Output::Sent { cid, result: Err(Refused::Ended) });
        }
        for r#ref in self.questions.drain() {
            self.out.push(Output::Answer { r#ref, result: Err(Refused::Ended) });
        }
        self.say(Notice::Ended(end));
    }
}
