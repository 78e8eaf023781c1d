//! A backup becomes the house, wholly, and nobody goes on with what the backup does not have.

use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, chown};
use std::path::PathBuf;

use rusqlite::Connection;
use teahouse_protocol::Seq;
use teahouse_server::keep::{Backup, Place, Progress};
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::content::{drafts, filled, main_room};
use super::stages::twin;
use super::{Mount, closed_folder, database, place, refusal, run, said, sound, text};

/// A backup of that folder, in a folder of its own.
pub(super) fn backup_of(folder: &TempDir) -> (TempDir, PathBuf) {
    let to = TempDir::new().unwrap();
    let file = to.path().join("backup.db");
    let backup = Backup { data: folder.path().into(), to: Some(file.clone()), force: false };
    backup.run(&Progress::silent()).unwrap();
    (to, file)
}

/// The rooms' epochs, by the rooms' ids.
fn epochs(folder: &TempDir) -> Vec<(String, i64)> {
    let connection = Connection::open(database(folder)).unwrap();
    let mut rooms = connection.prepare("SELECT id, epoch FROM room ORDER BY id").unwrap();
    rooms.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn everything_is_back_under_new_epochs() {
    let folder = filled(4, 500).await;
    let (_to, file) = backup_of(&folder);
    let data = TempDir::new().unwrap();
    let new = data.path().join("new");
    let printed = said(&run(&["restore", text(&file), "--data", text(&new)]));
    assert!(printed.contains("4 rooms") && printed.contains("new epoch"), "{printed}");
    let logs =
        |place: &Place| sound(place).rooms.into_iter().map(|room| (room.id, room.log)).collect::<Vec<_>>();
    assert_eq!(logs(&Place::Folder(new.clone())), logs(&place(&folder)));
    // But for the epochs it is the same house.
    let restored = Connection::open(new.join("teahouse.db")).unwrap();
    for (id, epoch) in epochs(&folder) {
        let set = "UPDATE room SET epoch = ?2 WHERE id = ?1 AND epoch <> ?2";
        assert_eq!(restored.execute(set, (&id, epoch)).unwrap(), 1, "room {id} kept its epoch");
    }
    drop(restored);
    let differences = sound(&place(&folder)).differences(&sound(&Place::Folder(new)));
    assert_eq!(differences, Vec::<String>::new());
}

/// A backup that the first version made becomes a house of this one; before that, nobody takes it for one.
#[tokio::test]
async fn an_older_backup_is_brought_to_this_version() {
    let old = TempDir::new().unwrap();
    let file = old.path().join("old.db");
    let first = Connection::open(&file).unwrap();
    first.execute_batch(include_str!("../../../migrations/sqlite/0001_first.sql")).unwrap();
    first
        .execute_batch(
            "PRAGMA application_id = 0x54656148; PRAGMA user_version = 1;
             INSERT INTO room (id, name, topic, epoch, head, n) VALUES ('1024', 'old', 'topic', 7, 1, 1);
             INSERT INTO cid (room, cid, seq) VALUES (1, x'0000000000000000000000000000000a', 1);
             INSERT INTO event (room, seq, kind, cid, by, at, n, text) VALUES (1, 1, 'message',
                 x'0000000000000000000000000000000a', x'00000000000000000000000000000001', 9, 1, 'kept')",
        )
        .unwrap();
    drop(first);
    let refused = refusal(&run(&["verify", text(&file)]));
    assert!(refused.contains("older Teahouse") && refused.contains("restore it into a folder"), "{refused}");
    let data = TempDir::new().unwrap();
    said(&run(&["restore", text(&file), "--data", text(data.path())]));
    assert_eq!(sound(&place(&data)).messages(), 1);
    let store = SqliteStore::open(data.path()).unwrap();
    assert_eq!(store.after(&main_room(), Seq::ZERO, 10).await.unwrap()[0].body.text, "kept");
    store.close().await;
}

#[tokio::test]
async fn refuses_a_house_that_runs_and_one_that_is_not_empty() {
    let folder = closed_folder(5).await;
    let (_to, file) = backup_of(&folder);
    let args = ["restore", text(&file), "--data", text(folder.path()), "--force"];
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(2, 3)).await.unwrap();
    let refused = refusal(&run(&args));
    assert!(refused.contains("another Teahouse runs"), "{refused}");
    store.close().await;
    let refused = refusal(&run(&args[..4]));
    assert!(refused.contains("there is a house in") && refused.contains("--force"), "{refused}");
    assert_eq!(sound(&place(&folder)).messages(), 8);
    // Twice within a second: each old one is kept.
    for kept in [8, 5] {
        let printed = said(&run(&args));
        let (_, rest) = printed.split_once("The old database is kept: ").unwrap();
        let old = PathBuf::from(rest.lines().next().unwrap());
        assert!(old.starts_with(folder.path()));
        assert_eq!(sound(&Place::File(old)).messages(), kept);
        assert_eq!(sound(&place(&folder)).messages(), 5);
    }
}

#[tokio::test]
async fn a_damaged_backup_changes_nothing() {
    let folder = closed_folder(5).await;
    let (_to, file) = backup_of(&folder);
    Connection::open(&file).unwrap().execute("DELETE FROM event WHERE seq = 3", []).unwrap();
    let before = fs::read(database(&folder)).unwrap();
    let refused = refusal(&run(&["restore", text(&file), "--data", text(folder.path()), "--force"]));
    assert!(refused.contains("event 3 is missing") && refused.contains("another backup"), "{refused}");
    assert_eq!(fs::read(database(&folder)).unwrap(), before);
    let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = files.filter(|name| text(name.as_ref()).contains(".db.")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_disk_without_room_keeps_the_old_house() {
    let big = closed_folder(10_000).await;
    let (_to, file) = backup_of(&big);
    let mount = Mount::new("1m");
    let store = SqliteStore::open(mount.0.path()).unwrap();
    store.append(&main_room(), drafts(1, 5)).await.unwrap();
    store.close().await;
    let data = text(mount.0.path());
    let why = refusal(&run(&["restore", text(&file), "--data", data, "--force"]));
    assert!(why.contains("the disk is full") && why.contains(data), "{why}");
    assert_eq!(sound(&Place::Folder(mount.0.path().into())).messages(), 5);
    let left = fs::read_dir(mount.0.path()).unwrap().map(|file| file.unwrap().file_name());
    assert!(!left.into_iter().any(|name| text(name.as_ref()).contains(".db.")));
}

#[tokio::test]
async fn belongs_to_whom_the_folder_belongs() {
    let folder = closed_folder(5).await;
    let (_to, file) = backup_of(&folder);
    let data = closed_folder(1).await;
    let is_root = chown(data.path(), Some(65_534), Some(65_534));
    is_root.expect("this test needs root: only root gives files away");
    said(&run(&["restore", text(&file), "--data", text(data.path()), "--force"]));
    for name in ["teahouse.db", "teahouse.lock"] {
        assert_eq!(fs::metadata(data.path().join(name)).unwrap().uid(), 65_534, "{name}");
    }
}

/// A database whose last change was broken off, with the log by which SQLite would undo it.
fn with_hot_journal(folder: &TempDir) {
    let begun = TempDir::new().unwrap();
    fs::copy(database(folder), database(&begun)).unwrap();
    let connection = Connection::open(database(&begun)).unwrap();
    connection.execute_batch("PRAGMA journal_mode = delete; PRAGMA cache_size = 1; BEGIN").unwrap();
    connection.execute_batch("UPDATE event SET text = text || 'broken off'").unwrap();
    for name in ["teahouse.db", "teahouse.db-journal"] {
        fs::copy(begun.path().join(name), folder.path().join(name)).unwrap();
    }
}

#[tokio::test]
async fn nothing_that_was_broken_off_is_finished_in_the_new_house() {
    let folder = closed_folder(2_000).await;
    let (_to, file) = backup_of(&folder);
    with_hot_journal(&folder);
    // It can be undone: the old house is whole, and kept.
    let twin = twin(&folder);
    let args = |folder: &TempDir| {
        ["restore", text(&file), "--data", text(folder.path()), "--force"].map(String::from)
    };
    let run = |folder: &TempDir| run(&args(folder).each_ref().map(|arg| &**arg));
    let printed = said(&run(&twin));
    let kept = printed.lines().next().unwrap().rsplit_once(": ").unwrap().1;
    assert_eq!(sound(&Place::File(kept.into())).messages(), 2_000);
    assert_eq!(sound(&place(&twin)).messages(), 2_000);
    // It cannot: what belongs to the old house goes with it, and the new one is as it was backed up.
    let header = fs::OpenOptions::new().write(true).open(database(&folder)).unwrap();
    header.write_all_at(&[0x5a; 4_096], 0).unwrap();
    let journal = folder.path().join("teahouse.db-journal");
    let mut bytes = fs::read(&journal).unwrap();
    // Its first page is not undone, so that the header stays as it is.
    bytes[512..516].copy_from_slice(&[0, 0, 0, 9]);
    fs::write(&journal, bytes).unwrap();
    said(&run(&folder));
    assert!(!journal.exists());
    let whole = Place::File(file);
    let logs = |place: &Place| sound(place).rooms.iter().map(|room| room.log).collect::<Vec<_>>();
    assert_eq!(logs(&place(&folder)), logs(&whole));
}

#[tokio::test]
async fn takes_the_place_of_a_house_that_cannot_be_read() {
    let folder = closed_folder(5).await;
    let (_to, file) = backup_of(&folder);
    fs::write(database(&folder), "not a database ".repeat(1_000)).unwrap();
    // A log of writes of the old house: it must not be taken for the new one's.
    let wal = folder.path().join("teahouse.db-wal");
    fs::write(&wal, "not a log ".repeat(1_000)).unwrap();
    let printed = said(&run(&["restore", text(&file), "--data", text(folder.path()), "--force"]));
    let kept = PathBuf::from(printed.lines().next().unwrap().rsplit_once(": ").unwrap().1);
    assert!(fs::read(&kept).unwrap().starts_with(b"not a database"));
    assert!(fs::read(format!("{}-wal", text(&kept))).unwrap().starts_with(b"not a log"));
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(store.after(&main_room(), Seq::ZERO, 100).await.unwrap().len(), 5);
    store.close().await;
}
