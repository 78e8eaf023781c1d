//! What somebody has not read: counted exactly, and the same on all of their devices, at whatever node.

use serde_json::{Value, json};
use teahouse_protocol::{Push, RoomId, Seq};
use teahouse_server::bus::Local;

use crate::kit::{Ask, Asker, Client, House, On, Road, on_every_store, within};

on_every_store!(
    what_others_wrote_after_the_mark_counts,
    a_thousand_stand_for_more,
    what_was_before_somebody_came_does_not_count,
);

/// What the list says of a room.
async fn listed(house: &House, asker: &Asker, room: &str) -> Value {
    let rooms = asker.gets(house, "/v1/rooms").await;
    let found = rooms["rooms"].as_array().unwrap().iter().find(|one| one["id"] == room);
    found.unwrap_or_else(|| panic!("{rooms}")).clone()
}

async fn say(house: &House, asker: &Asker, room: &str, text: &str) -> u64 {
    let ask = Ask::new("POST", &format!("/v1/rooms/{room}/messages")).body(text.as_bytes());
    asker.shows(ask).of(house).await.json()["seq"].as_u64().unwrap()
}

fn client_of(client: &Client) -> Asker {
    Asker { token: client.me().token.clone().unwrap(), you: client.me().you.clone() }
}

async fn what_others_wrote_after_the_mark_counts(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 120, |n| n.to_string()).await;
    let mut client = Client::enter(&house, "Ada").await;
    let ada = client_of(&client);
    let owner = Asker::owner(&house).await;
    assert_eq!(listed(&house, &ada, "1024").await["unread"], 120);
    client.say(&json!({"type": "read", "ref": 6, "room": "1024", "seq": 117})).await;
    assert!(matches!(client.next().await, Push::Read { .. }));
    assert_eq!(listed(&house, &ada, "1024").await["unread"], 3);
    let theirs = say(&house, &owner, "1024", "one more").await;
    say(&house, &ada, "1024", "one's own does not count").await;
    assert_eq!(listed(&house, &ada, "1024").await["unread"], 4);
    let path = format!("/v1/rooms/1024/messages/{theirs}");
    owner.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    let told = listed(&house, &ada, "1024").await;
    assert_eq!((&told["unread"], &told["read"]), (&json!(3), &json!(117)));
}

async fn a_thousand_stand_for_more(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 1_100, |n| n.to_string()).await;
    let ada = Asker::guest(&house, "Ada").await;
    assert_eq!(listed(&house, &ada, "1024").await["unread"], 1_000);
}

async fn what_was_before_somebody_came_does_not_count(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let bo = Asker::guest(&house, "Bo").await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined", "history": false}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    say(&house, &owner, room, "before").await;
    owner.asks(&house, "PUT", &format!("/v1/rooms/{room}/people/{}", bo.id()), &json!({}), 200).await;
    assert_eq!(listed(&house, &bo, room).await["unread"], 0);
    say(&house, &owner, room, "after").await;
    assert_eq!(listed(&house, &bo, room).await["unread"], 1);
}

/// A person's devices at two nodes.
async fn what_is_read_at_one_node_is_read_at_the_other(on: On, road: Road) {
    let [one, other]: [House; 2] = House::open_nodes(on, road).await;
    one.seed(&RoomId::main(), 10, |n| n.to_string()).await;
    let mut here = Client::enter(&one, "Ada").await;
    let mut there = Client::connect(&other).await;
    there.come_in(&here.elsewhere(&json!({"1024": "head"}))).await;
    here.say(&json!({"type": "read", "ref": 6, "room": "1024", "seq": 7})).await;
    let heard = within(async {
        loop {
            if let Push::Read { r#ref, room, seq } = there.next().await {
                return (r#ref, room, seq);
            }
        }
    });
    assert_eq!(heard.await, (None, RoomId::main(), Seq(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_at_one_node_is_read_at_the_other_sqlite_and_local() {
    what_is_read_at_one_node_is_read_at_the_other(On::Sqlite, Road::Local(Local::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_at_one_node_is_read_at_the_other_postgres_and_nats() {
    what_is_read_at_one_node_is_read_at_the_other(On::Postgres, Road::nats()).await;
}
