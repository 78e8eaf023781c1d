use std::sync::LazyLock;

use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Event, Kind, Person, RoomId, Seq, UserId};
use teahouse_services::Postgres;

use super::super::tool::Tool;
use super::super::{Patience, PostgresStore, append, commit, directory, history};
use super::*;
use crate::store::search::Engine;
use crate::store::{Appended, EventLog, Store, accounts, expire, states};

static SERVER: LazyLock<Postgres> = LazyLock::new(|| Postgres::start().expect("these tests need PostgreSQL"));

/// The tables that this program's statements need.
const FIRST: Migration = Migration {
    sql: concat!(
        include_str!("../../../../migrations/postgres/0001_first.sql"),
        include_str!("../../../../migrations/postgres/0002_people_and_rooms.sql"),
        include_str!("../../../../migrations/postgres/0003_changes.sql"),
        include_str!("../../../../migrations/postgres/0004_files.sql"),
        include_str!("../../../../migrations/postgres/0005_search.sql"),
        include_str!("../../../../migrations/postgres/0006_calls.sql"),
        include_str!("../../../../migrations/postgres/0007_profiles.sql"),
    ),
    compatible_from: 1,
};
/// What a later version may do while nodes of this one run.
const SECOND: Migration = Migration {
    sql: "ALTER TABLE event ADD COLUMN mood text; CREATE TABLE mood (name text PRIMARY KEY);
        ALTER TABLE room ADD COLUMN colour text NOT NULL DEFAULT 'red'",
    compatible_from: 1,
};
/// What it may not.
const THIRD: Migration = Migration { sql: "CREATE TABLE other (name text)", compatible_from: 3 };

fn place() -> (Database, String) {
    let url = SERVER.place().unwrap();
    (url.parse().unwrap(), url.rsplit_once("%3D").unwrap().1.to_owned())
}

async fn open(database: &Database, migrations: &[Migration]) -> Result<PostgresStore, OpenError> {
    PostgresStore::open_at(database, Patience::default(), migrations).await
}

async fn append(store: &PostgresStore, number: u64) {
    let (cid, by) = (Cid::from_bytes(u128::from(number).to_be_bytes()), UserId::from_bytes([1; 16]));
    let body = Body::of(format!("{number}"));
    let draft = Draft { cid, kind: Kind::Message, by, at: number, body };
    let appended = store.append(&RoomId::main(), vec![draft]).await.unwrap();
    assert_eq!(appended, [Appended::Stored { seq: Seq(number), n: number }]);
}

fn versions(schema: &str) -> String {
    SERVER.run(&format!("SELECT version, compatible_from FROM {schema}.migration ORDER BY version")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_node_goes_on_while_a_new_one_adds() {
    let (database, schema) = place();
    let old = open(&database, &[FIRST]).await.unwrap();
    append(&old, 1).await;
    // It writes on while the other one changes the tables under it: never refused, never in disorder.
    let writing = async {
        for number in 2..200 {
            append(&old, number).await;
        }
    };
    let (new, ()) = futures_util::future::join(open(&database, &[FIRST, SECOND]), writing).await;
    let new = new.unwrap();
    assert_eq!(versions(&schema), "1|1\n2|1\n");
    append(&new, 200).await;
    append(&old, 201).await;
    let events = old.after(&RoomId::main(), Seq::ZERO, 1_000).await.unwrap();
    assert_eq!(events, new.after(&RoomId::main(), Seq::ZERO, 1_000).await.unwrap());
    assert_eq!(events.len(), 201);
    // And one that starts again finds tables that are newer than itself, and runs.
    old.close().await;
    let old = open(&database, &[FIRST]).await.unwrap();
    append(&old, 202).await;
    assert_eq!(versions(&schema), "1|1\n2|1\n", "nothing is done twice");
}

#[tokio::test]
async fn an_old_node_refuses_tables_that_it_cannot_use() {
    let (database, schema) = place();
    open(&database, &[FIRST, SECOND, THIRD]).await.unwrap();
    for known in [&[FIRST][..], &[FIRST, SECOND]] {
        let error = open(&database, known).await.err().expect("it would do harm");
        let said = error.to_string();
        assert!(matches!(error, OpenError::Newer { found: 3, needed: 3, .. }), "{said}");
        assert!(said.contains("Start a newer Teahouse"), "{said}");
    }
    assert_eq!(versions(&schema), "1|1\n2|1\n3|3\n");
}

#[tokio::test]
async fn a_migration_is_done_wholly_or_not_at_all() {
    let (database, schema) = place();
    let broken = Migration { sql: "CREATE TABLE half (name text); CREATE TABLE event (name text)", ..SECOND };
    let failed = open(&database, &[FIRST, broken]).await;
    assert!(failed.is_err(), "there is a table event");
    assert!(SERVER.run(&format!("SELECT 1 FROM {schema}.room")).is_err(), "half of a new house");
    open(&database, &[FIRST]).await.unwrap().close().await;
    let broken = Migration { sql: "CREATE TABLE half (name text); CREATE TABLE event (name text)", ..SECOND };
    let error = open(&database, &[FIRST, broken]).await.err().expect("there is a table event");
    assert!(error.to_string().contains("already exists"), "{error}");
    assert_eq!(versions(&schema), "1|1\n");
    open(&database, &[FIRST, SECOND]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_migrate_at_the_same_moment_take_turns() {
    let (database, schema) = place();
    let all = [FIRST, SECOND, THIRD];
    let opened = (0..5).map(|_| open(&database, &all));
    for node in futures_util::future::join_all(opened).await {
        node.unwrap();
    }
    assert_eq!(versions(&schema), "1|1\n2|1\n3|3\n");
}

/// What the first version made is brought to this one, and nothing in it is lost; then the first version is not let
/// in again, because it knows no rights.
#[tokio::test]
async fn an_older_house_is_brought_to_this_version() {
    let (database, schema) = place();
    // Its own list of tables was shorter.
    assert!(matches!(open(&database, &MIGRATIONS[..1]).await, Err(OpenError::Unfit { .. })));
    let old = format!(
        "SET search_path = {schema};
         INSERT INTO person (id, name, seen) VALUES ('00000000-0000-0000-0000-000000000001', 'Ann', 5);
         INSERT INTO cid (room, cid, seq) SELECT key, '00000000-0000-0000-0000-00000000000a', 1 FROM room;
         INSERT INTO event (room, seq, kind, cid, by, at, n, text)
         SELECT key, 1, 'message', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001',
             9, 1, 'kept' FROM room;
         UPDATE room SET head = 1, n = 1"
    );
    SERVER.run(&old).unwrap();
    // A tool that only reads says so; it cannot bring it here beside nodes that run.
    let read = Tool::read(&database).await.err().expect("not everything is in it");
    assert!(matches!(read, OpenError::Older { .. }), "{read}");
    let store = open(&database, MIGRATIONS).await.unwrap();
    let events = store.after(&RoomId::main(), Seq::ZERO, 10).await.unwrap();
    assert_eq!((&*events[0].body.text, &*events[0].by.name), ("kept", "Ann"));
    let room = store.room(&RoomId::main()).await.unwrap().unwrap();
    assert_eq!(room.now.policy, teahouse_protocol::Policy::default());
    assert_eq!(versions(&schema), "1|1\n2|2\n3|3\n4|3\n5|3\n6|3\n7|3\n");
    let refused = open(&database, &MIGRATIONS[..1]).await.err().expect("it would let everybody in");
    assert!(matches!(refused, OpenError::Newer { found: 7, needed: 3, known: 1, .. }), "{refused}");
}

/// What is asked with a page of history.
fn beside() -> Vec<String> {
    let by = Person::new(UserId::from_bytes([1; 16]), "".into(), None);
    let (room, seq, kind, cid) = (RoomId::main(), Seq(1), Kind::Message, Cid::from_bytes([1; 16]));
    let message = Event { room, seq, kind, cid, by, at: 1, n: Some(1), rev: None, body: Body::default() };
    let questions = states::questions(&RoomId::main(), &[message], None).unwrap();
    let name = accounts::give_way(Engine::Postgres, "");
    questions.iter().chain([&name]).map(|question| question.sql.to_string()).collect()
}

/// Every statement finds its rows by a key, also in tables that were empty when its plan was made.
#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let (database, _) = place();
    let store = open(&database, MIGRATIONS).await.unwrap();
    let client = store.connections.first(&database).await.unwrap();
    let statements = [
        append::LOCK,
        append::APPEND,
        commit::LOCK_ALL,
        commit::KNOWS_ANY,
        history::ROOM,
        history::HEADS,
        history::CID,
        history::EVENTS,
        history::LISTED,
        history::AMONG,
        expire::RAISE,
        expire::REMEMBER,
        expire::REMOVE,
        directory::ADD_ROOM,
        directory::RENEW_EPOCH,
        directory::BY_TOKEN,
        directory::SAW,
        directory::BY_NAME,
        directory::ADD_TOKEN,
        directory::HAS_OWNER,
        directory::FREE_NAMES,
        directory::READ_MARK,
        directory::MARK_READ,
        directory::SETTING,
        directory::FIRST_SETTING,
        directory::KEEP_SETTING,
        directory::FORGET_SETTING,
    ];
    let statements = statements.map(str::to_owned).into_iter();
    for sql in statements.chain(expire::BESIDE.map(str::to_owned)).chain(beside()) {
        let count = client.prepare(&sql).await.unwrap().params().len();
        let nothing =
            if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
        client.batch_execute(&format!("PREPARE asked AS {sql}")).await.unwrap();
        let plan = client.query(&format!("EXPLAIN EXECUTE asked {nothing}"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        client.batch_execute("DEALLOCATE asked").await.unwrap();
        for bad in ["Seq Scan", "Hash Join", "Hash Anti", "Hash Right", "Hash Left", "Merge", "JIT"] {
            assert!(!plan.iter().any(|line| line.contains(bad)), "{bad} in {sql}:\n{}", plan.join("\n"));
        }
        // Reading a whole index is no better.
        let scans = plan
            .iter()
            .zip(plan.iter().skip(1))
            .filter(|(line, _)| line.contains("Scan using") || line.contains("Index Scan on"));
        for (scan, next) in scans {
            let is_bound =
                next.contains("Cond") || scan.contains("person_owner") || scan.contains("person_seen");
            assert!(is_bound, "{scan} without a condition in {sql}:\n{}", plan.join("\n"));
        }
    }
}
