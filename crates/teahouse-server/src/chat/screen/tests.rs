use teahouse_client::protocol::event::Person;
use teahouse_client::protocol::{Body, Cid, Kind, RoomId, Seq, UserId};

use super::*;

fn event(name: &str, text: &str) -> Event {
    Event {
        room: RoomId::main(),
        seq: Seq(1),
        kind: Kind::Message,
        cid: Cid::from_bytes([1; 16]),
        by: Person::new(UserId::from_bytes([2; 16]), name.into(), None),
        at: 1_795_353_600_000,
        n: Some(1),
        rev: None,
        body: Body::of(text.into()),
    }
}

fn written(form: Form, event: &Event) -> String {
    let mut out = Vec::new();
    let mut screen = Screen::new(&mut out, form, true);
    screen.event(event, None).unwrap();
    String::from_utf8(out).unwrap()
}

/// The line without its time, which depends on where the test runs.
fn check(form: Form, name: &str, text: &str, expected: &str) {
    let line = written(form, &event(name, text));
    let (time, rest) = line.split_at(line.find(' ').unwrap());
    assert_eq!(rest, expected, "{text:?}");
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    assert!(time.contains(':') && digits.len() >= 4, "{time}");
}

#[test]
fn writes_messages() {
    check(Form::Pipe, "小满", "你好", " 小满: 你好\n");
    check(Form::Terminal, "a", "b\tc", " a: b\tc\n");
    check(Form::Pipe, "a", "one\ntwo\n\nthree", " a: one\n      two\n      \n      three\n");
    check(Form::Colour, "a", "b", " \x1b[1ma\x1b[0m: b\n");
}

#[test]
fn nothing_that_others_write_steers_the_terminal() {
    check(Form::Terminal, "a", "\x1b[2J\x07\u{9b}1m\x7f\0", " a: ␛[2J␇\u{fffd}1m␡␀\n");
    check(Form::Terminal, "a", "x\r12:00 b: y", " a: x␍12:00 b: y\n");
    check(Form::Terminal, "a", "x\u{2028}12:00 b: y", " a: x\n      12:00 b: y\n");
    check(Form::Terminal, "a\nb\x1b]0;t", "\u{202e}x\u{2066}", " a b␛]0;t: x\n");
    let colour = written(Form::Colour, &event("\x1b[31m", "\x1b[31m"));
    assert_eq!(colour.matches('\x1b').count(), 4, "only our own: {colour:?}");
}

#[test]
fn writes_events_as_json() {
    let line = written(Form::Json, &event("a", "b\nc"));
    assert_eq!(line.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event("a", "b\nc"));
}

#[test]
fn status_lines_stay_out_of_pipes() {
    for form in [Form::Pipe, Form::Json] {
        let mut out = Vec::new();
        Screen::new(&mut out, form, true).status("lost").unwrap();
        assert!(out.is_empty());
    }
    let mut out = Vec::new();
    Screen::new(&mut out, Form::Terminal, true).status("a\x1b[m\nb").unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "-- a␛[m b\n");
}

#[test]
fn the_clock_knows_hours_and_minutes() {
    let clock = Clock { sqlite: None };
    assert_eq!(clock.local(1_795_353_600_000), "13:20");
    // Whole minutes in every zone differ from UTC by whole minutes.
    assert_eq!(Clock::new().local(0).len(), 5);
}

#[test]
fn says_what_is_no_message_to_eyes_only() {
    let fact = |kind, body| Event { kind, body, ..event("Bo", "") };
    let deed = teahouse_client::protocol::Deed {
        person: Person::new(UserId::from_bytes([3; 16]), "Cid".into(), None),
        act: Act::Mute,
        until: None,
        reason: None,
    };
    let muted = fact(Kind::Moderation, Body { deed: Some(Box::new(deed)), ..Body::default() });
    assert_eq!(written(Form::Terminal, &muted), "-- Bo muted Cid\n");
    let removed = fact(Kind::Leave, Body { removed: true, ..Body::default() });
    assert_eq!(written(Form::Terminal, &removed), "-- Bo was removed from the room\n");
    assert_eq!(
        written(Form::Terminal, &fact(Kind::Message, Body::default())),
        "-- a message of Bo is gone\n"
    );
    assert_eq!(written(Form::Pipe, &removed), "");
    assert!(written(Form::Json, &removed).contains("\"removed\":true"));
}
