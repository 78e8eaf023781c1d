//! A house of a test's own, on ports of its own, and people who come to it.
//!
//! Tests wait for what happens, never for a time; whatever does not happen within [`PATIENCE`] fails.

mod account;
mod client;
mod faulty;
mod ground;
mod guest;
mod http;
mod raw;
mod road;
mod staff;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Cursor, Event, Kind, RoomId, Seq, UserId};
use teahouse_server::config::{Config, Given};
use teahouse_server::node::Node;
use teahouse_server::session::Connection;
use teahouse_server::store::accounts::{self, Whence};
use teahouse_server::store::{Claim, EventLog, NewPerson, NewRoom, Store, StoreError};
use teahouse_server::tls::Tls;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use account::Account;
pub(crate) use client::{Client, Plain, check_in_order, open};
pub(crate) use faulty::{Fault, Faulty};
pub(crate) use ground::{Ground, On, server};
pub(crate) use guest::{Came, Guest, Over, lines, on_each, on_every_transport};
pub(crate) use http::{Answer, Ask};
pub(crate) use raw::{Http, Lines};
pub(crate) use road::{Road, nats};
pub(crate) use staff::Asker;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(25);

/// Waits for what has to happen.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it did not happen in time")
}

/// A running house.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) node: Arc<Node>,
    pub(crate) store: Arc<Faulty>,
    given: Given,
    ground: Arc<Ground>,
    road: Road,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Runs each function on each store.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::kit::On::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::kit::On::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_every_store;

/// Remembers somebody, as a house does who comes in.
pub(crate) async fn add(store: &dyn Store, person: NewPerson) -> Result<Claim, StoreError> {
    accounts::add(store, person, &Whence::default()).await
}

/// Limits that no test meets by accident.
pub(crate) fn generous() -> Given {
    const MANY: Option<u32> = Some(1_000_000);
    Given {
        sends_per_second: MANY,
        sends_burst: MANY,
        connections_per_address_burst: MANY,
        guests_per_address_burst: MANY,
        ..Given::default()
    }
}

impl House {
    /// A new house with generous limits.
    pub(crate) async fn open(on: On) -> Self {
        Self::open_with(on, Given::default()).await
    }

    /// A new house; what is not given is generous.
    pub(crate) async fn open_with(on: On, given: Given) -> Self {
        let road = if on == On::Postgres { Road::nats() } else { Road::None };
        Self::start(Arc::new(Ground::new(on)), road, generous().or(given)).await
    }

    /// A new house whose nodes hear each other by this road; what is not given is generous.
    pub(crate) async fn open_on(on: On, road: Road, given: Given) -> Self {
        Self::start(Arc::new(Ground::new(on)), road, generous().or(given)).await
    }

    /// Nodes of one new house, that hear each other by this road.
    pub(crate) async fn open_nodes<const N: usize>(on: On, road: Road) -> [Self; N] {
        let first = Self::start(Arc::new(Ground::new(on)), road, generous()).await;
        let mut nodes = vec![first];
        while nodes.len() < N {
            nodes.push(nodes[0].another().await);
        }
        nodes.try_into().unwrap_or_else(|_| unreachable!())
    }

    /// One more node of the same house.
    pub(crate) async fn another(&self) -> Self {
        Self::start(self.ground.clone(), self.road.clone(), self.given.clone()).await
    }

    async fn start(ground: Arc<Ground>, road: Road, given: Given) -> Self {
        let store = Arc::new(Faulty::new(ground.clone()).await);
        let config = Config::check(ground.given().or(given.clone()), Vec::new()).unwrap();
        let bus = road.bus(&*store).await;
        let node = Node::new(config, store.clone(), bus).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let tls = node.config.tls.as_ref().map(|files| Tls::load(files).unwrap());
        let running = tokio::spawn(node.clone().run(vec![listener], tls, async move {
            // A house whose test forgot it goes on until the runtime ends.
            if stopped.await.is_err() {
                std::future::pending().await
            }
        }));
        Self { address, node, store, given, ground, road, stop: Some(stop), running }
    }

    /// Asks the house to stop, and comes back at once.
    pub(crate) fn begin_stop(&mut self) {
        self.stop.take().expect("it is stopped once").send(()).unwrap();
    }

    /// Waits until the house has stopped.
    pub(crate) async fn stopped(&mut self) {
        within(&mut self.running).await.unwrap().unwrap();
    }

    /// Whether it has stopped already.
    pub(crate) fn has_stopped(&self) -> bool {
        self.running.is_finished()
    }

    /// The same house after a restart.
    pub(crate) async fn restarted(self) -> Self {
        self.restarted_after(|_| ()).await
    }

    /// The same house after a restart, and after what was done to its ground meanwhile.
    pub(crate) async fn restarted_after(mut self, meanwhile: impl FnOnce(&Ground)) -> Self {
        if self.stop.is_some() {
            self.begin_stop();
            self.stopped().await;
        }
        meanwhile(&self.ground);
        Self::start(self.ground, self.road, self.given).await
    }

    /// What survives a restart.
    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Waits until somebody follows a room by a poll, live.
    pub(crate) async fn until_a_poll_waits(&self) {
        let waits = |one: &Arc<Connection>| one.transport.is_poll() && one.rooms() > 0 && one.is_live();
        until(|| self.node.clock.connections().iter().any(waits)).await;
    }

    /// Another room; nobody may have asked for it before.
    pub(crate) async fn add_room(&self, id: &str) -> RoomId {
        let id: RoomId = id.parse().unwrap();
        let room = NewRoom::open(id.clone(), id.as_str().into(), "".into());
        assert_eq!(self.store.add_room(room).await.unwrap(), Claim::Made);
        id
    }

    /// Stores `count` messages of somebody, behind the running room's back: before anybody comes.
    pub(crate) async fn seed(&self, room: &RoomId, count: u64, text: impl Fn(u64) -> String) {
        let by = UserId::from_bytes([9; 16]);
        let at = 1_795_353_600_000;
        let name: Arc<str> = "Seed".into();
        let seed =
            NewPerson { id: by, name, folded: "seed".into(), role: None, password: None, token: None, at };
        // A second seeding finds the person.
        let _ = add(&*self.store, seed).await.unwrap();
        let draft =
            |n| Draft { cid: cid(0, n), kind: Kind::Message, by, at: at + n, body: Body::of(text(n)) };
        for first in (1..=count).step_by(1_000) {
            let drafts = (first..=count.min(first + 999)).map(draft).collect();
            self.store.append(room, drafts).await.unwrap();
        }
    }

    /// Everything that the store has of a room.
    pub(crate) async fn log(&self, room: &RoomId) -> Vec<Event> {
        self.store.after(room, Seq::ZERO, u32::MAX).await.unwrap()
    }

    /// The cursor of somebody who has everything up to `seq`.
    pub(crate) async fn cursor(&self, room: &RoomId, seq: u64) -> Cursor {
        let epoch = self.store.room(room).await.unwrap().unwrap().epoch;
        let cid = self.store.cid(room, Seq(seq)).await.unwrap();
        Cursor::at(epoch, Seq(seq), cid)
    }
}

/// A client's id number `number` of whoever is `salt`; the check of a cursor differs, too.
pub(crate) fn cid(salt: u64, number: u64) -> Cid {
    let mut bytes = [0; 16];
    let mixed = (number ^ salt.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&mixed.to_be_bytes());
    Cid::from_bytes(bytes)
}

/// Waits until that is so, which nothing else says.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
