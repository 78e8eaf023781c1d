//! The rules of a client: hello, cursors, once, in order, resend, resume, give up.
//!
//! Two enums and a function. It opens no socket, reads no clock and throws no dice: time is what the
//! caller says has passed since the client began, chance comes with each input. Whoever drives it
//! carries out the [`Output`]s in their order and comes back at [`Connection::next_deadline`].

use std::collections::BTreeMap;
use std::time::Duration;

use teahouse_protocol::frame::{Error, SignalBody, Subscribed, Welcome};
use teahouse_protocol::{
    Advice, Body, Cid, CloseCode, Command, Cursor, ErrorCode, From, Hello, Kind, Limits, Push, RoomId, Seq,
    SessionId, code, text,
};

use crate::choice::Choice;
pub use crate::choice::{Fault, Transport, Ways};
pub use crate::heard::Heard;
use crate::notice::{Ack, End, Notice, Refused};
use crate::outbox::{Outbox, Verdict};
pub use crate::question::Question;
use crate::question::Questions;
pub use crate::retry::Backoff;
use crate::subscription::Subscription;

/// One transport that was opened. What comes of one that was dropped is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What the outside tells the connection.
#[derive(Debug, Clone)]
pub enum Input {
    /// The transport that was asked for stands; one over plain HTTP stands at once.
    Opened {
        /// Which.
        link: LinkId,
    },
    /// A frame came.
    Heard {
        /// Over which transport.
        link: LinkId,
        /// What.
        heard: Heard,
    },
    /// A request as a whole was refused (plain HTTP only).
    Refused {
        /// Over which transport.
        link: LinkId,
        /// Why.
        error: Error,
    },
    /// The transport ended, or could not be opened.
    Lost {
        /// Which.
        link: LinkId,
        /// The close code, if one came.
        code: Option<u16>,
        /// What it says of the transport.
        fault: Fault,
        /// Why, as a clause for people.
        cause: String,
    },
    /// The program writes.
    Send {
        /// Where.
        room: RoomId,
        /// The id that makes it idempotent.
        cid: Cid,
        /// What kind of event it becomes.
        kind: Kind,
        /// What it says.
        body: Body,
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
    Open {
        /// Its name from now on.
        link: LinkId,
        /// Which kind.
        transport: Transport,
    },
    /// Send a frame over it. Over plain HTTP a `hello` is the next request to read with, in place of the
    /// one that is under way.
    Frame {
        /// Over which transport.
        link: LinkId,
        /// What.
        command: Command,
    },
    /// Drop it at once; it is not heard any more.
    Drop {
        /// Which.
        link: LinkId,
    },
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
    ways: Ways,
    choice: Choice,
    phase: Phase,
    link: LinkId,
    transport: Transport,
    /// The transport that the program was told of.
    told: Option<Transport>,
    reading: Reading,
    trial: Option<Trial>,
    /// When a trial last ended without success.
    tried: Option<Duration>,
    /// When a connection was last given up without a word of the house, which may hear of it later.
    strayed: Option<Duration>,
    last_link: u64,
    rooms: BTreeMap<RoomId, Subscription>,
    outbox: Outbox,
    questions: Questions,
    limits: Limits,
    backoff: Backoff,
    heartbeat: Duration,
    /// Tries since the last welcome.
    attempt: u32,
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
    /// Welcome. Silent since. While the house drains nothing is sent, and it names a pause.
    Up {
        heard: Duration,
        drains: Option<Duration>,
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
    pub fn new(
        me: Identity,
        rooms: impl IntoIterator<Item = (RoomId, From)>,
        backoff: Backoff,
        ways: Ways,
    ) -> Self {
        let rooms =
            rooms.into_iter().map(|(room, from)| (room.clone(), Subscription::new(room, from))).collect();
        Self {
            me,
            ways,
            choice: Choice::new(ways.transport),
            phase: Phase::Down(Duration::ZERO),
            link: LinkId::default(),
            transport: Transport::WebSocket,
            told: None,
            reading: Reading::default(),
            trial: None,
            tried: None,
            strayed: None,
            last_link: 0,
            rooms,
            outbox: Outbox::default(),
            questions: Questions::default(),
            limits: Self::LIMITS,
            backoff,
            heartbeat: Duration::from_secs(25),
            attempt: 0,
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
            Input::Opened { link } if link == self.link => self.opened(),
            Input::Heard { link, heard } if link == self.link => self.heard(heard),
            Input::Refused { link, error } if link == self.link => self.request_refused(error),
            Input::Lost { link, code, fault, cause } if link == self.link => self.lost(code, fault, cause),
            Input::Opened { link } => self.trial_opened(link),
            Input::Heard { link, heard } => self.trial_heard(link, heard),
            Input::Refused { link, .. } | Input::Lost { link, .. } => self.trial_lost(link),
            Input::Send { room, cid, kind, body } => self.send(room, cid, kind, body),
            Input::Ask { r#ref, question } => self.ask(r#ref, question),
            Input::Subscribe { room, from } => self.subscribe(room, from),
            Input::Unsubscribe { room } => self.unsubscribe(&room),
            Input::Typing { room, on } => self.typing(room, on),
            Input::Close => self.close(),
            Input::Tick => self.tick(),
        }
        self.send_what_is_due();
        self.try_better();
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
                let waiting = waiting.into_iter().flatten().filter(|_| !self.is_rising());
                rooms.chain(waiting).chain(self.next_reading(heard)).chain(self.next_trial()).min()
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

    fn say(&mut self, notice: Notice) {
        self.out.push(Output::Notice(notice));
    }

    fn order(&mut self, command: Command) {
        self.out.push(Output::Frame { link: self.link, command });
    }

    fn opened(&mut self) {
        let Phase::Opening(until) = self.phase else { return };
        // A guest without a token could be made twice: the house gets its whole time to answer. With a
        // token one is the same person over any transport.
        let patient = self.me.token.is_none() || self.choice.patience().is_none();
        self.phase = Phase::Greeting(if patient { self.now + Self::OPEN_MAX } else { until });
        self.rooms.values_mut().for_each(|subscription| subscription.asked(None));
        self.reading.asked(self.now, false);
        let hello = self.hello();
        self.order(Command::Hello(hello));
    }

    fn hello(&self) -> Hello {
        Hello {
            v: teahouse_protocol::VERSION,
            token: self.me.token.clone(),
            // A name beside a token would ask for a change of name.
            name: self.me.name.clone().filter(|_| self.me.token.is_none()),
            you: None,
            session: self.me.session,
            cursors: self.rooms.iter().map(|(room, it)| (room.clone(), it.from())).collect(),
            client: Some(self.me.client.clone()),
            brief: false,
            cost: self.ways.cost,
        }
    }

    fn heard(&mut self, heard: Heard) {
        match &mut self.phase {
            Phase::Up { heard, .. } => *heard = self.now,
            Phase::Greeting(_) => {}
            // What a dropped transport still brings is of another time.
            Phase::Down(_) | Phase::Opening(_) | Phase::Leaving(_) | Phase::Ended => return,
        }
        self.reading.heard(&heard);
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
                self.expect(&room, seq);
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
            Push::Signal { room, body } => self.say(Self::signal(room, body)),
            Push::Ping { heads } => self.ping(heads),
            Push::Error(error) => self.error(error),
            Push::Drain { retry_ms } => self.drain(retry_ms),
            Push::Close { code, reason, retry_ms } => self.closed(code, reason, retry_ms),
            Push::Unsubscribed { room, code: Some(code), .. } => self.sent_out(&room, code),
            Push::Changed { you, rooms, calls } => self.say(Notice::Changed { you, rooms, calls }),
            Push::Unsubscribed { .. } | Push::Pong { .. } | Push::Authed { .. } => {}
        }
    }

    fn welcome(&mut self, welcome: Box<Welcome>) {
        self.obey(&welcome);
        let before = std::mem::replace(&mut self.phase, Phase::Up { heard: self.now, drains: None });
        // Over plain HTTP a later request of the same connection is greeted again: by another node, if the
        // one before it drains.
        if matches!(before, Phase::Up { .. }) {
            return;
        }
        self.attempt = 0;
        self.choice.welcomed(self.now);
        let first = !std::mem::replace(&mut self.welcomed, true);
        self.say(if first { Notice::Welcome(welcome) } else { Notice::Resumed(welcome) });
        self.say_transport();
    }

    /// What a welcome sets.
    fn obey(&mut self, welcome: &Welcome) {
        self.limits = welcome.limits;
        self.heartbeat = Duration::from_secs(u64::from(welcome.heartbeat_s));
        self.backoff.least =
            Duration::from_millis(welcome.retry_ms).clamp(self.backoff.least, self.backoff.most);
        self.me.session = Some(welcome.session);
        if let Some(token) = &welcome.token {
            self.me.token = Some(token.clone());
        }
    }

    fn say_transport(&mut self) {
        if self.told.replace(self.transport) != Some(self.transport) {
            self.say(Notice::Transport(self.transport));
        }
    }

    fn subscribed(&mut self, subscribed: Box<Subscribed>) {
        let Some(subscription) = self.rooms.get_mut(&subscribed.room.id) else { return };
        let hole = subscription.subscribed(&subscribed);
        self.say(Notice::Subscribed(subscribed));
        if let Some(hole) = hole {
            self.say(Notice::Hole(hole));
        }
    }

    fn signal(room: RoomId, body: SignalBody) -> Notice {
        match body {
            SignalBody::Presence(presence) => Notice::Presence { room, presence },
            SignalBody::Typing(here) => Notice::Typing { room, here },
        }
    }

    fn jump(&mut self, room: &RoomId, from: Cursor, reset: bool, head: Seq) {
        self.drop_trial();
        if let Some(hole) = self.rooms.get_mut(room).and_then(|it| it.jump(from, reset, head)) {
            self.say(Notice::Hole(hole));
        }
    }

    fn ping(&mut self, heads: BTreeMap<RoomId, Seq>) {
        if !self.transport.is_http() {
            let cursors =
                self.rooms.iter().filter_map(|(room, it)| Some((room.clone(), it.cursor()?))).collect();
            self.order(Command::Pong { cursors });
        }
        for (room, head) in heads {
            if let Some(subscription) = self.rooms.get_mut(&room) {
                subscription.head(head, self.now);
            }
        }
    }
}

mod ends;
mod orders;
mod reading;
mod trial;

use reading::Reading;
use trial::Trial;

#[cfg(test)]
mod tests;
