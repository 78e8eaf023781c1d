//! Streams: how they begin and end, who replaces them, and what becomes of who does not read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use serde_json::json;
use teahouse_core::Moment;
use teahouse_core::room::ConnectionId;
use teahouse_protocol::{Command, Push, RoomId};
use teahouse_server::config::Given;
use teahouse_server::cost::Meter;
use teahouse_server::session::{Connection, Ends, Follow, Transport};
use teahouse_server::transport::encode::Dialect;
use teahouse_server::transport::queue::Queue;
use teahouse_server::transport::wire::{Wire, Wrote};
use tokio::net::TcpSocket;

use crate::kit::{
    Ask, Client, Fault, Guest, House, Http, Lines, On, Over, check_in_order, on_every_store,
    on_every_transport,
};

on_every_store!(
    a_stream_begins_with_white_space,
    everybody_is_sent_away_at_the_end,
    a_broken_room_sends_everybody_back,
    a_slow_stream_gets_everything_in_order,
    who_leaves_in_any_phase_leaves_nothing_behind,
);

mod replaced {
    use super::*;

    on_every_transport!(the_newer_connection_of_a_session_replaces_the_older);

    async fn the_newer_connection_of_a_session_replaces_the_older(on: On, over: Over) {
        let house = House::open(on).await;
        house.seed(&RoomId::main(), 40, |n| n.to_string()).await;
        for older in [Over::WebSocket, Over::Ndjson, Over::Events] {
            let ada = Guest::enter(&house, older, &format!("Ada {older:?}")).await;
            let elsewhere = ada.elsewhere(&house, older, json!({"1024": "head"})).await;
            let (mut ada, left) = ada.moved(&house, over).await;
            ada.until_live().await;
            let (code, heard) = left.closed().await;
            assert_eq!(code, 4003);
            assert!(heard.iter().all(|push| matches!(push, Push::Signal { .. } | Push::Close { .. })));
            // Another session of the same person goes on, and so does the newer connection.
            let mut bo = Client::enter(&house, &format!("Bo {older:?}")).await;
            let head = ada.cursor().seq.0 + 1;
            bo.post(1, "news").await;
            assert_eq!(ada.hear_up_to(head).await.len(), 1);
            let mut elsewhere = elsewhere;
            assert_eq!(elsewhere.hear_up_to(head).await.len(), 1);
        }
    }
}

async fn a_stream_begins_with_white_space(on: On) {
    let house = House::open(on).await;
    for (path, accept, kind) in [
        ("/v1/stream", "*/*", "application/x-ndjson"),
        ("/v1/stream", "text/event-stream", "text/event-stream"),
        ("/v1/rooms/1024/stream", "text/event-stream", "text/event-stream"),
    ] {
        let (method, body) =
            if path == "/v1/stream" { ("POST", r#"{"type":"hello","v":1}"#) } else { ("GET", "") };
        let mut http = Http::connect(&house).await;
        let head = http.ask(method, path, &[("accept", accept)], body.as_bytes()).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some(kind)));
        assert_eq!(head.header("cache-control"), Some("no-store, no-transform"));
        assert_eq!(head.header("x-accel-buffering"), Some("no"));
        assert!(head.header("content-length").is_none() && head.header("content-encoding").is_none());
        let line = http.line().await.unwrap();
        assert_eq!((line.len() >= 2_048, line.trim_start_matches(':').trim()), (true, ""));
    }
    // A question for the head alone begins nothing.
    let answer = Ask::new("HEAD", "/v1/rooms/1024/stream").of(&house).await;
    assert_eq!(answer.status, 200);
}

async fn everybody_is_sent_away_at_the_end(on: On) {
    let mut house = House::open(on).await;
    let mut streams = Vec::new();
    for (name, over) in [("Ada", Over::Ndjson), ("Bo", Over::Events)] {
        streams.push(Guest::enter(&house, over, name).await);
    }
    let mut waiting = Guest::enter(&house, Over::LongPoll, "Cy").await;
    waiting.until_nobody_moves().await;
    let (mut poll, mut curl) = (Http::connect(&house).await, Http::connect(&house).await);
    // Long enough that nothing but the end ends it.
    poll.request("POST", "/v1/poll?wait=50", &[], waiting.hello(true).to_string().as_bytes()).await;
    curl.request("GET", "/v1/rooms/1024/poll?wait=50", &[], b"").await;
    let polls = || house.node.clock.connections().iter().filter(|one| one.transport.is_poll()).count();
    crate::kit::until(|| polls() == 2).await;
    house.begin_stop();
    assert_eq!(poll.head("POST").await.status, 200);
    let frames = poll.frames(Lines::Ndjson).await;
    let last = Push::decode(frames.last().unwrap()).unwrap();
    assert!(matches!(last, Push::Close { code: 4001, retry_ms: Some(1_000..), .. }), "{last:?}");
    assert_eq!(curl.head("GET").await.status, 200);
    assert_eq!(curl.frames(Lines::Ndjson).await, Vec::<String>::new());
    for mut guest in streams {
        let mut drains = 0;
        loop {
            match guest.next().await {
                Push::Drain { retry_ms } => {
                    assert!(retry_ms >= 1_000);
                    drains += 1;
                }
                Push::Close { code: 4001, retry_ms: Some(1_000..), .. } => break,
                other => panic!("unexpected {other:?}"),
            }
        }
        assert_eq!(drains, 1);
    }
    house.stopped().await;
}

/// Somebody who is let in while the house begins to stop is told like the others.
#[tokio::test]
async fn who_comes_just_before_the_end_is_sent_away_too() {
    let given = Given { heartbeat_s: Some(3_600), ..Given::default() };
    let mut house = House::open_with(On::Sqlite, given).await;
    house.store.hold(true);
    let before = house.store.asked();
    let (mut poll, mut stream) = (Http::connect(&house).await, Http::connect(&house).await);
    let hello = json!({"type": "hello", "v": 1, "cursors": {"1024": "head"}}).to_string();
    poll.request("POST", "/v1/poll?wait=50", &[], hello.as_bytes()).await;
    stream.request("POST", "/v1/stream", &[], hello.as_bytes()).await;
    house.store.until_asked(before + 1).await;
    house.begin_stop();
    crate::kit::until(|| house.node.is_draining()).await;
    house.store.hold(false);
    for http in [&mut poll, &mut stream] {
        assert_eq!(http.head("POST").await.status, 200);
        let frames = http.frames(Lines::Ndjson).await;
        assert!(matches!(Push::decode(frames.last().unwrap()).unwrap(), Push::Close { .. }), "{frames:?}");
        assert!(frames[0].contains("\"welcome\""));
    }
    house.stopped().await;
}

/// The answer of a hello, driven by hand.
fn follow(house: &House, transport: Transport, ends: Ends) -> (Follow, Arc<Connection>, Arc<Queue>) {
    let (queue, id) = (Arc::new(Queue::default()), ConnectionId(1 << 40));
    let here = [127, 0, 0, 1].into();
    let connection = Arc::new(Connection::answer(
        id,
        transport,
        Dialect::Ndjson,
        Wire::answer(queue.clone()),
        here,
        false,
        0,
    ));
    let meter = Arc::new(Meter::default());
    (Follow::new(house.node.clone(), connection.clone(), Some(queue.clone()), meter, ends), connection, queue)
}

fn hello(line: &str) -> teahouse_protocol::Hello {
    match Command::decode(line).unwrap() {
        Command::Hello(hello) => hello,
        other => panic!("a hello, not {other:?}"),
    }
}

/// Whatever ends an answer: nothing is written behind its close.
#[tokio::test]
async fn a_stream_rotates_and_nothing_follows_its_close() {
    let house = House::open(On::Sqlite).await;
    house.seed(&RoomId::main(), 3, |n| n.to_string()).await;
    let late = house.node.clock.now() + 3_600_000;
    for (transport, ends, retry_ms) in [
        (Transport::Stream, Ends::Rotates(Moment(0)), Some(0)),
        (Transport::LongPoll, Ends::WithNews(late), Some(0)),
        (Transport::Poll, Ends::WithNews(Moment(0)), None),
    ] {
        let (mut follow, connection, queue) = follow(&house, transport, ends);
        let hello = hello(r#"{"type":"hello","v":1,"cursors":{"1024":"0"}}"#);
        follow.come_in(hello).await.unwrap();
        let mut heard = Vec::new();
        crate::kit::within(async {
            let mut cx = Context::from_waker(Waker::noop());
            while Pin::new(&mut follow).poll(&mut cx).is_pending() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(
            connection.wire.try_write(&Bytes::from_static(b"more"), house.node.clock.now()),
            Wrote::Nothing
        );
        assert!(!connection.wire.try_signal(&Bytes::from_static(b"more"), house.node.clock.now()));
        heard.extend_from_slice(&queue.take_all());
        let heard = String::from_utf8(heard).unwrap();
        let last = Push::decode(heard.lines().last().unwrap()).unwrap();
        let Push::Close { code: 4002, retry_ms: told, .. } = last else { panic!("not {last:?}") };
        assert!(retry_ms.is_none() && told.is_some_and(|ms| ms >= 1_000) || told == retry_ms, "{told:?}");
        assert_eq!(heard.matches("\"type\":\"event\"").count(), 3, "{heard}");
        drop(follow);
        // The next one asks for what this one has not.
        assert!(connection.is_over());
    }
}

async fn a_broken_room_sends_everybody_back(on: On) {
    let house = House::open(on).await;
    let mut writer = Client::enter(&house, "Writer").await;
    let mut ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let poller = Guest::enter(&house, Over::LongPoll, "Cy").await;
    writer.post(1, "1").await;
    writer.hear(1, 1, 0).await;
    assert_eq!(ada.hear_up_to(1).await.len(), 1);
    let mut poll = Http::connect(&house).await;
    let mut hello = poller.hello(true);
    hello["cursors"]["1024"] = json!(house.cursor(&RoomId::main(), 1).await);
    // What of who is here was told is told again, at most.
    poll.whole("POST", "/v1/poll?wait=0", &[], hello.to_string().as_bytes()).await;
    poll.request("POST", "/v1/poll?wait=50", &[], hello.to_string().as_bytes()).await;
    house.store.breaks(Fault::Short);
    writer.post(2, "2").await;
    assert_eq!(writer.closed().await.0, 4002);
    let last = ada.next().await;
    assert!(matches!(last, Push::Close { code: 4002, retry_ms: Some(0), .. }), "{last:?}");
    assert_eq!(poll.head("POST").await.status, 200);
    let frames = poll.frames(Lines::Ndjson).await;
    assert!(frames.last().unwrap().contains("4002"), "{frames:?}");
    house.store.mend();
    let (mut ada, left) = ada.moved(&house, Over::Events).await;
    drop(left);
    assert_eq!(ada.until_live().await.events.len(), 0);
    ada.say(7, "on").await;
    assert_eq!(ada.hear_up_to(2).await.len(), 1);
}

/// Much more than any socket buffers.
const COUNT: u64 = 1_200;

fn text(n: u64) -> String {
    format!("{n} {}", "茶".repeat(2_500))
}

async fn enter_slowly(house: &House, over: Over, hello: &str) -> Http {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut http = Http::connect_through(socket, house).await;
    let (path, _, accept) = over.request();
    assert_eq!(http.ask("POST", path, &[("accept", accept)], hello.as_bytes()).await.status, 200);
    http
}

async fn a_slow_stream_gets_everything_in_order(on: On) {
    let house = House::open(on).await;
    let hello = r#"{"type":"hello","v":1,"cursors":{"1024":"head"}}"#;
    let mut slow = enter_slowly(&house, Over::Events, hello).await;
    crate::kit::until(|| house.node.clock.connections().iter().any(|one| one.rooms() > 0 && one.is_live()))
        .await;
    let mut writer = Client::enter(&house, "Writer").await;
    for first in (1..=COUNT).step_by(8) {
        for n in first..first + 8 {
            let text = text(n);
            writer.post(n, &text).await;
        }
        writer.hear(8, 8, 0).await;
    }
    // What waits for it is bounded, however much there is.
    let slowest = house.node.clock.connections().into_iter().find(|one| one.transport == Transport::Stream);
    assert!(slowest.unwrap().wire.full_since().is_some(), "it is behind");
    let mut events = Vec::new();
    let mut live = false;
    while events.len() < COUNT as usize || !live {
        match Push::decode(&slow.frame(Lines::Events).await.unwrap()).unwrap() {
            Push::Event(event) => {
                assert_eq!(event.body.text, text(event.seq.0));
                events.push(event);
                live = false;
            }
            Push::Live { seq, .. } => live = seq.0 == COUNT,
            Push::Welcome(_) | Push::Subscribed(_) | Push::Signal { .. } | Push::Ping { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    check_in_order(&events, 1, COUNT);
}

#[tokio::test]
async fn a_stream_that_nobody_reads_goes_with_its_socket() {
    let given = Given { stall_s: Some(1), heartbeat_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    house.seed(&RoomId::main(), COUNT, text).await;
    let hello = r#"{"type":"hello","v":1,"cursors":{"1024":"0"}}"#;
    let mut still = enter_slowly(&house, Over::Ndjson, hello).await;
    let mut others = Client::enter(&house, "Other").await;
    // The other one answers each ping meanwhile: one comes every second.
    while house.node.clock.connections().iter().any(|one| one.transport != Transport::WebSocket) {
        match others.frame().await.unwrap() {
            Push::Ping { .. } => others.say(&json!({"type": "pong"})).await,
            Push::Signal { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    others.post(1, "nobody noticed").await;
    others.hear(1, 1, 0).await;
    let bytes = still.until_end().await;
    assert!(bytes > 0 && bytes < COUNT as usize * 7_500, "{bytes}: it did not get everything");
}

async fn who_leaves_in_any_phase_leaves_nothing_behind(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 400, |n| format!("{n} {}", "茶".repeat(500))).await;
    let hello = r#"{"type":"hello","v":1,"cursors":{"1024":"0"}}"#;
    for (path, wait) in
        [("/v1/stream", false), ("/v1/stream", true), ("/v1/poll?wait=50", false), ("/v1/poll?wait=50", true)]
    {
        // While somebody is looked up, and while the answer is on its way.
        for pieces in [0, 1, 3] {
            house.store.hold(wait);
            let before = house.store.asked();
            let mut http = Http::connect(&house).await;
            http.request("POST", path, &[], hello.as_bytes()).await;
            if wait {
                house.store.until_asked(before).await;
            } else if pieces > 0 {
                assert_eq!(http.head("POST").await.status, 200);
                for _ in 0..pieces {
                    http.piece().await.unwrap();
                }
            }
            drop(http);
            house.store.hold(false);
        }
    }
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
    let mut house = house;
    house.begin_stop();
    house.stopped().await;
}
