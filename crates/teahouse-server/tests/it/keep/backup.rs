//! A backup is one whole moment of the house, made under load, or it is not there at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use teahouse_protocol::Seq;
use teahouse_server::keep::{Backup, Place, Progress};
use teahouse_server::store::{Appended, EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::content::{drafts, filled, main_room};
use super::{Mount, closed_folder, database, place, refusal, run, said, sound, text};

fn backup(data: &Path, to: &Path) -> Backup {
    Backup { data: data.into(), to: Some(to.into()), force: false }
}

#[tokio::test]
async fn is_one_file_that_any_tool_opens() {
    let folder = filled(3, 500).await;
    let to = TempDir::new().unwrap();
    let data = text(folder.path());
    let printed = said(&run(&["backup", "--data", data, "--to", text(to.path())]));
    let files: Vec<_> = fs::read_dir(to.path()).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("one file, not {files:?}") };
    assert!(printed.starts_with(text(file)) && printed.contains("4 rooms") && printed.contains("no fault"));
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    // Its header says that it needs no other file, as any tool expects it.
    assert_eq!(fs::read(file).unwrap()[18..20], [1, 1]);
    let count = "SELECT count(*) FROM event";
    let other = Command::new("sqlite3").arg(file).arg(count).output().expect("sqlite3 is installed");
    let expected: u64 =
        Connection::open(database(&folder)).unwrap().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(String::from_utf8(other.stdout).unwrap().trim(), expected.to_string());
    let there = sound(&Place::File(file.clone()));
    assert_eq!(sound(&place(&folder)).differences(&there), Vec::<String>::new());
}

#[tokio::test]
async fn overwrites_nothing_unless_it_is_told_to() {
    let folder = closed_folder(10).await;
    let to = TempDir::new().unwrap();
    let (data, file) = (text(folder.path()), to.path().join("b.db"));
    fs::write(&file, "mine").unwrap();
    let refused = run(&["backup", "--data", data, "--to", text(&file)]);
    assert!(!refused.status.success() && refusal(&refused).contains("--force"), "{}", refusal(&refused));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let quiet = run(&["backup", "--data", data, "--to", text(&file), "--force", "-q"]);
    assert_eq!((quiet.status.code(), quiet.stdout, quiet.stderr), (Some(0), vec![], vec![]));
    assert_eq!(sound(&Place::File(file)).messages(), 10);
    let nowhere = to.path().join("nowhere/b.db");
    let refused = run(&["backup", "--data", data, "--to", text(&nowhere)]);
    assert!(refusal(&refused).contains("there is no folder"), "{}", refusal(&refused));
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
}

/// Appends without end, each answered, while backups are made of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_it_is_a_beginning_of_the_log_and_refuses_nobody() {
    let folder = TempDir::new().unwrap();
    let to = TempDir::new().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
    // Some megabytes, so that a copy takes many steps while others write.
    for by in 1..=60 {
        store.append(&main_room(), drafts(by, 500)).await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers =
        (100..104).map(|by| tokio::spawn(write(store.clone(), by, done.clone()))).collect::<Vec<_>>();
    let mut heads = Vec::new();
    for number in 0..5 {
        let backup = backup(folder.path(), &to.path().join(format!("{number}.db")));
        let kept =
            tokio::task::spawn_blocking(move || backup.run(&Progress::silent())).await.unwrap().unwrap();
        heads.push(kept.survey.rooms[0].head);
    }
    done.store(true, Ordering::Release);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    assert!(
        heads.is_sorted() && heads[0] >= 30_000 && heads[4] > heads[0],
        "{heads:?}, {written} were written"
    );
    let log = store.after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
    assert_eq!(log.len(), 30_000 + written as usize);
    for (number, head) in heads.into_iter().enumerate() {
        let restored = TempDir::new().unwrap();
        fs::copy(to.path().join(format!("{number}.db")), database(&restored)).unwrap();
        let kept = SqliteStore::open(restored.path()).unwrap();
        let events = kept.after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
        assert!(events == log[..head as usize], "backup {number}");
    }
    store.close().await;
}

/// Writes until it is told to end; says how much. Nothing may be refused.
async fn write(store: Arc<SqliteStore>, by: u64, done: Arc<AtomicBool>) -> u64 {
    let mut written = 0;
    while !done.load(Ordering::Acquire) {
        let next = drafts(by, written + 1).pop().unwrap();
        let appended = store.append(&main_room(), vec![next]).await.unwrap();
        assert!(matches!(appended[..], [Appended::Stored { .. }]), "{appended:?}");
        written += 1;
    }
    written
}

#[tokio::test]
async fn a_disk_that_fills_up_leaves_nothing_and_harms_nobody() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(1, 20_000)).await.unwrap();
    let mount = Mount::new("1m");
    let file = mount.0.path().join("b.db");
    let refused = run(&["backup", "--data", text(folder.path()), "--to", text(&file)]);
    let why = refusal(&refused);
    assert!(
        !refused.status.success() && why.contains("the disk is full") && why.contains("Make room"),
        "{why}"
    );
    assert_eq!(fs::read_dir(mount.0.path()).unwrap().count(), 0, "a part of it was left");
    let appended = store.append(&main_room(), drafts(2, 1)).await.unwrap();
    assert_eq!(appended, [Appended::Stored { seq: Seq(20_001), n: 20_001 }]);
    store.close().await;
    sound(&place(&folder));
}

#[tokio::test]
async fn what_a_killed_backup_left_is_swept_up() {
    let folder = closed_folder(5).await;
    let to = TempDir::new().unwrap();
    let [left, running, other] =
        ["teahouse-1.db.part", "teahouse-2.db.part", "other.db.part"].map(|name| to.path().join(name));
    for file in [&left, &running, &other] {
        fs::write(file, "half").unwrap();
    }
    let held = fs::File::open(&running).unwrap();
    held.lock().unwrap();
    said(&run(&["backup", "--data", text(folder.path()), "--to", text(to.path())]));
    assert!(!left.exists() && running.exists() && other.exists());
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 3);
}

#[tokio::test]
async fn a_damaged_house_is_not_backed_up_as_if_it_were_whole() {
    let folder = closed_folder(300).await;
    Connection::open(database(&folder)).unwrap().execute("DELETE FROM event WHERE seq = 100", []).unwrap();
    let to = TempDir::new().unwrap();
    let refused = run(&["backup", "--data", text(folder.path()), "--to", text(to.path())]);
    let why = refusal(&refused);
    assert!(
        !refused.status.success() && why.contains("event 100 is missing") && why.contains("older backup"),
        "{why}"
    );
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}
