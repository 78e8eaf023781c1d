//! One walk through a history: what became of each message, what each reader was told, and what of it is
//! wrong by itself. Owned by `check.rs`, which compares the rest with the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use teahouse_client::protocol::{Cid, Event, RoomId, Seq, UserId};

use crate::broken::{Broken, Letter, Violation};
use crate::history::{Name, Operation};

/// Above it the house may leave events out, if it says so (`docs/protocol.md`, *Order, once, resume*).
const BEHIND_EVENTS_MAX: u64 = 5_000;

/// A number and the operation that told it.
pub(crate) type Heard = (Seq, usize);

/// A message, as far as its sender's side knows.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) at: usize,
    pub(crate) room: &'a RoomId,
    pub(crate) text: &'a str,
    /// The last number that anybody had heard of when it was sent: its own is higher.
    pub(crate) after: Heard,
    pub(crate) named: Option<usize>,
    pub(crate) acknowledged: Option<(usize, Seq)>,
    pub(crate) refused: Option<usize>,
    pub(crate) unknown: Option<usize>,
}

/// A room: what was heard of it, and its log as it was read at the end.
#[derive(Debug, Default)]
pub(crate) struct Log<'a> {
    pub(crate) events: Vec<(usize, &'a Event)>,
    pub(crate) head: Option<(usize, Seq)>,
    heard: Heard,
}

/// One reader in one room.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    began: usize,
    /// The last number told, or said to be left out.
    pub(crate) last: Heard,
    pub(crate) told: BTreeMap<Seq, (usize, &'a Event)>,
}

/// Everything that a history says, sorted.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    pub(crate) letters: BTreeMap<Letter, Sending<'a>>,
    pub(crate) by_cid: HashMap<Cid, Letter>,
    pub(crate) logs: BTreeMap<&'a RoomId, Log<'a>>,
    pub(crate) readings: BTreeMap<(&'a Name, &'a RoomId), Reading<'a>>,
    pub(crate) left: BTreeSet<&'a Name>,
    /// Who came and did not leave.
    here: BTreeMap<&'a Name, (usize, UserId)>,
    /// What somebody was called, also after they left.
    called: HashMap<UserId, (usize, &'a Name)>,
    /// Where each text is sent, for the first time.
    texts: HashMap<&'a str, usize>,
    pub(crate) violations: Vec<Violation>,
}

impl<'a> Said<'a> {
    /// Walks through a history.
    pub(crate) fn new(history: &'a [Operation]) -> Self {
        let mut said = Self::default();
        for (at, operation) in history.iter().enumerate() {
            if let Operation::Sent { text, .. } = operation {
                said.texts.entry(text).or_insert(at);
            }
        }
        for (at, operation) in history.iter().enumerate() {
            said.note(at, operation);
        }
        said
    }

    /// Notes a broken promise.
    pub(crate) fn broken(&mut self, broken: Broken, at: &[usize]) {
        let at: BTreeSet<usize> = at.iter().copied().collect();
        self.violations.push(Violation { broken, at: at.into_iter().collect() });
    }

    fn note(&mut self, at: usize, operation: &'a Operation) {
        match operation {
            Operation::Sent { sender, number, room, text } => {
                self.sent(at, Letter::new(sender, *number), room, text);
            }
            Operation::Named { sender, number, cid } => self.named(at, Letter::new(sender, *number), *cid),
            Operation::Acknowledged { sender, number, seq, .. } => {
                self.acknowledged(at, Letter::new(sender, *number), *seq);
            }
            Operation::Refused { sender, number, .. } => self.refused(at, Letter::new(sender, *number)),
            Operation::Unknown { sender, number } => self.unknown(at, Letter::new(sender, *number)),
            Operation::Began { reader, room, seq } => self.began(at, reader, room, *seq),
            Operation::Told { reader, event } => self.told(at, reader, event),
            Operation::Hole { reader, room, reset, from, head } => {
                if *reset {
                    self.broken(Broken::FalseReset(reader.clone(), room.clone()), &[at]);
                }
                self.hole(at, reader, room, *from, *head);
            }
            Operation::Left { reader } => {
                self.left.insert(reader);
                self.here.remove(reader);
            }
            Operation::Came { who, id } => self.came(at, who, *id),
            Operation::Present { node, room, people } => self.present(at, node, room, people),
            Operation::Ended { reader, .. } => self.broken(Broken::SentAway(reader.clone()), &[at]),
            Operation::Head { room, seq } => self.logs.entry(room).or_default().head = Some((at, *seq)),
            Operation::Logged { event } => {
                self.logs.entry(&event.room).or_default().events.push((at, event));
            }
            Operation::Fault { .. }
            | Operation::House { .. }
            | Operation::Switched { .. }
            | Operation::Held { .. }
            | Operation::Befell { .. }
            | Operation::Healed => {}
        }
    }

    fn sent(&mut self, at: usize, letter: Letter, room: &'a RoomId, text: &'a str) {
        let after = self.logs.entry(room).or_default().heard;
        let sending =
            Sending { at, room, text, after, named: None, acknowledged: None, refused: None, unknown: None };
        if let Some(earlier) = self.letters.insert(letter.clone(), sending) {
            self.broken(Broken::Record(letter), &[earlier.at, at]);
        }
    }

    fn named(&mut self, at: usize, letter: Letter, cid: Cid) {
        let Some(sending) = self.letters.get_mut(&letter) else {
            return self.broken(Broken::Record(letter), &[at]);
        };
        let before = sending.named.replace(at);
        if let Some(before) = before {
            self.broken(Broken::Record(letter.clone()), &[before, at]);
        }
        if let Some(other) = self.by_cid.insert(cid, letter) {
            self.broken(Broken::Record(other), &[at]);
        }
    }

    fn acknowledged(&mut self, at: usize, letter: Letter, seq: Seq) {
        let Some(sending) = self.letters.get_mut(&letter) else {
            return self.broken(Broken::Record(letter), &[at]);
        };
        let heard = &mut self.logs.entry(sending.room).or_default().heard;
        *heard = (*heard).max((seq, at));
        let sent = sending.at;
        let other = sending.acknowledged.filter(|(_, earlier)| *earlier != seq).map(|(at, _)| at);
        let other = other.or(sending.refused);
        sending.acknowledged.get_or_insert((at, seq));
        if let Some(other) = other {
            self.broken(Broken::Contradicted(letter), &[sent, other, at]);
        }
    }

    fn refused(&mut self, at: usize, letter: Letter) {
        let Some(sending) = self.letters.get_mut(&letter) else {
            return self.broken(Broken::Record(letter), &[at]);
        };
        sending.refused = Some(at);
        let sent = sending.at;
        if let Some((other, _)) = sending.acknowledged {
            self.broken(Broken::Contradicted(letter), &[sent, other, at]);
        }
    }

    fn unknown(&mut self, at: usize, letter: Letter) {
        match self.letters.get_mut(&letter) {
            Some(sending) => sending.unknown = Some(at),
            None => self.broken(Broken::Record(letter), &[at]),
        }
    }

    fn began(&mut self, at: usize, reader: &'a Name, room: &'a RoomId, seq: Seq) {
        self.logs.entry(room).or_default();
        let reading = Reading { began: at, last: (seq, at), told: BTreeMap::new() };
        if let Some(earlier) = self.readings.insert((reader, room), reading) {
            self.broken(Broken::RecordBegin(reader.clone(), room.clone()), &[earlier.began, at]);
        }
    }

    fn told(&mut self, at: usize, reader: &'a Name, event: &'a Event) {
        let (room, seq) = (&event.room, event.seq);
        let named = |make: fn(Name, RoomId, Seq) -> Broken, seq| make(reader.clone(), room.clone(), seq);
        if self.texts.get(event.body.text.as_str()).is_some_and(|sent| *sent > at) {
            self.broken(named(Broken::Foretold, seq), &[at, self.texts[event.body.text.as_str()]]);
        }
        let heard = &mut self.logs.entry(room).or_default().heard;
        *heard = (*heard).max((seq, at));
        let Some(reading) = self.readings.get_mut(&(reader, room)) else {
            return self.broken(Broken::RecordBegin(reader.clone(), room.clone()), &[at]);
        };
        let (last, last_at) = reading.last;
        let earlier = reading.told.insert(seq, (at, event));
        reading.last = reading.last.max((seq, at));
        if let Some((earlier, _)) = earlier {
            self.broken(named(Broken::ToldTwice, seq), &[earlier, at]);
        } else if seq <= last {
            self.broken(named(Broken::ToldLate, seq), &[last_at, at]);
        } else if seq > last.next() {
            self.broken(named(Broken::NotTold, last.next()), &[last_at, at]);
        }
    }

    fn came(&mut self, at: usize, who: &'a Name, id: UserId) {
        self.here.insert(who, (at, id));
        self.called.insert(id, (at, who));
    }

    /// A node names exactly those who are here: nobody who left, everybody who did not.
    fn present(&mut self, at: usize, node: &Name, room: &RoomId, people: &BTreeSet<UserId>) {
        let here: BTreeMap<UserId, (usize, &Name)> =
            self.here.iter().map(|(who, (came, id))| (*id, (*came, *who))).collect();
        let mut found = Vec::new();
        for ghost in people.iter().filter(|id| !here.contains_key(id)) {
            let (came, who) = self.called.get(ghost).copied().unzip();
            let who = who.map_or_else(|| Name::from(ghost.to_string()), Name::clone);
            found.push((Broken::Ghost(who, room.clone(), node.clone()), came));
        }
        for (_, (came, who)) in here.iter().filter(|(id, _)| !people.contains(id)) {
            found.push((Broken::Unseen((*who).clone(), room.clone(), node.clone()), Some(*came)));
        }
        for (broken, came) in found {
            self.broken(broken, &came.into_iter().chain([at]).collect::<Vec<_>>());
        }
    }

    fn hole(&mut self, at: usize, reader: &'a Name, room: &'a RoomId, from: Seq, head: Seq) {
        let Some(reading) = self.readings.get_mut(&(reader, room)) else {
            return self.broken(Broken::RecordBegin(reader.clone(), room.clone()), &[at]);
        };
        let (last, last_at) = reading.last;
        reading.last = (from, at);
        if from <= last || head.since(last) <= BEHIND_EVENTS_MAX {
            self.broken(Broken::FalseHole(reader.clone(), room.clone(), from), &[last_at, at]);
        }
    }
}

impl Letter {
    /// Message `number` of a sender.
    #[must_use]
    pub fn new(sender: &Name, number: u64) -> Self {
        Self { sender: sender.clone(), number }
    }
}
