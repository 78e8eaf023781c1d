//! Real faults of the machine under a running store: full, immutable, locked, gone, replaced, damaged.
//!
//! Needs Linux and root, because it mounts small file systems; it fails, and says so, without them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use teahouse_protocol::{Range, Seq};
use teahouse_server::store::sqlite::OpenError;
use teahouse_server::store::{Appended, Directory, EventLog, SqliteStore, Store, StoreError};
use tempfile::TempDir;

use super::{add, draft, drafts, guest, main_room, user};

fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).status().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.success(), "{program} {args:?} failed: these tests need Linux and root");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}

/// A small file system in memory, gone with this.
struct Mount(TempDir);

impl Mount {
    fn new(size: &str) -> Self {
        let folder = TempDir::new().unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs", path(folder.path())]);
        Self(folder)
    }

    /// Takes all room that is left; it comes back when the file is deleted.
    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a failed test may still have its store open.
        run("umount", &["-l", path(self.0.path())]);
    }
}

/// The store has exactly the numbers up to `head`, and reading works in every way.
async fn check_whole(store: &SqliteStore, head: u64) {
    let events = store.after(&main_room(), Seq::ZERO, 10_000).await.unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event.seq.0).collect();
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>());
    let page = store.page(&main_room(), Range::Before(Seq(head + 1)), 10, None).await.unwrap();
    assert_eq!(page.as_of, Seq(head));
    assert_eq!(store.room(&main_room()).await.unwrap().unwrap().n, head);
}

async fn check_appends(store: &SqliteStore, by: u64, seq: u64) {
    let appended = store.append(&main_room(), drafts(by, 1)).await.unwrap();
    assert_eq!(appended, [Appended::Stored { seq: Seq(seq), n: seq }]);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room_again() {
    let mount = Mount::new("8m");
    let folder = mount.0.path();
    let store = SqliteStore::open(folder).unwrap();
    store.append(&main_room(), drafts(1, 20)).await.unwrap();
    let filler = mount.fill();
    let big: Vec<_> = (1..=40).map(|number| draft(2, number, &"x".repeat(16_000))).collect();
    for _ in 0..3 {
        let refused = store.append(&main_room(), big.clone()).await;
        let Err(StoreError::Full(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains(path(folder)) && why.contains("Make room"), "{why}");
        check_whole(&store, 20).await;
    }
    let refused = store.keep_setting("long", Some("x".repeat(1 << 20))).await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    fs::remove_file(filler).unwrap();
    let appended = store.append(&main_room(), big).await.unwrap();
    assert_eq!(appended[39], Appended::Stored { seq: Seq(60), n: 60 });
    add(&store, guest(1, "Ann", 5)).await.unwrap();
    check_whole(&store, 60).await;
    store.close().await;
    check_whole(&SqliteStore::open(folder).unwrap(), 60).await;
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_start_is_named() {
    let mount = Mount::new("1m");
    let filler = mount.fill();
    let error = SqliteStore::open(mount.0.path()).err().expect("there is no room");
    assert!(error.to_string().contains(path(mount.0.path())), "{error}");
    fs::remove_file(filler).unwrap();
    check_appends(&SqliteStore::open(mount.0.path()).unwrap(), 1, 1).await;
}

#[tokio::test]
async fn a_read_only_folder_is_named_at_the_start() {
    let mount = Mount::new("4m");
    let store = SqliteStore::open(mount.0.path()).unwrap();
    store.close().await;
    run("mount", &["-o", "remount,ro", path(mount.0.path())]);
    let error = SqliteStore::open(mount.0.path()).err().expect("it cannot be written");
    assert!(matches!(&error, OpenError::Folder { .. }), "{error}");
    assert!(error.to_string().contains(path(mount.0.path())), "{error}");
    run("mount", &["-o", "remount,rw", path(mount.0.path())]);
    check_appends(&SqliteStore::open(mount.0.path()).unwrap(), 1, 1).await;
}

#[tokio::test]
async fn files_that_become_immutable_refuse_writes_until_they_are_not() {
    // Not in memory: only some file systems know the attribute.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(1, 20)).await.unwrap();
    let files = ["teahouse.db", "teahouse.db-wal"].map(|file| folder.path().join(file));
    for file in &files {
        run("chattr", &["+i", path(file)]);
    }
    let mut refused = Vec::new();
    for _ in 0..3 {
        refused.push(store.append(&main_room(), drafts(2, 1)).await);
        check_whole(&store, 20).await;
    }
    // Before anything is asserted: an immutable file could not be cleaned up.
    for file in &files {
        run("chattr", &["-i", path(file)]);
    }
    for refused in refused {
        assert!(matches!(refused, Err(StoreError::Down(_))), "{refused:?}");
    }
    check_appends(&store, 2, 21).await;
    check_whole(&store, 21).await;
}

#[tokio::test]
async fn another_program_that_writes_makes_it_busy_but_readable() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    check_appends(&store, 1, 1).await;
    let other = Connection::open(folder.path().join("teahouse.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.append(&main_room(), drafts(2, 1)).await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    check_whole(&store, 1).await;
    other.execute_batch("ROLLBACK").unwrap();
    check_appends(&store, 2, 2).await;
    check_whole(&store, 2).await;
}

/// Moves a file away and back under the running store.
async fn check_moved(file: &str) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    check_appends(&store, 1, 1).await;
    let (here, away) = (folder.path().join(file), folder.path().join("away"));
    fs::rename(&here, &away).unwrap();
    for _ in 0..2 {
        let refused = store.append(&main_room(), drafts(2, 1)).await;
        let Err(StoreError::Down(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains(path(&here)) && why.contains("Put it back"), "{why}");
        check_whole(&store, 1).await;
    }
    assert!(!here.exists(), "no empty file may take its place");
    fs::rename(&away, &here).unwrap();
    check_appends(&store, 2, 2).await;
    store.close().await;
    check_whole(&SqliteStore::open(folder.path()).unwrap(), 2).await;
}

#[tokio::test]
async fn a_database_that_is_moved_away_takes_nothing_until_it_is_back() {
    check_moved("teahouse.db").await;
}

#[tokio::test]
async fn a_log_of_writes_that_is_moved_away_takes_nothing_until_it_is_back() {
    check_moved("teahouse.db-wal").await;
}

#[tokio::test]
async fn a_deleted_database_can_be_read_and_acknowledges_nothing() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    check_appends(&store, 1, 1).await;
    for file in ["teahouse.db", "teahouse.db-wal"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    let refused = store.append(&main_room(), drafts(2, 1)).await;
    assert!(matches!(refused, Err(StoreError::Down(_))), "{refused:?}");
    check_whole(&store, 1).await;
}

#[tokio::test]
async fn another_database_in_its_place_stops_the_house() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let [store, other] = [&folders[0], &folders[1]].map(|it| SqliteStore::open(it.path()).unwrap());
    check_appends(&store, 1, 1).await;
    other.close().await;
    fs::rename(folders[1].path().join("teahouse.db"), folders[0].path().join("teahouse.db")).unwrap();
    let failed = store.failed();
    let refused = store.append(&main_room(), drafts(2, 1)).await;
    let Err(StoreError::Corrupt(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("was replaced"), "{why}");
    assert!(matches!(failed.await, StoreError::Corrupt(_)));
    // What belongs to the other database stays where it was put.
    let wal = folders[0].path().join("teahouse.db-wal");
    fs::remove_file(&wal).unwrap();
    fs::write(&wal, "of the other").unwrap();
    store.close().await;
    assert_eq!(fs::read(&wal).unwrap(), b"of the other");
}

#[tokio::test]
async fn damage_under_a_running_store_stops_the_house() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(1, 2_000)).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(folder.path()).unwrap();
    let database = folder.path().join("teahouse.db");
    let pages = fs::metadata(&database).unwrap().len() / 4_096;
    // All but the first page, by another process: closing the file here would drop SQLite's locks.
    let (of, count) = (format!("of={}", path(&database)), format!("count={}", pages - 1));
    run("dd", &["if=/dev/urandom", &of, "bs=4096", "seek=1", &count, "conv=notrunc", "status=none"]);
    let failed = store.failed();
    let read = store.after(&main_room(), Seq::ZERO, 10_000).await;
    let Err(StoreError::Corrupt(why)) = read else { panic!("{:?}", read.map(|events| events.len())) };
    assert!(why.contains(path(&database)) && why.contains("restore a backup"), "{why}");
    assert!(matches!(failed.await, StoreError::Corrupt(_)));
    let refused = store.append(&main_room(), drafts(2, 1)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    let refused = store.mark_read(user(1), &main_room(), Seq(1)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}
