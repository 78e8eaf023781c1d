//! Who is here: everybody who has a connection, or wrote so lately that their rate is not whole yet.
//! Owned by `People`; it knows nobody but those, and asks no store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use teahouse_core::Moment;
use teahouse_core::limits::{Bucket, Rate};
use teahouse_protocol::{Person, Role, UserId};

use crate::lock;
use crate::session::Connection;

/// People whose rates are kept while they have no connection.
const RESTING_MAX: usize = 65_536;

/// Somebody who has a connection now.
#[derive(Debug)]
pub struct Someone {
    /// Which person.
    pub id: UserId,
    shown: Mutex<Shown>,
    sends: Mutex<Bucket>,
    connections: Mutex<Vec<Weak<Connection>>>,
}

/// What others see of a person beside the id: it is in memory for everybody who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    name: Arc<str>,
    role: Option<Role>,
    picture: Option<u32>,
    away: bool,
}

impl Shown {
    fn of(person: &Person) -> Self {
        let Person { name, role, picture, away, .. } = person.clone();
        Self { name, role, picture, away }
    }
}

impl Someone {
    fn new(person: &Person) -> Arc<Self> {
        let (sends, connections) = (Mutex::default(), Mutex::default());
        Arc::new(Self { id: person.id, shown: Mutex::new(Shown::of(person)), sends, connections })
    }

    /// As others see them now.
    #[must_use]
    pub fn person(&self) -> Person {
        let Shown { name, role, picture, away } = lock(&self.shown).clone();
        Person { id: self.id, name, role, picture, away }
    }

    /// They are called so, or may do so, from now on; whether that is news.
    #[must_use]
    pub(crate) fn become_like(&self, person: &Person) -> bool {
        let (mut now, then) = (lock(&self.shown), Shown::of(person));
        let is_news = *now != then;
        *now = then;
        is_news
    }

    /// Takes one message of their rate, or says how many milliseconds to wait.
    ///
    /// # Errors
    /// The waiting time in milliseconds.
    pub fn may_send(&self, rate: Rate, now: Moment) -> Result<(), u64> {
        lock(&self.sends).take(rate, now)
    }

    /// Whether they have written so little lately that their rate need not be kept.
    fn is_rested(&self, rate: Rate, now: Moment) -> bool {
        lock(&self.sends).is_full(rate, now)
    }

    /// Counts a connection in, unless there are too many.
    #[must_use]
    pub fn admit(&self, connection: &Arc<Connection>, most: u32) -> bool {
        let mut all = lock(&self.connections);
        all.retain(|one| one.strong_count() > 0);
        if all.len() >= most as usize {
            return false;
        }
        all.reserve_exact(1);
        all.push(Arc::downgrade(connection));
        true
    }

    /// Their connections to this node.
    #[must_use]
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        lock(&self.connections).iter().filter_map(Weak::upgrade).collect()
    }

    /// Their other connections.
    #[must_use]
    pub fn others(&self, than: &Connection) -> Vec<Arc<Connection>> {
        self.connections().into_iter().filter(|one| one.id != than.id).collect()
    }
}

/// Everybody who is here.
#[derive(Debug, Default)]
pub(super) struct Everybody {
    here: Mutex<HashMap<UserId, Weak<Someone>>>,
    /// Who wrote without a connection that lasts, until their rate is whole again.
    resting: Mutex<HashMap<UserId, Arc<Someone>>>,
}

impl Everybody {
    /// The person with what is known of them here; somebody new if nothing is.
    pub(super) fn someone(&self, person: &Person) -> Arc<Someone> {
        let mut here = lock(&self.here);
        if let Some(someone) = here.get(&person.id).and_then(Weak::upgrade) {
            return someone;
        }
        if here.len() == here.capacity() {
            here.retain(|_, someone| someone.strong_count() > 0);
        }
        let someone = Someone::new(person);
        here.insert(someone.id, Arc::downgrade(&someone));
        someone
    }

    /// The person, if they are here.
    pub(super) fn find(&self, person: UserId) -> Option<Arc<Someone>> {
        lock(&self.here).get(&person).and_then(Weak::upgrade)
    }

    /// Keeps what is left of somebody's rate for their next request.
    pub(super) fn keep_rate(&self, someone: &Arc<Someone>, rate: Rate, now: Moment) {
        let mut resting = lock(&self.resting);
        if resting.len() == resting.capacity() {
            resting.retain(|_, one| !one.is_rested(rate, now));
        }
        if resting.len() < RESTING_MAX {
            resting.insert(someone.id, someone.clone());
        }
    }
}
