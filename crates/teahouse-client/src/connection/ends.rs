//! How a connection ends and what comes after: a pause and another try, or the end.

use std::time::Duration;

use super::{
    Advice, CloseCode, Command, Connection, End, Error, Fault, LinkId, Notice, Output, Phase, Refused,
    Subscription, Transport, code,
};

impl Connection {
    /// A connection that was given up may reach the house so much later: it is newer there, and replaces
    /// the one that was opened after it.
    const STRAY_MAX: Duration = Duration::from_secs(60);

    pub(super) fn tick(&mut self) {
        match self.phase {
            Phase::Down(at) if at <= self.now => {
                let transport = self.choice.begin(self.now);
                self.open(transport);
            }
            Phase::Opening(at) if at <= self.now => {
                self.failed(format!("no connection over {} in time", self.transport), Fault::Cut);
            }
            Phase::Greeting(at) if at <= self.now => {
                self.failed(format!("no welcome over {} in time", self.transport), Fault::Cut);
            }
            Phase::Up { heard, .. } if self.is_silent(heard) => {
                let cause = format!("silence for {} s", self.silence_max().as_secs());
                self.gone(cause, Fault::Cut);
            }
            Phase::Leaving(at) if at <= self.now => self.end(End::Closed),
            _ => {}
        }
    }

    /// Begins to open a transport, for as long as the choice allows.
    fn open(&mut self, transport: Transport) {
        self.link = self.new_link();
        self.transport = transport;
        self.phase = Phase::Opening(self.now + self.choice.patience().unwrap_or(Self::OPEN_MAX));
        self.out.push(Output::Open { link: self.link, transport });
    }

    pub(super) fn new_link(&mut self) -> LinkId {
        self.last_link += 1;
        LinkId(self.last_link)
    }

    /// The transport ended by itself.
    pub(super) fn lost(&mut self, code: Option<u16>, fault: Fault, cause: String) {
        match (self.phase, code) {
            (Phase::Leaving(_), _) => self.end(End::Closed),
            // A late word of a transport that was dropped already.
            (Phase::Down(_) | Phase::Ended, _) => {}
            // Codes below are not the house's: whatever is on the way may close so, too.
            (_, Some(code @ 4000..)) => self.closed(code, cause, None),
            (Phase::Opening(_) | Phase::Greeting(_), _) => self.failed(cause, fault),
            (Phase::Up { .. }, _) => self.gone(cause, fault),
        }
    }

    /// No welcome: the next transport at once, or a pause if there is none.
    fn failed(&mut self, cause: String, fault: Fault) {
        self.strayed = Some(self.now);
        // Whoever has no token yet asks for one over any plain HTTP in the same way.
        let same = self.transport.is_http() && self.me.token.is_none();
        match self.choice.failed(fault, self.now).filter(|_| !same) {
            Some(transport) => {
                self.transport_gone();
                self.open(transport);
            }
            None => self.suspend(cause, None),
        }
    }

    /// A welcome connection is lost without a word of the house.
    fn gone(&mut self, cause: String, fault: Fault) {
        if self.is_rising() {
            return self.rise();
        }
        self.strayed = Some(self.now);
        self.choice.lost(fault, false, self.now);
        self.suspend(cause, None);
    }

    /// A request as a whole was refused.
    pub(super) fn request_refused(&mut self, error: Error) {
        match self.phase {
            Phase::Leaving(_) => self.end(End::Closed),
            Phase::Down(_) | Phase::Ended => {}
            Phase::Opening(_) | Phase::Greeting(_) | Phase::Up { .. } => self.hello_refused(error),
        }
    }

    /// The house closed the connection, with its reason.
    pub(super) fn closed(&mut self, code: u16, reason: String, retry_ms: Option<u64>) {
        if self.answer_ended(code, retry_ms) {
            return;
        }
        self.choice.lost(Fault::Cut, true, self.now);
        match code::advice_for_close(code) {
            _ if self.is_replaced_by_stray(code) => self.suspend(format!("{code} {reason}"), retry_ms),
            // To get a new token is the program's part; then it connects anew.
            Advice::Stop | Advice::Renew | Advice::Fix => self.end(End::Close { code, reason }),
            Advice::Resync => {
                self.rooms.values_mut().for_each(Subscription::forget);
                self.suspend(format!("{code} {reason}"), retry_ms);
            }
            Advice::Retry | Advice::Reconnect => self.suspend(format!("{code} {reason}"), retry_ms),
        }
    }

    /// Whether it was no other program that goes on with this session, but a connection of its own.
    fn is_replaced_by_stray(&self, code: u16) -> bool {
        let strayed = self.strayed.is_some_and(|at| self.now < at + Self::STRAY_MAX);
        code == CloseCode::Replaced.number() && strayed
    }

    /// The house will stop soon: nothing new goes to it. Its `close` follows.
    pub(super) fn drain(&mut self, retry_ms: u64) {
        if let Phase::Up { drains, .. } = &mut self.phase {
            *drains = Some(Duration::from_millis(retry_ms));
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
        let drains = if let Phase::Up { drains, .. } = self.phase { drains } else { None };
        let asked = retry_ms.map(Duration::from_millis).or(drains);
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
                self.drop_trial();
                self.order(Command::Bye);
                self.phase = Phase::Leaving(self.now + Self::BYE_MAX);
            }
            Phase::Down(_) | Phase::Opening(_) => self.end(End::Closed),
            Phase::Leaving(_) | Phase::Ended => {}
        }
    }

    fn transport_gone(&mut self) {
        if !matches!(self.phase, Phase::Down(_)) {
            self.out.push(Output::Drop { link: self.link });
        }
        self.drop_trial();
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
