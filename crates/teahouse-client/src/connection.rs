//! The rules of a client: hello, cursors, once, in order, resend, resume, give up.
//!
//! Two enums and a function. It opens no socket, reads no clock and throws no dice: time is what the
//! caller says has passed since the client began, chance comes with each input. Whoever drives it
//! carries out the [`Output`]s in their order and comes back at [`Connection::next_deadline`].

use std::collections::BTreeMap;
use std::time::Duration;

use teahouse_protocol::frame::{Error, SignalBody, Subscribed, Welcome};
use teahouse_protocol::{
    Advice, Cid, Command, Cursor, ErrorCode, From, Hello, Limits, Push, RoomId, Seq, SessionId, code, text,
};

pub use crate::heard::Heard;
use crate::notice::{Ack, End, Notice, Refused};
use crate::outbox::{Outbox, Verdict};
pub use crate::question::Question;
use crate::question::Questions;
pub use crate::retry::Backoff;
use crate::subscription::Subscription;

/// What the outside tells the connection.
#[derive(Debug, Clone)]
pub enum Input {
    /// The transport that was asked for stands.
    Opened,
    /// A frame came.
    Heard(Heard),
    /// The transport ended, or could not be opened.
    Lost {
        /// The close code, if one came.
        code: Option<u16>,
        /// Why, as a clause for people.
        cause: String,
    },
    /// The program writes.
    Send {
        /// Where.
        room: RoomId,
        /// The id that makes it idempotent.
        cid: Cid,
        /// What.
        text: String,
    },
    /// The program asks; the answer carries `ask` back, which [`Connection::next_ref`] gave.
    Ask {
        /// Which question.
        r#ref: u64,
        /// What.
        question: Question,
    },
    /// The program follows a room.
    Subscribe {
        /// Which.
        room: RoomId,
        /// From where, unless it is followed already.
        from: From,
    },
    /// The program follows a room no longer.
    Unsubscribe {
        /// Which.
        room: RoomId,
    },
    /// The program's person is typing, or stopped.
    Typing {
        /// Where.
        room: RoomId,
        /// Whether.
        on: bool,
    },
    /// The program leaves.
    Close,
    /// Time has passed.
    Tick,
}

/// What the connection wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a transport; answer with `Opened` or `Lost`.
    Open,
    /// Send a frame over it.
    Frame(Command),
    /// Drop it at once; it is not heard any more.
    Drop,
    /// Tell the program.
    Notice(Notice),
    /// A message is in the log, or refused for good.
    Sent {
        /// Which.
        cid: Cid,
        /// What came of it.
        result: Result<Ack, Refused>,
    },
    /// A question was answered, or refused for good.
    Answer {
        /// Which.
        r#ref: u64,
        /// The reply.
        result: Result<Box<Push>, Refused>,
    },
}

/// Who the client is.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Proof of being somebody.
    pub token: Option<String>,
    /// The name of a new guest.
    pub name: Option<String>,
    /// The session to go on with.
    pub session: Option<SessionId>,
    /// The program's name and version, for the house's log.
    pub client: String,
}

/// A client's connection: the one it has, or the next.
#[derive(Debug)]
pub struct Connection {
    me: Identity,
    phase: Phase,
    rooms: BTreeMap<RoomId, Subscription>,
    outbox: Outbox,
    questions: Questions,
    limits: Limits,
    backoff: Backoff,
    heartbeat: Duration,
    /// Tries since the last welcome.
    attempt: u32,
    /// The pause that a draining house asked for.
    drain_retry: Option<Duration>,
    welcomed: bool,
    last_ref: u64,
    random: u64,
    now: Duration,
    out: Vec<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No transport; the next try is at that time.
    Down(Duration),
    /// A transport is being opened, until then at most.
    Opening(Duration),
    /// `hello` was said; `welcome` must come until then.
    Greeting(Duration),
    /// Welcome. Silent since; sends nothing any more when the house drains.
    Up {
        heard: Duration,
        draining: bool,
    },
    /// `bye` was said; the end must come until then.
    Leaving(Duration),
    Ended,
}

impl Connection {
    /// How long a transport may take to open, and a house to say welcome.
    const OPEN_MAX: Duration = Duration::from_secs(10);
    /// How long the house may be silent beyond its heartbeat.
    const SILENCE_MAX: Duration = Duration::from_secs(10);
    /// How long the house may take to answer `bye`.
    const BYE_MAX: Duration = Duration::from_secs(2);
    /// Longest pause that a house may ask for.
    const PAUSE_MAX: Duration = Duration::from_secs(120);
    /// What holds until a welcome says otherwise.
    const LIMITS: Limits = Limits {
        frame_bytes_max: 64 * 1024,
        text_bytes_max: 16 * 1024,
        rooms_max: 200,
        sends_unacked_max: 32,
    };

    /// A client that begins with its first [`Input::Tick`].
    #[must_use]
    pub fn new(me: Identity, rooms: impl IntoIterator<Item = (RoomId, From)>, backoff: Backoff) -> Self {
        let rooms =
            rooms.into_iter().map(|(room, from)| (room.clone(), Subscription::new(room, from))).collect();
        Self {
            me,
            phase: Phase::Down(Duration::ZERO),
            rooms,
            outbox: Outbox::default(),
            questions: Questions::default(),
            limits: Self::LIMITS,
            backoff,
            heartbeat: Duration::from_secs(25),
            attempt: 0,
            drain_retry: None,
            welcomed: false,
            last_ref: 0,
            random: 0,
            now: Duration::ZERO,
            out: Vec::new(),
        }
    }

    /// Takes one input and appends what is to be done about it to `out`.
    ///
    /// `now` is the time since the client began and never goes back; `random` is a uniform draw.
    pub fn handle(&mut self, input: Input, now: Duration, random: u64, out: &mut Vec<Output>) {
        self.now = now;
        self.random = random;
        match input {
            Input::Opened => self.opened(),
            Input::Heard(heard) => self.heard(heard),
            Input::Lost { code, cause } => self.lost(code, cause),
            Input::Send { room, cid, text } => self.send(room, cid, text),
            Input::Ask { r#ref, question } => self.ask(r#ref, question),
            Input::Subscribe { room, from } => self.subscribe(room, from),
            Input::Unsubscribe { room } => self.unsubscribe(&room),
            Input::Typing { room, on } => self.typing(room, on),
            Input::Close => self.close(),
            Input::Tick => self.tick(),
        }
        self.send_what_is_due();
        out.append(&mut self.out);
    }

    /// When the next [`Input::Tick`] is due, if nothing else comes first.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Down(at) | Phase::Opening(at) | Phase::Greeting(at) | Phase::Leaving(at) => Some(at),
            Phase::Up { heard, .. } => {
                let rooms = self.rooms.values().filter_map(Subscription::next_deadline);
                let waiting = [self.outbox.next_deadline(), self.questions.next_deadline()];
                rooms.chain(waiting.into_iter().flatten()).chain([heard + self.silence_max()]).min()
            }
            Phase::Ended => None,
        }
    }

    /// A number for a question, never given twice.
    pub fn next_ref(&mut self) -> u64 {
        self.last_ref += 1;
        self.last_ref
    }

    /// Messages that are not yet acknowledged.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// Questions that are not yet answered.
    #[must_use]
    pub fn questions_len(&self) -> usize {
        self.questions.len()
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// The driver did not listen for a while, so that silence up to now means nothing.
    pub fn listened_again(&mut self, now: Duration) {
        if let Phase::Up { heard, .. } = &mut self.phase {
            *heard = now;
        }
    }

    fn silence_max(&self) -> Duration {
        self.heartbeat + Self::SILENCE_MAX
    }

    fn say(&mut self, notice: Notice) {
        self.out.push(Output::Notice(notice));
    }

    fn order(&mut self, command: Command) {
        self.out.push(Output::Frame(command));
    }

    fn opened(&mut self) {
        if !matches!(self.phase, Phase::Opening(_)) {
            return;
        }
        self.phase = Phase::Greeting(self.now + Self::OPEN_MAX);
        let mut cursors = BTreeMap::new();
        for (room, subscription) in &mut self.rooms {
            subscription.asked(None);
            cursors.insert(room.clone(), subscription.from());
        }
        self.order(Command::Hello(Hello {
            v: teahouse_protocol::VERSION,
            token: self.me.token.clone(),
            // A name beside a token would ask for a change of name.
            name: self.me.name.clone().filter(|_| self.me.token.is_none()),
            session: self.me.session,
            cursors,
            client: Some(self.me.client.clone()),
            ..Hello::default()
        }));
    }

    fn heard(&mut self, heard: Heard) {
        match &mut self.phase {
            Phase::Up { heard, .. } => *heard = self.now,
            Phase::Greeting(_) => {}
            // What a dropped transport still brings is of another time.
            Phase::Down(_) | Phase::Opening(_) | Phase::Leaving(_) | Phase::Ended => return,
        }
        match heard {
            Heard::Push(push) => self.push(push),
            Heard::Skip { room, seq, cid } => {
                self.rooms.get_mut(&room).map(|subscription| subscription.event(seq, cid, self.now));
            }
            Heard::Unknown => {}
        }
    }

    fn push(&mut self, push: Push) {
        match push {
            Push::Welcome(welcome) => self.welcome(welcome),
            Push::Subscribed(subscribed) => self.subscribed(subscribed),
            Push::Ack { room, cid, seq, at, repeat, .. } => {
                if self.outbox.acknowledged(&room, cid) {
                    self.out.push(Output::Sent { cid, result: Ok(Ack { seq, at, repeat }) });
                }
            }
            Push::Event(event) => {
                let subscription = self.rooms.get_mut(&event.room);
                if subscription.is_some_and(|it| it.event(event.seq, event.cid, self.now)) {
                    self.say(Notice::Event(event));
                }
            }
            Push::Live { room, seq } => {
                if self.rooms.get_mut(&room).is_some_and(|it| it.live(seq, self.now)) {
                    self.say(Notice::Live { room, seq });
                }
            }
            Push::Behind { room, from, head } => self.jump(&room, from, false, head),
            Push::Reset { room, from, head, .. } => self.jump(&room, from, true, head),
            Push::Page { r#ref, .. } | Push::Read { r#ref: Some(r#ref), .. } => {
                if self.questions.answered(r#ref) {
                    self.out.push(Output::Answer { r#ref, result: Ok(Box::new(push)) });
                }
            }
            Push::Read { r#ref: None, room, seq } => self.say(Notice::Read { room, seq }),
            Push::Signal { room, body: SignalBody::Presence(presence) } => {
                self.say(Notice::Presence { room, presence });
            }
            Push::Signal { room, body: SignalBody::Typing(here) } => self.say(Notice::Typing { room, here }),
            Push::Ping { heads } => self.ping(heads),
            Push::Error(error) => self.error(error),
            Push::Drain { retry_ms } => self.drain(retry_ms),
            Push::Close { code, reason, retry_ms } => self.closed(code, reason, retry_ms),
            Push::Unsubscribed { .. } | Push::Pong { .. } | Push::Authed { .. } => {}
        }
    }

    fn welcome(&mut self, welcome: Box<Welcome>) {
        self.phase = Phase::Up { heard: self.now, draining: false };
        self.attempt = 0;
        self.limits = welcome.limits;
        self.heartbeat = Duration::from_secs(u64::from(welcome.heartbeat_s));
        self.backoff.least =
            Duration::from_millis(welcome.retry_ms).clamp(self.backoff.least, self.backoff.most);
        self.me.session = Some(welcome.session);
        if let Some(token) = &welcome.token {
            self.me.token = Some(token.clone());
        }
        let first = !std::mem::replace(&mut self.welcomed, true);
        self.say(if first { Notice::Welcome(welcome) } else { Notice::Resumed(welcome) });
    }

    fn subscribed(&mut self, subscribed: Box<Subscribed>) {
        let Some(subscription) = self.rooms.get_mut(&subscribed.room.id) else { return };
        let hole = subscription.subscribed(&subscribed);
        self.say(Notice::Subscribed(subscribed));
        if let Some(hole) = hole {
            self.say(Notice::Hole(hole));
        }
    }

    fn jump(&mut self, room: &RoomId, from: Cursor, reset: bool, head: Seq) {
        if let Some(hole) = self.rooms.get_mut(room).and_then(|it| it.jump(from, reset, head)) {
            self.say(Notice::Hole(hole));
        }
    }

    fn ping(&mut self, heads: BTreeMap<RoomId, Seq>) {
        let cursors = self.rooms.iter().filter_map(|(room, it)| Some((room.clone(), it.cursor()?))).collect();
        self.order(Command::Pong { cursors });
        for (room, head) in heads {
            if let Some(subscription) = self.rooms.get_mut(&room) {
                subscription.head(head, self.now);
            }
        }
    }
}

mod ends;
mod orders;

#[cfg(test)]
mod tests;
