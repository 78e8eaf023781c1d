use teahouse_protocol::{Epoch, Here, RoomNow, RoomView};

use super::*;

const EPOCH: Epoch = Epoch(7);

fn cid(seq: u64) -> Cid {
    Cid::from_bytes([seq as u8; 16])
}

fn at(seq: u64) -> Cursor {
    Cursor::at(EPOCH, Seq(seq), (seq > 0).then(|| cid(seq)))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn said(r#ref: Option<u64>, from: Cursor) -> Subscribed {
    Subscribed {
        r#ref,
        room: RoomView::new(RoomId::main(), RoomNow::default()),
        epoch: EPOCH,
        head: Seq(10),
        from,
        read: Seq::ZERO,
        here: Here::default(),
    }
}

/// A subscription that the house has answered, at that number.
fn subscribed(seq: u64) -> Subscription {
    let mut subscription = Subscription::new(RoomId::main(), From::Tail(3));
    subscription.asked(None);
    assert_eq!(subscription.subscribed(&said(None, at(seq))), None);
    subscription
}

#[test]
fn begins_where_the_house_resolves() {
    let mut subscription = Subscription::new(RoomId::main(), From::Tail(3));
    assert_eq!(subscription.from(), From::Tail(3));
    assert!(!subscription.event(Seq(5), cid(5), ms(0)), "nothing before the answer");
    subscription.asked(None);
    subscription.connection_lost();
    assert_eq!(subscription.from(), From::Tail(3), "asked in vain");
    assert!(!subscription.is_open());
    assert_eq!(subscription.subscribed(&said(None, at(4))), None);
    assert!(subscription.is_open());
    assert_eq!(subscription.from(), From::Cursor(at(4)));
    subscription.connection_lost();
    assert!(!subscription.is_open());
    assert_eq!(subscription.from(), From::Cursor(at(4)));
}

#[test]
fn applies_each_event_once_and_in_order() {
    let mut subscription = subscribed(4);
    let mut check = |seq: u64, expected: bool, asks: Option<Duration>| {
        assert_eq!(subscription.event(Seq(seq), cid(seq), ms(9)), expected, "{seq}");
        assert_eq!(subscription.next_deadline(), asks, "{seq}");
    };
    check(4, false, None);
    check(1, false, None);
    check(5, true, None);
    check(5, false, None);
    check(7, false, Some(ms(9)));
    check(8, false, Some(ms(9)));
    // What was missing may come all the same.
    check(6, true, Some(ms(9)));
    assert_eq!(subscription.cursor(), Some(at(6)));
}

#[test]
fn asks_once_for_a_gap_and_waits_longer_for_a_stubborn_one() {
    let mut subscription = subscribed(4);
    let pauses: Vec<u64> = (0..4)
        .map(|round| {
            subscription.event(Seq(9), cid(9), ms(0));
            let at_ms = subscription.next_deadline().unwrap().as_millis() as u64;
            subscription.asked(Some(round));
            subscription.event(Seq(10), cid(10), ms(0));
            assert_eq!(subscription.next_deadline(), None, "it was asked already");
            assert!(subscription.asked_as(round));
            assert_eq!(subscription.subscribed(&said(Some(round), at(4))), None);
            at_ms
        })
        .collect();
    assert_eq!(pauses, [0, 499, 999, 1999]);
    assert!(subscription.event(Seq(5), cid(5), ms(0)));
    subscription.event(Seq(9), cid(9), ms(0));
    assert_eq!(subscription.next_deadline(), Some(ms(0)), "progress makes it quick again");
}

#[test]
fn notices_a_lost_tail() {
    let mut subscription = subscribed(4);
    subscription.head(Seq(9), ms(1));
    assert_eq!(subscription.next_deadline(), None, "it is behind and knows it");
    assert!(subscription.live(Seq(4), ms(1)));
    subscription.head(Seq(4), ms(1));
    assert_eq!(subscription.next_deadline(), None);
    subscription.head(Seq(5), ms(2));
    assert_eq!(subscription.next_deadline(), Some(ms(2)));
    let mut early = subscribed(4);
    assert!(!early.live(Seq(6), ms(3)));
    assert_eq!(early.next_deadline(), Some(ms(3)));
}

#[test]
fn says_every_hole_once() {
    let hole = |reset, from| Some(Hole { room: RoomId::main(), reset, from, head: Seq(10) });
    let other = |seq| Cursor { epoch: Some(Epoch(8)), ..at(seq) };
    // Events may overtake the answer: that is no hole.
    let mut subscription = subscribed(4);
    subscription.event(Seq(5), cid(5), ms(0));
    assert_eq!(subscription.subscribed(&said(None, at(4))), None);
    assert_eq!(subscription.cursor(), Some(at(5)));
    // Said by `behind`, by `subscribed` alone, by both.
    assert_eq!(subscribed(4).jump(at(8), false, Seq(10)), hole(false, at(8)));
    let mut both = subscribed(4);
    assert_eq!(both.subscribed(&said(None, at(8))), hole(false, at(8)));
    assert_eq!(both.jump(at(8), false, Seq(10)), None);
    let mut reset = subscribed(4);
    assert_eq!(reset.subscribed(&said(None, other(2))), hole(true, other(2)));
    assert_eq!(reset.jump(other(2), true, Seq(10)), None);
    assert!(reset.event(Seq(3), cid(3), ms(0)));
    // The same log and number with another check: only `reset` can say it, and moves back.
    let mut check = subscribed(4);
    assert_eq!(check.jump(at(2), true, Seq(10)), hole(true, at(2)));
}

#[test]
fn the_beginning_is_no_hole_unless_it_is_gone() {
    let mut whole = Subscription::new(RoomId::main(), From::Cursor(Cursor::BEGINNING));
    assert_eq!(whole.subscribed(&said(None, at(0))), None);
    assert_eq!(whole.cursor(), Some(at(0)));
    let mut cut = Subscription::new(RoomId::main(), From::Cursor(Cursor::BEGINNING));
    assert!(cut.subscribed(&said(None, at(3))).is_some_and(|hole| !hole.reset));
    cut.forget();
    assert_eq!(cut.from(), From::Cursor(Cursor::BEGINNING));
    let mut tail = subscribed(4);
    tail.forget();
    assert_eq!(tail.from(), From::Tail(3));
}
