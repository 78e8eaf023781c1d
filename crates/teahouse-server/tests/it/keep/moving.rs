//! A house goes to another store with everything in it; at no time two of it can be opened.

use std::fs;
use std::process::Command;

use rusqlite::Connection;
use teahouse_server::keep::{Place, undo};
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::content::{drafts, everything, filled, main_room};
use super::{Mount, closed_folder, database, moved, place, refusal, run, said, sound, text};

fn refused(from: &Place, to: &Place, expected: &str) {
    let why = format!("{:#}", moved(from, to, false).unwrap_err());
    assert!(why.contains(expected), "no {expected:?} in {why}");
}

fn cannot_be_opened(folder: &TempDir) -> String {
    SqliteStore::open(folder.path()).err().expect("it was moved away").to_string()
}

#[tokio::test]
async fn there_and_back_everything_is_the_same() {
    for seed in 10..14 {
        let house = filled(seed, 600).await;
        let twin = TempDir::new().unwrap();
        fs::copy(database(&house), database(&twin)).unwrap();
        let (there, back) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        moved(&place(&house), &place(&there), false).unwrap();
        assert_eq!(sound(&place(&house)).differences(&sound(&place(&there))), Vec::<String>::new());
        moved(&place(&there), &place(&back), false).unwrap();
        let [expected, found] = [&twin, &back].map(|folder| SqliteStore::open(folder.path()).unwrap());
        assert_eq!(everything(&found).await, everything(&expected).await, "seed {seed}");
    }
}

#[tokio::test]
async fn the_old_place_says_where_the_house_is() {
    let (house, there) = (closed_folder(20).await, TempDir::new().unwrap());
    let (from, to) = (text(house.path()), text(there.path()));
    let printed = said(&run(&["move", "--from", from, "--to", to]));
    assert!(printed.contains("20 messages") && printed.contains("equals"), "{printed}");
    let why = refusal(&run(&["serve", "--data", from, "--listen", "127.0.0.1:0"]));
    for part in [&format!("was moved to {to}"), "move --undo", from] {
        assert!(why.contains(part), "no {part} in {why}");
    }
    // Asked once more, it says that all is done, and changes nothing.
    said(&run(&["move", "--from", from, "--to", to]));
    refused(&place(&house), &place(&TempDir::new().unwrap()), "was moved to");
    // Back again: what is there is the house as it was then.
    let store = SqliteStore::open(there.path()).unwrap();
    store.append(&main_room(), drafts(2, 5)).await.unwrap();
    store.close().await;
    refused(&place(&there), &place(&house), "the house as it was when it was moved");
    let printed = said(&run(&["move", "--from", to, "--to", from, "--force"]));
    let kept = printed.lines().next().unwrap().strip_prefix("The old database is kept: ").unwrap();
    assert_eq!(sound(&Place::File(kept.into())).messages(), 20);
    assert!(cannot_be_opened(&there).contains(from));
    let store = SqliteStore::open(house.path()).unwrap();
    assert_eq!(store.room(&main_room()).await.unwrap().unwrap().head.0, 25);
    store.close().await;
    // Undone: it can be opened here, too.
    assert_eq!(undo(&place(&there)).unwrap(), from);
    assert!(undo(&place(&there)).unwrap_err().to_string().contains("nothing is to be undone"));
    SqliteStore::open(there.path()).unwrap().close().await;
}

#[tokio::test]
async fn refuses_what_is_not_empty_or_in_use() {
    let (house, other, empty) = (closed_folder(20).await, closed_folder(3).await, TempDir::new().unwrap());
    refused(&place(&house), &place(&other), "another house is in it");
    refused(&place(&house), &place(&house), "already");
    refused(&place(&empty), &place(&house), "no house in");
    refused(&Place::File(database(&house)), &place(&empty), "is a file");
    for (from, to) in [(&house, &other), (&other, &house)] {
        let store = SqliteStore::open(house.path()).unwrap();
        refused(&place(from), &place(to), "another Teahouse runs");
        store.close().await;
    }
    // A house that was opened once, and in which nobody ever was, is empty.
    SqliteStore::open(empty.path()).unwrap().close().await;
    moved(&place(&house), &place(&empty), false).unwrap();
    assert_eq!(sound(&place(&empty)).messages(), 20);
}

#[tokio::test]
async fn a_damaged_house_stays_where_it_is() {
    let (house, there) = (closed_folder(20).await, TempDir::new().unwrap());
    Connection::open(database(&house)).unwrap().execute("DELETE FROM event WHERE seq = 7", []).unwrap();
    refused(&place(&house), &place(&there), "event 7 is missing");
    SqliteStore::open(house.path()).unwrap().close().await;
}

#[tokio::test]
async fn a_disk_without_room_is_no_end() {
    let house = closed_folder(10_000).await;
    let mount = Mount::new("1m");
    let to = Place::Folder(mount.0.path().into());
    refused(&place(&house), &to, "run it again");
    SqliteStore::open(house.path()).unwrap().close().await;
    let grown = Command::new("mount").args(["-o", "remount,size=16m"]).arg(mount.0.path()).status();
    assert!(grown.unwrap().success());
    moved(&place(&house), &to, false).unwrap();
    assert_eq!(sound(&to).messages(), 10_000);
}
