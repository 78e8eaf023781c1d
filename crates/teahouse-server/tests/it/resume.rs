//! Following a room: from where it was asked, without hole or repeat, or the hole is said aloud.

use serde_json::{Value, json};
use teahouse_protocol::{Cursor, Epoch, ErrorCode, Push, RoomId};

use crate::kit::{Client, House, On, check_in_order, on_every_store};

on_every_store!(
    a_subscription_starts_where_it_was_asked,
    who_comes_back_gets_exactly_what_was_missed,
    too_far_behind_is_said_aloud,
    another_history_is_reset,
    a_second_subscribe_starts_again,
    nothing_follows_unsubscribed,
    everybody_resumes_after_a_restart,
);

fn hello(from: &Value) -> Value {
    json!({"type": "hello", "v": 1, "cursors": {"1024": from}})
}

async fn a_subscription_starts_where_it_was_asked(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 700, |n| n.to_string()).await;
    let main = RoomId::main();
    let after_300 = house.cursor(&main, 300).await;
    let head = house.cursor(&main, 700).await;
    let zero = Cursor { seq: teahouse_protocol::Seq::ZERO, check: 0, ..head };
    let starts = [
        (json!("head"), 700),
        (json!({"tail": 0}), 700),
        (json!({"tail": 1}), 699),
        (json!({"tail": 200}), 500),
        (json!("0"), 0),
        (json!(zero), 0),
        (json!(after_300), 300),
        (json!(head), 700),
    ];
    for (from, after) in starts {
        let mut client = Client::connect(&house).await;
        let (subscribed, heard) = client.come_in(&hello(&from)).await;
        assert_eq!(subscribed.from, house.cursor(&main, after).await, "{from}");
        assert_eq!((subscribed.epoch, subscribed.head.0), (head.epoch.unwrap(), 700));
        assert_eq!((subscribed.r#ref, subscribed.read.0), (None, 0));
        assert_eq!(subscribed.room.may, ["read", "write", "react", "join", "report"]);
        check_in_order(&heard.events, after + 1, 700);
        client.quiet().await;
    }
}

async fn who_comes_back_gets_exactly_what_was_missed(on: On) {
    let house = House::open(on).await;
    let mut writer = Client::enter(&house, "Writer").await;
    let mut reader = Client::enter(&house, "Reader").await;
    for n in 1..=5 {
        writer.post(n, &n.to_string()).await;
    }
    writer.hear(5, 5, 0).await;
    let mut all = reader.hear(5, 0, 0).await.events;
    let mut next = 6;
    for missed in [0, 1, 40] {
        let cursor = house.cursor(&RoomId::main(), all.last().unwrap().seq.0).await;
        let again = reader.again(&json!({"1024": cursor}));
        let token = reader.me().token.clone();
        drop(reader);
        for n in next..next + missed {
            writer.post(n, &n.to_string()).await;
        }
        writer.hear(missed as usize, missed as usize, 0).await;
        next += missed;
        reader = Client::connect(&house).await;
        let (_, heard) = reader.come_in(&again).await;
        check_in_order(&heard.events, next - missed, next - 1);
        all.extend(heard.events);
        // Live: what happens now follows on.
        writer.post(next, &next.to_string()).await;
        writer.hear(1, 1, 0).await;
        next += 1;
        all.extend(reader.hear(1, 0, 0).await.events);
        reader.keep_token(token);
    }
    assert_eq!(house.log(&RoomId::main()).await, all);
}

async fn too_far_behind_is_said_aloud(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    house.seed(&main, 5_003, |n| n.to_string()).await;
    for (from, hole) in [(json!("0"), true), (json!(house.cursor(&main, 2).await), true)] {
        let mut client = Client::connect(&house).await;
        client.hello(&hello(&from)).await;
        let subscribed = client.subscribed().await;
        let after_hole = house.cursor(&main, 4_803).await;
        assert_eq!(subscribed.from, after_hole);
        let head = teahouse_protocol::Seq(5_003);
        assert!(hole);
        assert_eq!(client.next().await, Push::Behind { room: main.clone(), from: after_hole, head });
        check_in_order(&client.until_live().await.events, 4_804, 5_003);
    }
    let mut client = Client::connect(&house).await;
    let (_, heard) = client.come_in(&hello(&json!(house.cursor(&main, 3).await))).await;
    check_in_order(&heard.events, 4, 5_003);
}

async fn another_history_is_reset(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    house.seed(&main, 300, |n| n.to_string()).await;
    let fine = house.cursor(&main, 50).await;
    let epoch = fine.epoch.unwrap();
    let wrong = [
        Cursor { epoch: Some(Epoch(epoch.0 ^ 1)), ..fine },
        Cursor { seq: teahouse_protocol::Seq(301), ..fine },
        Cursor { check: fine.check ^ 1, ..fine },
    ];
    for from in wrong {
        let mut client = Client::connect(&house).await;
        client.hello(&hello(&json!(from))).await;
        let after = house.cursor(&main, 100).await;
        assert_eq!(client.subscribed().await.from, after);
        let Push::Reset { room, epoch: told, from, oldest, head } = client.next().await else {
            panic!("a reset")
        };
        assert_eq!((room, told, from, oldest.0, head.0), (main.clone(), epoch, after, 1, 300));
        check_in_order(&client.until_live().await.events, 101, 300);
    }
}

async fn a_second_subscribe_starts_again(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    house.seed(&main, 20, |n| n.to_string()).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let from = house.cursor(&main, 15).await;
    ada.say(&json!({"type": "subscribe", "ref": 8, "room": "1024", "from": from})).await;
    let subscribed = ada.subscribed().await;
    assert_eq!((subscribed.r#ref, subscribed.from), (Some(8), from));
    assert_eq!(subscribed.here.count, 2, "who is there twice counts once");
    check_in_order(&ada.until_live().await.events, 16, 20);
    // Live only once: nothing comes twice.
    bo.post(1, "21").await;
    bo.hear(1, 1, 0).await;
    assert_eq!(ada.event().await.seq.0, 21);
    ada.quiet().await;
    // One after the other in one message, the last one counts.
    let subscribe = |number, from| json!({"type": "subscribe", "ref": number, "room": "1024", "from": from});
    let lines = [subscribe(1, json!("0")), subscribe(2, json!("0")), subscribe(3, json!(from))];
    ada.say_all(&lines).await;
    let mut events = Vec::new();
    let mut subscribed = Vec::new();
    loop {
        match ada.next().await {
            Push::Subscribed(one) => {
                subscribed.push(one.r#ref.unwrap());
                events.clear();
            }
            Push::Event(event) => events.push(event),
            Push::Live { .. } if subscribed.len() == 3 => break,
            Push::Live { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(subscribed, [1, 2, 3]);
    check_in_order(&events, 16, 21);
    ada.quiet().await;
}

async fn nothing_follows_unsubscribed(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    house.seed(&main, 3_000, |n| n.to_string()).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&json!({"type": "hello", "v": 1})).await;
    let mut bo = Client::enter(&house, "Bo").await;
    // While it is still far behind.
    ada.say_all(&[
        json!({"type": "subscribe", "ref": 1, "room": "1024", "from": "0"}),
        json!({"type": "unsubscribe", "ref": 2, "room": "1024"}),
    ])
    .await;
    ada.subscribed().await;
    let mut last = 0;
    loop {
        match ada.next().await {
            Push::Event(event) => {
                assert_eq!(event.seq.0, last + 1);
                last += 1;
            }
            Push::Unsubscribed { r#ref: Some(2), room, .. } => {
                assert_eq!(room, main);
                break;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    bo.post(1, "not for Ada").await;
    bo.hear(1, 1, 0).await;
    ada.quiet().await;
    // While it is live.
    ada.say(&json!({"type": "subscribe", "ref": 3, "room": "1024", "from": "head"})).await;
    ada.subscribed().await;
    ada.until_live().await;
    ada.say(&json!({"type": "unsubscribe", "ref": 4, "room": "1024"})).await;
    assert_eq!(ada.next().await, Push::Unsubscribed { r#ref: Some(4), room: main.clone(), code: None });
    bo.post(2, "nor this").await;
    bo.hear(1, 1, 0).await;
    ada.quiet().await;
    for command in ["unsubscribe", "read"] {
        ada.say(&json!({"type": command, "ref": 5, "room": "1024", "seq": 1})).await;
        assert_eq!(ada.error().await.code, ErrorCode::NotSubscribed, "{command}");
    }
}

async fn everybody_resumes_after_a_restart(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    for n in 1..=30 {
        ada.post(n, &n.to_string()).await;
    }
    ada.hear(30, 30, 0).await;
    bo.hear(30, 0, 0).await;
    let send = ada.send(30, "30");
    let hello_ada = ada.again(&json!({"1024": house.cursor(&main, 30).await}));
    let hello_bo = bo.again(&json!({"1024": house.cursor(&main, 10).await}));
    let (me, them) = (ada.me().you.clone(), bo.me().you.clone());
    drop((ada, bo));
    let house = house.restarted().await;
    let (mut ada, mut bo) = (Client::connect(&house).await, Client::connect(&house).await);
    assert_eq!(ada.come_in(&hello_ada).await.1.events, []);
    check_in_order(&bo.come_in(&hello_bo).await.1.events, 11, 30);
    assert_eq!((&ada.me().you, &bo.me().you), (&me, &them));
    // What the client did not know to be stored is not stored again.
    ada.say(&send).await;
    assert_eq!(ada.hear(0, 1, 0).await.acks, [(30, 30, true)]);
    ada.post(31, "31").await;
    ada.hear(1, 1, 0).await;
    assert_eq!(bo.event().await.seq.0, 31);
}

#[tokio::test]
async fn rooms_do_not_mix() {
    let house = House::open(On::Sqlite).await;
    let (main, side) = (RoomId::main(), house.add_room("side").await);
    house.seed(&main, 2_000, |n| format!("main {n}")).await;
    house.seed(&side, 2_000, |n| format!("side {n}")).await;
    let mut ada = Client::connect(&house).await;
    ada.say(&json!({"type": "hello", "v": 1, "cursors": {"1024": "0", "side": "0"}})).await;
    let mut bo = Client::connect(&house).await;
    let cursors = json!({"1024": "head", "side": "head"});
    bo.hello(&json!({"type": "hello", "v": 1, "cursors": cursors})).await;
    let sends: Vec<_> = (1..=300)
        .map(|n| match n % 2 {
            0 => bo.send_to(&main, n, &format!("main {}", 2_000 + n)),
            _ => bo.send_to(&side, n, &format!("side {}", 2_000 + n)),
        })
        .collect();
    bo.say_all(&sends).await;
    let (mut mains, mut sides) = (Vec::new(), Vec::new());
    while mains.len() < 2_150 || sides.len() < 2_150 {
        if let Push::Event(event) = ada.next().await {
            let events = if event.room == main { &mut mains } else { &mut sides };
            assert!(event.body.text.starts_with(if event.room == main { "main" } else { "side" }));
            events.push(event);
        }
    }
    check_in_order(&mains, 1, 2_150);
    check_in_order(&sides, 1, 2_150);
    assert_eq!((house.log(&main).await, house.log(&side).await), (mains, sides));
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_refused() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let refused = [
        (json!({"room": "nowhere", "from": "head"}), ErrorCode::NoSuchRoom, None),
        (json!({"room": "1024"}), ErrorCode::MissingField, Some("from")),
        (json!({"room": "1024", "from": "tail"}), ErrorCode::BadField, Some("from")),
        (json!({"room": "1024", "from": {"tail": 201}}), ErrorCode::BadField, Some("from")),
        (json!({"room": "1024", "from": {"tail": -1}}), ErrorCode::BadField, Some("from")),
        (json!({"room": "1024", "from": "1.2.3"}), ErrorCode::BadField, Some("from")),
        (
            json!({"room": "1024", "from": "00000000.9007199254740992.00000000"}),
            ErrorCode::BadField,
            Some("from"),
        ),
        (json!({"room": "UPPER", "from": "head"}), ErrorCode::BadField, Some("room")),
        (json!({"from": "head"}), ErrorCode::MissingField, Some("room")),
    ];
    for (line, code, field) in refused {
        let mut line = line;
        line["type"] = json!("subscribe");
        line["ref"] = json!(5);
        ada.say(&line).await;
        let error = ada.error().await;
        assert_eq!((error.code, error.r#ref, error.field.as_deref()), (code, Some(5), field), "{line}");
    }
    ada.quiet().await;
}

/// The connection's task reads on for a subscription that the room's task ends or starts again meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_may_change_at_any_moment() {
    const ROUNDS: u64 = 150;
    let house = House::open(On::Sqlite).await;
    house.seed(&RoomId::main(), 1_000, |n| n.to_string()).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&json!({"type": "hello", "v": 1})).await;
    let mut lines = Vec::new();
    for round in 0..ROUNDS {
        let subscribe = |number| json!({"type": "subscribe", "ref": number, "room": "1024", "from": "0"});
        lines.push(subscribe(round * 3));
        lines.push(subscribe(round * 3 + 1));
        lines.push(json!({"type": "unsubscribe", "ref": round * 3 + 2, "room": "1024"}));
    }
    ada.say_all(&lines).await;
    let (mut answered, mut next) = (0, None);
    while answered < ROUNDS * 3 {
        match ada.next().await {
            Push::Subscribed(subscribed) => {
                assert_eq!(subscribed.r#ref, Some(answered));
                (answered, next) = (answered + 1, Some(1));
            }
            Push::Unsubscribed { r#ref, .. } => {
                assert_eq!(r#ref, Some(answered));
                (answered, next) = (answered + 1, None);
            }
            Push::Event(event) => {
                assert_eq!(Some(event.seq.0), next, "after {answered} answers");
                next = Some(event.seq.0 + 1);
            }
            Push::Live { seq, .. } => assert_eq!((seq.0, next), (1_000, Some(1_001))),
            other => panic!("unexpected {other:?}"),
        }
    }
    ada.quiet().await;
}
