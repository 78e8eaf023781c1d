//! What is made of the logs, at its own pace: the search index, who was called, what is sent to sleeping devices.
//!
//! A follower reads every room's log with a cursor of its own, which the store keeps. What it makes of some events
//! and its cursor are one commit: a death in between or a second node neither lose nor double anything. It knows
//! nothing of what is made, and nobody waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use teahouse_protocol::{Event, RoomId, Seq};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::lock;
use crate::store::follower::{Pending, advance, begin_at_heads, pending, pending_in};
use crate::store::{Commit, Committed, Row, Statement, Store, StoreError};

/// How often the logs are compared, whatever was told: other nodes write to them, too.
const COMPARE: Duration = Duration::from_secs(3);
/// A lone event is followed at once. Where many come, they are taken together, so often: each time costs commits of
/// its own, however little it takes.
const GATHER: Duration = Duration::from_millis(200);
/// How long the next try waits after the store failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Events of one commit.
const BATCH_EVENTS: u32 = 256;
/// Rooms of one question.
const ROOMS_AT_ONCE: u32 = 64;

/// Where a follower begins that never was in this house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// With the oldest event of each room.
    AtTheBeginning,
    /// After the ends of the logs; with the first event of each room that is made later.
    AtTheEnd,
}

/// What is made of events.
pub trait Work: Send + Sync + 'static {
    /// The name of its cursors in the store. Never changed once released.
    fn name(&self) -> &'static str;

    /// Where it begins in a house that does not know it.
    fn begins(&self) -> Begins;

    /// What is to be stored for these events of one room: in order, without holes, in their current state.
    ///
    /// The statements are committed with the cursor, after it was raised: what they read is as it is then. If one
    /// that must touch a row finds none, the events come again later. An error does the same.
    fn digest<'a>(
        &'a self,
        room: &'a RoomId,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Statement>, StoreError>>;

    /// It is stored now, by this node, and each statement answered with these rows. After a death at this moment it
    /// is never said.
    fn stored(&self, _room: &RoomId, _events: Vec<Event>, _rows: Vec<Vec<Row>>) {}
}

/// Who wants to be told that a log grew.
#[derive(Debug, Default)]
pub struct Followers(Mutex<Vec<Arc<Bell>>>);

/// The rooms that grew, for one follower: as many as there are rooms at most.
#[derive(Debug, Default)]
struct Bell {
    rooms: Mutex<BTreeSet<RoomId>>,
    rang: Notify,
}

impl Followers {
    /// Tells them that the log of this room grew.
    pub fn tell(&self, room: &RoomId) {
        for bell in lock(&self.0).iter() {
            lock(&bell.rooms).insert(room.clone());
            bell.rang.notify_one();
        }
    }

    /// One more, who is told from now on.
    #[must_use]
    pub fn add(&self, store: Arc<dyn Store>, work: Arc<dyn Work>) -> Follower {
        let bell = Arc::new(Bell::default());
        lock(&self.0).push(bell.clone());
        Follower { store, work, bell }
    }
}

/// One reader of all logs.
pub struct Follower {
    store: Arc<dyn Store>,
    work: Arc<dyn Work>,
    bell: Arc<Bell>,
}

impl Follower {
    /// Follows for ever.
    pub async fn run(self) {
        let mut worked = true;
        while let Err(error) = self.begin().await {
            self.pause(&mut worked, &error).await;
        }
        loop {
            let outcome = self.catch_up().await;
            if let Err(error) = &outcome {
                self.pause(&mut worked, error).await;
                continue;
            }
            worked = true;
            let compare = tokio::time::sleep(COMPARE);
            tokio::pin!(compare);
            let mut rested = Instant::now();
            // What is told is looked at alone, until it is time to look at everything.
            while !compare.is_elapsed() {
                tokio::select! {
                    () = &mut compare => break,
                    () = self.bell.rang.notified() => {}
                }
                tokio::time::sleep_until(rested).await;
                rested = Instant::now() + GATHER;
                if let Err(error) = self.catch_up_told().await {
                    self.pause(&mut worked, &error).await;
                    break;
                }
            }
        }
    }

    /// Does all that there is to do now.
    ///
    /// # Errors
    /// The store's; what was done until then stays done.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        self.begin().await?;
        // Nothing that is told from now on is missed: it is not taken out here.
        loop {
            let rooms = pending(&*self.store, self.work.name(), ROOMS_AT_ONCE).await?;
            if rooms.is_empty() {
                return Ok(());
            }
            // Each gets a batch before the next gets its second.
            for room in rooms {
                self.digest(room).await?;
            }
        }
    }

    async fn begin(&self) -> Result<(), StoreError> {
        if self.work.begins() == Begins::AtTheEnd {
            begin_at_heads(&*self.store, self.work.name()).await?;
        }
        Ok(())
    }

    async fn catch_up_told(&self) -> Result<(), StoreError> {
        loop {
            let Some(room) = lock(&self.bell.rooms).pop_first() else { return Ok(()) };
            if room.is_inner() {
                continue;
            }
            let found = pending_in(&*self.store, self.work.name(), &room).await?;
            let Some(found) = found else { continue };
            let is_done = found.head.0 - found.done.map_or(0, |seq| seq.0) <= u64::from(BATCH_EVENTS);
            self.digest(found).await?;
            if !is_done {
                lock(&self.bell.rooms).insert(room);
            }
        }
    }

    /// One batch of one room.
    async fn digest(&self, pending: Pending) -> Result<(), StoreError> {
        let Pending { room, done, head } = pending;
        let events = self.store.after(&room, done.unwrap_or(Seq::ZERO), BATCH_EVENTS).await?;
        let statements = self.work.digest(&room, &events).await?;
        // Without events everything up to the head was kept long enough, and is gone.
        let to = events.last().map_or(head, |last| last.seq);
        let advance = advance(self.work.name(), &room, done, to);
        let commit = statements.into_iter().fold(Commit::new().then(advance), Commit::then);
        match self.store.commit(commit).await? {
            Committed::Done { mut rows, .. } => {
                // The first is the cursor's own.
                let rows = rows.split_off(rows.len().min(1));
                self.work.stored(&room, events, rows);
            }
            Committed::Refused(0) => tracing::trace!(%room, "another node was first"),
            Committed::Refused(place) => {
                tracing::debug!(%room, place, follower = self.work.name(), "what it would store is refused");
                return Err(StoreError::Busy);
            }
        }
        Ok(())
    }

    async fn pause(&self, worked: &mut bool, error: &StoreError) {
        if std::mem::take(worked) {
            tracing::warn!(follower = self.work.name(), "the logs cannot be followed now: {error}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Follower({})", self.work.name())
    }
}
