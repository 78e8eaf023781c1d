//! A node: drives the machines of the core as the server does, with the same split between what a
//! connection's task does (here) and what a room's task does (`node_room.rs`). A crash forgets all of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use teahouse_core::cursor::Extent;
use teahouse_core::feed::{Feed, Next};
use teahouse_core::limits::{Bucket, Rate};
use teahouse_core::session::{Input, Output, Session, Terms};
use teahouse_core::{Moment, cursor};
use teahouse_protocol::frame::{Error, House, Welcome};
use teahouse_protocol::{
    CloseCode, Command, ErrorCode, Event, From, Hello, Limits, Person, Push, RoomId, Seq, SessionId, States,
};

use crate::fault::Mutation;
use crate::net::{LinkId, Wrote};
use crate::node_room::{NodeRoom, ToRoom};
use crate::outside::{ForNode, NodeIx, Outside, Resolved};

/// Everything in seconds instead of minutes: more happens in less time.
pub(crate) const TERMS: Terms = Terms {
    hello_ms: 3_000,
    heartbeat_ms: 5_000,
    pong_ms: 2_000,
    stall_ms: 6_000,
    limits: Limits { frame_bytes_max: 8 << 20, text_bytes_max: 4 << 20, rooms_max: 8, sends_unacked_max: 8 },
};
/// Most events read at once for one subscription.
pub(crate) const BATCH_EVENTS_MAX: usize = 16;
/// With so many replies waiting, the socket is not read.
const REPLIES_MAX: usize = 12;
/// One command is answered by at most a subscription, a hole, a word and a closing.
const REPLIES_OF_ONE: usize = 6;
/// How often heads are compared with the log, in milliseconds.
const COMPARE_MS: u64 = 2_000;
/// Slow enough that a busy client meets it.
pub(crate) const RATE: Rate = Rate { per_second: 8, burst: 10 };

/// One subscription of a connection.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) feed: Feed,
    /// Tells it from the one before in the same room.
    pub(crate) life: u64,
    /// A signal of who is here was dropped.
    pub(crate) here_missed: bool,
    /// The head that the last ping told.
    pub(crate) pinged: Seq,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    session: Session,
    pub(crate) person: Option<Person>,
    pub(crate) session_id: SessionId,
    pub(crate) subscriptions: BTreeMap<RoomId, Subscription>,
    replies: VecDeque<Push>,
    /// Sends without an answer.
    pub(crate) unacked: usize,
}

/// One node. What it holds is gone when it dies.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) ix: NodeIx,
    pub(crate) connections: BTreeMap<LinkId, Connection>,
    pub(crate) rooms: BTreeMap<RoomId, NodeRoom>,
    pub(crate) buckets: BTreeMap<teahouse_protocol::UserId, Bucket>,
    pub(crate) next_life: u64,
}

impl Node {
    pub(crate) fn new(ix: NodeIx) -> Self {
        let (connections, rooms, buckets) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { ix, connections, rooms, buckets, next_life: 0 }
    }

    /// The node begins to live.
    pub(crate) fn start(&mut self, out: &mut Outside) {
        *self = Self::new(self.ix);
        out.for_node(self.ix, 0, COMPARE_MS, ForNode::Compare);
    }

    pub(crate) fn handle(&mut self, what: ForNode, out: &mut Outside) {
        match what {
            ForNode::Accept(link) => self.accept(link, out),
            ForNode::Ended(link) => self.end(link, false, out),
            ForNode::Arrived(link) => self.read_on(link, out),
            ForNode::Writable(link) => self.writable(link, out),
            ForNode::Deadline(link) => self.deadline(link, out),
            ForNode::Identified(link, hello) => self.identified(link, *hello, out),
            ForNode::Resolve(link, room, from, r#ref) => self.resolve(link, room, from, r#ref, out),
            ForNode::Resolved(resolved) => {
                self.tell_room(&resolved.room.clone(), ToRoom::Join(resolved), out)
            }
            ForNode::Batch(link, room, life, batch) => self.batch(link, &room, life, batch, out),
            ForNode::Pump(link, room) => self.pump(link, &room, out),
            ForNode::Room(room) => self.room_inbox(&room, out),
            ForNode::Appended(room, result) => self.appended(&room, result, out),
            ForNode::Hint(room, events) => self.hint(&room, events, out),
            ForNode::Read(room) => self.read_gap(&room, out),
            ForNode::Gap(room, events) => self.gap(&room, events, out),
            ForNode::Compare => self.compare(out),
            ForNode::Presence(room) => self.presence_due(&room, out),
            ForNode::Here(room, node, here) => self.elsewhere(&room, node, here, out),
            ForNode::Who(room) => self.who(&room, out),
        }
    }

    fn accept(&mut self, link: LinkId, out: &mut Outside) {
        if out.links.get(&link).is_none_or(|link| link.cut) {
            return;
        }
        let connection = Connection {
            session: Session::new(out.moment()),
            person: None,
            session_id: SessionId(0),
            subscriptions: BTreeMap::new(),
            replies: VecDeque::new(),
            unacked: 0,
        };
        let due = connection.session.next_deadline(&TERMS);
        self.connections.insert(link, connection);
        self.deadline_at(link, due, out);
        self.read_on(link, out);
    }

    fn deadline_at(&self, link: LinkId, due: Moment, out: &mut Outside) {
        let ms = due.0.saturating_sub(out.now).max(1);
        out.for_node(self.ix, ms, ms, ForNode::Deadline(link));
    }

    fn deadline(&mut self, link: LinkId, out: &mut Outside) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        let full_since = out.links[&link].full_since.map(Moment);
        let mut outputs = Vec::new();
        connection.session.handle(Input::Tick { full_since }, &TERMS, out.moment(), &mut outputs);
        let due = connection.session.next_deadline(&TERMS);
        self.obey(link, outputs, out);
        if self.connections.contains_key(&link) {
            self.deadline_at(link, due, out);
        }
    }

    /// Reads commands, unless too much waits to be answered.
    fn read_on(&mut self, link: LinkId, out: &mut Outside) {
        while let Some(connection) = self.connections.get(&link) {
            let unacked_max = TERMS.limits.sends_unacked_max as usize;
            let paused = connection.unacked >= unacked_max || connection.replies.len() >= REPLIES_MAX;
            if paused && !out.is(Mutation::NeverPause) {
                return;
            }
            let Some(command) = out.links.get_mut(&link).and_then(|link| link.inbox.pop_front()) else {
                return;
            };
            self.command(link, command, out);
        }
    }

    fn command(&mut self, link: LinkId, command: Command, out: &mut Outside) {
        let connection = self.connections.get_mut(&link).expect("the caller looked");
        let room = match &command {
            Command::Subscribe { room, .. }
            | Command::Unsubscribe { room, .. }
            | Command::Read { room, .. }
            | Command::Typing { room, .. } => Some(room),
            Command::Send(send) => Some(&send.room),
            _ => None,
        };
        let follows = room.is_some_and(|room| connection.subscriptions.contains_key(room));
        let rooms = connection.subscriptions.len();
        out.note(|| format!("node {} gets {link:?} {}", self.ix, String::from_utf8_lossy(&command.encode())));
        let mut outputs = Vec::new();
        let input = Input::Line { line: Ok(command), follows, rooms };
        connection.session.handle(input, &TERMS, out.moment(), &mut outputs);
        self.obey(link, outputs, out);
    }

    fn obey(&mut self, link: LinkId, outputs: Vec<Output>, out: &mut Outside) {
        for output in outputs {
            match output {
                Output::Identify(hello) => out.for_node(self.ix, 0, 20, ForNode::Identified(link, hello)),
                Output::Subscribe(r#ref, room, from) => self.resolve(link, room, from, Some(r#ref), out),
                Output::Unsubscribe(r#ref, room) => {
                    self.tell_room(&room, ToRoom::Leave(link, Some(r#ref), true), out);
                }
                Output::Post(send) => {
                    if let Some(connection) = self.connections.get_mut(&link) {
                        connection.unacked += 1;
                    }
                    self.tell_room(&send.room.clone(), ToRoom::Post(link, send), out);
                }
                Output::History(asked) => self.history(link, &asked, out),
                Output::Read(r#ref, room, seq) => {
                    self.reply(link, Push::Read { r#ref: Some(r#ref), room, seq }, out)
                }
                Output::Typing(room, on) => self.tell_room(&room, ToRoom::Typing(link, on), out),
                Output::Auth(r#ref, _) => self.reply(link, Push::Authed { r#ref }, out),
                Output::Pong(r#ref) => self.reply(link, Push::Pong { r#ref, now: out.now }, out),
                Output::Ping => self.ping(link, out),
                Output::Reply(push) => self.reply(link, push, out),
                Output::Close(code) => self.close(link, code, out),
                Output::Leave => self.end(link, true, out),
            }
        }
    }

    fn identified(&mut self, link: LinkId, hello: Hello, out: &mut Outside) {
        let client = out.links[&link].client;
        let Some(connection) = self.connections.get_mut(&link) else { return };
        connection.session.handle(Input::Identified, &TERMS, out.moment(), &mut Vec::new());
        let you = out.log.person(client);
        connection.person = Some(you.clone());
        connection.session_id = hello.session.expect("a model client has a session");
        let welcome = Welcome {
            v: 1,
            session: connection.session_id,
            you,
            token: None,
            heartbeat_s: 5,
            limits: TERMS.limits,
            house: House { name: Arc::from("茶馆") },
            now: out.now,
            retry_ms: 100,
        };
        self.reply(link, Push::Welcome(Box::new(welcome)), out);
        for (room, from) in hello.cursors {
            self.resolve(link, room, from, None, out);
        }
    }

    /// Looks up where a subscription starts: the log answers some time later.
    fn resolve(&mut self, link: LinkId, room: RoomId, from: From, r#ref: Option<u64>, out: &mut Outside) {
        let Some(person) = self.connections.get(&link).and_then(|one| one.person.clone()) else { return };
        let exists = out.log.rooms.contains_key(&room);
        let may = out.log.may_read(&room, person.id) || out.is(Mutation::ForgetRights);
        if !exists || !may {
            let error = Error::new(r#ref, ErrorCode::NoSuchRoom, format!("There is no room {room} here."));
            return self.reply(link, Push::Error(error), out);
        }
        if out.fails(out.faults.read_fails) {
            if r#ref.is_some() {
                let error = Error::new(r#ref, ErrorCode::StoreDown, "The store cannot be read.");
                return self.reply(link, Push::Error(Error { retry_ms: Some(200), ..error }), out);
            }
            return out.for_node(self.ix, 100, 300, ForNode::Resolve(link, room, from, r#ref));
        }
        let log = out.log.room(&room);
        let extent = log.extent();
        let same = match from {
            From::Cursor(cursor) => {
                log.event(cursor.seq).is_some_and(|event| event.cid.check() == cursor.check)
            }
            From::Head | From::Tail(_) => true,
        };
        let same = same || out.is(Mutation::ForgetCheck);
        let resolved = Box::new(Resolved { link, room, from, r#ref, extent, same });
        out.for_node(self.ix, 0, 15, ForNode::Resolved(resolved));
    }

    fn history(&mut self, link: LinkId, asked: &teahouse_protocol::History, out: &mut Outside) {
        let Some(person) = self.connections.get(&link).and_then(|one| one.person.clone()) else { return };
        let (r#ref, room) = (asked.r#ref, asked.room.clone());
        if !out.log.may_read(&room, person.id) && !out.is(Mutation::ForgetRights) {
            let error =
                Error::new(Some(r#ref), ErrorCode::NoSuchRoom, format!("There is no room {room} here."));
            return self.reply(link, Push::Error(error), out);
        }
        let log = out.log.room(&room);
        let messages = log.after(log.oldest, 3).into_iter().map(Push::Event).collect();
        let (states, as_of) = (States::default(), log.head());
        let page = Push::Page { r#ref, room: room.clone(), messages, states, as_of, more: false };
        self.reply(link, page, out);
    }

    fn ping(&mut self, link: LinkId, out: &mut Outside) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        let mut heads = BTreeMap::new();
        for (room, one) in &mut connection.subscriptions {
            let head = self.rooms.get(room).map_or(Seq::ZERO, |room| room.room.head());
            if std::mem::replace(&mut one.pinged, head) != head {
                heads.insert(room.clone(), head);
            }
        }
        self.reply(link, Push::Ping { heads }, out);
    }

    /// Says something to one connection alone; waits while the socket is full.
    pub(crate) fn reply(&mut self, link: LinkId, push: Push, out: &mut Outside) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        connection.replies.push_back(push);
        let most =
            REPLIES_MAX + REPLIES_OF_ONE * (TERMS.limits.sends_unacked_max + TERMS.limits.rooms_max) as usize;
        out.checks.bound("replies", connection.replies.len(), most);
        self.flush(link, out);
    }

    /// Writes the replies that wait. Whether none is left.
    fn flush(&mut self, link: LinkId, out: &mut Outside) -> bool {
        let Some(connection) = self.connections.get_mut(&link) else { return false };
        if connection.replies.is_empty() {
            return true;
        }
        if out.down(link, connection.replies.make_contiguous()) == Wrote::Nothing {
            return false;
        }
        connection.replies.clear();
        true
    }

    /// Writes whole frames behind the replies that wait.
    pub(crate) fn write(&mut self, link: LinkId, frames: &[Push], out: &mut Outside) -> Wrote {
        if self.flush(link, out) { out.down(link, frames) } else { Wrote::Nothing }
    }

    /// The socket takes frames again: replies first, then what is behind, then commands.
    fn writable(&mut self, link: LinkId, out: &mut Outside) {
        if let Some(net) = out.links.get_mut(&link) {
            net.writable_due = false;
            net.full_since = None;
        }
        if !self.flush(link, out) {
            return;
        }
        let Some(connection) = self.connections.get(&link) else { return };
        for room in connection.subscriptions.keys().cloned().collect::<Vec<_>>() {
            self.tell_here(link, &room, out);
            self.pump(link, &room, out);
        }
        self.read_on(link, out);
    }

    /// One step of a subscription that is behind.
    pub(crate) fn pump(&mut self, link: LinkId, room: &RoomId, out: &mut Outside) {
        if out.links.get(&link).is_none_or(|link| link.full_since.is_some()) {
            return;
        }
        let Some(head) = self.rooms.get(room).map(|room| room.room.head()) else { return };
        let Some(connection) = self.connections.get_mut(&link) else { return };
        let Some(one) = connection.subscriptions.get_mut(room) else { return };
        let life = one.life;
        match one.feed.next(head) {
            Next::Read(after) => {
                let most = if out.is(Mutation::ReadEverything) { usize::MAX } else { BATCH_EVENTS_MAX };
                let log = out.log.room(room);
                let batch = Some(Box::new((log.extent(), log.after(after, most))));
                let batch = if out.fails(out.faults.read_fails) { None } else { batch };
                out.for_node(self.ix, 0, 12, ForNode::Batch(link, room.clone(), life, batch));
            }
            Next::Ask(_) if out.is(Mutation::LiveWithoutAsking) => self.make_live(link, room, out),
            Next::Ask(seq) => self.tell_room(room, ToRoom::Ask(link, life, seq), out),
            Next::Rest => {}
        }
    }

    /// What was read for a subscription came.
    fn batch(
        &mut self,
        link: LinkId,
        room: &RoomId,
        life: u64,
        batch: Option<Box<(Extent, Vec<Event>)>>,
        out: &mut Outside,
    ) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        let Some(one) = connection.subscriptions.get_mut(room).filter(|one| one.life == life) else { return };
        let Some((extent, events)) = batch.map(|batch| *batch) else {
            one.feed.gave_nothing();
            return out.for_node(self.ix, 50, 200, ForNode::Pump(link, room.clone()));
        };
        out.checks.bound("events of a batch", events.len(), BATCH_EVENTS_MAX);
        if let cursor::Start::Behind(to) = cursor::go_on(one.feed.seq(), &extent) {
            one.feed.skipped(to);
            let from = out.log.room(room).cursor(extent.epoch, to);
            out.tally.behind += 1;
            if !out.is(Mutation::HoleUnsaid) {
                self.reply(link, Push::Behind { room: room.clone(), from, head: extent.head }, out);
            }
            return self.pump(link, room, out);
        }
        let last = events.last().map(|event| event.seq);
        let frames: Vec<Push> = events.into_iter().map(Push::Event).collect();
        let wrote = self.write(link, &frames, out);
        let Some(one) = self.subscription(link, room) else { return };
        match (wrote, last) {
            (Wrote::All | Wrote::Part, Some(last)) => one.feed.gave(last),
            _ => return one.feed.gave_nothing(),
        }
        self.pump(link, room, out);
    }

    pub(crate) fn subscription(&mut self, link: LinkId, room: &RoomId) -> Option<&mut Subscription> {
        self.connections.get_mut(&link)?.subscriptions.get_mut(room)
    }

    pub(crate) fn close(&mut self, link: LinkId, code: CloseCode, out: &mut Outside) {
        let reason = code.as_str().to_owned();
        self.reply(link, Push::Close { code: code.number(), reason, retry_ms: Some(100) }, out);
        self.end(link, false, out);
    }

    /// The connection is over; its rooms hear of it after everything that it asked before.
    fn end(&mut self, link: LinkId, cleanly: bool, out: &mut Outside) {
        let Some(connection) = self.connections.remove(&link) else { return };
        out.note(|| format!("node {} ends {link:?}, cleanly {cleanly}", self.ix));
        let rooms: BTreeSet<_> = self.rooms.keys().cloned().collect();
        drop(connection);
        for room in rooms {
            self.tell_room(&room, ToRoom::Leave(link, None, cleanly), out);
        }
        out.hang_up(link);
    }

    /// A send of this connection was answered.
    pub(crate) fn answered(&mut self, link: LinkId, push: Push, out: &mut Outside) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        connection.unacked -= 1;
        self.reply(link, push, out);
        if !out.links[&link].inbox.is_empty() {
            // Reads on in its own turn, as a task that was woken would.
            out.for_node(self.ix, 0, 0, ForNode::Arrived(link));
        }
    }

    /// The heads of the log, whatever hints came or not.
    fn compare(&mut self, out: &mut Outside) {
        out.for_node(self.ix, COMPARE_MS, COMPARE_MS, ForNode::Compare);
        if out.is(Mutation::NeverCompare) || out.fails(out.faults.read_fails) {
            return;
        }
        for room in self.rooms.keys().cloned().collect::<Vec<_>>() {
            let head = out.log.room(&room).head();
            self.log_at(&room, head, out);
        }
    }
}
