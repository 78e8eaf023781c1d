//! What every store promises, run on each of them; then what only one of them can be asked.

mod commit;
mod crash;
mod directory;
mod expire;
mod faults;
mod log;
mod memory;
mod model;
mod nodes;
mod outage;
mod postgres;
mod secured;
mod sqlite;

use std::sync::Arc;

use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, RoomId, Seq, UserId};
use teahouse_server::store::{Appended, Claim, NewPerson, NewRoom, Store};

use crate::kit::{Ground, On, add};

/// A store of the test's own, which can be closed and opened again.
struct House {
    store: Arc<dyn Store>,
    ground: Ground,
}

impl House {
    async fn open(on: On) -> Self {
        let ground = Ground::new(on);
        Self { store: ground.open().await, ground }
    }

    /// The same house after a restart, where the store has one.
    async fn restarted(self) -> Self {
        self.store.close().await;
        Self { store: self.ground.open().await, ground: self.ground }
    }

    async fn add_room(&self, id: &str) -> RoomId {
        let id: RoomId = id.parse().unwrap();
        let room = NewRoom::open(id.clone(), format!("name of {id}").into(), "".into());
        assert_eq!(self.store.add_room(room).await.unwrap(), Claim::Made);
        id
    }
}

/// Runs each function on each store.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::super::House::open(crate::kit::On::Sqlite).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::super::House::open(crate::kit::On::Postgres).await).await;
            })*
        }
    };
}
use on_every_store;

fn main_room() -> RoomId {
    RoomId::main()
}

fn user(number: u64) -> UserId {
    UserId::from_bytes(u128::from(number).to_be_bytes())
}

fn cid(number: u64) -> Cid {
    // Neither the order nor the check of a cursor, which is in the last four bytes, follows the number.
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Cid::from_bytes(bytes)
}

/// What person `by` wrote as their `number`th.
fn draft(by: u64, number: u64, text: &str) -> Draft {
    let at = 1_795_353_600_000 + number;
    let cid = cid(by << 32 | number);
    Draft { cid, kind: Kind::Message, by: user(by), at, body: Body::of(text.into()) }
}

/// `count` drafts of one person.
fn drafts(by: u64, count: u64) -> Vec<Draft> {
    (1..=count).map(|number| draft(by, number, &format!("{by}/{number}"))).collect()
}

fn guest(number: u64, name: &str, at: u64) -> NewPerson {
    let (id, folded) = (user(number), name.to_lowercase());
    NewPerson { id, name: name.into(), folded, role: None, password: None, token: Some(token(number)), at }
}

fn token(number: u64) -> [u8; 32] {
    let mut token = [7; 32];
    token[..8].copy_from_slice(&number.to_be_bytes());
    token
}

/// Of twenty messages of one person the text of the tenth is gone, the eleventh was edited, and the first is in
/// the log no more: the person alone decides whether it is a repeat.
async fn check_gone_and_edited(store: &dyn Store) {
    for number in [10, 11, 1] {
        let first = draft(1, number, &format!("1/{number}"));
        let any_body = draft(1, number, "whatever");
        let theirs = Draft { by: user(2), ..first.clone() };
        let repeat = Appended::Repeat { seq: Seq(number), at: first.at };
        let appended = store.append(&main_room(), vec![first, any_body, theirs]).await.unwrap();
        assert_eq!(appended, [repeat, repeat, Appended::Conflict], "message {number}");
    }
    // The text of a message that is gone does not come back, but its number and its `cid` stay.
    let events = store.after(&main_room(), Seq(9), 2).await.unwrap();
    assert_eq!((&*events[0].body.text, &*events[1].body.text), ("", "edited"));
    assert_eq!(store.cid(&main_room(), Seq(10)).await.unwrap(), Some(draft(1, 10, "").cid));
    assert_eq!(store.cid(&main_room(), Seq(1)).await.unwrap(), None);
    assert_eq!(store.room(&main_room()).await.unwrap().unwrap().oldest, Seq(2));
}
