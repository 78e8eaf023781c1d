//! The log: durable rooms and the transactions under way. It outlives every node.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use teahouse_core::cursor::Extent;
use teahouse_core::room::{Draft, Outcome};
use teahouse_protocol::{Cid, Cursor, Epoch, ErrorCode, Event, Person, RoomId, Seq, UserId};

use crate::outside::NodeIx;

/// A transaction under way.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) node: NodeIx,
    pub(crate) life: u64,
    pub(crate) room: RoomId,
    pub(crate) drafts: Vec<Draft>,
    /// What the log says, once it is durable.
    pub(crate) outcomes: Option<Vec<Outcome>>,
    /// What the node is told whatever became of it.
    pub(crate) told: Option<ErrorCode>,
}

/// One room's durable part.
#[derive(Debug)]
pub(crate) struct RoomLog {
    pub(crate) epoch: Epoch,
    pub(crate) oldest: Seq,
    /// Every event ever stored; those below `oldest` are kept for the checks alone.
    pub(crate) events: Vec<Event>,
    cids: HashMap<Cid, Seq>,
    pub(crate) readers: BTreeSet<UserId>,
}

/// What survives.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) rooms: BTreeMap<RoomId, RoomLog>,
    pub(crate) people: BTreeMap<UserId, Person>,
    pub(crate) appends: BTreeMap<u64, Append>,
    pub(crate) next_append: u64,
}

impl RoomLog {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self { epoch, oldest: Seq(1), events: Vec::new(), cids: HashMap::new(), readers: BTreeSet::new() }
    }

    pub(crate) fn head(&self) -> Seq {
        Seq(self.events.len() as u64)
    }

    pub(crate) fn extent(&self) -> Extent {
        Extent { epoch: self.epoch, oldest: self.oldest, head: self.head() }
    }

    pub(crate) fn event(&self, seq: Seq) -> Option<&Event> {
        let index = usize::try_from(seq.0.checked_sub(1)?).expect("a log fits into memory");
        self.events.get(index)
    }

    /// The cursor of somebody who has everything up to `seq`.
    pub(crate) fn cursor(&self, epoch: Epoch, seq: Seq) -> Cursor {
        let kept = self.event(seq).filter(|event| event.seq >= self.oldest);
        Cursor::at(epoch, seq, kept.map(|event| event.cid))
    }

    /// At most `limit` events with a number above `after`.
    pub(crate) fn after(&self, after: Seq, limit: usize) -> Vec<Event> {
        let from = after.0.max(self.oldest.0 - 1).min(self.head().0);
        let from = usize::try_from(from).expect("a log fits into memory");
        self.events[from..].iter().take(limit).cloned().collect()
    }

    /// The newest events are gone: an older copy was put back, or a broken log did not sync them.
    pub(crate) fn lose(&mut self, count: usize) -> Vec<Cid> {
        let kept = self.events.len().saturating_sub(count);
        let lost: Vec<_> = self.events.drain(kept..).map(|event| event.cid).collect();
        lost.iter().for_each(|cid| {
            self.cids.remove(cid);
        });
        lost
    }

    /// Stores one draft, or finds that it is there.
    pub(crate) fn store(&mut self, room: &RoomId, draft: &Draft, by: &Person, twice: bool) -> Outcome {
        if let Some(seq) = self.cids.get(&draft.cid).filter(|_| !twice) {
            let first = self.event(*seq).expect("a cid points at its event");
            let same = first.by.id == draft.by && first.body == draft.body;
            return if same { Outcome::Repeat(*seq, first.at) } else { Outcome::Conflict };
        }
        let seq = self.head().next();
        self.cids.insert(draft.cid, seq);
        self.events.push(Event {
            room: room.clone(),
            seq,
            kind: draft.kind,
            cid: draft.cid,
            by: by.clone(),
            at: draft.at,
            n: Some(seq.0),
            rev: None,
            body: draft.body.clone(),
        });
        Outcome::Stored(seq, seq.0)
    }
}

impl Log {
    pub(crate) fn room(&self, room: &RoomId) -> &RoomLog {
        &self.rooms[room]
    }

    pub(crate) fn room_mut(&mut self, room: &RoomId) -> &mut RoomLog {
        self.rooms.get_mut(room).expect("rooms are made with the world")
    }

    pub(crate) fn may_read(&self, room: &RoomId, person: UserId) -> bool {
        self.rooms.get(room).is_some_and(|log| log.readers.contains(&person))
    }

    pub(crate) fn person(&mut self, ix: usize) -> Person {
        let number = u8::try_from(ix + 1).expect("few people");
        let id = UserId::from_bytes([number; 16]);
        if let Some(person) = self.people.get(&id) {
            return person.clone();
        }
        let person = Person::new(id, Arc::from(format!("c{ix}")), None);
        self.people.insert(id, person.clone());
        person
    }

    /// The transaction becomes durable, whole.
    pub(crate) fn commit(&mut self, id: u64, twice: bool) -> Vec<Event> {
        let Some(append) = self.appends.get_mut(&id) else { return Vec::new() };
        let log = self.rooms.get_mut(&append.room).expect("rooms are made with the world");
        let before = log.events.len();
        let store = |draft: &Draft| log.store(&append.room, draft, &self.people[&draft.by], twice);
        append.outcomes = Some(append.drafts.iter().map(store).collect());
        log.events[before..].to_vec()
    }
}
