//! The log: durable rooms and the transactions under way. It outlives every node.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use teahouse_core::cursor::Extent;
use teahouse_core::room::{Draft, Outcome};
use teahouse_protocol::{Cid, Cursor, Epoch, ErrorCode, Event, Kind, Person, RoomId, Seq, UserId};

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
    /// What is under messages: which one, what, by whom.
    reactions: HashSet<(Seq, Box<str>, UserId)>,
    /// Everything that a message ever said, and from which number on it said so.
    pub(crate) texts: BTreeMap<Seq, Vec<(Seq, String)>>,
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
        Self {
            epoch,
            oldest: Seq(1),
            events: Vec::new(),
            cids: HashMap::new(),
            reactions: HashSet::new(),
            texts: BTreeMap::new(),
            readers: BTreeSet::new(),
        }
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
        self.play_again();
        lost
    }

    /// What stands beside the log, from the events that are in it.
    fn play_again(&mut self) {
        let head = self.head();
        self.reactions.clear();
        for (seq, texts) in &mut self.texts {
            texts.retain(|(from, _)| *from <= head);
            if let (Some((from, text)), Some(index)) = (texts.last(), seq.0.checked_sub(1))
                && let Some(message) = self.events.get_mut(usize::try_from(index).expect("a small log"))
            {
                message.body.text.clone_from(text);
                message.rev = (from != seq).then_some(*from);
            }
        }
        self.texts.retain(|_, texts| !texts.is_empty());
        for Event { kind, by, body, .. } in &self.events {
            if let (Kind::Reaction, Some(target), Some(emoji)) = (*kind, body.target, &body.emoji) {
                let reaction = (target, emoji.clone(), by.id);
                if body.on == Some(false) {
                    self.reactions.remove(&reaction);
                } else {
                    self.reactions.insert(reaction);
                }
            }
        }
    }

    /// Stores one draft, or finds that it is there.
    pub(crate) fn store(&mut self, room: &RoomId, draft: &Draft, by: &Person, twice: bool) -> Outcome {
        if let Some(seq) = self.cids.get(&draft.cid).filter(|_| !twice) {
            let first = self.event(*seq).expect("a cid points at its event");
            // What an edit says is its message's, and what was changed cannot be compared.
            let is_message = first.kind == Kind::Message && first.rev.is_none();
            let same = first.by.id == draft.by && (first.body == draft.body || !is_message);
            return if same { Outcome::Repeat(*seq, first.at) } else { Outcome::Conflict };
        }
        let seq = self.head().next();
        if let Err(code) = self.change(draft, seq) {
            return Outcome::Refused(code);
        }
        self.cids.insert(draft.cid, seq);
        if draft.kind == Kind::Message {
            self.texts.insert(seq, vec![(seq, draft.body.text.clone())]);
        }
        self.events.push(event(room, draft, by, seq));
        Outcome::Stored(seq, seq.0)
    }

    /// Changes the message that it names, if that one is as it has to be.
    fn change(&mut self, draft: &Draft, seq: Seq) -> Result<(), ErrorCode> {
        let Some(target) = draft.body.target else { return Ok(()) };
        let index = usize::try_from(target.0 - 1).expect("a log fits into memory");
        let message = self.events.get_mut(index).filter(|event| event.kind == Kind::Message);
        let there = message.filter(|message| target >= self.oldest && !message.body.text.is_empty());
        let message = there.ok_or(ErrorCode::NoSuchMessage)?;
        let reaction = || (target, draft.body.emoji.clone().unwrap_or_default(), draft.by);
        match draft.kind {
            Kind::Edit | Kind::Delete if message.by.id != draft.by => return Err(ErrorCode::Forbidden),
            Kind::Edit | Kind::Delete => {
                let text = if draft.kind == Kind::Edit { draft.body.text.clone() } else { String::new() };
                (message.body.text, message.rev) = (text.clone(), Some(seq));
                self.texts.entry(target).or_default().push((seq, text));
            }
            Kind::Reaction if draft.body.on == Some(false) => {
                return self.reactions.remove(&reaction()).then_some(()).ok_or(ErrorCode::NoChange);
            }
            Kind::Reaction => {
                return self.reactions.insert(reaction()).then_some(()).ok_or(ErrorCode::NoChange);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a draft is with that number.
pub(crate) fn event(room: &RoomId, draft: &Draft, by: &Person, seq: Seq) -> Event {
    let Draft { kind, cid, at, ref body, .. } = *draft;
    let n = kind.is_message().then_some(seq.0);
    Event { room: room.clone(), seq, kind, cid, by: by.clone(), at, n, rev: None, body: body.clone() }
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

    /// The transaction becomes durable, whole. Gives what was stored, and what was refused for good.
    pub(crate) fn commit(&mut self, id: u64, twice: bool) -> (Vec<Event>, Vec<Event>) {
        let Some(append) = self.appends.get_mut(&id) else { return (Vec::new(), Vec::new()) };
        let log = self.rooms.get_mut(&append.room).expect("rooms are made with the world");
        let before = log.events.len();
        let store = |draft: &Draft| log.store(&append.room, draft, &self.people[&draft.by], twice);
        let outcomes: Vec<_> = append.drafts.iter().map(store).collect();
        let refused = append.drafts.iter().zip(&outcomes);
        let refused = refused.filter(|(_, outcome)| matches!(outcome, Outcome::Refused(_)));
        let refused =
            refused.map(|(draft, _)| event(&append.room, draft, &self.people[&draft.by], Seq::ZERO));
        let refused = refused.collect();
        append.outcomes = Some(outcomes);
        (log.events[before..].to_vec(), refused)
    }
}
