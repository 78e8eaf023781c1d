//! Who is here, who types, how far they have read, and whether they are still there.

use serde_json::json;
use teahouse_protocol::frame::Presence;
use teahouse_protocol::{Push, RoomId, Seq, SignalBody};
use teahouse_server::config::Given;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::kit::{Client, House, On, Plain, on_every_store};

on_every_store!(read_marks_grow_and_are_told_to_the_persons_other_connections);

/// The next presence signal.
async fn presence(client: &mut Client) -> Presence {
    loop {
        if let SignalBody::Presence(presence) = client.signal().await {
            return presence;
        }
    }
}

async fn read_marks_grow_and_are_told_to_the_persons_other_connections(on: On) {
    let house = House::open(on).await;
    let main = RoomId::main();
    house.seed(&main, 10, |n| n.to_string()).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut elsewhere = Client::connect(&house).await;
    elsewhere.come_in(&ada.elsewhere(&json!({"1024": "head"}))).await;
    for (asked, mark) in [(4, 4), (2, 4), (9_000, 10)] {
        ada.say(&json!({"type": "read", "ref": 6, "room": "1024", "seq": asked})).await;
        let read = |r#ref| Push::Read { r#ref, room: main.clone(), seq: Seq(mark) };
        assert_eq!(ada.next().await, read(Some(6)));
        assert_eq!(elsewhere.next().await, read(None));
    }
    bo.quiet().await;
    let hello = ada.elsewhere(&json!({"1024": "head"}));
    drop((ada, bo, elsewhere));
    let house = house.restarted().await;
    let mut later = Client::connect(&house).await;
    assert_eq!(later.come_in(&hello).await.0.read.0, 10);
}

#[tokio::test]
async fn coming_and_leaving_is_told() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let me = ada.me().you.clone();
    assert_eq!(presence(&mut ada).await, Presence { count: 1, came: vec![me], ..Presence::default() });
    let mut bo = Client::connect(&house).await;
    let hello = json!({"type": "hello", "v": 1, "name": "Bo", "cursors": {"1024": "head"}});
    let (subscribed, _) = bo.come_in(&hello).await;
    assert_eq!(subscribed.here.count, 2);
    let them = bo.me().you.clone();
    let came = presence(&mut ada).await;
    assert_eq!(came, Presence { count: 2, came: vec![them.clone()], ..Presence::default() });
    // Another connection of the same person is nobody new, and its end is nobody's leaving.
    let mut second = Client::connect(&house).await;
    second.come_in(&bo.elsewhere(&json!({"1024": "head"}))).await;
    second.say(&json!({"type": "bye"})).await;
    assert!(second.frame().await.is_err());
    bo.say(&json!({"type": "bye"})).await;
    while bo.frame().await.is_ok() {}
    let left = presence(&mut ada).await;
    assert_eq!(left, Presence { count: 1, left: vec![them.id], ..Presence::default() });
    // A plain-text participant is here from the first word on, and gone with the last.
    let mut plain = Plain::enter(&house).await;
    plain.say("hello").await;
    plain.hear().await;
    ada.event().await;
    let came = presence(&mut ada).await;
    assert_eq!((came.count, came.came.len()), (2, 1));
    plain.say_message(Message::Close(None)).await;
    let left = presence(&mut ada).await;
    assert_eq!((left.count, left.left), (1, vec![came.came[0].id]));
}

/// A connection that dies while it comes in is not here for ever.
#[tokio::test]
async fn who_dies_while_coming_in_does_not_stay() {
    let house = House::open(On::Sqlite).await;
    let mut bo = Client::connect(&house).await;
    let hello = |name| json!({"type": "hello", "v": 1, "name": name, "cursors": {"1024": "head"}});
    let before = house.store.asked();
    house.store.hold(true);
    let mut dying = Client::connect(&house).await;
    dying.say(&hello("Dying")).await;
    house.store.until_asked(before).await;
    // The server notices when it says welcome, and has asked the room to let the dead one in all the same.
    dying.reset();
    house.store.hold(false);
    let (subscribed, _) = bo.come_in(&hello("Bo")).await;
    assert_eq!(subscribed.here.people, Some(vec![bo.me().you.clone()]));
    assert_eq!(subscribed.here.count, 1);
}

#[tokio::test]
async fn typing_is_told_while_it_lasts() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    bo.say(&json!({"type": "typing", "room": "1024", "on": true})).await;
    let typing = loop {
        if let SignalBody::Typing(typing) = ada.signal().await {
            break typing;
        }
    };
    assert_eq!((typing.count, typing.people), (1, Some(vec![bo.me().you.clone()])));
    bo.say(&json!({"type": "typing", "room": "1024", "on": false})).await;
    let typing = loop {
        if let SignalBody::Typing(typing) = ada.signal().await {
            break typing;
        }
    };
    assert_eq!((typing.count, typing.people), (0, Some(vec![])));
    // Nobody types in a room that they do not follow, and nobody is told off for it.
    bo.say(&json!({"type": "typing", "room": "nowhere"})).await;
    bo.quiet().await;
}

#[tokio::test]
async fn a_ping_tells_the_heads_that_changed() {
    let given = Given { heartbeat_s: Some(1), pong_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    bo.post(1, "1").await;
    let (mut told, mut silent) = (None, false);
    while told.is_none() || !silent {
        match ada.frame().await.unwrap() {
            Push::Ping { heads } => {
                ada.say(&json!({"type": "pong", "cursors": {}})).await;
                silent = told.is_some() && heads.is_empty();
                assert!(silent || heads.is_empty() || heads[&RoomId::main()].0 == 1, "{heads:?}");
                told = told.or(heads.get(&RoomId::main()).copied());
            }
            Push::Event(_) | Push::Signal { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    ada.say(&json!({"type": "ping", "ref": 3})).await;
    let Push::Pong { r#ref: 3, now } = ada.next().await else { panic!("a pong") };
    assert!(now > 1_700_000_000_000);
    ada.say_message(Message::Ping(vec![1, 2, 3].into())).await;
    loop {
        match ada.message().await {
            Message::Pong(payload) => break assert_eq!(payload[..], [1, 2, 3]),
            Message::Text(_) => {}
            other => panic!("a pong, not {other:?}"),
        }
    }
}

/// Whoever hears of a number that they do not have subscribes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_never_runs_ahead_of_the_events() {
    let given = Given { heartbeat_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut readers = JoinSet::new();
    for number in 0..100 {
        readers.spawn(hear_ping(Client::enter(&house, &format!("r{number}")).await));
    }
    let mut writer = Client::enter(&house, "Writer").await;
    let writes = async {
        for number in 1.. {
            writer.post(number, "茶").await;
            while !matches!(writer.next().await, Push::Ack { .. }) {}
        }
    };
    tokio::select! {
        () = async { while let Some(heard) = readers.join_next().await { heard.unwrap() } } => {}
        () = writes => unreachable!("it does not end"),
    }
}

/// Hears a ping that tells a new head.
async fn hear_ping(mut client: Client) {
    let mut seq = Seq::ZERO;
    loop {
        match client.frame().await.unwrap() {
            Push::Event(event) => seq = event.seq,
            Push::Ping { heads } => {
                client.say(&json!({"type": "pong"})).await;
                if let Some(head) = heads.get(&RoomId::main()) {
                    return assert!(*head <= seq, "a ping tells {head}, and the last event is {seq}");
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn who_gives_no_sign_of_life_is_closed() {
    let given = Given { heartbeat_s: Some(1), pong_s: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut mute = Client::enter(&house, "Mute").await;
    // It reads, and answers nothing.
    assert_eq!(mute.closed().await.0, 4010);
}
