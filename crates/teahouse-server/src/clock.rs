//! What time it is, and who wants to be woken when.
//!
//! One wheel for everybody: a timer of its own for each of a million connections would cost more than
//! the connection. It turns once a second, so a deadline is met up to a second late.

use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use teahouse_core::Moment;

use crate::lock;
use crate::session::Connection;

/// Seconds that the wheel looks ahead; a later deadline is looked at again then.
const SLOTS: usize = 128;

/// The node's clock and its wheel.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    slots: Box<[Mutex<Vec<Weak<Connection>>>]>,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now(), slots: (0..SLOTS).map(|_| Mutex::default()).collect() }
    }

    /// The moment that core machines are given.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(u64::try_from(self.start.elapsed().as_millis()).expect("no node runs for so long"))
    }

    /// The moment as tokio sleeps until it.
    #[must_use]
    pub fn instant(&self, at: Moment) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start + Duration::from_millis(at.0))
    }

    /// Wakes the connection in the second after `at`, or earlier.
    pub fn wake_at(&self, at: Moment, now: Moment, connection: Weak<Connection>) {
        let ahead = (at.since_ms(now) / 1_000 + 1).min(SLOTS as u64 - 1);
        let slot = (now.0 / 1_000 + ahead) as usize % SLOTS;
        lock(&self.slots[slot]).push(connection);
    }

    /// Turns the wheel for ever.
    pub async fn turn(&self) {
        let mut turned = self.now().0 / 1_000;
        loop {
            tokio::time::sleep_until(self.instant(Moment((turned + 1) * 1_000))).await;
            let second = self.now().0 / 1_000;
            // The last slot once more: somebody may have come to it while it was turned.
            for late in turned..=second {
                let due = std::mem::take(&mut *lock(&self.slots[late as usize % SLOTS]));
                due.iter().filter_map(Weak::upgrade).for_each(|connection| connection.time_is_up());
            }
            turned = second;
        }
    }

    /// Everybody who is to be woken some time: every connection.
    #[must_use]
    pub fn connections(&self) -> Vec<std::sync::Arc<Connection>> {
        let mut all: Vec<_> =
            self.slots.iter().flat_map(|slot| lock(slot).clone()).filter_map(|weak| weak.upgrade()).collect();
        all.sort_by_key(|connection| connection.id);
        all.dedup_by_key(|connection| connection.id);
        all
    }
}

/// Milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn unix_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
