//! Broken histories: each promise is broken in a way that has its name, and random right ones pass.

use std::sync::Arc;

use proptest::prelude::*;
use teahouse_client::protocol::{Body, Cid, ErrorCode, Kind, Person};

use super::*;
use crate::broken::{Harm, harms};
use crate::chance::Chance;

fn name(text: &str) -> Name {
    Arc::from(text)
}

fn room(number: u64) -> RoomId {
    format!("r{number}").parse().unwrap()
}

fn cid(letter: &Letter) -> Cid {
    let mut bytes = [0; 16];
    bytes[..letter.sender.len()].copy_from_slice(letter.sender.as_bytes());
    bytes[8..].copy_from_slice(&letter.number.to_be_bytes());
    Cid::from_bytes(bytes)
}

fn text(letter: &Letter) -> String {
    format!("{letter}\n你好")
}

fn by(text: &str) -> Letter {
    let (sender, number) = text.split_once('.').unwrap();
    Letter::new(&name(sender), number.parse().unwrap())
}

fn event(room: &RoomId, seq: u64, letter: &Letter) -> Event {
    let mut id = [0; 16];
    id[..letter.sender.len()].copy_from_slice(letter.sender.as_bytes());
    Event {
        room: room.clone(),
        seq: Seq(seq),
        kind: Kind::Message,
        cid: cid(letter),
        by: Person::new(UserId::from_bytes(id), letter.sender.clone(), None),
        at: 1_795_353_600_000 + seq,
        n: Some(seq),
        rev: None,
        body: Body::of(text(letter)),
    }
}

fn sent(letter: &Letter, room: &RoomId) -> Operation {
    let (sender, number) = (letter.sender.clone(), letter.number);
    Operation::Sent { sender, number, room: room.clone(), text: text(letter).into() }
}

fn named(letter: &Letter) -> Operation {
    Operation::Named { sender: letter.sender.clone(), number: letter.number, cid: cid(letter) }
}

fn acknowledged(letter: &Letter, seq: u64) -> Operation {
    let (sender, number) = (letter.sender.clone(), letter.number);
    Operation::Acknowledged { sender, number, seq: Seq(seq), repeat: false }
}

fn refused(letter: &Letter) -> Operation {
    let (sender, number) = (letter.sender.clone(), letter.number);
    Operation::Refused { sender, number, code: ErrorCode::Muted }
}

fn unknown(letter: &Letter) -> Operation {
    Operation::Unknown { sender: letter.sender.clone(), number: letter.number }
}

fn began(reader: &str, room: &RoomId) -> Operation {
    Operation::Began { reader: name(reader), room: room.clone(), seq: Seq::ZERO }
}

fn told(reader: &str, event: &Event) -> Operation {
    Operation::Told { reader: name(reader), event: Arc::new(event.clone()) }
}

fn hole(reader: &str, room: &RoomId, reset: bool, from: u64, head: u64) -> Operation {
    Operation::Hole { reader: name(reader), room: room.clone(), reset, from: Seq(from), head: Seq(head) }
}

fn logged(event: &Event) -> Operation {
    Operation::Logged { event: Arc::new(event.clone()) }
}

fn head(room: &RoomId, seq: u64) -> Operation {
    Operation::Head { room: room.clone(), seq: Seq(seq) }
}

/// Two senders and two readers in one room: four messages stored, one refused, one unknown and not there.
///
/// Lines 0 to 1 are beginnings; each message has its lines in `good`'s order; 24 to 27 are the log.
fn good() -> Vec<Operation> {
    let room = room(1);
    let letters = ["a.1", "b.1", "a.2", "b.2"].map(by);
    let mut history = vec![began("x", &room), began("y", &room)];
    for (letter, seq) in letters.iter().zip(1..) {
        let event = event(&room, seq, letter);
        history.extend([sent(letter, &room), named(letter), told("x", &event)]);
        history.extend([acknowledged(letter, seq), told("y", &event)]);
    }
    for letter in [by("a.3"), by("b.3")] {
        history.extend([sent(&letter, &room), named(&letter)]);
    }
    history.extend([refused(&by("a.3")), unknown(&by("b.3"))]);
    history.extend(letters.iter().zip(1..).map(|(letter, seq)| logged(&event(&room, seq, letter))));
    history.push(head(&room, 4));
    history
}

/// Where in a history an operation is.
fn place(history: &[Operation], operation: &Operation) -> usize {
    history.iter().position(|it| it == operation).unwrap_or_else(|| panic!("there is no {operation:?}"))
}

/// Breaks a good history and compares what is found, in any order.
fn check_broken<T>(spoil: impl FnOnce(&mut Vec<Operation>) -> T, expected: &[Broken]) {
    let mut history = good();
    spoil(&mut history);
    let found = check(&history);
    for violation in &found {
        assert!(violation.at.is_sorted(), "{violation:?}");
        assert!(violation.at.iter().all(|at| *at < history.len()), "{violation:?}");
    }
    let said = |broken: &[Broken]| {
        let mut said: Vec<String> = broken.iter().map(|it| format!("{it:?}")).collect();
        said.sort();
        said
    };
    let found: Vec<Broken> = found.into_iter().map(|it| it.broken).collect();
    assert_eq!(said(&found), said(expected));
}

fn replace(from: Operation, to: Operation) -> impl FnOnce(&mut Vec<Operation>) {
    move |history| {
        let at = place(history, &from);
        history[at] = to;
    }
}

fn remove(operation: Operation) -> impl FnOnce(&mut Vec<Operation>) {
    move |history| {
        let at = place(history, &operation);
        history.remove(at);
    }
}

fn swap(one: Operation, other: Operation) -> impl FnOnce(&mut Vec<Operation>) {
    move |history| {
        let (one, other) = (place(history, &one), place(history, &other));
        history.swap(one, other);
    }
}

/// The event of the good history with this number.
fn nth(seq: u64) -> Event {
    event(&room(1), seq, &by(["a.1", "b.1", "a.2", "b.2"][usize::try_from(seq).unwrap() - 1]))
}

#[test]
fn finds_nothing_in_a_good_history() {
    check_broken(|_| {}, &[]);
    assert_eq!(check(&[]), []);
    // What is unknown may be in the log, once.
    let stored = |history: &mut Vec<Operation>| {
        let event = event(&room(1), 5, &by("b.3"));
        history.pop();
        history.extend([told("x", &event), told("y", &event), logged(&event), head(&room(1), 5)]);
    };
    check_broken(stored, &[]);
    // A repeat of an answer is no harm.
    check_broken(|history| history.push(acknowledged(&by("a.1"), 1)), &[]);
}

#[test]
fn finds_what_senders_lose() {
    let tell_nobody = |history: &mut Vec<Operation>, lost: &Event| {
        history.retain(|it| {
            !matches!(it, Operation::Told { event, .. } | Operation::Logged { event } if **event == *lost)
        });
    };
    let lose_last = |history: &mut Vec<Operation>| {
        tell_nobody(history, &nth(4));
        *history.last_mut().unwrap() = head(&room(1), 3);
    };
    check_broken(lose_last, &[Broken::Lost(by("b.2"))]);
    check_broken(remove(acknowledged(&by("b.2"), 4)), &[Broken::Unanswered(by("b.2"))]);
    check_broken(remove(unknown(&by("b.3"))), &[Broken::Unanswered(by("b.3"))]);
    let moved = replace(acknowledged(&by("b.2"), 4), acknowledged(&by("b.2"), 3));
    check_broken(moved, &[Broken::Moved(by("b.2"))]);
    let twice = |history: &mut Vec<Operation>| history.push(acknowledged(&by("a.1"), 2));
    check_broken(twice, &[Broken::Contradicted(by("a.1"))]);
    check_broken(
        |history| history.push(refused(&by("a.1"))),
        &[Broken::Contradicted(by("a.1")), Broken::RefusedStored(by("a.1"))],
    );
    let late = |history: &mut Vec<Operation>| history.push(acknowledged(&by("a.3"), 5));
    check_broken(late, &[Broken::Contradicted(by("a.3")), Broken::Lost(by("a.3"))]);
}

/// One more event at the end of the good history, told to everybody.
fn append(history: &mut Vec<Operation>, event: &Event) {
    let before = place(history, &logged(&nth(1)));
    history.splice(before..before, [told("x", event), told("y", event)]);
    history.pop();
    history.extend([logged(event), head(&event.room, event.seq.0)]);
}

#[test]
fn finds_what_is_in_the_log_and_should_not_be() {
    let again = event(&room(1), 5, &by("a.1"));
    check_broken(|history| append(history, &again), &[Broken::Repeated(by("a.1"))]);
    let nobodys = event(&room(1), 5, &by("c.1"));
    check_broken(|history| append(history, &nobodys), &[Broken::Invented(room(1), Seq(5))]);
    let refused = event(&room(1), 5, &by("a.3"));
    check_broken(|history| append(history, &refused), &[Broken::RefusedStored(by("a.3"))]);
    let altered = Event { body: Body::of("another".into()), ..event(&room(1), 5, &by("b.3")) };
    check_broken(|history| append(history, &altered), &[Broken::Altered(by("b.3"))]);
    let somebody = Event { by: nth(1).by, ..event(&room(1), 5, &by("b.3")) };
    check_broken(|history| append(history, &somebody), &[Broken::OtherPerson(by("b.3"))]);
    let elsewhere = |history: &mut Vec<Operation>| {
        history.extend([logged(&event(&room(2), 1, &by("b.3"))), head(&room(2), 1)]);
    };
    check_broken(elsewhere, &[Broken::Altered(by("b.3"))]);
}

#[test]
fn finds_swapped_messages() {
    let swapped = |history: &mut Vec<Operation>| {
        // Nobody was told and nobody got an answer, so that only the log shows it.
        history.retain(|it| !matches!(it, Operation::Told { .. } | Operation::Began { .. }));
        let at = place(history, &logged(&nth(1)));
        history[at] = logged(&event(&room(1), 1, &by("a.2")));
        history[at + 2] = logged(&event(&room(1), 3, &by("a.1")));
        for (letter, seq) in ["a.1", "b.1", "a.2"].map(by).iter().zip(1..) {
            replace(acknowledged(letter, seq), unknown(letter))(history);
        }
    };
    check_broken(swapped, &[Broken::Swapped(by("a.1"))]);
    let overtook = |history: &mut Vec<Operation>| {
        // The answer to b.2 was there before a.2 was sent, which stands before it.
        let at = place(history, &acknowledged(&by("b.2"), 4));
        let answer = history.remove(at);
        for operation in [sent(&by("b.2"), &room(1)), named(&by("b.2"))] {
            let at = place(history, &operation);
            history.remove(at);
        }
        let at = place(history, &sent(&by("a.2"), &room(1)));
        history.splice(at..at, [sent(&by("b.2"), &room(1)), named(&by("b.2")), answer]);
    };
    check_broken(overtook, &[Broken::Overtook(by("a.2"))]);
}

#[test]
fn finds_ghosts_and_whom_nobody_sees() {
    let id = |number: u8| UserId::from_bytes([number; 16]);
    let came = |who: &str, number| Operation::Came { who: name(who), id: id(number) };
    let left = |who: &str| Operation::Left { reader: name(who) };
    let seen = |people: &[u8]| Operation::Present {
        node: name("node-2"),
        room: room(1),
        people: people.iter().map(|number| id(*number)).collect(),
    };
    let found = |people: &[u8]| {
        let history = [came("a", 1), came("b", 2), left("b"), came("c", 3), seen(people)];
        check(&history).into_iter().map(|violation| (violation.broken, violation.at)).collect::<Vec<_>>()
    };
    assert_eq!(found(&[1, 3]), []);
    assert_eq!(found(&[1, 2, 3]), [(Broken::Ghost(name("b"), room(1), name("node-2")), vec![1, 4])]);
    assert_eq!(found(&[3]), [(Broken::Unseen(name("a"), room(1), name("node-2")), vec![0, 4])]);
    let stranger = Broken::Ghost(name(&id(9).to_string()), room(1), name("node-2"));
    assert_eq!(found(&[1, 3, 9]), [(stranger, vec![4])]);
}

#[test]
fn finds_a_log_with_other_numbers() {
    let unlogged = |seq| ["x", "y"].map(|who| Broken::ToldUnlogged(name(who), room(1), Seq(seq)));
    let [x, y] = unlogged(2);
    check_broken(remove(logged(&nth(2))), &[Broken::LogGap(room(1), Seq(2)), Broken::Lost(by("b.1")), x, y]);
    let [x, y] = unlogged(4);
    let ends = [Broken::LogEnd(room(1), Seq(4)), Broken::Lost(by("b.2")), x, y];
    check_broken(remove(logged(&nth(4))), &ends);
    let short = ["x", "y"].map(|who| Broken::NotAtHead(name(who), room(1), Seq(5)));
    let [x, y] = short;
    check_broken(replace(head(&room(1), 4), head(&room(1), 5)), &[Broken::LogEnd(room(1), Seq(5)), x, y]);
    let turned = [Seq(2), Seq(4), Seq(3)].map(|seq| Broken::LogGap(room(1), seq));
    check_broken(swap(logged(&nth(2)), logged(&nth(3))), &turned);
    let unread = |history: &mut Vec<Operation>| history.pop();
    let found = [Broken::LogUnread(room(1))].into_iter();
    let lost = ["a.1", "b.1", "a.2", "b.2"].map(|it| Broken::Lost(by(it)));
    check_broken(unread, &found.chain(lost).collect::<Vec<_>>());
}

#[test]
fn finds_what_readers_were_not_told_right() {
    let y = |make: fn(Name, RoomId, Seq) -> Broken, seq| make(name("y"), room(1), Seq(seq));
    check_broken(remove(told("y", &nth(2))), &[y(Broken::NotTold, 2)]);
    check_broken(remove(told("y", &nth(1))), &[y(Broken::NotTold, 1)]);
    check_broken(remove(told("y", &nth(4))), &[y(Broken::NotAtHead, 4)]);
    let leaves = |history: &mut Vec<Operation>| {
        replace(told("y", &nth(4)), Operation::Left { reader: name("y") })(history);
    };
    check_broken(leaves, &[]);
    check_broken(|history| history.push(told("y", &nth(4))), &[y(Broken::ToldTwice, 4)]);
    check_broken(|history| history.push(told("y", &nth(1))), &[y(Broken::ToldTwice, 1)]);
    let turned = |history: &mut Vec<Operation>| {
        remove(told("y", &nth(3)))(history);
        let after = place(history, &told("y", &nth(4))) + 1;
        history.insert(after, told("y", &nth(3)));
    };
    check_broken(turned, &[y(Broken::NotTold, 3), y(Broken::ToldLate, 3)]);
    let other = Event { at: 1, ..nth(3) };
    check_broken(replace(told("y", &nth(3)), told("y", &other)), &[y(Broken::ToldOther, 3)]);
    let phantom = event(&room(1), 5, &by("b.3"));
    check_broken(|history| history.push(told("y", &phantom)), &[y(Broken::ToldUnlogged, 5)]);
    check_broken(remove(began("y", &room(1))), &vec![Broken::RecordBegin(name("y"), room(1)); 4]);
    let away = Operation::Ended { reader: name("y"), cause: "4003".into() };
    check_broken(|history| history.push(away), &[Broken::SentAway(name("y"))]);
    let foretold = |history: &mut Vec<Operation>| {
        let (at, before) = (place(history, &told("x", &nth(4))), place(history, &sent(&by("b.2"), &room(1))));
        let early = history.remove(at);
        history.insert(before, early);
    };
    // It stands at 4, and that number was heard of before it was sent.
    let x = Broken::Foretold(name("x"), room(1), Seq(4));
    check_broken(foretold, &[x, Broken::Overtook(by("b.2"))]);
}

#[test]
fn a_hole_that_was_told_is_none() {
    let far = |reset, from, head| {
        move |history: &mut Vec<Operation>| {
            let at = place(history, &told("y", &nth(2)));
            history[at] = hole("y", &room(1), reset, from, head);
        }
    };
    check_broken(far(false, 2, 5_002), &[]);
    let hole_of = |seq| Broken::FalseHole(name("y"), room(1), Seq(seq));
    check_broken(far(false, 2, 5_001), &[hole_of(2)]);
    let back = [hole_of(1), Broken::NotTold(name("y"), room(1), Seq(2))];
    check_broken(far(false, 1, 6_000), &back);
    check_broken(far(true, 2, 6_000), &[Broken::FalseReset(name("y"), room(1))]);
}

#[test]
fn finds_a_record_that_cannot_be_right() {
    check_broken(|history| history.insert(0, acknowledged(&by("c.1"), 1)), &[Broken::Record(by("c.1"))]);
    check_broken(|history| history.insert(0, refused(&by("c.1"))), &[Broken::Record(by("c.1"))]);
    check_broken(|history| history.insert(0, unknown(&by("c.1"))), &[Broken::Record(by("c.1"))]);
    check_broken(|history| history.insert(0, named(&by("c.1"))), &[Broken::Record(by("c.1"))]);
    check_broken(
        |history| history.push(sent(&by("a.3"), &room(1))),
        &[Broken::Record(by("a.3")), Broken::Unanswered(by("a.3"))],
    );
    let begins = |history: &mut Vec<Operation>| history.insert(2, began("y", &room(1)));
    check_broken(begins, &[Broken::RecordBegin(name("y"), room(1))]);
    let unnamed = [Broken::Invented(room(1), Seq(1)), Broken::Lost(by("a.1"))];
    check_broken(remove(named(&by("a.1"))), &unnamed);
}

#[test]
fn a_trace_names_the_lines() {
    let mut history = good();
    let at = place(&history, &acknowledged(&by("b.2"), 4));
    history[at] = acknowledged(&by("b.2"), 3);
    let violations = check(&history);
    assert_eq!(harms(&violations), [(Harm::Swapped, 1)].into());
    let trace = crate::broken::trace(&history, &violations, 5);
    assert!(trace.contains("message 2 of b is in the log at another number"), "{trace}");
    assert!(trace.contains(&format!("line {}: {{\"what\":\"acknowledged\"", at + 1)), "{trace}");
}

#[test]
fn a_history_survives_the_file() {
    let mut file = Vec::new();
    crate::history::write(&good(), &mut file).unwrap();
    assert_eq!(crate::history::read(file.as_slice()).unwrap(), good());
    let error = crate::history::read(&b"{\"what\":\"healed\"}\n{}\n"[..]).unwrap_err();
    assert!(error.to_string().starts_with("line 2: "), "{error}");
}

/// A right history by chance: rooms, senders and readers that do one thing at a time.
fn right(seed: u64) -> Vec<Operation> {
    World::new(Chance::new(seed)).run()
}

/// What is true while a right history comes about.
struct World {
    chance: Chance,
    history: Vec<Operation>,
    logs: Vec<Vec<Event>>,
    /// Of each sender: the next number, and what is on its way, with its room.
    senders: Vec<(u64, Vec<(Letter, usize)>)>,
    /// How far each reader is in each room.
    readers: Vec<Vec<usize>>,
}

impl World {
    fn new(mut chance: Chance) -> Self {
        let rooms = chance.from(1, 3);
        let readers = chance.from(1, 3);
        let logs = vec![Vec::new(); usize::try_from(rooms).unwrap()];
        let senders = vec![(1, Vec::new()); usize::try_from(chance.from(1, 4)).unwrap()];
        let history = (0..readers)
            .flat_map(|reader| (0..rooms).map(move |it| began(&format!("r{reader}"), &room(it))))
            .collect();
        let readers = vec![vec![0; logs.len()]; usize::try_from(readers).unwrap()];
        Self { chance, history, logs, senders, readers }
    }

    fn run(mut self) -> Vec<Operation> {
        for _ in 0..self.chance.from(20, 200) {
            match self.chance.below(4) {
                0 => self.send(),
                1 => self.answer(),
                _ => self.tell(),
            }
        }
        for sender in 0..self.senders.len() {
            while !self.senders[sender].1.is_empty() {
                self.answer_to(sender);
            }
        }
        for reader in 0..self.readers.len() {
            for its in 0..self.logs.len() {
                while self.readers[reader][its] < self.logs[its].len() {
                    self.tell_of(reader, its);
                }
            }
        }
        for (log, its) in self.logs.iter().zip(0..) {
            self.history.extend(log.iter().map(logged));
            self.history.push(head(&room(its), log.len() as u64));
        }
        self.history
    }

    fn send(&mut self) {
        let (sender, its) = (self.chance.index(self.senders.len()), self.chance.index(self.logs.len()));
        let letter = Letter::new(&name(&format!("s{sender}")), self.senders[sender].0);
        self.senders[sender].0 += 1;
        self.history.extend([sent(&letter, &room(its as u64)), named(&letter)]);
        self.senders[sender].1.push((letter, its));
    }

    fn answer(&mut self) {
        let sender = self.chance.index(self.senders.len());
        if !self.senders[sender].1.is_empty() {
            self.answer_to(sender);
        }
    }

    fn answer_to(&mut self, sender: usize) {
        let (letter, its) = self.senders[sender].1.remove(0);
        let fate = self.chance.below(10);
        if fate == 0 {
            return self.history.push(refused(&letter));
        }
        let seq = self.logs[its].len() as u64 + 1;
        if fate > 1 {
            self.logs[its].push(event(&room(its as u64), seq, &letter));
        }
        self.history.push(if fate > 2 { acknowledged(&letter, seq) } else { unknown(&letter) });
    }

    fn tell(&mut self) {
        let (reader, its) = (self.chance.index(self.readers.len()), self.chance.index(self.logs.len()));
        if self.readers[reader][its] < self.logs[its].len() {
            self.tell_of(reader, its);
        }
    }

    fn tell_of(&mut self, reader: usize, its: usize) {
        let at = self.readers[reader][its];
        self.readers[reader][its] += 1;
        self.history.push(told(&format!("r{reader}"), &self.logs[its][at]));
    }
}

/// Spoils one operation. Each of these is wrong wherever it happens.
fn corrupt(history: &mut Vec<Operation>, at: usize, how: u64) {
    let again = history[at].clone();
    match &mut history[at] {
        Operation::Sent { text, .. } if how.is_multiple_of(2) => *text = format!("{text}!").into(),
        Operation::Sent { .. } | Operation::Named { .. } => history.insert(at + 1, again),
        Operation::Acknowledged { seq, .. } if how.is_multiple_of(3) => *seq = seq.next(),
        Operation::Acknowledged { sender, number, .. } if how % 3 == 1 => {
            history[at] = refused(&Letter::new(sender, *number));
        }
        Operation::Told { event, .. } if how.is_multiple_of(3) => Arc::make_mut(event).at += 1,
        Operation::Told { event, .. } if how % 3 == 1 => Arc::make_mut(event).seq = event.seq.next(),
        Operation::Logged { event } if how.is_multiple_of(4) => Arc::make_mut(event).body.text.push('!'),
        Operation::Logged { event } if how % 4 == 1 => Arc::make_mut(event).seq = event.seq.next(),
        Operation::Logged { .. } if how % 4 == 2 => history.insert(at, again),
        Operation::Head { seq, .. } => *seq = seq.next(),
        Operation::Began { .. } => history.insert(at + 1, again),
        _ => drop(history.remove(at)),
    }
}

proptest! {
    #[test]
    fn right_histories_pass(seed: u64) {
        prop_assert_eq!(check(&right(seed)), []);
    }

    #[test]
    fn single_corruptions_fail(seed: u64, place: u64, how: u64) {
        let mut history = right(seed);
        let at = Chance::new(place).index(history.len());
        // A text that was never stored or told can say anything.
        let stored = |it: &Operation| match it {
            Operation::Sent { text, .. } => history.iter().any(|logged| matches!(logged, Operation::Logged { event } if *event.body.text == **text)),
            _ => true,
        };
        prop_assume!(stored(&history[at]) || !how.is_multiple_of(2));
        let before = history.clone();
        corrupt(&mut history, at, how);
        prop_assert_ne!(check(&history), [], "{:?} became {:?}", before[at], history.get(at));
    }
}
