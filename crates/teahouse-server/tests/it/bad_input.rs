//! Whatever comes over the wire is answered with the right code, and hurts nobody else.

use serde_json::json;
use teahouse_protocol::{ErrorCode, Push};
use tokio_tungstenite::tungstenite::Message;

use crate::kit::{Client, House, On};
use crate::websocket::raw::masked;

/// Lines that end the connection with 4400, after `bad_frame`.
#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    let house = House::open(On::Sqlite).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let lines = [
        "{",
        "",
        "null",
        "7",
        "[]",
        "\"hello\"",
        "{\"type\":\"ping\",\"ref\":1}}",
        "{'type':'ping'}",
        "\u{0}",
        "{\"type\":\"ping\",\"ref\":1e999}",
        "{\"type\":\"\\ud800\"}",
        &deep,
        &deep_object,
    ];
    for (number, line) in (1..).zip(lines) {
        for (greeted, name) in [(true, format!("A{number}")), (false, String::new())] {
            let mut client = Client::connect(&house).await;
            if greeted {
                client.hello(&json!({"type": "hello", "v": 1, "name": name})).await;
            }
            client.say_text(line.to_owned()).await;
            if line.is_empty() {
                // An empty line is no line.
                if greeted {
                    client.quiet().await;
                }
                continue;
            }
            let (code, heard) = client.closed().await;
            assert_eq!((code, heard.errors.len()), (4400, 1), "{line:.40}");
            assert_eq!(heard.errors[0].code, ErrorCode::BadFrame, "{line:.40}");
        }
        bo.quiet().await;
    }
}

/// Frames that are refused by name, while the connection lives on.
#[tokio::test]
async fn a_frame_that_is_wrong_is_answered() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let wrong = [
        (r#"{}"#, ErrorCode::MissingField, "type", None),
        (r#"{"type":7}"#, ErrorCode::BadField, "type", None),
        (r#"{"type":"dance","ref":4}"#, ErrorCode::UnknownCommand, "type", Some(4)),
        (r#"{"type":"ping"}"#, ErrorCode::MissingField, "ref", None),
        (r#"{"type":"ping","ref":"1"}"#, ErrorCode::BadField, "ref", None),
        (r#"{"type":"ping","ref":-1}"#, ErrorCode::BadField, "ref", None),
        (r#"{"type":"ping","ref":1.5}"#, ErrorCode::BadField, "ref", None),
        (r#"{"type":"ping","ref":99999999999999999999999}"#, ErrorCode::BadField, "ref", None),
        (
            r#"{"type":"read","ref":1,"room":"1024","seq":9007199254740992}"#,
            ErrorCode::BadField,
            "seq",
            Some(1),
        ),
        (
            r#"{"type":"history","ref":1,"room":"1024","before":1,"after":1}"#,
            ErrorCode::MissingField,
            "before",
            Some(1),
        ),
        (r#"{"type":"history","ref":1,"room":"1024"}"#, ErrorCode::MissingField, "before", Some(1)),
        (
            r#"{"type":"history","ref":1,"room":"1024","before":1,"limit":0}"#,
            ErrorCode::BadField,
            "limit",
            Some(1),
        ),
        (
            r#"{"type":"history","ref":1,"room":"1024","before":1,"limit":201}"#,
            ErrorCode::BadField,
            "limit",
            Some(1),
        ),
        (r#"{"type":"typing","room":"1024","on":"yes"}"#, ErrorCode::BadField, "on", None),
        (r#"{"type":"pong","cursors":{"1024":"x"}}"#, ErrorCode::BadField, "cursors", None),
        (r#"{"type":"auth","ref":2}"#, ErrorCode::MissingField, "token", Some(2)),
    ];
    for (line, code, field, r#ref) in wrong {
        ada.say_text(line.to_owned()).await;
        let error = ada.error().await;
        assert_eq!((error.code, error.field.as_deref()), (code, Some(field)), "{line}");
        if r#ref.is_some() {
            assert_eq!(error.r#ref, r#ref, "{line}");
        }
        assert!(!error.message.is_empty());
    }
    bo.quiet().await;
}

#[tokio::test]
async fn lines_may_be_many_and_have_more_than_is_known() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut send = ada.send(1, "1");
    send["body"]["colour"] = json!("khaki");
    send["from_the_future"] = json!({"a": [1, 2, {"b": null}]});
    let text = format!("\n\n  \n{send}\r\n\n{}\n", json!({"type": "ping", "ref": 2, "more": 1}));
    ada.say_text(text).await;
    let (mut acked, mut pong, mut event) = (false, false, false);
    while !(acked && pong && event) {
        match ada.next().await {
            Push::Ack { r#ref: 1, .. } => acked = true,
            Push::Pong { r#ref: 2, .. } => pong = true,
            Push::Event(one) => event = one.body.text == "1",
            other => panic!("unexpected {other:?}"),
        }
    }
    // As many as a message can hold, each answered in its turn.
    let pings: Vec<_> = (0..1_500).map(|n| json!({"type": "ping", "ref": n})).collect();
    ada.say_all(&pings).await;
    for n in 0..1_500 {
        let Push::Pong { r#ref, .. } = ada.next().await else { panic!("a pong") };
        assert_eq!(r#ref, n);
    }
    // The largest frame there is.
    let mut big = json!({"type": "ping", "ref": 9, "pad": ""});
    let pad = 65_536 - big.to_string().len();
    big["pad"] = json!("x".repeat(pad));
    ada.say(&big).await;
    let Push::Pong { r#ref: 9, .. } = ada.next().await else { panic!("a pong") };
}

/// Faults of RFC 6455, as bytes, and the code that answers them.
#[tokio::test]
async fn faults_of_the_wire_have_rfc_6455s_codes() {
    let house = House::open(On::Sqlite).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let faults: [(&str, Vec<u8>, u16); 9] = [
        ("not UTF-8", masked(0x81, &[0x7b, 0xff, 0x7d]), 1007),
        ("cut inside a character", masked(0x81, &[0xe4, 0xbd]), 1007),
        ("a byte too much", masked(0x81, &[b'x'; 65_537]), 1009),
        ("unmasked", vec![0x81, 0x02, b'{', b'}'], 1002),
        ("binary", masked(0x82, b"{}"), 1003),
        ("a reserved opcode", masked(0x83, b"{}"), 1002),
        ("a reserved bit", masked(0xc1, b"{}"), 1002),
        ("a long ping", masked(0x89, &[0; 126]), 1002),
        ("nothing to continue", masked(0x80, b"{}"), 1002),
    ];
    for (what, bytes, expected) in faults {
        for greeted in [true, false] {
            let mut client = Client::connect(&house).await;
            if greeted {
                client.hello(&json!({"type": "hello", "v": 1})).await;
            }
            client.say_bytes(&bytes).await;
            let (code, heard) = client.closed().await;
            assert_eq!((code, heard.errors.len()), (expected, 0), "{what}");
        }
        bo.quiet().await;
    }
}

/// After the server's close nothing follows, though the room goes on.
#[tokio::test]
async fn nothing_follows_a_close() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    ada.say_message(Message::binary(vec![0])).await;
    let mut closed = false;
    // The close is read, and not answered before more was said in the room.
    while !closed {
        closed = matches!(ada.frame_unanswered().await, Push::Close { code: 1003, .. });
    }
    for n in 1..=5 {
        bo.post(n, &n.to_string()).await;
        bo.hear(1, 1, 0).await;
    }
    assert_eq!(
        ada.frame().await,
        Err((1003, "a binary message came, but only text is understood here".into()))
    );
    let rest = ada.rest().await;
    assert_eq!(rest, [0; 0], "no bytes after a close frame");
}
