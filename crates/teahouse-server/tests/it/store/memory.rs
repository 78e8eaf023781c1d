//! The model that the stores are compared with: one mutex, plain maps, and no SQL.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future;
use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, Epoch, Event, Person, Range, Role, RoomId, RoomNow, Seq, UserId};

use teahouse_server::store::{
    Answer, Appended, Claim, Directory, EventLog, Head, NewPerson, NewRoom, Page, SEEN_MS, StoreError,
    StoredRoom,
};

/// Rooms and people in memory.
pub(crate) struct Model(Mutex<State>);

#[derive(Default)]
struct State {
    rooms: HashMap<RoomId, Log>,
    people: HashMap<UserId, Known>,
    names: HashMap<String, UserId>,
    tokens: HashMap<[u8; 32], UserId>,
    marks: HashMap<(UserId, RoomId), Seq>,
    settings: HashMap<String, String>,
}

struct Log {
    room: StoredRoom,
    /// Event `seq` is at `seq - 1`.
    events: Vec<(Draft, Option<u64>)>,
    cids: HashMap<Cid, Seq>,
}

struct Known {
    name: Arc<str>,
    role: Option<Role>,
    password: Option<String>,
    seen: u64,
    /// The folded name that a guest had until it was freed.
    freed: Option<String>,
}

impl Model {
    /// A store with the main room.
    pub(crate) fn new() -> Self {
        let mut state = State::default();
        state.add_room(NewRoom::main());
        Self(Mutex::new(state))
    }

    /// Remembers a new person, if nobody has the name, the id, the token or the house.
    pub(crate) fn remember(&self, person: NewPerson) -> Claim {
        self.state().add(person)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in a test's other task leaves nothing half done that matters here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for Model {
    fn add_room(&self, room: NewRoom) -> Answer<'static, Claim> {
        answer(Ok(self.state().add_room(room)))
    }

    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>> {
        answer(Ok(self.state().rooms.get(id).map(|log| log.room.clone())))
    }

    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>> {
        let appended = match self.state().rooms.get_mut(room) {
            Some(log) => Ok(drafts.into_iter().map(|draft| log.append(draft)).collect()),
            None => Err(StoreError::Down(format!("there is no room {room} in it").into())),
        };
        answer(appended)
    }

    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>> {
        let state = self.state();
        let events = state.events(room, after.next().0..u64::MAX).take(limit as usize).collect();
        answer(Ok(events))
    }

    fn page<'a>(
        &'a self,
        room: &'a RoomId,
        range: Range,
        limit: u32,
        _reader: Option<UserId>,
    ) -> Answer<'a, Page> {
        answer(Ok(self.state().page(room, range, limit as usize)))
    }

    fn among<'a>(&'a self, _: &'a RoomId, _: Vec<Seq>, _: Option<UserId>) -> Answer<'a, Page> {
        unreachable!("what stands beside messages is tested with changes")
    }

    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>> {
        let cid = self.state().events(room, seq.0..seq.0.saturating_add(1)).next().map(|event| event.cid);
        answer(Ok(cid))
    }

    fn heads(&self, rooms: Vec<RoomId>) -> Answer<'_, Vec<Head>> {
        let state = self.state();
        let head = |room| {
            let StoredRoom { id, epoch, oldest, head, .. } = &state.rooms.get(&room)?.room;
            Some(Head { room: id.clone(), epoch: *epoch, oldest: *oldest, head: *head })
        };
        answer(Ok(rooms.into_iter().filter_map(head).collect()))
    }

    fn renew_epoch<'a>(&'a self, room: &'a RoomId, epoch: Epoch) -> Answer<'a, ()> {
        if let Some(log) = self.state().rooms.get_mut(room) {
            log.room.epoch = epoch;
        }
        answer(Ok(()))
    }
}

impl Directory for Model {
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>> {
        let mut state = self.state();
        let Some(id) = state.tokens.get(&token).copied() else { return answer(Ok(None)) };
        state.saw(id, now);
        answer(Ok(Some(state.person(id))))
    }

    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>> {
        let state = self.state();
        let found = state.names.get(folded).copied();
        answer(Ok(found.map(|id| (state.person(id), state.people[&id].password.clone()))))
    }

    fn add_token(&self, person: UserId, token: [u8; 32], _now: u64) -> Answer<'static, ()> {
        let mut state = self.state();
        if state.people.contains_key(&person) {
            state.tokens.entry(token).or_insert(person);
        }
        answer(Ok(()))
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        answer(Ok(self.state().has_owner()))
    }

    fn free_names(&self, before: u64) -> Answer<'static, u64> {
        answer(Ok(self.state().free_names(before)))
    }

    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq> {
        answer(Ok(self.state().marks.get(&(person, room.clone())).copied().unwrap_or_default()))
    }

    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq> {
        let mut state = self.state();
        let Some(head) = state.rooms.get(room).map(|log| log.room.head) else {
            return answer(Ok(Seq::ZERO));
        };
        let mark = state.marks.entry((person, room.clone())).or_default();
        *mark = seq.min(head).max(*mark);
        answer(Ok(*mark))
    }

    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        answer(Ok(self.state().settings.get(key).cloned()))
    }

    fn first_setting(&self, key: &str, value: String) -> Answer<'static, String> {
        answer(Ok(self.state().settings.entry(key.into()).or_insert(value).clone()))
    }

    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()> {
        let mut state = self.state();
        match value {
            Some(value) => state.settings.insert(key.into(), value),
            None => state.settings.remove(key),
        };
        answer(Ok(()))
    }
}

fn answer<T: Send + 'static>(result: Result<T, StoreError>) -> Answer<'static, T> {
    Box::pin(future::ready(result))
}

impl Log {
    fn append(&mut self, draft: Draft) -> Appended {
        let seq = self.room.head.next();
        match self.cids.entry(draft.cid) {
            Entry::Occupied(first) => {
                let seq = *first.get();
                let first = &self.events[place(seq)].0;
                let same = (first.by, first.kind, &first.body) == (draft.by, draft.kind, &draft.body);
                if same { Appended::Repeat { seq, at: first.at } } else { Appended::Conflict }
            }
            Entry::Vacant(free) => {
                free.insert(seq);
                self.room.head = seq;
                self.room.n += u64::from(draft.kind.is_message());
                let n = draft.kind.is_message().then_some(self.room.n);
                self.events.push((draft, n));
                Appended::Stored { seq, n: self.room.n }
            }
        }
    }
}

impl State {
    fn add_room(&mut self, room: NewRoom) -> Claim {
        match self.rooms.entry(room.id.clone()) {
            Entry::Occupied(_) => Claim::Taken,
            Entry::Vacant(free) => {
                let NewRoom { id, name, topic, policy } = room;
                let now = RoomNow { name, topic, policy, ..RoomNow::default() };
                let epoch = Epoch(rand::random());
                let room = StoredRoom { id, now, epoch, oldest: Seq(1), head: Seq::ZERO, n: 0 };
                free.insert(Log { room, events: Vec::new(), cids: HashMap::new() });
                Claim::Made
            }
        }
    }

    /// The events of the room whose numbers are in `numbers`, in order.
    fn events(
        &self,
        room: &RoomId,
        numbers: std::ops::Range<u64>,
    ) -> impl DoubleEndedIterator<Item = Event> + '_ {
        let log = self.rooms.get(room);
        let head = log.map_or(0, |log| log.room.head.0);
        let numbers = numbers.start.max(1)..numbers.end.min(head + 1);
        numbers.filter_map(move |seq| Some(self.event(log?, Seq(seq))))
    }

    fn event(&self, log: &Log, seq: Seq) -> Event {
        let (draft, n) = &log.events[place(seq)];
        let mut body = draft.body.clone();
        if let Some(deed) = &mut body.deed {
            deed.person = self.person(deed.person.id);
        }
        Event {
            room: log.room.id.clone(),
            seq,
            kind: draft.kind,
            cid: draft.cid,
            by: self.person(draft.by),
            at: draft.at,
            n: *n,
            rev: None,
            body,
        }
    }

    fn page(&self, room: &RoomId, range: Range, limit: usize) -> Page {
        let listed = |numbers| self.events(room, numbers).filter(|event| event.kind.is_listed());
        let below = |seq: Seq, limit: usize| {
            let mut messages: Vec<_> = listed(0..seq.0).rev().take(limit + 1).collect();
            let more = messages.len() > limit;
            messages.truncate(limit);
            messages.reverse();
            (messages, more)
        };
        let from = |seq: u64, limit: usize| {
            let mut messages: Vec<_> = listed(seq..u64::MAX).take(limit + 1).collect();
            let more = messages.len() > limit;
            messages.truncate(limit);
            (messages, more)
        };
        let (messages, more) = match range {
            Range::Before(seq) => below(seq, limit),
            Range::After(seq) => from(seq.0.saturating_add(1), limit),
            Range::Around(seq) => {
                let (mut messages, more_below) = below(seq, limit / 2);
                let (above, more_above) = from(seq.0, limit - limit / 2);
                messages.extend(above);
                (messages, more_below || more_above)
            }
        };
        let states = teahouse_protocol::States::default();
        Page { messages, states, as_of: self.rooms.get(room).map_or(Seq::ZERO, |log| log.room.head), more }
    }

    /// The person as others see them; somebody unknown goes by their id.
    fn person(&self, id: UserId) -> Person {
        match self.people.get(&id) {
            Some(known) => Person::new(id, known.name.clone(), known.role),
            None => Person::new(id, id.to_string().into(), None),
        }
    }

    fn add(&mut self, person: NewPerson) -> Claim {
        let second_owner = person.role == Some(Role::Owner) && self.has_owner();
        let token_taken = person.token.is_some_and(|token| self.tokens.contains_key(&token));
        let id_taken = self.people.contains_key(&person.id);
        if second_owner || token_taken || id_taken || self.names.contains_key(&person.folded) {
            return Claim::Taken;
        }
        let before = self.people.iter_mut().find(|(_, known)| known.freed.as_ref() == Some(&person.folded));
        if let Some((id, known)) = before {
            known.name = format!("{} ({})", known.name, &id.to_string()[..4]).into();
            known.freed = None;
        }
        let NewPerson { id, name, folded, role, password, token, at } = person;
        self.names.insert(folded, id);
        self.tokens.extend(token.map(|token| (token, id)));
        self.people.insert(id, Known { name, role, password, seen: at, freed: None });
        Claim::Made
    }

    fn saw(&mut self, id: UserId, now: u64) {
        let Some(known) = self.people.get_mut(&id) else { return };
        if known.freed.is_some() || now.saturating_sub(known.seen) >= SEEN_MS {
            known.seen = known.seen.max(now);
        }
        // A name that somebody took is not in `freed` any more.
        if let Some(folded) = known.freed.take() {
            self.names.insert(folded, id);
        }
    }

    fn has_owner(&self) -> bool {
        self.people.values().any(|known| known.role == Some(Role::Owner))
    }

    fn free_names(&mut self, before: u64) -> u64 {
        let mut freed = 0;
        let people = &mut self.people;
        self.names.retain(|folded, id| {
            let known = people.get_mut(id).expect("a name belongs to a person");
            let kept = known.role.is_some() || known.seen >= before;
            if !kept {
                known.freed = Some(folded.clone());
                freed += 1;
            }
            kept
        });
        freed
    }
}

fn place(seq: Seq) -> usize {
    usize::try_from(seq.0 - 1).expect("memory holds fewer events than an address has values")
}
