//! One client, as one connection sees it: hello, heartbeats, silence, and what its commands ask for.
//!
//! It decides what a command means now; the driver carries it out. It holds no cursor (those live in the
//! client and in the connection's feeds) and no queue.

use teahouse_protocol::frame::{Error, Send};
use teahouse_protocol::{
    CloseCode, Command, DecodeError, ErrorCode, From, Hello, History, Kind, Limits, Push, RoomId, Seq,
    VERSION, text,
};

use crate::Moment;
use crate::limits::{Bucket, Rate};

/// How often a connection may say that its person types; what is more is dropped.
const TYPING: Rate = Rate { per_second: 1, burst: 5 };

/// What the house gives every connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long `hello` may take, in milliseconds.
    pub hello_ms: u64,
    /// How often the server asks for a sign of life, in milliseconds.
    pub heartbeat_ms: u64,
    /// How long an answer may take, in milliseconds.
    pub pong_ms: u64,
    /// How long a socket may take nothing at all, in milliseconds.
    pub stall_ms: u64,
    /// What a connection may do.
    pub limits: Limits,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A line came. `follows` says whether the connection is subscribed to the room that it names,
    /// `rooms` to how many it is.
    Line {
        /// What it says.
        line: Result<Command, DecodeError>,
        /// Whether the connection follows the room of the command.
        follows: bool,
        /// How many rooms it follows.
        rooms: usize,
    },
    /// `hello` made the client somebody.
    Identified,
    /// `hello` was refused; the client may try again.
    NotIdentified(Error),
    /// Something came that is no line: a sign of life all the same.
    Heard,
    /// The time has come that [`Session::next_deadline`] named; since when the socket is full.
    Tick {
        /// Since when the socket has taken nothing, if it is full.
        full_since: Option<Moment>,
    },
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Find out who it is; answer with [`Input::Identified`] or [`Input::NotIdentified`].
    Identify(Box<Hello>),
    /// Follow a room.
    Subscribe(u64, RoomId, From),
    /// Stop following a room.
    Unsubscribe(u64, RoomId),
    /// Write to a room that is followed.
    Post(Send),
    /// Read a page of the past.
    History(History),
    /// Keep how far the person has read.
    Read(u64, RoomId, Seq),
    /// Tell the room that the person is typing, or stopped.
    Typing(RoomId, bool),
    /// Look at a newer token of the same person.
    Auth(u64, String),
    /// Answer a ping.
    Pong(u64),
    /// Ask for a sign of life.
    Ping,
    /// Say this.
    Reply(Push),
    /// Say that this is the end, and why; then end.
    Close(CloseCode),
    /// The client leaves cleanly: end without a word.
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Identifying,
    Open,
    Over,
}

/// Which way frames travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Both,
    /// To the client only, who thus cannot answer a ping.
    Out,
    /// From the client, in one request.
    In,
}

/// One client, as one connection sees it.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    way: Way,
    /// Whether a ping went out that nothing was heard after.
    pinged: bool,
    /// When the phase began, the client was last heard of, or that ping went out.
    since: Moment,
    /// Boxed, because most only read.
    writing: Option<Box<Writing>>,
}

/// What is kept of who writes. Of rooms at most as many as the connection may follow.
#[derive(Debug, Default)]
struct Writing {
    /// Rooms to which a send was refused for want of a subscription: later ones would overtake it.
    gated: Vec<RoomId>,
    /// Rooms that were told last that the person types.
    typing: Vec<RoomId>,
    typed: Bucket,
}

impl Writing {
    /// Whether the room is told that the person types, or stopped. After the word of it the end of it always is.
    fn types(&mut self, room: &RoomId, on: bool, rooms_max: usize, now: Moment) -> bool {
        let known = self.typing.iter().position(|typing| typing == room);
        if let (Some(at), false) = (known, on) {
            self.typing.swap_remove(at);
            return true;
        }
        if self.typed.take(TYPING, now).is_err() {
            return false;
        }
        if known.is_none() && on {
            // The oldest is followed no longer, or has forgotten that they type.
            if self.typing.len() >= rooms_max {
                self.typing.remove(0);
            }
            self.typing.push(room.clone());
        }
        true
    }
}

impl Session {
    /// A connection that was just made.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self { phase: Phase::Greeting, way: Way::Both, pinged: false, since: now, writing: None }
    }

    /// The way out to a client that was identified already, and says nothing more.
    #[must_use]
    pub fn receiver(now: Moment) -> Self {
        Self { phase: Phase::Open, way: Way::Out, ..Self::new(now) }
    }

    /// The commands of one request of a client that was identified already.
    #[must_use]
    pub fn sender(now: Moment) -> Self {
        Self { phase: Phase::Open, way: Way::In, ..Self::new(now) }
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn next_deadline(&self, terms: &Terms) -> Moment {
        let ms = match (self.phase, self.pinged) {
            (Phase::Open, true) => terms.pong_ms,
            (Phase::Open, false) => terms.heartbeat_ms,
            _ => terms.hello_ms,
        };
        self.since + ms
    }

    /// Takes what happened and says what is to be done.
    pub fn handle(&mut self, input: Input, terms: &Terms, now: Moment, out: &mut Vec<Output>) {
        if self.phase == Phase::Over {
            return;
        }
        match input {
            Input::Line { line, follows, rooms } => {
                self.heard(now);
                let asked = match line {
                    Ok(command) => self.command(command, terms, follows, rooms, now),
                    Err(error) => Err(error.into()),
                };
                match asked {
                    Ok(output) => out.extend(output),
                    Err(error) => self.refuse(error, out),
                }
            }
            Input::Identified => {
                self.phase = Phase::Open;
                self.since = now;
            }
            Input::NotIdentified(error) => {
                self.phase = Phase::Greeting;
                self.since = now;
                self.refuse(error, out);
            }
            Input::Heard => self.heard(now),
            Input::Tick { full_since } => self.tick(full_since, terms, now, out),
        }
        if out.iter().any(|output| matches!(output, Output::Close(_) | Output::Leave)) {
            self.phase = Phase::Over;
        }
    }

    fn heard(&mut self, now: Moment) {
        if self.phase == Phase::Open {
            self.since = now;
            self.pinged = false;
        }
    }

    fn command(
        &mut self,
        command: Command,
        terms: &Terms,
        follows: bool,
        rooms: usize,
        now: Moment,
    ) -> Result<Option<Output>, Error> {
        if let Command::Hello(hello) = command {
            return self.hello(hello, terms).map(Some);
        }
        if command == Command::Bye {
            return Ok(Some(Output::Leave));
        }
        if self.phase != Phase::Open {
            return Err(Error::new(None, ErrorCode::HelloFirst, "The first frame of a connection is hello."));
        }
        let output = match command {
            Command::Hello(_) | Command::Bye => unreachable!("handled above"),
            Command::Subscribe { r#ref, .. } | Command::Unsubscribe { r#ref, .. } if self.way == Way::In => {
                let said = "A stream or a poll follows the rooms of its hello: ask for another one.";
                return Err(Error::new(Some(r#ref), ErrorCode::WrongTransport, said));
            }
            Command::Subscribe { r#ref, room, from } => {
                if !follows && rooms >= terms.limits.rooms_max as usize {
                    let said = format!("A connection has at most {} rooms.", terms.limits.rooms_max);
                    return Err(Error::new(Some(r#ref), ErrorCode::TooManyRooms, said));
                }
                Output::Subscribe(r#ref, room, from)
            }
            Command::Unsubscribe { r#ref, room } | Command::Read { r#ref, room, .. } if !follows => {
                return Err(not_subscribed(r#ref, &room));
            }
            Command::Unsubscribe { r#ref, room } => Output::Unsubscribe(r#ref, room),
            Command::Send(send) => return self.send(send, terms, follows).map(Some),
            Command::History(history) => Output::History(history),
            Command::Read { r#ref, room, seq } => Output::Read(r#ref, room, seq),
            // Typing may be dropped, so nobody is told that it was.
            Command::Typing { room, on } => {
                let rooms_max = terms.limits.rooms_max as usize;
                let is_told =
                    follows && self.writing.get_or_insert_default().types(&room, on, rooms_max, now);
                return Ok(is_told.then_some(Output::Typing(room, on)));
            }
            Command::Ping { r#ref } => Output::Pong(r#ref),
            Command::Pong { .. } => return Ok(None),
            Command::Auth { r#ref, token } => Output::Auth(r#ref, token),
        };
        Ok(Some(output))
    }

    fn hello(&mut self, hello: Hello, terms: &Terms) -> Result<Output, Error> {
        if self.phase != Phase::Greeting {
            let said = "This connection had its hello. Open another one to be somebody else.";
            return Err(Error::new(None, ErrorCode::AlreadyWelcome, said));
        }
        if hello.v != VERSION {
            let said = format!("This server speaks version {VERSION}; the client asked for {}.", hello.v);
            return Err(Error { field: Some("v".into()), ..Error::new(None, ErrorCode::Version, said) });
        }
        if hello.cursors.len() > terms.limits.rooms_max as usize {
            let said = format!("A connection has at most {} rooms.", terms.limits.rooms_max);
            return Err(Error {
                field: Some("cursors".into()),
                ..Error::new(None, ErrorCode::TooManyRooms, said)
            });
        }
        self.phase = Phase::Identifying;
        Ok(Output::Identify(Box::new(hello)))
    }

    fn send(&mut self, send: Send, terms: &Terms, follows: bool) -> Result<Output, Error> {
        if !follows {
            let gated = &mut self.writing.get_or_insert_default().gated;
            if !gated.contains(&send.room) && gated.len() < terms.limits.rooms_max as usize {
                gated.push(send.room.clone());
            }
            return Err(not_subscribed(send.r#ref, &send.room));
        }
        if let Some(Writing { gated, .. }) = self.writing.as_deref_mut()
            && let Some(gate) = gated.iter().position(|room| *room == send.room)
        {
            if !send.first {
                let said = "An earlier send to this room was refused. Start again with that one.";
                return Err(Error::new(Some(send.r#ref), ErrorCode::OutOfOrder, said));
            }
            gated.swap_remove(gate);
        }
        checked(send, terms).map(Output::Post)
    }

    fn tick(&mut self, full_since: Option<Moment>, terms: &Terms, now: Moment, out: &mut Vec<Output>) {
        if full_since.is_some_and(|since| now.since_ms(since) >= terms.stall_ms) {
            return out.push(Output::Close(CloseCode::Stalled));
        }
        if now < self.next_deadline(terms) {
            return;
        }
        match (self.phase, self.pinged) {
            (Phase::Open, false) => {
                self.pinged = self.way == Way::Both;
                self.since = now;
                out.push(Output::Ping);
            }
            // A reader that takes bytes slowly is alive: its socket, not its silence, decides.
            (Phase::Open, true) if full_since.is_some() => self.since = now,
            (Phase::Open, true) => out.push(Output::Close(CloseCode::NoPong)),
            _ => out.push(Output::Close(CloseCode::NoHello)),
        }
    }

    fn refuse(&mut self, error: Error, out: &mut Vec<Output>) {
        let close = error.code.close();
        out.push(Output::Reply(Push::Error(error)));
        out.extend(close.map(Output::Close));
    }
}

fn not_subscribed(r#ref: u64, room: &RoomId) -> Error {
    let said = format!("This connection is not subscribed to {room}. Subscribe first.");
    Error::new(Some(r#ref), ErrorCode::NotSubscribed, said)
}

fn checked(send: Send, terms: &Terms) -> Result<Send, Error> {
    if !matches!(send.kind, Kind::Message | Kind::Edit) {
        return Ok(send);
    }
    match text::check(&send.body.text, terms.limits.text_bytes_max as usize) {
        Ok(()) => Ok(send),
        // Files say enough.
        Err(_) if send.body.text.is_empty() && !send.body.files.is_empty() => Ok(send),
        Err((code, said)) => {
            Err(Error { field: Some("body.text".into()), ..Error::new(Some(send.r#ref), code, said) })
        }
    }
}

#[cfg(test)]
mod tests;
