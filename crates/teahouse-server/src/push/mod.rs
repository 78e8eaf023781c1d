//! Telling browsers that have no page open: who is due is looked at again, and if they have not read it meanwhile,
//! their browsers' push services get one encrypted word a room.
//!
//! What is due is in the store: it outlives this process, and of several nodes one tells. It must not be sent twice
//! on purpose; a process that died while it sent is asked to by the lease that it left.

/// What one push says.
mod news;
/// Where to, and how it is sealed.
mod post;
/// The signature of the house.
mod vapid;

use std::sync::Arc;
use std::time::Duration;

use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, UserId};
use tokio::sync::{Notify, Semaphore};

use crate::clock::unix_ms;
use crate::node::Node;
use crate::store::push::{self as rows, Due, Subscription};
use crate::store::{Store, StoreError};
use news::Told;
use post::Posted;
pub(crate) use post::is_key;
use vapid::Vapid;

/// The setting that keeps the key by which push services know this house.
pub const KEY: &str = "push_key";
/// How long whoever was called may take to read it, in milliseconds.
pub const PATIENCE_MS: u64 = 5_000;
/// What is older was overslept by the whole house, and nobody wants to be woken by it, in milliseconds.
pub const OLD_MS: u64 = 60 * 60 * 1_000;
/// How long a node has to tell before another one does, in milliseconds.
const LEASE_MS: u64 = 60_000;
/// How soon it is looked again for what other nodes stored, in milliseconds.
const SOON_MS: u64 = 500;
/// How often what push services refuse for now is tried.
const TRIES_MAX: u64 = 6;
/// People who are told at the same time.
const AT_ONCE: usize = 32;
/// How often a node looks for what nobody told it of.
const LOOK: Duration = Duration::from_secs(10);

/// The way to browsers without a page.
#[derive(Debug)]
pub struct Pushes {
    vapid: Vapid,
    /// Somebody may be due.
    due: Notify,
}

impl Pushes {
    /// With the key of this house, which is made at its first start.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: &dyn Store) -> Result<Self, StoreError> {
        let kept = match store.setting(KEY).await? {
            Some(kept) => kept,
            // Another node may do the same at this moment: one key wins.
            None => store.first_setting(KEY, Vapid::new_key()).await?,
        };
        let vapid = Vapid::of(&kept).ok_or_else(|| {
            StoreError::Corrupt(format!("the setting {KEY} is no key: remove it to make another one").into())
        })?;
        Ok(Self { vapid, due: Notify::new() })
    }

    /// The public key, as browsers want it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.vapid.public()
    }

    /// Somebody was called.
    pub fn hurry(&self) {
        self.due.notify_one();
    }
}

impl Node {
    /// Tells whoever is due, for ever.
    pub(crate) async fn push(self: Arc<Self>) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let wait = match self.push_due(&turns).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::debug!("who is due cannot be read now: {error}");
                    LOOK
                }
            };
            tokio::select! {
                () = self.pushes.due.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes up what is due now; says how long nothing else is.
    async fn push_due(self: &Arc<Self>, turns: &Arc<Semaphore>) -> Result<Duration, StoreError> {
        loop {
            let (now, due) = (unix_ms(), rows::next(&*self.store, AT_ONCE as u32).await?);
            let is_full = due.len() == AT_ONCE;
            let mut wait = None;
            for one in due {
                if one.at > now {
                    wait = Some(Duration::from_millis(one.at - now));
                    break;
                }
                let turn = turns.clone().acquire_owned().await.expect("the semaphore is never closed");
                let Some(taken) = rows::take(&*self.store, &one, now + LEASE_MS).await? else { continue };
                let node = self.clone();
                tokio::spawn(async move {
                    node.push_one(&taken).await;
                    drop(turn);
                });
            }
            if wait.is_some() || !is_full {
                return Ok(wait.unwrap_or(LOOK).min(LOOK));
            }
        }
    }

    /// Tells one person of one room, if there is something to tell.
    async fn push_one(&self, due: &Due) {
        let next = match self.told(due).await {
            Ok(next) => next,
            Err(error) => {
                tracing::debug!("somebody cannot be told now: {error}");
                return;
            }
        };
        let done = match next {
            None => rows::done(due),
            Some(at) => rows::again(due, at),
        };
        if let Err(error) = self.store.commit(crate::store::Commit::new().then(done)).await {
            // The lease ends, and somebody looks again.
            tracing::debug!("that somebody was told cannot be kept now: {error}");
        }
        self.pushes.hurry();
    }

    /// When it has to be tried again; never, if it was told or needs not to be.
    async fn told(&self, due: &Due) -> Result<Option<u64>, StoreError> {
        let text = match news::of(self, due).await? {
            Told::Say(text) => text,
            Told::Nothing => return Ok(None),
            Told::NotYet => return Ok(Some(unix_ms() + SOON_MS)),
        };
        let all = rows::subscriptions(&*self.store, due.person).await?;
        let mut later = None;
        for one in &all {
            if let Posted::Later(pause_ms) = self.post(one, &text, Some(due.room.as_str())).await? {
                later = later.max(Some(pause_ms.unwrap_or(LEASE_MS << due.tries.min(TRIES_MAX))));
            }
        }
        let again = later.filter(|_| due.tries < TRIES_MAX);
        Ok(again.map(|pause_ms| unix_ms() + pause_ms))
    }

    async fn post(&self, to: &Subscription, text: &str, topic: Option<&str>) -> Result<Posted, StoreError> {
        let posted = post::post(&self.pushes.vapid, to, text, topic, self.config.push_private).await;
        if posted == Posted::Gone {
            self.store.commit(crate::store::Commit::new().then(rows::forget(&to.hash))).await?;
        }
        Ok(posted)
    }

    /// Has these browsers of somebody show a word; says how many push services took it.
    ///
    /// # Errors
    /// `not_found` if there is none, or the store's code.
    pub async fn push_test(&self, person: UserId, token: &[u8; 32]) -> Result<usize, Error> {
        let all = rows::subscriptions(&*self.store, person).await?;
        let here: Vec<_> = all.iter().filter(|one| one.token == *token).collect();
        if here.is_empty() {
            let said = "This browser is not told of anything yet: turn notifications on first.";
            return Err(Error::new(None, ErrorCode::NotFound, said));
        }
        let (text, mut taken) = (news::test(&self.name()), 0);
        for one in here {
            taken += usize::from(self.post(one, &text, None).await? == Posted::Taken);
        }
        Ok(taken)
    }
}
