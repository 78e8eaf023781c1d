//! What somebody takes along, and that nothing of them stays.

use serde_json::{Value, json};
use teahouse_protocol::{Kind, RoomId};

use super::{Page, check};
use crate::kit::{Ask, Client, House, On, on_every_store};

on_every_store!(one_takes_everything_along, who_leaves_for_good_is_forgotten);

async fn one_takes_everything_along(on: On) {
    let house = House::open(on).await;
    let ada = Page::member(&house, "Ada", "long enough").await;
    let mut socket = ada.enters().await;
    let mut bo = Client::enter(&house, "Bo").await;
    for number in 1..=450 {
        socket.post(number, &format!("\"{number}\" 茶")).await;
    }
    bo.post(1, "somebody else's").await;
    bo.hear(451, 1, 0).await;
    let answer = ada.request("GET", "/v1/me/export").of(&house).await;
    assert!(answer.header("content-disposition").unwrap().contains("teahouse.json"));
    let taken = answer.json();
    assert_eq!(taken["account"]["id"], ada.you["id"]);
    assert_eq!((&taken["has_password"], taken["sign_ins"].as_array().unwrap().len()), (&json!(true), 1));
    let messages = taken["messages"].as_array().unwrap();
    let texts: Vec<_> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, (1..=450).map(|number| format!("\"{number}\" 茶")).collect::<Vec<_>>());
    assert!(messages.iter().all(|message| message["room"] == "1024" && message["at"].is_u64()));
    let empty = Page::guest(&house, "Quiet").await.get("/v1/me/export").await;
    assert_eq!(empty["messages"], json!([]));
}

async fn who_leaves_for_good_is_forgotten(on: On) {
    let house = House::open(on).await;
    let ada = Page::member(&house, "Ada", "long enough").await;
    let mut socket = ada.enters().await;
    let bo = Page::guest(&house, "Bo").await;
    let mut other = bo.enters().await;
    for number in 1..=250 {
        socket.post(number, "a secret").await;
    }
    other.post(1, "an answer").await;
    other.hear(251, 1, 0).await;
    let before = house.log(&RoomId::main()).await;
    let theirs: Vec<_> =
        before.iter().filter(|event| event.body.text == "a secret").map(|event| event.seq.0).collect();
    assert_eq!(theirs.len(), 250);
    // Their name has to be typed, and their password.
    for (wrong, code, field) in [
        (json!({"name": "ada", "password": "long enough"}), "bad_field", "name"),
        (json!({"name": "Ada", "password": "wrong enough"}), "bad_password", "password"),
        (json!({"name": "Ada"}), "bad_password", "password"),
    ] {
        let status = if code == "bad_field" { 400 } else { 401 };
        check(&ada.asks("DELETE", "/v1/me", wrong).await, status, code, Some(field));
    }
    let gone = ada.asks("DELETE", "/v1/me", json!({"name": "Ada", "password": "long enough"})).await;
    assert_eq!((gone.status, gone.cookie("teahouse").unwrap().0), (200, ""), "{gone:?}");
    while socket.frame().await.is_ok() {}
    check(&ada.request("GET", "/v1/me").of(&house).await, 401, "bad_token", None);
    check(
        &ada.asks("POST", "/v1/signin", json!({"name": "Ada", "password": "long enough"})).await,
        401,
        "bad_password",
        None,
    );
    // The others hear of every message that is gone, and of nothing else.
    let log = house.log(&RoomId::main()).await;
    let of = |kind| log.iter().filter(move |event| event.kind == kind);
    assert!(of(Kind::Message).all(|event| event.body.text != "a secret"), "the texts are gone");
    assert_eq!(of(Kind::Message).filter(|event| event.body.text == "an answer").count(), 1);
    let mut targets: Vec<_> = of(Kind::Delete).map(|event| event.body.target.unwrap().0).collect();
    targets.sort_unstable();
    assert_eq!(targets, theirs);
    assert!(
        log.iter().filter(|event| json!(event.by.id) == ada.you["id"]).all(|event| event.by.name.is_empty())
    );
    // The name is free for somebody who is another one.
    let again = Page::guest(&house, "Ada").await;
    assert!(again.you["id"] != ada.you["id"]);
    let taken = bo.get("/v1/me/export").await;
    assert_eq!(taken["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_owner_hands_the_house_over_first() {
    let house = House::open(On::Sqlite).await;
    let path = house.node.setup_path().unwrap();
    let secret = path.strip_prefix("/setup#").unwrap();
    let mut owner = Page::new(&house);
    owner.comes("/v1/setup", json!({"token": secret, "name": "林晓", "password": "long enough"})).await;
    let leave = json!({"name": "林晓", "password": "long enough"});
    check(&owner.asks("DELETE", "/v1/me", leave).await, 403, "forbidden", None);
    assert_eq!(owner.get("/v1/me").await["you"], owner.you);
}

/// What was deleted is in no file of the store any more.
#[tokio::test]
async fn what_is_gone_is_gone_from_the_disk() {
    let house = House::open(On::Sqlite).await;
    let ada = Page::guest(&house, "Ada").await;
    let secret = "nobody may ever read this line again";
    let sent = ada.request("POST", "/v1/rooms/1024/messages").body(secret.as_bytes()).of(&house).await;
    assert_eq!(sent.status, 201);
    let has = |house: &House| {
        house
            .ground()
            .files()
            .iter()
            .any(|file| file.windows(secret.len()).any(|window| window == secret.as_bytes()))
    };
    assert!(has(&house), "it was on the disk");
    ada.says("DELETE", "/v1/me", json!({"name": "Ada"})).await;
    let house = house.restarted().await;
    assert!(!has(&house));
    let look = Ask::get("/v1/rooms/1024/messages").with("accept", "application/json").of(&house).await;
    let texts: Vec<_> =
        look.json()["messages"].as_array().unwrap().iter().map(|one| one["body"]["text"].clone()).collect();
    assert!(texts.iter().all(|text| *text == Value::Null || text == ""), "{texts:?}");
}
