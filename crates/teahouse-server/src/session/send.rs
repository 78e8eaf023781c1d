//! Commands that came with one HTTP request: worked on one after the other, answered together.
//!
//! Each request is a connection of its own for the order of its sends. It follows no room.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use bytes::Bytes;
use teahouse_core::rights::Action;
use teahouse_core::session::{Input, Output, Session};
use teahouse_protocol::frame::{Error, Send};
use teahouse_protocol::{Command, ErrorCode, Hello, Push, RoomId};

use super::Connection;
use super::asks::{self, Answered, NotIn};
use crate::access::Standing;
use crate::clock::unix_ms;
use crate::cost::Meter;
use crate::error::sentence;
use crate::node::Node;
use crate::room::{Mail, Room};
use crate::store::StoreError;
use crate::transport::queue::Queue;

/// What is asked above so many bytes of answers is left for the next request.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// The commands of one request, and their answer.
pub struct Sends {
    node: Arc<Node>,
    connection: Arc<Connection>,
    queue: Arc<Queue>,
    core: Session,
    /// Rooms that were written to, which keep the order of this connection's sends.
    rooms: Vec<Arc<Room>>,
    /// Rooms that could not be found out: later sends to them would overtake.
    gated: Vec<RoomId>,
    answer: Vec<u8>,
}

impl Sends {
    /// The answer to be, over this connection.
    #[must_use]
    pub fn new(node: Arc<Node>, connection: Arc<Connection>, queue: Arc<Queue>) -> Self {
        let core = Session::sender(node.clock.now());
        Self { node, connection, queue, core, rooms: Vec::new(), gated: Vec::new(), answer: Vec::new() }
    }

    /// Makes the client somebody.
    ///
    /// # Errors
    /// Why the client is not let in.
    pub async fn come_in(&mut self, hello: Hello, meter: &Meter) -> Result<(), NotIn> {
        asks::come_in(&self.node, &self.connection, hello, Some(meter)).await.map(|_| ())
    }

    /// Works on these lines, and gives the answer. A `bye` leaves `here`.
    pub async fn work_on(mut self, lines: &str, here: &[RoomId]) -> Bytes {
        if let Some(cost) = self.connection.wire.cost() {
            cost.received_frames(lines.lines().map(str::len).sum());
        }
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let goes_on = self.line(line, here).await;
            // In a room that began anew what comes now would overtake what was lost with the old one.
            if !goes_on || self.answer.len() > ANSWER_BYTES_MAX || self.has_ended_room() {
                break;
            }
        }
        self.until_answered(0).await;
        self.take();
        std::mem::take(&mut self.answer).into()
    }

    /// Writes one message, and gives what became of it.
    pub async fn post_one(mut self, send: Send) -> Option<Push> {
        self.post(send).await;
        self.until_answered(0).await;
        self.take();
        let line = self.answer.split(|byte| *byte == b'\n').next()?;
        Push::decode(std::str::from_utf8(line).ok()?).ok()
    }

    /// Works on one command; whether there may be more.
    async fn line(&mut self, line: &str, here: &[RoomId]) -> bool {
        let input = Input::Line { line: Command::decode(line), follows: true, rooms: 0 };
        let mut out = Vec::new();
        self.core.handle(input, &self.node.config.terms, self.node.clock.now(), &mut out);
        let mut goes_on = true;
        for output in out {
            goes_on &= self.carry_out(output, here).await;
        }
        self.take();
        goes_on
    }

    async fn carry_out(&mut self, output: Output, here: &[RoomId]) -> bool {
        let (node, connection) = (self.node.clone(), self.connection.clone());
        let answered = match output {
            Output::Post(send) => {
                self.post(send).await;
                Answered::Done
            }
            Output::History(history) => asks::history(node, connection, history).await,
            Output::Read(r#ref, room, seq) => asks::read(node, connection, r#ref, room, seq).await,
            Output::Auth(r#ref, token) => asks::auth(node, connection, r#ref, token).await,
            Output::Typing(room, on) => {
                if let Some(someone) = connection.someone.get()
                    && let Ok((room, _)) =
                        node.subject_in(&room, Some(&someone.person()), Action::Write, None).await
                {
                    room.tell(Mail::Typing(someone.id, on));
                }
                Answered::Done
            }
            Output::Pong(r#ref) => {
                asks::pong(&connection, r#ref, unix_ms());
                Answered::Done
            }
            Output::Reply(push) => {
                connection.say(&push);
                Answered::Done
            }
            Output::Leave => {
                self.bye(here).await;
                Answered::Done
            }
            Output::Close(code) => Answered::Close(code),
            // What needs a connection that lasts is refused before it gets here.
            Output::Identify(_) | Output::Subscribe(..) | Output::Unsubscribe(..) | Output::Ping => {
                Answered::Done
            }
        };
        let Answered::Close(code) = answered else { return true };
        let (code, reason) = (code.number(), code.as_str().into());
        self.connection.say(&Push::Close { code, reason, retry_ms: None });
        false
    }

    async fn post(&mut self, mut send: Send) {
        let (room, standing) = match self.room_of(&send).await {
            Ok(found) => found,
            Err(error) => return self.connection.say(&Push::Error(error)),
        };
        if let (Some(someone), false) = (self.connection.someone.get(), send.body.files.is_empty())
            && let Err(error) = self.node.files.name(someone.id, &mut send).await
        {
            return self.connection.say(&Push::Error(error));
        }
        // A room that was found while the one before it ended: this would overtake what was lost with that one.
        if self.has_ended_room() {
            return;
        }
        asks::post_to(&self.node, &room, &self.connection, standing, send, self.node.clock.now());
        if !self.rooms.iter().any(|known| Arc::ptr_eq(known, &room)) {
            self.rooms.push(room);
        }
        // As a WebSocket is not read while so many are without an answer.
        self.until_answered(self.node.config.terms.limits.sends_unacked_max - 1).await;
    }

    /// The room that is written to, and what the writer is there. What comes behind a send whose room could not be found out waits, as
    /// behind one that the room refused for now.
    async fn room_of(&mut self, send: &Send) -> Result<(Arc<Room>, Standing), Error> {
        let r#ref = Some(send.r#ref);
        if send.first {
            self.gated.retain(|room| *room != send.room);
        }
        if self.gated.contains(&send.room) {
            return Err(Error::new(r#ref, ErrorCode::OutOfOrder, sentence(ErrorCode::OutOfOrder)));
        }
        match self.room_and_standing(&send.room).await {
            Ok(found) => found.ok_or_else(|| asks::no_such_room(r#ref)),
            Err(error) => {
                self.gated.push(send.room.clone());
                Err(error.refusal(r#ref))
            }
        }
    }

    async fn bye(&self, here: &[RoomId]) {
        let Some(someone) = self.connection.someone.get() else { return };
        // What it receives by may be open still: a page that is closed says bye and ends its stream at once.
        let mine = |other: &Arc<Connection>| other.session() == self.connection.session();
        someone.others(&self.connection).iter().filter(|other| mine(other)).for_each(|other| other.leave());
        for room in here {
            if let Ok(Some(room)) = self.room(room).await {
                room.tell(Mail::Bye(someone.id));
            }
        }
    }

    async fn room_and_standing(&self, id: &RoomId) -> Result<Option<(Arc<Room>, Standing)>, StoreError> {
        let Some(room) = self.room(id).await? else { return Ok(None) };
        let person = self.connection.someone.get().map(|someone| someone.person());
        Ok(Some((room, self.node.access.standing(person.as_ref(), id).await?)))
    }

    async fn room(&self, id: &RoomId) -> Result<Option<Arc<Room>>, StoreError> {
        self.node.rooms.find(id).await
    }

    fn has_ended_room(&self) -> bool {
        self.rooms.iter().any(|room| room.has_ended())
    }

    /// Waits until at most so many sends are without an answer.
    async fn until_answered(&self, most: u32) {
        poll_fn(|cx| {
            self.connection.wire.task.register(cx.waker());
            // A room that began anew answers nobody: the client asks again.
            let is_done = self.connection.unacked.load(Ordering::Acquire) <= most || self.has_ended_room();
            if is_done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Moves what was said to the answer.
    fn take(&mut self) {
        loop {
            let flushed = self.connection.wire.flush(self.node.clock.now());
            self.answer.extend_from_slice(&self.queue.take_all());
            if flushed {
                return;
            }
            // The queue was full, and is empty now.
            self.connection.wire.has_room();
        }
    }
}

impl Drop for Sends {
    fn drop(&mut self) {
        if let (Some(someone), false) = (self.connection.someone.get(), self.rooms.is_empty()) {
            self.node.people.keep_rate(someone, self.node.config.sends_of(someone.person().role));
        }
        for room in &self.rooms {
            room.tell(Mail::Leave(self.connection.clone(), false, None));
        }
    }
}

impl std::fmt::Debug for Sends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sends").field("connection", &self.connection.id).finish_non_exhaustive()
    }
}
