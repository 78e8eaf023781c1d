//! One room: who may write, in which order, and the last number of its log.
//!
//! One append is under way at a time; what comes meanwhile gathers into the next. So one sync of the
//! disk serves everybody who wrote since the last one, and what it made durable is one tick of the room.

use std::collections::{HashSet, VecDeque};

use teahouse_protocol::{Body, Cid, ErrorCode, Event, Kind, Person, RoomId, Seq, UserId};

/// A connection, as the room tells it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Most bytes of text that wait for the store in one room; beyond it a send is `store_busy`.
pub const WAITING_BYTES_MAX: usize = 16 << 20;
/// Most events in one append: bounds a transaction, and how long a tick of the room takes.
pub const APPEND_EVENTS_MAX: usize = 1024;
/// Most bytes of text in one append: a slow reader may hold one tick of the room.
pub const APPEND_BYTES_MAX: usize = 256 << 10;
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
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Somebody writes; `rate` is what the person's rate says of it.
    Post {
        /// What.
        post: Post,
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
}

/// What is to be done, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Store these; answer with [`Input::Appended`]. Never two at a time.
    Append(Vec<Draft>),
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
    },
    /// Give these events, which follow one another and end at the head, to everybody who is live.
    Deliver(Vec<Event>),
    /// The log went on without this room: everybody who is live is behind now, after this number.
    Jump(Seq),
}

/// One room. Owned by the task that drives it.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    head: Seq,
    /// How far the log is known to go; above the head only while an append is under way.
    log_at: Seq,
    waiting: VecDeque<Post>,
    waiting_bytes: usize,
    appending: Vec<Post>,
    /// Connections whose last send was refused for now: later ones would overtake it.
    gated: HashSet<ConnectionId>,
    /// Connections that left while an append was under way: some of it may be theirs.
    left: HashSet<ConnectionId>,
}

impl Room {
    /// A room whose log ends at `head`.
    #[must_use]
    pub fn new(id: RoomId, head: Seq) -> Self {
        Self {
            id,
            head,
            log_at: head,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            appending: Vec::new(),
            gated: HashSet::new(),
            left: HashSet::new(),
        }
    }

    /// The last number that was delivered.
    #[must_use]
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Whether somebody who has everything up to `seq` may be made live now.
    #[must_use]
    pub fn is_head(&self, seq: Seq) -> bool {
        seq == self.head
    }

    /// Whether it holds nothing but numbers: no send waits, no connection has to start again.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.appending.is_empty() && self.gated.is_empty() && self.left.is_empty()
    }

    /// Takes what happened and says what is to be done.
    pub fn handle(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Post { post, rate } => self.post(post, rate, out),
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
            Input::LogAt(seq) => self.log_at(seq, out),
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
            bytes <= APPEND_BYTES_MAX
        };
        let count = self.waiting.iter().take(APPEND_EVENTS_MAX).take_while(fits).count().max(1);
        self.appending = self.waiting.drain(..count).collect();
        self.waiting_bytes -= self.appending.iter().map(|post| post.body.text.len()).sum::<usize>();
        out.push(Output::Append(self.appending.iter().map(draft).collect()));
    }

    fn post(&mut self, post: Post, rate: Result<(), u64>, out: &mut Vec<Output>) {
        if !self.in_order(&post) {
            return self.refuse(&post, ErrorCode::OutOfOrder, None, out);
        }
        if let Err(retry_ms) = rate {
            return self.refuse(&post, ErrorCode::Rate, Some(retry_ms), out);
        }
        if self.waiting_bytes + post.body.text.len() > WAITING_BYTES_MAX {
            return self.refuse(&post, ErrorCode::StoreBusy, Some(STORE_RETRY_MS), out);
        }
        self.waiting_bytes += post.body.text.len();
        self.waiting.push_back(post);
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
            let (seq, at, repeat) = match *outcome {
                Outcome::Stored(seq, _) => (seq, post.at, false),
                Outcome::Repeat(seq, at) => (seq, at, true),
                Outcome::Conflict => {
                    self.refuse(&post, ErrorCode::CidConflict, None, out);
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
        self.go_on(events, out);
    }

    fn log_at(&mut self, seq: Seq, out: &mut Vec<Output>) {
        self.log_at = self.log_at.max(seq);
        // Most often it is what the append under way has just stored: its answer has the events.
        if self.appending.is_empty() {
            self.go_on(Vec::new(), out);
        }
    }

    /// Goes on to where the log is. A number between that is not at hand is in the log all the same:
    /// an append that failed may have been stored, another node may have written.
    fn go_on(&mut self, events: Vec<Event>, out: &mut Vec<Output>) {
        let before = std::mem::replace(&mut self.head, self.log_at);
        if self.head == before {
            return;
        }
        let whole = (before.0 + 1..=self.head.0).eq(events.iter().map(|event| event.seq.0));
        out.push(if whole { Output::Deliver(events) } else { Output::Jump(before) });
    }

    fn not_stored(&mut self, code: ErrorCode, out: &mut Vec<Output>) {
        let mut refused = HashSet::new();
        for post in std::mem::take(&mut self.appending) {
            refused.insert(post.connection);
            out.push(refusal(&post, code, Some(STORE_RETRY_MS)));
        }
        // What these connections sent after it would overtake it, unless they started again meanwhile.
        for post in std::mem::take(&mut self.waiting) {
            if post.first {
                refused.remove(&post.connection);
            }
            if refused.contains(&post.connection) {
                self.waiting_bytes -= post.body.text.len();
                out.push(refusal(&post, ErrorCode::OutOfOrder, None));
            } else {
                self.waiting.push_back(post);
            }
        }
        // Who started again and waits keeps the gate as it is: it says what became of what came later.
        self.gated.extend(refused.difference(&self.left));
        self.go_on(Vec::new(), out);
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
    Output::Refuse { connection: post.connection, r#ref: post.r#ref, code, retry_ms }
}

fn draft(post: &Post) -> Draft {
    Draft { cid: post.cid, kind: post.kind, by: post.by.id, at: post.at, body: post.body.clone() }
}

fn event(room: &RoomId, post: Post, seq: Seq, n: u64) -> Event {
    let Post { kind, cid, by, at, body, .. } = post;
    Event { room: room.clone(), seq, kind, cid, by, at, n: Some(n), body }
}

#[cfg(test)]
mod tests;
