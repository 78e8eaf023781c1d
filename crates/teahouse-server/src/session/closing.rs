//! The end of a connection, said aloud: our close frame, then WebSocket's, then the socket's.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use rand::Rng;
use teahouse_core::Moment;
use teahouse_protocol::{CloseCode, Push};

use super::task::{Task, Turn};
use crate::node::Node;
use crate::transport::encode::Dialect;
use crate::transport::websocket::{Assembler, Fault, Message, close, encoder, scratch};

/// How long a peer may take to answer a close, in milliseconds.
const FAREWELL_MS: u64 = 5_000;
/// The pause before a reconnect after most ends, in milliseconds.
pub(super) const RETRY_MS: u64 = 1_000;
/// Connections that are sent away in one second of a drain, so that they do not come back as a herd.
const DRAIN_PER_SECOND: u64 = 500;

/// How a connection ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// It is told to go at this moment.
    Draining(Moment),
    /// A close frame was sent; the peer has until this moment to answer.
    Closing(Moment),
    /// The peer said goodbye: nothing is left but to send what waits.
    Answered(Moment),
}

impl Task {
    pub(super) fn is_closing(&self) -> bool {
        matches!(self.ending.as_deref(), Some(Ending::Closing(_) | Ending::Answered(_)))
    }

    pub(super) fn ending_at(&self) -> Option<Moment> {
        self.ending.as_deref().map(|(Ending::Draining(at) | Ending::Closing(at) | Ending::Answered(at))| *at)
    }

    /// Ends the connection for a reason of ours.
    pub(super) fn begin_close(&mut self, code: CloseCode, now: Moment) {
        if self.is_closing() {
            return;
        }
        let retry_ms = retry_ms(&self.node, code);
        self.connection.say(&Push::Close { code: code.number(), reason: code.as_str().into(), retry_ms });
        self.close_frame(code.number(), code.as_str(), now);
    }

    /// Ends the connection of somebody who has to stay out of the house.
    pub(super) fn send_out(&mut self, now: Moment) {
        if let (false, Err(error)) = (self.is_closing(), self.node.may_stay(&self.connection)) {
            self.connection.say(&Push::Error(error));
            self.begin_close(CloseCode::Forbidden, now);
        }
    }

    /// Ends the connection for a fault of RFC 6455.
    pub(super) fn begin_fault(&mut self, fault: Fault) {
        let now = self.node.clock.now();
        let reason = fault.to_string();
        let push = Push::Close { code: fault.code(), reason: reason.clone(), retry_ms: None };
        if self.connection.dialect == Dialect::Lines {
            self.connection.say(&push);
        }
        self.close_frame(fault.code(), &reason, now);
    }

    /// Ends the connection because the client said `bye`.
    pub(super) fn begin_leave(&mut self, now: Moment) {
        self.close_frame(close::NORMAL, "", now);
    }

    /// The peer closed first: its frame is answered with the same code (RFC 6455, 5.5.1).
    pub(super) fn peer_closed(&mut self, code: Option<u16>) {
        let now = self.node.clock.now();
        if self.connection.dialect == Dialect::Plain {
            self.connection.left_cleanly();
        }
        if !self.is_closing() {
            let mut frame = Vec::new();
            encoder::close_frame(&mut frame, code, "");
            self.connection.wire.reply_last(&frame);
        }
        self.end(Ending::Answered(now + FAREWELL_MS), now);
    }

    /// The node is about to stop: each connection goes at a time of its own.
    pub(super) fn begin_drain(&mut self, now: Moment) {
        if self.ending.is_some() {
            return;
        }
        let window_ms = drain_window_ms(&self.node);
        let at = now + rand::rng().random_range(0..=window_ms);
        self.connection.say(&Push::Drain { retry_ms: at.since_ms(now) + RETRY_MS });
        self.end(Ending::Draining(at), now);
    }

    /// What is due at the moment that [`Self::ending_at`] named.
    pub(super) fn end_in_time(&mut self, now: Moment) {
        // What was written is answered first; the wheel asks again.
        if self.is_leaving(now) && self.connection.unacked.load(Ordering::Acquire) == 0 {
            self.begin_close(CloseCode::Drain, now);
        }
    }

    /// Whether its time in a drain has come: nothing more is read.
    pub(super) fn is_leaving(&self, now: Moment) -> bool {
        matches!(self.ending.as_deref(), Some(Ending::Draining(at)) if *at <= now)
    }

    /// Sends what waits and reads the peer's answer; whatever else it says is not heard any more.
    pub(super) fn poll_closing(&mut self, cx: &mut Context<'_>) -> Turn {
        let now = self.node.clock.now();
        let flushed = match self.connection.wire.poll_flush(cx, now) {
            Poll::Ready(Err(_)) => return Turn::Over,
            Poll::Ready(Ok(())) => true,
            Poll::Pending => false,
        };
        match self.ending.as_deref() {
            Some(Ending::Closing(until) | Ending::Answered(until)) if *until <= now => return Turn::Over,
            Some(Ending::Answered(_)) if flushed => return Turn::Over,
            _ => {}
        }
        match self.poll_farewell(cx) {
            Poll::Ready(true) if flushed => Turn::Over,
            Poll::Ready(true) => {
                self.end(Ending::Answered(now + FAREWELL_MS), now);
                Turn::Wait
            }
            Poll::Ready(false) => Turn::Over,
            Poll::Pending => Turn::Wait,
        }
    }

    /// Reads until the peer's close frame (`true`) or the end of its socket (`false`).
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            let connection = self.connection.clone();
            let input = self.input();
            let said = scratch::with(|buffer| match connection.wire.poll_read(cx, buffer) {
                Poll::Pending => Some(Poll::Pending),
                Poll::Ready(Ok(0) | Err(_)) => Some(Poll::Ready(false)),
                Poll::Ready(Ok(count)) => closed(input, &mut buffer[..count]).then_some(Poll::Ready(true)),
            });
            if let Some(said) = said {
                return said;
            }
        }
    }

    fn close_frame(&mut self, code: u16, reason: &str, now: Moment) {
        let mut frame = Vec::new();
        encoder::close_frame(&mut frame, Some(code), reason);
        self.connection.wire.reply_last(&frame);
        self.connection.wire.flush(now);
        self.end(Ending::Closing(now + FAREWELL_MS), now);
    }

    fn end(&mut self, ending: Ending, now: Moment) {
        if !matches!(ending, Ending::Draining(_)) {
            // Until then what the client said is worked on.
            self.leftover = None;
        }
        self.ending = Some(Box::new(ending));
        self.connection.wire.flush(now);
        self.arm();
    }
}

/// The pause before a reconnect after that end.
pub(super) fn retry_ms(node: &Node, code: CloseCode) -> Option<u64> {
    match code {
        CloseCode::Drain => Some(rand::rng().random_range(RETRY_MS..=RETRY_MS + drain_window_ms(node))),
        _ if code.number() < 4_200 && code != CloseCode::Replaced => Some(RETRY_MS),
        _ => None,
    }
}

/// Few connections leave at once, many over the whole window.
pub(super) fn drain_window_ms(node: &Node) -> u64 {
    let count = node.connections.load(Ordering::Relaxed) as u64;
    (count * 1_000 / DRAIN_PER_SECOND).min(node.config.drain_ms)
}

/// Whether a close frame is among these bytes. After a fault nothing of them can be understood.
fn closed(input: &mut Assembler, mut bytes: &mut [u8]) -> bool {
    loop {
        match input.next(&mut bytes) {
            Ok(Some(Message::Close(_))) => return true,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return false,
        }
    }
}
