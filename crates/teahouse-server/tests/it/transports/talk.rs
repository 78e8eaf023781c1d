//! One script over every transport: coming in, talking both ways, and coming back.

use serde_json::json;
use teahouse_protocol::{ErrorCode, Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Came, Client, Guest, House, On, Over, on_every_transport};

on_every_transport!(
    a_newcomer_is_told_where_they_are,
    two_people_talk_both_ways,
    what_is_said_twice_is_stored_once,
    nothing_overtakes_what_was_refused,
    the_past_and_the_read_mark_are_there,
    who_comes_back_hears_what_was_missed,
    a_hole_is_said_aloud,
    another_log_is_said_aloud,
    a_room_that_cannot_be_found_is_named,
);

async fn a_newcomer_is_told_where_they_are(on: On, over: Over) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 5, |n| n.to_string()).await;
    let mut guest = Guest::connect(&house, over, Some("Ada"), json!({"1024": {"tail": 2}})).await;
    let Push::Welcome(welcome) = guest.next().await else { panic!("a welcome comes first") };
    assert_eq!((&*welcome.you.name, welcome.v, welcome.token.is_some()), ("Ada", 1, true));
    let Push::Subscribed(subscribed) = guest.next().await else { panic!("then what was subscribed") };
    assert_eq!((subscribed.head.0, subscribed.from.seq.0, subscribed.r#ref), (5, 3, None));
    assert_eq!((subscribed.here.count, subscribed.read.0), (1, 0));
    assert_eq!(subscribed.from, house.cursor(&RoomId::main(), 3).await);
    assert_eq!(guest.event().await.seq.0, 4);
    assert_eq!(guest.event().await.seq.0, 5);
    assert!(matches!(guest.next().await, Push::Live { seq, .. } if seq.0 == 5));
}

/// Each hears everything once, in order, with the same bytes, and what they wrote themselves with it.
async fn two_people_talk_both_ways(on: On, over: Over) {
    const ROUNDS: u64 = 12;
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut bo = Guest::enter(&house, Over::WebSocket, "Bo").await;
    let (mut by_ada, mut by_bo) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        assert_eq!(ada.say(round, &format!("ada {round}\n\"茶\"")).await, 2 * round - 1);
        assert_eq!(bo.say(round, &format!("bo {round}")).await, 2 * round);
        if round % 3 == 0 {
            by_ada.extend(ada.hear_up_to(2 * round).await);
            by_bo.extend(bo.hear_up_to(2 * round).await);
        }
    }
    assert_eq!(by_ada.len(), 2 * ROUNDS as usize);
    assert_eq!(by_ada, by_bo);
    // The log has the same.
    let log: Vec<_> = house.log(&RoomId::main()).await.into_iter().map(Push::Event).collect();
    assert!(by_ada.iter().map(|line| Push::decode(line).unwrap()).eq(log));
}

async fn what_is_said_twice_is_stored_once(on: On, over: Over) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut bo = Guest::enter(&house, Over::WebSocket, "Bo").await;
    assert_eq!(ada.say(1, "once").await, 1);
    let (send, mut other) = (ada.send(1, "once"), ada.send(1, "another"));
    match &ada.ask(&[send]).await[..] {
        [Push::Ack { seq, repeat: true, .. }] => assert_eq!(seq.0, 1),
        other => panic!("a repeat, not {other:?}"),
    }
    other["first"] = json!(true);
    let stolen = json!({
        "type": "send", "ref": 7, "room": "1024", "cid": ada.cid(1), "kind": "message",
        "body": {"text": "once"}, "first": true,
    });
    for (answers, r#ref) in [(ada.ask(&[other]).await, 1), (bo.ask(&[stolen]).await, 7)] {
        match &answers[..] {
            [Push::Error(error)] => {
                assert_eq!((error.code, error.r#ref), (ErrorCode::CidConflict, Some(r#ref)))
            }
            other => panic!("a conflict, not {other:?}"),
        }
    }
    ada.say(2, "the end").await;
    assert_eq!(ada.hear_up_to(2).await, bo.hear_up_to(2).await);
    assert_eq!(house.log(&RoomId::main()).await.len(), 2);
}

async fn nothing_overtakes_what_was_refused(on: On, over: Over) {
    let given = Given { sends_per_second: Some(1), sends_burst: Some(2), ..Given::default() };
    let house = House::open_with(on, given).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut sends: Vec<_> = (1..=5).map(|n| ada.send(n, &n.to_string())).collect();
    sends[0]["first"] = json!(true);
    let (mut acks, mut codes) = (Vec::new(), Vec::new());
    for answer in ada.ask(&sends).await {
        match answer {
            Push::Ack { r#ref, repeat: false, .. } => acks.push(r#ref),
            Push::Error(error) => {
                assert_eq!(error.retry_ms.is_some(), error.code == ErrorCode::Rate);
                codes.push((error.r#ref.unwrap(), error.code));
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(acks, [1, 2]);
    let gated = ErrorCode::OutOfOrder;
    assert_eq!(codes, [(3, ErrorCode::Rate), (4, gated), (5, gated)]);
    assert_eq!(ada.hear_up_to(2).await.len(), 2);
}

async fn the_past_and_the_read_mark_are_there(on: On, over: Over) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 9, |n| n.to_string()).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let history = json!({"type": "history", "ref": 4, "room": "1024", "before": 5, "limit": 2});
    match &ada.ask(&[history]).await[..] {
        [Push::Page { r#ref: 4, messages, as_of, more: true, .. }] => {
            let seqs: Vec<_> = messages.iter().map(|push| matches!(push, Push::Event(_))).collect();
            assert_eq!((seqs, as_of.0), (vec![true, true], 9));
        }
        other => panic!("a page, not {other:?}"),
    }
    // Her other devices are told how far she has read, whatever they receive by.
    let mut devices = Vec::new();
    for over in Over::ALL {
        devices.push(ada.elsewhere(&house, over, json!({"1024": "head"})).await);
    }
    let read = json!({"type": "read", "ref": 5, "room": "1024", "seq": 7});
    let answers = ada.ask(&[read]).await;
    assert!(matches!(answers[..], [Push::Read { r#ref: Some(5), seq, .. }] if seq.0 == 7), "{answers:?}");
    for device in &mut devices[..3] {
        let told = device.next().await;
        assert!(matches!(told, Push::Read { r#ref: None, seq, .. } if seq.0 == 7), "{told:?}");
    }
    assert_eq!(read_mark(&house, &ada, over).await, 7);
}

/// The read mark that this person is told when they come again.
async fn read_mark(house: &House, ada: &Guest, over: Over) -> u64 {
    let mut again = ada.twin(house, over).await;
    loop {
        if let Push::Subscribed(subscribed) = again.next().await {
            return subscribed.read.0;
        }
    }
}

async fn who_comes_back_hears_what_was_missed(on: On, over: Over) {
    let house = House::open(on).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut first = 1;
    // Over every transport, and back again.
    for next in Over::ALL.into_iter().chain([over]) {
        for n in first..first + 4 {
            bo.post(n, &n.to_string()).await;
        }
        bo.hear(4, 4, 0).await;
        assert_eq!(ada.hear_up_to(first + 1).await.len(), 2, "two of the four are read");
        first += 4;
        let (again, left) = ada.moved(&house, next).await;
        drop(left);
        ada = again;
        let came = ada.until_live().await;
        assert_eq!(came.events.len(), 2);
        assert_eq!(ada.cursor().seq.0, first - 1);
    }
    assert_eq!(house.log(&RoomId::main()).await.len() as u64, first - 1);
}

async fn a_hole_is_said_aloud(on: On, over: Over) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 5_300, |n| n.to_string()).await;
    let old = house.cursor(&RoomId::main(), 100).await;
    let (guest, came) = Guest::come(&house, over, "Ada", json!({"1024": old})).await;
    let Came { events, others, .. } = came;
    let hole = others.iter().find_map(|push| match push {
        Push::Behind { from, head, .. } => Some((*from, head.0)),
        _ => None,
    });
    assert_eq!(hole, Some((house.cursor(&RoomId::main(), 5_100).await, 5_300)));
    assert_eq!((events.len(), guest.cursor().seq.0), (200, 5_300));
    // As far behind as it may be, it hears everything.
    let old = house.cursor(&RoomId::main(), 300).await;
    let (_, came) = Guest::come(&house, over, "Bo", json!({"1024": old})).await;
    assert_eq!(came.events.len(), 5_000);
}

async fn another_log_is_said_aloud(on: On, over: Over) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 5, |n| n.to_string()).await;
    let good = house.cursor(&RoomId::main(), 3).await;
    let epoch = good.epoch.unwrap();
    let wrong = [
        good.to_string().replacen(&epoch.to_string(), "00000000", 1),
        format!("{epoch}.6.00000000"),
        format!("{epoch}.3.00000000"),
    ];
    for (number, cursor) in wrong.iter().enumerate() {
        let name = format!("Ada {number}");
        let (_, came) = Guest::come(&house, over, &name, json!({"1024": cursor})).await;
        let reset = came.others.iter().any(|push| {
            matches!(push, Push::Reset { from, oldest, head, epoch: told, .. }
                if (from.seq.0, oldest.0, head.0, *told) == (0, 1, 5, epoch))
        });
        assert!(reset && came.events.len() == 5, "{cursor}: {came:?}");
    }
}

async fn a_room_that_cannot_be_found_is_named(on: On, over: Over) {
    let house = House::open(on).await;
    let side = house.add_room("side").await;
    house.seed(&side, 2, |n| n.to_string()).await;
    let from = json!({"1024": "head", "nowhere": "head", "side": "0"});
    let (mut ada, came) = Guest::come(&house, over, "Ada", from).await;
    let errors = came.others.iter().filter_map(|push| match push {
        Push::Error(error) => Some((error.code, error.field.as_deref())),
        _ => None,
    });
    let errors: Vec<_> = errors.collect();
    assert_eq!(errors, [(ErrorCode::NoSuchRoom, Some("cursors.nowhere"))]);
    assert_eq!(came.events.len(), 2);
    ada.say(1, "here all the same").await;
    assert_eq!(ada.event().await.seq.0, 1);
}
