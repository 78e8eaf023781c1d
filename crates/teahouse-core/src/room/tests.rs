use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;
use teahouse_protocol::{Policy, UserId};

use super::*;
use crate::rights::Who;

mod changes;
mod pauses;

const ANN: ConnectionId = ConnectionId(1);
const BOB: ConnectionId = ConnectionId(2);

fn room(head: u64) -> Room {
    Room::new(RoomId::main(), Seq(head), RoomNow::default(), false)
}

fn cid(n: u64) -> Cid {
    Cid::from_bytes(u128::from(n).to_be_bytes())
}

fn post(connection: ConnectionId, n: u64, first: bool) -> Post {
    let number = u8::try_from(connection.0).unwrap();
    let by = Person::new(UserId::from_bytes([number; 16]), Arc::from("P"), None);
    let body = Body::of(format!("{n}"));
    let subject = Subject { who: Who::Guest, ..Subject::default() };
    let (kind, at) = (Kind::Message, 1_000 + n);
    Post { connection, r#ref: n, cid: cid(n), kind, by, subject, body, at, first }
}

/// An edit of message 1.
fn change(connection: ConnectionId, n: u64, first: bool) -> Post {
    let post = post(connection, n, first);
    Post { kind: Kind::Edit, body: Body { target: Some(Seq(1)), ..post.body }, ..post }
}

fn sent(room: &mut Room, post: Post) -> Vec<Output> {
    handled(room, Input::Post { post: Box::new(post), rate: Ok(()) })
}

fn handled(room: &mut Room, input: Input) -> Vec<Output> {
    let mut out = Vec::new();
    room.handle(input, &mut out);
    room.append(&mut out);
    out
}

/// The outputs in short: `append 1 2`, `ack 1@5`, `repeat 1@5`, `refuse 1 rate`, `deliver 5 6`,
/// `jump 4 to 7`.
fn short(out: &[Output]) -> Vec<String> {
    out.iter()
        .map(|output| match output {
            Output::Append(drafts) => {
                drafts.iter().fold("append".into(), |said, draft| format!("{said} {}", draft.body.text))
            }
            Output::Change(change) => format!("change {}", change.draft.body.text),
            Output::Ack { r#ref, seq, repeat: false, .. } => format!("ack {ref}@{seq}"),
            Output::Ack { r#ref, seq, repeat: true, .. } => format!("repeat {ref}@{seq}"),
            Output::Refuse { r#ref, code, .. } => format!("refuse {ref} {}", code.as_str()),
            Output::Deliver(events) => {
                events.iter().fold("deliver".into(), |said, event| format!("{said} {}", event.seq))
            }
            Output::Concern(concern) => format!("concern {concern:?}"),
            Output::Hint(events) => {
                events.iter().fold("hint".into(), |said, event| format!("{said} {}", event.seq))
            }
            Output::Jump { before, to } => format!("jump {before} to {to}"),
        })
        .collect()
}

fn stored(room: &mut Room, seqs: &[u64]) -> Vec<String> {
    let outcomes = seqs.iter().map(|seq| Outcome::Stored(Seq(*seq), *seq)).collect();
    short(&handled(room, Input::Appended(Ok(outcomes))))
}

fn stored_elsewhere(seq: u64) -> Event {
    event(&RoomId::main(), post(BOB, 1_000 + seq, true), Seq(seq), seq)
}

fn hint(room: &mut Room, seqs: &[u64]) -> Vec<String> {
    short(&handled(room, Input::Hint(seqs.iter().copied().map(stored_elsewhere).collect())))
}

fn read(room: &mut Room, seqs: &[u64]) -> Vec<String> {
    short(&handled(room, Input::Read(seqs.iter().copied().map(stored_elsewhere).collect())))
}

#[test]
fn what_comes_while_an_append_is_under_way_is_the_next_one() {
    let mut room = room(4);
    assert_eq!(short(&sent(&mut room, post(ANN, 1, true))), ["append 1"]);
    assert_eq!(short(&sent(&mut room, post(BOB, 2, true))), [""; 0]);
    assert_eq!(short(&sent(&mut room, post(ANN, 3, false))), [""; 0]);
    assert_eq!(room.head(), Seq(4), "nothing is real before it is stored");
    assert_eq!(stored(&mut room, &[5]), ["ack 1@5", "deliver 5", "append 2 3"]);
    assert_eq!(stored(&mut room, &[6, 7]), ["ack 2@6", "ack 3@7", "deliver 6 7"]);
    assert_eq!(room.head(), Seq(7));
}

#[test]
fn what_another_node_wrote_between_is_read_from_the_log() {
    let mut room = room(4);
    sent(&mut room, post(ANN, 1, true));
    assert_eq!(room.missing(), None);
    assert_eq!(stored(&mut room, &[6]), ["ack 1@6"], "6 waits for 5");
    assert_eq!(room.head(), Seq(4));
    assert_eq!(room.missing(), Some(Seq(4)));
    assert_eq!(read(&mut room, &[5]), ["deliver 5 6"]);
    assert_eq!(room.missing(), None);
}

#[test]
fn hints_are_delivered_in_order_and_once() {
    let mut room = room(4);
    assert_eq!(hint(&mut room, &[5, 6]), ["deliver 5 6"]);
    assert_eq!(hint(&mut room, &[5, 6]), [""; 0], "again");
    assert_eq!(hint(&mut room, &[9]), [""; 0], "7 and 8 come later");
    assert_eq!(room.missing(), Some(Seq(6)), "if they come");
    assert_eq!(hint(&mut room, &[6, 7, 8]), ["deliver 7 8 9"]);
    assert_eq!((room.missing(), room.is_idle()), (None, true));
    assert_eq!(hint(&mut room, &[11, 10, 11]), ["deliver 10 11"], "of two nodes at once");
    hint(&mut room, &[13]);
    assert_eq!(read(&mut room, &[12, 13, 14]), ["deliver 12 13 14"]);
    assert!(room.is_idle());
}

#[test]
fn what_this_node_and_others_store_is_put_in_order() {
    let mut room = room(4);
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    assert_eq!(hint(&mut room, &[6, 7]), [""; 0]);
    assert_eq!(room.missing(), Some(Seq(4)), "if the append under way does not bring it in a moment");
    assert_eq!(stored(&mut room, &[5]), ["ack 1@5", "deliver 5 6 7", "append 2"]);
    assert_eq!(stored(&mut room, &[9]), ["ack 2@9"]);
    assert_eq!(hint(&mut room, &[8]), ["deliver 8 9"]);
}

#[test]
fn other_nodes_hear_of_what_was_stored_here() {
    let mut room = Room::new(RoomId::main(), Seq(4), RoomNow::default(), true);
    sent(&mut room, post(ANN, 1, true));
    assert_eq!(stored(&mut room, &[6]), ["ack 1@6", "hint 6"], "although 5 is not here yet");
    assert_eq!(hint(&mut room, &[5]), ["deliver 5 6"], "what others told is not told again");
}

#[test]
fn what_waits_for_those_before_it_is_bounded() {
    let mut room = room(0);
    let most = u64::try_from(AHEAD_EVENTS_MAX).unwrap();
    for seq in 2..most + 100 {
        hint(&mut room, &[seq]);
    }
    assert_eq!(room.ahead.len(), AHEAD_EVENTS_MAX);
    hint(&mut room, &[1]);
    assert_eq!(room.head(), Seq(most + 1));
    assert_eq!(room.missing(), Some(room.head()), "the rest is in the log");
    let big = Event { body: Body::of("x".repeat(AHEAD_BYTES_MAX)), ..stored_elsewhere(most + 200) };
    handled(&mut room, Input::Hint(vec![big]));
    hint(&mut room, &[most + 201]);
    assert_eq!(room.ahead.len(), 1, "its bytes are bounded, too");
}

#[test]
fn a_tick_is_no_longer_than_a_slow_reader_may_hold() {
    let mut room = room(0);
    let most = u64::try_from(APPEND_EVENTS_MAX).unwrap();
    let numbers: Vec<_> = (2..most + 2).collect();
    hint(&mut room, &numbers);
    let ticks: Vec<_> = hint(&mut room, &[1]).iter().map(|tick| tick.split(' ').count() as u64 - 1).collect();
    assert_eq!(ticks, [most, 1]);
}

#[test]
fn a_log_that_was_cut_off_before_the_room_read_it_sends_everybody_to_it() {
    let mut room = room(4);
    hint(&mut room, &[6, 9]);
    handled(&mut room, Input::LogAt(Seq(10)));
    assert_eq!(read(&mut room, &[8, 9, 10]), ["jump 4 to 7", "deliver 8 9 10"]);
    assert_eq!((room.is_idle(), room.head()), (true, Seq(10)));
}

#[test]
fn a_repeat_moves_nothing_unless_nobody_had_heard_of_it() {
    let mut room = room(4);
    sent(&mut room, post(ANN, 1, true));
    let out = handled(&mut room, Input::Appended(Ok(vec![Outcome::Repeat(Seq(2), 7)])));
    assert_eq!((short(&out), room.missing()), (vec!["repeat 1@2".into()], None));
    sent(&mut room, post(ANN, 2, true));
    let out = handled(&mut room, Input::Appended(Ok(vec![Outcome::Repeat(Seq(5), 7)])));
    assert_eq!((short(&out), room.missing()), (vec!["repeat 2@5".into()], Some(Seq(4))));
}

#[test]
fn the_log_may_go_on_by_itself() {
    let mut room = room(4);
    handled(&mut room, Input::LogAt(Seq(3)));
    assert_eq!(room.missing(), None);
    handled(&mut room, Input::LogAt(Seq(6)));
    handled(&mut room, Input::LogAt(Seq(5)));
    assert_eq!(room.missing(), Some(Seq(4)));
    assert_eq!(read(&mut room, &[5]), ["deliver 5"]);
    assert_eq!(room.missing(), Some(Seq(5)));
    assert_eq!(read(&mut room, &[]), [""; 0], "somebody was wrong");
    assert_eq!((room.missing(), room.head()), (None, Seq(5)));
}

#[test]
fn an_append_that_failed_may_have_been_stored() {
    let mut room = room(4);
    sent(&mut room, post(ANN, 1, true));
    handled(&mut room, Input::LogAt(Seq(5)));
    let out = handled(&mut room, Input::Appended(Err(ErrorCode::StoreDown)));
    assert_eq!((short(&out), room.missing()), (vec!["refuse 1 store_down".into()], Some(Seq(4))));
}

#[test]
fn what_is_missing_is_read_also_while_appends_follow_one_another() {
    let mut room = room(4);
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    assert_eq!(stored(&mut room, &[6]), ["ack 1@6", "append 2"], "somebody else has 5");
    assert_eq!(room.missing(), Some(Seq(4)));
    // The read finds what is under way, too: it is delivered once.
    assert_eq!(read(&mut room, &[5, 6, 7]), ["deliver 5 6 7"]);
    assert_eq!(stored(&mut room, &[7]), ["ack 2@7"]);
    assert_eq!(room.missing(), None);
}

#[test]
fn after_a_refusal_nothing_overtakes() {
    let mut room = room(0);
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    sent(&mut room, post(BOB, 3, true));
    let out = handled(&mut room, Input::Appended(Err(ErrorCode::StoreBusy)));
    assert_eq!(short(&out), ["refuse 1 store_busy", "refuse 2 out_of_order", "append 3"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 4, false))), ["refuse 4 out_of_order"]);
    let out = handled(&mut room, Input::Post { post: Box::new(post(ANN, 1, true)), rate: Err(70) });
    assert_eq!(short(&out), ["refuse 1 rate"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 2, false))), ["refuse 2 out_of_order"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 1, true))), [""; 0]);
    assert_eq!(short(&sent(&mut room, post(ANN, 2, false))), [""; 0]);
    assert_eq!(stored(&mut room, &[1]), ["ack 3@1", "deliver 1", "append 1 2"]);
}

/// Found by seed 2781 of the simulation.
#[test]
fn an_earlier_start_does_not_open_a_gate_that_was_closed_later() {
    let mut room = room(0);
    sent(&mut room, post(BOB, 9, true));
    sent(&mut room, post(ANN, 1, true));
    handled(&mut room, Input::Post { post: Box::new(post(ANN, 2, false)), rate: Err(70) });
    let out = handled(&mut room, Input::Appended(Err(ErrorCode::StoreBusy)));
    assert_eq!(short(&out), ["refuse 9 store_busy", "append 1"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 3, false))), ["refuse 3 out_of_order"], "2 is not stored");
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 2, true))), ["append 2"]);
}

#[test]
fn who_started_again_behind_a_failing_append_goes_on() {
    let mut room = room(0);
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    let out = handled(&mut room, Input::Appended(Err(ErrorCode::StoreBusy)));
    assert_eq!(short(&out), ["refuse 1 store_busy", "refuse 2 out_of_order", "append 1 2"]);
    assert_eq!(short(&sent(&mut room, post(ANN, 3, false))), [""; 0]);
}

#[test]
fn who_left_leaves_nothing_behind() {
    let mut room = room(0);
    sent(&mut room, post(ANN, 1, true));
    sent(&mut room, post(ANN, 2, false));
    assert_eq!(short(&handled(&mut room, Input::Left(ANN))), [""; 0]);
    assert!(!room.is_idle());
    let out = handled(&mut room, Input::Appended(Err(ErrorCode::StoreBusy)));
    assert_eq!(short(&out), ["refuse 1 store_busy", "refuse 2 out_of_order"]);
    assert!(room.is_idle(), "{room:?}");

    handled(&mut room, Input::Post { post: Box::new(post(BOB, 3, true)), rate: Err(70) });
    assert!(!room.is_idle());
    handled(&mut room, Input::Left(BOB));
    assert!(room.is_idle());
}

#[test]
fn what_waits_is_bounded_in_bytes() {
    let mut room = room(0);
    let text = "x".repeat(1 << 20);
    let large = |n| Post { body: Body::of(text.clone()), ..post(ConnectionId(n), n, true) };
    sent(&mut room, large(1));
    for n in 2..=17 {
        assert_eq!(short(&sent(&mut room, large(n))), [""; 0], "16 MiB wait behind what is under way");
    }
    assert_eq!(short(&sent(&mut room, large(18))), ["refuse 18 store_busy"]);
    let out = handled(&mut room, Input::Appended(Ok(vec![Outcome::Stored(Seq(1), 1)])));
    assert!(
        matches!(out.last(), Some(Output::Append(drafts)) if drafts.len() == 1),
        "an append is bounded, too"
    );
    assert_eq!(short(&sent(&mut room, large(19))), [""; 0]);
}

/// What may happen to a room.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A connection writes something new, or changes something, perhaps as the head of its outbox, perhaps too fast.
    Post { connection: u64, first: bool, too_fast: bool, changes: bool },
    /// The append ends: stored and said so, stored and failed, not stored; or the change is refused.
    End { stored: bool, failed: bool, refused: bool },
    /// Another node writes.
    Elsewhere,
    /// The head of the log is looked up.
    Look,
    /// Another node, or this one, says what the log has there; who knows how much of it arrives.
    Hint { from: u64, count: u64 },
    /// What is missing is read.
    Read { count: u64 },
}

/// A log, a room, and what they were seen to do.
#[derive(Debug)]
struct Model {
    room: Room,
    log: Vec<u64>,
    /// What is being stored, and whether it is a change.
    under_way: Option<(Vec<u64>, bool)>,
    /// Up to where those who are live were given, or sent to the log.
    told: u64,
    posts: u64,
    /// Posts that were refused for now, and posts that start anew, in the order in which they came.
    refused: HashMap<u64, Vec<u64>>,
    starts: HashMap<u64, Vec<u64>>,
    unanswered: Vec<u64>,
}

impl Model {
    fn new() -> Self {
        Self {
            room: room(0),
            log: Vec::new(),
            under_way: None,
            told: 0,
            posts: 0,
            refused: HashMap::new(),
            starts: HashMap::new(),
            unanswered: Vec::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Post { connection, first, too_fast, changes } => {
                self.posts += 1;
                // The number says whose it is, too.
                let number = self.posts * 4 + connection;
                if first {
                    self.starts.entry(connection).or_default().push(number);
                }
                self.unanswered.push(number);
                let rate = if too_fast { Err(70) } else { Ok(()) };
                let post = if changes { change } else { post };
                let post = Box::new(post(ConnectionId(connection), number, first));
                self.input(Input::Post { post, rate });
            }
            Step::End { stored, failed, refused } => self.end(stored, failed, refused),
            Step::Elsewhere => self.log.push(0),
            Step::Look => self.input(Input::LogAt(Seq(self.log.len() as u64))),
            Step::Hint { from, count } => self.input(Input::Hint(self.events(from, count))),
            Step::Read { count } => {
                if let Some(after) = self.room.missing() {
                    self.input(Input::Read(self.events(after.0, count)));
                }
            }
        }
    }

    /// What the log has after a number.
    fn events(&self, after: u64, count: u64) -> Vec<Event> {
        let numbers = (after + 1..=self.log.len() as u64).take(usize::try_from(count).unwrap());
        numbers
            .map(|seq| {
                let number = self.log[usize::try_from(seq).unwrap() - 1];
                event(&RoomId::main(), post(BOB, number, true), Seq(seq), seq)
            })
            .collect()
    }

    fn end(&mut self, stored: bool, failed: bool, refused: bool) {
        let Some((numbers, is_change)) = self.under_way.take() else { return };
        if refused && is_change {
            return self.input(Input::Appended(Ok(vec![Outcome::Refused(ErrorCode::NoChange)])));
        }
        let before = self.log.len() as u64;
        if stored || !failed {
            self.log.extend(&numbers);
        }
        let outcome = |at| Outcome::Stored(Seq(at), at);
        let outcomes = (before + 1..).map(outcome).take(numbers.len()).collect();
        self.input(Input::Appended(if failed { Err(ErrorCode::StoreDown) } else { Ok(outcomes) }));
    }

    fn input(&mut self, input: Input) {
        for output in handled(&mut self.room, input) {
            match output {
                Output::Append(drafts) => {
                    assert!(self.under_way.is_none(), "never two at a time");
                    let numbers = drafts.iter().map(|draft| draft.body.text.parse().unwrap());
                    self.under_way = Some((numbers.collect(), false));
                }
                Output::Change(change) => {
                    assert!(self.under_way.is_none(), "never beside an append");
                    self.under_way = Some((vec![change.draft.body.text.parse().unwrap()], true));
                }
                Output::Ack { r#ref, seq, .. } => {
                    assert_eq!(self.log[usize::try_from(seq.0).unwrap() - 1], r#ref, "it is there");
                    self.answered(r#ref);
                    self.overtook_nobody(r#ref);
                }
                Output::Refuse { r#ref, code, .. } => {
                    self.answered(r#ref);
                    if code == ErrorCode::NoChange {
                        // It is answered for good: nothing has to come before what follows.
                        continue;
                    }
                    assert!(code.retryable());
                    self.refused.entry(r#ref % 4).or_default().push(r#ref);
                }
                Output::Deliver(events) => {
                    for event in events {
                        self.told += 1;
                        assert_eq!(event.seq.0, self.told, "nothing is left out, repeated or swapped");
                        let number = self.log[usize::try_from(self.told).unwrap() - 1];
                        assert_eq!(event.body.text, number.to_string(), "what the log has");
                    }
                }
                Output::Hint(_) | Output::Jump { .. } | Output::Concern(_) => {
                    unreachable!("one node, and a log that keeps everything")
                }
            }
        }
        assert_eq!(self.told, self.room.head().0);
    }

    fn answered(&mut self, number: u64) {
        let at = self.unanswered.iter().position(|one| *one == number);
        self.unanswered.remove(at.expect("everything is answered once"));
    }

    /// Between a refused post and a stored one that came later, the connection started anew.
    fn overtook_nobody(&self, number: u64) {
        let nobody = Vec::new();
        let starts = self.starts.get(&(number % 4)).unwrap_or(&nobody);
        for refused in self.refused.get(&(number % 4)).unwrap_or(&nobody) {
            let anew = starts.iter().any(|start| (*refused + 1..=number).contains(start));
            assert!(*refused > number || anew, "{number} was stored, {refused} before it was refused");
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u64..3, prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.3))
            .prop_map(|(connection, first, too_fast, changes)| Step::Post {
                connection, first, too_fast, changes,
            }),
        3 => (any::<bool>(), prop::bool::weighted(0.4), prop::bool::weighted(0.3))
            .prop_map(|(stored, failed, refused)| Step::End { stored, failed, refused }),
        1 => Just(Step::Elsewhere),
        1 => Just(Step::Look),
        2 => (0u64..20, 0u64..6).prop_map(|(from, count)| Step::Hint { from, count }),
        1 => (1u64..5).prop_map(|count| Step::Read { count }),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn a_room_answers_once_overtakes_nobody_and_tells_everything(steps in steps()) {
        let mut model = Model::new();
        for step in steps {
            model.step(step);
        }
        while model.under_way.is_some() {
            model.step(Step::End { stored: true, failed: false, refused: false });
        }
        model.step(Step::Look);
        while model.room.missing().is_some() {
            model.step(Step::Read { count: 3 });
        }
        prop_assert!(model.unanswered.is_empty(), "{model:?}");
        prop_assert_eq!(model.told, model.log.len() as u64);
        (0..3).for_each(|connection| model.input(Input::Left(ConnectionId(connection))));
        prop_assert!(model.room.is_idle(), "{:?}", model.room);
    }
}

// ---- rights ----

/// An event of another kind, as it is read from the log.
fn fact(seq: u64, kind: Kind, body: Body) -> Event {
    let by = Person::new(UserId::from_bytes([9; 16]), Arc::from("P"), None);
    Event { room: RoomId::main(), seq: Seq(seq), kind, cid: cid(seq), by, at: 0, n: None, rev: None, body }
}

#[test]
fn whose_rights_change_is_said_before_the_event_that_changes_them() {
    let mut room = room(0);
    room.handle(Input::LogAt(Seq(5)), &mut Vec::new());
    let now = RoomNow { topic: "news".into(), ..RoomNow::default() };
    let changed = Body { room: Some(Box::new(now.clone())), ..Body::default() };
    let private = RoomNow { direct: true, ..now.clone() };
    let closed = Body { room: Some(Box::new(private.clone())), ..Body::default() };
    let message = |seq| fact(seq, Kind::Message, Body::of("x".into()));
    let read = vec![
        message(1),
        fact(2, Kind::Leave, Body::default()),
        message(3),
        fact(4, Kind::Room, changed),
        fact(5, Kind::Room, closed),
    ];
    let left = UserId::from_bytes([9; 16]);
    let said = short(&handled(&mut room, Input::Read(read)));
    let one = format!("concern {:?}", Concern::One(left));
    assert_eq!(said, ["deliver 1", &one, "deliver 2 3 4", "concern Everybody", "deliver 5"]);
    assert_eq!(*room.now(), private);
}

#[test]
fn who_may_not_write_is_told_why_and_holds_nobody_up() {
    let mut room = room(0);
    let muted = Subject { who: Who::Guest, muted_until: Some(5_000), ..Subject::default() };
    let out = sent(&mut room, Post { subject: muted, ..post(ANN, 1, true) });
    assert_eq!(short(&out), ["refuse 1 muted"]);
    assert!(matches!(out[0], Output::Refuse { retry_ms: Some(3_999), .. }));
    let nobody = Post { subject: Subject::default(), ..post(ANN, 2, false) };
    assert_eq!(short(&sent(&mut room, nobody)), ["refuse 2 no_such_room"]);
    room.is_like(RoomNow { archived: true, ..RoomNow::default() });
    assert_eq!(short(&sent(&mut room, post(ANN, 3, false))), ["refuse 3 may_not_write"]);
    room.is_like(RoomNow::default());
    assert_eq!(short(&sent(&mut room, post(ANN, 4, false))), ["append 4"]);
}
