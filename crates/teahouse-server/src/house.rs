//! The house's own log: what every node has to do, in order and without loss.
//!
//! An order is an event of the room `_house`, which every node follows with a cursor as a client follows its
//! rooms. A word on the bus only hurries it. State is in the store; an order says what to look at again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use teahouse_core::presence::NodeId;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Epoch, Kind, RoomId, Seq, UserId};
use tokio::sync::{Notify, watch};

use crate::bus::{Bus, Place, Word};
use crate::clock::unix_ms;
use crate::lock;
use crate::people::SignIn;
use crate::store::{Appended, Head, NewRoom, Store, StoreError};

/// How often logs are looked at where other nodes write to them and no word came.
pub(crate) const COMPARE: Duration = Duration::from_secs(2);
/// How long whoever gives an order waits until this node has obeyed it.
const OBEYED: Duration = Duration::from_secs(2);
/// How often a node says that it is there.
const ALIVE: Duration = Duration::from_secs(10);
/// After how long a node that says nothing counts no more.
const GONE: Duration = Duration::from_secs(35);
/// Nodes that are counted.
const NODES_MAX: usize = 1_000;
/// Orders of one read.
const READ_EVENTS: u32 = 256;

/// What every node has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Read the settings again.
    Settings,
    /// Read again who has to stay out, and send out who is here.
    Bans,
    /// Read again who this is: their name, picture or role is another one.
    Person {
        /// Who.
        person: UserId,
    },
    /// Close the connections of these sign-ins, which ended.
    SignOut {
        /// Whose they were.
        person: UserId,
        /// Which; none means all of them.
        sign_ins: Vec<SignIn>,
    },
    /// What somebody may do changed, in any room.
    Rights {
        /// Who.
        person: UserId,
    },
    /// Tell these people that the list of their rooms changed.
    Rooms {
        /// Who.
        people: Vec<UserId>,
    },
}

impl Order {
    /// The order as an event of the house's log.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let text = serde_json::to_string(self).expect("an order can be written");
        let (at, by) = (unix_ms(), UserId::from_bytes([0; 16]));
        Draft { cid: Cid::new(at, rand::random()), kind: Kind::Message, by, at, body: Body::of(text) }
    }
}

/// The house's own log, as one node follows it.
pub struct House {
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    obeyed: watch::Sender<Obeyed>,
    /// An order was given here.
    given: Notify,
    /// When the other nodes were last heard.
    others: Mutex<HashMap<NodeId, Instant>>,
}

/// How far a node has obeyed which log.
#[derive(Debug, Clone, Copy)]
struct Obeyed {
    epoch: Epoch,
    seq: Seq,
}

/// Obeys one order.
type Obey<'a> = &'a (dyn Fn(Order) -> BoxFuture<'static, Result<(), StoreError>> + Sync);

impl House {
    /// The log from now on: what was ordered before is in the state that the caller reads next.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>, bus: Arc<dyn Bus>) -> Result<Self, StoreError> {
        store.add_room(NewRoom::house()).await?;
        let Head { epoch, head: seq, .. } = head(&*store).await?;
        Ok(Self {
            store,
            bus,
            obeyed: watch::Sender::new(Obeyed { epoch, seq }),
            given: Notify::new(),
            others: Mutex::default(),
        })
    }

    /// Whether other nodes may write to the same store.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.store.is_shared() || !self.bus.is_alone()
    }

    /// Which log it is: another one after a restore.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.obeyed.borrow().epoch
    }

    /// Has every node do it. Done when it is certain that they will, and this node has.
    ///
    /// # Errors
    /// The store's; then nobody does it, or everybody.
    pub async fn order(&self, order: &Order) -> Result<(), StoreError> {
        let appended = self.store.append(&RoomId::house(), vec![order.draft()]).await?;
        if let Some(Appended::Stored { seq, .. }) = appended.first().copied() {
            self.given(seq).await;
        }
        Ok(())
    }

    /// An order was stored with this number: every node is told. Done when this one has obeyed it; if that takes
    /// long, it is done all the same.
    pub async fn given(&self, seq: Seq) {
        self.given.notify_one();
        let epoch = self.obeyed.borrow().epoch;
        self.bus.tell(&Place::House, Word::Stored { epoch, head: seq, events: Vec::new() });
        let mut obeyed = self.obeyed.subscribe();
        let _ = tokio::time::timeout(OBEYED, obeyed.wait_for(|obeyed| obeyed.seq >= seq)).await;
    }

    /// Obeys every order and hands on what other nodes say, for ever.
    pub async fn follow(&self, obey: Obey<'_>, heard: &(dyn Fn(Word) + Sync)) {
        let mut words = self.bus.follow(&Place::House).await;
        let is_shared = self.is_shared();
        let mut alive = tokio::time::interval(ALIVE);
        loop {
            let caught_up = self.catch_up(obey).await;
            if let Err(error) = &caught_up {
                tracing::debug!("the house's orders cannot be obeyed now: {error}");
            }
            tokio::select! {
                () = self.given.notified() => {}
                Some((node, word)) = words.next() => {
                    self.hear(node);
                    heard(word);
                }
                _ = alive.tick(), if is_shared => self.bus.tell(&Place::House, Word::Who),
                () = tokio::time::sleep(COMPARE), if is_shared || caught_up.is_err() => {}
            }
        }
    }

    /// The way to the other nodes.
    pub(crate) fn bus(&self) -> &dyn Bus {
        &*self.bus
    }

    /// How many nodes there are, as far as this one knows; itself is one of them.
    pub(crate) fn nodes(&self) -> usize {
        let mut others = lock(&self.others);
        others.retain(|_, heard| heard.elapsed() < GONE);
        1 + others.len()
    }

    fn hear(&self, node: NodeId) {
        let mut others = lock(&self.others);
        others.retain(|_, heard| heard.elapsed() < GONE);
        if node != self.bus.node() && others.len() < NODES_MAX {
            others.insert(node, Instant::now());
        }
    }

    async fn catch_up(&self, obey: Obey<'_>) -> Result<(), StoreError> {
        let log = head(&*self.store).await?;
        let Obeyed { epoch, seq } = *self.obeyed.borrow();
        if log.epoch != epoch || log.head < seq {
            // Somebody restored a backup under the running node: orders say what to read, so all is read.
            obey(Order::Settings).await?;
            self.obeyed.send_replace(Obeyed { epoch: log.epoch, seq: log.head });
        }
        while self.obeyed.borrow().seq < log.head {
            let after = self.obeyed.borrow().seq;
            for event in self.store.after(&RoomId::house(), after, READ_EVENTS).await? {
                match serde_json::from_str(&event.body.text) {
                    Ok(order) => obey(order).await?,
                    // A newer node's, which knows that older ones run beside it.
                    Err(_) => tracing::warn!(order = event.body.text, "an order is not understood"),
                }
                self.obeyed.send_replace(Obeyed { epoch: log.epoch, seq: event.seq });
            }
        }
        Ok(())
    }
}

/// How far the house's own log goes.
async fn head(store: &dyn Store) -> Result<Head, StoreError> {
    let head = store.heads(vec![RoomId::house()]).await?.pop();
    head.ok_or_else(|| StoreError::Down("the house's own log is not there; start the server again".into()))
}
