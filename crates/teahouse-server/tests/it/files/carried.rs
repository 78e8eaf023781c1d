//! Files in messages: everybody who reads the message has them, nobody else, and they go with it.

use serde_json::{Value, json};
use teahouse_protocol::{RoomId, Seq};

use super::{begun, bring, place, whole};
use crate::kit::{Ask, Asker, House, On, Road, on_every_store, until};

on_every_store!(
    a_message_carries_files,
    it_is_carried_once,
    who_reads_the_room_has_it,
    who_reads_the_room_has_it_from_any_node,
    it_goes_with_its_message,
    a_repeat_is_the_same_message,
    what_is_too_much_is_refused,
    an_old_message_takes_its_files_along,
    who_leaves_takes_them_along,
);

/// Writes a message over HTTP; the answer to its `send`.
async fn send(house: &House, who: &Asker, cid: u32, body: &Value) -> Value {
    let hello = json!({"type": "hello", "v": 1, "token": who.token, "cursors": {}, "brief": true, "session": "9f86d081884c7d65"});
    let send = json!({"type": "send", "ref": 1, "room": "1024", "cid": format!("{cid:032x}"), "kind": "message", "body": body, "first": true});
    let ask = Ask::new("POST", "/v1/send").body(format!("{hello}\n{send}\n").as_bytes());
    let answer = ask.of(house).await;
    serde_json::from_str(answer.body.lines().next().unwrap()).unwrap_or_else(|_| panic!("{answer:?}"))
}

async fn carried(house: &House, who: &Asker, cid: u32, body: &Value) -> u64 {
    let answer = send(house, who, cid, body).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    answer["seq"].as_u64().unwrap()
}

async fn refused(house: &House, who: &Asker, cid: u32, body: &Value) -> (String, String) {
    let answer = send(house, who, cid, body).await;
    assert_eq!(answer["type"], "error", "{answer}");
    (answer["code"].as_str().unwrap().into(), answer["field"].as_str().unwrap_or_default().into())
}

/// The message of that number, as history has it.
async fn message(house: &House, who: &Asker, seq: u64) -> Value {
    let page = who.gets(house, &format!("/v1/rooms/1024/messages?around={seq}&limit=1")).await;
    page["messages"][0].clone()
}

async fn a_message_carries_files(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let one = whole(&house, &ann, "one.txt", b"one").await;
    let two = whole(&house, &ann, "two.txt", b"two").await;
    let seq = carried(&house, &ann, 1, &json!({"text": "两个文件", "files": [one["id"], two["id"]]})).await;
    let told = message(&house, &ann, seq).await;
    assert_eq!(told["body"], json!({"text": "两个文件", "files": [one, two]}));
    // A file says enough.
    let three = whole(&house, &ann, "three.txt", b"three").await;
    let seq = carried(&house, &ann, 2, &json!({"files": [three["id"]]})).await;
    assert_eq!(message(&house, &ann, seq).await["body"], json!({"files": [three]}));
    // The same by one request.
    let four = whole(&house, &ann, "four.txt", b"four").await;
    let body = json!({"files": [four["id"]]});
    let said = ann.asks(&house, "POST", "/v1/rooms/1024/messages", &body, 201).await;
    let told = message(&house, &ann, said["seq"].as_u64().unwrap()).await;
    assert_eq!(told["body"], json!({"files": [four]}));
    let log = house.log(&RoomId::main()).await;
    let last = log.iter().find(|event| event.seq == Seq(seq)).unwrap();
    assert_eq!(last.body.files.len(), 1, "the log has them, too");
}

async fn it_is_carried_once(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let bob = Asker::guest(&house, "Bob").await;
    let file = whole(&house, &ann, "a.txt", b"mine").await;
    let body = json!({"text": "", "files": [file["id"]]});
    let missing = ("not_found".to_owned(), "body.files".to_owned());
    assert_eq!(refused(&house, &bob, 1, &body).await, missing);
    let half = begun(&house, &ann, "b.txt", 4).await;
    bring(&house, &ann, &half, 0, b"ha").await;
    let id = half.rsplit('/').next().unwrap();
    assert_eq!(refused(&house, &ann, 2, &json!({"files": [id]})).await, missing);
    carried(&house, &ann, 3, &body).await;
    assert_eq!(refused(&house, &ann, 4, &body).await.0, "not_found");
    // What was refused is nowhere.
    let wrote = house.log(&RoomId::main()).await;
    assert_eq!(wrote.iter().filter(|event| event.n.is_some()).count(), 1);
    // It cannot be taken out of its message.
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(ann.shows(Ask::new("DELETE", &path)).of(&house).await.status, 404);
}

async fn who_reads_the_room_has_it(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.txt", b"for all").await;
    assert_eq!(Ask::get(&place(&file)).of(&house).await.status, 404);
    carried(&house, &ann, 1, &json!({"files": [file["id"]]})).await;
    // An open room of an open house is open to who looks in.
    for answer in
        [Ask::get(&place(&file)).of(&house).await, owner.shows(Ask::get(&place(&file))).of(&house).await]
    {
        assert_eq!((answer.status, &*answer.body), (200, "for all"));
    }
    owner.asks(&house, "PATCH", "/v1/admin/settings", &json!({"admission": "accounts"}), 200).await;
    assert_eq!(Ask::get(&place(&file)).of(&house).await.status, 404);
    // In a private room one has what one may read.
    let made = json!({"name": "Private", "policy": {"read": "joined", "write": "guests", "history": false, "slow_s": 0, "keep_days": null}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &made, 201).await;
    let room = room["id"].as_str().unwrap();
    let file = whole(&house, &owner, "b.txt", b"for few").await;
    let path = format!("/v1/rooms/{room}/messages");
    let body = json!({"text": "here", "files": [file["id"]]});
    owner.asks(&house, "POST", &path, &body, 201).await;
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    let join = format!("/v1/rooms/{room}/people/{}", ann.id());
    owner.asks(&house, "PUT", &join, &json!({}), 200).await;
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 404, "it was before their time");
    assert_eq!(owner.shows(Ask::get(&place(&file))).of(&house).await.status, 200);
}

async fn who_reads_the_room_has_it_from_any_node(on: On) {
    // They do not hear each other.
    let nodes: [House; 2] = House::open_nodes(on, Road::None).await;
    let owner = Asker::owner(&nodes[0]).await;
    let room = owner.asks(&nodes[0], "POST", "/v1/rooms", &json!({"name": "R"}), 201).await;
    let path = format!("/v1/rooms/{}", room["id"].as_str().unwrap());
    let messages = format!("{path}/messages");
    assert_eq!(Ask::get(&messages).of(&nodes[1]).await.status, 200);
    let private = json!({"policy": {"read": "joined"}});
    owner.asks(&nodes[0], "PATCH", &path, &private, 200).await;
    let file = whole(&nodes[0], &owner, "a.txt", b"for few").await;
    owner.asks(&nodes[0], "POST", &messages, &json!({"text": "", "files": [file["id"]]}), 201).await;
    // The other node does not know yet that the room is private.
    assert_eq!(Ask::get(&place(&file)).of(&nodes[1]).await.status, 404);
    assert_eq!(owner.shows(Ask::get(&place(&file))).of(&nodes[1]).await.status, 200);
}

async fn it_goes_with_its_message(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "secret-name.txt", b"a secret in a file").await;
    let seq = carried(&house, &ann, 1, &json!({"text": "look", "files": [file["id"]]})).await;
    assert_eq!(house.ground().kept(), 1);
    let path = format!("/v1/rooms/1024/messages/{seq}");
    ann.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    assert_eq!(message(&house, &ann, seq).await["body"], json!({}));
    until(|| house.ground().kept() == 0).await;
}

async fn a_repeat_is_the_same_message(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.txt", b"once").await;
    let body = json!({"text": "once", "files": [file["id"]]});
    let seq = carried(&house, &ann, 1, &body).await;
    let again = send(&house, &ann, 1, &body).await;
    assert_eq!((&again["seq"], &again["repeat"]), (&json!(seq), &json!(true)), "{again}");
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 200);
}

async fn what_is_too_much_is_refused(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let ids: Vec<String> = (0..11).map(|n| format!("{n:032x}")).collect();
    assert_eq!(
        refused(&house, &ann, 1, &json!({"files": ids})).await,
        ("too_many".into(), "body.files".into())
    );
    let twice = json!({"files": [ids[0], ids[0]]});
    assert_eq!(refused(&house, &ann, 2, &twice).await, ("bad_field".into(), "body.files".into()));
    assert_eq!(refused(&house, &ann, 3, &json!({"text": "", "files": []})).await.0, "bad_field");
}

async fn an_old_message_takes_its_files_along(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let file = whole(&house, &owner, "a.txt", b"old").await;
    carried(&house, &owner, 1, &json!({"files": [file["id"]]})).await;
    let policy = json!({"policy": {"read": "guests", "write": "guests", "history": true, "slow_s": 0, "keep_days": 1}});
    owner.asks(&house, "PATCH", "/v1/rooms/1024", &policy, 200).await;
    let day = 24 * 60 * 60 * 1_000;
    house.node.expire(teahouse_server::clock::unix_ms() + 2 * day).await.unwrap();
    assert_eq!(owner.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    until(|| house.ground().kept() == 0).await;
}

async fn who_leaves_takes_them_along(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.txt", b"sent").await;
    whole(&house, &ann, "b.txt", b"not sent").await;
    carried(&house, &ann, 1, &json!({"files": [file["id"]]})).await;
    ann.asks(&house, "DELETE", "/v1/me", &json!({"name": "Ann"}), 200).await;
    until(|| house.ground().kept() == 0).await;
}
