//! One transport of a simulated world: how lines and requests travel, without sockets.
//!
//! Over plain HTTP a `hello` is a request to read with, whose answer may wait, end or be replaced; what
//! is written goes beside it. Requests keep one sender's order as the client's own transport does.

use std::collections::VecDeque;
use std::time::Duration;

use teahouse_client::Transport;
use teahouse_client::connection::{Heard, LinkId};
use teahouse_client::protocol::Push;

use crate::house::{House, Peer};

/// Both directions of one transport.
pub(crate) struct Pipe {
    pub(crate) link: LinkId,
    pub(crate) transport: Transport,
    /// Requests to read with; on a WebSocket everything goes one way.
    asks: VecDeque<String>,
    up: VecDeque<String>,
    down: VecDeque<String>,
    replies: VecDeque<String>,
    peer: Peer,
    writer: Peer,
    pub(crate) opened: bool,
    /// Swallows everything from now on, without a word.
    pub(crate) frozen: bool,
    answer: Answer,
    /// The request under way is a long poll.
    waits: bool,
}

/// What the house does with the request to read.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    /// There is none, or it has ended.
    Ended,
    /// Everything follows as it happens.
    Stream,
    /// It ends with the first news, or then.
    Until(Duration),
}

impl Pipe {
    pub(crate) fn new(link: LinkId, transport: Transport) -> Self {
        let writer = Peer::plain();
        let peer = if transport.is_http() { Peer::plain() } else { Peer::default() };
        Self {
            link,
            transport,
            asks: VecDeque::new(),
            up: VecDeque::new(),
            down: VecDeque::new(),
            replies: VecDeque::new(),
            peer,
            writer,
            opened: false,
            frozen: false,
            answer: Answer::Ended,
            waits: false,
        }
    }

    pub(crate) fn push_up(&mut self, line: String) {
        let asks = self.transport.is_http() && line.contains(r#""type":"hello""#);
        if asks { self.asks.push_back(line) } else { self.up.push_back(line) }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.opened && [&self.asks, &self.up, &self.down, &self.replies].into_iter().all(VecDeque::is_empty)
    }

    /// Whether the house may say something of its own here.
    pub(crate) fn is_open(&self) -> bool {
        self.opened && !self.frozen && (!self.transport.is_http() || self.answer == Answer::Stream)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.is_open() || matches!(self.answer, Answer::Until(_))
    }

    pub(crate) fn push_down(&mut self, push: &Push) {
        self.down.push_back(line(push));
    }

    pub(crate) fn ping(&mut self, house: &House) {
        if self.is_open() {
            let ping = house.ping(&self.peer);
            self.push_down(&ping);
        }
    }

    /// The last words of the house on an answer, or a socket.
    pub(crate) fn close(&mut self, code: u16, reason: &str, retry_ms: Option<u64>) {
        self.push_down(&Push::Close { code, reason: reason.into(), retry_ms });
        self.answer = Answer::Ended;
    }

    /// Everything that is on its way is lost.
    pub(crate) fn swallow(&mut self) {
        for queue in [&mut self.asks, &mut self.up, &mut self.down, &mut self.replies] {
            queue.clear();
        }
    }

    /// What was on its way up arrives, although the transport is gone.
    pub(crate) fn arrive(&mut self, house: &mut House) {
        for line in std::mem::take(&mut self.up) {
            self.line(house, &line);
        }
    }

    /// The next request to read arrives, in place of the one before. Whether there was one.
    pub(crate) fn ask(&mut self, house: &mut House, now: Duration, keep: usize) -> bool {
        let Some(line) = self.asks.pop_front() else { return false };
        // What the transport had read of the old answer is still told.
        if self.answer != Answer::Ended {
            self.down.truncate(keep);
        }
        let known = line.contains(r#""token""#);
        let brief = line.contains(r#""brief":true"#);
        self.peer = Peer::plain();
        let said = house.line(&mut self.peer, &line);
        self.writer.is(&self.peer);
        said.iter().for_each(|push| self.push_down(push));
        self.waits = self.transport == Transport::LongPoll && brief;
        self.answer = match self.transport {
            Transport::Stream if known => Answer::Stream,
            Transport::LongPoll if brief => Answer::Until(now + Duration::from_secs(25)),
            _ => Answer::Until(now),
        };
        true
    }

    /// One line of the client arrives. Whether there was one, and it was a `hello`.
    pub(crate) fn hear(&mut self, house: &mut House) -> Option<bool> {
        let line = self.up.pop_front()?;
        self.line(house, &line);
        Some(line.contains(r#""type":"hello""#))
    }

    fn line(&mut self, house: &mut House, text: &str) {
        let (peer, down) = match self.transport {
            Transport::WebSocket => (&mut self.peer, &mut self.down),
            _ => (&mut self.writer, &mut self.replies),
        };
        down.extend(house.line(peer, text).iter().map(line));
    }

    /// News go out, and answers end.
    pub(crate) fn deliver(&mut self, house: &mut House, now: Duration) {
        if !self.is_asked() {
            return;
        }
        let events = house.deliver(&mut self.peer);
        events.iter().for_each(|push| self.push_down(push));
        if let Answer::Until(until) = self.answer
            && (!events.is_empty() || until <= now)
        {
            self.close(4002, "rotate", Some(if self.waits { 0 } else { 1000 }));
        }
    }

    /// The next thing that the client hears.
    pub(crate) fn next(&mut self, reply: bool) -> Option<Heard> {
        let queue = if reply { &mut self.replies } else { &mut self.down };
        queue.pop_front().map(|line| Heard::decode(&line))
    }
}

fn line(push: &Push) -> String {
    String::from_utf8(push.encode()).unwrap()
}
