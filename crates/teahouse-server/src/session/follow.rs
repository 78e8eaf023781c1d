//! An HTTP answer that brings what follows the cursors of its request: a stream lasts, a poll ends with the
//! first news. It hosts the same session as a WebSocket does, of which only the way out is there.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use rand::Rng;
use teahouse_core::Moment;
use teahouse_core::session::{Input, Output, Session};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{CloseCode, Cursor, From, Hello, Push, RoomId};

use super::asks::{self, NotIn};
use super::behind::{CatchUp, Place};
use super::closing::{RETRY_MS, drain_window_ms};
use super::{Connection, Older, Transport, asked};
use crate::clock::unix_ms;
use crate::cost::Meter;
use crate::node::Node;
use crate::transport::queue::Queue;
use crate::transport::websocket::scratch;

/// How long the reader of a stream may take to read its end, in milliseconds.
const FAREWELL_MS: u64 = 5_000;
/// How much longer than asked a poll may take when the log cannot be read, in milliseconds.
const PATIENCE_MS: u64 = 10_000;

/// A long poll that finds news at once gathers for so long since it began, in milliseconds.
const GATHER_MS: u64 = 100;

/// When an answer ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Then, to begin anew elsewhere.
    Rotates(Moment),
    /// With the first news, or then.
    WithNews(Moment),
    /// When one of the two sides stops.
    Never,
}

/// An HTTP answer that brings what follows its cursors.
pub struct Follow {
    node: Arc<Node>,
    connection: Arc<Connection>,
    /// None where the connection has a socket.
    queue: Option<Arc<Queue>>,
    meter: Arc<Meter>,
    core: Session,
    behind: CatchUp,
    place: Option<Place>,
    ends: Ends,
    /// The moment at which a drain ends it.
    leaves: Option<Moment>,
    /// It said why it ends, and has until this moment to get rid of it.
    closing: Option<Moment>,
    replaces: Option<Box<Older>>,
    /// The deadline for which the wheel will wake this task.
    armed: Moment,
    began: Moment,
    gathering: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Follow {
    /// The answer to be, over this connection.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        connection: Arc<Connection>,
        queue: Option<Arc<Queue>>,
        meter: Arc<Meter>,
        ends: Ends,
    ) -> Self {
        node.connections.fetch_add(1, Ordering::Relaxed);
        let began = node.clock.now();
        let is_whole = matches!(ends, Ends::WithNews(_));
        let mut follow = Self {
            core: Session::receiver(began),
            behind: CatchUp::default(),
            leaves: None,
            closing: None,
            replaces: None,
            armed: Moment(u64::MAX),
            gathering: None,
            node,
            connection,
            queue,
            meter,
            place: is_whole.then(Place::default),
            ends,
            began,
        };
        // From now on it is found by whoever looks for all connections: before it follows a room.
        follow.arm(began);
        follow
    }

    /// Makes the client somebody, and follows the rooms of its hello.
    ///
    /// # Errors
    /// Why the client is not let in.
    pub async fn come_in(&mut self, hello: Hello) -> Result<(), NotIn> {
        self.replaces = asks::come_in(&self.node, &self.connection, hello, Some(&self.meter)).await?;
        Ok(())
    }

    /// Follows one room and nothing else; gives the cursor from which it goes on.
    ///
    /// # Errors
    /// `no_such_room`, or the store's code.
    pub async fn look_on(&mut self, room: &RoomId, from: From) -> Result<Cursor, Error> {
        asks::look_on(&self.node, &self.connection, room, from).await
    }

    /// Waits for the end of a poll, and gives its answer.
    pub async fn polled(mut self) -> Bytes {
        (&mut self).await;
        let Some(queue) = self.queue.clone() else { return Bytes::new() };
        let mut all = Vec::from(queue.take_all());
        // What had no place in a full queue.
        self.connection.wire.has_room();
        self.connection.wire.flush(self.node.clock.now());
        all.extend_from_slice(&queue.take_all());
        all.into()
    }

    /// What others asked for, then the way out, then the log, then whether it is time to go: each step may
    /// end it, and what is written last is the reason.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.node.clock.now();
        let bits = self.connection.asked.swap(0, Ordering::AcqRel);
        self.asked(bits, now);
        if self.is_gone(cx) || self.connection.has_left() {
            return Poll::Ready(());
        }
        let flushed = match self.connection.wire.poll_flush(cx, now) {
            Poll::Ready(Err(_)) => return Poll::Ready(()),
            flushed => flushed.is_ready(),
        };
        if let Some(until) = self.closing {
            // Who waits for the end of a poll takes the rest.
            if flushed || self.connection.transport.is_poll() {
                return Poll::Ready(());
            }
            if until <= now {
                // Nobody reads its end: the socket has to go.
                self.meter.hang_up();
                return Poll::Ready(());
            }
            self.arm(now);
            return Poll::Pending;
        }
        if flushed
            && self.behind.catch_up(&self.connection, &mut self.place, cx, now)
            && self.connection.wire.poll_flush(cx, now).is_ready()
        {
            // It wrote, and there is room for more.
            cx.waker().wake_by_ref();
        }
        Older::replace(&mut self.replaces, &self.connection);
        self.end_with_news(cx, now);
        self.arm(now);
        if self.node.is_draining() {
            // Who began late was not in the list of those who were told.
            self.drain(now);
        }
        if self.connection.has_ended_room() {
            // A room broke before this one was in the list of those who are told.
            self.close(CloseCode::Rotate, now);
        }
        if self.closing.is_some() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Whether its reader left. What else a client says here is not heard: its request was whole.
    fn is_gone(&self, cx: &mut Context<'_>) -> bool {
        scratch::with(|buffer| {
            loop {
                match self.connection.wire.poll_read(cx, buffer) {
                    Poll::Pending => return false,
                    Poll::Ready(Ok(0) | Err(_)) => return true,
                    Poll::Ready(Ok(_)) => {}
                }
            }
        })
    }

    fn asked(&mut self, bits: u32, now: Moment) {
        if bits & asked::LEAVE != 0 {
            self.connection.left_cleanly();
        }
        if bits & (asked::OUT | asked::TIME) != 0 {
            // The wheel asks, too: who came just then was not in the list of those who are told.
            self.send_out(now);
        }
        if let Some(code) = asked::code(bits) {
            self.close(code, now);
        }
        if bits & asked::DRAIN != 0 {
            self.drain(now);
        }
        if bits & asked::TIME != 0 {
            self.armed = Moment(u64::MAX);
            self.tick(now);
        }
    }

    fn tick(&mut self, now: Moment) {
        let is_due = |at: Option<Moment>| at.is_some_and(|at| at <= now);
        if is_due(self.leaves) {
            return self.close(CloseCode::Drain, now);
        }
        if let Ends::Rotates(at) = self.ends
            && at <= now
        {
            return self.close(CloseCode::Rotate, now);
        }
        let (mut out, full_since) = (Vec::new(), self.connection.wire.full_since());
        self.core.handle(Input::Tick { full_since }, &self.node.config.terms, now, &mut out);
        for output in out {
            match output {
                // An answer that is given whole needs no sign of life, which would be its first news.
                Output::Ping if self.connection.transport.is_poll() => {}
                Output::Ping => {
                    asks::ping(&self.connection);
                    self.connection.wire.flush(now);
                }
                Output::Close(CloseCode::Stalled) => {
                    // Nobody reads what would be said: the socket has to go.
                    self.close(CloseCode::Stalled, now);
                    self.meter.hang_up();
                }
                Output::Close(code) => self.close(code, now),
                _ => {}
            }
        }
    }

    /// Ends a poll that has something to tell, or has waited long enough.
    fn end_with_news(&mut self, cx: &mut Context<'_>, now: Moment) {
        let Ends::WithNews(until) = self.ends else { return };
        let has_news = self.queue.as_ref().is_some_and(|queue| queue.poll_bytes(cx) > 0);
        let is_settled =
            self.connection.is_live() || self.is_full() || self.connection.wire.full_since().is_some();
        let is_late = until + PATIENCE_MS <= now;
        if is_late || is_settled && (until <= now || has_news && self.has_gathered(cx)) {
            self.close(CloseCode::Rotate, now);
        }
    }

    /// In a busy room the next poll finds news already: it gathers a little more, so that many messages do
    /// not cost as many requests. Who has waited for longer is answered at once.
    fn has_gathered(&mut self, cx: &mut Context<'_>) -> bool {
        let is_full = self.is_full() || self.connection.wire.full_since().is_some();
        if is_full || !self.connection.brief || self.connection.transport != Transport::LongPoll {
            return true;
        }
        let until = self.node.clock.instant(self.began + GATHER_MS);
        let gathering = self.gathering.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        gathering.as_mut().poll(cx).is_ready()
    }

    /// Whether the rest is for the next poll.
    fn is_full(&self) -> bool {
        self.place.as_ref().is_some_and(Place::is_full)
    }

    fn drain(&mut self, now: Moment) {
        if self.leaves.is_some() || self.closing.is_some() {
            return;
        }
        if let Ends::WithNews(_) = self.ends {
            return self.close(CloseCode::Drain, now);
        }
        let at = now + rand::rng().random_range(0..=drain_window_ms(&self.node));
        self.connection.say(&Push::Drain { retry_ms: at.since_ms(now) + RETRY_MS });
        self.connection.wire.flush(now);
        self.leaves = Some(at);
        self.arm(now);
    }

    fn send_out(&mut self, now: Moment) {
        if let (None, Err(error)) = (self.closing, self.node.may_stay(&self.connection)) {
            self.connection.say(&Push::Error(error));
            self.close(CloseCode::Forbidden, now);
        }
    }

    fn close(&mut self, code: CloseCode, now: Moment) {
        if self.closing.is_some() {
            return;
        }
        let retry_ms = self.retry_ms(code);
        // What happens from now on is not in this answer: the client's cursor asks for it.
        let reason = code.as_str().into();
        self.connection.say_last(&Push::Close { code: code.number(), reason, retry_ms });
        self.closing = Some(now + FAREWELL_MS);
        self.connection.wire.flush(now);
        self.arm(now);
    }

    fn retry_ms(&self, code: CloseCode) -> Option<u64> {
        match (code, self.connection.transport) {
            // The rest waits already.
            (CloseCode::Rotate, Transport::Poll) if self.is_full() => Some(0),
            (CloseCode::Rotate, Transport::Poll) => Some(self.connection.pause_ms(unix_ms())),
            (CloseCode::Rotate, _) => Some(0),
            (CloseCode::Drain, Transport::Stream) => Some(RETRY_MS),
            _ => super::closing::retry_ms(&self.node, code),
        }
    }

    fn arm(&mut self, now: Moment) {
        let terms = &self.node.config.terms;
        let ends = match self.ends {
            Ends::Rotates(at) => Some(at),
            Ends::WithNews(at) if at <= now => Some(at + PATIENCE_MS),
            Ends::WithNews(at) => Some(at),
            Ends::Never => None,
        };
        let stalled = self.connection.wire.full_since().map(|since| since + terms.stall_ms);
        let next = [Some(self.core.next_deadline(terms)), ends, self.leaves, self.closing, stalled];
        let deadline = next.into_iter().flatten().min().expect("a session has a deadline");
        if deadline < self.armed {
            self.armed = deadline;
            self.node.clock.wake_at(deadline, now, Arc::downgrade(&self.connection));
        }
    }
}

impl Future for Follow {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let follow = self.get_mut();
        follow.connection.wire.task.register(cx.waker());
        follow.turn(cx)
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Some(queue) = &self.queue {
            queue.end();
        }
        self.connection.over();
        self.node.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Follow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follow").field("connection", &self.connection.id).finish_non_exhaustive()
    }
}
