//! A node's rooms: what a room's task does, in the order in which its inbox says.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use teahouse_core::Moment;
use teahouse_core::cursor::{self, Start};
use teahouse_core::feed::Feed;
use teahouse_core::presence::{LEASE_MS, NodeId, Presence, Signals};
use teahouse_core::rights::{Subject, Who};
use teahouse_core::room::{ConnectionId, Draft, Input, Outcome, Output, Post, Room};
use teahouse_protocol::frame::{Error, Presence as Changes, Send, Subscribed};
use teahouse_protocol::{
    CloseCode, ErrorCode, Event, From, Here, Push, RoomId, RoomNow, RoomView, Seq, SignalBody, UserId,
};

use crate::checks::Promise;
use crate::fault::Mutation;
use crate::log::event;
use crate::net::{LinkId, Wrote};
use crate::node::{BATCH_EVENTS_MAX, Node, RATE, Subscription, TERMS};
use crate::outside::{ForNode, NodeIx, Outside, Resolved};

/// What a room's task is told.
#[derive(Debug)]
pub(crate) enum ToRoom {
    /// A subscription starts.
    Join(Box<Resolved>),
    /// A subscription ends, by `unsubscribe` with this `ref` or with its connection.
    Leave(LinkId, Option<u64>, bool),
    /// A subscription has everything up to there.
    Ask(LinkId, u64, Seq),
    Post(LinkId, Send),
    Typing(LinkId, bool),
}

/// One room of one node.
#[derive(Debug)]
pub(crate) struct NodeRoom {
    pub(crate) room: Room,
    pub(crate) presence: Presence,
    pub(crate) members: BTreeSet<LinkId>,
    inbox: VecDeque<ToRoom>,
    /// When presence is looked at next.
    presence_at: Option<Moment>,
    /// Sends that were given to the room and not answered.
    unanswered: Vec<(LinkId, u64)>,
    /// Subscriptions that have more than the room, which they wait for.
    asking: Vec<(LinkId, u64)>,
    /// A read of what is missing is under way, or about to be.
    reading: bool,
    /// The head when the room last woke whoever waits for it.
    at: Seq,
}

impl Node {
    /// Puts a message into a room's inbox.
    pub(crate) fn tell_room(&mut self, id: &RoomId, message: ToRoom, out: &mut Outside) {
        let head = out.log.room(id).head();
        if !self.rooms.contains_key(id) {
            self.to_others(out.faults.hint_lost, out, |_| ForNode::Who(id.clone()));
        }
        let room = self.rooms.entry(id.clone()).or_insert_with(|| NodeRoom {
            room: Room::new(id.clone(), head, RoomNow::default(), true),
            presence: Presence::shared(),
            members: BTreeSet::new(),
            inbox: VecDeque::new(),
            presence_at: None,
            unanswered: Vec::new(),
            asking: Vec::new(),
            reading: false,
            at: head,
        });
        room.inbox.push_back(message);
        out.for_node(self.ix, 0, 3, ForNode::Room(id.clone()));
    }

    /// The room's task takes one message.
    pub(crate) fn room_inbox(&mut self, id: &RoomId, out: &mut Outside) {
        let Some(message) = self.rooms.get_mut(id).and_then(|room| room.inbox.pop_front()) else { return };
        match message {
            ToRoom::Join(resolved) => self.join(id, &resolved, out),
            ToRoom::Leave(link, r#ref, cleanly) => self.leave(link, id, r#ref, cleanly, out),
            ToRoom::Ask(link, life, seq) => self.asked(link, id, life, seq, out),
            ToRoom::Post(link, send) => self.post(link, id, send, out),
            ToRoom::Typing(link, on) => {
                let Some(person) = self.connections.get(&link).and_then(|one| one.person.clone()) else {
                    return;
                };
                let room = self.rooms.get_mut(id).expect("it has an inbox");
                room.presence.typing_here(person.id, on, out.moment());
            }
        }
        self.presence_later(id, out);
    }

    fn join(&mut self, id: &RoomId, resolved: &Resolved, out: &mut Outside) {
        let Resolved { link, from, r#ref, extent, same, .. } = *resolved;
        self.log_at(id, extent.head, out);
        let Some(person) = self.connections.get(&link).and_then(|one| one.person.clone()) else { return };
        let start = cursor::start(&from, &extent, |_, _| same);
        let (Start::At(seq) | Start::Behind(seq) | Start::Reset(seq)) = start;
        let mut at = out.log.room(id).cursor(extent.epoch, seq);
        if let (true, Start::At(_), From::Cursor(shown)) = (out.is(Mutation::ForgetCheck), start, from) {
            at.check = shown.check;
        }
        let room = self.rooms.get_mut(id).expect("it has an inbox");
        if room.members.insert(link) {
            room.presence.enter(&person, out.moment());
        }
        let here = room.presence.here();
        self.next_life += 1;
        let one = Subscription {
            feed: Feed::new(seq),
            life: self.next_life,
            here_missed: false,
            pinged: Seq::ZERO,
        };
        let connection = self.connections.get_mut(&link).expect("it has a person");
        connection.subscriptions.insert(id.clone(), one);
        let view = RoomView::new(id.clone(), RoomNow::default());
        let (epoch, oldest, head) = (extent.epoch, extent.oldest, extent.head);
        let said = Subscribed { r#ref, room: view, epoch, head, from: at, read: Seq::ZERO, here };
        self.reply(link, Push::Subscribed(Box::new(said)), out);
        let room = id.clone();
        let hole = match start {
            Start::At(_) => None,
            Start::Behind(_) => Some(Push::Behind { room, from: at, head }),
            Start::Reset(_) => Some(Push::Reset { room, epoch, from: at, oldest, head }),
        };
        if let Some(hole) = hole.filter(|_| !out.is(Mutation::HoleUnsaid)) {
            self.reply(link, hole, out);
        }
        self.pump(link, id, out);
    }

    fn leave(&mut self, link: LinkId, id: &RoomId, r#ref: Option<u64>, cleanly: bool, out: &mut Outside) {
        let room = self.rooms.get_mut(id).expect("it has an inbox");
        let mut outputs = Vec::new();
        if r#ref.is_none() {
            room.room.handle(Input::Left(ConnectionId(link.0)), &mut outputs);
        }
        if room.members.remove(&link) && !out.is(Mutation::ForgetLeave) {
            let person = out.log.person(out.links[&link].client);
            room.presence.leave(person.id, if cleanly { 0 } else { LEASE_MS }, out.moment());
        }
        self.obey_room(id, outputs, out);
        if let Some(connection) = self.connections.get_mut(&link) {
            connection.subscriptions.remove(id);
        }
        if r#ref.is_some() {
            self.reply(link, Push::Unsubscribed { r#ref, room: id.clone(), code: None }, out);
        }
    }

    /// A subscription believes that it has everything: only the room knows.
    fn asked(&mut self, link: LinkId, id: &RoomId, life: u64, seq: Seq, out: &mut Outside) {
        if self.subscription(link, id).is_none_or(|one| one.life != life) {
            return;
        }
        // Somebody who has more than the room has read it in the log.
        self.log_at(id, seq, out);
        self.answer_ask(link, id, life, out);
    }

    fn answer_ask(&mut self, link: LinkId, id: &RoomId, life: u64, out: &mut Outside) {
        let head = self.rooms[id].room.head();
        let Some(one) = self.subscription(link, id).filter(|one| one.life == life && one.feed.is_asking())
        else {
            return;
        };
        match one.feed.seq().cmp(&head) {
            Ordering::Equal => self.make_live(link, id, out),
            Ordering::Less => {
                one.feed.kept_behind();
                self.pump(link, id, out);
            }
            // The room will have it, too.
            Ordering::Greater => {
                self.rooms.get_mut(id).expect("it is asked").asking.push((link, life));
            }
        }
    }

    pub(crate) fn make_live(&mut self, link: LinkId, id: &RoomId, out: &mut Outside) {
        let Some(one) = self.subscription(link, id) else { return };
        one.feed.made_live();
        one.here_missed = true;
        let seq = one.feed.seq();
        self.reply(link, Push::Live { room: id.clone(), seq }, out);
        self.tell_here(link, id, out);
        let Some(session) = self.connections.get(&link).map(|one| one.session_id) else { return };
        let older = self.connections.iter().find(|(other, one)| **other < link && one.session_id == session);
        if let Some(older) = older.map(|(older, _)| *older) {
            self.close(older, CloseCode::Replaced, out);
        }
    }

    fn post(&mut self, link: LinkId, id: &RoomId, send: Send, out: &mut Outside) {
        let by = out.log.person(out.links[&link].client);
        let rate = self.buckets.entry(by.id).or_default().take(RATE, out.moment());
        let rate = if out.calm { Ok(()) } else { rate };
        let first = send.first || out.is(Mutation::ForgetGate);
        let Send { r#ref, cid, kind, body, .. } = send;
        let room = self.rooms.get_mut(id).expect("it has an inbox");
        room.unanswered.push((link, r#ref));
        let unanswered = room.unanswered.iter().filter(|(of, _)| *of == link).count();
        out.checks.bound("sends of a connection", unanswered, TERMS.limits.sends_unacked_max as usize);
        let (connection, subject) = (ConnectionId(link.0), Subject { who: Who::Guest, ..Subject::default() });
        let post = Post { connection, r#ref, cid, kind, by, subject, body, at: out.now, first };
        let mut outputs = Vec::new();
        room.room.handle(Input::Post { post: Box::new(post), rate }, &mut outputs);
        room.room.append(&mut outputs);
        self.obey_room(id, outputs, out);
    }

    /// The log goes up to there.
    pub(crate) fn log_at(&mut self, id: &RoomId, seq: Seq, out: &mut Outside) {
        self.input(id, Input::LogAt(seq), out);
    }

    /// Another node stored something.
    pub(crate) fn hint(&mut self, id: &RoomId, mut events: Vec<Event>, out: &mut Outside) {
        if out.is(Mutation::DeliverHints) && self.rooms.contains_key(id) {
            return self.deliver(id, events, out);
        }
        // One that is too large for the bus says only how far the log goes.
        if out.rng.percent(20) {
            let last = events.last().map_or(Seq::ZERO, |event| event.seq);
            events.clear();
            self.log_at(id, last, out);
        }
        self.input(id, Input::Hint(events), out);
    }

    pub(crate) fn appended(
        &mut self,
        id: &RoomId,
        result: Result<Vec<Outcome>, ErrorCode>,
        out: &mut Outside,
    ) {
        self.input(id, Input::Appended(result), out);
    }

    fn input(&mut self, id: &RoomId, input: Input, out: &mut Outside) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let mut outputs = Vec::new();
        room.room.handle(input, &mut outputs);
        room.room.append(&mut outputs);
        self.obey_room(id, outputs, out);
        self.read_later(id, out);
    }

    /// What is missing may still come as a hint, for a moment.
    fn read_later(&mut self, id: &RoomId, out: &mut Outside) {
        let room = self.rooms.get_mut(id).expect("it has an inbox");
        if room.room.missing().is_some() && !room.reading && !out.is(Mutation::IgnoreMissing) {
            room.reading = true;
            out.for_node(self.ix, 0, 40, ForNode::Read(id.clone()));
        }
    }

    /// Reads what is missing, if it still is.
    pub(crate) fn read_gap(&mut self, id: &RoomId, out: &mut Outside) {
        let room = self.rooms.get_mut(id).expect("it wants to read");
        let Some(after) = room.room.missing() else {
            room.reading = false;
            return;
        };
        out.tally.gaps += 1;
        let events = out.log.room(id).after(after, BATCH_EVENTS_MAX);
        let events = if out.fails(out.faults.read_fails) { None } else { Some(events) };
        out.for_node(self.ix, 0, 12, ForNode::Gap(id.clone(), events));
    }

    pub(crate) fn gap(&mut self, id: &RoomId, events: Option<Vec<Event>>, out: &mut Outside) {
        self.rooms.get_mut(id).expect("it has read").reading = false;
        match events {
            Some(events) => self.input(id, Input::Read(events), out),
            None => self.read_later(id, out),
        }
    }

    fn obey_room(&mut self, id: &RoomId, outputs: Vec<Output>, out: &mut Outside) {
        let before = self.rooms[id].at;
        for output in outputs {
            match output {
                Output::Append(drafts) => self.append(id, &drafts, out),
                Output::Change(change) => self.append(id, &[change.draft], out),
                Output::Ack { connection, r#ref, cid, seq, at, repeat } => {
                    let link = LinkId(connection.0);
                    self.settle(id, link, r#ref);
                    let ack = Push::Ack { r#ref, room: id.clone(), cid, seq, at, repeat };
                    self.answered(link, ack, out);
                }
                Output::Refuse { connection, r#ref, code, retry_ms, .. } => {
                    let link = LinkId(connection.0);
                    self.settle(id, link, r#ref);
                    let error = Error { retry_ms, ..Error::new(Some(r#ref), code, "Not now.") };
                    out.tally.refusals += 1;
                    self.answered(link, Push::Error(error), out);
                }
                Output::Deliver(events) => self.deliver(id, events, out),
                Output::Hint(events) => self.tell_others(id, &events, out),
                Output::Concern(_) => unreachable!("only messages are written here"),
                Output::Jump { before, .. } => self.jump(id, before, out),
            }
        }
        let room = self.rooms.get_mut(id).expect("it did something");
        room.at = room.room.head();
        if room.at != before {
            self.went_on(id, out);
        }
    }

    /// Something that the room was given is answered.
    fn settle(&mut self, id: &RoomId, link: LinkId, r#ref: u64) {
        let room = self.rooms.get_mut(id).expect("it answers");
        let at = room.unanswered.iter().position(|(of, asked)| (*of, *asked) == (link, r#ref));
        room.unanswered.remove(at.expect("a room answers what it was given, once"));
    }

    fn append(&mut self, id: &RoomId, drafts: &[Draft], out: &mut Outside) {
        out.append(self.ix, id.clone(), drafts.to_vec());
        let foretold = drafts.iter().zip(out.log.room(id).head().0 + 1..);
        if out.is(Mutation::DeliverBeforeCommit) {
            let event = |(draft, seq): (&Draft, u64)| event(id, draft, &out.log.people[&draft.by], Seq(seq));
            let events: Vec<Push> = foretold.map(event).map(Push::Event).collect();
            for link in self.live(id) {
                self.write(link, &events, out);
            }
        } else if out.is(Mutation::AckBeforeDurable) {
            let early: Vec<_> = foretold.map(|(draft, seq)| (draft.cid, Seq(seq), draft.at)).collect();
            for (cid, seq, at) in early {
                let member = self.rooms[id].members.iter().next().copied();
                let ack = Push::Ack { r#ref: 0, room: id.clone(), cid, seq, at, repeat: false };
                member.into_iter().for_each(|link| self.reply(link, ack.clone(), out));
            }
        }
    }

    /// Tells the other nodes what was stored, if the hint arrives. A bus is not better on a calm day.
    fn tell_others(&self, id: &RoomId, events: &[Event], out: &mut Outside) {
        self.to_others(out.faults.hint_lost, out, |_| ForNode::Hint(id.clone(), events.to_vec()));
    }

    /// A word to each other node, which is lost now and then, and comes twice or thrice.
    fn to_others(&self, lost: u64, out: &mut Outside, what: impl Fn(NodeIx) -> ForNode) {
        for node in (0..out.lives.len()).filter(|node| *node != self.ix) {
            let lost = out.rng.percent(lost);
            let again = 2 * u64::from(out.rng.percent(out.faults.hint_again));
            for _ in u64::from(lost)..1 + again {
                out.for_node(node, 0, 200, what(node));
            }
        }
    }

    /// Gives events to everybody who is live.
    fn deliver(&mut self, id: &RoomId, events: Vec<Event>, out: &mut Outside) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let (before, last) = (Seq(first.seq.0 - 1), last.seq);
        let frames: Vec<Push> = events.into_iter().map(Push::Event).collect();
        for link in self.live(id) {
            let wrote = self.write(link, &frames, out);
            let Some(one) = self.subscription(link, id).filter(|one| one.feed.is_live()) else { continue };
            match wrote {
                Wrote::All => {}
                _ if out.is(Mutation::SkipCatchUp) => {}
                Wrote::Part => one.feed.fell_behind(last),
                Wrote::Nothing => one.feed.fell_behind(before),
            }
        }
    }

    /// Everybody who is live reads on from the log.
    fn jump(&mut self, id: &RoomId, before: Seq, out: &mut Outside) {
        if out.is(Mutation::IgnoreJump) {
            return;
        }
        for link in self.live(id) {
            if let Some(one) = self.subscription(link, id) {
                one.feed.fell_behind(before);
            }
        }
    }

    /// Wakes whoever is behind, and answers whoever waits for the room to come as far.
    fn went_on(&mut self, id: &RoomId, out: &mut Outside) {
        let room = self.rooms.get_mut(id).expect("it went on");
        for (link, life) in std::mem::take(&mut room.asking) {
            self.answer_ask(link, id, life, out);
        }
        for link in self.rooms[id].members.iter().copied().collect::<Vec<_>>() {
            self.pump(link, id, out);
        }
    }

    fn live(&self, id: &RoomId) -> Vec<LinkId> {
        let is_live = |link: &&LinkId| {
            let one = self.connections.get(link).and_then(|one| one.subscriptions.get(id));
            one.is_some_and(|one| one.feed.is_live())
        };
        self.rooms[id].members.iter().filter(is_live).copied().collect()
    }

    /// Tells who is here, whole, to somebody who is live and missed a change of it.
    pub(crate) fn tell_here(&mut self, link: LinkId, id: &RoomId, out: &mut Outside) {
        let Some(one) = self.subscription(link, id) else { return };
        if !one.here_missed || !one.feed.is_live() {
            return;
        }
        let Some(room) = self.rooms.get_mut(id) else { return };
        let here = room.presence.here();
        let changes = Changes { count: here.count, people: here.people, ..Changes::default() };
        self.signal(link, id, SignalBody::Presence(changes), out);
    }

    fn signal(&mut self, link: LinkId, id: &RoomId, body: SignalBody, out: &mut Outside) {
        let is_presence = matches!(body, SignalBody::Presence(_));
        let wrote = self.write(link, &[Push::Signal { room: id.clone(), body }], out);
        if let Some(one) = self.subscription(link, id).filter(|_| is_presence) {
            one.here_missed = wrote == Wrote::Nothing;
        }
    }

    fn presence_later(&mut self, id: &RoomId, out: &mut Outside) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let Some(due) = room.presence.next_deadline() else { return };
        if room.presence_at.is_none_or(|at| due < at) {
            room.presence_at = Some(due);
            let ms = due.0.saturating_sub(out.now);
            out.for_node(self.ix, ms, ms, ForNode::Presence(id.clone()));
        }
    }

    pub(crate) fn presence_due(&mut self, id: &RoomId, out: &mut Outside) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.presence_at = None;
        let Signals { presence, typing, at_this_node, .. } = room.presence.tick(out.moment());
        if let (Some(here), Some(life)) = (at_this_node, out.lives[self.ix]) {
            // What is only lost now and then arrives in the end.
            let lost = if out.calm { 0 } else { out.faults.hint_lost };
            self.to_others(lost, out, |_| {
                ForNode::Here(id.clone(), NodeId(life ^ self.ix as u64), here.clone())
            });
        }
        for link in self.live(id) {
            if let Some(changes) = &presence {
                self.signal(link, id, SignalBody::Presence(changes.clone()), out);
            }
            if let Some(here) = &typing {
                self.signal(link, id, SignalBody::Typing(here.clone()), out);
            }
        }
        self.presence_later(id, out);
    }

    /// Another node says who is there.
    pub(crate) fn elsewhere(&mut self, id: &RoomId, node: NodeId, here: Here, out: &mut Outside) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.presence.elsewhere(node, here, out.moment());
        self.presence_later(id, out);
    }

    /// Another node asks who is at this one.
    pub(crate) fn who(&mut self, id: &RoomId, out: &mut Outside) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.presence.asked(out.moment());
        self.presence_later(id, out);
    }

    /// Who is connected to this node.
    pub(crate) fn connected(&self, id: &RoomId) -> BTreeSet<UserId> {
        let here = self.connections.values().filter(|one| one.subscriptions.contains_key(id));
        here.filter_map(|one| one.person.as_ref().map(|person| person.id)).collect()
    }

    /// Who is here, as this node says.
    pub(crate) fn heres(&mut self) -> BTreeMap<RoomId, BTreeSet<UserId>> {
        let people = |room: &mut NodeRoom| room.presence.here().people.unwrap_or_default();
        let ids = |room: &mut NodeRoom| people(room).into_iter().map(|person| person.id).collect();
        self.rooms.iter_mut().map(|(id, room)| (id.clone(), ids(room))).collect()
    }

    /// What must be true of a node when nothing has happened for long.
    pub(crate) fn at_rest(&mut self, connected: &BTreeMap<RoomId, BTreeSet<UserId>>, out: &mut Outside) {
        for (id, room) in &mut self.rooms {
            for link in self.connections.keys() {
                room.room.handle(Input::Left(ConnectionId(link.0)), &mut Vec::new());
            }
            out.checks.hold(room.room.is_idle(), Promise::Quiet, || {
                format!("everybody left {id} of node {}, and this did not: {:?}", self.ix, room.room)
            });
        }
        for (id, here) in self.heres() {
            let connected = connected.get(&id).cloned().unwrap_or_default();
            out.checks.hold(here == connected, Promise::Here, || {
                format!("node {} says {here:?} is in {id}, but {connected:?} is", self.ix)
            });
        }
    }
}
