//! What calls somebody: mentions, answers, reactions, what is said to them alone; read, taken back, deleted, and never
//! seen by who may not.

use serde_json::{Value, json};
use teahouse_protocol::Role;
use teahouse_server::bus::Local;

use crate::kit::{Ask, Asker, Client, House, On, Road, on_every_store, within};

on_every_store!(
    a_name_calls,
    an_answer_and_a_reaction_call,
    an_edit_calls_whom_it_names_now,
    a_conversation_calls_once,
    everybody_of_a_room_is_called,
    who_may_not_read_or_does_not_want_to_see_is_not_called,
    quiet_is_kept,
    what_is_asked_wrongly_is_refused,
);

async fn say(house: &House, asker: &Asker, room: &str, text: &str) -> u64 {
    let ask = Ask::new("POST", &format!("/v1/rooms/{room}/messages")).body(text.as_bytes());
    let said = asker.shows(ask).of(house).await;
    said.json()["seq"].as_u64().unwrap_or_else(|| panic!("{said:?}"))
}

/// Replies to a message of the main room.
async fn reply(house: &House, by: &Asker, to: u64, text: &str) -> u64 {
    let body = json!({"text": text, "target": to});
    by.asks(house, "POST", "/v1/rooms/1024/messages", &body, 201).await["seq"].as_u64().unwrap()
}

fn thumbs_up(seq: u64) -> String {
    format!("/v1/rooms/1024/messages/{seq}/reactions/%F0%9F%91%8D")
}

/// What calls them, once so much is unread.
async fn called(house: &House, asker: &Asker, unread: u64) -> Vec<Value> {
    within(async {
        loop {
            let told = asker.gets(house, "/v1/me/calls").await;
            let calls = told["calls"].as_array().unwrap();
            // What was just stored may not be known to the room yet.
            if told["unread"] == unread && calls.iter().all(|call| call["message"].is_object()) {
                return calls.clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Waits until the follower has come to the end of the main room: a sentinel was called by its last message.
async fn caught_up(house: &House, by: &Asker, sentinel: &Asker) {
    let before = sentinel.gets(house, "/v1/me/calls").await["unread"].as_u64().unwrap();
    say(house, by, "1024", &format!("<@{}>", sentinel.id())).await;
    called(house, sentinel, before + 1).await;
}

async fn in_list(house: &House, asker: &Asker, room: &str) -> Value {
    let rooms = asker.gets(house, "/v1/rooms").await;
    rooms["rooms"].as_array().unwrap().iter().find(|one| one["id"] == room).unwrap().clone()
}

async fn a_name_calls(on: On) {
    let house = House::open(on).await;
    let mut client = Client::enter(&house, "Ada").await;
    let ada = Asker { token: client.me().token.clone().unwrap(), you: client.me().you.clone() };
    let bo = Asker::guest(&house, "Bo").await;
    say(&house, &bo, "1024", "nobody is called").await;
    let seq = say(&house, &bo, "1024", &format!("<@{0}> and once more <@{0}>", ada.id())).await;
    say(&house, &bo, "1024", &format!("`<@{}>` in code does not call", ada.id())).await;
    let calls = called(&house, &ada, 1).await;
    let call = &calls[0];
    assert_eq!(
        (&call["kind"], &call["room"], &call["seq"], &call["read"]),
        (&json!("mention"), &json!("1024"), &json!(seq), &json!(false))
    );
    assert_eq!((&call["by"]["name"], &call["message"]["seq"]), (&json!("Bo"), &json!(seq)));
    assert_eq!(in_list(&house, &ada, "1024").await["calls"], 1);
    // Who calls themselves is not called.
    say(&house, &bo, "1024", &format!("<@{}>", bo.id())).await;
    caught_up(&house, &ada, &bo).await;
    assert_eq!(bo.gets(&house, "/v1/me/calls").await["unread"], 1);
    // Reading the room reads it.
    client.say(&json!({"type": "read", "ref": 6, "room": "1024", "seq": seq})).await;
    let calls = called(&house, &ada, 0).await;
    assert_eq!((calls.len(), &calls[0]["read"]), (1, &json!(true)));
    assert_eq!(in_list(&house, &ada, "1024").await["calls"], 0);
    // A deleted message calls nobody.
    let again = say(&house, &bo, "1024", &format!("<@{}>", ada.id())).await;
    called(&house, &ada, 1).await;
    bo.asks(&house, "DELETE", &format!("/v1/rooms/1024/messages/{again}"), &Value::Null, 200).await;
    assert_eq!(called(&house, &ada, 0).await.len(), 1);
}

async fn an_answer_and_a_reaction_call(on: On) {
    let house = House::open(on).await;
    let (ada, bo) = (Asker::guest(&house, "Ada").await, Asker::guest(&house, "Bo").await);
    let seq = say(&house, &ada, "1024", "hello").await;
    let answer = reply(&house, &bo, seq, "hello yourself").await;
    called(&house, &ada, 1).await;
    bo.asks(&house, "PUT", &thumbs_up(seq), &Value::Null, 200).await;
    let calls = called(&house, &ada, 2).await;
    let shown: Vec<_> = calls.iter().map(|call| (&call["kind"], &call["seq"], &call["emoji"])).collect();
    let (none, thumb) = (Value::Null, json!("👍"));
    assert_eq!(shown, [(&json!("reaction"), &json!(seq), &thumb), (&json!("reply"), &json!(answer), &none)]);
    // The badge of a room is for what was said.
    assert_eq!(in_list(&house, &ada, "1024").await["calls"], 1);
    // One page after another.
    let page = ada.gets(&house, "/v1/me/calls?limit=1").await;
    assert_eq!((&page["calls"][0]["kind"], &page["more"]), (&json!("reaction"), &json!(true)));
    let before = &page["calls"][0]["id"];
    let page = ada.gets(&house, &format!("/v1/me/calls?limit=1&before={before}")).await;
    assert_eq!((&page["calls"][0]["kind"], &page["more"]), (&json!("reply"), &json!(false)));
    let until = json!({"until": calls[1]["id"]});
    let told = ada.asks(&house, "POST", "/v1/me/calls/read", &until, 200).await;
    assert_eq!(told, json!({"unread": 1}));
    // Reacting to oneself calls nobody; what is taken back does not either.
    ada.asks(&house, "PUT", &thumbs_up(seq), &Value::Null, 200).await;
    bo.asks(&house, "DELETE", &thumbs_up(seq), &Value::Null, 200).await;
    let calls = called(&house, &ada, 0).await;
    assert_eq!((calls.len(), &calls[0]["kind"]), (1, &json!("reply")));
    // Put there once more, and gone with the message.
    bo.asks(&house, "PUT", &thumbs_up(seq), &Value::Null, 200).await;
    called(&house, &ada, 1).await;
    ada.asks(&house, "DELETE", &format!("/v1/rooms/1024/messages/{seq}"), &Value::Null, 200).await;
    let calls = called(&house, &ada, 0).await;
    assert_eq!((calls.len(), &calls[0]["seq"]), (1, &json!(answer)), "the answer is still there");
}

async fn an_edit_calls_whom_it_names_now(on: On) {
    let house = House::open(on).await;
    let (ada, bo) = (Asker::guest(&house, "Ada").await, Asker::guest(&house, "Bo").await);
    let (cy, dee) = (Asker::guest(&house, "Cy").await, Asker::guest(&house, "Dee").await);
    let seq = say(&house, &bo, "1024", &format!("<@{}> and <@{}>, tea?", ada.id(), cy.id())).await;
    called(&house, &ada, 1).await;
    called(&house, &cy, 1).await;
    let path = format!("/v1/rooms/1024/messages/{seq}");
    let edit = json!({"text": format!("<@{}> and <@{}>, coffee?", ada.id(), dee.id())});
    let edited = bo.asks(&house, "PATCH", &path, &edit, 200).await;
    let calls = called(&house, &dee, 1).await;
    assert_eq!((&calls[0]["kind"], &calls[0]["seq"]), (&json!("mention"), &json!(seq)));
    // Who is still named is called once, and reads what holds now; who is not any more, is not.
    let calls = called(&house, &ada, 1).await;
    assert_eq!((calls.len(), &calls[0]["message"]["rev"]), (1, &edited["seq"]));
    assert!(calls[0]["message"]["body"]["text"].as_str().unwrap().ends_with("coffee?"));
    assert_eq!(called(&house, &cy, 0).await.len(), 0);
}

async fn a_conversation_calls_once(on: On) {
    let house = House::open(on).await;
    let ada = Asker::with_role(&house, "Ada", Role::Member).await;
    let bo = Asker::with_role(&house, "Bo", Role::Member).await;
    let direct = ada.asks(&house, "POST", "/v1/rooms", &json!({"direct": [bo.id()]}), 201).await;
    let room = direct["id"].as_str().unwrap();
    say(&house, &ada, room, "one").await;
    let last = say(&house, &ada, room, "two").await;
    let call = within(async {
        loop {
            let calls = called(&house, &bo, 1).await;
            if calls[0]["seq"] == last {
                return calls;
            }
        }
    })
    .await;
    assert_eq!((call.len(), &call[0]["kind"], &call[0]["room"]), (1, &json!("direct"), &json!(room)));
    assert_eq!(in_list(&house, &bo, room).await["calls"], 2);
    assert_eq!(in_list(&house, &ada, room).await["calls"], 0);
}

async fn everybody_of_a_room_is_called(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let (ada, bo) = (Asker::guest(&house, "Ada").await, Asker::guest(&house, "Bo").await);
    let room = owner.asks(&house, "POST", "/v1/rooms", &json!({"name": "Garden"}), 201).await;
    let room = room["id"].as_str().unwrap();
    ada.asks(&house, "POST", &format!("/v1/rooms/{room}/join"), &json!({}), 200).await;
    say(&house, &owner, room, "<@room> come out").await;
    let calls = called(&house, &ada, 1).await;
    assert_eq!(calls[0]["kind"], "room");
    // Bo is not of the room.
    caught_up(&house, &ada, &bo).await;
    assert_eq!(bo.gets(&house, "/v1/me/calls").await["unread"], 1);
    // Here is who is connected.
    let _here = Client::enter(&house, "Cy").await;
    let cy = Asker { token: _here.me().token.clone().unwrap(), you: _here.me().you.clone() };
    say(&house, &owner, "1024", "<@here> look").await;
    let calls = called(&house, &cy, 1).await;
    assert_eq!(calls[0]["kind"], "here");
    assert_eq!(ada.gets(&house, "/v1/me/calls").await["unread"], 1, "who is not here is not called");
}

async fn who_may_not_read_or_does_not_want_to_see_is_not_called(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let ada = Asker::guest(&house, "Ada").await;
    let (bo, cy) = (Asker::guest(&house, "Bo").await, Asker::guest(&house, "Cy").await);
    let wish = json!({"name": "Secret", "policy": {"read": "joined"}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    say(&house, &owner, room, &format!("<@{}> must not know", ada.id())).await;
    ada.asks(&house, "PUT", &format!("/v1/me/hidden/{}", bo.id()), &json!({}), 200).await;
    say(&house, &bo, "1024", &format!("<@{}>", ada.id())).await;
    caught_up(&house, &owner, &cy).await;
    say(&house, &owner, room, &format!("<@{}>", owner.id())).await;
    assert_eq!(ada.gets(&house, "/v1/me/calls").await, json!({"calls": [], "unread": 0, "more": false}));
    // Who is sent out of a room sees no more what was said to them there.
    owner.asks(&house, "PUT", &format!("/v1/rooms/{room}/people/{}", ada.id()), &json!({}), 200).await;
    say(&house, &owner, room, &format!("welcome <@{}>", ada.id())).await;
    called(&house, &ada, 1).await;
    owner.asks(&house, "DELETE", &format!("/v1/rooms/{room}/people/{}", ada.id()), &Value::Null, 200).await;
    assert_eq!(called(&house, &ada, 0).await.len(), 0);
}

async fn quiet_is_kept(on: On) {
    let house = House::open(on).await;
    let ada = Asker::guest(&house, "Ada").await;
    let path = "/v1/me/notifications";
    let none = json!({"quiet": null, "paused_until": null, "hide_text": false});
    assert_eq!(ada.gets(&house, path).await, none);
    let hours = json!({"from": "22:00", "to": "07:30", "zone": "Asia/Shanghai"});
    let told = ada.asks(&house, "PATCH", path, &json!({"quiet": hours}), 200).await;
    assert_eq!(told["quiet"], hours);
    let told = ada.asks(&house, "PATCH", path, &json!({"hide_text": true, "paused_until": 7}), 200).await;
    assert_eq!(told, json!({"quiet": hours, "paused_until": 7, "hide_text": true}));
    let house = house.restarted().await;
    assert_eq!(ada.gets(&house, path).await, told);
    let told = ada.asks(&house, "PATCH", path, &json!({"quiet": null, "paused_until": null}), 200).await;
    assert_eq!(told, json!({"quiet": null, "paused_until": null, "hide_text": true}));
}

async fn what_is_asked_wrongly_is_refused(on: On) {
    let house = House::open(on).await;
    let ada = Asker::guest(&house, "Ada").await;
    for hours in [
        json!({"from": "25:00", "to": "07:00", "zone": "UTC"}),
        json!({"from": "22:00", "to": "7", "zone": "UTC"}),
        json!({"from": "22:00", "to": "07:00", "zone": "Nowhere/Land"}),
    ] {
        let told = ada.asks(&house, "PATCH", "/v1/me/notifications", &json!({"quiet": hours}), 400).await;
        assert_eq!(told["code"], "bad_field", "{told}");
    }
    ada.asks(&house, "GET", "/v1/me/calls?limit=0", &Value::Null, 400).await;
}

/// What one node finds out is known at all.
async fn devices_at_every_node_learn_of_it(on: On, road: Road) {
    let [one, other]: [House; 2] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&one, "Ada").await;
    let mut elsewhere = Client::connect(&other).await;
    elsewhere.come_in(&ada.elsewhere(&json!({"1024": "head"}))).await;
    let bo = Asker::guest(&other, "Bo").await;
    say(&other, &bo, "1024", &format!("<@{}>", ada.me().you.id)).await;
    ada.hears_of_calls().await;
    elsewhere.hears_of_calls().await;
    let asker = Asker { token: ada.me().token.clone().unwrap(), you: ada.me().you.clone() };
    for house in [&one, &other] {
        assert_eq!(called(house, &asker, 1).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_at_every_node_learn_of_it_sqlite_and_local() {
    devices_at_every_node_learn_of_it(On::Sqlite, Road::Local(Local::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_at_every_node_learn_of_it_postgres_and_nats() {
    devices_at_every_node_learn_of_it(On::Postgres, Road::nats()).await;
}
