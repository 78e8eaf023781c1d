//! The promises. Each check is told what was seen from outside, and keeps its own books: none trusts
//! the cursor, the feed or the log's index of `cid`s that it checks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use teahouse_protocol::{Body, Cid, Event, Kind, Push, RoomId, Seq, UserId};

use crate::log::Log;
use crate::net::LinkId;
use crate::outside::ClientIx;

/// How many messages of a person a room has is not known.
const LOST: u64 = u64::MAX;

/// What Teahouse promises; a failure names the one that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Per room a client applies 1, 2, 3, … without gap, repeat or swap, or is told of the hole.
    Order,
    /// What a client applies, and what a connection carries, is what the log holds.
    Truth,
    /// One subscription carries 1, 2, 3, … by itself, without the client's help.
    Wire,
    /// An acknowledged message is in the log exactly once.
    Once,
    /// What one person writes to a room is stored in the order in which it was written.
    SenderOrder,
    /// When the world is quiet, everybody has the same end and nothing waits.
    Quiet,
    /// No queue is above its bound.
    Bound,
    /// Nobody sees anything of a room that they may not read.
    Rights,
    /// Who is here is who is connected.
    Here,
    /// A rule of the core asserts itself.
    Assertion,
}

/// A promise that was broken, and how.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    pub(crate) how: String,
}

/// Events that a client applied one after another.
#[derive(Debug, Default)]
struct Held {
    /// The number before the first.
    from: Seq,
    cids: Vec<Cid>,
}

impl Held {
    fn last(&self) -> Seq {
        Seq(self.from.0 + self.cids.len() as u64)
    }
}

/// The books.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) broken: Option<Broken>,
    /// What each client holds of each room without a hole.
    applied: HashMap<(ClientIx, RoomId), Held>,
    /// The last number that each subscription carried.
    carried: HashMap<(LinkId, RoomId), Seq>,
    /// What clients were told is in the log.
    acked: BTreeMap<(RoomId, Cid), (ClientIx, Seq)>,
    /// The last message of each person that each room stored, by the person's own count.
    written: HashMap<(RoomId, UserId), u64>,
    /// What was refused for good.
    passed_over: HashSet<(RoomId, UserId, u64)>,
    /// The last change of a message that each connection carried.
    changed: HashMap<(LinkId, RoomId, Seq), Seq>,
    /// Messages that a restore took out of the log; some of them are sent again.
    lost: HashSet<Cid>,
    /// Rooms that each connection's person may not read.
    hidden: HashMap<LinkId, BTreeSet<RoomId>>,
}

impl Checks {
    pub(crate) fn fail(&mut self, promise: Promise, how: impl FnOnce() -> String) {
        if self.broken.is_none() {
            self.broken = Some(Broken { promise, how: how() });
        }
    }

    pub(crate) fn hold(&mut self, holds: bool, promise: Promise, how: impl FnOnce() -> String) {
        if !holds {
            self.fail(promise, how);
        }
    }

    /// A queue has so many, and may have so many.
    pub(crate) fn bound(&mut self, what: &str, len: usize, most: usize) {
        self.hold(len <= most, Promise::Bound, || format!("{what}: {len} of at most {most}"));
    }

    /// A connection was made by somebody who may not read these rooms.
    pub(crate) fn opened(&mut self, link: LinkId, hidden: &BTreeSet<RoomId>) {
        self.hidden.insert(link, hidden.clone());
    }

    /// A node wrote a frame.
    pub(crate) fn on_wire(&mut self, log: &Log, link: LinkId, push: &Push) {
        if let Some(room) = room_of(push) {
            let hidden = self.hidden.get(&link).is_some_and(|hidden| hidden.contains(room));
            self.hold(!hidden, Promise::Rights, || format!("{link:?} was sent {push:?}"));
        }
        match push {
            Push::Subscribed(said) => self.carries_from(link, &said.room.id, said.from.seq),
            Push::Behind { room, from, .. } | Push::Reset { room, from, .. } => {
                self.carries_from(link, room, from.seq);
            }
            Push::Event(event) => self.carries(log, link, event),
            Push::Live { room, seq } => {
                let at = self.carried.get(&(link, room.clone())).copied();
                self.hold(at == Some(*seq), Promise::Wire, || {
                    format!("{link:?} is live in {room} at {seq}, but it carried {at:?}")
                });
            }
            Push::Ack { room, cid, seq, .. } => self.is_stored(log, room, *cid, *seq),
            _ => {}
        }
    }

    fn carries_from(&mut self, link: LinkId, room: &RoomId, from: Seq) {
        self.carried.insert((link, room.clone()), from);
    }

    fn carries(&mut self, log: &Log, link: LinkId, event: &Event) {
        let key = (link, event.room.clone());
        let before = self.carried.insert(key, event.seq);
        self.hold(before.map(Seq::next) == Some(event.seq), Promise::Wire, || {
            format!("{link:?} carried {} after {before:?} in {}", event.seq, event.room)
        });
        self.is_true(log, event);
        self.is_not_old(log, link, event);
    }

    fn is_true(&mut self, log: &Log, event: &Event) {
        let log = log.room(&event.room);
        let stored = log.event(event.seq);
        // What a message says changes, and so does what its edits say; the rest never does.
        let rest = |event: &Event| {
            let body = Body { text: String::new(), ..event.body.clone() };
            Event { rev: None, body, ..event.clone() }
        };
        let said_so = match event.kind {
            Kind::Message => log.texts.get(&event.seq),
            Kind::Edit => event.body.target.and_then(|target| log.texts.get(&target)),
            _ => None,
        };
        let is_said = said_so.is_none_or(|texts| texts.iter().any(|(_, text)| *text == event.body.text));
        self.hold(stored.map(rest) == Some(rest(event)) && is_said, Promise::Truth, || {
            format!("{}/{} is {event:?}, the log has {stored:?}", event.room, event.seq)
        });
    }

    /// What a connection carries of a message is not older than the changes that it has carried before.
    fn is_not_old(&mut self, log: &Log, link: LinkId, event: &Event) {
        let key = |seq| (link, event.room.clone(), seq);
        let texts = log.room(&event.room).texts.get(&event.seq);
        if let (Kind::Message, Some(rev), Some(texts)) =
            (event.kind, self.changed.get(&key(event.seq)).copied(), texts)
        {
            let is_new = texts.iter().any(|(from, text)| *from >= rev && *text == event.body.text);
            self.hold(is_new, Promise::Truth, || {
                format!("{link:?} carried what {}/{} said before {rev}: {event:?}", event.room, event.seq)
            });
        }
        if let (Kind::Edit | Kind::Delete, Some(target)) = (event.kind, event.body.target) {
            self.changed.insert(key(target), event.seq);
        }
    }

    fn is_stored(&mut self, log: &Log, room: &RoomId, cid: Cid, seq: Seq) {
        let stored = log.room(room).event(seq).map(|event| event.cid);
        self.hold(stored == Some(cid), Promise::Once, || {
            format!("{cid} was acknowledged as {room}/{seq}, where the log has {stored:?}")
        });
    }

    /// The log stored an event. The text of a message is its number in its author's outbox.
    pub(crate) fn stored(&mut self, event: &Event) {
        let Some(count) = count_of(event) else { return };
        let key = (event.room.clone(), event.by.id);
        let before = self.written.get(&key).copied().unwrap_or(0);
        let is_passed = |count: u64| self.passed_over.contains(&(event.room.clone(), event.by.id, count));
        if is_passed(count) && count <= before {
            // It was refused, the answer was lost, and now it was not: what came after it stands before it.
            return;
        }
        // After a restore nobody knows how many of a person's messages were lost.
        let follows = before == LOST || count > before && (before + 1..count).all(is_passed);
        self.written.insert(key, count);
        self.hold(follows, Promise::SenderOrder, || {
            format!("{} stored message {count} of {} after {before}", event.room, event.by.name)
        });
    }

    /// The log refused a change for good: its author goes on with what comes after it.
    pub(crate) fn passed_over(&mut self, event: &Event) {
        let Some(count) = count_of(event) else { return };
        self.passed_over.insert((event.room.clone(), event.by.id, count));
        let written = self.written.entry((event.room.clone(), event.by.id)).or_default();
        if *written != LOST && count == *written + 1 {
            *written = count;
        }
    }

    /// A client begins to follow a room, or was told of a hole: what it had before counts no more.
    pub(crate) fn follows_from(&mut self, client: ClientIx, room: &RoomId, seq: Seq) {
        self.applied.insert((client, room.clone()), Held { from: seq, cids: Vec::new() });
    }

    /// A client forgot what came after `seq`.
    pub(crate) fn goes_back(&mut self, client: ClientIx, room: &RoomId, seq: Seq) {
        let held = self.applied.entry((client, room.clone())).or_default();
        if seq < held.from || seq > held.last() {
            *held = Held { from: seq, cids: Vec::new() };
        }
        let kept = usize::try_from(seq.since(held.from)).expect("a log fits into memory");
        held.cids.truncate(kept);
    }

    pub(crate) fn applied(&mut self, log: &Log, client: ClientIx, event: &Event) {
        let held = self.applied.entry((client, event.room.clone())).or_default();
        let before = held.last();
        held.cids.push(event.cid);
        self.hold(before.next() == event.seq, Promise::Order, || {
            format!("client {client} applied {} after {before} in {}", event.seq, event.room)
        });
        self.is_true(log, event);
    }

    /// The newest events of the rooms were lost, by a backup that somebody put back: no promise about
    /// what was acknowledged holds for them.
    pub(crate) fn restored(&mut self, log: &Log, lost: Vec<Cid>) {
        self.lost.extend(lost);
        self.acked.retain(|(room, cid), (_, seq)| {
            log.room(room).event(*seq).is_some_and(|event| event.cid == *cid)
        });
        self.written.values_mut().for_each(|count| *count = LOST);
    }

    pub(crate) fn acked(&mut self, client: ClientIx, room: &RoomId, cid: Cid, seq: Seq) {
        let first = *self.acked.entry((room.clone(), cid)).or_insert((client, seq));
        self.hold(first == (client, seq), Promise::Once, || {
            format!("{cid} was acknowledged to {first:?} and to {:?}", (client, seq))
        });
    }

    /// At the end: what clients hold is what the log holds, so that two histories were never mixed;
    /// every acknowledged message is in the log exactly once, nothing is there twice.
    pub(crate) fn end(&mut self, log: &Log, gone: &BTreeSet<ClientIx>) {
        for ((client, room), held) in std::mem::take(&mut self.applied) {
            let from = usize::try_from(held.from.0).expect("a log fits into memory");
            let stored: Vec<_> = log.room(&room).events.iter().skip(from).map(|event| event.cid).collect();
            let other = (0..held.cids.len()).rev().find(|at| stored.get(*at) != held.cids.get(*at));
            // A message that was lost and sent again may get its old number among others in another order:
            // then the check of a cursor fits. Only a new epoch tells these two histories apart.
            let fits =
                other.is_some_and(|at| held.cids.get(at + 1).is_some_and(|cid| self.lost.contains(cid)));
            self.hold(other.is_none() || fits || gone.contains(&client), Promise::Truth, || {
                format!("client {client} holds another {room} than the log, up to {other:?} after {from}")
            });
        }
        for (id, room) in &log.rooms {
            let mut places: HashMap<Cid, Vec<Seq>> = HashMap::new();
            for (index, event) in room.events.iter().enumerate() {
                self.hold(event.seq.0 == index as u64 + 1, Promise::Once, || {
                    format!("{id} has {} at place {index}", event.seq)
                });
                places.entry(event.cid).or_default().push(event.seq);
            }
            for (cid, at) in &places {
                self.hold(at.len() == 1, Promise::Once, || format!("{id} has {cid} at {at:?}"));
            }
            let acked: Vec<_> = self.acked.iter().filter(|((of, _), _)| of == id).collect();
            let lost = acked.iter().find(|((_, cid), (_, seq))| places.get(cid) != Some(&vec![*seq]));
            let lost = lost.map(|((_, cid), (client, seq))| {
                format!(
                    "{cid} of client {client} was acknowledged as {id}/{seq} and is at {:?}",
                    places.get(cid)
                )
            });
            if let Some(lost) = lost {
                self.fail(Promise::Once, || lost);
            }
        }
    }
}

/// The room that a frame is about.
fn room_of(push: &Push) -> Option<&RoomId> {
    match push {
        Push::Subscribed(said) => Some(&said.room.id),
        Push::Event(event) => Some(&event.room),
        Push::Unsubscribed { room, .. }
        | Push::Ack { room, .. }
        | Push::Page { room, .. }
        | Push::Read { room, .. }
        | Push::Live { room, .. }
        | Push::Signal { room, .. }
        | Push::Behind { room, .. }
        | Push::Reset { room, .. } => Some(room),
        _ => None,
    }
}

/// The number of a message in its author's outbox; none for what was forged.
fn count_of(event: &Event) -> Option<u64> {
    let said = event.body.emoji.as_deref().unwrap_or(&event.body.text);
    said.split(' ').next()?.parse().ok()
}
