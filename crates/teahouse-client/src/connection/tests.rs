use teahouse_protocol::event::Person;
use teahouse_protocol::frame::House;
use teahouse_protocol::{Epoch, Event, Here, RoomNow, RoomView, UserId};

use super::*;

mod plain;

/// A connection, its clock, and what it wanted last.
struct Desk {
    connection: Connection,
    now_ms: u64,
    /// The transport that was opened last.
    link: LinkId,
}

fn room(name: &str) -> RoomId {
    name.parse().unwrap()
}

fn cid(number: u64) -> Cid {
    Cid::from_bytes([number as u8; 16])
}

fn cursor(seq: u64) -> Cursor {
    Cursor::at(Epoch(7), Seq(seq), (seq > 0).then(|| cid(seq)))
}

fn welcome(token: Option<&str>) -> Push {
    Push::Welcome(Box::new(Welcome {
        v: 1,
        session: SessionId(9),
        you: Person::new(UserId::from_bytes([1; 16]), "小满".into(), None),
        token: token.map(Into::into),
        heartbeat_s: 25,
        limits: Limits { sends_unacked_max: 4, ..Connection::LIMITS },
        house: House { name: "茶馆".into() },
        now: 0,
        retry_ms: 1000,
    }))
}

fn subscribed(name: &str, r#ref: Option<u64>, seq: u64) -> Push {
    Push::Subscribed(Box::new(Subscribed {
        r#ref,
        room: RoomView::new(room(name), RoomNow::default()),
        epoch: Epoch(7),
        head: Seq(seq),
        from: cursor(seq),
        read: Seq::ZERO,
        here: Here::default(),
    }))
}

fn event(seq: u64) -> Push {
    Push::Event(Event {
        room: room("tea"),
        seq: Seq(seq),
        kind: Kind::Message,
        cid: cid(seq),
        by: Person::new(UserId::from_bytes([1; 16]), "小满".into(), None),
        at: 0,
        n: None,
        rev: None,
        body: Body::of(seq.to_string()),
    })
}

fn refusal(r#ref: Option<u64>, code: ErrorCode, retry_ms: Option<u64>) -> Push {
    Push::Error(Error { retry_ms, ..Error::new(r#ref, code, "No.") })
}

/// Outputs in a few words, so that tables can be read.
fn shorthand(output: &Output) -> String {
    let line = |command: &Command| {
        let value: serde_json::Value = serde_json::from_slice(&command.encode()).unwrap();
        let field = |name: &str| value.get(name).map(|it| format!(" {name}={it}")).unwrap_or_default();
        let fields = ["room", "from", "first", "token", "name", "session", "cursors", "brief"].map(field);
        format!("{}{}", value["type"].as_str().unwrap(), fields.concat().replace('"', ""))
    };
    match output {
        Output::Open { transport: Transport::WebSocket, .. } => "open".into(),
        Output::Open { transport, .. } => format!("open {transport}"),
        Output::Drop { .. } => "drop".into(),
        Output::Frame { command, .. } => line(command),
        Output::Sent { result: Ok(ack), .. } => format!("sent {}", ack.seq),
        Output::Sent { result: Err(Refused::Code(error)), .. } => format!("not sent {}", error.code.as_str()),
        Output::Sent { result: Err(Refused::Ended), .. } => "not sent".into(),
        Output::Answer { r#ref, result } => format!("answer {ref} {}", result.is_ok()),
        Output::Notice(notice) => match notice {
            Notice::Suspended { retry, .. } => format!("suspended {}", retry.as_millis()),
            Notice::Event(event) => format!("event {}", event.seq),
            Notice::Left { error, .. } => format!("left {}", error.code.as_str()),
            Notice::Held { error, .. } => format!("held {}", error.code.as_str()),
            Notice::Refused(error) => format!("refused {}", error.code.as_str()),
            Notice::Transport(transport) => transport.to_string(),
            Notice::Hole(hole) => format!("hole {} {}", hole.reset, hole.from),
            Notice::Ended(end) => match end {
                End::Closed => "ended".into(),
                End::Refused(error) => format!("ended {}", error.code.as_str()),
                End::Close { code, .. } => format!("ended {code}"),
            },
            other => {
                let said = format!("{other:?}");
                said.split(['(', ' ']).next().unwrap().to_lowercase()
            }
        },
    }
}

impl Desk {
    /// Nothing has happened; there is only WebSocket.
    fn new() -> Self {
        Self::over(Some(Transport::WebSocket))
    }

    fn over(transport: Option<Transport>) -> Self {
        let me = Identity { name: Some("小满".into()), ..Identity::default() };
        let rooms = [(room("tea"), From::Tail(3))];
        let ways = Ways { transport, ..Ways::default() };
        Self { connection: Connection::new(me, rooms, Backoff::default(), ways), now_ms: 0, link: LinkId(0) }
    }

    /// Welcome, and live in its room at number 4.
    fn up() -> Self {
        let mut desk = Self::new();
        desk.check(Input::Tick, "open");
        desk.opens("hello name=小满 cursors={tea:{tail:3}}");
        desk.hears(welcome(Some("T")), "welcome; websocket");
        desk.hears(subscribed("tea", None, 4), "subscribed");
        desk.hears(Push::Live { room: room("tea"), seq: Seq(4) }, "live");
        desk
    }

    fn check(&mut self, input: Input, expected: &str) {
        let mut out = Vec::new();
        let said = format!("{input:?}");
        self.connection.handle(input, Duration::from_millis(self.now_ms), u64::MAX, &mut out);
        for output in &out {
            if let Output::Open { link, .. } = output {
                self.link = *link;
            }
        }
        assert_eq!(out.iter().map(shorthand).collect::<Vec<_>>().join("; "), expected, "{said}");
    }

    fn hears(&mut self, push: Push, expected: &str) {
        self.check(Input::Heard { link: self.link, heard: Heard::Push(push) }, expected);
    }

    fn opens(&mut self, expected: &str) {
        self.check(Input::Opened { link: self.link }, expected);
    }

    fn loses(&mut self, fault: Fault, expected: &str) {
        self.check(Input::Lost { link: self.link, code: None, fault, cause: "cut".into() }, expected);
    }

    fn sends(&mut self, number: u64, expected: &str) {
        self.check(
            Input::Send {
                room: room("tea"),
                cid: cid(number),
                kind: Kind::Message,
                body: Body::of("x".into()),
            },
            expected,
        );
    }

    /// Waits for the next deadline, which must be that far away.
    fn waits(&mut self, ms: u64, expected: &str) {
        let at = self.connection.next_deadline().map(|at| at.as_millis() as u64);
        assert_eq!(at, Some(self.now_ms + ms));
        self.now_ms += ms;
        self.check(Input::Tick, expected);
    }
}

#[test]
fn resumes_as_the_same_person_where_it_was() {
    let mut desk = Desk::up();
    desk.hears(event(5), "event 5");
    desk.loses(Fault::Cut, "drop; suspended 999");
    desk.sends(1, "");
    desk.waits(999, "open");
    desk.opens("hello token=T session=0000000000000009 cursors={tea:00000007.5.05050505}");
    desk.hears(welcome(None), "resumed");
    desk.hears(subscribed("tea", None, 5), "subscribed; send room=tea first=true");
    desk.hears(event(5), "");
    desk.hears(event(6), "event 6");
}

#[test]
fn waits_longer_after_every_failure() {
    let mut desk = Desk::new();
    desk.check(Input::Tick, "open");
    for pause in [499, 999, 1999, 3999] {
        desk.loses(Fault::Cut, &format!("drop; suspended {pause}"));
        desk.waits(pause, "open");
    }
    desk.waits(10_000, "drop; suspended 7999");
    desk.waits(7999, "open");
    desk.opens("hello name=小满 cursors={tea:{tail:3}}");
    desk.waits(10_000, "drop; suspended 15999");
}

#[test]
fn goes_on_when_a_connection_that_it_gave_up_replaces_the_next_one() {
    let close = || Push::Close { code: 4003, reason: "r".into(), retry_ms: None };
    let mut desk = Desk::up();
    desk.loses(Fault::Cut, "drop; suspended 999");
    desk.waits(999, "open");
    desk.opens("hello token=T session=0000000000000009 cursors={tea:00000007.4.04040404}");
    desk.hears(close(), "drop; suspended 1999");
    desk.waits(1999, "open");
    desk.opens("hello token=T session=0000000000000009 cursors={tea:00000007.4.04040404}");
    // Long after that it is somebody else who goes on with this session.
    desk.now_ms += 60_000;
    desk.hears(close(), "drop; ended 4003");
}

#[test]
fn does_what_the_table_of_closes_says() {
    const TABLE: &[(u16, &str)] = &[
        (4001, "drop; suspended 999"),
        (4003, "drop; ended 4003"),
        (4010, "drop; suspended 999"),
        (4100, "drop; suspended 999"),
        (4200, "drop; ended 4200"),
        (4300, "drop; suspended 999"),
        (4401, "drop; ended 4401"),
        (4499, "drop; ended 4499"),
        (4099, "drop; suspended 999"),
        (1001, "drop; suspended 999"),
    ];
    for (code, expected) in TABLE {
        let close = |retry_ms| Push::Close { code: *code, reason: "r".into(), retry_ms };
        Desk::up().hears(close(None), expected);
        let mut desk = Desk::up();
        let (link, fault) = (desk.link, Fault::Cut);
        desk.check(Input::Lost { link, code: Some(*code), fault, cause: "r".into() }, expected);
        Desk::up().hears(close(Some(70)), &expected.replace("999", "70"));
    }
}

#[test]
fn drops_cursors_that_the_house_cannot_read() {
    let mut desk = Desk::up();
    desk.hears(Push::Close { code: 4300, reason: String::new(), retry_ms: Some(0) }, "drop; suspended 0");
    desk.check(Input::Tick, "open");
    desk.opens("hello token=T session=0000000000000009 cursors={tea:{tail:3}}");
}

#[test]
fn a_refused_hello_ends_or_waits() {
    const TABLE: &[(ErrorCode, &str)] = &[
        (ErrorCode::BadToken, "drop; ended bad_token"),
        (ErrorCode::NameTaken, "drop; ended name_taken"),
        (ErrorCode::Version, "drop; ended version"),
        (ErrorCode::Rate, "drop; suspended 800"),
        (ErrorCode::StoreDown, "drop; suspended 800"),
        (ErrorCode::Draining, "drop; suspended 800"),
    ];
    for (code, expected) in TABLE {
        let mut desk = Desk::new();
        desk.check(Input::Tick, "open");
        desk.opens("hello name=小满 cursors={tea:{tail:3}}");
        desk.hears(refusal(None, *code, Some(800)), expected);
    }
}

#[test]
fn a_refused_room_is_left_or_asked_for_again() {
    let mut desk = Desk::new();
    desk.check(Input::Tick, "open");
    desk.opens("hello name=小满 cursors={tea:{tail:3}}");
    desk.sends(1, "");
    desk.hears(welcome(None), "welcome; websocket");
    desk.hears(refusal(None, ErrorCode::StoreBusy, Some(50)), "");
    desk.waits(50, "subscribe room=tea from={tail:3}");
    desk.hears(refusal(Some(1), ErrorCode::StoreBusy, Some(60)), "");
    desk.waits(60, "subscribe room=tea from={tail:3}");
    desk.hears(refusal(Some(2), ErrorCode::NoSuchRoom, None), "not sent no_such_room; left no_such_room");
    desk.sends(2, "not sent not_subscribed");
    desk.hears(refusal(None, ErrorCode::Internal, None), "refused internal");
}

#[test]
fn gives_up_a_silent_house() {
    let mut desk = Desk::up();
    desk.now_ms = 30_000;
    desk.hears(Push::Ping { heads: BTreeMap::new() }, "pong cursors={tea:00000007.4.04040404}");
    desk.waits(35_000, "drop; suspended 999");
    let mut desk = Desk::up();
    desk.connection.listened_again(Duration::from_secs(10));
    desk.waits(45_000, "drop; suspended 999");
}

#[test]
fn reads_again_what_it_lacks() {
    let asks = "subscribe room=tea from=00000007.4.04040404";
    let mut desk = Desk::up();
    desk.hears(event(6), asks);
    desk.hears(event(7), "");
    desk.hears(subscribed("tea", Some(1), 4), "subscribed");
    desk.hears(event(5), "event 5");
    let heads = |seq| Push::Ping { heads: [(room("tea"), Seq(seq))].into() };
    let mut desk = Desk::up();
    desk.hears(heads(4), "pong cursors={tea:00000007.4.04040404}");
    desk.hears(heads(5), &format!("pong cursors={{tea:00000007.4.04040404}}; {asks}"));
    let behind = Push::Behind { room: room("tea"), from: cursor(9), head: Seq(12) };
    desk.hears(behind, "hole false 00000007.9.09090909");
    desk.hears(event(10), "event 10");
    // An event of a kind that only newer clients know still counts.
    let heard = Heard::Skip { room: room("tea"), seq: Seq(11), cid: cid(11) };
    desk.check(Input::Heard { link: desk.link, heard }, "");
    desk.hears(event(12), "event 12");
}

#[test]
fn sends_once_and_tells_what_came_of_it() {
    let send = "send room=tea";
    let mut desk = Desk::up();
    desk.sends(1, &format!("{send} first=true"));
    desk.sends(2, send);
    let ack = |number, seq| Push::Ack {
        r#ref: number,
        room: room("tea"),
        cid: cid(number),
        seq: Seq(seq),
        at: 0,
        repeat: false,
    };
    desk.hears(ack(1, 5), "sent 5");
    desk.hears(ack(1, 5), "");
    desk.hears(refusal(Some(2), ErrorCode::Rate, Some(300)), "held rate");
    desk.sends(3, "");
    desk.waits(300, &format!("{send} first=true; {send}"));
    desk.hears(refusal(Some(3), ErrorCode::Muted, None), "not sent muted");
    // The house drains: what is written now waits for the next connection.
    desk.hears(Push::Drain { retry_ms: 40 }, "");
    desk.sends(4, "");
    desk.hears(refusal(Some(4), ErrorCode::Draining, None), "held draining; drop; suspended 40");
    assert_eq!(desk.connection.outbox_len(), 2);
}

#[test]
fn asks_again_until_there_is_an_answer() {
    let mut desk = Desk::up();
    let question = Question::Read { room: room("tea"), seq: Seq(4) };
    let r#ref = desk.connection.next_ref();
    desk.check(Input::Ask { r#ref, question }, "read room=tea");
    desk.hears(refusal(Some(1), ErrorCode::StoreBusy, Some(20)), "");
    desk.waits(20, "read room=tea");
    desk.loses(Fault::Cut, "drop; suspended 999");
    desk.waits(999, "open");
    desk.now_ms += 1;
    desk.opens("hello token=T session=0000000000000009 cursors={tea:00000007.4.04040404}");
    desk.hears(welcome(None), "resumed; read room=tea");
    let mark = |r#ref| Push::Read { r#ref, room: room("tea"), seq: Seq(4) };
    desk.hears(mark(Some(1)), "answer 1 true");
    desk.hears(mark(None), "read");
}

#[test]
fn leaves_with_a_word_and_answers_everybody() {
    let mut desk = Desk::up();
    desk.sends(1, "send room=tea first=true");
    desk.check(Input::Close, "bye");
    desk.sends(2, "not sent");
    desk.hears(event(5), "");
    desk.waits(2000, "drop; not sent; ended");
    assert!(desk.connection.is_ended() && desk.connection.next_deadline().is_none());
    desk.sends(3, "not sent");
    let mut desk = Desk::up();
    desk.check(Input::Close, "bye");
    desk.loses(Fault::Cut, "drop; ended");
    let mut desk = Desk::new();
    desk.check(Input::Close, "ended");
    desk.check(Input::Tick, "");
}

#[test]
fn follows_rooms_on_the_way() {
    let mut desk = Desk::up();
    let (more, from) = (room("more"), From::Head);
    desk.check(Input::Subscribe { room: more.clone(), from }, "subscribe room=more from=head");
    desk.check(Input::Subscribe { room: more.clone(), from }, "");
    desk.check(
        Input::Send { room: more.clone(), cid: cid(1), kind: Kind::Message, body: Body::of("x".into()) },
        "",
    );
    desk.check(Input::Typing { room: more.clone(), on: true }, "");
    desk.hears(subscribed("more", Some(1), 0), "subscribed; send room=more first=true");
    desk.check(Input::Typing { room: more.clone(), on: true }, "typing room=more");
    desk.check(Input::Unsubscribe { room: more.clone() }, "unsubscribe room=more; not sent not_subscribed");
    desk.check(Input::Unsubscribe { room: more }, "");
    let mut early = Desk::new();
    early.check(Input::Subscribe { room: room("more"), from }, "");
    early.check(Input::Tick, "open");
    early.opens("hello name=小满 cursors={more:head,tea:{tail:3}}");
    early.check(Input::Subscribe { room: room("late"), from }, "");
    early.hears(welcome(None), "welcome; websocket; subscribe room=late from=head");
}
