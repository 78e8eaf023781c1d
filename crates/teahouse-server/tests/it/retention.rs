//! A room that keeps its messages for some days only: what is older goes, and who had not read it is told.

use serde_json::json;
use teahouse_protocol::{Cursor, Push, RoomId, Seq, UserId};
use teahouse_server::bus::Local;
use teahouse_server::store::{Commit, Committed, Statement, Store};

use crate::kit::{Client, House, On, Road, on_every_store, until, within};

on_every_store!(
    what_is_older_than_the_room_keeps_goes,
    who_missed_what_is_gone_is_told,
    all_of_somebody_goes_while_the_oldest_expires,
);

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// When the kit's first message was accepted.
const SEEDED: u64 = 1_795_353_600_000;

/// Says for how many days a room keeps its messages.
async fn keep(house: &House, room: &RoomId, days: u64) {
    let keep = Statement::new("UPDATE room SET keep_days = $1 WHERE id = $2").with(days).with(room);
    let kept = house.store.commit(Commit::new().then(keep.must())).await.unwrap();
    assert!(matches!(kept, Committed::Done { .. }), "{kept:?}");
}

async fn what_is_older_than_the_room_keeps_goes(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 20, |n| n.to_string()).await;
    house.node.expire(SEEDED + 400 * DAY_MS).await.unwrap();
    assert_eq!(house.log(&RoomId::main()).await.len(), 20, "nothing is said of days");
    keep(&house, &RoomId::main(), 3).await;
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
    keep(&house, &RoomId::main(), 3).await;
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
    keep(&nodes[1], &RoomId::main(), 3).await;
    nodes[1].node.expire(SEEDED + 3 * DAY_MS + 6).await.unwrap();
    nodes[0].store.hold(false);
    assert_eq!(within(removing).await.unwrap().unwrap(), 445);
    let log = nodes[1].log(&RoomId::main()).await;
    let left = log.iter().filter(|event| !event.body.text.is_empty()).count();
    assert_eq!((log[0].seq, left), (Seq(6), 0));
}

/// What happens to a log while somebody opens its room is found at once: on one node nobody compares later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_being_opened_hears_what_happens_to_its_log() {
    let house = House::open(On::Sqlite).await;
    let room = house.add_room("garden").await;
    house.seed(&room, 20, |n| n.to_string()).await;
    house.store.hold_rooms(true);
    let rooms = house.node.rooms.clone();
    let id = room.clone();
    let opened = tokio::spawn(async move { rooms.find(&id).await.unwrap().unwrap() });
    house.store.until_a_room_is_read().await;
    house.seed(&room, 21, |n| n.to_string()).await;
    house.node.rooms.grew(vec![room.clone()]).await.unwrap();
    keep(&house, &room, 3).await;
    house.node.expire(SEEDED + 3 * DAY_MS + 16).await.unwrap();
    house.store.hold_rooms(false);
    let opened = opened.await.unwrap();
    until(|| opened.head() == Seq(21)).await;
    assert_eq!(opened.extent().oldest, Seq(16));
}
