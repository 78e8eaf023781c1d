//! What the writing thread does with what waits: joined, bounded, each fault kept to itself.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::join_all;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, RoomId, Seq, UserId};
use tempfile::TempDir;

use super::*;
use crate::store::{Appended, Claim, Directory, EventLog, NewRoom, SqliteStore, Store};

fn open() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    (folder, store)
}

fn draft(number: u64, text: &str) -> Draft {
    let cid = Cid::from_bytes(u128::from(number).to_be_bytes());
    let by = UserId::from_bytes([1; 16]);
    Draft { cid, kind: Kind::Message, by, at: number, body: Body::of(text.into()) }
}

/// Holds the writer inside a transaction until the sender is dropped.
fn hold(store: &SqliteStore) -> SyncSender<()> {
    let (gate, held) = sync_channel::<()>(0);
    let (inside, entered) = sync_channel(1);
    let held = Mutex::new(held);
    let job = store.writer.ask(0, move |_| {
        let _ = inside.try_send(());
        let _ = held.lock().unwrap().recv();
        Ok(())
    });
    drop(job);
    entered.recv().unwrap();
    gate
}

#[tokio::test]
async fn joins_what_waits_into_one_transaction() {
    let (_folder, store) = open();
    let other: RoomId = "other".parse().unwrap();
    let room = NewRoom::open(other.clone(), "other".into(), "".into());
    assert_eq!(store.add_room(room).await.unwrap(), Claim::Made);
    let before = store.commits();
    let gate = hold(&store);
    let rooms = [RoomId::main(), other];
    let answers: Vec<_> =
        (0..1_000).map(|number| store.append(&rooms[number % 2], vec![draft(number as u64, "x")])).collect();
    let setting = store.keep_setting("key", Some("value".into()));
    drop(gate);
    for (number, answer) in join_all(answers).await.into_iter().enumerate() {
        let seq = number as u64 / 2 + 1;
        assert_eq!(answer.unwrap(), [Appended::Stored { seq: Seq(seq), n: seq }]);
    }
    setting.await.unwrap();
    assert_eq!(store.commits() - before, 2, "the one that held, and one for all that waited");
}

#[tokio::test]
async fn a_panic_costs_only_the_job_that_panicked() {
    let (_folder, store) = open();
    let gate = hold(&store);
    let before = store.append(&RoomId::main(), vec![draft(1, "before")]);
    let bad = store.writer.ask(0, |batch| -> Result<(), Fault> {
        batch.connection.execute("UPDATE room SET head = 99", [])?;
        panic!("a bug, for the test")
    });
    let behind = store.append(&RoomId::main(), vec![draft(2, "behind")]);
    drop(gate);
    assert!(matches!(bad.await, Err(StoreError::Down(_))));
    assert_eq!(before.await.unwrap(), [Appended::Stored { seq: Seq(1), n: 1 }]);
    assert_eq!(behind.await.unwrap(), [Appended::Stored { seq: Seq(2), n: 2 }]);
    assert_eq!(store.room(&RoomId::main()).await.unwrap().unwrap().head, Seq(2));
}

#[tokio::test]
async fn a_faulty_job_costs_only_itself() {
    let (_folder, store) = open();
    let gate = hold(&store);
    let before = store.append(&RoomId::main(), vec![draft(1, "before")]);
    let bad = store.writer.ask(0, |batch| {
        batch.connection.execute("UPDATE room SET head = 99", [])?;
        batch.connection.execute("INSERT INTO name (folded, person) VALUES ('x', x'00')", [])?;
        Ok(())
    });
    let behind = store.append(&RoomId::main(), vec![draft(2, "behind")]);
    drop(gate);
    // The foreign key is checked at the statement: nobody with that id exists.
    assert!(matches!(bad.await, Err(StoreError::Down(_))));
    assert_eq!(before.await.unwrap(), [Appended::Stored { seq: Seq(1), n: 1 }]);
    assert_eq!(behind.await.unwrap(), [Appended::Stored { seq: Seq(2), n: 2 }]);
}

#[tokio::test]
async fn a_faulty_job_among_many_costs_few_transactions() {
    let (_folder, store) = open();
    let before = store.commits();
    let gate = hold(&store);
    let append = |number| store.append(&RoomId::main(), vec![draft(number, "x")]);
    let first: Vec<_> = (0..600).map(append).collect();
    let bad = store.writer.ask(0, |_| -> Result<(), Fault> { panic!("a bug, for the test") });
    let rest: Vec<_> = (600..1_000).map(append).collect();
    drop(gate);
    assert!(bad.await.is_err());
    for (answer, seq) in first.into_iter().chain(rest).zip(1..) {
        assert_eq!(answer.await.unwrap(), [Appended::Stored { seq: Seq(seq), n: seq }]);
    }
    let commits = store.commits() - before;
    assert!(commits <= 12, "{commits} transactions where about log2(1,000) do");
}

#[tokio::test]
async fn nothing_is_acknowledged_if_the_file_went_away_during_the_commit() {
    let (folder, store) = open();
    let (here, away) = (folder.path().join("teahouse.db"), folder.path().join("away"));
    let gate = hold(&store);
    let appended = store.append(&RoomId::main(), vec![draft(1, "doubtful")]);
    let from = here.clone();
    let to = away.clone();
    let moved = store.writer.ask(0, move |_| {
        std::fs::rename(&from, &to).unwrap();
        Ok(())
    });
    drop(gate);
    assert!(matches!(appended.await, Err(StoreError::Down(_))));
    assert!(matches!(moved.await, Err(StoreError::Down(_))));
    std::fs::rename(&away, &here).unwrap();
    let again = store.append(&RoomId::main(), vec![draft(1, "doubtful")]).await.unwrap();
    assert_eq!(again, [Appended::Repeat { seq: Seq(1), at: 1 }]);
}

#[tokio::test]
async fn says_busy_at_once_when_too_many_wait() {
    let (_folder, store) = open();
    let gate = hold(&store);
    let waiting: Vec<_> = (0..JOBS_MAX).map(|_| store.keep_setting("key", None)).collect();
    let refused = store.append(&RoomId::main(), vec![draft(1, "late")]);
    assert!(matches!(refused.now_or_never(), Some(Err(StoreError::Busy))));
    drop(gate);
    for waiting in waiting {
        waiting.await.unwrap();
    }
    let appended = store.append(&RoomId::main(), vec![draft(1, "late")]).await.unwrap();
    assert_eq!(appended, [Appended::Stored { seq: Seq(1), n: 1 }]);
}

#[tokio::test]
async fn says_busy_at_once_when_too_many_bytes_wait() {
    let (_folder, store) = open();
    let gate = hold(&store);
    let text = "x".repeat(1 << 20);
    let append = |number| store.append(&RoomId::main(), vec![draft(number, &text)]);
    // With what belongs to a draft, one less than 64 of 1 MiB fit.
    let fit = (BYTES_MAX >> 20) as u64 - 1;
    let waiting: Vec<_> = (0..fit).map(append).collect();
    assert!(matches!(append(fit).now_or_never(), Some(Err(StoreError::Busy))));
    drop(gate);
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert!(append(fit).await.is_ok());
}

#[tokio::test]
async fn close_answers_what_was_accepted_and_nothing_more() {
    let (folder, store) = open();
    let gate = hold(&store);
    let accepted = store.append(&RoomId::main(), vec![draft(1, "accepted")]);
    let closed = store.close();
    let refused = store.append(&RoomId::main(), vec![draft(2, "refused")]);
    assert!(matches!(refused.now_or_never(), Some(Err(StoreError::Down(_)))));
    assert!(matches!(store.room(&RoomId::main()).now_or_never(), Some(Err(StoreError::Down(_)))));
    drop(gate);
    closed.await;
    assert_eq!(accepted.await.unwrap(), [Appended::Stored { seq: Seq(1), n: 1 }]);
    let wal = std::fs::metadata(folder.path().join("teahouse.db-wal"));
    assert!(wal.map_or(true, |wal| wal.len() == 0), "everything is in the database");
    let again = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(again.room(&RoomId::main()).await.unwrap().unwrap().head, Seq(1));
}

#[tokio::test]
async fn a_dropped_store_still_writes_what_it_accepted() {
    let (folder, store) = open();
    let gate = hold(&store);
    let accepted = store.append(&RoomId::main(), vec![draft(1, "accepted")]);
    let ended = store.writer.ended();
    drop(store);
    drop(gate);
    assert_eq!(accepted.await.unwrap(), [Appended::Stored { seq: Seq(1), n: 1 }]);
    ended.await;
    SqliteStore::open(folder.path()).expect("the folder is free again");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_reader_that_panicked() {
    let (_folder, store) = open();
    for _ in 0..10 {
        let bad = store.readers.ask(|_| -> rusqlite::Result<()> { panic!("a bug, for the test") });
        assert!(matches!(bad.await, Err(StoreError::Down(_))));
    }
    assert!(store.room(&RoomId::main()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reader_never_waits_for_the_writer() {
    let (_folder, store) = open();
    store.append(&RoomId::main(), vec![draft(1, "one")]).await.unwrap();
    let gate = hold(&store);
    let later = store.append(&RoomId::main(), vec![draft(2, "two")]);
    assert_eq!(store.room(&RoomId::main()).await.unwrap().unwrap().head, Seq(1));
    assert_eq!(store.after(&RoomId::main(), Seq::ZERO, 10).await.unwrap().len(), 1);
    drop(gate);
    later.await.unwrap();
    assert_eq!(store.room(&RoomId::main()).await.unwrap().unwrap().head, Seq(2));
}

#[tokio::test]
async fn the_log_of_writes_does_not_grow_for_ever() {
    let (folder, store) = open();
    let store = Arc::new(store);
    let text = "x".repeat(16_000);
    // 160 MB of text: without checkpoints they would all be in the WAL.
    for round in 0..200 {
        let batch = (0..50).map(|number| draft(round * 50 + number, &text)).collect();
        store.append(&RoomId::main(), batch).await.unwrap();
    }
    let wal = std::fs::metadata(folder.path().join("teahouse.db-wal")).unwrap().len();
    assert!(wal < 100 << 20, "{wal} bytes");
}
