use super::*;

const TERMS: Terms = Terms {
    hello_ms: 10_000,
    heartbeat_ms: 25_000,
    pong_ms: 10_000,
    stall_ms: 30_000,
    limits: Limits { frame_bytes_max: 65_536, text_bytes_max: 16, rooms_max: 2, sends_unacked_max: 32 },
};

fn line(session: &mut Session, text: &str, follows: bool, rooms: usize, now: u64) -> Vec<Output> {
    let mut out = Vec::new();
    let line = Command::decode(text);
    session.handle(Input::Line { line, follows, rooms }, &TERMS, Moment(now), &mut out);
    out
}

fn tick(session: &mut Session, now: u64, full_since: Option<u64>) -> Vec<Output> {
    let mut out = Vec::new();
    let full_since = full_since.map(Moment);
    session.handle(Input::Tick { full_since }, &TERMS, Moment(now), &mut out);
    out
}

fn open(now: u64) -> Session {
    let mut session = Session::new(Moment(now));
    let out = line(&mut session, r#"{"type":"hello","v":1}"#, false, 0, now);
    assert!(matches!(out[..], [Output::Identify(_)]));
    session.handle(Input::Identified, &TERMS, Moment(now), &mut Vec::new());
    session
}

fn code(out: &[Output]) -> Option<ErrorCode> {
    match out.first() {
        Some(Output::Reply(Push::Error(error))) => Some(error.code),
        _ => None,
    }
}

#[test]
fn hello_comes_first_and_once() {
    let mut session = Session::new(Moment(0));
    let out = line(&mut session, r#"{"type":"ping","ref":1}"#, false, 0, 0);
    assert_eq!(code(&out), Some(ErrorCode::HelloFirst));
    assert_eq!(out[1], Output::Close(CloseCode::BadFrame));
    assert_eq!(line(&mut session, r#"{"type":"hello","v":1}"#, false, 0, 0), [], "it is over");
    let out = line(&mut open(0), r#"{"type":"hello","v":1}"#, false, 0, 0);
    assert_eq!((code(&out), out.len()), (Some(ErrorCode::AlreadyWelcome), 1));
}

#[test]
fn another_version_is_told_and_ends() {
    let out = line(&mut Session::new(Moment(0)), r#"{"type":"hello","v":2}"#, false, 0, 0);
    assert_eq!((code(&out), &out[1]), (Some(ErrorCode::Version), &Output::Close(CloseCode::Version)));
}

#[test]
fn a_refused_name_may_be_tried_again() {
    let mut session = Session::new(Moment(0));
    line(&mut session, r#"{"type":"hello","v":1,"name":"Ada"}"#, false, 0, 9_000);
    let mut out = Vec::new();
    let taken = Error::new(None, ErrorCode::NameTaken, "Somebody here is called Ada.");
    session.handle(Input::NotIdentified(taken), &TERMS, Moment(9_000), &mut out);
    assert_eq!((code(&out), out.len()), (Some(ErrorCode::NameTaken), 1));
    assert_eq!(tick(&mut session, 18_999, None), []);
    let out = line(&mut session, r#"{"type":"hello","v":1,"name":"Eve"}"#, false, 0, 18_999);
    assert!(matches!(out[..], [Output::Identify(_)]));
}

#[test]
fn silence_before_hello_ends() {
    let mut session = Session::new(Moment(5));
    assert_eq!(session.next_deadline(&TERMS), Moment(10_005));
    assert_eq!(tick(&mut session, 10_004, None), []);
    assert_eq!(tick(&mut session, 10_005, None), [Output::Close(CloseCode::NoHello)]);
    assert_eq!(tick(&mut session, 99_999, None), []);
}

#[test]
fn a_heartbeat_is_asked_for_and_missed() {
    let mut session = open(0);
    assert_eq!(tick(&mut session, 24_999, None), []);
    assert_eq!(tick(&mut session, 25_000, None), [Output::Ping]);
    assert_eq!(line(&mut session, r#"{"type":"pong"}"#, false, 0, 30_000), []);
    assert_eq!(session.next_deadline(&TERMS), Moment(55_000));
    assert_eq!(tick(&mut session, 55_000, None), [Output::Ping]);
    assert_eq!(tick(&mut session, 64_999, None), []);
    assert_eq!(tick(&mut session, 65_000, None), [Output::Close(CloseCode::NoPong)]);
}

#[test]
fn a_slow_reader_is_not_cut_off_but_a_stalled_one_is() {
    let mut session = open(0);
    assert_eq!(tick(&mut session, 25_000, Some(24_000)), [Output::Ping]);
    assert_eq!(tick(&mut session, 35_000, Some(34_000)), []);
    assert_eq!(tick(&mut session, 45_000, Some(44_000)), []);
    assert_eq!(tick(&mut session, 74_000, Some(44_000)), [Output::Close(CloseCode::Stalled)]);
}

#[test]
fn commands_need_a_subscription_and_have_limits() {
    let mut session = open(0);
    let send = |text: &str| {
        format!(
            r#"{{"type":"send","ref":3,"room":"a","cid":"{}","kind":"message","first":true,"body":{{"text":"{text}"}}}}"#,
            "0".repeat(32)
        )
    };
    assert_eq!(code(&line(&mut session, &send("hi"), false, 0, 0)), Some(ErrorCode::NotSubscribed));
    assert!(matches!(line(&mut session, &send("hi"), true, 1, 0)[..], [Output::Post(_)]));
    assert_eq!(code(&line(&mut session, &send(" "), true, 1, 0)), Some(ErrorCode::BadField));
    assert_eq!(
        code(&line(&mut session, &send("12345678901234567"), true, 1, 0)),
        Some(ErrorCode::TextTooLong)
    );
    let subscribe = r#"{"type":"subscribe","ref":1,"room":"c","from":"head"}"#;
    assert_eq!(code(&line(&mut session, subscribe, false, 2, 0)), Some(ErrorCode::TooManyRooms));
    assert!(matches!(line(&mut session, subscribe, true, 2, 0)[..], [Output::Subscribe(1, _, From::Head)]));
    assert_eq!(line(&mut session, r#"{"type":"typing","room":"c"}"#, false, 0, 0), []);
    assert_eq!(
        code(&line(&mut session, r#"{"type":"dance","ref":1}"#, false, 0, 0)),
        Some(ErrorCode::UnknownCommand)
    );
    let out = line(&mut session, "nonsense", false, 0, 0);
    assert_eq!((code(&out), &out[1]), (Some(ErrorCode::BadFrame), &Output::Close(CloseCode::BadFrame)));
}

/// Found by seed 100 of the simulation: a send was refused, the subscription came, the next passed.
#[test]
fn a_send_does_not_overtake_one_that_was_not_subscribed() {
    let mut session = open(0);
    let send = |room: &str, first: bool| {
        let cid = "0".repeat(32);
        format!(
            r#"{{"type":"send","ref":3,"room":"{room}","cid":"{cid}","kind":"message","body":{{"text":"hi"}},"first":{first}}}"#
        )
    };
    let expect = |out: Vec<Output>, expected| assert_eq!(code(&out), expected, "{out:?}");
    expect(line(&mut session, &send("a", true), false, 0, 0), Some(ErrorCode::NotSubscribed));
    expect(line(&mut session, &send("a", false), true, 1, 0), Some(ErrorCode::OutOfOrder));
    expect(line(&mut session, &send("b", false), true, 1, 0), None);
    expect(line(&mut session, &send("a", true), true, 1, 0), None);
    expect(line(&mut session, &send("a", false), true, 1, 0), None);
    for room in ["a", "b", "c", "d"] {
        expect(line(&mut session, &send(room, true), false, 0, 0), Some(ErrorCode::NotSubscribed));
    }
    assert_eq!(session.writing.unwrap().gated.len(), 2, "bounded by the rooms of a connection");
}

#[test]
fn bye_ends_without_a_word() {
    assert_eq!(line(&mut open(0), r#"{"type":"bye"}"#, false, 0, 0), [Output::Leave]);
}

/// Who only receives cannot answer: it is asked for nothing, and told that all is well.
#[test]
fn a_receiver_is_never_missed_but_may_stand_still() {
    let mut session = Session::receiver(Moment(0));
    for now in [25_000, 50_000, 75_000] {
        assert_eq!(tick(&mut session, now - 1, None), []);
        assert_eq!(session.next_deadline(&TERMS), Moment(now));
        assert_eq!(tick(&mut session, now, None), [Output::Ping]);
    }
    assert_eq!(tick(&mut session, 99_999, Some(70_000)), []);
    assert_eq!(tick(&mut session, 100_000, Some(70_000)), [Output::Close(CloseCode::Stalled)]);
    assert_eq!(tick(&mut session, 200_000, None), [], "it is over");
}

/// One request has no rooms of its own: what needs a connection that lasts is refused, the rest is not.
#[test]
fn a_sender_has_commands_but_no_rooms() {
    let mut session = Session::sender(Moment(0));
    for (text, r#ref) in [
        (r#"{"type":"subscribe","ref":1,"room":"1024","from":"head"}"#, 1),
        (r#"{"type":"unsubscribe","ref":2,"room":"1024"}"#, 2),
    ] {
        // Also with more rooms than a connection may have.
        let out = line(&mut session, text, true, 99, 0);
        let [Output::Reply(Push::Error(error))] = &out[..] else { panic!("{out:?}") };
        assert_eq!((error.code, error.r#ref), (ErrorCode::WrongTransport, Some(r#ref)));
    }
    let out = line(&mut session, r#"{"type":"hello","v":1}"#, true, 0, 0);
    assert_eq!((code(&out), out.len()), (Some(ErrorCode::AlreadyWelcome), 1));
    let out = line(&mut session, r#"{"type":"read","ref":3,"room":"1024","seq":7}"#, true, 0, 0);
    assert!(matches!(out[..], [Output::Read(3, _, Seq(7))]), "{out:?}");
    let out = line(&mut session, r#"{"type":"typing","room":"1024"}"#, true, 0, 0);
    assert!(matches!(out[..], [Output::Typing(_, true)]), "{out:?}");
    assert_eq!(line(&mut session, r#"{"type":"bye"}"#, true, 0, 0), [Output::Leave]);
    assert_eq!(line(&mut session, r#"{"type":"ping","ref":4}"#, true, 0, 0), [], "nothing follows a bye");
}

/// The order of one request holds across what the session itself refuses.
#[test]
fn a_sender_is_told_of_each_fault_and_ends_at_what_is_no_frame() {
    let mut session = Session::sender(Moment(0));
    let out = line(&mut session, r#"{"type":"dance","ref":1}"#, true, 0, 0);
    assert_eq!((code(&out), out.len()), (Some(ErrorCode::UnknownCommand), 1));
    let out = line(&mut session, "nonsense", true, 0, 0);
    assert_eq!((code(&out), &out[1]), (Some(ErrorCode::BadFrame), &Output::Close(CloseCode::BadFrame)));
    assert_eq!(line(&mut session, r#"{"type":"ping","ref":2}"#, true, 0, 0), []);
}

fn types(session: &mut Session, room: &str, on: bool, now: u64) -> bool {
    let said = format!(r#"{{"type":"typing","room":"{room}","on":{on}}}"#);
    !line(session, &said, true, 1, now).is_empty()
}

#[test]
fn typing_has_a_rate_and_its_end_is_never_lost() {
    let mut session = open(0);
    let told = (0..1_000).filter(|_| types(&mut session, "a", true, 0)).count();
    assert_eq!(told, 5);
    assert!(!types(&mut session, "b", true, 0), "whatever the room");
    assert!(types(&mut session, "a", false, 0), "the end of it");
    assert!(!types(&mut session, "a", false, 0), "once");
    // On and off again and again: as many words, and as many ends.
    let mut is_typing = false;
    let told = (1..=10_001).filter(|now| {
        let on = now % 2 == 0;
        let told = types(&mut session, "a", on, *now);
        is_typing = if told { on } else { is_typing };
        told
    });
    assert_eq!(told.count(), 20);
    assert!(!is_typing);
}

#[test]
fn what_is_kept_of_typing_is_bounded() {
    let mut session = open(0);
    for (number, room) in ["a", "b", "c"].into_iter().enumerate() {
        assert!(types(&mut session, room, true, number as u64));
    }
    assert_eq!(session.writing.as_ref().map(|writing| writing.typing.len()), Some(2));
    assert!(types(&mut session, "a", false, 10_000), "who is not known to type may stop, too");
}
