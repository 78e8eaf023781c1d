//! What a model client wrote to one room and was not told to be in the log, in order.

use std::collections::VecDeque;

use teahouse_protocol::frame::Send;
use teahouse_protocol::{Body, Cid, ErrorCode, Kind, RoomId};

use crate::net::LinkId;

/// Most sends in flight to one room.
const IN_FLIGHT_MAX: usize = 6;

#[derive(Debug)]
struct Letter {
    cid: Cid,
    kind: Kind,
    body: Body,
    /// The connection and the `ref` under which it is in flight.
    sent: Option<(LinkId, u64)>,
}

/// The outbox of one room.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    letters: VecDeque<Letter>,
    /// After a refusal nothing is sent before that.
    hold_until: u64,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(crate) fn push(&mut self, cid: Cid, kind: Kind, body: Body) {
        self.letters.push_back(Letter { cid, kind, body, sent: None });
    }

    pub(crate) fn connection_lost(&mut self, link: LinkId, forgets: bool) {
        for letter in &mut self.letters {
            if letter.sent.is_some_and(|(on, _)| on == link) && !forgets {
                letter.sent = None;
            }
        }
        self.hold_until = 0;
    }

    pub(crate) fn acked(&mut self, cid: Cid) {
        self.letters.retain(|letter| letter.cid != cid);
    }

    /// Whether what was refused has to be sent again; none if it was no send of ours.
    pub(crate) fn refused(
        &mut self,
        link: LinkId,
        r#ref: u64,
        code: ErrorCode,
        until: u64,
        patient: bool,
    ) -> Option<bool> {
        let at = self.letters.iter().position(|letter| letter.sent == Some((link, r#ref)))?;
        if !code.retryable() && code != ErrorCode::NotSubscribed {
            self.letters.remove(at);
            return Some(false);
        }
        self.hold_until = self.hold_until.max(until);
        // Who is not patient takes what follows as refused, too: it will be.
        let last = if patient { at + 1 } else { self.letters.len() };
        self.letters.range_mut(at..last).for_each(|letter| letter.sent = None);
        Some(true)
    }

    /// What may be sent now, in order; the head says that it is the head.
    pub(crate) fn due(
        &mut self,
        room: &RoomId,
        link: LinkId,
        now: u64,
        patient: bool,
        swaps: bool,
        next_ref: &mut u64,
    ) -> Vec<Send> {
        let in_flight = self.letters.iter().filter(|letter| letter.sent.is_some()).count();
        let gap = self
            .letters
            .iter()
            .skip_while(|letter| letter.sent.is_some())
            .any(|letter| letter.sent.is_some());
        if now < self.hold_until || (patient && gap) {
            return Vec::new();
        }
        let mut due = Vec::new();
        let room_for = IN_FLIGHT_MAX.saturating_sub(in_flight);
        let unsent = self.letters.iter_mut().enumerate().filter(|(_, letter)| letter.sent.is_none());
        for (at, letter) in unsent.take(room_for) {
            *next_ref += 1;
            letter.sent = Some((link, *next_ref));
            due.push(Send {
                r#ref: *next_ref,
                room: room.clone(),
                cid: letter.cid,
                kind: letter.kind,
                body: letter.body.clone(),
                first: at == 0,
            });
        }
        if swaps {
            due.reverse();
            due.iter_mut().for_each(|send| send.first = true);
        }
        due
    }
}
