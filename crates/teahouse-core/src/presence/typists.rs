//! What the other nodes are told of who types at this one: not each word of it, but what is news to them.

use std::collections::{BTreeMap, HashMap};

use teahouse_protocol::UserId;

use super::{NODES_GATHER_MS, TYPING_MAX, TYPING_MS, due};
use crate::Moment;

/// How often they are told of somebody who goes on typing, in milliseconds: before it ends there.
const AGAIN_MS: u64 = TYPING_MS / 2;

/// Who types at this node, as the other nodes know it.
#[derive(Debug, Default)]
pub(super) struct Typists {
    /// When they were told last that somebody types.
    told: HashMap<UserId, Moment>,
    /// What they have still to be told: the newest word of each person.
    news: BTreeMap<UserId, bool>,
    pub(super) tell_at: Option<Moment>,
}

impl Typists {
    /// Somebody at this node types, or stopped.
    pub(super) fn says(&mut self, person: UserId, on: bool, now: Moment) {
        let told_ms = self.told.get(&person).map(|at| now.since_ms(*at)).filter(|ms| *ms < TYPING_MS);
        if told_ms.map_or(!on, |ms| on && ms < AGAIN_MS) {
            self.news.remove(&person);
        } else if self.news.len() < TYPING_MAX || self.news.contains_key(&person) {
            self.news.insert(person, on);
            self.tell_at.get_or_insert(now + NODES_GATHER_MS);
        }
    }

    /// What they are told now.
    pub(super) fn tick(&mut self, now: Moment) -> Vec<(UserId, bool)> {
        if !due(&mut self.tell_at, now) {
            return Vec::new();
        }
        self.told.retain(|_, at| now.since_ms(*at) < TYPING_MS);
        let news: Vec<_> = std::mem::take(&mut self.news).into_iter().collect();
        for (person, on) in &news {
            if *on {
                self.told.insert(*person, now);
            } else {
                self.told.remove(person);
            }
        }
        news
    }
}
