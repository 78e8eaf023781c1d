//! Who is here and who is typing in one room; both expire by the time that is given.
//!
//! Changes are gathered, so that a reload is no news and a crowd is one signal.
//!
//! A node tells the others who is at it, whole, when that changes and again and again while somebody is: it
//! is a lease, which the silence of a dead node ends.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use teahouse_protocol::frame::Presence as Changes;
use teahouse_protocol::{Here, Person, Role, UserId};

use self::elsewhere::Elsewhere;
pub use self::elsewhere::{ELSEWHERE_MS, HERE_MS, NodeId};
use self::typists::Typists;
use crate::Moment;

/// Who is at the other nodes.
mod elsewhere;
/// What they are told of who types here.
mod typists;

/// How long a person stays here after the last connection was lost, in milliseconds.
pub const LEASE_MS: u64 = 30_000;
/// How long changes are gathered, in milliseconds.
pub const GATHER_MS: u64 = 1_500;
/// How long changes are gathered for the other nodes, in milliseconds: they gather once more.
const NODES_GATHER_MS: u64 = 300;
/// How soon another node that asks is answered, in milliseconds: many may ask at once.
const ASKED_MS: u64 = 50;
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
    /// How many other nodes say that the person is there.
    nodes: u32,
    role: Option<Role>,
    picture: Option<u32>,
    away: bool,
    /// Whether others were told that the person is here, as they are now.
    told: bool,
}

impl Entry {
    fn new(person: &Person, now: Moment) -> Self {
        let Person { name, role, picture, away, .. } = person.clone();
        Self { name, gone_at: now, connections: 0, nodes: 0, role, picture, away, told: false }
    }

    fn person(&self, id: UserId) -> Person {
        Person { id, name: self.name.clone(), role: self.role, picture: self.picture, away: self.away }
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
    /// The count that others were last told, and whether there may be more.
    last_told: (u64, bool),
    typing: Vec<(Person, Moment)>,
    tell_typing_at: Option<Moment>,
    /// None if there is no other node.
    elsewhere: Option<Elsewhere>,
    typists: Typists,
}

/// What others are told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Who came and left.
    pub presence: Option<Changes>,
    /// Who is typing.
    pub typing: Option<Here>,
    /// What the other nodes are told: who is at this one.
    pub at_this_node: Option<Here>,
    /// What the other nodes are told of who types at this one, or stopped.
    pub types_at_this_node: Vec<(UserId, bool)>,
}

impl Presence {
    /// Nobody is here; there may be other nodes.
    #[must_use]
    pub fn shared() -> Self {
        Self { elsewhere: Some(Elsewhere::default()), ..Self::default() }
    }

    /// A connection of a person came.
    pub fn enter(&mut self, person: &Person, now: Moment) {
        let entry = self.people.entry(person.id).or_insert_with(|| Entry::new(person, now));
        entry.connections += 1;
        let came = !self.leaving.remove(&(entry.gone_at, person.id)) && entry.connections == 1;
        if !entry.told {
            self.changed(person.id, now);
        }
        if came {
            self.tell_nodes(now);
        }
        self.changed_to(person, now);
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

    /// A person is called otherwise now, has another role or picture, stepped away or is back: others are told as if
    /// they came.
    pub fn changed_to(&mut self, person: &Person, now: Moment) {
        let Some(entry) = self.people.get_mut(&person.id) else { return };
        if entry.person(person.id) == *person {
            return;
        }
        let Person { name, role, picture, away, .. } = person.clone();
        (entry.name, entry.role, entry.picture, entry.away, entry.told) = (name, role, picture, away, false);
        self.changed(person.id, now);
        self.tell_nodes(now);
        if let Some((typing, _)) = self.typing.iter_mut().find(|(typing, _)| typing.id == person.id) {
            typing.clone_from(person);
            self.tell_typing(now);
        }
    }

    /// A person without a connection says that they will not come back.
    pub fn bye(&mut self, person: UserId, now: Moment) {
        let may_come_back = |entry: &Entry| self.leaving.contains(&(entry.gone_at, person));
        if self.people.get(&person).is_some_and(may_come_back) {
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

    /// Another node says who is there; it counts for [`ELSEWHERE_MS`].
    pub fn elsewhere(&mut self, node: NodeId, here: Here, now: Moment) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        let changes = elsewhere.says(node, here, now);
        self.follow_nodes(changes, now);
    }

    /// Another node asks who is at this one: somebody there may be waiting for the answer.
    pub fn asked(&mut self, now: Moment) {
        if self.is_somebody_at_this_node() {
            self.tell_nodes_after(ASKED_MS, now);
        }
    }

    /// Whether this node hears from the others; while it does not, there may be more people than it knows.
    pub fn hears_others(&mut self, hears: bool, now: Moment) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        let heard = !std::mem::replace(&mut elsewhere.cut, !hears);
        if heard != hears {
            self.tell_at.get_or_insert(now + GATHER_MS);
            self.tell_nodes(now);
        }
    }

    /// Whether somebody has a connection to this node, or lost it so lately that they may come back.
    fn is_somebody_at_this_node(&self) -> bool {
        !self.leaving.is_empty() || self.people.values().any(|entry| entry.connections > 0)
    }

    /// Whether something would be missed if all this were forgotten: somebody is at this node, or the other
    /// nodes have still to hear that nobody is.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.is_somebody_at_this_node()
            || self.elsewhere.as_ref().is_some_and(|other| other.tell_at.is_some())
    }

    /// Whether so many are here that only their count is told.
    #[must_use]
    pub fn is_crowd(&self) -> bool {
        self.count() > NAMED_MAX as u64
    }

    fn count(&self) -> u64 {
        let uncounted = self.elsewhere.as_ref().map_or(0, Elsewhere::crowds);
        self.people.len() as u64 + uncounted
    }

    fn is_partial(&self) -> bool {
        self.elsewhere.as_ref().is_some_and(|elsewhere| elsewhere.cut)
    }

    /// Somebody at this node says that they are typing, or that they stopped.
    pub fn typing_here(&mut self, person: UserId, on: bool, now: Moment) {
        self.typing(person, on, now);
        if self.elsewhere.is_some() {
            self.typists.says(person, on, now);
        }
    }

    /// Somebody, at any node, is typing, or stopped.
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
        Here { count: self.count(), people: self.list(), partial: self.is_partial() }
    }

    /// Everybody, unless it is a crowd.
    fn list(&self) -> Option<Vec<Person>> {
        (!self.is_crowd()).then(|| self.people.iter().map(|(id, entry)| entry.person(*id)).collect())
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Moment> {
        let gone = self.leaving.first().map(|(at, _)| *at);
        let typed = self.typing.iter().map(|(_, until)| *until).min();
        let nodes = self.elsewhere.as_ref().and_then(Elsewhere::next_deadline);
        [self.tell_at, self.tell_typing_at, self.typists.tell_at, gone, typed, nodes]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets leases end, and says what others are told now.
    pub fn tick(&mut self, now: Moment) -> Signals {
        while let Some((_, person)) = self.leaving.first().copied().filter(|(at, _)| *at <= now) {
            self.leaving.pop_first();
            self.tell_nodes(now);
            self.end(person, now);
        }
        if let Some(silent) = self.elsewhere.as_mut().map(|elsewhere| elsewhere.expire(now)) {
            self.follow_nodes(silent, now);
        }
        let typing = self.typing.len();
        self.typing.retain(|(_, until)| *until > now);
        if self.typing.len() != typing {
            self.tell_typing(now);
        }
        let presence = due(&mut self.tell_at, now).then(|| self.changes()).flatten();
        let typing = due(&mut self.tell_typing_at, now).then(|| self.who_types());
        let is_due = self.elsewhere.as_mut().is_some_and(|elsewhere| due(&mut elsewhere.tell_at, now));
        let at_this_node = is_due.then(|| self.at_this_node(now));
        let types_at_this_node = self.typists.tick(now);
        Signals { presence, typing, at_this_node, types_at_this_node }
    }

    /// Who is at this node, for the others; it is told again while somebody is.
    fn at_this_node(&mut self, now: Moment) -> Here {
        let leaving: HashSet<_> = self.leaving.iter().map(|(_, person)| person).collect();
        let is_at = |id: &UserId, entry: &Entry| entry.connections > 0 || leaving.contains(id);
        let at = || self.people.iter().filter(|(id, entry)| is_at(id, entry));
        let count = at().count();
        let people = (count <= NAMED_MAX).then(|| at().map(|(id, entry)| entry.person(*id)).collect());
        if let Some(elsewhere) = &mut self.elsewhere {
            elsewhere.tell_at = (count > 0).then_some(now + HERE_MS);
        }
        Here { count: count as u64, people, partial: false }
    }

    /// The other nodes are told soon who is at this one.
    fn tell_nodes(&mut self, now: Moment) {
        self.tell_nodes_after(NODES_GATHER_MS, now);
    }

    fn tell_nodes_after(&mut self, ms: u64, now: Moment) {
        if let Some(Elsewhere { tell_at, .. }) = &mut self.elsewhere {
            *tell_at = Some(tell_at.map_or(now + ms, |at| at.min(now + ms)));
        }
    }

    /// Takes over what other nodes said.
    fn follow_nodes(&mut self, changes: elsewhere::Changed, now: Moment) {
        for person in changes.came {
            let entry = self.people.entry(person.id).or_insert_with(|| Entry::new(&person, now));
            entry.nodes += 1;
            if !entry.told {
                self.changed(person.id, now);
            }
        }
        for person in changes.left {
            let Some(entry) = self.people.get_mut(&person) else { continue };
            entry.nodes -= 1;
            // Who may come back here has a lease of this node's.
            if entry.nodes == 0 && entry.connections == 0 && !self.leaving.contains(&(entry.gone_at, person))
            {
                self.end(person, now);
            }
        }
        if changes.crowd {
            self.tell_at.get_or_insert(now + GATHER_MS);
        }
    }

    /// Nothing holds a person here any more.
    fn end(&mut self, person: UserId, now: Moment) {
        if self.people.get(&person).is_some_and(|entry| entry.nodes > 0) {
            return;
        }
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
            let here =
                entry.connections > 0 || entry.nodes > 0 || self.leaving.contains(&(entry.gone_at, person));
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
        changes.count = self.count();
        changes.partial = self.is_partial();
        let told = (changes.count, changes.partial);
        let is_news = std::mem::replace(&mut self.last_told, told) != told;
        if changes.came.is_empty() && changes.left.is_empty() && !is_news {
            return None;
        }
        let is_crowd = self.is_crowd();
        let was_crowd = std::mem::replace(&mut self.crowd, is_crowd);
        if is_crowd || was_crowd {
            changes.came.clear();
            changes.left.clear();
        }
        if changes.came.is_empty() && changes.left.is_empty() {
            // Who knew only a count gets the whole list when the crowd has gone.
            changes.people = self.list();
        }
        Some(changes)
    }

    fn who_types(&self) -> Here {
        let people = self.typing.iter().take(TYPING_NAMED_MAX).map(|(person, _)| person.clone()).collect();
        Here { count: self.typing.len() as u64, people: Some(people), partial: false }
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
#[cfg(test)]
mod tests_of_nodes;
