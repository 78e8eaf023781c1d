//! The log: numbers, order, once, pages, on every store.

use std::sync::Arc;

use futures_util::future::join_all;
use proptest::prelude::*;
use teahouse_core::room::Draft;
use teahouse_protocol::{Epoch, Event, Kind, Range, Seq};
use teahouse_server::store::{Appended, Claim, Head, NewRoom, Store, StoreError};
use tokio::runtime::Runtime;

use super::{House, add, cid, draft, drafts, guest, main_room, on_every_store, user};
use crate::kit::On;

on_every_store!(
    has_the_main_room_from_the_start,
    makes_a_room_once,
    numbers_without_gaps_over_concurrent_appenders,
    keeps_the_order_of_a_batch_and_of_the_calls,
    counts_each_room_by_itself,
    gives_back_what_was_stored,
    answers_a_repeat_with_the_first_answer,
    answers_a_repeat_in_the_same_batch,
    answers_a_repeat_after_a_restart,
    refuses_the_cid_of_another_person_or_body,
    stores_the_rest_of_a_batch_with_a_conflict,
    a_cid_belongs_to_one_room,
    reads_after_a_number_up_to_a_limit,
    reads_pages_before_after_and_around,
    tells_nothing_of_unknown_rooms,
    knows_the_cid_of_an_event,
    renews_the_epoch,
    tells_heads_and_epochs,
    goes_on_after_a_restart,
    shows_the_author_as_they_are_now,
    keeps_big_texts,
    stores_nothing_for_an_empty_batch,
    keeps_what_nobody_awaited,
);

fn stored(appended: &[Appended]) -> Vec<u64> {
    appended
        .iter()
        .map(|it| match it {
            Appended::Stored { seq, .. } => seq.0,
            other => panic!("{other:?} where a new event was expected"),
        })
        .collect()
}

fn numbers(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

async fn fill(store: &Arc<dyn Store>, count: u64) {
    let appended = store.append(&main_room(), drafts(1, count)).await.unwrap();
    assert_eq!(stored(&appended), (1..=count).collect::<Vec<_>>());
}

async fn has_the_main_room_from_the_start(house: House) {
    let room = house.store.room(&main_room()).await.unwrap().expect("it is there");
    assert_eq!(&*room.now.name, "1024 聊天室 · 1024 Chat Room");
    assert_eq!(&*room.now.topic, "打开网页，起个名字，开聊。 Open the page, pick a name, talk.");
    assert_eq!((room.oldest, room.head, room.n), (Seq(1), Seq::ZERO, 0));
    assert_eq!(NewRoom::main().id, room.id);
}

async fn makes_a_room_once(house: House) {
    let id = house.add_room("garden").await;
    let again = NewRoom::open(id.clone(), "other".into(), "other".into());
    assert_eq!(house.store.add_room(again).await.unwrap(), Claim::Taken);
    let room = house.store.room(&id).await.unwrap().unwrap();
    assert_eq!((&*room.now.name, room.head), ("name of garden", Seq::ZERO));
    let main = house.store.room(&main_room()).await.unwrap().unwrap();
    assert_ne!(room.epoch, main.epoch, "epochs are random: once in four thousand million runs equal");
}

async fn numbers_without_gaps_over_concurrent_appenders(house: House) {
    let senders = (1..=20).map(|by| {
        let store = house.store.clone();
        tokio::spawn(async move {
            let mut own = Vec::new();
            for draft in drafts(by, 25) {
                own.extend(stored(&store.append(&main_room(), vec![draft]).await.unwrap()));
            }
            own
        })
    });
    let mut all = Vec::new();
    for own in join_all(senders).await {
        let own = own.unwrap();
        assert!(own.is_sorted(), "one sender's order");
        all.extend(own);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=500).collect::<Vec<_>>());
    let events = house.store.after(&main_room(), Seq::ZERO, 1_000).await.unwrap();
    assert_eq!(numbers(&events), all);
    let room = house.store.room(&main_room()).await.unwrap().unwrap();
    assert_eq!((room.head, room.n), (Seq(500), 500));
}

async fn keeps_the_order_of_a_batch_and_of_the_calls(house: House) {
    let room = main_room();
    // The answers are awaited backwards: only the calls count.
    let first = house.store.append(&room, drafts(1, 3));
    let second = house.store.append(&room, drafts(2, 2));
    assert_eq!(stored(&second.await.unwrap()), [4, 5]);
    assert_eq!(stored(&first.await.unwrap()), [1, 2, 3]);
    let events = house.store.after(&room, Seq::ZERO, 10).await.unwrap();
    let texts: Vec<_> = events.iter().map(|event| &*event.body.text).collect();
    assert_eq!(texts, ["1/1", "1/2", "1/3", "2/1", "2/2"]);
}

async fn counts_each_room_by_itself(house: House) {
    let other = house.add_room("other").await;
    fill(&house.store, 3).await;
    let appended = house.store.append(&other, drafts(9, 2)).await.unwrap();
    assert_eq!(appended[1], Appended::Stored { seq: Seq(2), n: 2 });
    let events = house.store.after(&other, Seq::ZERO, 10).await.unwrap();
    assert!(events.iter().all(|event| event.room == other && event.by.id == user(9)));
    assert_eq!(numbers(&events), [1, 2]);
}

async fn gives_back_what_was_stored(house: House) {
    add(&*house.store, guest(1, "小满", 5)).await.unwrap();
    let Draft { cid, at, .. } = draft(1, 1, "");
    house.store.append(&main_room(), vec![draft(1, 1, "你好 <b>&\0\u{10ffff}")]).await.unwrap();
    let events = house.store.after(&main_room(), Seq::ZERO, 10).await.unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.room.clone(), event.seq, event.kind), (main_room(), Seq(1), Kind::Message));
    assert_eq!((event.cid, event.at, event.n), (cid, at, Some(1)));
    assert_eq!((event.by.id, &*event.by.name, event.by.role), (user(1), "小满", None));
    assert_eq!(event.body.text, "你好 <b>&\0\u{10ffff}");
}

async fn answers_a_repeat_with_the_first_answer(house: House) {
    fill(&house.store, 3).await;
    let first = draft(1, 2, "1/2");
    let later = Draft { at: first.at + 60_000, ..first.clone() };
    let appended = house.store.append(&main_room(), vec![later]).await.unwrap();
    assert_eq!(appended, [Appended::Repeat { seq: Seq(2), at: first.at }]);
    assert_eq!(house.store.room(&main_room()).await.unwrap().unwrap().head, Seq(3));
}

async fn answers_a_repeat_in_the_same_batch(house: House) {
    let one = draft(1, 1, "one");
    let other_body = draft(1, 1, "two");
    let batch = vec![one.clone(), one.clone(), other_body, draft(1, 2, "next")];
    let appended = house.store.append(&main_room(), batch).await.unwrap();
    let expected = [
        Appended::Stored { seq: Seq(1), n: 1 },
        Appended::Repeat { seq: Seq(1), at: one.at },
        Appended::Conflict,
        Appended::Stored { seq: Seq(2), n: 2 },
    ];
    assert_eq!(appended, expected);
}

async fn answers_a_repeat_after_a_restart(house: House) {
    fill(&house.store, 3).await;
    let house = house.restarted().await;
    let first = draft(1, 3, "1/3");
    let batch = vec![first.clone(), draft(1, 3, "another"), draft(1, 4, "1/4")];
    let appended = house.store.append(&main_room(), batch).await.unwrap();
    let expected = [
        Appended::Repeat { seq: Seq(3), at: first.at },
        Appended::Conflict,
        Appended::Stored { seq: Seq(4), n: 4 },
    ];
    assert_eq!(appended, expected);
}

async fn refuses_the_cid_of_another_person_or_body(house: House) {
    fill(&house.store, 1).await;
    let theirs = Draft { by: user(2), ..draft(1, 1, "1/1") };
    assert_eq!(house.store.append(&main_room(), vec![theirs]).await.unwrap(), [Appended::Conflict]);
    let other = draft(1, 1, "1/1 ");
    assert_eq!(house.store.append(&main_room(), vec![other]).await.unwrap(), [Appended::Conflict]);
    assert_eq!(house.store.room(&main_room()).await.unwrap().unwrap().head, Seq(1));
}

async fn stores_the_rest_of_a_batch_with_a_conflict(house: House) {
    fill(&house.store, 1).await;
    let theirs = Draft { by: user(2), ..draft(1, 1, "1/1") };
    let batch = vec![draft(3, 1, "before"), theirs, draft(3, 2, "behind")];
    let appended = house.store.append(&main_room(), batch).await.unwrap();
    assert_eq!(appended[1], Appended::Conflict);
    assert_eq!([&appended[..1], &appended[2..]].map(stored), [vec![2], vec![3]]);
}

async fn a_cid_belongs_to_one_room(house: House) {
    let other = house.add_room("other").await;
    let same = draft(1, 1, "same");
    let here = house.store.append(&main_room(), vec![same.clone()]).await.unwrap();
    let there = house.store.append(&other, vec![same]).await.unwrap();
    assert_eq!((stored(&here), stored(&there)), (vec![1], vec![1]));
}

async fn reads_after_a_number_up_to_a_limit(house: House) {
    fill(&house.store, 10).await;
    for (after, limit, expected) in [
        (0, 3, vec![1, 2, 3]),
        (7, 3, vec![8, 9, 10]),
        (7, 4, vec![8, 9, 10]),
        (9, 100, vec![10]),
        (10, 100, vec![]),
        (11, 100, vec![]),
        (Seq::MAX.0, 100, vec![]),
        (0, 0, vec![]),
        (0, u32::MAX, (1..=10).collect()),
    ] {
        let events = house.store.after(&main_room(), Seq(after), limit).await.unwrap();
        assert_eq!(numbers(&events), expected, "after {after}, at most {limit}");
    }
}

async fn reads_pages_before_after_and_around(house: House) {
    fill(&house.store, 10).await;
    for (range, limit, expected, more) in [
        (Range::Before(Seq(11)), 3, vec![8, 9, 10], true),
        (Range::Before(Seq::MAX), 10, (1..=10).collect(), false),
        (Range::Before(Seq(4)), 3, vec![1, 2, 3], false),
        (Range::Before(Seq(4)), 2, vec![2, 3], true),
        (Range::Before(Seq(1)), 5, vec![], false),
        (Range::Before(Seq::ZERO), 5, vec![], false),
        (Range::After(Seq::ZERO), 3, vec![1, 2, 3], true),
        (Range::After(Seq(7)), 3, vec![8, 9, 10], false),
        (Range::After(Seq(10)), 3, vec![], false),
        (Range::After(Seq::MAX), 3, vec![], false),
        (Range::Around(Seq(5)), 4, vec![3, 4, 5, 6], true),
        (Range::Around(Seq(5)), 5, vec![3, 4, 5, 6, 7], true),
        (Range::Around(Seq(1)), 4, vec![1, 2], true),
        (Range::Around(Seq(10)), 4, vec![8, 9, 10], true),
        (Range::Around(Seq(6)), 10, (1..=10).collect(), false),
        (Range::Around(Seq(5)), 1, vec![5], true),
        (Range::Around(Seq::ZERO), 4, vec![1, 2], true),
    ] {
        let page = house.store.page(&main_room(), range, limit, None).await.unwrap();
        assert_eq!((numbers(&page.messages), page.more), (expected, more), "{range:?}, at most {limit}");
        assert_eq!(page.as_of, Seq(10));
    }
}

async fn tells_nothing_of_unknown_rooms(house: House) {
    fill(&house.store, 3).await;
    let nowhere = "nowhere".parse().unwrap();
    let store = &house.store;
    assert_eq!(store.room(&nowhere).await.unwrap(), None);
    assert_eq!(store.after(&nowhere, Seq::ZERO, 10).await.unwrap(), []);
    let page = store.page(&nowhere, Range::Before(Seq(10)), 10, None).await.unwrap();
    assert_eq!((page.messages, page.as_of, page.more), (vec![], Seq::ZERO, false));
    assert_eq!(store.cid(&nowhere, Seq(1)).await.unwrap(), None);
    store.renew_epoch(&nowhere, Epoch(1)).await.unwrap();
    // Another room's append in the same transaction does not suffer from it.
    let here = store.append(&main_room(), vec![draft(2, 1, "here")]);
    let refused = store.append(&nowhere, drafts(1, 1));
    assert!(matches!(refused.await, Err(StoreError::Down(why)) if why.contains("no room nowhere")));
    assert_eq!(stored(&here.await.unwrap()), [4]);
    assert_eq!(store.room(&nowhere).await.unwrap(), None);
}

async fn knows_the_cid_of_an_event(house: House) {
    fill(&house.store, 2).await;
    let cid_of = |seq| {
        let store = house.store.clone();
        async move { store.cid(&main_room(), seq).await.unwrap() }
    };
    assert_eq!(cid_of(Seq(2)).await, Some(cid(1 << 32 | 2)));
    assert_eq!(cid_of(Seq::ZERO).await, None);
    assert_eq!(cid_of(Seq(3)).await, None);
    assert_eq!(cid_of(Seq::MAX).await, None);
}

async fn renews_the_epoch(house: House) {
    fill(&house.store, 2).await;
    let before = house.store.room(&main_room()).await.unwrap().unwrap();
    let epoch = Epoch(before.epoch.0.wrapping_add(0x8000_0001));
    house.store.renew_epoch(&main_room(), epoch).await.unwrap();
    let house = house.restarted().await;
    let after = house.store.room(&main_room()).await.unwrap().unwrap();
    assert_eq!((after.epoch, after.head), (epoch, before.head));
}

async fn tells_heads_and_epochs(house: House) {
    let garden = house.add_room("garden").await;
    fill(&house.store, 3).await;
    house.store.renew_epoch(&garden, Epoch(9)).await.unwrap();
    let nowhere = "nowhere".parse().unwrap();
    let mut heads = house.store.heads(vec![garden.clone(), nowhere, main_room()]).await.unwrap();
    heads.sort_by(|one, other| one.room.cmp(&other.room));
    let main = house.store.room(&main_room()).await.unwrap().unwrap();
    let expected = [
        Head { room: main_room(), epoch: main.epoch, oldest: Seq(1), head: Seq(3) },
        Head { room: garden, epoch: Epoch(9), oldest: Seq(1), head: Seq::ZERO },
    ];
    assert_eq!(heads, expected);
    assert_eq!(house.store.heads(Vec::new()).await.unwrap(), []);
}

async fn goes_on_after_a_restart(house: House) {
    fill(&house.store, 3).await;
    let before = house.store.room(&main_room()).await.unwrap();
    let house = house.restarted().await;
    assert_eq!(house.store.room(&main_room()).await.unwrap(), before);
    let appended = house.store.append(&main_room(), drafts(2, 2)).await.unwrap();
    assert_eq!(appended[1], Appended::Stored { seq: Seq(5), n: 5 });
    let events = house.store.after(&main_room(), Seq::ZERO, 10).await.unwrap();
    assert_eq!(numbers(&events), [1, 2, 3, 4, 5]);
}

async fn shows_the_author_as_they_are_now(house: House) {
    // A person who is not in the directory goes by their id.
    fill(&house.store, 1).await;
    let by = async || house.store.after(&main_room(), Seq::ZERO, 1).await.unwrap()[0].by.clone();
    assert_eq!(&*by().await.name, user(1).to_string());
    add(&*house.store, guest(1, "小满", 5)).await.unwrap();
    assert_eq!(&*by().await.name, "小满");
}

async fn keeps_big_texts(house: House) {
    let texts = ["x".repeat(16_384), "茶".repeat(5_461), "🍵".repeat(4_096)];
    let batch = texts.iter().zip(1..).map(|(text, number)| draft(1, number, text)).collect();
    assert_eq!(stored(&house.store.append(&main_room(), batch).await.unwrap()), [1, 2, 3]);
    let house = house.restarted().await;
    let events = house.store.after(&main_room(), Seq::ZERO, 10).await.unwrap();
    assert!(events.iter().map(|event| &event.body.text).eq(&texts), "texts of 16 KiB differ");
    let again = house.store.append(&main_room(), vec![draft(1, 2, &texts[1])]).await.unwrap();
    assert!(matches!(again[..], [Appended::Repeat { seq: Seq(2), .. }]), "{again:?}");
}

async fn stores_nothing_for_an_empty_batch(house: House) {
    assert_eq!(house.store.append(&main_room(), Vec::new()).await.unwrap(), []);
    assert_eq!(house.store.room(&main_room()).await.unwrap().unwrap().head, Seq::ZERO);
}

async fn keeps_what_nobody_awaited(house: House) {
    drop(house.store.append(&main_room(), drafts(1, 2)));
    assert_eq!(stored(&house.store.append(&main_room(), drafts(2, 1)).await.unwrap()), [3]);
}

/// Any text at all comes back as it was, and is known again.
fn keeps_any_text(runtime: &Runtime, house: &House, texts: &[String]) -> Result<(), TestCaseError> {
    runtime.block_on(async {
        let head = house.store.room(&main_room()).await.unwrap().unwrap().head;
        let batch: Vec<_> =
            texts.iter().zip(1..).map(|(text, number)| draft(head.0 + 1, number, text)).collect();
        house.store.append(&main_room(), batch.clone()).await.unwrap();
        let events = house.store.after(&main_room(), head, 1_000).await.unwrap();
        let back: Vec<_> = events.into_iter().map(|event| event.body.text).collect();
        prop_assert_eq!(&back, texts);
        let again = house.store.append(&main_room(), batch).await.unwrap();
        prop_assert!(again.iter().all(|it| matches!(it, Appended::Repeat { .. })), "{:?}", again);
        Ok(())
    })
}

#[test]
fn any_text_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let houses = [On::Sqlite, On::Postgres].map(|on| runtime.block_on(House::open(on)));
    // Not only what `.*` gives: control characters, NUL, line feeds and unassigned ones too.
    let text = proptest::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(texts in proptest::collection::vec(text, 1..8))| {
        for house in &houses {
            keeps_any_text(&runtime, house, &texts)?;
        }
    });
}
