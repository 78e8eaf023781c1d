//! What a delivery, a newcomer and an idle connection cost, counted: allocations, bytes that are held, system calls. No slow machine
//! changes these numbers, so a change that doubles one of them fails here. The limits are less than twice what was counted.
//!
//! One test, because all of the process is counted.

#![cfg(test)]

mod calls;
mod people;

use std::alloc::System;
use std::sync::Arc;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use teahouse_server::config::{Config, Given};
use teahouse_server::node::Node;
use teahouse_server::store::SqliteStore;
use tokio::net::TcpListener;

use people::People;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Messages of one count.
const MESSAGES: u64 = 200;
/// Idle connections of one count.
const IDLE: usize = 300;
/// Allocations for each person whom a message reaches: it is written from bytes that all share.
const PER_DELIVERY_MAX: f64 = 0.5;
/// Allocations for each message, whomever it reaches: read, checked, stored, encoded, acknowledged.
const PER_MESSAGE_MAX: f64 = 420.0;
/// Bytes that a connection holds which has come in and does nothing, in a build without optimization.
const IDLE_BYTES_MAX: f64 = 4_000.0;
/// System calls that write, for each delivery: one if messages come one by one, few if many are on their way.
const WRITES_ALONE_MAX: f64 = 1.8;
const WRITES_JOINED_MAX: f64 = 0.07;
/// All system calls for each delivery of messages that come one by one to 50 people: the commit is among them.
const CALLS_ALONE_MAX: f64 = 4.2;
/// All system calls for each guest who comes alone: the handshake, the commit of who they are, the greeting.
const CALLS_NEWCOMER_MAX: f64 = 90.0;

#[test]
fn what_is_done_costs_what_it_did() {
    let house = House::open();
    let (few, many) = (house.allocations(20), house.allocations(120));
    let per_delivery = (many - few) / (100.0 * MESSAGES as f64);
    let per_message = few / MESSAGES as f64 - 20.0 * per_delivery;
    let idle_bytes = house.idle_bytes();
    drop(house);
    let alone = calls::a_delivery(50, MESSAGES, 1);
    let joined = calls::a_delivery(50, MESSAGES * 8, 64);
    let newcomer = calls::a_newcomer(10, 100);
    let counted = [
        ("allocations a delivery", per_delivery, PER_DELIVERY_MAX),
        ("allocations a message", per_message, PER_MESSAGE_MAX),
        ("bytes an idle connection", idle_bytes, IDLE_BYTES_MAX),
        ("writes a delivery, one message at a time", alone.writes, WRITES_ALONE_MAX),
        ("writes a delivery, 64 at a time", joined.writes, WRITES_JOINED_MAX),
        ("system calls a delivery, one message at a time", alone.all, CALLS_ALONE_MAX),
        ("system calls a newcomer", newcomer, CALLS_NEWCOMER_MAX),
    ];
    for (what, is, most) in counted {
        eprintln!("{what}: {is:.3}, at most {most}");
    }
    let over: Vec<_> = counted.iter().filter(|(_, is, most)| is > most).collect();
    assert!(over.is_empty(), "it costs more than it did: {over:?}");
}

/// A house in this process.
struct House {
    address: std::net::SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _data: tempfile::TempDir,
}

impl House {
    fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let address = runtime.block_on(async {
            const MANY: Option<u32> = Some(1_000_000);
            let given = Given {
                data: Some(data.path().into()),
                sends_per_second: MANY,
                sends_burst: MANY,
                connections_per_address_per_second: MANY,
                connections_per_address_burst: MANY,
                guests_per_address_per_second: MANY,
                guests_per_address_burst: MANY,
                ..Given::default()
            };
            let store = Arc::new(SqliteStore::open(data.path()).unwrap());
            let config = Config::check(given, Vec::new()).unwrap();
            let node = Node::new(config, store, teahouse_server::bus::alone()).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(node.run(vec![listener], None, std::future::pending()));
            address
        });
        Self { address, _runtime: runtime, _data: data }
    }

    /// All allocations while so many people hear the messages of one of them, one by one.
    fn allocations(&self, people: usize) -> f64 {
        let mut people = People::enter(self.address, people);
        // What is done once is done.
        people.talk(50, 1);
        let region = Region::new(ALLOCATOR);
        people.talk(MESSAGES, 1);
        region.change().allocations as f64
    }

    /// The bytes that each of many connections holds, beside as many that are there already.
    fn idle_bytes(&self) -> f64 {
        let first = People::enter(self.address, IDLE);
        let region = Region::new(ALLOCATOR);
        let second = People::enter(self.address, IDLE);
        let change = region.change();
        drop((first, second));
        (change.bytes_allocated as f64 - change.bytes_deallocated as f64) / IDLE as f64
    }
}
