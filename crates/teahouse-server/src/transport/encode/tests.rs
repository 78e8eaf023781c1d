use std::sync::Arc;

use proptest::prelude::*;
use teahouse_protocol::{SignalBody, UserId};

use super::*;

const ALL: [Dialect; Dialect::COUNT] = [
    Dialect::Lines,
    Dialect::Plain,
    Dialect::Ndjson,
    Dialect::Events,
    Dialect::One(Form::Ndjson),
    Dialect::One(Form::Events),
    Dialect::One(Form::Text),
];

fn said(seq: u64, name: &str, text: &str) -> Encoded {
    let by = Person::new(UserId::from_bytes([7; 16]), Arc::from(name), None);
    let body = Body::of(text.into());
    let room = RoomId::main();
    event(&Event {
        room,
        seq: Seq(seq),
        kind: Kind::Message,
        cid: Cid::from_bytes([seq as u8; 16]),
        by,
        at: 9,
        n: Some(seq),
        rev: None,
        body,
    })
}

fn pushed(dialect: Dialect, given: &Push) -> String {
    let mut said = String::new();
    push(dialect, given, |frame| said = String::from_utf8(frame.to_vec()).unwrap());
    said
}

#[test]
fn every_dialect_has_a_place_of_its_own() {
    for (index, dialect) in ALL.into_iter().enumerate() {
        assert_eq!(dialect.index(), index);
    }
}

#[test]
fn a_form_has_words_for_what_interrupts_it_and_for_nothing_else() {
    let from = Cursor::BEGINNING;
    let room = RoomId::main();
    let told = [
        Push::Behind { room: room.clone(), from, head: Seq(9) },
        Push::Reset { room: room.clone(), epoch: Epoch(1), from, oldest: Seq(1), head: Seq(9) },
    ];
    for push in &told {
        let line = String::from_utf8(push.encode()).unwrap();
        assert_eq!(pushed(Dialect::One(Form::Ndjson), push), format!("{line}\n"));
        assert_eq!(pushed(Dialect::One(Form::Events), push), format!("data: {line}\n\n"));
        let sentence = pushed(Dialect::One(Form::Text), push);
        assert!(sentence.starts_with('(') && sentence.ends_with(")\n"), "{sentence}");
    }
    let ping = Push::Ping { heads: [(room.clone(), Seq(1))].into() };
    assert_eq!(pushed(Dialect::One(Form::Ndjson), &ping), "\n");
    assert_eq!(pushed(Dialect::One(Form::Events), &ping), ":\n\n");
    assert_eq!(pushed(Dialect::One(Form::Text), &ping), "");
    let body = SignalBody::Typing(teahouse_protocol::Here::default());
    for push in [Push::Signal { room: room.clone(), body }, Push::Live { room, seq: Seq(1) }] {
        for form in [Form::Ndjson, Form::Events, Form::Text] {
            assert_eq!(pushed(Dialect::One(form), &push), "");
        }
    }
}

#[test]
fn further_lines_are_indented() {
    assert_eq!(spoken(&said(1, "Ada", "a\nb\n\nc")), "Ada: a\n    b\n    \n    c\n");
    assert_eq!(spoken(&said(1, "Ada", "a\n")), "Ada: a\n    \n");
    assert_eq!(spoken(&said(1, "Ada", "a\u{2028}Bo: b")), "Ada: a\u{2028}    Bo: b\n");
}

proptest! {
    /// Whatever is said: each form holds it whole, its frames are counted to the byte, and no text can look
    /// like another frame or another person.
    #[test]
    fn every_form_holds_each_event_once(
        texts in prop::collection::vec("[a-zA-Z: \n\t\"\\\\茶\u{2028}\u{2029}🍵]{1,40}", 0..20),
    ) {
        let events: Vec<_> = (1..).zip(&texts).map(|(seq, text)| said(seq, "Ada \"<b>\"", text)).collect();
        let lines: Vec<_> = events.iter().map(|event| std::str::from_utf8(&event.line).unwrap()).collect();
        let bytes: usize = lines.iter().map(|line| line.len()).sum();
        let made = |dialect| frames(dialect, Epoch(1), events.iter());
        let ndjson = made(Dialect::Ndjson);
        prop_assert_eq!(std::str::from_utf8(&ndjson).unwrap().lines().collect::<Vec<_>>(), lines.clone());
        let sse = String::from_utf8(made(Dialect::Events).to_vec()).unwrap();
        let data: Vec<_> = sse.split_terminator("\n\n").map(|block| &block["data: ".len()..]).collect();
        prop_assert_eq!(data, lines.clone());
        for dialect in [Dialect::Lines, Dialect::Ndjson, Dialect::Events, Dialect::One(Form::Ndjson), Dialect::One(Form::Events)] {
            prop_assert_eq!(dialect.frame_bytes(&made(dialect)), bytes, "{:?}", dialect);
        }
        let ids = String::from_utf8(made(Dialect::One(Form::Events)).to_vec()).unwrap();
        let ids: Vec<_> = ids.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
        prop_assert_eq!(ids.len(), events.len());
        for (id, event) in ids.iter().zip(&events) {
            let cursor: Cursor = id.parse().unwrap();
            prop_assert_eq!((cursor.seq, cursor.check, cursor.epoch), (event.seq, event.check, Some(Epoch(1))));
        }
        let text = String::from_utf8(made(Dialect::One(Form::Text)).to_vec()).unwrap();
        let breaks = ['\n', '\u{2028}', '\u{2029}'];
        let spoken = text.split(breaks).filter(|line| !line.is_empty() && !line.starts_with("    "));
        prop_assert!(spoken.clone().all(|line| line.starts_with("Ada \"<b>\": ")));
        prop_assert_eq!(spoken.count(), events.len());
    }
}
