//! Who comes in at the door, and what it asks.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use teahouse_server::config::Given;
use teahouse_server::people::hash;
use teahouse_server::store::{Commit, Committed, Statement, Store};

use super::{Page, check, decide};
use crate::kit::{Answer, Ask, Client, House, On, on_every_store};

on_every_store!(
    guests_come_as_the_house_admits_them,
    an_invite_opens_a_closed_house_until_it_ends,
    the_door_asks_a_question,
    a_proof_of_work_counts_once,
    a_flood_of_guests_from_one_address_stops_nobody_else
);

async fn guest(house: &House, wish: Value) -> Answer {
    Ask::post("/v1/guests", &wish).with("x-teahouse", "1").of(house).await
}

async fn guests_come_as_the_house_admits_them(on: On) {
    let house = House::open(on).await;
    let known = Page::guest(&house, "Known").await;
    for admission in ["invited", "accounts"] {
        decide(&house, "admission", admission).await;
        assert_eq!(Ask::get("/v1/house").of(&house).await.json()["admission"], admission);
        check(&guest(&house, json!({"name": "Ada"})).await, 403, "forbidden", None);
        check(&guest(&house, json!({"name": "Ada", "invite": "wrong"})).await, 404, "not_found", None);
        // No transport is a way around the door.
        let mut client = Client::connect(&house).await;
        client.say(&json!({"type": "hello", "v": 1, "name": "Ada"})).await;
        assert_eq!(client.error().await.code.as_str(), "forbidden");
        let hello = br#"{"type":"hello","v":1,"name":"Ada"}"#;
        for path in ["/v1/stream", "/v1/poll?wait=0"] {
            check(&Ask::new("POST", path).body(hello).of(&house).await, 403, "forbidden", None);
        }
        let spoken = Ask::new("POST", "/v1/rooms/1024/messages").body(b"hello").of(&house).await;
        check(&spoken, 403, "forbidden", None);
        // Who came before stays.
        known.get("/v1/me").await;
    }
    assert_eq!(house.log(&teahouse_protocol::RoomId::main()).await, []);
    decide(&house, "admission", "open").await;
    assert_eq!(guest(&house, json!({"name": "Ada"})).await.status, 201);
}

/// An invite as whoever invites keeps it.
async fn invite(house: &House, code: &str, by: &Value, until: Option<u64>, uses: Option<u64>) {
    let by: teahouse_protocol::UserId = by["id"].as_str().unwrap().parse().unwrap();
    let keep = "INSERT INTO invite (id, hash, room, by, made, until, uses_left)
                SELECT CAST($1 AS bigint), $2, key, $3, CAST($4 AS bigint), $5, $6 FROM room WHERE id = '1024'";
    let id = u64::from(u32::from_be_bytes(hash(code)[..4].try_into().unwrap()));
    let keep = Statement::new(keep).with(id).with(hash(code)).with(by).with(1_u64).with(until).with(uses);
    let kept = house.store.commit(Commit::new().then(keep.must())).await.unwrap();
    assert!(matches!(kept, Committed::Done { .. }));
}

async fn an_invite_opens_a_closed_house_until_it_ends(on: On) {
    let house = House::open(on).await;
    let owner = Page::guest(&house, "Owner").await;
    invite(&house, "good", &owner.you, None, None).await;
    invite(&house, "late", &owner.you, Some(1), None).await;
    invite(&house, "used", &owner.you, None, Some(0)).await;
    decide(&house, "admission", "invited").await;
    decide(&house, "question", r#"{"ask":"?","answer":"!a"}"#).await;
    for code in ["late", "used", "", "GOOD"] {
        check(&guest(&house, json!({"name": "Ada", "invite": code})).await, 404, "not_found", None);
    }
    // Who was invited is vouched for: no question.
    let came = guest(&house, json!({"name": "Ada", "invite": "good"})).await;
    assert_eq!((came.status, &came.json()["you"]["role"]), (201, &Value::Null));
    decide(&house, "admission", "accounts").await;
    let without = guest(&house, json!({"name": "Bo", "invite": "good"})).await;
    check(&without, 400, "missing_field", Some("password"));
    let came = guest(&house, json!({"name": "Bo", "invite": "good", "password": "long enough"})).await;
    assert_eq!((came.status, &came.json()["you"]["role"]), (201, &json!("member")));
    // Each uses an invite up, and is in its room.
    invite(&house, "once", &owner.you, None, Some(1)).await;
    let wish = |name: &str| json!({"name": name, "invite": "once", "password": "long enough"});
    let mut dora = Page::new(&house);
    dora.took(&guest(&house, wish("Dora")).await);
    let rooms = dora.get("/v1/rooms").await;
    assert!(rooms["rooms"].as_array().unwrap().iter().any(|room| room["joined"] == json!(true)), "{rooms}");
    check(&guest(&house, wish("Emil")).await, 404, "not_found", None);
    Page::new(&house).comes("/v1/signin", json!({"name": "Bo", "password": "long enough"})).await;
}

async fn the_door_asks_a_question(on: On) {
    let house = House::open(on).await;
    decide(&house, "question", r#"{"ask":"Which leaf?","answer":"Green Tea"}"#).await;
    let door = Ask::get("/v1/house").of(&house).await;
    assert_eq!(door.json()["question"], "Which leaf?");
    assert!(!door.body.to_lowercase().contains("green"), "the answer stays inside");
    for wish in [json!({"name": "Ada"}), json!({"name": "Ada", "answer": "coffee"})] {
        check(&guest(&house, wish).await, 403, "question", Some("answer"));
    }
    let mut client = Client::connect(&house).await;
    client.say(&json!({"type": "hello", "v": 1, "name": "Ada"})).await;
    assert_eq!(client.error().await.code.as_str(), "question");
    assert_eq!(guest(&house, json!({"name": "Ada", "answer": " green TEA"})).await.status, 201);
    // In the plain-text room nobody can answer.
    assert_eq!(Ask::upgrade("/chat").of(&house).await.status, 403);
}

/// The first nonce from this one on that is enough work, or is not.
fn nonce(asked: &Value, from: u64, enough: bool) -> Value {
    let (salt, bits) = (asked["salt"].as_str().unwrap(), asked["bits"].as_u64().unwrap());
    let is_enough = |nonce: &u64| {
        let hash = Sha256::digest(format!("{salt}:{nonce}"));
        u64::from(u64::from_be_bytes(hash[..8].try_into().unwrap()).leading_zeros()) >= bits
    };
    let nonce = (from..).find(|nonce| is_enough(nonce) == enough).unwrap();
    json!({"salt": salt, "nonce": nonce.to_string()})
}

/// What a newcomer's machine finds.
fn found(asked: &Value, from: u64) -> Value {
    nonce(asked, from, true)
}

async fn a_proof_of_work_counts_once(on: On) {
    let house = House::open(on).await;
    decide(&house, "work_bits", "9").await;
    let asked = Ask::get("/v1/house").of(&house).await.json()["work"].clone();
    assert_eq!(asked["bits"], 9);
    check(&guest(&house, json!({"name": "Ada"})).await, 403, "work", Some("work"));
    let work = found(&asked, 0);
    let lazy = nonce(&asked, 0, false);
    let mut own = work.clone();
    own["salt"] = json!("a salt of one's own");
    for wrong in [lazy, own] {
        check(&guest(&house, json!({"name": "Ada", "work": wrong})).await, 403, "work", Some("work"));
    }
    assert_eq!(guest(&house, json!({"name": "Ada", "work": work})).await.status, 201);
    check(&guest(&house, json!({"name": "Bo", "work": work})).await, 403, "work", Some("work"));
    let another = found(&asked, work["nonce"].as_str().unwrap().parse::<u64>().unwrap() + 1);
    assert_eq!(guest(&house, json!({"name": "Bo", "work": another})).await.status, 201);
}

async fn a_flood_of_guests_from_one_address_stops_nobody_else(on: On) {
    let given = Given {
        trust_forwarded: Some(true),
        guests_per_address_per_second: Some(1),
        guests_per_address_burst: Some(3),
        ..Given::default()
    };
    let house = House::open_with(on, given).await;
    let come =
        |address: &str| Ask::post("/v1/guests", &json!({})).with("x-forwarded-for", address).of_owned(&house);
    let mut refused = 0;
    for number in 0..40 {
        let answer = come(&format!("2001:db8::{number:x}")).await;
        refused += u32::from(answer.status == 429);
    }
    assert!(refused > 20, "one network is one address: {refused}");
    for address in ["2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"] {
        assert_eq!(come(address).await.status, 201, "{address}");
    }
}

#[tokio::test]
async fn guests_write_less_often_than_members() {
    let given = Given {
        sends_per_second: Some(1_000_000),
        sends_burst: Some(1_000_000),
        guest_sends_per_second: Some(1),
        guest_sends_burst: Some(2),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    let (ada, bo) = (Page::guest(&house, "Ada").await, Page::member(&house, "Bo", "long enough").await);
    let (mut guest, mut member) = (ada.enters().await, bo.enters().await);
    for number in 1..=20 {
        member.post(number, "again").await;
    }
    for number in 1..=3 {
        guest.post(number, "again").await;
    }
    assert_eq!(guest.hear(22, 2, 1).await.errors[0].code.as_str(), "rate");
    // Who claims their name writes as members do.
    ada.says("PUT", "/v1/me/password", json!({"password": "long enough"})).await;
    for number in 4..=10 {
        let sent = ada.request("POST", "/v1/rooms/1024/messages").body(number.to_string().as_bytes());
        assert_eq!(sent.of(&house).await.status, 201);
    }
}
