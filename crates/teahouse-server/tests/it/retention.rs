//! A room that keeps its messages for some days only: what is older goes, and who had not read it is told.

use serde_json::json;
use teahouse_protocol::{Cursor, Push, RoomId, Seq, UserId};
use teahouse_server::bus::Local;
use teahouse_server::store::{Commit, Committed, Statement, Store};

use crate::kit::{Client, House, On, Road, on_every_store, within};

on_every_store!(
    what_is_older_than_the_room_keeps_goes,
    who_missed_what_is_gone_is_told,
    all_of_somebody_goes_while_the_oldest_expires,
);

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// When the kit's first message was accepted.
const SEEDED: u64 = 1_795_353_600_000;

/// Says for how many days the main room keeps its messages.
async fn keep(house: &House, days: u64) {
    let keep =
        Statement::new("UPDATE room SET keep_days = $1 WHERE id = $2").with(days).with(&RoomId::main());
    let kept = house.store.commit(Commit::new().then(keep.must())).await.unwrap();
    assert!(matches!(kept, Committed::Done { .. }), "{kept:?}");
}

async fn what_is_older_than_the_room_keeps_goes(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 20, |n| n.to_string()).await;
    house.node.expire(SEEDED + 400 * DAY_MS).await.unwrap();
    assert_eq!(house.log(&RoomId::main()).await.len(), 20, "nothing is said of days");
    keep(&house, 3).await;
    house.node.expire(SEEDED + 3 * DAY_MS + 16).await.unwrap();
    let left: Vec<_> = house.log(&RoomId::main()).await.iter().map(|event| event.seq.0).collect();
    assert_eq!(left, [16, 17, 18, 19, 20]);
}

async fn who_missed_what_is_gone_is_told(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 20, |n| n.to_string()).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let (early, late): (Cursor, Cursor) =
        (house.cursor(&RoomId::main(), 4).await, house.cursor(&RoomId::main(), 17).await);
    keep(&house, 3).await;
    house.node.expire(SEEDED + 3 * DAY_MS + 16).await.unwrap();
    // Who is live goes on as before.
    ada.post(1, "after").await;
    assert_eq!(ada.hear(1, 1, 0).await.events[0].seq, Seq(21));
    for (cursor, told) in [(early, true), (late, false)] {
        let mut again = Client::connect(&house).await;
        again.hello(&ada.again(&json!({"1024": cursor}))).await;
        let mut was_told = false;
        let first = loop {
            match again.frame().await.unwrap() {
                Push::Behind { from, .. } => {
                    assert_eq!(from.seq, Seq(15));
                    was_told = true;
                }
                Push::Event(event) => break event.seq.0,
                Push::Reset { .. } | Push::Error(_) => panic!("its history is this one"),
                _ => {}
            }
        };
        assert_eq!((was_told, first), if told { (true, 16) } else { (false, 18) });
    }
}

async fn all_of_somebody_goes_while_the_oldest_expires(on: On) {
    let road = if on == On::Postgres { Road::nats() } else { Road::Local(Local::default()) };
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    nodes[0].seed(&RoomId::main(), 450, |n| n.to_string()).await;
    // The first messages were read, and are about to be taken away.
    let asked = nodes[0].store.asked();
    nodes[0].store.hold(true);
    let node = nodes[0].node.clone();
    let (seed, terminal) = (UserId::from_bytes([9; 16]), UserId::from_bytes([0; 16]));
    let removing = tokio::spawn(async move { node.remove_messages(seed, terminal).await });
    nodes[0].store.until_asked(asked).await;
    // Meanwhile some of them are too old.
    keep(&nodes[1], 3).await;
    nodes[1].node.expire(SEEDED + 3 * DAY_MS + 6).await.unwrap();
    nodes[0].store.hold(false);
    assert_eq!(within(removing).await.unwrap().unwrap(), 445);
    let log = nodes[1].log(&RoomId::main()).await;
    let left = log.iter().filter(|event| !event.body.text.is_empty()).count();
    assert_eq!((log[0].seq, left), (Seq(6), 0));
}
