//! Coming in: who one is, what one may be called, and who is not let in.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use teahouse_protocol::{ErrorCode, Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Client, House, On, on_every_store};

on_every_store!(
    a_token_is_the_same_person_again,
    a_name_is_one_persons,
    a_newer_connection_of_a_session_replaces_the_older,
);

fn hello(name: &str) -> Value {
    json!({"type": "hello", "v": 1, "name": name, "cursors": {}, "client": "test/1"})
}

async fn a_token_is_the_same_person_again(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&hello("  Ada   L ")).await;
    let me = ada.me().clone();
    assert_eq!((me.v, &*me.you.name, me.you.role), (1, "Ada L", None));
    assert_eq!((&*me.house.name, me.heartbeat_s), ("茶馆", 25));
    assert_eq!((me.limits.frame_bytes_max, me.limits.text_bytes_max), (65_536, 16_384));
    let token = me.token.clone().expect("a new person is told their token");
    let mut again = Client::connect(&house).await;
    again.hello(&json!({"type": "hello", "v": 1, "token": token, "name": "Somebody else"})).await;
    assert_eq!((&again.me().you, &again.me().token), (&me.you, &None));
    assert_ne!(again.me().session, me.session, "who shows no session gets another");
    let mut back = Client::connect(&house).await;
    back.hello(&ada.again(&json!({}))).await;
    assert_eq!((&back.me().you, back.me().session), (&me.you, me.session));
    // A session belongs to a token: a guest does not get another's.
    let mut thief = Client::connect(&house).await;
    thief.hello(&json!({"type": "hello", "v": 1, "session": me.session})).await;
    assert_ne!(thief.me().session, me.session);
    back.quiet().await;
    let token = ada.again(&json!({}))["token"].clone();
    drop((ada, again, back, thief));
    let house = house.restarted().await;
    let mut later = Client::connect(&house).await;
    later.hello(&json!({"type": "hello", "v": 1, "token": token})).await;
    assert_eq!(later.me().you, me.you);
}

async fn a_name_is_one_persons(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&hello("Ada")).await;
    let mut other = Client::connect(&house).await;
    let hidden = "A\u{200b}da";
    let long = "茶".repeat(33);
    let refused = [
        ("Ada", ErrorCode::NameTaken),
        ("ada", ErrorCode::NameTaken),
        ("Аdа", ErrorCode::NameTaken),
        ("Ａｄａ", ErrorCode::NameTaken),
        (" ", ErrorCode::BadName),
        (hidden, ErrorCode::BadName),
        (&long, ErrorCode::BadName),
        ("Teahouse", ErrorCode::BadName),
        ("0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7", ErrorCode::BadName),
    ];
    for (name, code) in refused {
        other.say(&hello(name)).await;
        let error = other.error().await;
        assert_eq!((error.code, error.field.as_deref()), (code, Some("name")), "{name:?}");
    }
    // The connection lives on, and another name is let in.
    other.hello(&hello("Ada 2")).await;
    assert_eq!(&*other.me().you.name, "Ada 2");
}

async fn a_newer_connection_of_a_session_replaces_the_older(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 3, |n| n.to_string()).await;
    let mut old = Client::enter(&house, "Ada").await;
    let mut elsewhere = Client::connect(&house).await;
    elsewhere.come_in(&old.elsewhere(&json!({"1024": "head"}))).await;
    let mut new = Client::connect(&house).await;
    new.come_in(&old.again(&json!({"1024": "0"}))).await;
    assert_eq!(old.closed().await.0, 4003);
    elsewhere.quiet().await;
    new.post(1, "mine").await;
    new.hear(1, 1, 0).await;
    assert_eq!(elsewhere.event().await.body.text, "mine");
}

#[tokio::test]
async fn who_gives_no_name_gets_one() {
    let house = House::open(On::Sqlite).await;
    let mut names = BTreeSet::new();
    for _ in 0..40 {
        let mut client = Client::connect(&house).await;
        client.hello(&json!({"type": "hello", "v": 1})).await;
        let name = client.me().you.name.clone();
        assert!(teahouse_core::name::check(&name).is_ok(), "{name}");
        names.insert(name);
    }
    assert_eq!(names.len(), 40);
}

#[tokio::test]
async fn who_is_nobody_is_not_let_in() {
    let house = House::open(On::Sqlite).await;
    let refused = [
        (json!({"type": "hello", "v": 1, "token": "nobody's"}), ErrorCode::BadToken, 4401),
        (json!({"type": "hello", "v": 1, "token": ""}), ErrorCode::BadToken, 4401),
        (json!({"type": "hello", "v": 2, "name": "Ada"}), ErrorCode::Version, 4426),
        (json!({"type": "hello", "v": 0}), ErrorCode::Version, 4426),
        (json!({"type": "ping", "ref": 1}), ErrorCode::HelloFirst, 4400),
        (json!({"type": "subscribe", "ref": 1, "room": "1024", "from": "head"}), ErrorCode::HelloFirst, 4400),
    ];
    for (line, code, close) in refused {
        let mut client = Client::connect(&house).await;
        client.say(&line).await;
        let (closed, heard) = client.closed().await;
        assert_eq!((heard.errors[0].code, closed), (code, close), "{line}");
        assert_eq!(heard.errors.len(), 1);
    }
    let mut fine = Client::connect(&house).await;
    fine.say(&json!({"type": "hello", "name": "Ada"})).await;
    assert_eq!(fine.error().await.code, ErrorCode::MissingField);
    fine.hello(&hello("Ada")).await;
    fine.say(&hello("Ada again")).await;
    assert_eq!(fine.error().await.code, ErrorCode::AlreadyWelcome);
    fine.quiet().await;
}

#[tokio::test]
async fn a_hello_comes_in_time() {
    let given = Given { hello_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut silent = Client::connect(&house).await;
    assert_eq!(silent.closed().await.0, 4012);
}

#[tokio::test]
async fn a_person_has_so_many_connections() {
    let given = Given { connections_per_user_max: Some(2), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut second = Client::connect(&house).await;
    second.come_in(&ada.elsewhere(&json!({"1024": "head"}))).await;
    let mut third = Client::connect(&house).await;
    third.say(&ada.elsewhere(&json!({}))).await;
    assert_eq!(third.closed().await.0, 4102);
    // Another person has their own, and who leaves makes room.
    Client::enter(&house, "Bo").await;
    second.say(&json!({"type": "bye"})).await;
    assert_eq!(second.frame().await, Err((1000, String::new())));
    drop(second);
    loop {
        let mut fourth = Client::connect(&house).await;
        fourth.say(&ada.elsewhere(&json!({}))).await;
        match fourth.next().await {
            Push::Welcome(_) => break,
            // The server has not seen the end of the second one yet.
            Push::Close { code: 4102, .. } => ada.quiet().await,
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_crowd_comes_in_line() {
    let given = Given { hellos_per_second: Some(1), hellos_burst: Some(2), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let _bo = Client::enter(&house, "Bo").await;
    let mut cy = Client::connect(&house).await;
    cy.say(&hello("Cy")).await;
    assert_eq!(cy.closed().await.0, 4100);
    ada.quiet().await;
}

#[tokio::test]
async fn an_address_makes_so_many_guests() {
    let given = Given {
        guests_per_address_per_second: Some(1),
        guests_per_address_burst: Some(2),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let _bo = Client::enter(&house, "Bo").await;
    let mut cy = Client::connect(&house).await;
    cy.say(&hello("Cy")).await;
    let error = cy.error().await;
    assert_eq!(error.code, ErrorCode::Rate);
    assert!(error.retry_ms.is_some_and(|ms| (1..=1_000).contains(&ms)), "{error:?}");
    // Who was here before is no new guest.
    cy.hello(&ada.elsewhere(&json!({}))).await;
    ada.quiet().await;
}

#[tokio::test]
async fn a_room_that_is_not_there_does_not_keep_one_out() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::connect(&house).await;
    let cursors = json!({"nowhere": "head", "1024": {"tail": 5}});
    ada.hello(&json!({"type": "hello", "v": 1, "name": "Ada", "cursors": cursors})).await;
    assert_eq!(ada.subscribed().await.room.id, RoomId::main());
    let mut live = false;
    let error = loop {
        match ada.next().await {
            Push::Error(error) => break error,
            Push::Live { .. } => live = true,
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::NoSuchRoom, Some("cursors.nowhere")));
    assert_eq!(error.r#ref, None);
    if !live {
        ada.until_live().await;
    }
    ada.quiet().await;
}

#[tokio::test]
async fn a_connection_has_so_many_rooms() {
    let given = Given { rooms_per_connection_max: Some(2), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    house.add_room("a").await;
    house.add_room("b").await;
    let mut ada = Client::connect(&house).await;
    let cursors = json!({"1024": "head", "a": "head", "b": "head"});
    ada.say(&json!({"type": "hello", "v": 1, "name": "Ada", "cursors": cursors})).await;
    let error = ada.error().await;
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::TooManyRooms, Some("cursors")));
    ada.hello(&hello("Ada")).await;
    for (number, room) in (1..).zip(["1024", "a", "b"]) {
        ada.say(&json!({"type": "subscribe", "ref": number, "room": room, "from": "head"})).await;
        if number < 3 {
            ada.subscribed().await;
            ada.until_live().await;
        }
    }
    let error = ada.error().await;
    assert_eq!((error.code, error.r#ref), (ErrorCode::TooManyRooms, Some(3)));
    // A room that is followed already is not one more.
    ada.say(&json!({"type": "subscribe", "ref": 4, "room": "a", "from": "head"})).await;
    ada.subscribed().await;
    ada.until_live().await;
}

#[tokio::test]
async fn a_newer_token_is_the_same_persons() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let bo = Client::enter(&house, "Bo").await;
    ada.say(&json!({"type": "auth", "ref": 3, "token": ada.me().token})).await;
    assert_eq!(ada.next().await, Push::Authed { r#ref: 3 });
    ada.quiet().await;
    ada.say(&json!({"type": "auth", "ref": 4, "token": bo.me().token})).await;
    let (code, heard) = ada.closed().await;
    assert_eq!((code, heard.errors[0].code, heard.errors[0].r#ref), (4401, ErrorCode::BadToken, Some(4)));
}
