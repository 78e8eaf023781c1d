//! Readers that are slower than the room: robbed of nothing, in nobody's way, and gone when they stand still.

use serde_json::json;
use teahouse_protocol::{Push, RoomId};
use teahouse_server::config::Given;
use tokio::net::TcpSocket;

use crate::kit::{Client, House, On, check_in_order, on_every_store};

on_every_store!(a_slow_reader_gets_everything_in_order);

/// Much more than any socket buffers.
const COUNT: u64 = 1_500;
const TEXT_BYTES: usize = 6_000;

/// Comes in through a socket that takes little.
async fn enter_slowly(house: &House, name: &str) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut client = Client::connect_through(socket, house).await;
    let hello = json!({"type": "hello", "v": 1, "name": name, "cursors": {"1024": "head"}});
    client.come_in(&hello).await;
    client
}

fn text(n: u64) -> String {
    format!("{n} {}", "茶".repeat(TEXT_BYTES / 3))
}

async fn write(writer: &mut Client, first: u64, last: u64) {
    let mut events = 0;
    for n in first..=last {
        let text = text(n);
        writer.post(n, &text).await;
        // The writer reads, and is not delayed by who does not.
        if n % 8 == 0 || n == last {
            let missing = (n - first + 1 - events) as usize;
            writer.hear(missing, missing, 0).await;
            events = n - first + 1;
        }
    }
}

async fn a_slow_reader_gets_everything_in_order(on: On) {
    let house = House::open(on).await;
    let mut slow = enter_slowly(&house, "Slow").await;
    let mut writer = Client::enter(&house, "Writer").await;
    write(&mut writer, 1, COUNT).await;
    // Its own commands are heard all the same, and answered when it reads.
    slow.say(&json!({"type": "ping", "ref": 5})).await;
    let (mut events, mut pong) = (Vec::new(), false);
    let mut live = false;
    while events.len() < COUNT as usize || !pong || !live {
        match slow.next().await {
            Push::Event(event) => {
                assert_eq!(event.body.text, text(event.seq.0));
                events.push(event);
                live = false;
            }
            Push::Pong { r#ref: 5, .. } => pong = true,
            Push::Live { seq, .. } => {
                assert_eq!(seq, events.last().unwrap().seq);
                live = seq.0 == COUNT;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    check_in_order(&events, 1, COUNT);
    writer.post(COUNT + 1, "live again").await;
    assert_eq!(slow.event().await.body.text, "live again");
    slow.post(1, "and it may speak").await;
    slow.hear(1, 1, 0).await;
}

#[tokio::test]
async fn who_fell_too_far_behind_is_told_of_the_hole() {
    let house = House::open(On::Sqlite).await;
    let mut slow = enter_slowly(&house, "Slow").await;
    let mut writer = Client::enter(&house, "Writer").await;
    // Enough to fill the socket, then more than it may be behind.
    write(&mut writer, 1, 1_500).await;
    for first in (1_501..=9_000).step_by(250) {
        let sends: Vec<_> = (first..first + 250).map(|n| writer.send(n, &n.to_string())).collect();
        writer.say_all(&sends).await;
        writer.hear(250, 250, 0).await;
    }
    let (mut last, mut hole) = (0, None);
    loop {
        match slow.next().await {
            Push::Event(event) => {
                assert_eq!(event.seq.0, last + 1);
                last = event.seq.0;
            }
            Push::Behind { from, head, .. } => {
                assert!(hole.is_none() && head.0 == 9_000 && from.seq.0 == 8_800, "{from} {head}");
                assert_eq!(from, house.cursor(&RoomId::main(), 8_800).await);
                hole = Some(last);
                last = from.seq.0;
            }
            Push::Live { seq, .. } => {
                assert_eq!((seq.0, last), (9_000, 9_000));
                break;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(hole.is_some_and(|at| at < 4_000), "{hole:?}");
}

#[tokio::test]
async fn who_stands_still_is_closed() {
    let given = Given { stall_s: Some(1), heartbeat_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut still = enter_slowly(&house, "Still").await;
    let connections = house.node.clock.connections();
    let [connection] = &connections[..] else { panic!("one connection") };
    let connection = connection.clone();
    let mut writer = Client::enter(&house, "Writer").await;
    // Until it is full, and no longer: the kernel asks a socket that stands still more and more rarely.
    let mut written = 0;
    while connection.wire.full_since().is_none() {
        write(&mut writer, written + 1, written + 8).await;
        written += 8;
    }
    write(&mut writer, written + 1, written + 8).await;
    // The close waits for the socket like everything else: with its frame it is longer than a ping.
    while connection.wire.reply_bytes() < 70 {
        match writer.frame().await.unwrap() {
            Push::Ping { .. } => writer.say(&json!({"type": "pong"})).await,
            Push::Signal { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    let (code, heard) = still.closed().await;
    assert_eq!(code, 4011);
    assert!(!heard.events.is_empty() && (heard.events.len() as u64) < written + 8);
    check_in_order(&heard.events, 1, heard.events.len() as u64);
    writer.quiet().await;
}
