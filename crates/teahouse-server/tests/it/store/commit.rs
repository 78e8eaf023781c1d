//! What is written once as SQL: it reads and commits alike on every store, wholly or not at all.

use futures_util::future::join_all;
use teahouse_core::room::Draft;
use teahouse_protocol::{RoomId, Seq};
use teahouse_server::store::{Appended, Commit, Committed, Row, Statement, Store, StoreError, Value};

use super::{House, add, cid, draft, drafts, guest, main_room, on_every_store, token, user};
use crate::kit::{Ground, On};

on_every_store!(
    every_value_comes_back,
    a_guard_that_says_no_undoes_all,
    a_key_that_is_taken_says_no,
    a_statement_that_makes_no_sense_harms_nobody,
    two_rooms_get_their_events_together,
    what_was_done_is_not_done_again,
    a_cid_of_another_is_a_conflict,
    statements_after_the_appends_know_their_numbers,
    statements_see_the_head_as_it_is,
    commits_and_appends_keep_the_numbers_whole,
    a_room_that_is_not_there_is_said,
    what_is_redacted_is_read_no_more,
);

/// Keeps a setting that nobody has.
fn set(key: &str, value: &str) -> Statement {
    Statement::new("INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .with(key)
        .with(value)
}

/// A row of `ticket`, which has every kind of value.
fn ticket(number: u64, data: &str) -> Statement {
    Statement::new("INSERT INTO ticket (hash, kind, person, data, until) VALUES ($1, $2, $3, $4, $5)")
        .with(token(number))
        .with("test")
        .with(number.is_multiple_of(2).then(|| user(number)))
        .with(data)
        .with(number)
}

async fn done(store: &dyn Store, commit: Commit) -> (Vec<Appended>, Vec<Vec<Row>>) {
    match store.commit(commit).await.unwrap() {
        Committed::Done { appended, rows } => (appended, rows),
        refused @ Committed::Refused(_) => panic!("{refused:?}"),
    }
}

async fn count(store: &dyn Store, table: &'static str) -> i64 {
    let rows = store.query(Statement::new(format!("SELECT count(*) FROM {table}"))).await.unwrap();
    rows[0].int(0).unwrap()
}

fn stored(appended: &[Appended]) -> Vec<u64> {
    let seq = |it: &Appended| if let Appended::Stored { seq, .. } = it { seq.0 } else { panic!("{it:?}") };
    appended.iter().map(seq).collect()
}

async fn every_value_comes_back(house: House) {
    let store = &*house.store;
    let texts = ["", "茶 🍵", "nul \0 and \u{1} and \u{1}0"];
    for (text, number) in texts.iter().zip(1..) {
        done(store, Commit::new().then(ticket(number, text).must())).await;
    }
    let all =
        "SELECT hash, kind, person, data, until, person IS NULL FROM ticket WHERE until >= $1 ORDER BY until";
    let rows = store.query(Statement::new(all).with(1_u64)).await.unwrap();
    assert_eq!(rows.len(), texts.len());
    for ((row, text), number) in rows.iter().zip(texts).zip(1_u64..) {
        assert_eq!((row.bytes(0).unwrap(), row.text(1).unwrap()), (&token(number)[..], "test"));
        assert_eq!(row.maybe_person(2).unwrap(), number.is_multiple_of(2).then(|| user(number)));
        assert_eq!((row.text(3).unwrap(), row.count(4).unwrap()), (text, number));
        assert_eq!(row.flag(5).unwrap(), number % 2 != 0);
        assert!(matches!(row.int(3), Err(StoreError::Corrupt(_))));
    }
    // A text is found by what it is, not by how it is kept.
    let found = Statement::new("SELECT until FROM ticket WHERE data = $1").with(texts[2]);
    assert_eq!(store.query(found).await.unwrap()[0].int(0).unwrap(), 3);
    // Yes, no and nothing are values, too.
    let changed =
        Statement::new("UPDATE ticket SET until = $1, person = $2 WHERE hash = $3 RETURNING until, person")
            .with(true)
            .with(Value::Null)
            .with(token(2));
    let (_, rows) = done(store, Commit::new().then(changed)).await;
    assert_eq!((rows[0][0].int(0).unwrap(), rows[0][0].maybe_person(1).unwrap()), (1, None));
}

async fn a_guard_that_says_no_undoes_all(house: House) {
    let store = &*house.store;
    let garden = house.add_room("garden").await;
    let nobody = Statement::new("UPDATE person SET joined = $1 WHERE id = $2").with(1_u64).with(user(7));
    let guards = [
        nobody.clone().must(),
        nobody.clone().must().after_append(),
        Statement::new("SELECT 1 WHERE EXISTS (SELECT 1 FROM person WHERE id = $1)").with(user(7)).must(),
        Statement::new("DELETE FROM person WHERE id = $1 RETURNING id").with(user(7)).must(),
    ];
    for guard in guards {
        let commit = Commit::new()
            .then(set("before", "1"))
            .then(guard)
            .then(set("after", "1").after_append())
            .append(&main_room(), draft(1, 1, "no"))
            .append(&garden, draft(1, 1, "no"));
        assert_eq!(store.commit(commit).await.unwrap(), Committed::Refused(1));
    }
    assert_eq!(count(store, "event").await, 0);
    assert_eq!(store.setting("before").await.unwrap(), None);
    assert_eq!(store.room(&garden).await.unwrap().unwrap().head, Seq::ZERO);
    // Without the guard it is no fault that it changes nothing.
    let commit = Commit::new().then(nobody).append(&main_room(), draft(1, 1, "yes"));
    assert_eq!(stored(&done(store, commit).await.0), [1]);
    assert_eq!(stored(&store.append(&main_room(), drafts(2, 2)).await.unwrap()), [2, 3]);
}

async fn a_key_that_is_taken_says_no(house: House) {
    let store = &*house.store;
    add(store, guest(1, "Ann", 5)).await.unwrap();
    done(store, Commit::new().then(ticket(1, "first"))).await;
    let again = Commit::new().then(set("key", "1")).then(ticket(1, "second"));
    assert_eq!(store.commit(again).await.unwrap(), Committed::Refused(1));
    assert_eq!(store.setting("key").await.unwrap(), None);
    // So does somebody who is not there.
    let passkey = |person| {
        Statement::new(
            "INSERT INTO passkey (id, person, name, credential, made) VALUES ($1, $2, 'n', '{}', 1)",
        )
        .with(vec![1, 2, 3])
        .with(user(person))
    };
    assert_eq!(store.commit(Commit::new().then(passkey(9))).await.unwrap(), Committed::Refused(0));
    done(store, Commit::new().then(passkey(1).must())).await;
    assert_eq!(store.commit(Commit::new().then(passkey(1))).await.unwrap(), Committed::Refused(0));
}

async fn a_statement_that_makes_no_sense_harms_nobody(house: House) {
    let store = &*house.store;
    let wrong = [Statement::new("SELECT FROM WHERE"), Statement::new("SELECT nothing FROM person")];
    for statement in wrong {
        let commit = Commit::new().then(set("key", "1")).then(statement.clone());
        // All asked before any is answered: on SQLite they share a transaction.
        let (before, commit) = (store.append(&main_room(), drafts(1, 1)), store.commit(commit));
        let after = store.append(&main_room(), drafts(2, 1));
        let (before, after) = (before.await, after.await);
        assert!(matches!(commit.await, Err(StoreError::Down(_))));
        assert!(before.is_ok() && after.is_ok(), "{before:?} {after:?}");
        assert!(matches!(store.query(statement).await, Err(StoreError::Down(_))));
    }
    assert_eq!(store.setting("key").await.unwrap(), None);
    assert_eq!(store.room(&main_room()).await.unwrap().unwrap().head, Seq(2));
}

async fn two_rooms_get_their_events_together(house: House) {
    let store = &*house.store;
    let garden = house.add_room("garden").await;
    store.append(&garden, drafts(1, 3)).await.unwrap();
    let commit = Commit::new()
        .append(&main_room(), draft(2, 1, "a"))
        .append(&garden, draft(2, 2, "b"))
        .append(&main_room(), draft(2, 3, "c"))
        .then(set("both", "1"));
    let (appended, rows) = done(store, commit).await;
    assert_eq!(stored(&appended), [1, 4, 2]);
    assert_eq!(rows, [vec![]]);
    let texts = async |room: &RoomId| {
        let events = store.after(room, Seq::ZERO, 10).await.unwrap();
        events.into_iter().map(|event| event.body.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(&main_room()).await, ["a", "c"]);
    assert_eq!(texts(&garden).await, ["1/1", "1/2", "1/3", "b"]);
    assert_eq!(store.setting("both").await.unwrap().as_deref(), Some("1"));
}

async fn what_was_done_is_not_done_again(house: House) {
    let store = &*house.store;
    let garden = house.add_room("garden").await;
    let count_up =
        || Statement::new("UPDATE setting SET value = value || '1' WHERE key = $1").with("count").must();
    // The second time the guard would say no: it is not asked.
    let once = Statement::new("DELETE FROM setting WHERE key = $1").with("once").must();
    store.keep_setting("count", Some(String::new())).await.unwrap();
    store.keep_setting("once", Some("1".into())).await.unwrap();
    let first = draft(1, 1, "first");
    let commit = Commit::new().then(once).then(count_up()).append(&main_room(), first.clone());
    assert_eq!(stored(&done(store, commit.clone()).await.0), [1]);
    let repeat = Appended::Repeat { seq: Seq(1), at: first.at };
    assert_eq!(done(store, commit.clone()).await, (vec![repeat], vec![]));
    // What is new in it was not part of the first one.
    assert_eq!(done(store, commit.append(&garden, draft(1, 2, "new"))).await.0, [repeat, Appended::Conflict]);
    assert_eq!(store.setting("count").await.unwrap().as_deref(), Some("1"));
    assert_eq!(store.room(&garden).await.unwrap().unwrap().head, Seq::ZERO);
    // Twice in one commit is none at all.
    let twice =
        Commit::new().append(&garden, draft(1, 3, "x")).append(&garden, draft(1, 3, "x")).then(count_up());
    done(store, twice).await;
    assert_eq!(store.setting("count").await.unwrap().as_deref(), Some("1"));
    assert_eq!(store.room(&garden).await.unwrap().unwrap().head, Seq::ZERO);
    assert_eq!(stored(&store.append(&main_room(), drafts(2, 1)).await.unwrap()), [2]);
}

async fn a_cid_of_another_is_a_conflict(house: House) {
    let store = &*house.store;
    store.append(&main_room(), drafts(1, 1)).await.unwrap();
    let theirs = Draft { cid: draft(1, 1, "").cid, ..draft(2, 1, "mine") };
    let commit = Commit::new().then(set("key", "1")).append(&main_room(), theirs);
    assert_eq!(done(store, commit).await, (vec![Appended::Conflict], vec![]));
    assert_eq!(store.setting("key").await.unwrap(), None);
}

async fn statements_after_the_appends_know_their_numbers(house: House) {
    let store = &*house.store;
    let garden = house.add_room("garden").await;
    store.append(&main_room(), drafts(1, 5)).await.unwrap();
    let take_back = Statement::new(
        "UPDATE event SET text = NULL, rev = $1 WHERE room = (SELECT key FROM room WHERE id = $2) AND seq = $3
         RETURNING seq, rev",
    )
    .with(Value::Seq(1))
    .with(&main_room())
    .with(Seq(2))
    .must()
    .after_append();
    let commit = Commit::new()
        .then(take_back)
        .append(&garden, draft(2, 1, "in the garden"))
        .append(&main_room(), draft(2, 2, "taken back"))
        .redacts();
    let (appended, rows) = done(store, commit).await;
    assert_eq!(stored(&appended), [1, 6]);
    assert_eq!((rows[0][0].seq(0).unwrap(), rows[0][0].seq(1).unwrap()), (Seq(2), Seq(6)));
    assert_eq!(store.after(&main_room(), Seq(1), 1).await.unwrap()[0].body.text, "");
}

async fn statements_see_the_head_as_it_is(house: House) {
    let store = &*house.store;
    let garden = house.add_room("garden").await;
    let head = || Statement::new("SELECT head, n FROM room WHERE id = $1").with(&garden);
    let heads = Commit::new().then(head()).then(head().after_append()).append(&garden, draft(2, 1, "x"));
    // Asked at once: on SQLite the room's row is written at the end of the transaction.
    let (appended, heads) = (store.append(&garden, drafts(1, 3)), store.commit(heads));
    appended.await.unwrap();
    let Committed::Done { rows, .. } = heads.await.unwrap() else { panic!("nobody refuses it") };
    assert_eq!(rows.iter().map(|rows| rows[0].int(0).unwrap()).collect::<Vec<_>>(), [3, 4]);
    // What it writes into the room's row stays beside the numbers.
    let rename = Statement::new("UPDATE room SET name = $1 WHERE id = $2").with("园").with(&garden).must();
    let (renamed, appended) = (store.commit(Commit::new().then(rename)), store.append(&garden, drafts(3, 2)));
    renamed.await.unwrap();
    assert_eq!(stored(&appended.await.unwrap()), [5, 6]);
    let room = store.room(&garden).await.unwrap().unwrap();
    assert_eq!((&*room.now.name, room.head, room.n), ("园", Seq(6), 6));
}

async fn commits_and_appends_keep_the_numbers_whole(house: House) {
    let garden = house.add_room("garden").await;
    let mut stores = vec![house.store.clone()];
    // Only one of the stores can be shared; the other one serves two callers.
    stores.push(if house.store.is_shared() { house.ground.open().await } else { house.store.clone() });
    whole(&stores, &garden).await;
}

/// Everybody writes at once, to both rooms in both orders; one commit in three is refused.
async fn whole(stores: &[std::sync::Arc<dyn Store>], garden: &RoomId) {
    const EACH: u64 = 30;
    let rooms = [main_room(), garden.clone()];
    let writers = stores.iter().enumerate().flat_map(|(at, store)| [(2 * at, store), (2 * at + 1, store)]);
    let writers = writers.map(async |(by, store)| {
        let (by, mut done) = (by as u64 + 1, 0);
        for number in 1..=EACH {
            let (one, other) = (&rooms[by as usize % 2], &rooms[(by as usize + 1) % 2]);
            let mut commit = Commit::new()
                .append(one, draft(by, 3 * number, "both"))
                .append(other, draft(by, 3 * number, "both"));
            if number % 3 == 0 {
                let no = Statement::new("DELETE FROM setting WHERE key = $1").with("not there").must();
                commit = commit.then(no.after_append());
            }
            let (alone, both) =
                (store.append(one, vec![draft(by, 3 * number + 1, "alone")]), store.commit(commit));
            alone.await.unwrap();
            done += u64::from(matches!(both.await.unwrap(), Committed::Done { .. }));
        }
        assert_eq!(done, EACH - EACH / 3);
    });
    join_all(writers).await;
    let mut count = 0;
    for room in &rooms {
        let events = stores[0].after(room, Seq::ZERO, u32::MAX).await.unwrap();
        for (event, seq) in events.iter().zip(1..) {
            assert_eq!((event.seq, event.n), (Seq(seq), Some(seq)));
        }
        let kept = stores[0].room(room).await.unwrap().unwrap();
        assert_eq!((kept.head.0, kept.n), (events.len() as u64, events.len() as u64));
        count += events.len() as u64;
    }
    assert_eq!(count, 2 * stores.len() as u64 * (EACH + 2 * (EACH - EACH / 3)));
}

async fn a_room_that_is_not_there_is_said(house: House) {
    let nowhere: RoomId = "nowhere".parse().unwrap();
    let commit = Commit::new().then(set("key", "1")).append(&nowhere, draft(1, 1, "x"));
    let (commit, append) =
        (house.store.commit(commit), house.store.append(&main_room(), vec![draft(1, 1, "there")]));
    let said = commit.await.unwrap_err().to_string();
    assert!(said.contains("nowhere"), "{said}");
    assert_eq!(stored(&append.await.unwrap()), [1]);
    assert_eq!(house.store.setting("key").await.unwrap(), None);
}

/// Nobody has to write for it, and who reads what was before is only in the way for as long as they read.
#[tokio::test]
async fn what_is_redacted_goes_from_the_files_although_somebody_reads() {
    let house = House::open(On::Sqlite).await;
    let Ground::Sqlite(folder, _) = &house.ground else { unreachable!() };
    house.store.append(&main_room(), vec![draft(1, 1, "a secret that has to go")]).await.unwrap();
    let reader = rusqlite::Connection::open(folder.path().join("teahouse.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();
    let redact = Statement::new("UPDATE event SET text = NULL, rev = 2 WHERE seq = $1").with(Seq(1)).must();
    done(&*house.store, Commit::new().then(redact).redacts()).await;
    reader.execute_batch("COMMIT").unwrap();
    let wal = folder.path().join("teahouse.db-wal");
    crate::kit::until(|| std::fs::metadata(&wal).unwrap().len() == 0).await;
    let bytes = std::fs::read(folder.path().join("teahouse.db")).unwrap();
    assert!(!bytes.windows(8).any(|it| it == b"a secret"), "it is still in the file");
}

async fn what_is_redacted_is_read_no_more(house: House) {
    let secret = "a secret that has to go";
    house.store.append(&main_room(), vec![draft(1, 1, secret)]).await.unwrap();
    let redact = Statement::new("UPDATE event SET text = NULL, rev = 2 WHERE seq = $1 AND cid = $2")
        .with(Seq(1))
        .with(cid(1 << 32 | 1))
        .must();
    done(&*house.store, Commit::new().then(redact).redacts()).await;
    // What comes after it is written when the files are clean.
    house.store.append(&main_room(), vec![draft(1, 2, "next")]).await.unwrap();
    if let Ground::Sqlite(folder, _) = &house.ground {
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|it| it == secret.as_bytes()), "it is still in a file");
        }
    }
    assert_eq!(house.store.after(&main_room(), Seq::ZERO, 1).await.unwrap()[0].body.text, "");
}
