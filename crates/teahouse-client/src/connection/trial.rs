//! A better transport beside the one in use: made before the other is broken.
//!
//! The trial says `hello` with the same session and cursors. Events of both are the same events, and the
//! cursors drop what comes twice. Once the trial is live everywhere, nothing more is sent over the old
//! transport; when that has answered, or after a pause, the trial takes its place.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{
    Command, Connection, Heard, LinkId, Notice, Output, Phase, Push, RoomId, Subscription, Transport,
};

/// The transport that may become the one in use.
#[derive(Debug)]
pub(super) struct Trial {
    link: LinkId,
    transport: Transport,
    /// It must be live until then; afterwards, the old one must have answered until then.
    until: Duration,
    welcomed: bool,
    /// Rooms that are not yet live on it.
    behind: BTreeSet<RoomId>,
    /// What is told to the program if it succeeds: who is there.
    told: Vec<Notice>,
    /// Its answer ended already (plain HTTP).
    ended: bool,
}

impl Trial {
    fn is_live(&self) -> bool {
        self.welcomed && self.behind.is_empty()
    }
}

impl Connection {
    /// How long a trial may take to be live. While it lasts, no poll is made.
    const TRIAL_MAX: Duration = Duration::from_secs(5);
    /// How long the old transport may take to answer what it was given.
    const ANSWERS_MAX: Duration = Duration::from_secs(5);
    /// Signals that are kept during a trial.
    const TOLD_MAX: usize = 1000;

    /// Whether a trial has succeeded and only the old transport's answers are waited for.
    pub(super) fn is_rising(&self) -> bool {
        self.trial.as_ref().is_some_and(Trial::is_live)
    }

    /// Begins a trial, goes over to it, or gives it up, when it is time.
    pub(super) fn try_better(&mut self) {
        if !matches!(self.phase, Phase::Up { drains: None, .. }) {
            return;
        }
        let waits = self.outbox.is_in_flight() || self.questions.is_in_flight();
        match &self.trial {
            Some(trial) if trial.is_live() && (!waits || trial.until <= self.now) => self.rise(),
            Some(trial) if trial.until <= self.now => self.drop_trial(),
            Some(_) => {}
            None if self.may_try() => self.begin_trial(),
            None => {}
        }
        // A poll may have waited for the end of the trial.
        if self.trial.is_none() && self.transport.is_http() && self.reading.is_due(self.now) {
            self.read_on();
        }
    }

    /// When something is to be done about a trial.
    pub(super) fn next_trial(&self) -> Option<Duration> {
        match &self.trial {
            Some(trial) => Some(trial.until),
            None => self.choice.next_try().filter(|_| self.may_try()),
        }
    }

    pub(super) fn trial_opened(&mut self, link: LinkId) {
        if self.trial.as_ref().is_some_and(|trial| trial.link == link) {
            let command = Command::Hello(self.hello());
            self.out.push(Output::Frame { link, command });
        }
    }

    pub(super) fn trial_heard(&mut self, link: LinkId, heard: Heard) {
        let Some(trial) = self.trial.as_mut().filter(|trial| trial.link == link) else { return };
        match heard {
            Heard::Push(Push::Welcome(welcome)) => {
                trial.welcomed = true;
                self.obey(&welcome);
                self.wait_for_answers();
            }
            Heard::Push(Push::Subscribed(subscribed)) => {
                let cursor = self.rooms.get(&subscribed.room.id).and_then(Subscription::cursor);
                // A hole is the old connection's to tell.
                let same = |it: teahouse_protocol::Cursor| {
                    it.epoch == subscribed.from.epoch && subscribed.from.seq <= it.seq
                };
                if cursor.is_some_and(same) {
                    trial.told.push(Notice::Subscribed(subscribed));
                } else {
                    self.drop_trial();
                }
            }
            Heard::Push(Push::Live { room, .. }) => {
                trial.behind.remove(&room);
                self.wait_for_answers();
            }
            Heard::Push(Push::Signal { .. }) if trial.told.len() >= Self::TOLD_MAX => {}
            Heard::Push(Push::Signal { room, body }) => trial.told.push(Self::signal(room, body)),
            Heard::Push(push @ Push::Event(_)) => self.push(push),
            Heard::Skip { room, seq, cid } => {
                self.rooms.get_mut(&room).map(|subscription| subscription.event(seq, cid, self.now));
            }
            Heard::Push(Push::Close { .. }) if trial.is_live() && trial.transport.is_http() => {
                trial.ended = true;
            }
            Heard::Push(Push::Ping { .. } | Push::Read { r#ref: None, .. }) | Heard::Unknown => {}
            // Refusals, holes, the end: not now.
            Heard::Push(_) => self.drop_trial(),
        }
    }

    pub(super) fn trial_lost(&mut self, link: LinkId) {
        if self.trial.as_ref().is_some_and(|trial| trial.link == link) {
            self.drop_trial();
        }
    }

    pub(super) fn drop_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            self.tried = Some(self.now);
            self.out.push(Output::Drop { link: trial.link });
        }
    }

    /// Goes over to the trial. What the old transport has not answered is sent again, in order.
    pub(super) fn rise(&mut self) {
        let Some(trial) = self.trial.take() else { return };
        self.out.push(Output::Drop { link: self.link });
        (self.link, self.transport) = (trial.link, trial.transport);
        self.phase = Phase::Up { heard: self.now, drains: None };
        self.reading.asked(self.now, false);
        if trial.ended {
            self.reading.ended(self.now, Duration::ZERO, false);
        }
        self.outbox.connection_lost();
        self.questions.connection_lost();
        self.choice.rose(trial.transport, self.now);
        self.say_transport();
        trial.told.into_iter().for_each(|notice| self.say(notice));
        self.send_what_is_due();
    }

    /// A trial that is live waits for nothing but what the old transport has to answer.
    fn wait_for_answers(&mut self) {
        if let Some(trial) = self.trial.as_mut().filter(|trial| trial.is_live()) {
            trial.until = self.now + Self::ANSWERS_MAX;
        }
    }

    /// Only at a quiet moment: every room is live, and no request has just been asked for.
    fn may_try(&self) -> bool {
        matches!(self.phase, Phase::Up { drains: None, .. })
            && self.trial.is_none()
            && self.me.token.is_some()
            && self.rooms.values().all(Subscription::is_live)
    }

    fn begin_trial(&mut self) {
        let Some(transport) = self.choice.better(self.now) else { return };
        let link = self.new_link();
        self.trial = Some(Trial {
            link,
            transport,
            until: self.now + Self::TRIAL_MAX,
            welcomed: false,
            behind: self.rooms.keys().cloned().collect(),
            told: Vec::new(),
            ended: false,
        });
        self.out.push(Output::Open { link, transport });
    }
}
