//! Several nodes on one database: each has a store of its own, and all write and read at the same time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all, try_join_all};
use teahouse_core::room::Draft;
use teahouse_protocol::{Role, Seq};
use teahouse_server::store::postgres::Database;
use teahouse_server::store::{
    Appended, Claim, Directory, EventLog, NewPerson, PostgresStore, SEEN_MS, Store,
};

use super::{add, draft, drafts, guest, main_room, token, user};
use crate::kit::server;

fn place() -> Database {
    server().place().unwrap().parse().unwrap()
}

async fn nodes(count: usize) -> Vec<Arc<PostgresStore>> {
    let database = place();
    let opened = (0..count).map(|_| PostgresStore::open(&database));
    try_join_all(opened).await.unwrap().into_iter().map(Arc::new).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_the_same_moment_make_one_house() {
    let nodes = nodes(6).await;
    let rooms =
        join_all(nodes.iter().map(|node| async { node.room(&main_room()).await.unwrap().unwrap() })).await;
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:?}");
    assert!(nodes.iter().all(|node| node.is_shared()));
}

/// What one appender was told: the number of each of its drafts, and how often it was stored then.
async fn append_all(node: Arc<PostgresStore>, batches: Vec<Vec<Draft>>) -> Vec<(Draft, Seq, bool)> {
    let mut told = Vec::new();
    for batch in batches {
        let appended = node.append(&main_room(), batch.clone()).await.unwrap();
        assert_eq!(appended.len(), batch.len());
        for (draft, appended) in batch.into_iter().zip(appended) {
            match appended {
                Appended::Stored { seq, n } => {
                    assert_eq!(seq.0, n);
                    told.push((draft, seq, true));
                }
                Appended::Repeat { seq, at } => {
                    assert_eq!(at, draft.at);
                    told.push((draft, seq, false));
                }
                Appended::Conflict => panic!("nobody else has {draft:?}"),
            }
        }
    }
    told
}

/// Reads the log from its beginning again and again: it never has a hole, and only grows.
async fn watch(node: Arc<PostgresStore>, is_over: Arc<AtomicBool>) {
    let mut seen = 0;
    while !is_over.load(Ordering::Relaxed) {
        let events = node.after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
        assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == Seq(seq)), "from the first on");
        assert!(events.len() >= seen, "{} events after {seen}", events.len());
        seen = events.len();
        let page =
            node.page(&main_room(), teahouse_protocol::Range::Before(Seq::MAX), 10, None).await.unwrap();
        assert_eq!(page.messages.last().map_or(Seq::ZERO, |event| event.seq), page.as_of, "of one moment");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_number_one_room_without_holes() {
    let nodes = nodes(2).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let watchers: Vec<_> =
        nodes.iter().map(|node| tokio::spawn(watch(node.clone(), is_over.clone()))).collect();
    // Four of each node's own, in batches of one to five, and two whose drafts come over both.
    let batches = |by: u64| -> Vec<Vec<Draft>> {
        drafts(by, 90).chunks(1 + by as usize % 5).map(<[Draft]>::to_vec).collect()
    };
    let own = (0..8).map(|by| (by as usize % 2, 1 + by));
    let both = [100, 101].into_iter().flat_map(|by| [(0, by), (1, by)]);
    let appenders =
        own.chain(both).map(|(node, by)| tokio::spawn(append_all(nodes[node].clone(), batches(by))));
    let told = join_all(appenders.collect::<Vec<_>>()).await;
    is_over.store(true, Ordering::Relaxed);
    for watcher in watchers {
        watcher.await.unwrap();
    }
    let (mut numbers, mut stored) = (HashMap::new(), HashSet::new());
    for told in told {
        let told = told.unwrap();
        assert!(told.is_sorted_by_key(|(_, seq, _)| *seq), "each appender's order");
        for (draft, seq, is_new) in told {
            assert_eq!(*numbers.entry(draft.cid).or_insert(seq), seq, "one number, whoever asks");
            assert!(!is_new || stored.insert(draft.cid), "stored once");
        }
    }
    assert_eq!((numbers.len(), stored.len()), (900, 900));
    let events = nodes[0].after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
    assert_eq!(events, nodes[1].after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap());
    assert_eq!(events.len(), 900);
    assert!(events.iter().all(|event| numbers[&event.cid] == event.seq && event.n == Some(event.seq.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_nodes_gets_the_name_the_house_and_the_token() {
    let nodes = nodes(2).await;
    let add_both = async |one: NewPerson, other: NewPerson| {
        let claims = join(add(&*nodes[0], one), add(&*nodes[1], other)).await;
        let claims = [claims.0.unwrap(), claims.1.unwrap()];
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::Made).count(), 1, "{claims:?}");
    };
    for number in 0..40 {
        let (one, other) = (1_000 + number, 2_000 + number);
        add_both(guest(one, &format!("Name {number}"), 5), guest(other, &format!("NAME {number}"), 5)).await;
        let (one, other) = (3_000 + number, 4_000 + number);
        let of_one_token = NewPerson { token: Some(token(one)), ..guest(other, &format!("b{number}"), 5) };
        add_both(guest(one, &format!("a{number}"), 5), of_one_token).await;
    }
    let owner =
        |number| NewPerson { role: Some(Role::Owner), ..guest(number, &format!("owner {number}"), 5) };
    add_both(owner(1), owner(2)).await;
    let settings = join(
        nodes[0].first_setting("secret", "one".into()),
        nodes[1].first_setting("secret", "other".into()),
    );
    let (one, other) = settings.await;
    assert_eq!(one.unwrap(), other.unwrap());
}

/// Names go, come back and are taken by others on both nodes at once: nobody sees an error, and a name has
/// one owner in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_go_and_come_back_on_both_nodes() {
    let nodes = nodes(2).await;
    for number in 0..20 {
        add(&*nodes[0], guest(number, &format!("name {number}"), 5)).await.unwrap();
    }
    for round in 1..=4 {
        let now = 1_000 * SEEN_MS * round;
        let freed = join(nodes[0].free_names(now), nodes[1].free_names(now)).await;
        assert!(freed.0.unwrap() + freed.1.unwrap() <= 20, "each at most once");
        let back = (0..20).map(|number| nodes[number as usize % 2].by_token(token(number), now));
        let taken = (0..20).map(|number| {
            let newcomer = guest(1_000 * round + number, &format!("name {number}"), now);
            add(&*nodes[(number as usize + 1) % 2], newcomer)
        });
        let (freed, (back, taken)) =
            join(nodes[0].free_names(now - 1), join(join_all(back), join_all(taken))).await;
        freed.unwrap();
        for (number, (back, taken)) in back.into_iter().zip(taken).enumerate() {
            assert_eq!(back.unwrap().unwrap().id, user(number as u64));
            taken.unwrap();
            let (person, _) = nodes[0].by_name(&format!("name {number}")).await.unwrap().expect("somebody's");
            assert_eq!(&*person.name, format!("name {number}"), "others of that name have digits after it");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_mark_is_raised_from_both_nodes() {
    let nodes = nodes(2).await;
    nodes[0].append(&main_room(), drafts(1, 50)).await.unwrap();
    let marks = (1..=60).map(|seq| nodes[seq as usize % 2].mark_read(user(1), &main_room(), Seq(seq)));
    for (mark, seq) in join_all(marks).await.into_iter().zip(1_u64..) {
        let mark = mark.unwrap().0;
        assert!((seq.min(50)..=50).contains(&mark), "{mark} after {seq}");
    }
    assert_eq!(nodes[1].read_mark(user(1), &main_room()).await.unwrap(), Seq(50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_changes_the_other_sees() {
    let nodes = nodes(2).await;
    nodes[0].append(&main_room(), vec![draft(1, 1, "there")]).await.unwrap();
    assert_eq!(nodes[1].after(&main_room(), Seq::ZERO, 9).await.unwrap()[0].body.text, "there");
    nodes[1].keep_setting("name", Some("Tea".into())).await.unwrap();
    assert_eq!(nodes[0].setting("name").await.unwrap().as_deref(), Some("Tea"));
    nodes[0].close().await;
    nodes[1].append(&main_room(), vec![draft(1, 2, "alone")]).await.unwrap();
    assert!(nodes[0].append(&main_room(), vec![draft(1, 3, "late")]).await.is_err());
    assert_eq!(nodes[1].heads(vec![main_room()]).await.unwrap()[0].head, Seq(2));
}
