//! The beginning of a log goes when it is old enough, and what was sent stays known.

use std::sync::Arc;

use futures_util::future::{join, join3};
use teahouse_core::room::Draft;
use teahouse_protocol::{Range, RoomId, Seq};
use teahouse_server::store::expire::{expire, rooms};
use teahouse_server::store::{Appended, Commit, Statement, Store};

use super::{House, draft, main_room, on_every_store};
use crate::kit::{Ground, On, within};

on_every_store!(
    what_is_old_enough_goes_from_the_beginning_on,
    what_is_gone_is_not_stored_again,
    a_log_may_become_empty_and_goes_on,
    much_goes_in_pieces,
    only_rooms_that_say_so_are_named,
    nodes_that_expire_at_once_do_it_once,
);

/// Accepted at these times.
async fn write(store: &dyn Store, times: &[u64]) -> Vec<Draft> {
    let drafts = times.iter().zip(1..).map(|(at, number)| Draft { at: *at, ..draft(1, number, "text") });
    let drafts: Vec<_> = drafts.collect();
    store.append(&main_room(), drafts.clone()).await.unwrap();
    drafts
}

async fn numbers(store: &dyn Store) -> Vec<u64> {
    let events = store.after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
    events.iter().map(|event| event.seq.0).collect()
}

async fn what_is_old_enough_goes_from_the_beginning_on(house: House) {
    let store = &*house.store;
    write(store, &[10, 20, 30, 25, 40]).await;
    assert_eq!(expire(store, &main_room(), 10).await.unwrap(), None);
    assert_eq!(expire(store, &main_room(), 26).await.unwrap(), Some(Seq(3)));
    // The fourth is older than the third, which is kept: a log has no holes.
    assert_eq!(expire(store, &main_room(), 26).await.unwrap(), None);
    assert_eq!(numbers(store).await, [3, 4, 5]);
    let room = store.room(&main_room()).await.unwrap().unwrap();
    assert_eq!((room.oldest, room.head, room.n), (Seq(3), Seq(5), 5));
    assert_eq!(store.heads(vec![main_room()]).await.unwrap()[0].oldest, Seq(3));
    let page = store.page(&main_room(), Range::Before(Seq(5)), 10, None).await.unwrap();
    assert_eq!((page.messages.len(), page.more), (2, false));
    assert_eq!(store.cid(&main_room(), Seq(2)).await.unwrap(), None);
}

async fn what_is_gone_is_not_stored_again(house: House) {
    let drafts = write(&*house.store, &[10, 20, 30]).await;
    expire(&*house.store, &main_room(), 25).await.unwrap();
    let house = house.restarted().await;
    let theirs = Draft { by: super::user(2), ..drafts[0].clone() };
    let again = vec![drafts[0].clone(), drafts[1].clone(), theirs, draft(1, 9, "new")];
    let expected = [
        Appended::Repeat { seq: Seq(1), at: 10 },
        Appended::Repeat { seq: Seq(2), at: 20 },
        Appended::Conflict,
        Appended::Stored { seq: Seq(4), n: 4 },
    ];
    assert_eq!(house.store.append(&main_room(), again).await.unwrap(), expected);
    assert_eq!(numbers(&*house.store).await, [3, 4]);
}

async fn a_log_may_become_empty_and_goes_on(house: House) {
    let store = &*house.store;
    write(store, &[10, 20]).await;
    // Asked at once: on SQLite the numbers of what is appended are written at the end of the transaction.
    let (main, third) = (main_room(), vec![Draft { at: 30, ..draft(2, 1, "x") }]);
    let (appended, expired) = join(store.append(&main, third), expire(store, &main, 99)).await;
    appended.unwrap();
    assert!(expired.unwrap().is_some());
    while expire(store, &main, 99).await.unwrap().is_some() {}
    assert_eq!(expire(store, &main_room(), 99).await.unwrap(), None);
    assert_eq!(numbers(store).await, [] as [u64; 0]);
    let appended = store.append(&main_room(), vec![draft(2, 2, "y")]).await.unwrap();
    assert_eq!(appended, [Appended::Stored { seq: Seq(4), n: 4 }]);
    assert_eq!(numbers(store).await, [4]);
}

async fn much_goes_in_pieces(house: House) {
    let store = &*house.store;
    write(store, &[5; 2_500]).await;
    let mut oldest = Vec::new();
    while let Some(seq) = expire(store, &main_room(), 6).await.unwrap() {
        oldest.push(seq.0);
    }
    assert_eq!(oldest, [1_001, 2_001, 2_501]);
    assert_eq!(numbers(store).await, [] as [u64; 0]);
}

async fn only_rooms_that_say_so_are_named(house: House) {
    let garden = house.add_room("garden").await;
    assert_eq!(rooms(&*house.store).await.unwrap(), []);
    let keep =
        Statement::new("UPDATE room SET keep_days = $1 WHERE id = $2").with(7_u64).with(&garden).must();
    house.store.commit(Commit::new().then(keep)).await.unwrap();
    assert_eq!(rooms(&*house.store).await.unwrap(), [(garden, 7)]);
    let nowhere: RoomId = "nowhere".parse().unwrap();
    assert_eq!(expire(&*house.store, &nowhere, u64::MAX).await.unwrap(), None);
}

async fn nodes_that_expire_at_once_do_it_once(house: House) {
    write(&*house.store, &(1..=1_500).collect::<Vec<_>>()).await;
    let other: Arc<dyn Store> =
        if house.store.is_shared() { house.ground.open().await } else { house.store.clone() };
    let all = async |store: &dyn Store| while expire(store, &main_room(), 1_400).await.unwrap().is_some() {};
    let write = async {
        for number in 1..=50 {
            house.store.append(&main_room(), vec![draft(2, number, "meanwhile")]).await.unwrap();
        }
    };
    join3(all(&*house.store), all(&*other), write).await;
    assert_eq!(numbers(&*house.store).await, (1_400..=1_550).collect::<Vec<_>>());
    let remembered = "SELECT count(*) FROM cid WHERE at IS NOT NULL AND by IS NOT NULL";
    let rows = house.store.query(Statement::new(remembered)).await.unwrap();
    assert_eq!(rows[0].int(0).unwrap(), 1_399);
}

/// What another node stores while this one waits for the room's row is young, and is not seen yet: it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_meanwhile_stays() {
    let house = House::open(On::Postgres).await;
    write(&*house.store, &[10, 20]).await;
    let Ground::Postgres(database, _) = &house.ground else { unreachable!() };
    let (writer, connection) =
        tokio_postgres::connect(&database.shown(), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let young = "BEGIN; UPDATE room SET head = 3, n = 3 WHERE id = '1024';
        INSERT INTO event (room, seq, kind, cid, by, at, n, text)
        SELECT room, 3, kind, gen_random_uuid(), by, 5000, 3, 'young' FROM event WHERE seq = 2";
    writer.batch_execute(young).await.unwrap();
    let main = main_room();
    let expired = expire(&*house.store, &main, 1_000);
    let commit = async {
        // It waits for the row. Inside a transaction the statistics stand still unless that is asked for.
        let waiting = "SELECT count(*) FROM pg_stat_clear_snapshot(), pg_stat_activity
            WHERE query LIKE '%RETURNING oldest%' AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        let is_waiting = async || writer.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1;
        within(async { while !is_waiting().await {} }).await;
        writer.batch_execute("COMMIT").await.unwrap();
    };
    assert_eq!(join(expired, commit).await.0.unwrap(), Some(Seq(3)));
    assert_eq!(numbers(&*house.store).await, [3]);
    drop(writer);
    connection.await.unwrap().unwrap();
}
