//! Who is here and who is typing in one room; both expire by the time that is given.
//!
//! Changes are gathered, so that a reload is no news and a crowd is one signal.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use teahouse_protocol::frame::Presence as Changes;
use teahouse_protocol::{Here, Person, Role, UserId};

use crate::Moment;

/// How long a person stays here after the last connection was lost, in milliseconds.
pub const LEASE_MS: u64 = 30_000;
/// How long changes are gathered, in milliseconds.
pub const GATHER_MS: u64 = 1_500;
/// Above so many people only their count is told.
pub const NAMED_MAX: usize = 200;
/// How long somebody types after the last word of it, in milliseconds.
pub const TYPING_MS: u64 = 6_000;
/// Most names in a typing signal.
pub const TYPING_NAMED_MAX: usize = 5;
/// Most people whose typing is kept.
const TYPING_MAX: usize = 100;
/// Typing is told at most so often, in milliseconds.
const TYPING_GATHER_MS: u64 = 500;

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    /// When the person is gone, if no connection comes back; counts only without a connection.
    gone_at: Moment,
    connections: u32,
    role: Option<Role>,
    /// Whether others were told that the person is here.
    told: bool,
}

impl Entry {
    fn person(&self, id: UserId) -> Person {
        Person { id, name: self.name.clone(), role: self.role }
    }
}

/// Who is here and who is typing in one room.
#[derive(Debug, Default)]
pub struct Presence {
    people: HashMap<UserId, Entry>,
    changed: BTreeSet<UserId>,
    /// People without a connection, who are gone at a time that is known.
    leaving: BTreeSet<(Moment, UserId)>,
    tell_at: Option<Moment>,
    /// Since changes were last told, somebody was given the list with people whom others were not told of.
    listed: bool,
    /// Others were last told a count only.
    crowd: bool,
    typing: Vec<(Person, Moment)>,
    tell_typing_at: Option<Moment>,
}

/// What others are told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Who came and left.
    pub presence: Option<Changes>,
    /// Who is typing.
    pub typing: Option<Here>,
}

impl Presence {
    /// A connection of a person came.
    pub fn enter(&mut self, person: &Person, now: Moment) {
        let entry = self.people.entry(person.id).or_insert_with(|| Entry {
            name: person.name.clone(),
            gone_at: now,
            connections: 0,
            role: person.role,
            told: false,
        });
        entry.connections += 1;
        self.leaving.remove(&(entry.gone_at, person.id));
        if !entry.told {
            self.changed(person.id, now);
        }
    }

    /// A connection of a person ended. Without another one they are gone after `lease_ms`: at once (0) if
    /// they left cleanly, else there is time to come back.
    pub fn leave(&mut self, person: UserId, lease_ms: u64, now: Moment) {
        let Some(entry) = self.people.get_mut(&person) else { return };
        entry.connections = entry.connections.saturating_sub(1);
        if entry.connections == 0 {
            self.lease(person, lease_ms, now);
        }
    }

    /// A person without a connection says that they will not come back.
    pub fn bye(&mut self, person: UserId, now: Moment) {
        if self.people.get(&person).is_some_and(|entry| entry.connections == 0) {
            self.lease(person, 0, now);
        }
    }

    fn lease(&mut self, person: UserId, lease_ms: u64, now: Moment) {
        let Some(entry) = self.people.get_mut(&person) else { return };
        self.leaving.remove(&(entry.gone_at, person));
        entry.gone_at = now + lease_ms;
        self.leaving.insert((entry.gone_at, person));
        if lease_ms == 0 {
            self.changed(person, now);
            self.typing(person, false, now);
        }
    }

    /// Whether so many are here that only their count is told.
    #[must_use]
    pub fn is_crowd(&self) -> bool {
        self.people.len() > NAMED_MAX
    }

    /// Somebody says that they are typing, or that they stopped.
    pub fn typing(&mut self, person: UserId, on: bool, now: Moment) {
        let known = self.typing.iter().position(|(who, _)| who.id == person);
        match (known, on) {
            (Some(at), true) => self.typing[at].1 = now + TYPING_MS,
            (Some(at), false) => {
                self.typing.remove(at);
                self.tell_typing(now);
            }
            (None, true) if self.typing.len() < TYPING_MAX => {
                if let Some(entry) = self.people.get(&person) {
                    self.typing.push((entry.person(person), now + TYPING_MS));
                    self.tell_typing(now);
                }
            }
            (None, _) => {}
        }
    }

    /// Who is here, for somebody who is told of changes from now on.
    #[must_use]
    pub fn here(&mut self) -> Here {
        self.listed = true;
        Here { count: self.people.len() as u64, people: self.list() }
    }

    /// Everybody, unless it is a crowd.
    fn list(&self) -> Option<Vec<Person>> {
        let named = self.people.len() <= NAMED_MAX;
        named.then(|| self.people.iter().map(|(id, entry)| entry.person(*id)).collect())
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Moment> {
        let gone = self.leaving.first().map(|(at, _)| *at);
        let typed = self.typing.iter().map(|(_, until)| *until).min();
        [self.tell_at, self.tell_typing_at, gone, typed].into_iter().flatten().min()
    }

    /// Lets leases end, and says what others are told now.
    pub fn tick(&mut self, now: Moment) -> Signals {
        while let Some((_, person)) = self.leaving.first().copied().filter(|(at, _)| *at <= now) {
            self.leaving.pop_first();
            self.end(person, now);
        }
        let typing = self.typing.len();
        self.typing.retain(|(_, until)| *until > now);
        if self.typing.len() != typing {
            self.tell_typing(now);
        }
        let presence = due(&mut self.tell_at, now).then(|| self.changes()).flatten();
        let typing = due(&mut self.tell_typing_at, now).then(|| self.who_types());
        Signals { presence, typing }
    }

    /// The lease of a person ended.
    fn end(&mut self, person: UserId, now: Moment) {
        self.typing(person, false, now);
        match self.people.get(&person) {
            Some(entry) if entry.told || self.listed => self.changed(person, now),
            // Nobody was told that they came: nobody needs to know that they left.
            _ => {
                self.people.remove(&person);
                self.changed.remove(&person);
            }
        }
    }

    fn changed(&mut self, person: UserId, now: Moment) {
        self.changed.insert(person);
        self.tell_at.get_or_insert(now + GATHER_MS);
    }

    fn tell_typing(&mut self, now: Moment) {
        self.tell_typing_at.get_or_insert(now + TYPING_GATHER_MS);
    }

    fn changes(&mut self) -> Option<Changes> {
        let mut changes = Changes::default();
        let listed = std::mem::take(&mut self.listed);
        for person in std::mem::take(&mut self.changed) {
            let Some(entry) = self.people.get_mut(&person) else { continue };
            let here = entry.connections > 0 || self.leaving.contains(&(entry.gone_at, person));
            if here && !entry.told {
                entry.told = true;
                changes.came.push(entry.person(person));
            } else if !here {
                if entry.told || listed {
                    changes.left.push(person);
                }
                self.people.remove(&person);
            }
        }
        if changes.came.is_empty() && changes.left.is_empty() {
            return None;
        }
        changes.count = self.people.len() as u64;
        let was_crowd = std::mem::replace(&mut self.crowd, self.people.len() > NAMED_MAX);
        if self.crowd || was_crowd {
            changes.came.clear();
            changes.left.clear();
            // Who knew only a count gets the whole list when the crowd has gone.
            changes.people = self.list();
        }
        Some(changes)
    }

    fn who_types(&self) -> Here {
        let people = self.typing.iter().take(TYPING_NAMED_MAX).map(|(person, _)| person.clone()).collect();
        Here { count: self.typing.len() as u64, people: Some(people) }
    }
}

/// Whether the time has come; it is taken away then.
fn due(at: &mut Option<Moment>, now: Moment) -> bool {
    let is_due = at.is_some_and(|at| at <= now);
    if is_due {
        *at = None;
    }
    is_due
}

#[cfg(test)]
mod tests;
