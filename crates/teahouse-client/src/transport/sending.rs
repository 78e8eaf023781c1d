//! What one request carries to the house: commands in order, as many as fit.
//!
//! For *one sender's order* the house takes each request for a connection of its own. So what the house
//! would keep on a socket is kept here between requests: after a refusal that may be retried, sends to
//! that room are out of order until the head of the outbox comes again.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Command, ErrorCode, From, Hello, Push, RoomId, SessionId, VERSION};

use crate::heard::Heard;

/// Who writes: known from the first welcome on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) token: String,
    pub(super) session: SessionId,
    pub(super) cost: bool,
    /// What is left at the end.
    pub(super) rooms: Vec<RoomId>,
}

/// Commands that wait, and what the last request left behind.
#[derive(Debug, Default)]
pub(super) struct Sending {
    waiting: VecDeque<Command>,
    gated: BTreeSet<RoomId>,
    /// What the request under way must answer, in order.
    asked: Vec<(u64, Command)>,
    /// Whether it has answered something.
    progress: bool,
    said_bye: bool,
}

impl Sending {
    /// Most bytes of a body.
    const BODY_BYTES_MAX: usize = 64 * 1024;

    pub(super) fn push(&mut self, command: Command) {
        self.waiting.push_back(command);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether a bye was sent, and its answer has ended.
    pub(super) fn is_over(&self) -> bool {
        self.said_bye
    }

    /// The next body, unless nothing is left to send; and what needs no house to be answered.
    pub(super) fn batch(&mut self, pass: &Pass) -> (Option<Bytes>, Vec<Heard>) {
        self.progress = false;
        let mut answered = Vec::new();
        let bye = self.waiting.iter().any(|command| *command == Command::Bye);
        let mut body = hello(pass, bye);
        let mut many = 0;
        while let Some(command) = self.waiting.pop_front() {
            if let Some(refusal) = self.gate(&command) {
                answered.push(refusal);
                continue;
            }
            let line = command.encode();
            if many > 0 && body.len() + line.len() + 1 > Self::BODY_BYTES_MAX {
                self.waiting.push_front(command);
                break;
            }
            body.extend_from_slice(&line);
            body.push(b'\n');
            many += 1;
            self.note(command);
        }
        ((many > 0).then(|| body.into()), answered)
    }

    /// A reply came.
    pub(super) fn heard(&mut self, heard: &Heard) {
        let Heard::Push(push) = heard else { return };
        let (answered, refusal) = match push {
            Push::Ack { r#ref, .. }
            | Push::Page { r#ref, .. }
            | Push::Read { r#ref: Some(r#ref), .. }
            | Push::Pong { r#ref, .. }
            | Push::Authed { r#ref } => (r#ref, None),
            Push::Error(error @ Error { r#ref: Some(r#ref), .. }) => (r#ref, Some(error.code)),
            _ => return,
        };
        let Some(at) = self.asked.iter().position(|(r#ref, _)| r#ref == answered) else { return };
        let (_, command) = self.asked.remove(at);
        self.progress = true;
        let again = refusal.is_some_and(|code| code.retryable() || code == ErrorCode::NotSubscribed);
        if let Command::Send(send) = command
            && again
        {
            self.gated.insert(send.room);
        }
    }

    /// The answer ended, whole. What it left out because it was long goes first with the next request.
    /// False if it answered nothing of what it should.
    pub(super) fn answered(&mut self) -> bool {
        let left_out = std::mem::take(&mut self.asked);
        let nothing = !left_out.is_empty() && !self.progress;
        for (_, command) in left_out.into_iter().rev() {
            self.waiting.push_front(command);
        }
        !nothing
    }

    fn gate(&mut self, command: &Command) -> Option<Heard> {
        let Command::Send(send) = command else { return None };
        if send.first {
            self.gated.remove(&send.room);
        }
        let said = "An earlier message to this room was refused and comes first.";
        let refusal = || Error::new(Some(send.r#ref), ErrorCode::OutOfOrder, said);
        self.gated.contains(&send.room).then(|| Heard::Push(Push::Error(refusal())))
    }

    fn note(&mut self, command: Command) {
        let r#ref = match &command {
            Command::Send(send) => send.r#ref,
            Command::History(history) => history.r#ref,
            Command::Read { r#ref, .. } | Command::Ping { r#ref } | Command::Auth { r#ref, .. } => *r#ref,
            Command::Bye => return self.said_bye = true,
            _ => return,
        };
        self.asked.push((r#ref, command));
    }
}

/// The first line. Only a bye needs the rooms, which it leaves.
fn hello(pass: &Pass, bye: bool) -> Vec<u8> {
    let rooms = pass.rooms.iter().filter(|_| bye);
    let hello = Hello {
        v: VERSION,
        token: Some(pass.token.clone()),
        session: Some(pass.session),
        cursors: rooms.map(|room| (room.clone(), From::Head)).collect(),
        brief: true,
        cost: pass.cost,
        ..Hello::default()
    };
    let mut line = Command::Hello(hello).encode();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;
