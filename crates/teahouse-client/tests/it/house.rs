//! A small house: logs, people, refusals. It stores in memory and makes faults only on request.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_client::protocol::event::Person;
use teahouse_client::protocol::frame::{Error, House as Name, Presence, Send, Subscribed, Welcome};
use teahouse_client::protocol::{
    Cid, Command, Cursor, Epoch, ErrorCode, Event, From, Hello, Here, History, Limits, Push, Range, RoomId,
    RoomNow, RoomView, Seq, SessionId, SignalBody, UserId,
};

/// How far somebody may be behind; the real one allows 5,000.
pub(crate) const BEHIND_MAX: u64 = 60;
/// Where a hole ends, before the head.
const TAIL: u64 = 10;

/// What the house does wrong, or refuses, with the next sends and events.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Faults {
    /// Refuse the next send with this, and the milliseconds to wait.
    pub(crate) refuse: Option<(ErrorCode, u64)>,
    /// Give every event twice.
    pub(crate) repeat: bool,
    /// Leave out the next event.
    pub(crate) skip: bool,
}

/// Everything that survives a connection.
#[derive(Debug, Default)]
pub(crate) struct House {
    pub(crate) logs: BTreeMap<RoomId, Log>,
    people: BTreeMap<String, Person>,
    /// Messages that were refused for good stay refused: one that is accepted later, because its refusal
    /// was lost and its reason is gone, would come after those that were written after it.
    refused: BTreeMap<Cid, ErrorCode>,
    pub(crate) faults: Faults,
}

/// One room's log.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) epoch: Epoch,
    pub(crate) events: Vec<Event>,
    cids: BTreeMap<Cid, Seq>,
}

/// One connection, as the house sees it.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    person: Option<Person>,
    /// Rooms followed, each with the last number given.
    rooms: BTreeMap<RoomId, u64>,
    gated: BTreeSet<RoomId>,
    /// Requests over plain HTTP instead of a socket.
    plain: bool,
}

impl Peer {
    pub(crate) fn plain() -> Self {
        Self { plain: true, ..Self::default() }
    }

    /// The same person writes who reads.
    pub(crate) fn is(&mut self, reader: &Self) {
        self.person.clone_from(&reader.person);
    }
}

impl Log {
    fn new(epoch: u32) -> Self {
        Self { epoch: Epoch(epoch), events: Vec::new(), cids: BTreeMap::new() }
    }

    pub(crate) fn head(&self) -> u64 {
        self.events.len() as u64
    }

    fn cursor(&self, seq: u64) -> Cursor {
        let cid = seq.checked_sub(1).map(|index| self.events[index as usize].cid);
        Cursor::at(self.epoch, Seq(seq), cid)
    }

    /// Another history, as after a restore: half of the events are gone, for good.
    pub(crate) fn restore(&mut self) {
        self.epoch = Epoch(self.epoch.0 + 1);
        self.events.truncate(self.events.len() / 2);
        self.cids.retain(|_, seq| seq.0 <= self.events.len() as u64);
    }

    /// From where events follow, and what is said of it.
    fn resolve(&self, room: &RoomId, from: From) -> (Cursor, Option<Push>) {
        let head = Seq(self.head());
        let tail = self.cursor(self.head().saturating_sub(TAIL));
        let cursor = match from {
            From::Head => return (self.cursor(head.0), None),
            From::Tail(tail) => return (self.cursor(head.0.saturating_sub(tail)), None),
            From::Cursor(cursor) => cursor,
        };
        let known = cursor.epoch.is_none() || (cursor.seq <= head && self.cursor(cursor.seq.0) == cursor);
        if !known {
            let (room, epoch) = (room.clone(), self.epoch);
            return (tail, Some(Push::Reset { room, epoch, from: tail, oldest: Seq(1), head }));
        }
        if head.since(cursor.seq) > BEHIND_MAX {
            return (tail, Some(Push::Behind { room: room.clone(), from: tail, head }));
        }
        (self.cursor(cursor.seq.0), None)
    }
}

impl House {
    pub(crate) fn log(&mut self, room: &RoomId) -> &mut Log {
        self.logs.entry(room.clone()).or_insert_with(|| Log::new(0x5fec_eb66))
    }

    /// How many guests were made.
    pub(crate) fn people(&self) -> usize {
        self.people.len()
    }

    /// Answers one line of a connection.
    pub(crate) fn line(&mut self, peer: &mut Peer, line: &str) -> Vec<Push> {
        let mut out = Vec::new();
        let command = Command::decode(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let sockets_only =
            matches!(command, Command::Subscribe { .. } | Command::Unsubscribe { .. } | Command::Pong { .. });
        assert!(!(peer.plain && sockets_only), "wrong transport: {line}");
        match command {
            Command::Hello(hello) => self.hello(peer, hello, &mut out),
            Command::Subscribe { r#ref, room, from } => {
                self.subscribe(peer, Some(r#ref), room, from, &mut out);
            }
            Command::Unsubscribe { r#ref, room } => {
                peer.rooms.remove(&room);
                out.push(Push::Unsubscribed { r#ref: Some(r#ref), room, code: None });
            }
            Command::Send(send) => out.push(self.send(peer, send)),
            Command::History(history) => out.push(self.history(&history)),
            Command::Read { r#ref, room, seq } => out.push(Push::Read { r#ref: Some(r#ref), room, seq }),
            Command::Typing { room, .. } => {
                let here =
                    Here { count: 1, people: peer.person.clone().map(|person| vec![person]), partial: false };
                out.push(Push::Signal { room, body: SignalBody::Typing(here) });
            }
            Command::Pong { .. } | Command::Bye => {}
            other => panic!("the client never says {other:?}"),
        }
        out
    }

    /// The events that a connection lacks.
    pub(crate) fn deliver(&mut self, peer: &mut Peer) -> Vec<Push> {
        let mut out = Vec::new();
        for (room, given) in &mut peer.rooms {
            let log = &self.logs[room];
            for event in log.events.iter().skip(*given as usize) {
                if std::mem::take(&mut self.faults.skip) {
                    continue;
                }
                out.push(Push::Event(event.clone()));
                if self.faults.repeat {
                    out.push(Push::Event(event.clone()));
                }
            }
            if *given < log.head() {
                *given = log.head();
                out.push(Push::Live { room: room.clone(), seq: Seq(log.head()) });
            }
        }
        out
    }

    /// The heads that a ping carries.
    pub(crate) fn ping(&self, peer: &Peer) -> Push {
        Push::Ping {
            heads: peer.rooms.keys().map(|room| (room.clone(), Seq(self.logs[room].head()))).collect(),
        }
    }

    fn hello(&mut self, peer: &mut Peer, hello: Hello, out: &mut Vec<Push>) {
        let (person, token) = match &hello.token {
            Some(token) => (self.people[token].clone(), None),
            None => {
                let number = self.people.len() as u8;
                let name = hello.name.unwrap_or_else(|| format!("guest {number}"));
                let person = Person::new(UserId::from_bytes([number + 1; 16]), name.into(), None);
                let token = format!("token-{number}");
                self.people.insert(token.clone(), person.clone());
                (person, Some(token))
            }
        };
        peer.person = Some(person.clone());
        out.push(Push::Welcome(Box::new(Welcome {
            v: 1,
            session: hello.session.unwrap_or(SessionId(7)),
            you: person,
            token,
            heartbeat_s: 25,
            limits: Limits {
                frame_bytes_max: 65_536,
                text_bytes_max: 16_384,
                rooms_max: 200,
                sends_unacked_max: 8,
            },
            house: Name { name: "茶馆".into() },
            now: 0,
            retry_ms: 500,
        })));
        let known = hello.token.is_some() && hello.session.is_some();
        for (room, from) in hello.cursors {
            self.subscribe(peer, None, room, from, out);
        }
        if hello.brief {
            assert!(peer.plain && known, "brief needs a token and a session, over plain HTTP");
            out.retain(|push| !matches!(push, Push::Welcome(_) | Push::Subscribed(_) | Push::Live { .. }));
        }
    }

    fn subscribe(
        &mut self,
        peer: &mut Peer,
        r#ref: Option<u64>,
        room: RoomId,
        from: From,
        out: &mut Vec<Push>,
    ) {
        if room.as_str() == "cellar" {
            let error = Error::new(r#ref, ErrorCode::NoSuchRoom, "There is no such room.");
            return out.push(Push::Error(error));
        }
        let log = self.log(&room);
        let (from, hole) = log.resolve(&room, from);
        let may = vec!["read".into(), "write".into()];
        out.push(Push::Subscribed(Box::new(Subscribed {
            r#ref,
            room: RoomView { may, ..RoomView::new(room.clone(), RoomNow::default()) },
            epoch: log.epoch,
            head: Seq(log.head()),
            from,
            read: Seq::ZERO,
            here: Here { count: 1, ..Here::default() },
        })));
        out.extend(hole);
        if from.seq.0 == log.head() {
            out.push(Push::Live { room: room.clone(), seq: from.seq });
        }
        let body = SignalBody::Presence(Presence { count: 1, ..Presence::default() });
        out.push(Push::Signal { room: room.clone(), body });
        peer.rooms.insert(room, from.seq.0);
    }

    fn send(&mut self, peer: &mut Peer, send: Send) -> Push {
        let Send { r#ref, room, cid, kind, body, first } = send;
        let may = peer.plain || peer.rooms.contains_key(&room);
        assert!(may, "{cid} was sent before its room was followed");
        let refuse = |code, retry_ms| {
            Push::Error(Error { retry_ms, ..Error::new(Some(r#ref), code, "The house refuses it.") })
        };
        let log = self.logs.entry(room.clone()).or_insert_with(|| Log::new(0x5fec_eb66));
        if let Some(seq) = log.cids.get(&cid) {
            return Push::Ack { r#ref, room, cid, seq: *seq, at: seq.0, repeat: true };
        }
        if first {
            peer.gated.remove(&room);
        }
        if peer.gated.contains(&room) {
            return refuse(ErrorCode::OutOfOrder, None);
        }
        if let Some(code) = self.refused.get(&cid) {
            return refuse(*code, None);
        }
        if let Some((code, retry_ms)) = self.faults.refuse.take() {
            if !code.retryable() {
                self.refused.insert(cid, code);
                return refuse(code, None);
            }
            peer.gated.insert(room);
            return refuse(code, Some(retry_ms));
        }
        let seq = Seq(log.head() + 1);
        log.cids.insert(cid, seq);
        let by = peer.person.clone().expect("it said hello");
        let (at, n) = (seq.0, Some(seq.0));
        log.events.push(Event { room: room.clone(), seq, kind, cid, by, at, n, rev: None, body });
        Push::Ack { r#ref, room, cid, seq, at: seq.0, repeat: false }
    }

    fn history(&mut self, history: &History) -> Push {
        let log = self.log(&history.room);
        let limit = history.limit as usize;
        let (below, above): (Vec<_>, Vec<_>) =
            log.events.iter().cloned().partition(|event| match history.range {
                Range::Before(seq) | Range::Around(seq) => event.seq < seq,
                Range::After(seq) => event.seq <= seq,
            });
        let events: Vec<Event> = match history.range {
            Range::Before(_) => below[below.len().saturating_sub(limit)..].to_vec(),
            Range::After(_) | Range::Around(_) => above.into_iter().take(limit).collect(),
        };
        let more = match history.range {
            Range::Before(_) => events.first().is_some_and(|event| event.seq.0 > 1),
            Range::After(_) | Range::Around(_) => events.last().is_some_and(|event| event.seq.0 < log.head()),
        };
        Push::Page {
            r#ref: history.r#ref,
            room: history.room.clone(),
            states: teahouse_client::protocol::States::default(),
            as_of: Seq(log.head()),
            more,
            messages: events.into_iter().map(Push::Event).collect(),
        }
    }
}
