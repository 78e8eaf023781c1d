//! How the nodes of a test's house hear each other.

use std::sync::{Arc, LazyLock};

use teahouse_server::bus::{self, Bus, Local, Nats, NatsBus};
use teahouse_server::node::house_key;
use teahouse_server::store::Store;

use super::within;

/// The way between nodes.
#[derive(Debug, Clone)]
pub(crate) enum Road {
    /// There is one node.
    None,
    /// Inside this process.
    Local(Local),
    /// Over the NATS server of this URL.
    Nats(String),
}

/// Ended by its keeper when this process ends.
static SERVER: LazyLock<teahouse_services::Nats> =
    LazyLock::new(|| teahouse_services::Nats::start().expect("tests of several nodes need NATS"));

/// Where the NATS server is that all tests share.
pub(crate) fn nats() -> String {
    SERVER.url()
}

impl Road {
    /// Over the NATS server that all tests share.
    pub(crate) fn nats() -> Self {
        Self::Nats(nats())
    }

    /// One more node's bus, which is up.
    pub(crate) async fn bus(&self, store: &dyn Store) -> Arc<dyn Bus> {
        match self {
            Self::None => bus::alone(),
            Self::Local(local) => Arc::new(local.join()),
            Self::Nats(url) => {
                let house = house_key(store).await.unwrap();
                let nats = Nats { url, credentials: None, house: &house, node: "test" };
                let bus = NatsBus::open(nats).await.unwrap();
                within(bus.is_up().wait_for(|up| *up)).await.unwrap();
                Arc::new(bus)
            }
        }
    }
}
