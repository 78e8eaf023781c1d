//! The whole client over real sockets, against the small house on a port of its own.

use std::time::Duration;

use teahouse_client::connection::Backoff;
use teahouse_client::protocol::{ErrorCode, From, Range, RoomId, Seq};
use teahouse_client::{Client, End, Notice, Notices, Options, Refused, Transport};
use tokio::net::TcpListener;

use crate::door::{Door, Way};
use crate::house::House;

async fn next_texts(notices: &mut Notices, many: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < many {
        match notices.next().await.expect("the client lives") {
            Notice::Event(event) => texts.push(event.body.text),
            Notice::Hole(hole) => panic!("{hole:?}"),
            _ => {}
        }
    }
    texts
}

#[tokio::test]
async fn talks_asks_and_leaves() {
    for transport in Transport::ALL {
        talk_ask_and_leave(Door::open().await, transport).await;
    }
}

#[tokio::test]
async fn talks_through_tls() {
    for transport in Transport::ALL {
        talk_ask_and_leave(Door::open_encrypted().await, transport).await;
    }
    // Nobody vouches for this house.
    let door = Door::open_encrypted().await;
    let (_client, mut notices) = Client::connect(Options { roots_pem: Vec::new(), ..door.options() });
    let Some(Notice::Suspended { cause, .. }) = notices.next().await else { panic!("it must not connect") };
    assert!(cause.contains("TLS") && cause.contains("certificate"), "{cause}");
}

async fn talk_ask_and_leave(door: Door, transport: Transport) {
    let options = Options { name: Some("小满".into()), transport: Some(transport), ..door.options() };
    let (client, mut notices) = Client::connect(options);
    let receipt = client.say("你好\n再见").await.unwrap();
    let cid = receipt.cid();
    let ack = receipt.await.unwrap();
    assert_eq!((ack.seq, ack.repeat), (Seq(1), false));
    let Some(Notice::Welcome(welcome)) = notices.next().await else { panic!("welcome comes first") };
    assert_eq!((&*welcome.you.name, welcome.token.as_deref()), ("小满", Some("token-0")));
    assert_eq!(notices.next().await, Some(Notice::Transport(transport)));
    assert_eq!(next_texts(&mut notices, 1).await, ["你好\n再见"]);
    let room = RoomId::main();
    let page = client.history(&room, Range::Before(Seq(2)), 50).await.unwrap();
    assert_eq!((page.messages.len(), page.messages[0].cid, page.more), (1, cid, false));
    assert_eq!(client.read(&room, Seq(1)).await, Ok(Seq(1)));
    client.typing(&room, true).await.unwrap();
    // Polls are not told who types.
    while transport < Transport::LongPoll && !matches!(notices.next().await, Some(Notice::Typing { .. })) {}
    client.close().await;
    let mut last = None;
    while let Some(notice) = notices.next().await {
        assert!(!matches!(notice, Notice::Suspended { .. } | Notice::Event(_)), "{notice:?}");
        last = Some(notice);
    }
    assert_eq!(last, Some(Notice::Ended(End::Closed)));
    assert_eq!(client.say("late").await.unwrap_err(), Refused::Ended);
}

#[tokio::test]
async fn goes_on_after_every_cut() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(door.options());
    let mut expected = Vec::new();
    for round in 0..3 {
        let mut receipts = Vec::new();
        for number in 0..40 {
            expected.push(format!("{round}.{number}"));
            receipts.push(client.say(expected.last().unwrap()).await.unwrap());
            if number % 20 == 10 {
                door.cut();
            }
        }
        for receipt in receipts {
            receipt.await.unwrap();
        }
    }
    assert_eq!(next_texts(&mut notices, expected.len()).await, expected);
    assert_eq!(texts(&door.house.lock().unwrap()), expected);
}

fn texts(house: &House) -> Vec<String> {
    house.logs[&RoomId::main()].events.iter().map(|event| event.body.text.clone()).collect()
}

/// One script over every transport: lines cut in half, answers lost, everybody cut off. Nothing may be
/// lost, told twice or out of order.
#[tokio::test]
async fn a_bad_way_loses_repeats_and_swaps_nothing() {
    let ways = Transport::ALL.map(Some).into_iter().chain([None]);
    for (seed, transport) in (0..).zip(ways) {
        let door = Door::open_to(Way { loses_one_in: 10, ..Way::default() }, seed).await;
        bad_way(&door, transport).await;
    }
}

async fn bad_way(door: &Door, transport: Option<Transport>) {
    let backoff = Backoff { least: Duration::from_millis(1), most: Duration::from_millis(20) };
    let from = From::Cursor("0".parse().unwrap());
    let rooms = vec![(RoomId::main(), from)];
    // Nobody listens before everything is written.
    let notices_max = 100_000;
    let options = || Options { transport, backoff, notices_max, rooms: rooms.clone(), ..door.options() };
    let (_reader, mut reads) = Client::connect(options());
    let (writer, mut own) = Client::connect(options());
    let mut receipts = Vec::new();
    let expected: Vec<String> = (0..150).map(|number| format!("{transport:?} {number}")).collect();
    for (number, text) in expected.iter().enumerate() {
        receipts.push(writer.say(text).await.unwrap());
        if number % 10 == 9 {
            receipts.remove(0).await.unwrap();
        }
        match number {
            50 => door.cut(),
            // What gets through changes under way: those who choose go down, and up again.
            70 => door.way.lock().unwrap().blocks_sockets = true,
            71 => door.cut(),
            110 => door.way.lock().unwrap().blocks_sockets = false,
            _ => {}
        }
        if transport == Some(Transport::WebSocket) {
            door.way.lock().unwrap().blocks_sockets = false;
        }
    }
    for receipt in receipts {
        receipt.await.unwrap();
    }
    assert_eq!(next_texts(&mut reads, expected.len()).await, expected, "{transport:?}");
    assert_eq!(next_texts(&mut own, expected.len()).await, expected, "{transport:?}");
    assert_eq!(texts(&door.house.lock().unwrap()), expected, "{transport:?}");
}

async fn next_transport(notices: &mut Notices) -> Transport {
    loop {
        if let Notice::Transport(transport) = notices.next().await.expect("the client lives") {
            return transport;
        }
    }
}

#[tokio::test]
async fn chooses_what_gets_through() {
    let door = Door::open_to(Way { blocks_sockets: true, ..Way::default() }, 0).await;
    let (client, mut notices) = Client::connect(door.options());
    assert_eq!(next_transport(&mut notices).await, Transport::Stream);
    client.say("streamed").await.unwrap().await.unwrap();
    assert_eq!(next_texts(&mut notices, 1).await, ["streamed"]);
    door.way.lock().unwrap().buffers_streams = true;
    door.cut();
    assert_eq!(next_transport(&mut notices).await, Transport::LongPoll);
    client.say("polled").await.unwrap().await.unwrap();
    assert_eq!(next_texts(&mut notices, 1).await, ["polled"]);
    let asked = door.asked.lock().unwrap().clone();
    // A guest is made once, by an answer that nothing holds back.
    assert_eq!(asked[..3], ["/v1/ws", "/v1/poll?wait=0", "/v1/stream"]);
    assert!(asked.contains(&"/v1/poll?wait=25".into()), "{asked:?}");
    assert_eq!(door.house.lock().unwrap().people(), 1);
}

#[tokio::test]
async fn goes_up_again_without_a_gap() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(door.options());
    assert_eq!(next_transport(&mut notices).await, Transport::WebSocket);
    door.way.lock().unwrap().blocks_sockets = true;
    door.cut();
    assert_eq!(next_transport(&mut notices).await, Transport::Stream);
    door.way.lock().unwrap().blocks_sockets = false;
    assert_eq!(next_transport(&mut notices).await, Transport::WebSocket);
    client.say("up again").await.unwrap().await.unwrap();
    assert_eq!(next_texts(&mut notices, 1).await, ["up again"]);
    assert_eq!(door.house.lock().unwrap().people(), 1);
}

#[tokio::test]
async fn a_program_that_does_not_listen_loses_nothing() {
    let door = Door::open().await;
    let (writer, unheard) = Client::connect(door.options());
    drop(unheard);
    let (_client, mut notices) = Client::connect(Options {
        notices_max: 1,
        rooms: vec![(RoomId::main(), From::Cursor("0".parse().unwrap()))],
        ..door.options()
    });
    while !matches!(notices.next().await, Some(Notice::Subscribed(_))) {}
    let expected: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    for text in &expected {
        writer.say(text).await.unwrap();
    }
    assert_eq!(next_texts(&mut notices, expected.len()).await, expected);
}

#[tokio::test]
async fn refusals_reach_the_receipt() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(door.options());
    let refused = |code| move |result: Result<_, Refused>| result.unwrap_err().code() == Some(code);
    assert!(refused(ErrorCode::BadField)(client.say(" ").await.unwrap().await));
    assert!(refused(ErrorCode::TextTooLong)(client.say("x".repeat(16_385)).await.unwrap().await));
    let elsewhere: RoomId = "elsewhere".parse().unwrap();
    assert!(refused(ErrorCode::NotSubscribed)(client.send(&elsewhere, "x").await.unwrap().await));
    let cellar: RoomId = "cellar".parse().unwrap();
    client.subscribe(&cellar, From::Head).await.unwrap();
    let receipt = client.send(&cellar, "x").await.unwrap();
    assert!(refused(ErrorCode::NoSuchRoom)(receipt.await));
    while !matches!(notices.next().await, Some(Notice::Left { .. })) {}
    client.subscribe(&elsewhere, From::Head).await.unwrap();
    assert_eq!(client.send(&elsewhere, "x").await.unwrap().await.unwrap().seq, Seq(1));
}

#[tokio::test]
async fn says_why_it_cannot_connect() {
    // A port that was free a moment ago, and that nobody listens on.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (client, mut notices) = Client::connect(Options::new(&format!("http://{address}")).unwrap());
    let Some(Notice::Suspended { cause, .. }) = notices.next().await else { panic!("it cannot connect") };
    assert!(cause.contains("refused"), "{cause}");
    client.close().await;
    while let Some(notice) = notices.next().await {
        assert!(matches!(notice, Notice::Suspended { .. } | Notice::Ended(End::Closed)), "{notice:?}");
    }
}
