//! Killed at every step: before each single call that changes a file, from the first one to the last.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use teahouse_protocol::Seq;
use teahouse_server::keep::Place;
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::content::{drafts, everything, filled, main_room};
use super::restore::backup_of;
use super::{closed_folder, database, place, program, refusal, run, said, sound, text};

/// More calls than any of these commands makes for so small a house.
const CALLS_MAX: u32 = 2_000;

/// Compiles `die.c` with the compiler that compiled SQLite.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("die.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/keep/die.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(compiled.unwrap().success(), "cc could not compile {source}");
    library
}

/// Kills the program before its `call`th call; none if it ended before.
pub(super) fn killed(library: &Path, args: &[&str], call: u32) -> Option<Output> {
    let mut command = program(args);
    command.env("LD_PRELOAD", library).env("TEAHOUSE_DIES_AT", call.to_string());
    let output = command.output().unwrap();
    if output.status.code().is_some() {
        said(&output);
        return None;
    }
    Some(output)
}

/// Runs `once` for each call until it says that there are no more; says how many there were.
pub(super) async fn at_every_call(mut once: impl AsyncFnMut(u32, &Path) -> bool) -> u32 {
    let folder = TempDir::new().unwrap();
    let library = library(folder.path());
    for call in 1..CALLS_MAX {
        if !once(call, &library).await {
            return call - 1;
        }
    }
    panic!("it did not end within {CALLS_MAX} calls")
}

/// A folder with the same files.
pub(super) fn twin(folder: &TempDir) -> TempDir {
    let twin = TempDir::new().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), twin.path().join(file.file_name())).unwrap();
    }
    twin
}

#[tokio::test]
async fn a_backup_that_was_killed_is_whole_or_not_there() {
    let folder = filled(5, 60).await;
    let calls = at_every_call(async |call, library| {
        let to = TempDir::new().unwrap();
        let file = to.path().join("b.db");
        let args = ["backup", "-q", "--data", text(folder.path()), "--to", text(&file)];
        let was_killed = killed(library, &args, call).is_some();
        if file.exists() {
            sound(&Place::File(file));
        } else {
            assert!(was_killed);
            // What is left is in nobody's way.
            said(&program(&args).output().unwrap());
            assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 1);
        }
        was_killed
    })
    .await;
    assert!(calls > 20, "only {calls} calls: the library was not loaded");
}

#[tokio::test]
async fn a_restore_that_was_killed_leaves_the_old_house_or_the_new_one() {
    let backed_up = closed_folder(9).await;
    let (_to, file) = backup_of(&backed_up);
    let old = closed_folder(5).await;
    // What the old house wrote last is in its log of writes only.
    let writer = Connection::open(database(&old)).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE room SET topic = 'late'").unwrap();
    let old = twin(&old);
    drop(writer);
    assert!(old.path().join("teahouse.db-wal").exists());
    let mut seen = [0, 0];
    at_every_call(async |call, library| {
        let folder = twin(&old);
        let args = ["restore", text(&file), "--data", text(folder.path()), "--force"];
        let was_killed = killed(library, &args, call).is_some();
        let store = SqliteStore::open(folder.path()).unwrap();
        let room = store.room(&main_room()).await.unwrap().unwrap();
        match room.head {
            Seq(5) => {
                assert_eq!(&*room.now.topic, "late", "killed before call {call}");
                seen[0] += 1;
            }
            Seq(9) => seen[1] += 1,
            head => panic!("killed before call {call}: {head}"),
        }
        store.close().await;
        sound(&place(&folder));
        if was_killed {
            said(&program(&args).output().unwrap());
            assert_eq!(sound(&place(&folder)).messages(), 9);
        }
        was_killed
    })
    .await;
    assert!(seen[0] > 20 && seen[1] > 0, "{seen:?}");
}

#[tokio::test]
async fn a_move_that_was_killed_goes_on_and_never_leaves_two_houses() {
    let house = filled(6, 60).await;
    let expected = {
        let twin = twin(&house);
        everything(&SqliteStore::open(twin.path()).unwrap()).await
    };
    let calls = at_every_call(async |call, library| {
        let (from, to) = (twin(&house), TempDir::new().unwrap());
        let args = ["move", "-q", "--from", text(from.path()), "--to", text(to.path())];
        let was_killed = killed(library, &args, call).is_some();
        let opened = SqliteStore::open(to.path());
        if let Ok(target) = &opened {
            let head = target.room(&main_room()).await.unwrap().unwrap().head;
            assert!(head == Seq::ZERO || SqliteStore::open(from.path()).is_err(), "two houses, call {call}");
            target.close().await;
        }
        if let Err(why) = &opened {
            assert!(why.to_string().contains("its move is not finished"), "{why}");
        }
        drop(opened);
        if was_killed {
            said(&program(&args).output().unwrap());
        }
        // Every twentieth is looked at wholly: it is slow.
        if call % 20 == 0 || !was_killed {
            let store = SqliteStore::open(to.path()).unwrap();
            assert_eq!(everything(&store).await, expected, "killed before call {call}");
        }
        assert!(SqliteStore::open(from.path()).is_err(), "it was moved away");
        was_killed
    })
    .await;
    println!("{calls} calls");
    assert!(calls > 50, "{calls}");
}

#[tokio::test]
async fn a_move_back_that_was_killed_keeps_what_was_there() {
    let (house, old) = (closed_folder(9).await, closed_folder(5).await);
    at_every_call(async |call, library| {
        let (from, to) = (twin(&house), twin(&old));
        let args = ["move", "--from", text(from.path()), "--to", text(to.path()), "--force"];
        let was_killed = killed(library, &args, call).is_some();
        if was_killed {
            said(&program(&args).output().unwrap());
        }
        assert_eq!(sound(&place(&to)).messages(), 9, "killed before call {call}");
        // Whatever was put aside is the old house, and it is there.
        let files = std::fs::read_dir(to.path()).unwrap().map(|file| file.unwrap().path());
        let kept: Vec<_> = files.filter(|path| text(path).contains("teahouse.db.")).collect();
        let kept: Vec<_> = kept.into_iter().map(|path| sound(&Place::File(path)).messages()).collect();
        assert!(kept.contains(&5), "killed before call {call}: {kept:?}");
        was_killed
    })
    .await;
}

/// A folder to which a move of that house began.
async fn begun(house: &TempDir) -> TempDir {
    let mut begun = None;
    at_every_call(async |call, library| {
        let to = TempDir::new().unwrap();
        let args = ["move", "-q", "--from", text(house.path()), "--to", text(to.path())];
        assert!(killed(library, &args, call).is_some(), "it ended before it was half done");
        let events = Connection::open(database(&to)).and_then(|connection| {
            connection.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, u64>(0))
        });
        let is_half_done = events.is_ok_and(|events| events > 0);
        if is_half_done {
            begun = Some(to);
        }
        !is_half_done
    })
    .await;
    begun.unwrap()
}

#[tokio::test]
async fn a_move_goes_on_after_the_old_house_was_used_again() {
    let house = filled(7, 100).await;
    let to = begun(&house).await;
    let store = SqliteStore::open(house.path()).unwrap();
    store.append(&main_room(), drafts(300, 5)).await.unwrap();
    store.close().await;
    Connection::open(database(&house))
        .unwrap()
        .execute("UPDATE event SET text = 'changed' WHERE seq = 5", [])
        .unwrap();
    let printed = said(&run(&["move", "--from", text(house.path()), "--to", text(to.path())]));
    assert!(printed.contains("copied anew"), "{printed}");
    assert_eq!(sound(&place(&house)).differences(&sound(&place(&to))), Vec::<String>::new());
}

#[tokio::test]
async fn another_house_does_not_go_on_with_a_move() {
    let (house, other) = (filled(8, 100).await, closed_folder(3).await);
    let to = begun(&house).await;
    let args = ["move", "--from", text(other.path()), "--to", text(to.path()), "--force"];
    let why = refusal(&run(&args[..5]));
    assert!(why.contains("a part of the house in") && why.contains(text(house.path())), "{why}");
    let why = refusal(&run(&["backup", "--data", text(to.path())]));
    assert!(why.contains("has only a part of the house"), "{why}");
    let why = said_wrong(&run(&["verify", "--data", text(to.path())]));
    assert!(why.contains("only a part of a house is here"), "{why}");
    said(&run(&args));
    assert_eq!(sound(&place(&to)).messages(), 3);
}

/// What a program said that was to end badly.
fn said_wrong(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stdout.clone()).unwrap()
}
