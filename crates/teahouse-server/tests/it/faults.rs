//! A store that fails, and a room whose task breaks: writing is refused, nothing else notices, all mends.

use std::sync::Arc;

use serde_json::json;
use teahouse_protocol::{ErrorCode, Push, RoomId};
use teahouse_server::store::StoreError;

use crate::kit::{Client, Fault, House, On, Plain, check_in_order, on_every_store};

on_every_store!(
    a_store_that_fails_refuses_and_goes_on,
    what_followed_a_refused_send_is_out_of_order,
    an_append_that_was_stored_all_the_same_is_seen_once,
    a_broken_room_begins_anew,
);

fn faults() -> [(StoreError, ErrorCode); 3] {
    let why: Arc<str> = "the test says so".into();
    [
        (StoreError::Busy, ErrorCode::StoreBusy),
        (StoreError::Full(why.clone()), ErrorCode::StoreFull),
        (StoreError::Down(why), ErrorCode::StoreDown),
    ]
}

async fn a_store_that_fails_refuses_and_goes_on(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    ada.post(1, "before").await;
    ada.hear(1, 1, 0).await;
    bo.event().await;
    for (number, (fault, code)) in (2..).zip(faults()) {
        house.store.breaks(Fault::Fails(fault));
        let mut send = ada.send(number, "again and again");
        send["first"] = json!(true);
        ada.say(&send).await;
        let error = ada.error().await;
        assert_eq!((error.code, error.r#ref, error.retry_ms), (code, Some(number), Some(1_000)));
        assert!(!error.message.contains("the test says so"), "the inside stays inside");
        // Reading goes on: history, a new reader from the beginning, and the door.
        bo.say(&json!({"type": "history", "ref": 9, "room": "1024", "before": 9, "limit": 9})).await;
        let Push::Page { messages, .. } = bo.next().await else { panic!("a page") };
        assert_eq!(messages.len() as u64, number - 1);
        let mut late = Client::connect(&house).await;
        let hello = json!({"type": "hello", "v": 1, "cursors": {"1024": "0"}});
        check_in_order(&late.come_in(&hello).await.1.events, 1, number - 1);
        bo.quiet().await;
        house.store.mend();
        ada.say(&send).await;
        assert_eq!(ada.ack(number).await, number);
        ada.event().await;
        assert_eq!(bo.event().await.seq.0, number);
    }
    assert_eq!(house.log(&RoomId::main()).await.len(), 4);
}

async fn what_followed_a_refused_send_is_out_of_order(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    house.store.breaks(Fault::Fails(StoreError::Busy));
    let before = house.store.asked();
    house.store.hold(true);
    ada.post(1, "1").await;
    house.store.until_asked(before).await;
    // These wait for the next append, which works: they may not overtake the first. Bo's may.
    ada.post(2, "2").await;
    ada.quiet().await;
    bo.post(1, "bo").await;
    bo.quiet().await;
    house.store.mend();
    house.store.hold(false);
    let heard = ada.hear(1, 0, 2).await;
    assert_eq!(heard.texts(), ["bo"]);
    let codes: Vec<_> = heard.errors.iter().map(|error| (error.r#ref.unwrap(), error.code)).collect();
    assert_eq!(codes, [(1, ErrorCode::StoreBusy), (2, ErrorCode::OutOfOrder)]);
    bo.hear(1, 1, 0).await;
    let (mut first, second) = (ada.send(1, "1"), ada.send(2, "2"));
    first["first"] = json!(true);
    ada.say_all(&[first, second]).await;
    ada.hear(2, 2, 0).await;
    assert_eq!(bo.hear(2, 0, 0).await.texts(), ["1", "2"]);
}

async fn an_append_that_was_stored_all_the_same_is_seen_once(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    ada.post(1, "1").await;
    ada.hear(1, 1, 0).await;
    bo.event().await;
    house.store.breaks(Fault::FailsAfterwards(StoreError::Down("lost".into())));
    ada.post(2, "2").await;
    assert_eq!(ada.error().await.code, ErrorCode::StoreDown);
    house.store.mend();
    let (mut first, third) = (ada.send(2, "2"), ada.send(3, "3"));
    first["first"] = json!(true);
    ada.say_all(&[first, third]).await;
    // The room learns of the event from the repeat: everybody reads it from the log, and is live again.
    let (mut acks, mut events) = (Vec::new(), Vec::new());
    while acks.len() < 2 || events.len() < 2 {
        match ada.next().await {
            Push::Ack { r#ref, seq, repeat, .. } => acks.push((r#ref, seq.0, repeat)),
            Push::Event(event) => events.push(event),
            Push::Live { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(acks, [(2, 2, true), (3, 3, false)]);
    check_in_order(&events, 2, 3);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        match bo.next().await {
            Push::Event(event) => heard.push(event),
            Push::Live { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(heard, events);
    assert_eq!(house.log(&RoomId::main()).await[1..], events);
}

async fn a_broken_room_begins_anew(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut plain = Plain::enter(&house).await;
    ada.post(1, "1").await;
    ada.hear(1, 1, 0).await;
    bo.event().await;
    plain.hear().await;
    house.store.breaks(Fault::Short);
    ada.post(2, "2").await;
    // 4002: come back; whoever does finds everything as it was.
    assert_eq!(ada.closed().await.0, 4002);
    assert_eq!(bo.closed().await.0, 4002);
    assert_eq!(plain.closed().await, 4002);
    house.store.mend();
    let cursor = house.cursor(&RoomId::main(), 1).await;
    let (mut again, mut back) = (Client::connect(&house).await, Client::connect(&house).await);
    let (subscribed, heard) = again.come_in(&ada.again(&json!({"1024": cursor}))).await;
    assert_eq!((subscribed.head.0, heard.events.len()), (1, 0));
    back.come_in(&bo.again(&json!({"1024": cursor}))).await;
    let send = ada.send(2, "2");
    again.say(&send).await;
    assert_eq!(again.hear(1, 1, 0).await.acks, [(2, 2, false)]);
    assert_eq!(back.event().await.body.text, "2");
}
