//! What only PostgreSQL can be asked: which databases it takes, and what it does with rows that make no sense.

use teahouse_protocol::{Range, Seq};
use teahouse_server::store::postgres::{Database, OpenError};
use teahouse_server::store::{EventLog, PostgresStore, Store, StoreError};

use super::{check_gone_and_edited, drafts, main_room};
use crate::kit::server;

/// A place of the test's own: its URL, and the name of its schema.
fn place() -> (String, String) {
    let url = server().place().unwrap();
    let (_, schema) = url.rsplit_once("%3D").unwrap();
    (url.clone(), schema.to_owned())
}

async fn open(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(&url.parse::<Database>().unwrap()).await
}

/// What opening says, which has to name the place and never the password.
async fn refusal(url: &str) -> (OpenError, String) {
    let database: Database = url.parse().unwrap();
    let error = PostgresStore::open(&database).await.err().expect("it cannot be opened");
    let said = error.to_string();
    assert!(said.contains(&database.place()), "no place in: {said}");
    assert!(!said.contains("hunter2"), "{said}");
    (error, said)
}

#[tokio::test]
async fn says_what_to_do_when_nobody_is_there() {
    let (error, said) = refusal("postgres://ann:hunter2@127.0.0.1:1/tea").await;
    assert!(matches!(error, OpenError::Unreachable { .. }) && said.contains("Check that it runs"), "{said}");
    let (error, said) = refusal("postgres://ann:hunter2@nowhere.invalid/tea?sslmode=disable").await;
    assert!(matches!(error, OpenError::Unreachable { .. }) && said.contains("host and port"), "{said}");
}

#[tokio::test]
async fn says_what_to_do_with_a_database_that_is_not_there() {
    let (error, said) = refusal(&format!("postgres://postgres@{}/no_such_one", server().address())).await;
    assert!(matches!(error, OpenError::Nowhere { .. }), "{said}");
    assert!(said.contains("createdb --encoding UTF8 --owner postgres no_such_one"), "{said}");
}

#[tokio::test]
async fn says_what_to_do_with_a_user_it_does_not_know() {
    let (error, said) =
        refusal(&format!("postgres://stranger:hunter2@{}/postgres", server().address())).await;
    assert!(matches!(error, OpenError::Refused { .. }) && said.contains("stranger"), "{said}");
}

#[tokio::test]
async fn says_what_to_do_when_it_may_make_no_tables() {
    let (url, schema) = place();
    let role = format!("guest_{schema}");
    server().run(&format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}")).unwrap();
    let (error, said) = refusal(&url.replace("postgres@", &format!("{role}@"))).await;
    assert!(matches!(error, OpenError::Forbidden { .. }) && said.contains("CREATE SCHEMA"), "{said}");
}

#[tokio::test]
async fn says_what_to_do_without_a_schema() {
    let url =
        format!("postgres://postgres@{}/postgres?options=-csearch_path%3Dno_such_one", server().address());
    let (error, said) = refusal(&url).await;
    assert!(matches!(error, OpenError::Unfit { .. }) && said.contains("CREATE SCHEMA"), "{said}");
}

#[tokio::test]
async fn refuses_a_database_that_cannot_keep_every_text() {
    server().run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").unwrap();
    let (error, said) = refusal(&format!("postgres://postgres@{}/latin", server().address())).await;
    assert!(matches!(error, OpenError::Unfit { .. }) && said.contains("LATIN1"), "{said}");
}

#[tokio::test]
async fn refuses_a_server_that_takes_no_writes() {
    let (url, _) = place();
    let (error, said) = refusal(&format!("{url}%20-cdefault_transaction_read_only%3Don")).await;
    assert!(matches!(error, OpenError::Unfit { .. }) && said.contains("takes no writes"), "{said}");
}

#[tokio::test]
async fn refuses_the_tables_of_another_program() {
    for tables in ["room (number int)", "migration (id text)", "migration (version int, compatible_from int)"]
    {
        let (url, schema) = place();
        server().run(&format!("CREATE TABLE {schema}.{tables}")).unwrap();
        let (error, said) = refusal(&url).await;
        assert!(matches!(error, OpenError::NotOurs { .. }) && said.contains(&schema), "{tables}: {said}");
    }
}

#[tokio::test]
async fn refuses_tables_of_which_one_is_missing() {
    let (url, schema) = place();
    open(&url).await.unwrap().close().await;
    server().run(&format!("DROP TABLE {schema}.setting")).unwrap();
    let (error, said) = refusal(&url).await;
    assert!(matches!(error, OpenError::Unfit { .. }) && said.contains("table setting"), "{said}");
}

/// A standby takes over and the old server becomes one: it says so, and the store goes on when it is over.
#[tokio::test]
async fn is_down_while_the_server_takes_no_writes() {
    let (url, schema) = place();
    let role = format!("owner_{schema}");
    server().run(&format!("CREATE ROLE {role} LOGIN; ALTER SCHEMA {schema} OWNER TO {role}")).unwrap();
    let store = open(&url.replace("postgres@", &format!("{role}@"))).await.unwrap();
    store.append(&main_room(), drafts(1, 3)).await.unwrap();
    let cut_off = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");
    server().run(&format!("ALTER ROLE {role} SET default_transaction_read_only = on; {cut_off}")).unwrap();
    let refused = async || loop {
        // The first may only hear that its connection is cut off.
        match store.append(&main_room(), drafts(2, 1)).await {
            Err(StoreError::Down(why)) if why.contains("takes no writes") => return,
            Err(StoreError::Down(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    crate::kit::within(refused()).await;
    assert_eq!(store.after(&main_room(), Seq::ZERO, 9).await.unwrap().len(), 3, "reading goes on");
    server().run(&format!("ALTER ROLE {role} RESET default_transaction_read_only")).unwrap();
    crate::kit::within(async { while store.append(&main_room(), drafts(2, 1)).await.is_err() {} }).await;
    assert_eq!(store.room(&main_room()).await.unwrap().unwrap().head, Seq(4));
}

#[tokio::test]
async fn a_text_that_is_gone_or_edited_is_not_compared() {
    let (url, schema) = place();
    let store = open(&url).await.unwrap();
    store.append(&main_room(), drafts(1, 20)).await.unwrap();
    let change = "UPDATE event SET text = NULL, rev = 20 WHERE seq = 10;
        UPDATE event SET text = 'edited', rev = 20 WHERE seq = 11;
        UPDATE cid SET (by, at) = (SELECT by, at FROM event WHERE seq = 1) WHERE seq = 1;
        DELETE FROM event WHERE seq = 1;
        UPDATE room SET oldest = 2";
    server().run(&format!("SET search_path = {schema}; {change}")).unwrap();
    check_gone_and_edited(&store).await;
}

/// What is in the database makes no sense: nobody is told half of it, and the node hears of it.
async fn check_senseless(change: &str, what: &str) {
    let (url, schema) = place();
    let store = open(&url).await.unwrap();
    store.append(&main_room(), drafts(1, 120)).await.unwrap();
    server().run(&format!("SET search_path = {schema}; {change}")).unwrap();
    let failed = store.failed();
    let page = store.page(&main_room(), Range::Around(Seq(100)), 20, None).await;
    let Err(StoreError::Corrupt(why)) = &page else { panic!("{change}: {page:?}") };
    assert!(why.contains(what) && why.contains("restore a backup"), "{why}");
    assert!(matches!(failed.await, StoreError::Corrupt(_)));
    let appended = store.append(&main_room(), drafts(2, 1)).await;
    assert!(matches!(appended, Err(StoreError::Corrupt(_))), "{change}: {appended:?}");
}

#[tokio::test]
async fn a_hole_in_the_log_is_damage() {
    check_senseless("DELETE FROM event WHERE seq = 100", "hole in the log of room 1024 after 99").await;
}

#[tokio::test]
async fn an_unknown_kind_is_damage() {
    check_senseless("UPDATE event SET kind = 'riddle' WHERE seq = 100", "\"riddle\" of event 100").await;
}

#[tokio::test]
async fn an_unknown_role_is_damage() {
    let person =
        "INSERT INTO person (id, name, role, seen) SELECT by, 'Ann', 'king', 0 FROM event WHERE seq = 1";
    check_senseless(person, "role \"king\"").await;
}

/// A head that is behind its log, as after a careless restore: nothing is written over what is there.
#[tokio::test]
async fn a_number_that_is_there_already_is_damage() {
    let (url, schema) = place();
    let store = open(&url).await.unwrap();
    store.append(&main_room(), drafts(1, 5)).await.unwrap();
    server().run(&format!("UPDATE {schema}.room SET head = 3")).unwrap();
    let appended = store.append(&main_room(), drafts(2, 1)).await;
    let Err(StoreError::Corrupt(why)) = &appended else { panic!("{appended:?}") };
    assert!(why.contains("contradict each other") && why.contains("event_pkey"), "{why}");
    assert_eq!(server().run(&format!("SELECT count(*) FROM {schema}.event")).unwrap(), "5\n");
}
