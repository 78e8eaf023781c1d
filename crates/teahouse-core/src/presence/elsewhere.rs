//! What the other nodes said of who is there, until it is too old. Knows nothing of this node.

use std::collections::{HashMap, HashSet};

use teahouse_protocol::{Here, Person, UserId};

use crate::Moment;

/// How often a node says again who is there, in milliseconds.
pub const HERE_MS: u64 = 10_000;
/// How long that counts, in milliseconds: two of them may be lost.
pub const ELSEWHERE_MS: u64 = 25_000;
/// Most other nodes that are listened to.
const NODES_MAX: usize = 1_024;

/// A node, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u64);

/// What the other nodes said.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    nodes: HashMap<NodeId, Said>,
    /// When they are told next who is at this node.
    pub(super) tell_at: Option<Moment>,
    /// Nobody hears what the other nodes say.
    pub(super) cut: bool,
}

#[derive(Debug)]
struct Said {
    people: HashSet<UserId>,
    /// People without names: there are too many.
    crowd: u64,
    until: Moment,
}

/// How what they say differs from what they said.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// One node more has this person.
    pub(super) came: Vec<Person>,
    /// One node fewer has this person.
    pub(super) left: Vec<UserId>,
    /// The number of people without names changed.
    pub(super) crowd: bool,
}

impl Elsewhere {
    /// A node says who is there.
    pub(super) fn says(&mut self, node: NodeId, here: Here, now: Moment) -> Changed {
        if self.nodes.len() >= NODES_MAX && !self.nodes.contains_key(&node) {
            return Changed::default();
        }
        let crowd = if here.people.is_none() { here.count } else { 0 };
        let people = here.people.unwrap_or_default();
        let ids = people.iter().map(|person| person.id).collect();
        let said = Said { people: ids, crowd, until: now + ELSEWHERE_MS };
        let is_empty = said.people.is_empty() && crowd == 0;
        let before = if is_empty { self.nodes.remove(&node) } else { self.nodes.insert(node, said) };
        let mut known = before.as_ref().map(|before| before.people.clone()).unwrap_or_default();
        // A person who is named twice counts once.
        let came = people.into_iter().filter(|person| known.insert(person.id)).collect();
        let now_there = self.nodes.get(&node).map(|said| &said.people);
        let is_gone = |id: &&UserId| now_there.is_none_or(|there| !there.contains(*id));
        let left = before.iter().flat_map(|before| &before.people).filter(is_gone).copied().collect();
        Changed { came, left, crowd: before.map_or(0, |before| before.crowd) != crowd }
    }

    /// Forgets the nodes that have not said anything for too long.
    pub(super) fn expire(&mut self, now: Moment) -> Changed {
        let mut changed = Changed::default();
        for (_, silent) in self.nodes.extract_if(|_, said| said.until <= now) {
            changed.left.extend(silent.people);
            changed.crowd |= silent.crowd > 0;
        }
        changed
    }

    /// How many people there are without names.
    pub(super) fn crowds(&self) -> u64 {
        self.nodes.values().map(|said| said.crowd).sum()
    }

    /// When there is something to do.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        self.nodes.values().map(|said| said.until).chain(self.tell_at).min()
    }
}
