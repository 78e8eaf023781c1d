//! Every kind of damage is found and named; nothing else is.

use std::fs;
use std::os::unix::fs::FileExt as _;

use rusqlite::Connection;
use teahouse_server::keep::{Place, Progress, verify};
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::content::{drafts, filled, main_room};
use super::{closed_folder, database, place, program, refusal, run, said, sound, text};

/// Changes the database by hand, and says what `verify` finds.
async fn found_after(change: &str) -> Vec<String> {
    let folder = closed_folder(300).await;
    let connection = Connection::open(database(&folder)).unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = off; {change}")).unwrap();
    drop(connection);
    let survey = verify(&place(&folder), &Progress::silent()).unwrap();
    // A file tells the same, and the program ends with 1.
    let file = verify(&Place::File(database(&folder)), &Progress::silent()).unwrap();
    assert_eq!(survey.faults, file.faults);
    let output = run(&["verify", text(&database(&folder))]);
    assert_eq!(output.status.code(), Some(i32::from(!survey.faults.is_empty())), "{change}");
    for fault in &survey.faults {
        assert!(String::from_utf8_lossy(&output.stdout).contains(fault), "{change}: {fault}");
    }
    survey.faults
}

/// What is done to a house of 300 messages, and what has to be said of it.
const DAMAGE: [(&str, &[&str]); 31] = [
    ("DELETE FROM event WHERE seq = 100", &["event 100 is missing", "of event 100, which is not there"]),
    ("DELETE FROM event WHERE seq BETWEEN 5 AND 7", &["events 5 to 7 are missing"]),
    ("DELETE FROM event WHERE seq = 300", &["event 300 is missing"]),
    ("DELETE FROM event WHERE seq = 1", &["event 1 is missing"]),
    ("DELETE FROM event; DELETE FROM cid", &["events 1 to 300 are missing"]),
    ("DELETE FROM cid WHERE seq = 100", &["event 100: its cid", "is not kept"]),
    (
        "UPDATE cid SET seq = 99 WHERE cid = (SELECT cid FROM event WHERE seq = 100)",
        &["is kept as that of event 99"],
    ),
    (
        "UPDATE event SET cid = x'000102030405060708090a0b0c0d0e0f' WHERE seq = 100",
        &["event 100: its cid 0001"],
    ),
    ("INSERT INTO cid (room, cid, seq) VALUES (1, x'00', 301)", &["cid 00 is of event 301"]),
    ("INSERT INTO cid (room, cid, seq) VALUES (1, x'00', 100)", &["cid 00 is of event 100, which has"]),
    ("UPDATE room SET head = 301", &["event 301 is missing"]),
    (
        "UPDATE room SET head = 299",
        &["event 300 is above the head, 299", "of event 300; there were 1 to 299"],
    ),
    ("UPDATE room SET n = 299", &["counts 299 messages; its last one is number 300"]),
    ("UPDATE room SET oldest = 2", &["event 1 is below the oldest, 2", "does not say who wrote it"]),
    (
        "DELETE FROM event WHERE seq = 1; DELETE FROM cid WHERE seq = 1; UPDATE room SET oldest = 2",
        &["1 events are gone; of 0"],
    ),
    ("UPDATE room SET oldest = 400", &["from 400 to 300, which cannot be"]),
    ("UPDATE room SET epoch = -1", &["its epoch is -1"]),
    ("UPDATE room SET id = 'A Room'", &["that is no room's id"]),
    ("UPDATE event SET n = 7 WHERE seq = 100", &["event 100 is message 7, after message 99"]),
    ("UPDATE event SET n = NULL WHERE seq = 100", &["event 100 is a message without a count"]),
    (
        "UPDATE event SET kind = 'riddle', at = -1, by = x'00' WHERE seq = 100",
        &["unknown kind (riddle)", "before 1970", "no person's id"],
    ),
    (
        "INSERT INTO event (room, seq, kind, cid, by, at) SELECT 9, seq, kind, cid, by, at FROM event WHERE seq = 1",
        &["events of a room that is not there (key 9)"],
    ),
    (
        "INSERT INTO token (hash, person) VALUES (x'07', x'01'); INSERT INTO name VALUES ('ann', x'01')",
        &["token (SHA-256 07) belongs to nobody", "name ann belongs to nobody"],
    ),
    (
        "INSERT INTO read_mark VALUES (x'01', 1, 301), (x'02', 9, 1)",
        &["person 01 has read further", "person 02 is in a room that is not there"],
    ),
    (
        "INSERT INTO person (id, name, role, seen, freed) VALUES (x'01', 'Ann', 'king', 0, 'ann'); INSERT INTO name VALUES ('ann', x'01')",
        &["person 01 has an unknown role", "name ann is in use and free"],
    ),
    (
        "UPDATE event SET kind = 'join', text = 'x', about = x'00', target = 0 WHERE seq = 100",
        &["event 100 is counted as message 100", "about 00, which is no person", "is about event 0"],
    ),
    (
        "UPDATE event SET kind = 'join', n = NULL, text = 'x' WHERE seq = 100",
        &["event 100 (join) has a body that says nothing", "event 101 is message 101, after message 99"],
    ),
    ("UPDATE room SET read = 'nobody'", &["room 1024 has an unknown policy"]),
    (
        "INSERT INTO person (id, name, seen, erased) VALUES (x'01', 'Ann', 0, 5)",
        &["person 01 is erased, and something of them is left"],
    ),
    (
        "INSERT INTO member (room, person, joined) VALUES (9, x'01', 5)",
        &["a member of a room, person 01, is not there", "members of a room that is not there (key 9)"],
    ),
    ("INSERT INTO hidden VALUES (x'01', x'02')", &["somebody hidden, or who hides, is not there: 02"]),
];

#[tokio::test]
async fn finds_each_damage_and_names_it() {
    for (change, expected) in DAMAGE {
        let found = found_after(change).await;
        for part in expected {
            assert!(found.iter().any(|fault| fault.contains(part)), "{change}: no {part:?} in {found:#?}");
        }
    }
    assert_eq!(found_after("UPDATE room SET topic = 'x'").await, Vec::<String>::new());
}

#[tokio::test]
async fn finds_torn_pages() {
    let folder = closed_folder(3_000).await;
    let pages = fs::metadata(database(&folder)).unwrap().len() / 4_096;
    assert!(pages > 40, "{pages}");
    for page in [2, pages / 3, pages / 2, pages - 2] {
        let torn = TempDir::new().unwrap();
        let path = torn.path().join("torn.db");
        fs::copy(database(&folder), &path).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[0x5a; 2_048], page * 4_096).unwrap();
        let survey = verify(&Place::File(path.clone()), &Progress::silent()).unwrap();
        assert!(!survey.faults.is_empty(), "page {page}");
        let output = run(&["verify", text(&path)]);
        assert_eq!(output.status.code(), Some(1), "page {page}");
        assert!(refusal(&output).contains("restore a backup"), "{}", refusal(&output));
    }
}

#[tokio::test]
async fn says_what_is_there_and_changes_nothing() {
    let folder = filled(1, 400).await;
    let alone = TempDir::new().unwrap();
    let file = alone.path().join("it's 100% ours?.db");
    fs::copy(database(&folder), &file).unwrap();
    let before = fs::read(&file).unwrap();
    let printed = said(&run(&["verify", text(&file)]));
    for part in ["4 rooms", "14 people", "a-room", "SHA-256", "No fault was found"] {
        assert!(printed.contains(part), "no {part} in {printed}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(alone.path()).unwrap().count(), 1, "nothing is left beside it");
    let quiet = run(&["verify", "--quiet", text(&file)]);
    assert_eq!((quiet.status.code(), quiet.stdout, quiet.stderr), (Some(0), vec![], vec![]));
    // The same log has the same checksum elsewhere, and another log another.
    let [ours, theirs] = [Place::File(file), place(&folder)].map(|place| sound(&place));
    assert_eq!(ours.differences(&theirs), Vec::<String>::new());
    let other = filled(2, 400).await;
    assert!(!ours.differences(&sound(&place(&other))).is_empty());
}

#[tokio::test]
async fn looks_at_a_running_house_at_one_moment() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    for number in 1..=20 {
        store.append(&main_room(), drafts(number, 50)).await.unwrap();
        let (here, next) = (place(&folder), store.append(&main_room(), drafts(100 + number, 50)));
        let survey = tokio::task::spawn_blocking(move || sound(&here)).await.unwrap();
        next.await.unwrap();
        let head = survey.rooms[0].head;
        assert!(head == number * 100 - 50 || head == number * 100, "{head}");
    }
    store.close().await;
}

#[test]
fn says_what_it_cannot_look_at() {
    let folder = TempDir::new().unwrap();
    let note = folder.path().join("note.txt");
    fs::write(&note, "not a database ".repeat(1_000)).unwrap();
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE note (text TEXT)").unwrap();
    for (args, expected) in [
        (vec!["verify", text(&note)], "is damaged"),
        (vec!["verify", text(&other)], "is not a database of Teahouse"),
        (vec!["verify", "--data", text(folder.path())], "no house in"),
        (vec!["verify", text(&note), "--data", "x"], "cannot be used with"),
    ] {
        let output = program(&args).output().unwrap();
        assert!(!output.status.success());
        assert!(refusal(&output).contains(expected), "{args:?}: {}", refusal(&output));
    }
    let newer = folder.path().join("newer.db");
    fs::copy(&other, &newer).unwrap();
    let changed = Connection::open(&newer).unwrap();
    changed.pragma_update(None, "application_id", 0x5465_6148).unwrap();
    changed.pragma_update(None, "user_version", 99).unwrap();
    drop(changed);
    assert!(refusal(&run(&["verify", text(&newer)])).contains("newer Teahouse"));
}
