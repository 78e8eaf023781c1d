//! What is left of a store whose process died, or whose disk failed in the middle of a commit.
//!
//! The store runs in a process of its own: this test program again, with one test and a variable that
//! says what to do. Failing system calls come from `fault.c`, which is loaded before the C library.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use futures_util::future::join_all;
use teahouse_protocol::Seq;
use teahouse_server::store::{Appended, EventLog, SqliteStore, Store, StoreError};
use tempfile::TempDir;

use super::{draft, drafts, main_room};

/// Says in which folder the other process has its store.
const FOLDER: &str = "TEAHOUSE_TEST_FOLDER";
/// Says in which folder `fault.c` looks for faults.
const FAULTS: &str = "TEAHOUSE_FAULTS";

/// Errors of Linux, by number.
const EIO: u32 = 5;
const ENOSPC: u32 = 28;
const EROFS: u32 = 30;

/// This program, to run one test.
fn this_program(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("store::crash::{test}"), "--nocapture"]).env(FOLDER, folder);
    command
}

fn given_folder() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

// ---- killed ----

/// Eight people write without end, and each acknowledgement is a line.
async fn write_for_ever(folder: &Path) {
    let store = SqliteStore::open(folder).unwrap();
    let head = store.room(&main_room()).await.unwrap().unwrap().head.0;
    let people = (1..=8).map(async |by| {
        for number in head + 1.. {
            let appended = store.append(&main_room(), vec![draft(by, number, "kept")]).await.unwrap();
            let [Appended::Stored { seq, .. }] = appended[..] else { panic!("{appended:?}") };
            println!("acknowledged {by} {number} {seq}");
        }
    });
    join_all(people).await;
}

/// Runs the writers, kills them after `count` acknowledgements, and says what was acknowledged.
fn kill_after(count: usize, folder: &Path) -> Vec<[u64; 3]> {
    let mut child = this_program("keeps_what_it_acknowledged_when_killed", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let parse = |line: String| -> Option<[u64; 3]> {
        let numbers = line.split_once("acknowledged ")?.1.split(' ').map(|number| number.parse().ok());
        numbers.collect::<Option<Vec<_>>>()?.try_into().ok()
    };
    let mut acknowledged: Vec<_> = lines.by_ref().filter_map(parse).take(count).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What was said between the count and the end counts too; a torn last line does not parse.
    let mut rest: Vec<_> = lines.collect();
    rest.pop();
    acknowledged.extend(rest.into_iter().filter_map(parse));
    assert!(acknowledged.len() >= count, "the writers ended by themselves");
    acknowledged
}

#[tokio::test]
async fn keeps_what_it_acknowledged_when_killed() {
    if let Some(folder) = given_folder() {
        return write_for_ever(&folder).await;
    }
    let folder = TempDir::new().unwrap();
    let mut acknowledged = Vec::new();
    for count in [1, 40, 100, 300] {
        acknowledged.extend(kill_after(count, folder.path()));
        let store = SqliteStore::open(folder.path()).unwrap();
        let events = store.after(&main_room(), Seq::ZERO, 1_000_000).await.unwrap();
        for (event, seq) in events.iter().zip(1..) {
            assert_eq!((event.seq, event.n), (Seq(seq), Some(seq)));
        }
        for [by, number, seq] in &acknowledged {
            let expected = draft(*by, *number, "kept");
            let event = &events[usize::try_from(*seq - 1).unwrap()];
            assert_eq!((event.cid, &event.body), (expected.cid, &expected.body), "number {seq}");
            let again = store.append(&main_room(), vec![expected.clone()]).await.unwrap();
            assert_eq!(again, [Appended::Repeat { seq: Seq(*seq), at: expected.at }]);
        }
        store.close().await;
    }
}

// ---- failing system calls ----

/// The folder whose files make system calls fail.
struct Faults(PathBuf);

impl Faults {
    fn begin(&self, call: &str, error: u32) {
        // Made beside it and moved: never seen half written.
        let (path, beside) = (self.0.join(call), self.0.join("beside"));
        fs::write(&beside, error.to_string()).unwrap();
        fs::rename(beside, path).unwrap();
    }

    fn end(&self, call: &str) {
        fs::remove_file(self.0.join(call)).unwrap();
    }
}

/// Compiles `fault.c` with the compiler that compiled SQLite.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("fault.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/store/fault.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(compiled.unwrap().success(), "cc could not compile {source}");
    library
}

/// Runs the test of that name in a process whose system calls can fail. Says whether it ended well.
fn with_faults(test: &str, folder: &Path) -> bool {
    let faults = TempDir::new().unwrap();
    let library = library(faults.path());
    let mut command = this_program(test, folder);
    command.env("LD_PRELOAD", library).env(FAULTS, faults.path()).status().unwrap().success()
}

fn given_faults() -> Faults {
    Faults(env::var_os(FAULTS).expect("it is given with the folder").into())
}

async fn texts(store: &SqliteStore) -> Vec<String> {
    let events = store.after(&main_room(), Seq::ZERO, 1_000).await.unwrap();
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!((event.seq, event.n), (Seq(seq), Some(seq)));
    }
    events.into_iter().map(|event| event.body.text).collect()
}

#[tokio::test]
async fn refuses_while_the_disk_fails_and_goes_on_after_it() {
    let Some(folder) = given_folder() else {
        let folder = TempDir::new().unwrap();
        assert!(with_faults("refuses_while_the_disk_fails_and_goes_on_after_it", folder.path()));
        let store = SqliteStore::open(folder.path()).unwrap();
        assert_eq!(texts(&store).await.len(), 2 + 7 * 2, "what the other process left");
        return;
    };
    let (faults, store) = (given_faults(), SqliteStore::open(&folder).unwrap());
    store.append(&main_room(), drafts(1, 2)).await.unwrap();
    let all = [
        ("pwrite", EIO),
        ("pwrite", ENOSPC),
        ("pwrite", EROFS),
        ("torn", EIO),
        ("torn", ENOSPC),
        ("fsync", EIO),
        ("fsync", ENOSPC),
    ];
    for ((call, error), by) in all.into_iter().zip(2..) {
        let before = texts(&store).await;
        faults.begin(call, error);
        for _ in 0..3 {
            let refused = store.append(&main_room(), drafts(by, 1)).await;
            let full = (call, error) != ("fsync", ENOSPC) && error == ENOSPC;
            match refused {
                Err(StoreError::Full(_)) => assert!(full, "{call} {error}"),
                Err(StoreError::Down(_)) => assert!(!full, "{call} {error}"),
                other => panic!("{call} {error}: {other:?}"),
            }
            assert_eq!(texts(&store).await, before, "{call} {error}: readers go on and see nothing of it");
        }
        faults.end(call);
        // Another comes first: the number of what failed is not kept for it.
        let head = before.len() as u64;
        let appended = store.append(&main_room(), drafts(by + 100, 1)).await.unwrap();
        assert_eq!(appended, [Appended::Stored { seq: Seq(head + 1), n: head + 1 }]);
        let appended = store.append(&main_room(), drafts(by, 1)).await.unwrap();
        assert_eq!(appended, [Appended::Stored { seq: Seq(head + 2), n: head + 2 }]);
    }
    store.close().await;
}

/// A commit whose sync failed may be on the disk or not; whoever asks again gets one answer.
#[tokio::test]
async fn a_commit_that_nobody_knows_of_is_there_once_or_not_at_all() {
    if let Some(folder) = given_folder() {
        let (faults, store) = (given_faults(), SqliteStore::open(&folder).unwrap());
        let head = store.room(&main_room()).await.unwrap().unwrap().head.0;
        store.append(&main_room(), vec![draft(1, head, "known")]).await.unwrap();
        faults.begin("fsync", EIO);
        let refused = store.append(&main_room(), vec![draft(2, head, "doubtful")]).await;
        assert!(matches!(refused, Err(StoreError::Down(_))), "{refused:?}");
        // The power fails here: nothing is closed in order.
        std::process::abort();
    }
    let folder = TempDir::new().unwrap();
    SqliteStore::open(folder.path()).unwrap().close().await;
    let mut head = 0;
    for _ in 0..3 {
        assert!(!with_faults("a_commit_that_nobody_knows_of_is_there_once_or_not_at_all", folder.path()));
        let store = SqliteStore::open(folder.path()).unwrap();
        let found = texts(&store).await;
        let doubtful = draft(2, head, "doubtful");
        let again = store.append(&main_room(), vec![doubtful.clone()]).await.unwrap();
        let seq = Seq(head + 2);
        let expected = match found.len() as u64 - head {
            1 => Appended::Stored { seq, n: seq.0 },
            2 => Appended::Repeat { seq, at: doubtful.at },
            other => panic!("{other} new events where one was acknowledged and one doubtful"),
        };
        assert_eq!(again, [expected]);
        assert_eq!(texts(&store).await[usize::try_from(head).unwrap()..], ["known", "doubtful"]);
        head += 2;
        store.close().await;
    }
}
