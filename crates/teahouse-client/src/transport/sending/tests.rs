use teahouse_protocol::frame::Send;
use teahouse_protocol::{Body, Cid, Kind, Seq};

use super::*;

fn pass() -> Pass {
    Pass { token: "T".into(), session: SessionId(9), cost: false, rooms: vec![RoomId::main()] }
}

fn send(r#ref: u64, room: &str, first: bool, bytes: usize) -> Command {
    Command::Send(Send {
        r#ref,
        room: room.parse().unwrap(),
        cid: Cid::from_bytes([r#ref as u8; 16]),
        kind: Kind::Message,
        body: Body::of("x".repeat(bytes)),
        first,
    })
}

fn refused(r#ref: u64, code: ErrorCode) -> Heard {
    Heard::Push(Push::Error(Error::new(Some(r#ref), code, "No.")))
}

fn stored(r#ref: u64) -> Heard {
    let (room, cid) = (RoomId::main(), Cid::from_bytes([r#ref as u8; 16]));
    Heard::Push(Push::Ack { r#ref, room, cid, seq: Seq(1), at: 0, repeat: false })
}

/// The refs in the next body, and those that are answered without one.
fn batch(sending: &mut Sending) -> (Vec<u64>, Vec<u64>) {
    let (body, answered) = sending.batch(&pass());
    let body = String::from_utf8(body.unwrap_or_default().to_vec()).unwrap();
    let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let refs = body.lines().map(value).filter_map(|it| it["ref"].as_u64()).collect();
    let answered = answered.iter().map(|heard| match heard {
        Heard::Push(Push::Error(Error { r#ref: Some(r#ref), code: ErrorCode::OutOfOrder, .. })) => *r#ref,
        other => panic!("{other:?}"),
    });
    (refs, answered.collect())
}

#[test]
fn a_body_begins_with_who_writes() {
    let mut sending = Sending::default();
    sending.push(Command::Typing { room: RoomId::main(), on: true });
    let (body, _) = sending.batch(&pass());
    let expected = "{\"type\":\"hello\",\"v\":1,\"token\":\"T\",\"session\":\"0000000000000009\",\"cursors\":{},\
                    \"brief\":true}\n{\"type\":\"typing\",\"room\":\"1024\",\"on\":true}\n";
    assert_eq!(body.unwrap(), expected);
    assert!(sending.answered(), "nothing is to be answered");
    sending.push(Command::Bye);
    let (body, _) = sending.batch(&pass());
    let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
    assert!(body.contains(r#""cursors":{"1024":"head"}"#) && sending.is_over(), "{body}");
    assert_eq!(sending.batch(&pass()), (None, Vec::new()));
}

#[test]
fn a_body_has_at_most_64_kib() {
    let mut sending = Sending::default();
    (1..=9).for_each(|number| sending.push(send(number, "tea", number == 1, 16_000)));
    for expected in [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9]] {
        assert_eq!(batch(&mut sending), (expected.clone(), vec![]));
        expected.into_iter().for_each(|number| sending.heard(&stored(number)));
        assert!(sending.answered());
    }
    assert!(sending.is_empty());
}

/// A house answers only so much at once.
#[test]
fn what_an_answer_leaves_out_goes_first_in_the_next_request() {
    let mut sending = Sending::default();
    (1..=4).for_each(|number| sending.push(send(number, "tea", number == 1, 1)));
    assert_eq!(batch(&mut sending), (vec![1, 2, 3, 4], vec![]));
    sending.push(send(5, "tea", false, 1));
    [1, 2].into_iter().for_each(|number| sending.heard(&stored(number)));
    assert!(sending.answered());
    assert_eq!(batch(&mut sending), (vec![3, 4, 5], vec![]));
    assert!(!sending.answered(), "an answer without any progress is none");
}

/// What the house keeps on a socket is kept between requests.
#[test]
fn a_refusal_stands_until_the_head_comes_again() {
    for code in [ErrorCode::Rate, ErrorCode::StoreBusy, ErrorCode::OutOfOrder, ErrorCode::NotSubscribed] {
        let mut sending = Sending::default();
        sending.push(send(1, "1024", true, 1));
        assert_eq!(batch(&mut sending), (vec![1], vec![]));
        (2..5).for_each(|number| sending.push(send(number, "1024", false, 1)));
        sending.push(send(5, "tea", false, 1));
        sending.heard(&refused(1, code));
        assert_eq!(batch(&mut sending), (vec![5], vec![2, 3, 4]), "{code:?}");
        sending.heard(&stored(5));
        sending.push(send(6, "1024", true, 1));
        sending.push(send(7, "1024", false, 1));
        assert_eq!(batch(&mut sending), (vec![6, 7], vec![]), "{code:?}");
    }
    let mut sending = Sending::default();
    sending.push(send(1, "1024", true, 1));
    batch(&mut sending);
    sending.heard(&refused(1, ErrorCode::Muted));
    sending.push(send(2, "1024", false, 1));
    assert_eq!(batch(&mut sending), (vec![2], vec![]), "a final refusal holds nothing up");
}
