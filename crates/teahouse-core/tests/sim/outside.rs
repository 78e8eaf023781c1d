//! What nodes and clients share: the time, what is due, the log, the links, chance and the checks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use teahouse_core::Moment;
use teahouse_core::cursor::Extent;
use teahouse_core::room::{Draft, Outcome};
use teahouse_protocol::{Command, ErrorCode, Event, From, Hello, Here, Push, RoomId};

use crate::checks::Checks;
use crate::fault::{Faults, Mutation};
use crate::log::{Append, Log};
use crate::net::{Link, LinkId, Wrote};
use crate::rng::Rng;

pub(crate) type NodeIx = usize;
pub(crate) type ClientIx = usize;

/// Most lines of a trace.
const TRACE_MAX: usize = 20_000;

/// Something that happens at a time.
#[derive(Debug)]
pub(crate) enum Happening {
    /// For a node, if it is still the same life of it.
    Node(NodeIx, u64, ForNode),
    /// For a client.
    Client(ClientIx, ForClient),
    /// A transaction becomes durable.
    Commit(u64),
    /// A transaction is answered.
    Answer(u64),
    /// The next command reaches the node.
    Up(LinkId),
    /// The next frame reaches the client.
    Down(LinkId),
    /// A client reads again.
    Unstall(LinkId),
    /// A node dies.
    Crash(NodeIx),
    /// A node comes back.
    Restart(NodeIx),
    /// The oldest events of a room are given up.
    Retain,
    /// Every node is stopped, and an older copy of the log is put back.
    Restore,
    /// Nothing goes wrong any more.
    Calm,
}

/// What a node is told.
#[derive(Debug)]
pub(crate) enum ForNode {
    Accept(LinkId),
    Ended(LinkId),
    Arrived(LinkId),
    Writable(LinkId),
    Deadline(LinkId),
    Identified(LinkId, Box<Hello>),
    Resolve(LinkId, RoomId, From, Option<u64>),
    /// Where a subscription may start is known.
    Resolved(Box<Resolved>),
    /// What was read for a subscription; none if the read failed.
    Batch(LinkId, RoomId, u64, Option<Box<(Extent, Vec<Event>)>>),
    Pump(LinkId, RoomId),
    /// The next message in a room's inbox.
    Room(RoomId),
    Appended(RoomId, Result<Vec<Outcome>, ErrorCode>),
    /// What another node stored.
    Hint(RoomId, Vec<Event>),
    /// The room reads what it misses.
    Read(RoomId),
    /// What the room has read; none if the read failed.
    Gap(RoomId, Option<Vec<Event>>),
    Compare,
    Presence(RoomId),
    /// Who is at another node, as it says.
    Here(RoomId, teahouse_core::presence::NodeId, Here),
    /// Another node asks who is at this one.
    Who(RoomId),
}

/// A subscription, and what the log held when it was asked for.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) link: LinkId,
    pub(crate) room: RoomId,
    pub(crate) from: From,
    pub(crate) r#ref: Option<u64>,
    pub(crate) extent: Extent,
    /// The event at the cursor has the cursor's check.
    pub(crate) same: bool,
}

/// What a client is told.
#[derive(Debug)]
pub(crate) enum ForClient {
    Act,
    Connect,
    Ended(LinkId),
    /// Nothing was heard for so long?
    Silence(LinkId),
    Resend(RoomId),
}

/// How much happened; printed at the end.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) happenings: u64,
    pub(crate) messages: u64,
    pub(crate) acks: u64,
    pub(crate) repeats: u64,
    pub(crate) refusals: u64,
    pub(crate) cuts: u64,
    pub(crate) crashes: u64,
    pub(crate) full: u64,
    pub(crate) behind: u64,
    pub(crate) resets: u64,
    pub(crate) gaps: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, (_, count)) in self.counts_mut().into_iter().zip(other.counts()) {
            *sum += count;
        }
    }

    fn counts(&self) -> [(&'static str, u64); 11] {
        [
            ("happenings", self.happenings),
            ("messages", self.messages),
            ("acks", self.acks),
            ("repeats", self.repeats),
            ("refusals", self.refusals),
            ("cuts", self.cuts),
            ("crashes", self.crashes),
            ("full sockets", self.full),
            ("behind said", self.behind),
            ("resets said", self.resets),
            ("gaps", self.gaps),
        ]
    }

    fn counts_mut(&mut self) -> [&mut u64; 11] {
        [
            &mut self.happenings,
            &mut self.messages,
            &mut self.acks,
            &mut self.repeats,
            &mut self.refusals,
            &mut self.cuts,
            &mut self.crashes,
            &mut self.full,
            &mut self.behind,
            &mut self.resets,
            &mut self.gaps,
        ]
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = self.counts().map(|(what, count)| format!("{count} {what}"));
        f.write_str(&counts.join(", "))
    }
}

/// What nodes and clients share.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) now: u64,
    due: BinaryHeap<Reverse<Due>>,
    order: u64,
    pub(crate) rng: Rng,
    pub(crate) faults: Faults,
    pub(crate) mutation: Mutation,
    /// Nothing goes wrong any more.
    pub(crate) calm: bool,
    pub(crate) log: Log,
    pub(crate) links: BTreeMap<LinkId, Link>,
    next_link: u64,
    /// Which life each node is in; none while it is dead.
    pub(crate) lives: Vec<Option<u64>>,
    pub(crate) checks: Checks,
    pub(crate) tally: Tally,
    /// The last lines of what happened, if anybody wants to read them.
    pub(crate) trace: Option<VecDeque<String>>,
}

#[derive(Debug)]
struct Due(u64, u64, Happening);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

impl Outside {
    pub(crate) fn new(seed: u64, mutation: Mutation, traced: bool) -> Self {
        let mut rng = Rng::new(seed);
        Self {
            now: 1_000,
            due: BinaryHeap::new(),
            order: 0,
            faults: Faults::draw(&mut rng),
            rng,
            mutation,
            calm: false,
            log: Log::default(),
            links: BTreeMap::new(),
            next_link: 1,
            lives: Vec::new(),
            checks: Checks::default(),
            tally: Tally::default(),
            trace: traced.then(VecDeque::new),
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment(self.now)
    }

    pub(crate) fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }

    /// Whether something of that chance goes wrong now.
    pub(crate) fn fails(&mut self, percent: u64) -> bool {
        !self.calm && self.rng.percent(percent)
    }

    pub(crate) fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.due.push(Reverse(Due(at.max(self.now), self.order, happening)));
    }

    pub(crate) fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now.saturating_add(ms), happening);
    }

    /// After `low` to `high` milliseconds.
    pub(crate) fn soon(&mut self, low: u64, high: u64, happening: Happening) {
        let ms = self.rng.from(low, high);
        self.after(ms, happening);
    }

    /// For a node in its present life; nothing if it is dead.
    pub(crate) fn for_node(&mut self, node: NodeIx, low: u64, high: u64, what: ForNode) {
        if let Some(life) = self.lives[node] {
            self.soon(low, high, Happening::Node(node, life, what));
        }
    }

    pub(crate) fn next(&mut self) -> Option<Happening> {
        let Reverse(Due(at, _, happening)) = self.due.pop()?;
        self.now = at;
        self.tally.happenings += 1;
        Some(happening)
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            if trace.len() == TRACE_MAX {
                trace.pop_front();
            }
            let mut line = line();
            if line.len() > 300 {
                let end = (0..300).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
                line.truncate(end);
            }
            trace.push_back(format!("{now:>7} {line}"));
        }
    }

    /// A client opens a connection to a living node.
    pub(crate) fn open(&mut self, client: ClientIx, node: NodeIx) -> LinkId {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        let window = if self.rng.percent(30) { self.rng.from(1, 6) } else { self.rng.from(8, 64) };
        let delay_ms = self.rng.from(1, self.faults.delay_ms);
        let window = usize::try_from(window).expect("a small number");
        let mut link = Link::new(client, node, window, delay_ms);
        link.up_at = self.now + delay_ms;
        link.down_at = link.up_at;
        self.links.insert(id, link);
        self.note(|| format!("client {client} opens {id:?} to node {node}"));
        self.for_node(node, delay_ms, delay_ms, ForNode::Accept(id));
        id
    }

    /// The client writes a command.
    pub(crate) fn up(&mut self, id: LinkId, command: Command) {
        let jitter = self.rng.below(self.faults.delay_ms);
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.cut) else { return };
        link.up_at = link.up_at.max(self.now + link.delay_ms + jitter);
        let at = link.up_at;
        self.checks.bound("commands in flight", link.up.len(), 600);
        link.up.push_back(command);
        self.at(at, Happening::Up(id));
    }

    /// The node writes frames, all or none.
    pub(crate) fn down(&mut self, id: LinkId, frames: &[Push]) -> Wrote {
        let jitter = self.rng.below(self.faults.delay_ms);
        let Some(link) = self.links.get_mut(&id) else { return Wrote::Nothing };
        if link.full_since.is_some() {
            return Wrote::Nothing;
        }
        if link.load() >= link.window {
            link.full_since = Some(self.now);
            self.tally.full += 1;
            return Wrote::Nothing;
        }
        link.down_at = link.down_at.max(self.now + link.delay_ms + jitter);
        let (at, cut) = (link.down_at, link.cut);
        link.down.extend(frames.iter().cloned());
        let wrote = if link.load() > link.window { Wrote::Part } else { Wrote::All };
        if wrote == Wrote::Part {
            link.full_since = Some(self.now);
            self.tally.full += 1;
        }
        for frame in frames {
            self.checks.on_wire(&self.log, id, frame);
            if !cut {
                self.at(at, Happening::Down(id));
            }
        }
        wrote
    }

    /// The client took frames: tells the node if it waits for room.
    pub(crate) fn taken(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.full_since.is_some() && !link.writable_due && link.load() <= link.window / 2 {
            link.writable_due = true;
            let (node, delay) = (link.node, link.delay_ms);
            self.for_node(node, delay, delay, ForNode::Writable(id));
        }
    }

    /// The connection breaks. Either end hears of it soon, or never.
    pub(crate) fn cut(&mut self, id: LinkId, client_hears: bool, node_hears: bool) {
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.cut) else { return };
        link.cut();
        let (client, node) = (link.client, link.node);
        self.tally.cuts += 1;
        self.note(|| {
            format!("{id:?} is cut; client {client} hears {client_hears}, node {node} {node_hears}")
        });
        if client_hears {
            self.soon(0, 300, Happening::Client(client, ForClient::Ended(id)));
        }
        if node_hears {
            self.for_node(node, 0, 300, ForNode::Ended(id));
        }
    }

    /// The node ends a connection: what it wrote before still arrives.
    pub(crate) fn hang_up(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let (at, client) = (link.down_at + 1, link.client);
        if !link.cut {
            self.at(at, Happening::Client(client, ForClient::Ended(id)));
        }
    }

    /// A node hands drafts to the log. They become durable or not, and the answer may lie.
    pub(crate) fn append(&mut self, node: NodeIx, room: RoomId, drafts: Vec<Draft>) {
        let Some(life) = self.lives[node] else { return };
        let id = self.log.next_append;
        self.log.next_append += 1;
        let mut append = Append { node, life, room, drafts, outcomes: None, told: None };
        let most = if self.fails(self.faults.append_slow) { 4_000 } else { 15 };
        let commit = self.rng.from(1, most);
        let answer = commit + self.rng.below(most);
        if !self.fails(self.faults.append_fails) {
            self.after(commit, Happening::Commit(id));
            self.after(answer, Happening::Answer(id));
        } else {
            let codes = [ErrorCode::StoreBusy, ErrorCode::StoreFull, ErrorCode::StoreDown];
            append.told = Some(codes[self.rng.index(3)]);
            match self.rng.below(4) {
                // It was stored all the same, before or even after the node was told that it failed.
                0 => self.after(commit, Happening::Commit(id)),
                1 => self.soon(answer, answer + 3_000, Happening::Commit(id)),
                _ => {}
            }
            self.after(answer, Happening::Answer(id));
        }
        self.log.appends.insert(id, append);
    }
}
