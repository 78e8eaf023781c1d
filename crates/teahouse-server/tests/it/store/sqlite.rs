//! What only SQLite can be asked: the folder, the version, what is left of a text that is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use teahouse_protocol::Seq;
use teahouse_server::store::sqlite::OpenError;
use teahouse_server::store::{EventLog, SqliteStore, Statement, Store, StoreError};
use tempfile::TempDir;

use super::{check_gone_and_edited, drafts, main_room};

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("teahouse.db")
}

/// A folder with 300 messages that nobody has open.
async fn closed_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(1, 300)).await.unwrap();
    store.close().await;
    folder
}

/// What opening says, which has to name the path.
fn refusal(folder: &Path) -> (OpenError, String) {
    let error = SqliteStore::open(folder).err().expect("it cannot be opened");
    let said = error.to_string();
    assert!(said.contains(folder.to_str().unwrap()), "no path in: {said}");
    (error, said)
}

#[tokio::test]
async fn refuses_a_folder_that_another_server_has() {
    let folder = TempDir::new().unwrap();
    let first = SqliteStore::open(folder.path()).unwrap();
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::InUse(_)), "{said}");
    assert!(said.contains("another Teahouse") && said.contains("Stop it"), "{said}");
    first.append(&main_room(), drafts(1, 1)).await.unwrap();
    first.close().await;
    SqliteStore::open(folder.path()).expect("the folder is free again");
}

#[tokio::test]
async fn refuses_a_newer_database_and_leaves_it_alone() {
    let folder = closed_folder().await;
    let version = |version: i32| {
        let connection = Connection::open(database(&folder)).unwrap();
        let was: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        was
    };
    let known = version(99);
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{said}");
    assert!(said.contains("newer Teahouse"), "{said}");
    version(known);
    SqliteStore::open(folder.path()).expect("nothing was changed");
}

/// What the first version made is brought to this one, and nothing in it is lost.
#[tokio::test]
async fn brings_an_older_database_to_this_version() {
    let folder = TempDir::new().unwrap();
    let old = Connection::open(database(&folder)).unwrap();
    old.execute_batch(include_str!("../../../migrations/sqlite/0001_first.sql")).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x54656148; PRAGMA user_version = 1;
         INSERT INTO room (id, name, topic, epoch, head, n) VALUES ('1024', 'old', 'topic', 7, 1, 1);
         INSERT INTO person (id, name, seen) VALUES (x'00000000000000000000000000000001', 'Ann', 5);
         INSERT INTO name VALUES ('ann', x'00000000000000000000000000000001');
         INSERT INTO cid (room, cid, seq) VALUES (1, x'0000000000000000000000000000000a', 1);
         INSERT INTO event (room, seq, kind, cid, by, at, n, text) VALUES (1, 1, 'message',
             x'0000000000000000000000000000000a', x'00000000000000000000000000000001', 9, 1, 'kept')",
    )
    .unwrap();
    drop(old);
    for _ in 0..2 {
        let store = SqliteStore::open(folder.path()).unwrap();
        let events = store.after(&main_room(), Seq::ZERO, 10).await.unwrap();
        assert_eq!((&*events[0].body.text, &*events[0].by.name), ("kept", "Ann"));
        let policy = "SELECT read, write, history, slow_s, keep_days IS NULL FROM room WHERE id = $1";
        let rows = store.query(Statement::new(policy).with(&main_room())).await.unwrap();
        assert_eq!((rows[0].text(0).unwrap(), rows[0].text(1).unwrap()), ("guests", "guests"));
        assert!(rows[0].flag(2).unwrap() && rows[0].int(3).unwrap() == 0 && rows[0].flag(4).unwrap());
        store.close().await;
    }
}

#[test]
fn refuses_the_database_of_another_program() {
    let folder = TempDir::new().unwrap();
    let other = Connection::open(database(&folder)).unwrap();
    other.execute_batch("CREATE TABLE note (text TEXT)").unwrap();
    drop(other);
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::NotOurs(_)), "{said}");
}

#[test]
fn refuses_a_file_that_is_no_database() {
    let folder = TempDir::new().unwrap();
    fs::write(database(&folder), "not a database ".repeat(1_000)).unwrap();
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{said}");
    assert!(said.contains("restore a backup"), "{said}");
}

#[tokio::test]
async fn refuses_a_damaged_page_at_the_start() {
    let folder = closed_folder().await;
    let mut bytes = fs::read(database(&folder)).unwrap();
    let page = bytes.len() / 2 / 4_096 * 4_096;
    bytes[page..page + 4_096].fill(0x5a);
    fs::write(database(&folder), bytes).unwrap();
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{said}");
}

#[tokio::test]
async fn refuses_a_database_without_a_table() {
    let folder = closed_folder().await;
    Connection::open(database(&folder)).unwrap().execute_batch("DROP TABLE setting").unwrap();
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::Damaged { .. }) && said.contains("table setting"), "{said}");
}

#[tokio::test]
async fn refuses_a_database_that_another_program_has_locked() {
    let folder = closed_folder().await;
    let other = Connection::open(database(&folder)).unwrap();
    other.pragma_update(None, "locking_mode", "exclusive").unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (error, said) = refusal(folder.path());
    assert!(matches!(error, OpenError::Closed { .. }) && said.contains("locked it"), "{said}");
    drop(other);
    SqliteStore::open(folder.path()).expect("it is free again");
}

#[test]
fn refuses_a_folder_that_is_a_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (error, said) = refusal(&file);
    assert!(matches!(error, OpenError::Folder { .. }), "{said}");
}

#[test]
fn makes_a_folder_that_only_its_owner_reads() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("a/b");
    let _store = SqliteStore::open(&folder).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.clone()), 0o700);
    for file in ["teahouse.db", "teahouse.db-wal", "teahouse.lock"] {
        assert_eq!(mode(folder.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_text_that_is_gone_or_edited_is_not_compared() {
    let folder = closed_folder().await;
    let other = Connection::open(database(&folder)).unwrap();
    other.execute("UPDATE event SET text = NULL, rev = 300 WHERE seq = 10", []).unwrap();
    other.execute("UPDATE event SET text = 'edited', rev = 300 WHERE seq = 11", []).unwrap();
    let sent = "UPDATE cid SET (by, at) = (SELECT by, at FROM event WHERE seq = 1) WHERE seq = 1";
    other.execute(sent, []).unwrap();
    other.execute("DELETE FROM event WHERE seq = 1", []).unwrap();
    other.execute("UPDATE room SET oldest = 2", []).unwrap();
    drop(other);
    let store = SqliteStore::open(folder.path()).unwrap();
    check_gone_and_edited(&store).await;
}

/// What is in the database makes no sense: nobody is told half of it, and the node hears of it.
async fn check_senseless(change: &str) {
    let folder = closed_folder().await;
    Connection::open(database(&folder)).unwrap().execute_batch(change).unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let failed = store.failed();
    let events = store.after(&main_room(), Seq(90), 20).await;
    assert!(matches!(events, Err(StoreError::Corrupt(_))), "{change}: {events:?}");
    assert!(matches!(failed.await, StoreError::Corrupt(_)));
    let appended = store.append(&main_room(), drafts(2, 1)).await;
    assert!(matches!(appended, Err(StoreError::Corrupt(_))), "{change}: {appended:?}");
}

#[tokio::test]
async fn a_hole_in_the_log_is_damage() {
    check_senseless("DELETE FROM event WHERE seq = 100").await;
}

#[tokio::test]
async fn an_unknown_kind_is_damage() {
    check_senseless("UPDATE event SET kind = 'riddle' WHERE seq = 100").await;
}

#[tokio::test]
async fn a_cid_of_another_length_is_damage() {
    check_senseless("UPDATE event SET cid = x'00' WHERE seq = 100").await;
}
