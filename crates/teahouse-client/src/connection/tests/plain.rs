//! Plain HTTP: answers that end and are asked for again, and the way down and up.

use super::*;

/// A close that names a pause of that many milliseconds.
fn rotated(retry_ms: u64) -> Push {
    Push::Close { code: 4002, reason: "rotate".into(), retry_ms: Some(retry_ms) }
}

/// `hello` of somebody who has that much of the room.
fn again(seq: u64) -> String {
    format!("hello token=T session=0000000000000009 cursors={{tea:{}}}", cursor(seq))
}

impl Desk {
    /// Welcome and live over this transport, which is the only one or was chosen.
    fn plain(transport: Transport, chosen: bool) -> Self {
        let mut desk = Self::over((!chosen).then_some(transport));
        desk.connection.me.token = Some("T".into());
        desk.connection.me.session = Some(SessionId(9));
        if chosen {
            desk.check(Input::Tick, "open");
            for below in Transport::ALL.into_iter().filter(|it| it.is_http() && *it <= transport) {
                desk.loses(Fault::Cut, &format!("drop; open {below}"));
            }
        } else {
            desk.check(Input::Tick, &format!("open {transport}"));
        }
        let first = "hello token=T session=0000000000000009 cursors={tea:{tail:3}}";
        desk.opens(first);
        desk.hears(welcome(None), &format!("welcome; {transport}"));
        desk.is_live(4);
        desk
    }

    fn is_live(&mut self, seq: u64) {
        self.hears(subscribed("tea", None, seq), "subscribed");
        self.hears(Push::Live { room: room("tea"), seq: Seq(seq) }, "live");
    }

    /// Something is heard over a transport that is not in use.
    fn hears_over(&mut self, link: LinkId, push: Push, expected: &str) {
        self.check(Input::Heard { link, heard: Heard::Push(push) }, expected);
    }
}

#[test]
fn polls_again_and_again() {
    let mut desk = Desk::plain(Transport::LongPoll, false);
    let brief = format!("{} brief=true", again(4));
    // The pause of polling, which the first request is.
    desk.hears(rotated(30_000), &brief);
    desk.hears(rotated(0), &brief);
    desk.hears(rotated(0), &brief);
    // A house that answers at once, and says nothing, is asked once a second.
    desk.hears(rotated(0), "");
    desk.waits(1000, &brief);
    desk.hears(event(5), "event 5");
    desk.hears(rotated(0), &format!("{} brief=true", again(5)));
    // It may hold a poll for 25 s, and needs some time of its own.
    desk.waits(35_000, "drop; suspended 999");
}

#[test]
fn keeps_the_pauses_of_polling() {
    let mut desk = Desk::plain(Transport::Poll, false);
    desk.hears(rotated(30_000), "");
    // In a pause nobody is silent.
    desk.sends(1, "send room=tea first=true");
    let ack = Push::Ack { r#ref: 1, room: room("tea"), cid: cid(1), seq: Seq(5), at: 0, repeat: false };
    desk.hears(ack, "sent 5");
    // One's own words are worth a look.
    desk.waits(1000, &format!("{} brief=true", again(4)));
    desk.hears(event(5), "event 5");
    desk.hears(rotated(1500), "");
    desk.waits(1500, &format!("{} brief=true", again(5)));
    // A room that is not live is told in full.
    desk.hears(event(7), &again(5));
    desk.connection.ways.poll_every = Some(Duration::from_secs(7));
    desk.is_live(5);
    desk.hears(rotated(1000), "");
    desk.waits(7000, &format!("{} brief=true", again(5)));
}

#[test]
fn a_stream_goes_on_in_another() {
    let mut desk = Desk::plain(Transport::Stream, false);
    desk.now_ms += 300_000;
    desk.connection.listened_again(Duration::from_millis(desk.now_ms));
    desk.hears(rotated(700), &again(4));
    desk.hears(welcome(None), "");
    desk.is_live(4);
    desk.hears(Push::Ping { heads: BTreeMap::new() }, "");
    // Another list of rooms is another request.
    let from = From::Head;
    desk.check(Input::Subscribe { room: room("more"), from }, &again(4).replace('{', "{more:head,"));
    desk.hears(subscribed("more", None, 0), "subscribed");
    desk.check(Input::Unsubscribe { room: room("more") }, &again(4));
    // A room that cannot be is named.
    desk.check(Input::Subscribe { room: room("cellar"), from }, &again(4).replace('{', "{cellar:head,"));
    let error = Error::new(None, ErrorCode::NoSuchRoom, "No.");
    let named = Error { field: Some("cursors.cellar".into()), ..error.clone() };
    desk.hears(Push::Error(named), "left no_such_room");
    // The house would stop a session that is taken over by another connection.
    desk.hears(Push::Close { code: 4003, reason: "r".into(), retry_ms: None }, "drop; ended 4003");
}

/// A node says that it drains just when the client asks anew, and another node answers: that one takes what is written.
#[test]
fn another_node_answers_for_one_that_drains() {
    let mut desk = Desk::plain(Transport::Stream, false);
    desk.hears(Push::Drain { retry_ms: 40 }, "");
    desk.sends(1, "");
    desk.hears(event(6), &again(4));
    desk.hears(welcome(None), "send room=tea first=true");
    desk.is_live(4);
    desk.sends(2, "send room=tea");
    // Its end is its own, not the first one's.
    desk.loses(Fault::Cut, "drop; suspended 999");
}

#[test]
fn a_refused_request_ends_or_waits() {
    for (code, expected) in [
        (ErrorCode::BadToken, "drop; ended bad_token"),
        (ErrorCode::Rate, "drop; suspended 800"),
        (ErrorCode::StoreDown, "drop; suspended 800"),
    ] {
        let mut desk = Desk::plain(Transport::LongPoll, false);
        let error = Error { retry_ms: Some(800), ..Error::new(None, code, "No.") };
        desk.check(Input::Refused { link: desk.link, error }, expected);
    }
}

#[test]
fn steps_down_in_the_times_that_are_named() {
    let mut desk = Desk::over(None);
    desk.connection.me.token = Some("T".into());
    desk.check(Input::Tick, "open");
    desk.opens("hello token=T cursors={tea:{tail:3}}");
    desk.waits(2500, "drop; open stream");
    desk.opens("hello token=T cursors={tea:{tail:3}}");
    desk.waits(2500, "drop; open long_poll");
    desk.opens("hello token=T cursors={tea:{tail:3}}");
    desk.waits(5000, "drop; open poll");
    desk.opens("hello token=T cursors={tea:{tail:3}}");
    desk.waits(10_000, "drop; suspended 499");
    desk.waits(499, "open");
    // A house that is away demotes nobody.
    desk.loses(Fault::Away, "drop; suspended 999");
    desk.waits(999, "open");
}

/// Whoever has no token yet would be made twice.
#[test]
fn a_new_guest_is_patient() {
    let mut desk = Desk::over(None);
    desk.check(Input::Tick, "open");
    desk.opens("hello name=小满 cursors={tea:{tail:3}}");
    desk.waits(10_000, "drop; open stream");
    desk.opens("hello name=小满 cursors={tea:{tail:3}}");
    desk.waits(10_000, "drop; suspended 499");
    // Before anything was said, nobody is made.
    let mut desk = Desk::over(None);
    desk.check(Input::Tick, "open");
    desk.waits(2500, "drop; open stream");
}

/// Make before break: the old transport goes once the new one is live, and has answered.
#[test]
fn goes_up_when_everything_is_answered() {
    let mut desk = Desk::plain(Transport::Stream, true);
    let old = desk.link;
    desk.hears_over(old, Push::Ping { heads: BTreeMap::new() }, "");
    desk.now_ms += 59_999;
    desk.connection.listened_again(Duration::from_millis(desk.now_ms));
    desk.sends(1, "send room=tea first=true");
    desk.now_ms += 1;
    desk.check(Input::Tick, "open");
    desk.opens(&again(4));
    desk.hears(welcome(None), "");
    desk.hears(subscribed("tea", None, 4), "");
    // Whichever brings an event first.
    desk.hears_over(old, event(5), "event 5");
    desk.hears(event(5), "");
    desk.hears(event(6), "event 6");
    desk.hears_over(old, event(6), "");
    desk.hears(Push::Live { room: room("tea"), seq: Seq(6) }, "");
    // Nothing new goes over the old one, and the house ends it.
    desk.sends(2, "");
    desk.hears_over(old, Push::Close { code: 4003, reason: "replaced".into(), retry_ms: None }, "");
    let ack = Push::Ack { r#ref: 1, room: room("tea"), cid: cid(1), seq: Seq(5), at: 0, repeat: false };
    desk.hears_over(old, ack, "sent 5; drop; websocket; subscribed; send room=tea first=true");
}

#[test]
fn sends_again_what_the_old_transport_does_not_answer() {
    let mut desk = Desk::plain(Transport::Poll, true);
    let old = desk.link;
    desk.hears(rotated(1000), "");
    desk.now_ms += 500;
    desk.sends(1, "send room=tea first=true");
    desk.sends(2, "send room=tea");
    desk.waits(500, &format!("{} brief=true", again(4)));
    desk.now_ms += 59_000;
    desk.connection.listened_again(Duration::from_millis(desk.now_ms));
    desk.check(Input::Tick, "open");
    desk.opens(&again(4));
    desk.hears(welcome(None), "");
    desk.hears(subscribed("tea", None, 4), "");
    // While it is tried no poll is made, which would take the session back.
    desk.hears_over(old, rotated(0), "");
    desk.hears(Push::Live { room: room("tea"), seq: Seq(4) }, "");
    desk.waits(5000, "drop; websocket; subscribed; send room=tea first=true; send room=tea");
}

#[test]
fn a_trial_that_fails_changes_nothing() {
    let desk = || {
        let mut desk = Desk::plain(Transport::Stream, true);
        desk.now_ms += 60_000;
        desk.connection.listened_again(Duration::from_millis(desk.now_ms));
        let old = desk.link;
        desk.check(Input::Tick, "open");
        (desk, old)
    };
    let (mut late, _) = desk();
    late.waits(5000, "drop");
    let (mut lost, old) = desk();
    lost.loses(Fault::Cut, "drop");
    lost.hears_over(old, event(5), "event 5");
    // The house had given the session to the trial already.
    lost.hears_over(old, Push::Close { code: 4003, reason: "replaced".into(), retry_ms: None }, &again(5));
    // A gap is closed by the transport in use, which then has the session again.
    let (mut gap, old) = desk();
    gap.opens(&again(4));
    gap.hears_over(old, event(9), &format!("drop; {}", again(4)));
    // Without the old transport there is no trial.
    let (mut alone, old) = desk();
    let gone = Input::Lost { link: old, code: None, fault: Fault::Cut, cause: "cut".into() };
    alone.check(gone, "drop; drop; suspended 999");
}

/// The old transport may go first, if the new one is live.
#[test]
fn a_live_trial_survives_the_old_transport() {
    let mut desk = Desk::plain(Transport::Stream, true);
    let old = desk.link;
    desk.sends(1, "send room=tea first=true");
    desk.now_ms += 60_000;
    desk.connection.listened_again(Duration::from_millis(desk.now_ms));
    desk.check(Input::Tick, "open");
    desk.opens(&again(4));
    desk.hears(welcome(None), "");
    desk.hears(subscribed("tea", None, 4), "");
    desk.hears(Push::Live { room: room("tea"), seq: Seq(4) }, "");
    let gone = Input::Lost { link: old, code: None, fault: Fault::Cut, cause: "cut".into() };
    desk.check(gone, "drop; websocket; subscribed; send room=tea first=true");
}
