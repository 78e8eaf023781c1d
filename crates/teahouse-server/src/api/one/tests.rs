use std::sync::Arc;

use teahouse_protocol::{Cursor, Epoch, Event, UserId};

use super::super::caller::bearer;
use super::*;

fn headers(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

#[test]
fn a_start_is_a_cursor_the_head_or_the_last_events() {
    let parsed = |text| from(text).ok();
    assert_eq!(parsed(None), Some(From::Head));
    assert_eq!(parsed(Some("head")), Some(From::Head));
    assert_eq!(parsed(Some("0")), Some(From::Cursor(Cursor::BEGINNING)));
    assert_eq!(parsed(Some("tail:0")), Some(From::Tail(0)));
    assert_eq!(parsed(Some("tail:200")), Some(From::Tail(200)));
    assert!(matches!(
        parsed(Some("00000001.7.0000000a")),
        Some(From::Cursor(Cursor { seq: Seq(7), check: 10, .. }))
    ));
    for wrong in [
        "",
        "tail:201",
        "tail:-1",
        "tail:",
        "tail:x",
        "HEAD",
        "1",
        "00000001.7",
        "00000001.9007199254740992.00000000",
    ] {
        assert_eq!(from(Some(wrong)).unwrap_err().status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[test]
fn a_form_is_what_the_client_accepts() {
    for (accept, expected) in [
        ("*/*", Form::Ndjson),
        ("application/x-ndjson", Form::Ndjson),
        ("text/plain", Form::Text),
        ("text/html, text/plain;q=0.5", Form::Text),
        ("text/plain, text/event-stream", Form::Events),
    ] {
        assert_eq!(form(&headers("accept", accept)), expected, "{accept}");
    }
    assert_eq!(form(&HeaderMap::new()), Form::Ndjson);
}

#[test]
fn a_token_is_behind_its_scheme() {
    let token = |value: &str| bearer(&headers("authorization", value)).ok().flatten().map(str::to_owned);
    assert_eq!(token("Bearer T"), Some("T".into()));
    assert_eq!(token("bearer  T "), Some("T".into()));
    for wrong in ["T", "Basic T", "BearerT", ""] {
        assert_eq!(token(wrong), None, "{wrong}");
        assert!(bearer(&headers("authorization", wrong)).is_err(), "{wrong}");
    }
    assert!(matches!(bearer(&HeaderMap::new()), Ok(None)));
}

#[test]
fn one_key_of_one_person_is_one_message() {
    assert_eq!(cid_of("token", "key"), cid_of("token", "key"));
    assert_ne!(cid_of("token", "key"), cid_of("token", "key2"));
    assert_ne!(cid_of("token", "key"), cid_of("tokenk", "ey"));
}

/// What a poll brought, as it is rendered again.
#[test]
fn a_poll_is_rendered_in_the_form_that_was_asked_for() {
    let by = Person::new(UserId::from_bytes([7; 16]), Arc::from("Ada"), None);
    let event = |seq, text: &str| {
        let (by, cid) = (by.clone(), Cid::from_bytes([seq as u8; 16]));
        let body = Body::of(text.into());
        encode::event(&Event {
            room: RoomId::main(),
            seq: Seq(seq),
            kind: Kind::Message,
            cid,
            by,
            at: 9,
            n: None,
            rev: None,
            body,
        })
    };
    let events = [event(1, "data: x\n\nid: y"), event(2, "two")];
    let dialect = Dialect::One(Form::Events);
    let mut brought = Vec::new();
    let hole = Cursor { epoch: Some(Epoch(1)), seq: Seq(0), check: 0 };
    let behind = Push::Behind { room: RoomId::main(), from: hole, head: Seq(2) };
    encode::push(dialect, &behind, |frame| brought.extend_from_slice(frame));
    encode::push(dialect, &Push::Ping { heads: [].into() }, |frame| brought.extend_from_slice(frame));
    let only_hole = Bytes::copy_from_slice(&brought);
    brought.extend_from_slice(&encode::frames(dialect, Epoch(1), events.iter()));
    let close = Push::Close { code: 4002, reason: "rotate".into(), retry_ms: None };
    encode::push(dialect, &close, |frame| brought.extend_from_slice(frame));
    let brought = Bytes::from(brought);
    let last = format!("00000001.2.{:08x}", events[1].check);
    let lines: Vec<_> = events.iter().map(|event| String::from_utf8(event.line.to_vec()).unwrap()).collect();
    let behind = String::from_utf8(behind.encode()).unwrap();

    let (body, cursor) = rendered(&brought, Form::Ndjson, "0".into());
    assert_eq!((&*body, &*cursor), (format!("{behind}\n{}\n{}\n", lines[0], lines[1]).as_bytes(), &*last));
    let (body, cursor) = rendered(&brought, Form::Text, "0".into());
    assert_eq!((&*body, &*cursor), (&b"Ada: data: x\n    \n    id: y\nAda: two\n"[..], &*last));
    let (body, _) = rendered(&brought, Form::Events, "0".into());
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.starts_with(&format!("data: {behind}\n\n")) && body.contains(&format!("id: {last}\n")));
    assert!(!body.contains("4002"), "{body}");
    assert_eq!(rendered(&only_hole, Form::Ndjson, "0".into()).1, hole.to_string());
    assert_eq!(rendered(&Bytes::new(), Form::Text, "x".into()), (Bytes::new(), "x".into()));
}
