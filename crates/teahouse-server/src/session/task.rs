//! The task of one connection: it reads the socket, drives `core::Session`, and brings a connection that
//! is behind back to its rooms' heads. It is a future written by hand, because its size is what an idle
//! connection costs: it holds no buffer and no wide branch while nothing happens.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use teahouse_core::Moment;
use teahouse_core::session::{Input, Output, Session};
use teahouse_protocol::{CloseCode, Command, RoomId};
use tokio::net::TcpStream;

use super::asks::{self, Answered};
use super::behind::CatchUp;
use super::closing::Ending;
use super::{Connection, Older, Transport, asked};
use crate::clock::unix_ms;
use crate::node::Node;
use crate::transport::encode::Dialect;
use crate::transport::websocket::{Assembler, Message, encoder, scratch};
use crate::transport::wire::{REPLY_BYTES_MAX, Wire};

/// The main room of the plain-text room.
const PLAIN_ROOM: &str = RoomId::MAIN;

/// Steps of one turn before others have theirs.
const STEPS_MAX: usize = 8;

/// What came and could not be worked on yet.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    /// The rest of a message.
    text: String,
    /// What followed it on the socket.
    bytes: Vec<u8>,
}

/// The token of a request's cookie.
#[derive(Debug, Clone)]
pub(super) struct Cookie(pub String);

/// The task of one connection.
pub struct Task {
    pub(super) node: Arc<Node>,
    pub(super) connection: Arc<Connection>,
    pub(super) core: Session,
    input: Assembler,
    /// Whom the request showed that became this socket, until somebody said hello.
    cookie: Option<Box<Cookie>>,
    /// A command that waits for an answer from elsewhere; the socket is not read meanwhile.
    asking: Option<BoxFuture<'static, Answered>>,
    /// Reads on for the subscriptions that are behind.
    behind: CatchUp,
    pub(super) leftover: Option<Box<Leftover>>,
    pub(super) ending: Option<Box<Ending>>,
    /// Older connections of the same client, which end when this one is live.
    replaces: Option<Box<Older>>,
    /// The deadline for which the wheel will wake this task.
    armed: Moment,
}

/// How a turn of the task ended.
pub(super) enum Turn {
    /// Something will wake it.
    Wait,
    /// There is more to do, after others had their turn.
    Again,
    /// The connection is over.
    Over,
}

impl Task {
    /// The task of a socket that was just upgraded. `leftover` is what the client sent behind its request.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        socket: TcpStream,
        leftover: &Bytes,
        dialect: Dialect,
        address: IpAddr,
        handshake: [u16; 2],
    ) -> Self {
        let now = node.clock.now();
        let id = node.connection_id();
        let wire = Wire::new(socket);
        let connection = Connection::new(id, Transport::WebSocket, dialect, wire, address);
        let [received, handshake_sent] = handshake;
        let connection = Arc::new(Connection { handshake_sent, ..connection });
        connection.received(usize::from(received) + leftover.len());
        node.connections.fetch_add(1, Ordering::Relaxed);
        let leftover = (!leftover.is_empty())
            .then(|| Box::new(Leftover { text: String::new(), bytes: leftover.to_vec() }));
        let frame_bytes_max = node.config.terms.limits.frame_bytes_max;
        let mut task = Self {
            node,
            connection,
            core: Session::new(now),
            input: Assembler::new(frame_bytes_max),
            cookie: None,
            asking: None,
            behind: CatchUp::default(),
            leftover,
            ending: None,
            replaces: None,
            armed: Moment(u64::MAX),
        };
        if dialect == Dialect::Plain {
            task.core.handle(Input::Identified, &task.node.config.terms, now, &mut Vec::new());
            task.asking =
                Some(Box::pin(asks::enter_plain(task.node.clone(), task.connection.clone(), PLAIN_ROOM)));
        }
        task.arm();
        task
    }

    /// Whoever says neither token nor name is whom this cookie shows.
    #[must_use]
    pub fn showing(mut self, cookie: Option<String>) -> Self {
        self.cookie = cookie.map(|token| Box::new(Cookie(token)));
        self
    }

    /// Works until nothing more can be done now, or others should have their turn.
    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        for _ in 0..STEPS_MAX {
            let bits = self.connection.asked.swap(0, Ordering::AcqRel);
            if bits != 0 {
                self.asked(bits);
            }
            if self.is_closing() {
                return self.poll_closing(cx);
            }
            let answered = self.poll_asking(cx);
            let now = self.node.clock.now();
            let flushed = self.poll_flush(cx, now);
            if flushed.is_ready()
                && self.behind.catch_up(&self.connection, &mut None, cx, now)
                && self.connection.wire.poll_flush(cx, now).is_ready()
            {
                // It wrote, and the socket takes more.
                cx.waker().wake_by_ref();
            }
            if let Poll::Ready(Err(_)) = flushed {
                return Turn::Over;
            }
            match self.read(cx) {
                Turn::Again => {}
                Turn::Over => return Turn::Over,
                Turn::Wait if answered => {}
                Turn::Wait => {
                    self.replace_older();
                    return Turn::Wait;
                }
            }
        }
        Turn::Again
    }

    fn asked(&mut self, bits: u32) {
        let now = self.node.clock.now();
        if bits & (asked::OUT | asked::TIME) != 0 {
            // The wheel asks, too: who came just then was not in the list of those who are told.
            self.send_out(now);
        }
        if let Some(code) = asked::code(bits) {
            self.begin_close(code, now);
        }
        if bits & asked::LEAVE != 0 && !self.is_closing() {
            self.connection.left_cleanly();
            self.begin_leave(now);
        }
        if bits & asked::DRAIN != 0 {
            self.begin_drain(now);
        }
        if bits & asked::TIME != 0 {
            self.armed = Moment(u64::MAX);
            if self.node.is_draining() {
                // Who began late, or was between two turns of the wheel, was not told.
                self.begin_drain(now);
            }
            self.end_in_time(now);
            let full_since = self.connection.wire.full_since();
            self.drive(Input::Tick { full_since }, now);
            self.arm();
            if self.connection.has_ended_room() {
                // The room began anew while this one was between two turns of the wheel.
                self.begin_close(CloseCode::Rotate, now);
            }
        }
    }

    /// Has the wheel wake this task at its next deadline.
    pub(super) fn arm(&mut self) {
        let terms = &self.node.config.terms;
        let now = self.node.clock.now();
        let stalled = self.connection.wire.full_since().map(|since| since + terms.stall_ms);
        let deadline =
            [Some(self.core.next_deadline(terms)), self.ending_at(), stalled].into_iter().flatten().min();
        let deadline = deadline.expect("a session has a deadline");
        if deadline < self.armed {
            self.armed = deadline;
            self.node.clock.wake_at(deadline, now, Arc::downgrade(&self.connection));
        }
    }

    /// Whether a command was answered.
    fn poll_asking(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(asking) = &mut self.asking else { return false };
        let Poll::Ready(answered) = asking.as_mut().poll(cx) else { return false };
        self.asking = None;
        let now = self.node.clock.now();
        match answered {
            Answered::Done => {}
            Answered::Identified(older) => {
                self.replaces = older;
                self.cookie = None;
                self.drive(Input::Identified, now);
                // The first heartbeat may be due before a hello would have been.
                self.arm();
            }
            Answered::NotIdentified(error) => self.drive(Input::NotIdentified(error), now),
            Answered::Post(text) => self.post_plain(&text),
            Answered::Close(code) => self.begin_close(code, now),
        }
        self.connection.wire.flush(now);
        true
    }

    /// Writes what waits. In the middle of an answer one write takes all of it in the end; whether anybody is there
    /// to read it is asked for less.
    fn poll_flush(&self, cx: &mut Context<'_>, now: Moment) -> Poll<io::Result<()>> {
        let wire = &self.connection.wire;
        if self.asking.is_some() && wire.full_since().is_none() {
            return Poll::Ready(wire.check());
        }
        wire.poll_flush(cx, now)
    }

    fn may_read(&self) -> bool {
        let unacked = self.connection.unacked.load(Ordering::Acquire);
        self.asking.is_none()
            && !self.is_leaving(self.node.clock.now())
            && unacked < self.node.config.terms.limits.sends_unacked_max
            && self.connection.wire.reply_bytes() < REPLY_BYTES_MAX
    }

    /// Reads once and works on it: `Again` if something came.
    fn read(&mut self, cx: &mut Context<'_>) -> Turn {
        if !self.may_read() {
            return Turn::Wait;
        }
        if let Some(leftover) = self.leftover.take() {
            let Leftover { text, mut bytes } = *leftover;
            let worked = self.work_on_text(&text, &mut bytes);
            self.connection.wire.flush(self.node.clock.now());
            return worked;
        }
        let connection = self.connection.clone();
        let worked = scratch::with(|buffer| match connection.wire.poll_read(cx, buffer) {
            Poll::Pending => Turn::Wait,
            Poll::Ready(Ok(0) | Err(_)) => Turn::Over,
            Poll::Ready(Ok(count)) => {
                connection.received(count);
                self.work_on(&mut buffer[..count])
            }
        });
        if !matches!(worked, Turn::Wait) {
            self.connection.wire.flush(self.node.clock.now());
        }
        worked
    }

    fn work_on(&mut self, mut bytes: &mut [u8]) -> Turn {
        loop {
            let message = match self.input.next(&mut bytes) {
                Ok(None) => return Turn::Again,
                Ok(Some(message)) => message,
                Err(fault) => {
                    self.begin_fault(fault);
                    return Turn::Again;
                }
            };
            match message {
                Message::Text(text) => {
                    let rest = self.message(&text);
                    if rest.is_some() || !self.may_read() {
                        let text = rest.unwrap_or_default();
                        if !text.is_empty() || !bytes.is_empty() {
                            self.leftover = Some(Box::new(Leftover { text, bytes: bytes.to_vec() }));
                        }
                        return Turn::Again;
                    }
                }
                Message::Ping(payload) => {
                    let mut pong = Vec::new();
                    encoder::pong_frame(&mut pong, &payload);
                    self.connection.wire.reply(&pong);
                    self.drive(Input::Heard, self.node.clock.now());
                }
                Message::Pong(_) => self.drive(Input::Heard, self.node.clock.now()),
                Message::Close(close) => {
                    self.peer_closed(close.code);
                    return Turn::Again;
                }
            }
            if self.is_closing() {
                return Turn::Again;
            }
        }
    }

    /// Goes on with the rest of a message, then with what followed it.
    fn work_on_text(&mut self, text: &str, bytes: &mut [u8]) -> Turn {
        let rest = if text.is_empty() { None } else { self.message(text) };
        if self.is_closing() {
            return Turn::Again;
        }
        if rest.is_some() || !self.may_read() {
            let text = rest.unwrap_or_default();
            self.leftover = Some(Box::new(Leftover { text, bytes: bytes.to_vec() }));
            return Turn::Again;
        }
        self.work_on(bytes)
    }

    /// Works on one text message; gives back what has to wait until an answer came.
    fn message(&mut self, text: &str) -> Option<String> {
        if self.connection.dialect == Dialect::Plain {
            self.drive(Input::Heard, self.node.clock.now());
            self.plain(text);
            return None;
        }
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            if line.trim().is_empty() {
                continue;
            }
            self.line(line);
            if self.is_closing() {
                return None;
            }
            if !self.may_read() {
                let rest = lines.collect::<Vec<_>>().join("\n");
                return (!rest.is_empty()).then_some(rest);
            }
        }
        None
    }

    fn line(&mut self, line: &str) {
        self.connection.received_frame(line.len());
        let line = Command::decode(line);
        let room = line.as_ref().ok().and_then(asks::room_of);
        let (followed, rooms) = self.connection.follows(room);
        self.drive(Input::Line { line, follows: followed.is_some(), rooms }, self.node.clock.now());
    }

    fn drive(&mut self, input: Input, now: Moment) {
        let mut out = Vec::new();
        self.core.handle(input, &self.node.config.terms, now, &mut out);
        for output in out {
            self.carry_out(output, now);
        }
    }

    fn carry_out(&mut self, output: Output, now: Moment) {
        let (node, connection) = (self.node.clone(), self.connection.clone());
        match output {
            Output::Identify(mut hello) => {
                if let (None, None, Some(cookie)) = (&hello.token, &hello.name, &self.cookie) {
                    hello.token = Some(cookie.0.clone());
                }
                self.asking = Some(Box::pin(asks::identify(node, connection, hello)));
            }
            Output::Subscribe(r#ref, room, from) => {
                self.asking = Some(Box::pin(asks::subscribe(node, connection, r#ref, room, from)));
            }
            Output::History(history) => {
                self.asking = Some(Box::pin(asks::history(node, connection, history)))
            }
            Output::Read(r#ref, room, seq) => {
                self.asking = Some(Box::pin(asks::read(node, connection, r#ref, room, seq)));
            }
            Output::Auth(r#ref, token) => {
                self.asking = Some(Box::pin(asks::auth(node, connection, r#ref, token)))
            }
            Output::Unsubscribe(r#ref, room) => asks::unsubscribe(&connection, r#ref, &room),
            Output::Post(send) if !send.body.files.is_empty() => {
                self.asking = Some(Box::pin(asks::post_files(node, connection, send)));
            }
            Output::Post(send) => asks::post(&node, &connection, send, now),
            Output::Typing(room, on) => asks::typing(&connection, &room, on),
            Output::Pong(r#ref) => asks::pong(&connection, r#ref, unix_ms()),
            Output::Ping => {
                asks::ping(&connection);
                connection.wire.flush(now);
                self.arm();
            }
            Output::Reply(push) => connection.say(&push),
            Output::Close(code) => self.begin_close(code, now),
            Output::Leave => {
                self.connection.left_cleanly();
                self.begin_leave(now);
            }
        }
    }

    /// A message of the plain-text room.
    fn plain(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n");
        let limits = &self.node.config.terms.limits;
        if teahouse_protocol::text::is_blank(&text) {
            return;
        }
        if let Err((code, said)) = teahouse_protocol::text::check(&text, limits.text_bytes_max as usize) {
            let error = teahouse_protocol::frame::Error::new(None, code, said);
            return self.connection.say(&teahouse_protocol::Push::Error(error));
        }
        if self.connection.someone.get().is_some() {
            return self.post_plain(&text);
        }
        let ask = asks::name_plain(self.node.clone(), self.connection.clone(), text);
        self.asking = Some(Box::pin(ask));
    }

    fn post_plain(&mut self, text: &str) {
        asks::post_plain(&self.node, &self.connection, text, self.node.clock.now());
    }

    pub(super) fn input(&mut self) -> &mut Assembler {
        &mut self.input
    }

    /// Ends the client's older connections once this one has everything they had.
    fn replace_older(&mut self) {
        Older::replace(&mut self.replaces, &self.connection);
    }
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let task = self.get_mut();
        task.connection.wire.task.register(cx.waker());
        match task.turn(cx) {
            Turn::Wait => Poll::Pending,
            Turn::Again => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Turn::Over => Poll::Ready(()),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.connection.over();
        self.node.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("connection", &self.connection.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an idle connection costs beside tokio's own: `bin/bench idle` measures the whole.
    #[test]
    fn an_idle_connection_is_small() {
        assert!(size_of::<Task>() <= 152, "Task has {} bytes", size_of::<Task>());
        assert!(size_of::<Connection>() <= 208, "Connection has {} bytes", size_of::<Connection>());
    }
}
