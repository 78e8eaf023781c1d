//! Polls: what ends them, what they bring, and the pause that they name.

use serde_json::{Value, json};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Kind, Push, RoomId, UserId};
use teahouse_server::clock::unix_ms;
use teahouse_server::config::Given;
use teahouse_server::store::EventLog;

use crate::kit::{Answer, Client, Guest, House, Http, On, Over, cid, on_every_store};

on_every_store!(
    a_long_poll_ends_with_the_first_event,
    nothing_follows_the_close_of_a_poll,
    a_poll_brings_so_much_at_once,
    the_pause_grows_with_the_silence,
    polls_of_one_session_replace_each_other,
    a_poll_that_is_cut_loses_nothing,
);

/// The frames of a poll's answer, the last of which is its close.
fn frames(answer: &Answer) -> Vec<Push> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(answer.header("cache-control"), Some("no-store, no-transform"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    answer.body.lines().map(|line| Push::decode(line).unwrap()).collect()
}

async fn polled(http: &mut Http, path: &str, hello: &Value) -> Vec<Push> {
    frames(&http.whole("POST", path, &[], hello.to_string().as_bytes()).await)
}

async fn a_long_poll_ends_with_the_first_event(on: On) {
    let house = House::open(on).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let mut http = Http::connect(&house).await;
    let hello = ada.hello(true).to_string();
    // Bo's list of who is here is told first, perhaps.
    let mut cursor = json!(ada.cursor());
    for n in 1..=3 {
        let mut hello: Value = serde_json::from_str(&hello).unwrap();
        hello["cursors"]["1024"] = cursor;
        http.request("POST", "/v1/poll?wait=50", &[], hello.to_string().as_bytes()).await;
        bo.post(n, "news").await;
        let mut frames = Vec::new();
        while !frames.iter().any(|push| matches!(push, Push::Event(_))) {
            let answer = http.head("POST").await;
            assert_eq!(answer.status, 200);
            frames.extend(
                http.frames(crate::kit::Lines::Ndjson).await.iter().map(|line| Push::decode(line).unwrap()),
            );
            let Some(Push::Close { code: 4002, retry_ms: Some(0), .. }) = frames.pop() else {
                panic!("a long poll comes back at once")
            };
            if frames.iter().all(|push| matches!(push, Push::Signal { .. })) {
                http.request("POST", "/v1/poll?wait=50", &[], hello.to_string().as_bytes()).await;
            }
        }
        frames.retain(|push| !matches!(push, Push::Signal { .. }));
        assert!(matches!(&frames[..], [Push::Event(event)] if event.seq.0 == n), "{frames:?}");
        cursor = json!(house.cursor(&RoomId::main(), n).await);
    }
}

#[tokio::test]
async fn a_long_poll_ends_by_its_wait() {
    let house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let mut http = Http::connect(&house).await;
    // Her own coming is told once.
    let hello = ada.hello(true);
    let frames = loop {
        let frames = polled(&mut http, "/v1/poll?wait=1", &hello).await;
        if frames.len() == 1 {
            break frames;
        }
        assert!(matches!(frames[..], [Push::Signal { .. }, Push::Close { .. }]), "{frames:?}");
    };
    assert!(matches!(frames[..], [Push::Close { code: 4002, retry_ms: Some(0), .. }]), "{frames:?}");
    // More than the most is the most, and what is no number is refused.
    for wait in ["x", "-1", "1.5", ""] {
        let path = format!("/v1/poll?wait={wait}");
        let answer = http.whole("POST", &path, &[], hello.to_string().as_bytes()).await;
        assert_eq!((answer.status, &*answer.code()), (400, "bad_field"), "{wait}: {answer:?}");
    }
}

/// A heartbeat is no news.
#[tokio::test]
async fn a_heartbeat_does_not_end_a_poll() {
    let given = Given { heartbeat_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let mut http = Http::connect(&house).await;
    let hello = ada.hello(true);
    loop {
        let frames = polled(&mut http, "/v1/poll?wait=2", &hello).await;
        match &frames[..] {
            [Push::Close { .. }] => break,
            [Push::Signal { .. }, Push::Close { .. }] => {}
            other => panic!("nothing is told, but {other:?}"),
        }
    }
    bo.post(1, "news").await;
    let frames = polled(&mut http, "/v1/poll?wait=50", &hello).await;
    assert!(matches!(frames[..], [Push::Event(_), Push::Close { .. }]), "{frames:?}");
}

/// However fast events come: the close is the last frame (`Guest` looks), and each event comes once.
async fn nothing_follows_the_close_of_a_poll(on: On) {
    const COUNT: u64 = 400;
    let house = House::open(on).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let write = async {
        for first in (1..=COUNT).step_by(4) {
            let sends: Vec<_> = (first..first + 4).map(|n| bo.send(n, &n.to_string())).collect();
            bo.say_all(&sends).await;
            bo.hear(4, 4, 0).await;
        }
    };
    let (heard, ()) = tokio::join!(ada.hear_up_to(COUNT), write);
    assert_eq!(heard.len() as u64, COUNT);
}

async fn a_poll_brings_so_much_at_once(on: On) {
    const MOST: usize = 64 << 10;
    let house = House::open(on).await;
    let text = "茶".repeat(300);
    house.seed(&RoomId::main(), 700, |_| text.clone()).await;
    let mut http = Http::connect(&house).await;
    let mut hello = json!({"type": "hello", "v": 1, "cursors": {"1024": "0"}});
    let (mut seq, mut polls) = (0, 0);
    while seq < 700 {
        let answer = http.whole("POST", "/v1/poll?wait=0", &[], hello.to_string().as_bytes()).await;
        let events: Vec<_> = answer.body.lines().filter(|line| line.contains("\"event\"")).collect();
        let bytes: usize = events.iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= MOST && !events.is_empty(), "{bytes} bytes in {} events", events.len());
        for push in frames(&answer) {
            match push {
                Push::Welcome(welcome) => {
                    if let Some(token) = welcome.token {
                        hello["token"] = json!(token);
                    }
                }
                Push::Event(event) => {
                    assert_eq!(event.seq.0, seq + 1);
                    seq = event.seq.0;
                }
                _ => {}
            }
        }
        hello["cursors"]["1024"] = json!(house.cursor(&RoomId::main(), seq).await);
        polls += 1;
    }
    assert!(polls <= 20, "{polls}: an answer is not nearly empty");
}

async fn the_pause_grows_with_the_silence(on: On) {
    for (quiet_ms, least, most) in [(0, 1_000, 1_000), (3_000, 2_500, 2_500), (3_600_000, 30_000, 30_000)] {
        let house = House::open(on).await;
        let at = unix_ms() - quiet_ms;
        let (by, body) = (UserId::from_bytes([9; 16]), Body::of("quiet".into()));
        let draft = Draft { cid: cid(0, 1), kind: Kind::Message, by, at, body };
        house.seed(&RoomId::main(), 0, |_| String::new()).await;
        house.store.append(&RoomId::main(), vec![draft]).await.unwrap();
        let mut ada = Guest::connect(&house, Over::Poll, Some("Ada"), json!({"1024": "head"})).await;
        ada.until_live().await;
        // Half of what passed meanwhile comes on top.
        let late = ((unix_ms() - at - quiet_ms) / 2 + 1).min(most.max(30_000) - most);
        let pause_ms = ada.pause_ms.unwrap();
        assert!((least..=most + late).contains(&pause_ms), "{quiet_ms}: {pause_ms}");
    }
    let house = House::open(on).await;
    let (ada, _) = Guest::come(&house, Over::Poll, "Ada", json!({"1024": "head"})).await;
    assert_eq!(ada.pause_ms, Some(30_000), "nobody has said anything yet");
    let (ada, _) = Guest::come(&house, Over::LongPoll, "Bo", json!({"1024": "head"})).await;
    assert_eq!(ada.pause_ms, Some(0));
}

async fn polls_of_one_session_replace_each_other(on: On) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    ada.until_nobody_moves().await;
    let (mut first, mut second) = (Http::connect(&house).await, Http::connect(&house).await);
    let hello = ada.hello(true).to_string();
    first.request("POST", "/v1/poll?wait=50", &[], hello.as_bytes()).await;
    house.until_a_poll_waits().await;
    second.request("POST", "/v1/poll?wait=50", &[], hello.as_bytes()).await;
    assert_eq!(first.head("POST").await.status, 200);
    let frames = first.frames(crate::kit::Lines::Ndjson).await;
    let last = Push::decode(frames.last().unwrap()).unwrap();
    assert!(matches!(last, Push::Close { code: 4003, retry_ms: None, .. }), "{last:?}");
    // The newer goes on.
    let mut bo = Client::enter(&house, "Bo").await;
    bo.post(1, "news").await;
    assert_eq!(second.head("POST").await.status, 200);
    second.frames(crate::kit::Lines::Ndjson).await;
}

async fn a_poll_that_is_cut_loses_nothing(on: On) {
    let house = House::open(on).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    for n in 1..=10 {
        let mut cut = Http::connect(&house).await;
        cut.request("POST", "/v1/poll?wait=50", &[], ada.hello(true).to_string().as_bytes()).await;
        if n % 2 == 0 {
            house.until_a_poll_waits().await;
        }
        let post = bo.send(n, "news");
        let (_, ()) = tokio::join!(async move { drop(cut) }, bo.say(&post));
        bo.hear(1, 1, 0).await;
        assert_eq!(ada.hear_up_to(n).await.len(), 1);
    }
    drop((ada, bo));
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
}
