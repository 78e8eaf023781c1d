//! Who follows the logs with a cursor in the store: each event once, whoever dies and however many follow.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Event, Kind, RoomId, Seq, UserId};
use teahouse_server::follower::{Begins, Followers, Work};
use teahouse_server::store::{Claim, NewRoom, Statement, Store, StoreError, expire};

use crate::kit::{Ground, On, cid, on_every_store, within};

on_every_store!(
    every_event_is_made_something_of_once,
    who_dies_at_any_moment_goes_on_where_it_was,
    followers_of_several_nodes_take_turns,
    who_begins_at_the_end_misses_nothing_after_it,
    what_is_told_is_done_at_once,
    a_log_whose_events_are_all_gone_is_done,
    what_is_refused_comes_again,
);

/// Keeps a row for every event that it is given: more than one for an event is an error that stays.
struct Diary {
    name: &'static str,
    begins: Begins,
    /// A statement that can be refused.
    guard: Option<&'static str>,
}

impl Work for Diary {
    fn name(&self) -> &'static str {
        self.name
    }

    fn begins(&self) -> Begins {
        self.begins
    }

    fn digest<'a>(
        &'a self,
        room: &'a RoomId,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Statement>, StoreError>> {
        async move {
            // Somebody else may do the same meanwhile.
            tokio::task::yield_now().await;
            let line = |event: &Event| {
                Statement::new(
                    "INSERT INTO ticket (hash, kind, person, data, until) VALUES ($1, $2, NULL, $3, $4)",
                )
                .with(rand::random::<[u8; 32]>())
                .with(self.name)
                .with(format!("{room} {}", event.body.text))
                .with(event.seq)
            };
            let guard = self.guard.map(|sql| Statement::new(sql).must());
            Ok(events.iter().map(line).chain(guard).collect())
        }
        .boxed()
    }
}

const DIARY: Diary = Diary { name: "diary", begins: Begins::AtTheBeginning, guard: None };

async fn room(store: &dyn Store, id: &str) -> RoomId {
    let id: RoomId = id.parse().unwrap();
    let room = NewRoom::open(id.clone(), id.as_str().into(), "".into());
    assert_eq!(store.add_room(room).await.unwrap(), Claim::Made);
    id
}

/// Appends texts `1` to `count` as the events from `first` on.
async fn write(store: &dyn Store, room: &RoomId, numbers: std::ops::RangeInclusive<u64>) {
    let by = UserId::from_bytes([9; 16]);
    let draft =
        |n: u64| Draft { cid: cid(0, n), kind: Kind::Message, by, at: n, body: Body::of(n.to_string()) };
    store.append(room, numbers.map(draft).collect()).await.unwrap();
}

/// What the diary has, in order.
async fn lines(store: &dyn Store, name: &'static str) -> Vec<String> {
    let all = Statement::new("SELECT data FROM ticket WHERE kind = $1 ORDER BY until, data").with(name);
    let rows = store.query(all).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

fn expected(rooms: &[&str], numbers: std::ops::RangeInclusive<u64>) -> Vec<String> {
    numbers.flat_map(|n| rooms.iter().map(move |room| format!("{room} {n}"))).collect()
}

async fn every_event_is_made_something_of_once(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    let garden = room(&*store, "garden").await;
    write(&*store, &RoomId::main(), 1..=600).await;
    write(&*store, &garden, 1..=600).await;
    let follower = Followers::default().add(store.clone(), Arc::new(DIARY));
    follower.catch_up().await.unwrap();
    assert_eq!(lines(&*store, "diary").await, expected(&["1024", "garden"], 1..=600));
    follower.catch_up().await.unwrap();
    write(&*store, &garden, 601..=601).await;
    follower.catch_up().await.unwrap();
    assert_eq!(lines(&*store, "diary").await.len(), 1_201);
}

async fn who_dies_at_any_moment_goes_on_where_it_was(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    write(&*store, &RoomId::main(), 1..=2_000).await;
    // Each is dropped after a few more steps than the one before; what it asked for happens or does not.
    for steps in 0..60 {
        let follower = Followers::default().add(store.clone(), Arc::new(DIARY));
        let some_steps = async {
            for _ in 0..steps * steps {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = follower.catch_up() => break,
            () = some_steps => {}
        }
    }
    let follower = Followers::default().add(store.clone(), Arc::new(DIARY));
    follower.catch_up().await.unwrap();
    assert_eq!(lines(&*store, "diary").await, expected(&["1024"], 1..=2_000));
}

async fn followers_of_several_nodes_take_turns(on: On) {
    let ground = Ground::new(on);
    let stores = join_all((0..3).map(|_| ground.join())).await;
    let garden = room(&*stores[0], "garden").await;
    let followers: Vec<_> =
        stores.iter().map(|store| Followers::default().add(store.clone(), Arc::new(DIARY))).collect();
    let writing = async {
        for first in (1..=900).step_by(100) {
            write(&*stores[0], &RoomId::main(), first..=first + 99).await;
            write(&*stores[1], &garden, first..=first + 99).await;
        }
    };
    let following = followers.iter().map(|follower| async move {
        for _ in 0..20 {
            follower.catch_up().await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    tokio::join!(writing, join_all(following));
    join_all(followers.iter().map(|follower| async { follower.catch_up().await.unwrap() })).await;
    assert_eq!(lines(&*stores[2], "diary").await, expected(&["1024", "garden"], 1..=900));
}

async fn who_begins_at_the_end_misses_nothing_after_it(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    write(&*store, &RoomId::main(), 1..=3).await;
    let late = || Arc::new(Diary { name: "late", begins: Begins::AtTheEnd, guard: None });
    Followers::default().add(store.clone(), late()).catch_up().await.unwrap();
    assert!(lines(&*store, "late").await.is_empty());
    write(&*store, &RoomId::main(), 4..=4).await;
    // A room that is made later is followed from its first event.
    let garden = room(&*store, "garden").await;
    write(&*store, &garden, 4..=4).await;
    Followers::default().add(store.clone(), late()).catch_up().await.unwrap();
    assert_eq!(lines(&*store, "late").await, ["garden 4", "1024 4"]);
}

async fn what_is_told_is_done_at_once(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    let followers = Followers::default();
    let running = tokio::spawn(followers.add(store.clone(), Arc::new(DIARY)).run());
    for n in 1..=5 {
        write(&*store, &RoomId::main(), n..=n).await;
        followers.tell(&RoomId::main());
        within(async {
            while lines(&*store, "diary").await.len() < n as usize {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    running.abort();
    assert_eq!(lines(&*store, "diary").await, expected(&["1024"], 1..=5));
}

async fn a_log_whose_events_are_all_gone_is_done(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    write(&*store, &RoomId::main(), 1..=5).await;
    assert_eq!(expire::expire(&*store, &RoomId::main(), 100).await.unwrap(), Some(Seq(6)));
    let follower = Followers::default().add(store.clone(), Arc::new(DIARY));
    within(follower.catch_up()).await.unwrap();
    write(&*store, &RoomId::main(), 6..=6).await;
    within(follower.catch_up()).await.unwrap();
    assert_eq!(lines(&*store, "diary").await, ["1024 6"]);
}

async fn what_is_refused_comes_again(on: On) {
    let ground = Ground::new(on);
    let store = ground.open().await;
    write(&*store, &RoomId::main(), 1..=2).await;
    let guard = Some("UPDATE setting SET value = value WHERE key = 'open'");
    let work = Arc::new(Diary { guard, ..DIARY });
    let follower = Followers::default().add(store.clone(), work);
    assert!(matches!(follower.catch_up().await, Err(StoreError::Busy)));
    assert!(lines(&*store, "diary").await.is_empty());
    store.keep_setting("open", Some("yes".into())).await.unwrap();
    follower.catch_up().await.unwrap();
    assert_eq!(lines(&*store, "diary").await, ["1024 1", "1024 2"]);
}
