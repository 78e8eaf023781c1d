//! The same between a folder and PostgreSQL: nothing is lost on the way there and back, nodes and tools keep out
//! of each other's way, and damage is found.

use std::fs;

use rusqlite::Connection;
use teahouse_protocol::Seq;
use teahouse_server::keep::{Place, Progress, renew, undo, verify};
use teahouse_server::store::postgres::Database;
use teahouse_server::store::{EventLog, PostgresStore, SqliteStore, Store, StoreError};
use tempfile::TempDir;

use super::content::{drafts, everything, filled, main_room};
use super::stages::{at_every_call, killed, twin};
use super::{aside, closed_folder, database, moved, place, program, refusal, run, said, sound, text};
use crate::kit::server;

/// A place for tables of one's own, as the URL that leads there.
fn url() -> String {
    server().place().unwrap()
}

fn at(url: &str) -> Place {
    url.parse().unwrap()
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&url.parse::<Database>().unwrap()).await.unwrap()
}

/// Runs SQL in the place of that URL.
fn sql(url: &str, sql: &str) {
    let (_, schema) = url.rsplit_once("search_path%3D").unwrap();
    server().run(&format!("SET search_path = {schema}; {sql}")).unwrap();
}

/// Those who hold the lock of that place.
fn holders(url: &str) -> String {
    let (_, schema) = url.rsplit_once("search_path%3D").unwrap();
    format!(
        "pg_locks WHERE locktype = 'advisory' AND objsubid = 1
         AND (classid::bigint << 32) | objid::bigint = hashtextextended('teahouse house {schema}', 0)"
    )
}

/// Waits until the server has noticed that a program was killed.
fn until_free(url: &str) {
    let ask = format!("SELECT count(*) FROM {}", holders(url));
    while server().run(&ask).unwrap().trim() != "0" {}
}

fn refused(from: &Place, to: &Place, force: bool, expected: &str) {
    let why = format!("{:#}", moved(from, to, force).unwrap_err());
    assert!(why.contains(expected), "no {expected:?} in {why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_and_back_everything_is_the_same() {
    for seed in 20..23 {
        let (house, back, url) = (filled(seed, 600).await, TempDir::new().unwrap(), url());
        // A text that nobody can write, but a store can keep.
        let odd = "UPDATE event SET text = char(1) || 'a' || char(0) || 'b' WHERE seq = 8";
        Connection::open(database(&house)).unwrap().execute(odd, []).unwrap();
        let twin = twin(&house);
        moved(&place(&house), &at(&url), false).unwrap();
        assert_eq!(sound(&place(&house)).differences(&sound(&at(&url))), Vec::<String>::new());
        moved(&at(&url), &place(&back), false).unwrap();
        let [expected, found] = [&twin, &back].map(|folder| SqliteStore::open(folder.path()).unwrap());
        let expected = everything(&expected).await;
        assert_eq!(everything(&found).await, expected, "seed {seed}");
        // And what is in PostgreSQL, had it stayed there.
        assert_eq!(aside(|| undo(&at(&url))).unwrap(), back.path().canonicalize().unwrap().to_str().unwrap());
        let store = open(&url).await;
        assert_eq!(everything(&store).await, expected, "seed {seed}");
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_and_tools_keep_out_of_each_others_way() {
    let (house, url, empty) = (closed_folder(20).await, url(), TempDir::new().unwrap());
    moved(&place(&house), &at(&url), false).unwrap();
    let node = open(&url).await;
    node.append(&main_room(), drafts(2, 1)).await.unwrap();
    // While a node runs, it can be read and nothing else.
    assert_eq!(sound(&at(&url)).messages(), 21);
    refused(&at(&url), &place(&empty), false, "is in use by Teahouse on 127.");
    refused(&place(&house), &at(&url), true, "is in use");
    let why = aside(|| renew(&at(&url), &Progress::silent())).unwrap_err();
    assert!(why.to_string().contains("Stop the nodes"), "{why}");
    node.append(&main_room(), drafts(3, 1)).await.unwrap();
    node.close().await;
    moved(&at(&url), &place(&empty), false).unwrap();
    // What was left behind is not used again.
    let why = PostgresStore::open(&url.parse().unwrap()).await.err().unwrap().to_string();
    assert!(why.contains("was moved to") && why.contains("--undo"), "{why}");
    aside(|| undo(&at(&url))).unwrap();
    open(&url).await.close().await;
}

/// A node that was cut off while the house was moved away does not go on when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_away_does_not_write_to_what_was_left_behind() {
    let (house, url, there) = (closed_folder(20).await, url(), TempDir::new().unwrap());
    moved(&place(&house), &at(&url), false).unwrap();
    let node = open(&url).await;
    node.append(&main_room(), drafts(2, 1)).await.unwrap();
    // All its connections are gone, and the lock with them.
    server().run(&format!("SELECT count(pg_terminate_backend(pid)) FROM {}", holders(&url))).unwrap();
    moved(&at(&url), &place(&there), false).unwrap();
    // The first may find the connection that was cut, the others make a new one.
    for number in 1..=3 {
        let refused = node.append(&main_room(), drafts(3, number)).await;
        assert!(matches!(refused, Err(StoreError::Down(_))), "{refused:?}");
    }
    let refused = node.room(&main_room()).await;
    assert!(refused.is_err_and(|why| why.to_string().contains("was moved to")));
    assert_eq!(sound(&at(&url)).messages(), 21);
    node.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_in_use_is_never_removed() {
    let (house, other, url) = (closed_folder(20).await, closed_folder(3).await, url());
    moved(&place(&house), &at(&url), false).unwrap();
    for force in [false, true] {
        refused(&place(&other), &at(&url), force, "another house is in it");
    }
    // What was moved away from there may be.
    let there = TempDir::new().unwrap();
    moved(&at(&url), &place(&there), false).unwrap();
    refused(&place(&other), &at(&url), false, "the house as it was when it was moved");
    moved(&place(&other), &at(&url), true).unwrap();
    assert_eq!(sound(&at(&url)).messages(), 3);
    let node = open(&url).await;
    assert_eq!(node.after(&main_room(), Seq::ZERO, 10).await.unwrap().len(), 3);
    node.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_each_damage_and_names_it() {
    let (house, url) = (closed_folder(300).await, url());
    moved(&place(&house), &at(&url), false).unwrap();
    let survey = sound(&at(&url));
    let printed = said(&run(&["verify", "--database", &url]));
    assert!(
        printed.contains("300 messages") && printed.contains(&survey.rooms[0].log.to_string()),
        "{printed}"
    );
    // Each on top of the ones before.
    for (change, expected) in [
        ("DELETE FROM event WHERE seq = 100", "event 100 is missing"),
        ("DELETE FROM cid WHERE seq = 200", "event 200: its cid"),
        ("UPDATE room SET head = 301 WHERE id = '1024'", "event 301 is missing"),
        ("UPDATE event SET n = 7 WHERE seq = 150", "event 150 is message 7"),
        ("UPDATE event SET kind = 'riddle' WHERE seq = 151", "unknown kind (riddle)"),
        ("INSERT INTO read_mark VALUES (gen_random_uuid(), -1, 1)", "in a room that is not there"),
    ] {
        sql(&url, change);
        let found = aside(|| verify(&at(&url), &Progress::silent())).unwrap().faults;
        assert!(found.iter().any(|fault| fault.contains(expected)), "{change}: {found:?}");
    }
    let output = run(&["verify", "--database", &url]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    refused(&at(&url), &place(&TempDir::new().unwrap()), false, "is damaged and was not moved");
    let why = aside(|| renew(&at(&url), &Progress::silent())).unwrap_err().to_string();
    assert!(why.contains("is damaged"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_killed_goes_on_and_never_leaves_two_houses() {
    let house = filled(24, 60).await;
    let copy = twin(&house);
    let expected = everything(&SqliteStore::open(copy.path()).unwrap()).await;
    let calls = at_every_call(async |call, library| {
        // Every fifth is enough: each begins with the same questions.
        let call = call * 5;
        let (from, url) = (twin(&house), url());
        let args = ["move", "-q", "--from", text(from.path()), "--to", &url];
        let was_killed = killed(library, &args, call).is_some();
        if was_killed {
            until_free(&url);
            let node = PostgresStore::open(&url.parse().unwrap()).await;
            match &node {
                Ok(node) => {
                    let head = node.room(&main_room()).await.unwrap().unwrap().head;
                    assert!(
                        head == Seq::ZERO || SqliteStore::open(from.path()).is_err(),
                        "two houses, call {call}"
                    );
                    node.close().await;
                }
                Err(why) => assert!(why.to_string().contains("its move is not finished"), "{why}"),
            }
            drop(node);
            said(&program(&args).output().unwrap());
        }
        if call % 30 == 0 || !was_killed {
            let node = open(&url).await;
            assert_eq!(everything(&node).await, expected, "killed before call {call}");
            node.close().await;
        }
        assert!(SqliteStore::open(from.path()).is_err(), "it was moved away");
        was_killed
    })
    .await;
    assert!(calls > 5, "{calls}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_password_is_ever_told() {
    let house = closed_folder(3).await;
    let folder = TempDir::new().unwrap();
    let [from, file] = [house.path().to_owned(), folder.path().join("url")];
    let good = url().replacen("postgres@", "postgres:hush-hush@", 1);
    fs::write(&file, &good).unwrap();
    let held = format!("@{}", text(&file));
    let data = text(&from);
    for (args, is_good) in [
        (vec!["move", "--from", data, "--to", "postgres://u:hush-hush@127.0.0.1:1/d"], false),
        (vec!["move", "--from", data, "--to", "postgres://u:hush-hush@h:port/d"], false),
        (vec!["move", "--from", data, "--to", "postgres://u:hush@hush-hush@h/d"], false),
        (vec!["verify", "--database", "postgres://u:hush-hush@127.0.0.1:1/d"], false),
        (vec!["verify", "--database", &good], false),
        (vec!["restore", "--database", "postgres://u:hush-hush@127.0.0.1:1/d"], false),
        (vec!["move", "--from", data, "--to", &held], true),
        (vec!["serve", "--data", data, "--listen", "127.0.0.1:0"], false),
        (vec!["verify", "--data", data], true),
        (vec!["verify", "--database", &held], true),
        (vec!["restore", "--database", &held], true),
        (vec!["move", "--undo", data], true),
    ] {
        let output = run(&args);
        let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), refusal(&output));
        assert_eq!(output.status.success(), is_good, "{args:?}: {all}");
        assert!(!all.contains("hush"), "{args:?}: {all}");
        assert!(!all.is_empty());
    }
    let moved = Connection::open(database(&house)).unwrap();
    moved.execute_batch("VACUUM").unwrap();
    drop(moved);
    assert!(!String::from_utf8_lossy(&fs::read(database(&house)).unwrap()).contains("hush"));
}
