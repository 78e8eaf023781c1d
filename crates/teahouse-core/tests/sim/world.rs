//! One world: a seed makes it, everything in it happens in one order, and at the end it must be at rest.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Epoch, Kind, RoomId, Seq};

use crate::checks::{Broken, Promise};
use crate::client::Client;
use crate::fault::Mutation;
use crate::net::LinkId;
use crate::node::Node;
use crate::outside::{ForClient, ForNode, Happening, Outside, Tally};

/// After the last fault, how long a world has to come to rest, in milliseconds: a lease, and what
/// silent deaths cost before it.
const REST_MS: u64 = 75_000;
/// More than so many happenings are a circle.
const HAPPENINGS_MAX: u64 = 400_000;

/// One world.
#[derive(Debug)]
pub(crate) struct World {
    out: Outside,
    nodes: Vec<Node>,
    clients: Vec<Client>,
}

/// What became of a world.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) tally: Tally,
    pub(crate) broken: Option<Broken>,
    pub(crate) trace: Vec<String>,
}

impl World {
    pub(crate) fn new(seed: u64, mutation: Mutation, traced: bool) -> Self {
        let mut world =
            Self { out: Outside::new(seed, mutation, traced), nodes: Vec::new(), clients: Vec::new() };
        world.make_rooms();
        world.make_nodes();
        world.make_clients();
        let out = &mut world.out;
        let calm_at = out.rng.from(8_000, 25_000);
        if out.rng.percent(10) {
            out.soon(4_000, 20_000, Happening::Restore);
        }
        out.at(calm_at, Happening::Calm);
        world
    }

    fn make_rooms(&mut self) {
        let out = &mut self.out;
        for n in 0..out.rng.from(1, 3) {
            let id: RoomId = format!("room-{n}").parse().expect("a room's name");
            let mut log = crate::log::RoomLog::new(Epoch(out.rng.next() as u32));
            // An old room, so that a beginner is thousands behind.
            let old = if out.rng.percent(4) { 5_200 } else { out.rng.below(60) };
            let ghost = out.log.person(200);
            for _ in 0..old {
                let cid = Cid::from_bytes(out.rng.bytes());
                let body = Body::of("old".into());
                let draft = Draft { cid, kind: Kind::Message, by: ghost.id, at: 1, body };
                log.store(&id, &draft, &ghost, false);
            }
            out.log.rooms.insert(id, log);
        }
        for _ in 0..out.rng.below(4) {
            out.soon(2_000, 15_000, Happening::Retain);
        }
    }

    fn make_nodes(&mut self) {
        for ix in 0..self.out.rng.index(3) + 1 {
            self.out.lives.push(Some(1));
            self.nodes.push(Node::new(ix));
            self.nodes[ix].start(&mut self.out);
            self.crash_later(ix);
        }
    }

    fn make_clients(&mut self) {
        let out = &mut self.out;
        let rooms: Vec<RoomId> = out.log.rooms.keys().cloned().collect();
        for ix in 0..out.rng.index(5) + 2 {
            let person = out.log.person(ix);
            let mut client = Client::new(ix, out);
            for (n, room) in rooms.iter().enumerate() {
                if n == 0 || out.rng.percent(60) {
                    out.log.room_mut(room).readers.insert(person.id);
                    client.follow(room.clone(), out);
                } else {
                    client.hidden.insert(room.clone());
                }
            }
            out.soon(0, 3_000, Happening::Client(ix, ForClient::Connect));
            out.soon(0, 4_000, Happening::Client(ix, ForClient::Act));
            self.clients.push(client);
        }
    }

    fn crash_later(&mut self, node: usize) {
        let mean = self.out.faults.crash_ms;
        if mean != u64::MAX {
            self.out.soon(mean / 4, mean * 2, Happening::Crash(node));
        }
    }

    /// Lets everything happen, until a promise is broken or the world is at rest.
    pub(crate) fn run(mut self) -> Ended {
        let mut rest_at = u64::MAX;
        while self.out.checks.broken.is_none() {
            let Some(happening) = self.out.next() else { break };
            if self.out.now > rest_at {
                break;
            }
            if matches!(happening, Happening::Calm) {
                rest_at = self.out.now + REST_MS;
            }
            if self.out.tally.happenings > HAPPENINGS_MAX {
                self.out.checks.fail(Promise::Quiet, || "the world goes in a circle".into());
            }
            self.happen(happening);
        }
        if self.out.checks.broken.is_none() {
            self.at_rest();
        }
        let Outside { tally, checks, trace, .. } = self.out;
        Ended { tally, broken: checks.broken, trace: trace.into_iter().flatten().collect() }
    }

    fn happen(&mut self, happening: Happening) {
        let out = &mut self.out;
        match happening {
            Happening::Node(node, life, what) if out.lives[node] == Some(life) => {
                self.nodes[node].handle(what, out);
            }
            Happening::Node(..) => {}
            Happening::Client(client, what) => self.clients[client].handle(what, out),
            Happening::Commit(id) => self.commit(id),
            Happening::Answer(id) => self.answer(id),
            Happening::Up(link) => self.up(link),
            Happening::Down(link) => self.down(link),
            Happening::Unstall(link) => self.unstall(link),
            Happening::Crash(node) => self.crash(node),
            Happening::Restart(node) => self.restart(node),
            Happening::Retain => self.retain(),
            Happening::Restore => self.restore(),
            Happening::Calm => self.calm(),
        }
    }

    fn commit(&mut self, id: u64) {
        let out = &mut self.out;
        let (stored, refused) = out.log.commit(id, out.is(Mutation::StoreTwice));
        refused.iter().for_each(|event| out.checks.passed_over(event));
        for event in stored {
            out.note(|| format!("durable: {}/{} {:?} {}", event.room, event.seq, event.cid, event.body.text));
            out.checks.stored(&event);
        }
    }

    fn answer(&mut self, id: u64) {
        let out = &mut self.out;
        let Some(append) = out.log.appends.get(&id) else { return };
        let (node, life, room) = (append.node, append.life, append.room.clone());
        let result = match (&append.told, &append.outcomes) {
            (Some(code), _) => Err(*code),
            (None, Some(outcomes)) => Ok(outcomes.clone()),
            (None, None) => unreachable!("an append is answered after it is durable"),
        };
        if out.lives[node] == Some(life) {
            out.note(|| format!("node {node} is answered: {room} {result:?}"));
            self.nodes[node].handle(ForNode::Appended(room, result), out);
        }
    }

    fn up(&mut self, id: LinkId) {
        let out = &mut self.out;
        let Some(link) = out.links.get_mut(&id).filter(|link| !link.cut) else { return };
        link.inbox.extend(link.up.pop_front());
        let node = link.node;
        if out.lives[node].is_some() {
            self.nodes[node].handle(ForNode::Arrived(id), out);
        }
    }

    fn down(&mut self, id: LinkId) {
        let Some(link) = self.out.links.get_mut(&id).filter(|link| !link.cut) else { return };
        let Some(frame) = link.down.pop_front() else { return };
        if link.stalled || !link.unread.is_empty() {
            link.unread.push_back(frame);
            return;
        }
        self.give(id, frame);
    }

    fn give(&mut self, id: LinkId, frame: teahouse_protocol::Push) {
        let client = self.out.links[&id].client;
        self.clients[client].frame(id, frame, &mut self.out);
        self.out.taken(id);
    }

    fn unstall(&mut self, id: LinkId) {
        if let Some(link) = self.out.links.get_mut(&id) {
            link.stalled = false;
        }
        while let Some(frame) = self.out.links.get_mut(&id).and_then(|link| link.unread.pop_front()) {
            self.give(id, frame);
        }
    }

    /// A node dies: what it held is gone, what it had in flight to the log is durable or is not.
    fn crash(&mut self, node: usize) {
        if self.out.calm || self.out.lives[node].is_none() {
            return;
        }
        let out = &mut self.out;
        out.note(|| format!("node {node} dies"));
        out.tally.crashes += 1;
        let links: Vec<_> =
            out.links.iter().filter(|(_, link)| link.node == node).map(|(id, _)| *id).collect();
        for id in links {
            // A process that dies resets its connections, a machine does not.
            let hears = out.rng.percent(70);
            out.cut(id, hears, false);
        }
        out.lives[node] = None;
        self.nodes[node] = Node::new(node);
        let under_way = out.log.appends.iter().filter(|(_, one)| one.node == node && one.outcomes.is_none());
        for id in under_way.map(|(id, _)| *id).collect::<Vec<_>>() {
            if out.rng.percent(50) {
                out.log.appends.remove(&id);
            }
        }
        if out.is(Mutation::AnswerUnsynced) {
            out.log.rooms.values_mut().for_each(|room| drop(room.lose(2)));
        }
        out.soon(100, 4_000, Happening::Restart(node));
    }

    fn restart(&mut self, node: usize) {
        if self.out.lives[node].is_none() {
            self.out.lives[node] = Some(self.out.rng.next());
            self.nodes[node].start(&mut self.out);
            self.crash_later(node);
        }
    }

    /// The oldest events are given up.
    fn retain(&mut self) {
        let kept = self.out.rng.below(16);
        for room in self.out.log.rooms.values_mut() {
            let head = room.head().0;
            room.oldest = Seq(room.oldest.0.max(head.saturating_sub(kept)).max(1));
        }
    }

    /// Somebody stops the nodes and puts an older copy of the log back, without a new epoch. What was lost
    /// is lost; but nobody may go on as if it were the same history.
    fn restore(&mut self) {
        if self.out.calm {
            return;
        }
        for node in 0..self.nodes.len() {
            self.crash(node);
        }
        let out = &mut self.out;
        out.note(|| "an older copy of the log is put back".into());
        out.log.appends.clear();
        let mut lost = Vec::new();
        for room in out.log.rooms.values_mut() {
            let kept = room.head().0 + 1 - room.oldest.0;
            lost.extend(room.lose(out.rng.index(usize::try_from(kept.min(20)).expect("a small number") + 1)));
        }
        out.checks.restored(&out.log, lost);
    }

    fn calm(&mut self) {
        self.out.calm = true;
        self.out.note(|| "calm".into());
        for node in 0..self.nodes.len() {
            self.restart(node);
        }
        for id in self.out.links.keys().copied().collect::<Vec<_>>() {
            self.unstall(id);
        }
    }

    fn at_rest(&mut self) {
        let out = &mut self.out;
        let heres: Vec<_> = self.nodes.iter_mut().map(Node::heres).collect();
        let mut connected = BTreeMap::<_, BTreeSet<_>>::new();
        for (node, room) in
            self.nodes.iter().flat_map(|node| out.log.rooms.keys().map(move |room| (node, room)))
        {
            connected.entry(room.clone()).or_default().extend(node.connected(room));
        }
        for node in &mut self.nodes {
            node.at_rest(&connected, out);
        }
        for client in &self.clients {
            client.at_rest(&heres, out);
        }
        let gone = self.clients.iter().filter(|client| client.gone).map(|client| client.ix).collect();
        out.checks.end(&out.log, &gone);
    }
}
