//! Commands that are posted: their answers, their order, and what becomes of them when something breaks.

use serde_json::{Value, json};
use teahouse_protocol::{ErrorCode, Push, RoomId};
use teahouse_server::config::Given;
use teahouse_server::store::StoreError;

use crate::kit::{
    Ask, Client, Fault, Guest, House, Http, On, Over, check_in_order, lines, on_every_store, within,
};

on_every_store!(
    every_command_that_has_a_ref_is_answered,
    many_sends_of_one_request_keep_their_order,
    a_repeated_request_stores_nothing_twice,
    a_store_that_fails_is_told_and_nothing_overtakes,
    a_room_that_breaks_ends_the_request,
    who_leaves_in_the_middle_is_stored_all_the_same,
    what_was_written_is_answered_before_the_end,
);

/// `(ref, code)` of the refusals, and the refs of the acks.
fn sorted(answers: &[Push]) -> (Vec<u64>, Vec<(u64, ErrorCode)>) {
    let (mut acks, mut errors) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Push::Ack { r#ref, .. } => acks.push(*r#ref),
            Push::Error(error) => errors.push((error.r#ref.unwrap(), error.code)),
            other => panic!("unexpected {other:?}"),
        }
    }
    (acks, errors)
}

fn posted(guest: &Guest, commands: &[Value]) -> String {
    let mut hello = guest.hello(true);
    hello["cursors"] = json!({});
    lines(std::iter::once(&hello).chain(commands))
}

async fn every_command_that_has_a_ref_is_answered(on: On) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let token = ada.token().to_owned();
    let asked = [
        json!({"type": "ping", "ref": 1}),
        json!({"type": "subscribe", "ref": 2, "room": "1024", "from": "head"}),
        json!({"type": "unsubscribe", "ref": 3, "room": "1024"}),
        json!({"type": "typing", "room": "1024", "on": true}),
        json!({"type": "pong"}),
        ada.send(4, "hi"),
        json!({"type": "read", "ref": 5, "room": "1024", "seq": 9}),
        json!({"type": "read", "ref": 6, "room": "nowhere", "seq": 9}),
        json!({"type": "history", "ref": 7, "room": "1024", "after": 0}),
        json!({"type": "history", "ref": 8, "room": "nowhere", "after": 0}),
        json!({"type": "typing", "room": "nowhere", "on": true}),
        json!({"type": "auth", "ref": 9, "token": token}),
        json!({"type": "dance", "ref": 10}),
        json!({"type": "send", "ref": 11, "room": "nowhere", "cid": ada.cid(11), "kind": "message", "body": {"text": "x"}}),
        ada.send(12, "   "),
        ada.send(13, &"x".repeat(16_385)),
        ada.hello(false),
    ];
    let mut answers = ada.post(&asked).await;
    // The ack comes when the message is in the log, the others at once.
    let ack = answers.iter().position(|push| matches!(push, Push::Ack { .. })).unwrap();
    assert!(matches!(answers.remove(ack), Push::Ack { r#ref: 4, seq, .. } if seq.0 == 1));
    let told: Vec<_> = answers.iter().map(told).collect();
    let no_room = "no_such_room";
    assert_eq!(
        told,
        [
            (1, "pong"),
            (2, "wrong_transport"),
            (3, "wrong_transport"),
            (5, "read"),
            (6, no_room),
            (7, "page"),
            (8, no_room),
            (9, "authed"),
            (10, "unknown_command"),
            (11, no_room),
            (12, "bad_field"),
            (13, "text_too_long"),
            (0, "already_welcome"),
        ]
    );
}

fn told(push: &Push) -> (u64, &str) {
    match push {
        Push::Pong { r#ref, .. } => (*r#ref, "pong"),
        Push::Read { r#ref, .. } => (r#ref.unwrap(), "read"),
        Push::Page { r#ref, .. } => (*r#ref, "page"),
        Push::Authed { r#ref } => (*r#ref, "authed"),
        Push::Error(error) => (error.r#ref.unwrap_or(0), error.code.as_str()),
        other => panic!("unexpected {other:?}"),
    }
}

async fn many_sends_of_one_request_keep_their_order(on: On) {
    let house = House::open(on).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let sends: Vec<_> = (1..=200).map(|n| ada.send(n, &n.to_string())).collect();
    let (acks, errors) = sorted(&ada.post(&sends).await);
    assert!(acks.iter().copied().eq(1..=200) && errors.is_empty(), "{acks:?} {errors:?}");
    let heard = bo.hear(200, 0, 0).await;
    assert!(heard.texts().into_iter().map(str::to_owned).eq((1..=200).map(|n| n.to_string())));
}

async fn a_repeated_request_stores_nothing_twice(on: On) {
    let house = House::open(on).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut sends: Vec<_> = (1..=5).map(|n| ada.send(n, &n.to_string())).collect();
    sends[0]["first"] = json!(true);
    let body = posted(&ada, &sends);
    // Three times at once: the answers were lost, twice.
    let ask = |house: &House| Ask::new("POST", "/v1/send").body(body.as_bytes()).of_owned(house);
    let answers = tokio::join!(ask(&house), ask(&house), ask(&house));
    let mut firsts = 0;
    for answer in [answers.0, answers.1, answers.2] {
        let pushes: Vec<_> = answer.body.lines().map(|line| Push::decode(line).unwrap()).collect();
        assert_eq!(pushes.len(), 5);
        for (n, push) in (1..).zip(pushes) {
            let Push::Ack { r#ref, repeat, .. } = push else { panic!("an ack, not {push:?}") };
            assert_eq!(r#ref, n);
            firsts += u32::from(!repeat);
        }
    }
    assert_eq!(firsts, 5);
    assert_eq!(house.log(&RoomId::main()).await.len(), 5);
}

async fn a_store_that_fails_is_told_and_nothing_overtakes(on: On) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let sends: Vec<_> = (1..=3).map(|n| ada.send(n, &n.to_string())).collect();
    house.store.breaks(Fault::Fails(StoreError::Busy));
    let (acks, errors) = sorted(&ada.post(&sends).await);
    // Whether they went into one append or more: each is refused, and none is stored.
    assert!(acks.is_empty() && errors.len() == 3, "{acks:?} {errors:?}");
    assert_eq!(errors[0], (1, ErrorCode::StoreBusy));
    let codes = [ErrorCode::StoreBusy, ErrorCode::OutOfOrder];
    assert!(errors.iter().all(|(_, code)| codes.contains(code)), "{errors:?}");
    house.store.mend();
    let (acks, errors) = sorted(&ada.post(&sends).await);
    assert_eq!((acks, errors.len()), (vec![1, 2, 3], 0));
    // Who cannot be found out is told so, with a status.
    house.store.breaks(Fault::Reads(StoreError::Down("the test says so".into()), u32::MAX));
    for (path, over) in
        [("/v1/send", Over::Poll), ("/v1/poll?wait=0", Over::Poll), ("/v1/stream", Over::Ndjson)]
    {
        let answer = Ask::new("POST", path).body(ada.hello(true).to_string().as_bytes()).of(&house).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{over:?}: {answer:?}");
        assert_eq!((answer.code(), answer.json()["type"].as_str()), ("store_down".into(), Some("error")));
        assert!(!answer.body.contains("the test says so"), "the inside stays inside");
    }
    house.store.mend();
    check_in_order(&house.log(&RoomId::main()).await, 1, 3);
    assert_eq!(ada.hear_up_to(3).await.len(), 3);
}

/// Which room it is cannot be found out at first: what follows may not overtake.
#[tokio::test]
async fn what_follows_a_room_that_was_not_found_out_waits() {
    let house = House::open(On::Sqlite).await;
    let side = house.add_room("side").await;
    let mut ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let send = |n| {
        let mut send = ada.send(n, &n.to_string());
        send["room"] = json!("side");
        send
    };
    let mut sends = [send(1), send(2), send(3)];
    sends[2]["first"] = json!(true);
    house.store.breaks(Fault::Rooms(StoreError::Busy, 1));
    let (acks, errors) = sorted(&ada.post(&sends).await);
    assert_eq!(errors, [(1, ErrorCode::StoreBusy), (2, ErrorCode::OutOfOrder)]);
    assert_eq!(acks, [3], "the head of an outbox starts again");
    assert_eq!(house.log(&side).await.len(), 1);
}

async fn a_room_that_breaks_ends_the_request(on: On) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, Over::Poll, "Ada").await;
    ada.say(1, "1").await;
    let sends: Vec<_> = (2..=60).map(|n| ada.send(n, &n.to_string())).collect();
    house.store.breaks(Fault::Short);
    let before = house.store.asked();
    house.store.hold(true);
    let body = posted(&ada, &sends);
    let posting = tokio::spawn(Ask::new("POST", "/v1/send").body(body.as_bytes()).of_owned(&house));
    house.store.until_asked(before).await;
    // Only this append breaks the room: what comes later would be stored in the room that began anew.
    house.store.mend();
    house.store.hold(false);
    let answer = within(posting).await.unwrap();
    assert_eq!((answer.status, &*answer.body), (200, ""), "what was not answered is asked again");
    assert_eq!(house.log(&RoomId::main()).await.len(), 1, "nothing overtook the first");
    let (acks, errors) = sorted(&ada.post(&sends).await);
    assert!(acks.into_iter().eq(2..=60) && errors.is_empty(), "{errors:?}");
    let came = ada.hear_up_to(60).await;
    assert_eq!(came.len(), 60);
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
}

async fn who_leaves_in_the_middle_is_stored_all_the_same(on: On) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let sends: Vec<_> = (1..=5).map(|n| ada.send(n, &n.to_string())).collect();
    let body = posted(&ada, &sends);
    let before = house.store.asked();
    house.store.hold(true);
    let mut cut = Http::connect(&house).await;
    cut.request("POST", "/v1/send", &[], body.as_bytes()).await;
    house.store.until_asked(before).await;
    drop(cut);
    // Half a request is nothing at all.
    let mut half = Http::connect(&house).await;
    let head = format!("POST /v1/send HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    half.write(head.as_bytes()).await;
    half.write(&body.as_bytes()[..body.len() / 2]).await;
    drop(half);
    house.store.hold(false);
    let (acks, _) = sorted(&ada.post(&sends).await);
    assert_eq!(acks, [1, 2, 3, 4, 5]);
    assert_eq!(house.log(&RoomId::main()).await.len(), 5);
    assert_eq!(ada.hear_up_to(5).await.len(), 5);
    drop(ada);
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
}

async fn what_was_written_is_answered_before_the_end(on: On) {
    let mut house = House::open(on).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let sends: Vec<_> = (1..=5).map(|n| ada.send(n, &n.to_string())).collect();
    let body = posted(&ada, &sends);
    let before = house.store.asked();
    house.store.hold(true);
    let posting = tokio::spawn(Ask::new("POST", "/v1/send").body(body.as_bytes()).of_owned(&house));
    house.store.until_asked(before).await;
    house.begin_stop();
    assert_eq!(bo.closed().await.0, 4001);
    drop(bo);
    let late = Ask::new("POST", "/v1/send").body(body.as_bytes()).of(&house).await;
    assert_eq!((late.status, late.header("retry-after"), &*late.code()), (503, Some("1"), "draining"));
    assert!(!house.has_stopped(), "somebody waits for an answer");
    house.store.hold(false);
    let answer = within(posting).await.unwrap();
    let answers: Vec<_> = answer.body.lines().map(|line| Push::decode(line).unwrap()).collect();
    assert_eq!(sorted(&answers), ((1..=5).collect(), vec![]));
    house.stopped().await;
    let house = house.restarted().await;
    check_in_order(&house.log(&RoomId::main()).await, 1, 5);
}

/// A rate is a person's, whoever carries what they write.
#[tokio::test]
async fn requests_share_the_rate_of_their_person() {
    let given = Given { sends_per_second: Some(1), sends_burst: Some(3), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let guest = Ask::post("/v1/guests", &json!({"name": "Ada"})).of(&house).await.json();
    let bearer = format!("Bearer {}", guest["token"].as_str().unwrap());
    let hello = json!({"type": "hello", "v": 1, "token": guest["token"], "cursors": {}});
    let mut refused = 0;
    for n in 0..4u64 {
        // By turns, so that neither way gets around the other.
        let answer = if n % 2 == 0 {
            let cid = crate::kit::cid(7, n);
            let send = json!({"type": "send", "ref": n, "room": "1024", "cid": cid, "kind": "message", "body": {"text": "x"}});
            let answer =
                Ask::new("POST", "/v1/send").body(lines([&hello, &send]).as_bytes()).of(&house).await;
            answer.body.lines().last().unwrap().to_owned()
        } else {
            let ask = Ask::new("POST", "/v1/rooms/1024/messages").with("authorization", &bearer);
            ask.body(b"x").of(&house).await.body
        };
        refused += u32::from(answer.contains("\"rate\""));
    }
    assert_eq!(refused, 1, "three at once, then one a second");
}
