//! What every bus promises, in one process and over NATS; then what only NATS can be asked.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use teahouse_core::presence::NodeId;
use teahouse_protocol::{Body, Cid, Epoch, Event, Here, Kind, Person, RoomId, Seq, UserId};
use teahouse_server::bus::{self, Bus, Heard, Local, Nats, NatsBus, Place, Word};
use teahouse_services::Nats as Server;
use tokio::time::timeout;

use crate::kit::{nats, within};

/// How soon a word that nobody heard is told again.
const AGAIN: Duration = Duration::from_millis(20);

/// Two nodes of one house, and what else may be of use.
struct Pair {
    one: Arc<dyn Bus>,
    two: Arc<dyn Bus>,
}

impl Pair {
    fn local() -> Self {
        let local = Local::default();
        Self { one: Arc::new(local.join()), two: Arc::new(local.join()) }
    }

    async fn nats() -> Self {
        let house = format!("{:016x}", rand::random::<u64>());
        Self { one: join(&nats(), &house).await, two: join(&nats(), &house).await }
    }
}

async fn join(url: &str, house: &str) -> Arc<dyn Bus> {
    let bus = NatsBus::open(Nats { url, credentials: None, house, node: "test" }).await.unwrap();
    within(bus.is_up().wait_for(|up| *up)).await.unwrap();
    Arc::new(bus)
}

macro_rules! on_every_bus {
    ($($name:ident),* $(,)?) => {
        mod local {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Pair::local()).await;
            })*
        }
        mod over_nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Pair::nats().await).await;
            })*
        }
    };
}

on_every_bus!(
    carries_every_word_as_it_is,
    keeps_the_order_of_one_node,
    nobody_hears_themselves,
    keeps_places_apart,
    who_does_not_follow_any_more_hears_nothing,
    never_waits_for_anybody,
);

fn room() -> Place {
    Place::Room(RoomId::main())
}

fn event(seq: u64, text: &str) -> Event {
    let by = Person::new(UserId::from_bytes([1; 16]), "小满".into(), None);
    Event {
        room: RoomId::main(),
        seq: Seq(seq),
        kind: Kind::Message,
        cid: Cid::from_bytes(u128::from(seq).to_be_bytes()),
        by,
        at: 1_795_353_600_000,
        n: Some(seq),
        rev: None,
        body: Body::of(text.into()),
    }
}

fn words() -> Vec<Word> {
    let person = event(1, "").by;
    let here = Here { count: 1, people: Some(vec![person.clone()]), partial: false };
    vec![
        Word::Stored {
            epoch: Epoch(7),
            head: Seq(9),
            events: vec![event(8, "一"), event(9, "\u{0}\u{ffff}\"")],
        },
        Word::Stored { epoch: Epoch(7), head: Seq(9), events: Vec::new() },
        Word::Here { here },
        Word::Who,
        Word::Typing { person: person.id, on: true },
        Word::Bye { person: person.id },
    ]
}

/// Listens at a place, and is heard: over NATS a subscription is in force a moment after it was written.
async fn follow(listener: &Arc<dyn Bus>, teller: &Arc<dyn Bus>, place: &Place) -> Heard {
    let mut heard = listener.follow(place).await;
    let mark = |number| Word::Stored { epoch: Epoch(0), head: Seq(number), events: Vec::new() };
    // One at a time: more than a listener keeps would push the last one out.
    let mut told = 0;
    let first = within(async {
        loop {
            told += 1;
            teller.tell(place, mark(told));
            if let Ok(Some((_, word))) = timeout(AGAIN, heard.next()).await {
                return word;
            }
        }
    })
    .await;
    // What was told too often comes before the last of them.
    let mut word = first;
    while word != mark(told) {
        word = within(heard.next()).await.unwrap().1;
    }
    heard
}

/// The next word is this one.
async fn hears(heard: &mut Heard, from: NodeId, word: &Word) {
    let (node, said) = within(heard.next()).await.unwrap();
    assert_eq!((node, &said), (from, word));
}

async fn carries_every_word_as_it_is(Pair { one, two }: Pair) {
    assert_ne!(one.node(), two.node());
    let (mut in_room, mut in_house) =
        (follow(&two, &one, &room()).await, follow(&two, &one, &Place::House).await);
    for word in words() {
        one.tell(&room(), word.clone());
        one.tell(&Place::House, word.clone());
        hears(&mut in_room, one.node(), &word).await;
        hears(&mut in_house, one.node(), &word).await;
    }
}

async fn keeps_the_order_of_one_node(Pair { one, two }: Pair) {
    let mut heard = follow(&two, &one, &room()).await;
    let word = |seq| Word::Stored { epoch: Epoch(1), head: Seq(seq), events: vec![event(seq, "text")] };
    (1..=300).for_each(|seq| one.tell(&room(), word(seq)));
    for seq in 1..=300 {
        hears(&mut heard, one.node(), &word(seq)).await;
    }
}

async fn nobody_hears_themselves(Pair { one, two }: Pair) {
    let (mut at_two, mut at_one) = (follow(&two, &one, &room()).await, follow(&one, &two, &room()).await);
    // What told `one` that it is heard, was heard by `two`'s own listener never.
    assert!(at_two.next().now_or_never().is_none());
    one.tell(&room(), Word::Who);
    hears(&mut at_two, one.node(), &Word::Who).await;
    let word = &words()[0];
    two.tell(&room(), word.clone());
    hears(&mut at_one, two.node(), word).await;
}

async fn keeps_places_apart(Pair { one, two }: Pair) {
    let other = Place::Room("other".parse().unwrap());
    let (mut in_room, mut in_other) = (follow(&two, &one, &room()).await, follow(&two, &one, &other).await);
    let word = &words()[0];
    one.tell(&Place::House, Word::Who);
    one.tell(&other, Word::Who);
    one.tell(&room(), word.clone());
    hears(&mut in_room, one.node(), word).await;
    hears(&mut in_other, one.node(), &Word::Who).await;
    assert!(in_room.next().now_or_never().is_none() && in_other.next().now_or_never().is_none());
}

async fn who_does_not_follow_any_more_hears_nothing(Pair { one, two }: Pair) {
    drop(two.follow(&room()).await);
    one.tell(&room(), Word::Who);
    let mut heard = follow(&two, &one, &room()).await;
    let word = &words()[0];
    one.tell(&room(), word.clone());
    // What was told before may come late; it is not lost between two who both listen now.
    while within(heard.next()).await.unwrap() != (one.node(), word.clone()) {}
}

async fn never_waits_for_anybody(Pair { one, two }: Pair) {
    let mut slow = two.follow(&room()).await;
    // More than anybody keeps for a listener that does not listen.
    let word = |seq| Word::Stored { epoch: Epoch(1), head: Seq(seq), events: Vec::new() };
    (1..=20_000).for_each(|seq| one.tell(&room(), word(seq)));
    let mut last = Seq::ZERO;
    let mut lost = 0;
    while last < Seq(20_000) {
        match slow.next().now_or_never() {
            Some(Some((_, Word::Stored { head, .. }))) => {
                assert!(head > last, "in order, with holes");
                lost += head.0 - last.0 - 1;
                last = head;
            }
            // The last ones may be lost: until something arrives it is told again.
            _ => {
                one.tell(&room(), word(20_000));
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(lost > 0, "nothing is kept without a bound");
}

// ---- one node alone, and NATS ----

#[tokio::test]
async fn a_node_that_is_alone_hears_nothing() {
    let bus = bus::alone();
    assert!(bus.is_alone() && *bus.is_up().borrow());
    let mut heard = bus.follow(&room()).await;
    bus.tell(&room(), Word::Who);
    assert!(heard.next().now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn houses_on_one_nats_do_not_hear_each_other() {
    let (one, other) = (join(&nats(), "0000000000000001").await, join(&nats(), "0000000000000002").await);
    let same = join(&nats(), "0000000000000001").await;
    let third = join(&nats(), "0000000000000002").await;
    let (mut theirs, mut ours) = (follow(&other, &third, &room()).await, follow(&same, &one, &room()).await);
    one.tell(&room(), Word::Who);
    hears(&mut ours, one.node(), &Word::Who).await;
    assert!(theirs.next().now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_for_nats_is_only_announced() {
    let Pair { one, two } = Pair::nats().await;
    let mut heard = follow(&two, &one, &room()).await;
    let events: Vec<_> = (1..=80).map(|seq| event(seq, &"x".repeat(16 << 10))).collect();
    one.tell(&room(), Word::Stored { epoch: Epoch(1), head: Seq(80), events });
    let word = Word::Stored { epoch: Epoch(1), head: Seq(80), events: Vec::new() };
    hears(&mut heard, one.node(), &word).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_may_come_later_go_and_come_again() {
    let mut server = Server::start().unwrap();
    let url = server.url();
    server.stop().unwrap();
    let open = async || {
        NatsBus::open(Nats { url: &url, credentials: None, house: "h", node: "test" }).await.unwrap()
    };
    let (one, two) = (open().await, open().await);
    let (mut up, mut also) = (one.is_up(), two.is_up());
    assert!(!*up.borrow(), "it waits for NATS, and nobody waits for it");
    // Listening begins when NATS is there.
    let mut heard = two.follow(&room()).await;
    one.tell(&room(), Word::Who);
    for round in 1..=2 {
        server.start_again().unwrap();
        within(up.wait_for(|up| *up)).await.unwrap();
        within(also.wait_for(|up| *up)).await.unwrap();
        // Until the subscription is in force, words are lost.
        let word = Word::Stored { epoch: Epoch(round), head: Seq(1), events: Vec::new() };
        within(async {
            loop {
                one.tell(&room(), word.clone());
                match heard.next().now_or_never() {
                    Some(Some(said)) if said == (one.node(), word.clone()) => return,
                    Some(_) => {}
                    None => tokio::task::yield_now().await,
                }
            }
        })
        .await;
        server.stop().unwrap();
        within(up.wait_for(|up| !up)).await.unwrap();
        within(also.wait_for(|up| !up)).await.unwrap();
        one.tell(&room(), Word::Who);
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_what_it_was_given() {
    let open = async |url, credentials| {
        let nats = Nats { url, credentials, house: "h", node: "test" };
        NatsBus::open(nats).await.unwrap_err().to_string()
    };
    let said = open("http://example.org", None).await;
    assert!(said.contains("nats://HOST:PORT"), "{said}");
    let said = open("nats://localhost", Some("/nowhere/nats.creds".as_ref())).await;
    assert!(said.contains("/nowhere/nats.creds"), "{said}");
}
