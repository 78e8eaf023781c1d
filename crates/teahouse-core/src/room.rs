//! One room: who may write, in which order, and the last number of its log.
//!
//! One append is under way at a time; what comes meanwhile gathers into the next. So one sync of the
//! disk serves everybody who wrote since the last one, and what it made durable is one tick of the room.
//!
//! Other nodes append to the same log. What they stored comes as a hint, or is read from the log; events
//! that came before those they follow wait for them. Everybody who is live gets them in order.

use std::collections::{BTreeMap, HashSet, VecDeque};

use teahouse_protocol::text::{self, Calls};
use teahouse_protocol::{Body, Cid, ErrorCode, Event, Kind, Person, RoomId, RoomNow, Seq, UserId};

use self::pauses::Pauses;
use crate::rights::{self, Action, Concern, Refusal, Subject};

/// How long one waits between two messages.
mod pauses;

/// A connection, as the room tells it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Most bytes of text that wait for the store in one room; beyond it a send is `store_busy`.
pub const WAITING_BYTES_MAX: usize = 16 << 20;
/// Most events in one append: bounds a transaction, and how long a tick of the room takes.
pub const APPEND_EVENTS_MAX: usize = 1024;
/// Most bytes of text in one append: a slow reader may hold one tick of the room.
pub const APPEND_BYTES_MAX: usize = 256 << 10;
/// Most events that wait for those before them; what is more is read from the log in its turn.
pub const AHEAD_EVENTS_MAX: usize = 2 * APPEND_EVENTS_MAX;
/// Most bytes of text of them.
pub const AHEAD_BYTES_MAX: usize = 1 << 20;
/// How long a sender waits after the store refused, in milliseconds.
pub const STORE_RETRY_MS: u64 = 1000;

/// An accepted event before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The id that the author's client gave it.
    pub cid: Cid,
    /// What kind of fact it is.
    pub kind: Kind,
    /// Who did it.
    pub by: UserId,
    /// When it was accepted, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// What it says.
    pub body: Body,
}

/// A draft that depends on what the store has: it names a message, or files. It is stored alone, if the message is there and
/// nothing else is wrong; else it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is to be stored.
    pub draft: Draft,
    /// The first number that its author may read: they name no message below it.
    pub readable_from: Seq,
    /// Whether they may do to others' messages what they may do to their own.
    pub keeps_order: bool,
}

/// Something that a connection wants to write.
#[derive(Debug, Clone)]
pub struct Post {
    /// Who is answered.
    pub connection: ConnectionId,
    /// Comes back with the answer.
    pub r#ref: u64,
    /// Makes it idempotent.
    pub cid: Cid,
    /// What kind of event it becomes.
    pub kind: Kind,
    /// Who writes.
    pub by: Person,
    /// What is known of their rights.
    pub subject: Subject,
    /// What it says.
    pub body: Body,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// Whether it is the head of the client's outbox.
    pub first: bool,
}

/// What became of one draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log, with its number and the room's message counter.
    Stored(Seq, u64),
    /// It was in the log before: its number, and when it was accepted.
    Repeat(Seq, u64),
    /// Its `cid` is another message's.
    Conflict,
    /// What it names is not as it has to be.
    Refused(ErrorCode),
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Somebody writes; `rate` is what the person's rate says of it.
    Post {
        /// What.
        post: Box<Post>,
        /// `Err` with the milliseconds to wait.
        rate: Result<(), u64>,
    },
    /// The append that is under way ended.
    Appended(Result<Vec<Outcome>, ErrorCode>),
    /// A connection left; nobody is there to be answered.
    Left(ConnectionId),
    /// The log goes up to this number, wherever that was learned: another node may have written, or an
    /// append that failed may have been stored. May be late, repeated and out of order.
    LogAt(Seq),
    /// Another node stored these. May be late, repeated, out of order, or lost.
    Hint(Vec<Event>),
    /// What the log has after the number that [`Room::missing`] gave, or its beginning.
    Read(Vec<Event>),
}

/// What is to be done, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Store these; answer with [`Input::Appended`]. Never two at a time.
    Append(Vec<Draft>),
    /// Store this if what it names is as it has to be; answer with [`Input::Appended`] and one outcome. Never beside
    /// an append.
    Change(Box<Change>),
    /// Tell a connection that its send is in the log.
    Ack {
        /// Whom.
        connection: ConnectionId,
        /// Of what.
        r#ref: u64,
        /// Of what.
        cid: Cid,
        /// Its number.
        seq: Seq,
        /// When it was accepted.
        at: u64,
        /// Whether it was there before.
        repeat: bool,
    },
    /// Tell a connection that its send is not in the log.
    Refuse {
        /// Whom.
        connection: ConnectionId,
        /// Of what.
        r#ref: u64,
        /// Why.
        code: ErrorCode,
        /// How long to wait before trying again.
        retry_ms: Option<u64>,
        /// What of it is wrong, if it is a part.
        field: Option<&'static str>,
    },
    /// Give these events, which follow one another, to everybody who is live.
    Deliver(Vec<Event>),
    /// The next event changes the rights of these: they get nothing more before it is known what they may.
    Concern(Concern),
    /// Tell the other nodes that these were stored.
    Hint(Vec<Event>),
    /// The log begins after this room's head, which moves there: everybody who is live is behind now.
    Jump {
        /// The head as it was, which they have.
        before: Seq,
        /// The head as it is.
        to: Seq,
    },
}

/// One room. Owned by the task that drives it.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    /// What holds after the last event that was delivered.
    now: RoomNow,
    pauses: Pauses,
    /// Other nodes append to the log, too: they are told of what is stored here.
    is_shared: bool,
    head: Seq,
    /// How far the log is known to go.
    log_at: Seq,
    /// Events beyond the head, by number: the ones they follow are not here yet.
    ahead: BTreeMap<Seq, Event>,
    ahead_bytes: usize,
    waiting: VecDeque<Post>,
    waiting_bytes: usize,
    appending: Vec<Post>,
    /// Connections whose last send was refused for now: later ones would overtake it.
    gated: HashSet<ConnectionId>,
    /// Connections that left while an append was under way: some of it may be theirs.
    left: HashSet<ConnectionId>,
}

impl Room {
    /// A room whose log ends at `head`, which is like this `now`, and which other nodes append to if it
    /// `is_shared`.
    #[must_use]
    pub fn new(id: RoomId, head: Seq, now: RoomNow, is_shared: bool) -> Self {
        Self {
            id,
            now,
            pauses: Pauses::default(),
            is_shared,
            head,
            log_at: head,
            ahead: BTreeMap::new(),
            ahead_bytes: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            appending: Vec::new(),
            gated: HashSet::new(),
            left: HashSet::new(),
        }
    }

    /// What holds in the room.
    #[must_use]
    pub fn now(&self) -> &RoomNow {
        &self.now
    }

    /// It was learned that the room is like this now, beside its log.
    pub fn is_like(&mut self, now: RoomNow) {
        self.now = now;
    }

    /// The last number that was delivered.
    #[must_use]
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Whether it holds nothing but numbers: no send waits, no connection has to start again.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
            && self.appending.is_empty()
            && self.ahead.is_empty()
            && self.gated.is_empty()
            && self.left.is_empty()
    }

    /// The number after which the log has to be read: it goes further. A hint, or the append under way, may
    /// bring what is missing in a moment; the driver waits so long, reads if it is still missing, and
    /// answers with [`Input::Read`]. In a busy room an append is always under way: waiting for its end would
    /// be waiting for ever.
    #[must_use]
    pub fn missing(&self) -> Option<Seq> {
        (self.head < self.log_at).then_some(self.head)
    }

    /// Takes what happened and says what is to be done.
    pub fn handle(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Post { post, rate } => self.post(*post, rate, out),
            Input::Appended(result) => {
                match result {
                    Ok(outcomes) => self.stored(&outcomes, out),
                    Err(code) => self.not_stored(code, out),
                }
                self.forget_left();
            }
            Input::Left(connection) => {
                self.gated.remove(&connection);
                if !self.appending.is_empty() {
                    self.left.insert(connection);
                }
            }
            Input::LogAt(seq) => self.log_at = self.log_at.max(seq),
            Input::Hint(mut events) => {
                events.sort_unstable_by_key(|event| event.seq);
                self.go_on(events, out);
            }
            Input::Read(events) => self.read(events, out),
        }
    }

    /// Gives the next append, if something waits and none is under way. The driver calls it when it has
    /// written the last tick and looked at what came meanwhile: the more gathers, the fewer writes.
    pub fn append(&mut self, out: &mut Vec<Output>) {
        if !self.appending.is_empty() || self.waiting.is_empty() {
            return;
        }
        let mut bytes = 0;
        let fits = |post: &&Post| {
            bytes += post.body.text.len();
            bytes <= APPEND_BYTES_MAX && !is_change(post)
        };
        // A change is alone: what it names may be what was written right before it.
        let count = self.waiting.iter().take(APPEND_EVENTS_MAX).take_while(fits).count().max(1);
        self.appending = self.waiting.drain(..count).collect();
        self.waiting_bytes -= self.appending.iter().map(|post| post.body.text.len()).sum::<usize>();
        out.push(match &self.appending[..] {
            [post] if is_change(post) => Output::Change(Box::new(self.change(post))),
            posts => Output::Append(posts.iter().map(draft).collect()),
        });
    }

    fn change(&self, post: &Post) -> Change {
        let may = |action| rights::may(&post.subject, &self.id, &self.now, action).is_ok();
        let readable_from = rights::readable_from(&post.subject, &self.now);
        Change { draft: draft(post), readable_from, keeps_order: may(Action::Moderate) }
    }

    fn post(&mut self, post: Post, rate: Result<(), u64>, out: &mut Vec<Output>) {
        if !self.in_order(&post) {
            return self.refuse(&post, ErrorCode::OutOfOrder, None, out);
        }
        if let Err(refusal) = self.may(&post) {
            let retry_ms = match refusal {
                Refusal::Muted(until) => Some(until.saturating_sub(post.at)),
                _ => None,
            };
            return self.refuse(&post, refusal.code(), retry_ms, out);
        }
        if self.calls_without_right(&post) {
            let (connection, r#ref, code) = (post.connection, post.r#ref, ErrorCode::Forbidden);
            let field = Some("body.text");
            return out.push(Output::Refuse { connection, r#ref, code, retry_ms: None, field });
        }
        if let Err(retry_ms) = rate {
            return self.refuse(&post, ErrorCode::Rate, Some(retry_ms), out);
        }
        if self.waiting_bytes + post.body.text.len() > WAITING_BYTES_MAX {
            return self.refuse(&post, ErrorCode::StoreBusy, Some(STORE_RETRY_MS), out);
        }
        if let Err(retry_ms) = self.slowly(&post) {
            return self.refuse(&post, ErrorCode::SlowMode, Some(retry_ms), out);
        }
        self.waiting_bytes += post.body.text.len();
        self.waiting.push_back(post);
    }

    /// Whether the person may do this, as far as that does not depend on the message that it names.
    fn may(&self, post: &Post) -> Result<(), Refusal> {
        let may = |action| rights::may(&post.subject, &self.id, &self.now, action);
        match post.kind {
            Kind::Reaction => may(Action::React),
            Kind::Pin => may(Action::Pin),
            // One's own, or anybody's.
            Kind::Delete => may(Action::Report).or_else(|refusal| may(Action::Moderate).map_err(|_| refusal)),
            _ => may(Action::Write),
        }
    }

    /// Whether it calls everybody at once, and its author may not.
    fn calls_without_right(&self, post: &Post) -> bool {
        let said = &*post.body.text;
        // Most texts need no tree to say so.
        if !said.contains("<@here>") && !said.contains("<@room>") {
            return false;
        }
        let Calls { here, room, .. } = text::calls(said);
        (here || room) && rights::may(&post.subject, &self.id, &self.now, Action::Call).is_err()
    }

    /// Whether the person's last message is long enough ago, or how many milliseconds are missing.
    fn slowly(&mut self, post: &Post) -> Result<(), u64> {
        let pause_ms = self.pause_ms();
        let keeps_order = || rights::may(&post.subject, &self.id, &self.now, Action::Moderate).is_ok();
        if pause_ms == 0 || !post.kind.is_message() || keeps_order() {
            return Ok(());
        }
        self.pauses.begin(post, pause_ms)
    }

    fn pause_ms(&self) -> u64 {
        u64::from(self.now.policy.slow_s) * 1_000
    }

    /// It is known what became of what was accepted: it is in the log since `at`, or it was refused.
    fn ended(&mut self, post: &Post, at: Option<u64>) {
        let pause_ms = self.pause_ms();
        self.pauses.ended(post, at, pause_ms);
    }

    /// Whether nothing that this connection sent before was refused for now.
    fn in_order(&mut self, post: &Post) -> bool {
        if post.first {
            self.gated.remove(&post.connection);
        }
        !self.gated.contains(&post.connection)
    }

    fn refuse(&mut self, post: &Post, code: ErrorCode, retry_ms: Option<u64>, out: &mut Vec<Output>) {
        if code.retryable() {
            self.gated.insert(post.connection);
        }
        out.push(refusal(post, code, retry_ms));
    }

    fn stored(&mut self, outcomes: &[Outcome], out: &mut Vec<Output>) {
        let posts = std::mem::take(&mut self.appending);
        assert_eq!(posts.len(), outcomes.len(), "the store answers every draft");
        let mut events = Vec::new();
        for (post, outcome) in posts.into_iter().zip(outcomes) {
            let in_log = match *outcome {
                Outcome::Stored(seq, _) => Ok((seq, post.at, false)),
                Outcome::Repeat(seq, at) => Ok((seq, at, true)),
                Outcome::Conflict => Err(ErrorCode::CidConflict),
                Outcome::Refused(code) => Err(code),
            };
            self.ended(&post, in_log.ok().map(|(_, at, _)| at));
            let (seq, at, repeat) = match in_log {
                Ok(in_log) => in_log,
                Err(code) => {
                    self.refuse(&post, code, None, out);
                    continue;
                }
            };
            self.log_at = self.log_at.max(seq);
            out.push(Output::Ack {
                connection: post.connection,
                r#ref: post.r#ref,
                cid: post.cid,
                seq,
                at,
                repeat,
            });
            if let Outcome::Stored(seq, n) = *outcome {
                events.push(event(&self.id, post, seq, n));
            }
        }
        if self.is_shared && !events.is_empty() {
            out.push(Output::Hint(events.clone()));
        }
        self.go_on(events, out);
    }

    /// Delivers what follows the head, of these events and of those that waited for them, in pieces that
    /// a slow reader may hold.
    fn go_on(&mut self, events: Vec<Event>, out: &mut Vec<Output>) {
        let mut events = events.into_iter().peekable();
        let (mut tick, mut bytes) = (Vec::new(), 0);
        loop {
            while events.next_if(|event| event.seq <= self.head).is_some() {}
            let next = self.head.next();
            let waited = self.take_ahead(next);
            let Some(event) = events.next_if(|event| event.seq == next).or(waited) else { break };
            if let Some(concern) = rights::concern(&event, &self.now) {
                if !tick.is_empty() {
                    out.push(Output::Deliver(std::mem::take(&mut tick)));
                    bytes = 0;
                }
                out.push(Output::Concern(concern));
            }
            if let Some(now) = &event.body.room {
                self.now = RoomNow::clone(now);
            }
            self.head = next;
            bytes += event.body.text.len();
            tick.push(event);
            if tick.len() >= APPEND_EVENTS_MAX || bytes >= APPEND_BYTES_MAX {
                out.push(Output::Deliver(std::mem::take(&mut tick)));
                bytes = 0;
            }
        }
        if !tick.is_empty() {
            out.push(Output::Deliver(tick));
        }
        self.log_at = self.log_at.max(self.head);
        events.for_each(|event| self.keep(event));
    }

    fn take_ahead(&mut self, seq: Seq) -> Option<Event> {
        let event = self.ahead.remove(&seq)?;
        self.ahead_bytes -= event.body.text.len();
        Some(event)
    }

    /// Keeps an event until those before it are here, if there is room for it.
    fn keep(&mut self, event: Event) {
        self.log_at = self.log_at.max(event.seq);
        let bytes = event.body.text.len();
        let fits = self.ahead.len() < AHEAD_EVENTS_MAX && self.ahead_bytes + bytes <= AHEAD_BYTES_MAX;
        if fits && !self.ahead.contains_key(&event.seq) {
            self.ahead_bytes += bytes;
            self.ahead.insert(event.seq, event);
        }
    }

    fn read(&mut self, events: Vec<Event>, out: &mut Vec<Output>) {
        match events.first().map(|first| first.seq) {
            // The log goes no further: whoever said so did not know.
            None => self.log_at = self.ahead.keys().next_back().map_or(self.head, |last| *last),
            Some(first) if first > self.head.next() => {
                let before = std::mem::replace(&mut self.head, Seq(first.0 - 1));
                out.push(Output::Jump { before, to: self.head });
                self.ahead = self.ahead.split_off(&first);
                self.ahead_bytes = self.ahead.values().map(|event| event.body.text.len()).sum();
            }
            Some(_) => {}
        }
        self.go_on(events, out);
    }

    fn not_stored(&mut self, code: ErrorCode, out: &mut Vec<Output>) {
        let mut refused = HashSet::new();
        for post in std::mem::take(&mut self.appending) {
            refused.insert(post.connection);
            self.ended(&post, None);
            out.push(refusal(&post, code, Some(STORE_RETRY_MS)));
        }
        // What these connections sent after it would overtake it, unless they started again meanwhile.
        for post in std::mem::take(&mut self.waiting) {
            if post.first {
                refused.remove(&post.connection);
            }
            if refused.contains(&post.connection) {
                self.waiting_bytes -= post.body.text.len();
                self.ended(&post, None);
                out.push(refusal(&post, ErrorCode::OutOfOrder, None));
            } else {
                self.waiting.push_back(post);
            }
        }
        // Who started again and waits keeps the gate as it is: it says what became of what came later.
        self.gated.extend(refused.difference(&self.left));
    }

    /// Nothing of the last append is under way any more, but something of who left may wait.
    fn forget_left(&mut self) {
        if !self.left.is_empty() {
            let waiting: HashSet<_> = self.waiting.iter().map(|post| post.connection).collect();
            self.left.retain(|connection| waiting.contains(connection));
        }
    }
}

fn refusal(post: &Post, code: ErrorCode, retry_ms: Option<u64>) -> Output {
    Output::Refuse { connection: post.connection, r#ref: post.r#ref, code, retry_ms, field: None }
}

/// Whether it names a message, so that the store has to look at that one first.
fn is_change(post: &Post) -> bool {
    !post.kind.is_message() || post.body.target.is_some() || !post.body.files.is_empty()
}

fn draft(post: &Post) -> Draft {
    Draft { cid: post.cid, kind: post.kind, by: post.by.id, at: post.at, body: post.body.clone() }
}

fn event(room: &RoomId, post: Post, seq: Seq, n: u64) -> Event {
    let Post { kind, cid, by, at, body, .. } = post;
    let n = kind.is_message().then_some(n);
    // Whoever reads it later does not know whether they were away.
    let by = Person { away: false, ..by };
    Event { room: room.clone(), seq, kind, cid, by, at, n, rev: None, body }
}

#[cfg(test)]
mod tests;
