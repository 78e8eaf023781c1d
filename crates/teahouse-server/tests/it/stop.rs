//! The end of a house: everybody is told, what was written is answered, nothing new begins.

use serde_json::json;
use teahouse_protocol::{Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Ask, Client, House, On, Plain, check_in_order, on_every_store};

on_every_store!(
    everybody_is_told_and_sent_away,
    what_was_written_is_answered_before_the_end,
    what_was_said_before_the_end_is_worked_on,
);

/// Everything until the close: the number of drains, the acks' refs and the code.
async fn until_closed(client: &mut Client) -> (usize, Vec<u64>, u16) {
    let (mut drains, mut acks) = (0, Vec::new());
    loop {
        match client.frame().await {
            Ok(Push::Drain { retry_ms }) => {
                assert!(retry_ms >= 1_000);
                drains += 1;
            }
            Ok(Push::Ack { r#ref, repeat: false, .. }) => acks.push(r#ref),
            Ok(Push::Close { code: 4001, retry_ms, .. }) => assert!(retry_ms.is_some_and(|ms| ms >= 1_000)),
            Ok(Push::Event(_) | Push::Signal { .. }) => {}
            Err((code, _)) => return (drains, acks, code),
            other => panic!("unexpected {other:?}"),
        }
    }
}

async fn everybody_is_told_and_sent_away(on: On) {
    let mut house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut silent = Client::connect(&house).await;
    let mut plain = Plain::enter(&house).await;
    house.begin_stop();
    let Push::Drain { .. } = ada.next().await else { panic!("a drain") };
    // While somebody is here the house answers, and lets nobody in.
    for ask in [Ask::get("/"), Ask::get("/readyz"), Ask::upgrade("/v1/ws"), Ask::upgrade("/chat")] {
        let answer = ask.of(&house).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
        assert_eq!(answer.code(), "draining");
    }
    assert_eq!(Ask::get("/healthz").of(&house).await.status, 200);
    assert_eq!(until_closed(&mut ada).await, (0, vec![], 4001));
    assert_eq!(until_closed(&mut silent).await, (1, vec![], 4001));
    assert_eq!(plain.closed().await, 4001);
    drop((ada, silent, plain));
    house.stopped().await;
}

async fn what_was_written_is_answered_before_the_end(on: On) {
    let mut house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut cy = Client::connect(&house).await;
    let before = house.store.asked();
    house.store.hold(true);
    let sends: Vec<_> = (1..=5).map(|n| ada.send(n, &n.to_string())).collect();
    ada.say_all(&sends).await;
    house.store.until_asked(before).await;
    house.begin_stop();
    let Push::Drain { .. } = ada.next().await else { panic!("a drain") };
    // The others' time comes; what Ada says from now on is not read any more.
    assert_eq!(until_closed(&mut bo).await, (1, vec![], 4001));
    assert_eq!(until_closed(&mut cy).await, (1, vec![], 4001));
    house.store.hold(false);
    assert_eq!(until_closed(&mut ada).await, (0, (1..=5).collect(), 4001));
    drop(ada);
    house.stopped().await;
    let house = house.restarted().await;
    check_in_order(&house.log(&RoomId::main()).await, 1, 5);
}

/// What came and waits for room is not forgotten when the end is announced: what follows would overtake it.
async fn what_was_said_before_the_end_is_worked_on(on: On) {
    let given = Given { sends_unacked_max: Some(2), ..Given::default() };
    let mut house = House::open_with(on, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let before = house.store.asked();
    house.store.hold(true);
    let mut lines: Vec<_> = (1..=9).map(|n| ada.send(n, &n.to_string())).collect();
    lines.push(json!({"type": "ping", "ref": 99}));
    ada.say_all(&lines).await;
    house.store.until_asked(before).await;
    house.begin_stop();
    let Push::Drain { .. } = ada.next().await else { panic!("a drain") };
    ada.post(10, "10").await;
    house.store.hold(false);
    let mut acks = Vec::new();
    loop {
        match ada.frame().await {
            Ok(Push::Ack { r#ref, repeat: false, .. }) => acks.push(r#ref),
            Ok(Push::Event(_) | Push::Signal { .. } | Push::Close { .. }) => {}
            Ok(Push::Pong { r#ref: 99, .. }) => assert!(acks.len() >= 8, "{acks:?}"),
            Err((4001, _)) => break,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(acks.iter().copied().eq(1..=acks.len() as u64), "{acks:?}");
    assert!(acks.len() >= 2);
    drop(ada);
    house.stopped().await;
    let house = house.restarted().await;
    let log = house.log(&RoomId::main()).await;
    assert!(log.len() >= acks.len());
    assert!(log.iter().map(|event| event.body.text.clone()).eq((1..=log.len()).map(|n| n.to_string())));
}
