//! A bus inside one process: for a node that is alone, and for tests with several nodes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::{self, BoxFuture};
use futures_util::{FutureExt, StreamExt, stream};
use teahouse_core::presence::NodeId;
use tokio::sync::{broadcast, watch};

use super::{Bus, Heard, Place, Word};
use crate::lock;

/// Words that wait for a listener; what is more is lost, as on any bus.
const WORDS_MAX: usize = 1_024;

type Said = (NodeId, Word);

/// The bus that nodes of one process join.
#[derive(Debug, Clone)]
pub struct Local(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Mutex<HashMap<Place, broadcast::Sender<Said>>>,
    nodes: AtomicU64,
    up: watch::Sender<bool>,
}

/// One node's way to the others of the process.
#[derive(Debug)]
pub struct LocalBus {
    shared: Local,
    node: NodeId,
    is_alone: bool,
}

impl Default for Local {
    fn default() -> Self {
        let (places, nodes) = (Mutex::default(), AtomicU64::new(1));
        Self(Arc::new(Shared { places, nodes, up: watch::Sender::new(true) }))
    }
}

impl Local {
    /// One more node.
    #[must_use]
    pub fn join(&self) -> LocalBus {
        let node = NodeId(self.0.nodes.fetch_add(1, Ordering::Relaxed));
        LocalBus { shared: self.clone(), node, is_alone: false }
    }

    /// Loses every word from now on, or no longer.
    pub fn cut(&self, is_cut: bool) {
        self.0.up.send_replace(!is_cut);
    }
}

impl LocalBus {
    /// The bus of a node that nobody will ever join.
    #[must_use]
    pub fn alone() -> Self {
        Self { is_alone: true, ..Local::default().join() }
    }
}

impl Bus for LocalBus {
    fn node(&self) -> NodeId {
        self.node
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn tell(&self, place: &Place, word: Word) {
        let mut places = lock(&self.shared.0.places);
        let Some(listeners) = places.get(place) else { return };
        if *self.shared.0.up.borrow() && listeners.send((self.node, word)).is_err() {
            // Nobody listens any more.
            places.remove(place);
        }
    }

    fn follow(&self, place: &Place) -> BoxFuture<'static, Heard> {
        if self.is_alone {
            return future::ready(stream::pending().boxed()).boxed();
        }
        let mut places = lock(&self.shared.0.places);
        let sender = places.entry(place.clone()).or_insert_with(|| broadcast::Sender::new(WORDS_MAX));
        let (node, words) = (self.node, sender.subscribe());
        let heard = stream::unfold(words, move |mut words| async move {
            loop {
                match words.recv().await {
                    Ok(said) if said.0 == node => {}
                    Ok(said) => return Some((said, words)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        });
        future::ready(heard.boxed()).boxed()
    }

    fn is_up(&self) -> watch::Receiver<bool> {
        self.shared.0.up.subscribe()
    }
}
