//! Writing: stored before anybody hears of it, once, in order, and refused in words.

use serde_json::json;
use teahouse_protocol::{Body, ErrorCode, Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Client, House, On, check_in_order, on_every_store};

on_every_store!(
    everybody_hears_a_message_once_it_is_stored,
    a_repeat_gets_the_first_answer_and_moves_nothing,
    a_cid_belongs_to_one_message,
    one_senders_messages_keep_their_order,
    too_fast_is_refused_until_the_outbox_starts_again,
    a_whole_message_of_sends_may_meet_the_rate,
    many_unanswered_sends_wait_and_go_on,
);

async fn everybody_hears_a_message_once_it_is_stored(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let before = house.store.asked();
    house.store.hold(true);
    ada.post(1, "你好").await;
    house.store.until_asked(before).await;
    ada.quiet().await;
    bo.quiet().await;
    house.store.hold(false);
    let seq = ada.ack(1).await;
    let heard = ada.event().await;
    assert_eq!((seq, heard.seq.0, heard.n), (1, 1, Some(1)));
    assert_eq!((&heard.by, heard.cid, &*heard.body.text), (&ada.me().you, ada.cid(1), "你好"));
    assert_eq!(bo.event().await, heard);
    assert_eq!(house.log(&RoomId::main()).await, [heard]);
}

async fn a_repeat_gets_the_first_answer_and_moves_nothing(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    ada.post(1, "once").await;
    let Push::Ack { seq, at, repeat: false, .. } = ada.next().await else { panic!("an ack") };
    ada.event().await;
    // On the same connection, twice in one message, and by the same person on another one.
    let send = ada.send(1, "once");
    ada.say_all(&[send.clone(), send.clone()]).await;
    for _ in 0..2 {
        assert_eq!(
            ada.next().await,
            Push::Ack { r#ref: 1, room: RoomId::main(), cid: ada.cid(1), seq, at, repeat: true }
        );
    }
    let mut again = Client::connect(&house).await;
    again.come_in(&ada.elsewhere(&json!({"1024": "head"}))).await;
    again.say(&send).await;
    assert_eq!(again.hear(0, 1, 0).await.acks, [(1, seq.0, true)]);
    again.quiet().await;
    ada.quiet().await;
    // Two of the same before either was stored.
    let send = ada.send(2, "twice in one batch");
    ada.say_all(&[send.clone(), send]).await;
    assert_eq!(ada.hear(1, 2, 0).await.acks, [(2, 2, false), (2, 2, true)]);
    ada.quiet().await;
    assert_eq!(house.log(&RoomId::main()).await.len(), 2);
}

async fn a_cid_belongs_to_one_message(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    ada.post(1, "mine").await;
    ada.hear(1, 1, 0).await;
    bo.event().await;
    let send = ada.send(1, "mine");
    bo.say(&send).await;
    ada.post(1, "changed").await;
    for client in [&mut ada, &mut bo] {
        let error = client.error().await;
        assert_eq!((error.code, error.r#ref, error.retry_ms), (ErrorCode::CidConflict, Some(1), None));
    }
    // It is no refusal that may be retried: what follows is not out of order.
    ada.post(2, "next").await;
    ada.hear(1, 1, 0).await;
    assert_eq!(bo.event().await.body, Body::of("next".into()));
}

async fn one_senders_messages_keep_their_order(on: On) {
    const EACH: u64 = 200;
    let house = House::open(on).await;
    let mut reader = Client::enter(&house, "Reader").await;
    let mut writers = Vec::new();
    for name in ["Ada", "Bo", "Cy"] {
        writers.push(Client::enter(&house, name).await);
    }
    for first in (1..=EACH).step_by(20) {
        for writer in &mut writers {
            let name = writer.me().you.name.clone();
            let sends: Vec<_> = (first..first + 20).map(|n| writer.send(n, &format!("{name} {n}"))).collect();
            writer.say_all(&sends).await;
        }
    }
    let all = EACH * 3;
    let heard = reader.hear_up_to(all).await;
    check_in_order(&heard.events, 1, all);
    for writer in &mut writers {
        let name = writer.me().you.name.clone();
        let theirs = heard.texts().into_iter().filter(|text| text.starts_with(&*name));
        assert!(theirs.eq((1..=EACH).map(|n| format!("{name} {n}"))), "{name}'s order");
        let own = writer.hear(all as usize, EACH as usize, 0).await;
        assert_eq!(own.events, heard.events);
        assert!(own.acks.iter().map(|(number, ..)| *number).eq(1..=EACH), "acks in order");
    }
    assert_eq!(house.log(&RoomId::main()).await, heard.events);
}

async fn too_fast_is_refused_until_the_outbox_starts_again(on: On) {
    let given = Given { sends_per_second: Some(1), sends_burst: Some(3), ..Given::default() };
    let house = House::open_with(on, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let sends: Vec<_> = (1..=6).map(|n| ada.send(n, &n.to_string())).collect();
    ada.say_all(&sends).await;
    let heard = ada.hear(3, 3, 3).await;
    assert_eq!(heard.texts(), ["1", "2", "3"]);
    let errors: Vec<_> = heard.errors.iter().map(|error| (error.r#ref.unwrap(), error.code)).collect();
    assert_eq!(errors, [(4, ErrorCode::Rate), (5, ErrorCode::OutOfOrder), (6, ErrorCode::OutOfOrder)]);
    let retry_ms = heard.errors[0].retry_ms.expect("it says how long to wait");
    assert!((1..=1_000).contains(&retry_ms), "{retry_ms}");
    // Another connection of the same person has the same rate; another person has their own.
    let mut again = Client::connect(&house).await;
    again.come_in(&ada.elsewhere(&json!({"1024": "head"}))).await;
    again.post(7, "7").await;
    assert_eq!(again.error().await.code, ErrorCode::Rate);
    bo.hear(3, 0, 0).await;
    bo.post(1, "mine").await;
    bo.hear(1, 1, 0).await;
    ada.event().await;
    ada.post(5, "5").await;
    assert_eq!(ada.error().await.code, ErrorCode::OutOfOrder);
    // The head of the outbox opens the way when the rate allows it.
    let mut first = ada.send(4, "4");
    first["first"] = json!(true);
    loop {
        ada.say(&first).await;
        match ada.next().await {
            Push::Ack { r#ref: 4, repeat: false, .. } => break,
            Push::Error(error) => assert_eq!(error.code, ErrorCode::Rate),
            other => panic!("an ack or a refusal, not {other:?}"),
        }
    }
    assert_eq!(ada.event().await.body.text, "4");
}

/// The refusal of the 31st of 32 is answered while the others still wait for the disk.
async fn a_whole_message_of_sends_may_meet_the_rate(on: On) {
    let given = Given { sends_per_second: Some(1), sends_burst: Some(30), ..Given::default() };
    let house = House::open_with(on, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let sends: Vec<_> = (1..=32).map(|n| ada.send(n, &n.to_string())).collect();
    ada.say_all(&sends).await;
    let heard = ada.hear(30, 30, 2).await;
    check_in_order(&heard.events, 1, 30);
    assert_eq!(heard.errors[0].code, ErrorCode::Rate);
    assert_eq!(heard.errors[1].code, ErrorCode::OutOfOrder);
    check_in_order(&bo.hear(30, 0, 0).await.events, 1, 30);
    bo.post(1, "still here").await;
    bo.hear(1, 1, 0).await;
    assert_eq!(ada.event().await.body.text, "still here");
}

async fn many_unanswered_sends_wait_and_go_on(on: On) {
    let given = Given { sends_unacked_max: Some(4), ..Given::default() };
    let house = House::open_with(on, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let before = house.store.asked();
    house.store.hold(true);
    // The pings between are not read before there is room again: the socket waits, in the middle of a
    // message and between messages.
    let mut lines = Vec::new();
    for n in 1..=10 {
        lines.push(ada.send(n, &n.to_string()));
        lines.push(json!({"type": "ping", "ref": 100 + n}));
    }
    ada.say_all(&lines).await;
    ada.post(11, "11").await;
    ada.say(&json!({"type": "ping", "ref": 111})).await;
    house.store.until_asked(before).await;
    for n in 1..=3 {
        let Push::Pong { r#ref, .. } = ada.next().await else { panic!("a pong") };
        assert_eq!(r#ref, 100 + n);
    }
    bo.quiet().await;
    house.store.hold(false);
    let (mut acks, mut pongs, mut events) = (Vec::new(), Vec::new(), Vec::new());
    while acks.len() < 11 || events.len() < 11 || pongs.len() < 8 {
        match ada.next().await {
            Push::Ack { r#ref, .. } => acks.push(r#ref),
            Push::Pong { r#ref, .. } => {
                // What was sent before the ping, but for the last few, was answered before it was read.
                assert!(acks.len() as u64 + 4 > r#ref - 100, "pong {ref} after {acks:?}");
                pongs.push(r#ref);
            }
            Push::Event(event) => events.push(event),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(acks.into_iter().eq(1..=11));
    assert!(pongs.into_iter().eq(104..=111));
    check_in_order(&events, 1, 11);
    check_in_order(&bo.hear(11, 0, 0).await.events, 1, 11);
}

#[tokio::test]
async fn a_text_that_may_not_be_written_is_refused() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let long = "茶".repeat(5_462);
    let refused = [
        (json!({"text": ""}), ErrorCode::BadField),
        (json!({"text": " \n\t\u{3000}\u{200b}"}), ErrorCode::BadField),
        (json!({"text": "a\u{1b}[2J"}), ErrorCode::BadField),
        (json!({"text": "a\r\nb"}), ErrorCode::BadField),
        (json!({"text": "a\u{0}"}), ErrorCode::BadField),
        (json!({"text": long}), ErrorCode::TextTooLong),
        (json!({"text": 7}), ErrorCode::BadField),
        (json!({}), ErrorCode::MissingField),
    ];
    for (number, (body, code)) in (1..).zip(refused) {
        let mut send = ada.send(number, "");
        send["body"] = body.clone();
        ada.say(&send).await;
        let error = ada.error().await;
        assert_eq!((error.code, error.r#ref), (code, Some(number)), "{body}");
        assert_eq!(error.field.as_deref(), Some("body.text"), "{body}");
    }
    // It is no refusal that may be retried; a text of the longest kind with everything allowed goes on.
    let longest = format!("\t茶\n{}", "a".repeat(16_384 - 5));
    ada.post(20, &longest).await;
    assert_eq!(ada.ack(20).await, 1);
    assert_eq!(ada.event().await.body.text, longest);
}

#[tokio::test]
async fn only_who_follows_a_room_writes_to_it() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&json!({"type": "hello", "v": 1, "name": "Ada"})).await;
    ada.post(1, "too early").await;
    let error = ada.error().await;
    assert_eq!((error.code, error.r#ref), (ErrorCode::NotSubscribed, Some(1)));
    ada.say(&json!({"type": "subscribe", "ref": 2, "room": "1024", "from": "head"})).await;
    assert_eq!(ada.subscribed().await.r#ref, Some(2));
    ada.until_live().await;
    // What followed the refused one would overtake it.
    ada.post(3, "later").await;
    let error = ada.error().await;
    assert_eq!((error.code, error.r#ref), (ErrorCode::OutOfOrder, Some(3)));
    let mut first = ada.send(1, "too early");
    first["first"] = json!(true);
    let later = ada.send(3, "later");
    ada.say_all(&[first, later]).await;
    assert_eq!(ada.hear(2, 2, 0).await.texts(), ["too early", "later"]);
    for wrong in [json!({"kind": "join"}), json!({"cid": "1"}), json!({"room": "Ä"}), json!({"ref": -1})] {
        let mut send = ada.send(4, "wrong");
        let (field, value) = wrong.as_object().unwrap().iter().next().unwrap();
        send[field] = value.clone();
        ada.say(&send).await;
        let error = ada.error().await;
        assert_eq!((error.code, error.field.as_ref()), (ErrorCode::BadField, Some(field)), "{wrong}");
    }
}
