//! What the program orders and what the house refuses: the second half of the rules.

use std::time::Duration;

use super::{
    Advice, Body, Cid, Command, Connection, Error, ErrorCode, From, Kind, Notice, Output, Phase, Question,
    Refused, RoomId, Subscription, Verdict, text,
};

impl Connection {
    pub(super) fn send(&mut self, room: RoomId, cid: Cid, kind: Kind, body: Body) {
        let refused = if self.is_ended() || matches!(self.phase, Phase::Leaving(_)) {
            Some(Refused::Ended)
        } else if !self.rooms.contains_key(&room) {
            let said = format!("Room {room} is not followed. Subscribe to it first.");
            Some(Refused::Code(Error::new(None, ErrorCode::NotSubscribed, said)))
        } else if !matches!(kind, Kind::Message | Kind::Edit) {
            None
        } else {
            let checked = text::check(&body.text, self.limits.text_bytes_max as usize);
            checked.err().map(|(code, said)| Refused::Code(Error::new(None, code, said)))
        };
        match refused {
            Some(refused) => self.out.push(Output::Sent { cid, result: Err(refused) }),
            None => self.outbox.push(room, cid, kind, body),
        }
    }

    pub(super) fn ask(&mut self, r#ref: u64, question: Question) {
        if self.is_ended() || matches!(self.phase, Phase::Leaving(_)) {
            self.out.push(Output::Answer { r#ref, result: Err(Refused::Ended) });
        } else {
            self.questions.push(r#ref, question);
        }
    }

    pub(super) fn subscribe(&mut self, room: RoomId, from: From) {
        if self.rooms.contains_key(&room) || self.is_ended() {
            return;
        }
        let mut subscription = Subscription::new(room.clone(), from);
        // Before a welcome, the next `hello` takes it along; after one, it is asked for at once. Between
        // the two it may be too late for this `hello`, so that it waits for the welcome.
        subscription.ask_at(self.now);
        self.rooms.insert(room, subscription);
    }

    pub(super) fn unsubscribe(&mut self, room: &RoomId) {
        if self.rooms.remove(room).is_none() {
            return;
        }
        if matches!(self.phase, Phase::Up { .. }) {
            self.drop_trial();
            if self.transport.is_http() {
                self.read_on();
            } else {
                let r#ref = self.next_ref();
                self.order(Command::Unsubscribe { r#ref, room: room.clone() });
            }
        }
        self.refuse_all(
            room,
            &Error::new(None, ErrorCode::NotSubscribed, format!("Room {room} is not followed any more.")),
        );
    }

    pub(super) fn typing(&mut self, room: RoomId, on: bool) {
        if matches!(self.phase, Phase::Up { .. }) && self.rooms.get(&room).is_some_and(Subscription::is_open)
        {
            self.order(Command::Typing { room, on });
        }
    }

    /// Everything that waited for a connection, a subscription, an acknowledgement or a pause.
    pub(super) fn send_what_is_due(&mut self) {
        let Phase::Up { drains, .. } = self.phase else { return };
        let now = self.now;
        self.read_what_is_due();
        // Before the next transport is used, the answers of this one are waited for.
        if drains.is_some() || self.is_rising() {
            return;
        }
        let due = self.questions.due(now);
        due.into_iter().for_each(|question| self.order(question));
        let (rooms, last_ref) = (&self.rooms, &mut self.last_ref);
        let open = |room: &RoomId| rooms.get(room).is_some_and(Subscription::is_open);
        let next_ref = || {
            *last_ref += 1;
            *last_ref
        };
        let sends = self.outbox.due(now, self.limits.sends_unacked_max as usize, open, next_ref);
        sends.into_iter().for_each(|send| self.order(Command::Send(send)));
    }

    /// Asks for rooms, and over plain HTTP for whatever follows.
    fn read_what_is_due(&mut self) {
        let now = self.now;
        let due = |it: &Subscription| it.next_deadline().is_some_and(|at| at <= now);
        if self.rooms.values().any(due) {
            // The house gives a session to its newest connection: a trial would lose it to this one.
            self.drop_trial();
        }
        if self.transport.is_http() {
            if self.rooms.values().any(due) || self.reading.is_due(now) && self.trial.is_none() {
                self.read_on();
            }
            return;
        }
        let mut asked = Vec::new();
        for (room, subscription) in self.rooms.iter_mut().filter(|(_, it)| due(it)) {
            self.last_ref += 1;
            subscription.asked(Some(self.last_ref));
            let from = subscription.from();
            asked.push(Command::Subscribe { r#ref: self.last_ref, room: room.clone(), from });
        }
        asked.into_iter().for_each(|command| self.order(command));
    }

    /// Does with a refusal what the table of codes says.
    pub(super) fn error(&mut self, error: Error) {
        if matches!(self.phase, Phase::Greeting(_)) {
            return self.hello_refused(error);
        }
        // The close that follows says how it ends, and whether for good.
        if error.code.close().is_some() {
            return self.say(Notice::Refused(error));
        }
        let reconnect = error.code.advice() == Advice::Reconnect;
        let retry_ms = error.retry_ms;
        match error.r#ref {
            Some(r#ref) => self.refused(r#ref, error),
            None if self.room_of(&error).is_some() => {
                self.room_of(&error).into_iter().for_each(|room| self.subscribe_refused(room, error.clone()));
            }
            None if self.ask_again(&error) => {}
            None => self.say(Notice::Refused(error)),
        }
        if reconnect {
            self.suspend("the house is about to stop".into(), retry_ms);
        }
    }

    fn refused(&mut self, r#ref: u64, error: Error) {
        if let Some(room) = self.rooms.iter().find(|(_, it)| it.asked_as(r#ref)).map(|(room, _)| room.clone())
        {
            return self.subscribe_refused(room, error);
        }
        match self.outbox.refused(r#ref, &error, self.now) {
            Verdict::Keep(_) if error.code == ErrorCode::OutOfOrder => {}
            Verdict::Keep(room) => self.say(Notice::Held { room, error }),
            Verdict::Drop(cid) => {
                self.out.push(Output::Sent { cid, result: Err(Refused::Code(error)) });
            }
            Verdict::Unknown if self.questions.retry(r#ref, &error, self.now) => {}
            Verdict::Unknown if self.questions.answered(r#ref) => {
                self.out.push(Output::Answer { r#ref, result: Err(Refused::Code(error)) });
            }
            Verdict::Unknown => self.say(Notice::Refused(error)),
        }
    }

    /// The room of `hello` that could not be.
    fn room_of(&self, error: &Error) -> Option<RoomId> {
        let room: RoomId = error.field.as_deref()?.strip_prefix("cursors.")?.parse().ok()?;
        self.rooms.contains_key(&room).then_some(room)
    }

    /// A refusal without a `ref` after `welcome` is one of a room of `hello`. If nobody says which, those
    /// without an answer are asked for one by one. Whether there were any.
    fn ask_again(&mut self, error: &Error) -> bool {
        // Over plain HTTP only all of them can be asked again.
        let pause = Duration::from_secs(u64::from(self.transport.is_http()));
        let at = self.now + error.retry_ms.map_or(pause, Duration::from_millis);
        let unanswered = self.rooms.values_mut().filter(|it| it.asked_by_hello());
        unanswered.map(|subscription| subscription.ask_at(at)).count() > 0
    }

    fn subscribe_refused(&mut self, room: RoomId, error: Error) {
        if error.code.retryable() {
            let pause = error.retry_ms.map_or(Duration::from_secs(1), Duration::from_millis);
            if let Some(subscription) = self.rooms.get_mut(&room) {
                subscription.ask_at(self.now + pause);
            }
            return;
        }
        self.rooms.remove(&room);
        self.refuse_all(&room, &error);
        self.say(Notice::Left { room, error });
    }

    /// The house follows a room for us no longer: it may not be read.
    pub(super) fn sent_out(&mut self, room: &RoomId, code: ErrorCode) {
        if self.rooms.contains_key(room) {
            let error = Error::new(None, code, "This room is not open to you any more.");
            self.subscribe_refused(room.clone(), error);
        }
    }

    fn refuse_all(&mut self, room: &RoomId, error: &Error) {
        for cid in self.outbox.drain(Some(room)) {
            let error = Error { r#ref: None, ..error.clone() };
            self.out.push(Output::Sent { cid, result: Err(Refused::Code(error)) });
        }
    }
}
