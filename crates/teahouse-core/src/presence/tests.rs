use std::sync::Arc;

use super::*;

fn person(n: u8) -> Person {
    Person::new(UserId::from_bytes([n; 16]), Arc::from(format!("P{n}")), None)
}

fn told(presence: &mut Presence, now: u64) -> (Vec<u8>, Vec<u8>) {
    let changes = presence.tick(Moment(now)).presence.unwrap_or_default();
    let came = changes.came.iter().map(|person| person.id.as_bytes()[0]).collect();
    (came, changes.left.iter().map(|id| id.as_bytes()[0]).collect())
}

#[test]
fn changes_are_gathered_and_told_once() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.enter(&person(2), Moment(100));
    presence.enter(&person(2), Moment(200));
    assert_eq!(presence.next_deadline(), Some(Moment(1_500)));
    assert_eq!(told(&mut presence, 1_499), (vec![], vec![]));
    assert_eq!(told(&mut presence, 1_500), (vec![1, 2], vec![]));
    assert_eq!(presence.next_deadline(), None);
    assert_eq!(presence.here().count, 2);
}

#[test]
fn a_person_leaves_with_the_last_connection() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 2_000);
    presence.leave(person(1).id, 0, Moment(3_000));
    assert_eq!(told(&mut presence, 10_000), (vec![], vec![]));
    presence.leave(person(1).id, 0, Moment(11_000));
    assert_eq!(told(&mut presence, 11_000), (vec![], vec![]));
    assert_eq!(told(&mut presence, 12_500), (vec![], vec![1]));
    assert_eq!(presence.here().count, 0);
}

#[test]
fn a_lost_connection_has_time_to_come_back() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 2_000);
    presence.leave(person(1).id, LEASE_MS, Moment(3_000));
    assert_eq!(told(&mut presence, 32_999), (vec![], vec![]));
    presence.enter(&person(1), Moment(32_999));
    assert_eq!(told(&mut presence, 99_000), (vec![], vec![]));
    presence.leave(person(1).id, LEASE_MS, Moment(100_000));
    assert_eq!(told(&mut presence, 130_000), (vec![], vec![]));
    assert_eq!(told(&mut presence, 131_500), (vec![], vec![1]));
    assert_eq!(presence.next_deadline(), None);
}

#[test]
fn a_reload_is_no_news() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 2_000);
    presence.leave(person(1).id, 0, Moment(3_000));
    presence.enter(&person(1), Moment(3_400));
    assert_eq!(told(&mut presence, 4_500), (vec![], vec![]));
    assert_eq!(presence.here().count, 1);
}

#[test]
fn who_was_never_told_of_is_forgotten_silently() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.leave(person(1).id, 0, Moment(10));
    assert_eq!(told(&mut presence, 2_000), (vec![], vec![]));
    assert_eq!((presence.here().count, presence.next_deadline()), (0, None));
}

/// Found by seed 60 of the simulation: who came and left within one gathering stayed in the list of
/// whoever had subscribed between.
#[test]
fn who_was_in_somebodys_list_is_told_to_have_left() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.enter(&person(2), Moment(100));
    assert_eq!(presence.here().count, 2);
    presence.leave(person(1).id, 0, Moment(200));
    assert_eq!(told(&mut presence, 1_500), (vec![2], vec![1]));
    assert_eq!(presence.here().count, 1);
}

#[test]
fn a_crowd_is_a_count() {
    let mut presence = Presence::default();
    for n in 0..=200 {
        presence.enter(&person(n), Moment(0));
    }
    let changes = presence.tick(Moment(1_500)).presence.unwrap();
    assert_eq!((changes.count, changes.came.len()), (201, 0));
    assert_eq!(presence.here(), Here { count: 201, ..Here::default() });
    presence.leave(person(7).id, 0, Moment(2_000));
    presence.tick(Moment(2_000));
    let changes = presence.tick(Moment(3_500)).presence.unwrap();
    let named = changes.people.as_ref().map(Vec::len);
    assert_eq!((changes.count, named, changes.left.len()), (200, Some(200), 0), "the whole list again");
}

#[test]
fn typing_ends_by_a_word_or_by_time() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.enter(&person(2), Moment(0));
    presence.typing(person(1).id, true, Moment(0));
    presence.typing(person(2).id, true, Moment(100));
    presence.typing(person(9).id, true, Moment(100));
    assert_eq!(presence.tick(Moment(500)).typing.unwrap().count, 2);
    presence.typing(person(1).id, true, Moment(3_000));
    assert_eq!(presence.tick(Moment(4_000)).typing, None);
    presence.typing(person(2).id, false, Moment(4_000));
    assert_eq!(presence.tick(Moment(4_500)).typing.unwrap().count, 1);
    assert_eq!(presence.tick(Moment(9_000)).typing, None);
    assert_eq!(presence.tick(Moment(9_500)).typing.unwrap().count, 0);
    assert_eq!(presence.next_deadline(), None);
}

/// Whoever polls comes and goes with each poll, and is here all the while.
#[test]
fn who_polls_is_here_until_the_next_poll_is_late() {
    const PAUSE_MS: u64 = 30_000;
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 2_000);
    let mut now = 2_000;
    for _ in 0..10 {
        presence.leave(person(1).id, LEASE_MS + PAUSE_MS, Moment(now));
        now += PAUSE_MS + LEASE_MS - 1;
        assert_eq!(told(&mut presence, now), (vec![], vec![]));
        assert_eq!(presence.here().count, 1);
        presence.enter(&person(1), Moment(now));
    }
    presence.leave(person(1).id, LEASE_MS + PAUSE_MS, Moment(now));
    let gone = now + LEASE_MS + PAUSE_MS;
    assert_eq!(presence.next_deadline(), Some(Moment(gone)));
    assert_eq!(told(&mut presence, gone), (vec![], vec![]));
    assert_eq!(told(&mut presence, gone + GATHER_MS), (vec![], vec![1]));
    assert_eq!((presence.here().count, presence.next_deadline()), (0, None));
}

/// A shorter pause ends a longer lease, and the other way round: the last answer counts.
#[test]
fn the_last_lease_counts() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 2_000);
    presence.leave(person(1).id, 60_000, Moment(2_000));
    presence.enter(&person(1), Moment(3_000));
    presence.leave(person(1).id, 30_000, Moment(3_000));
    assert_eq!(presence.next_deadline(), Some(Moment(33_000)));
    presence.enter(&person(1), Moment(4_000));
    presence.enter(&person(1), Moment(4_000));
    presence.leave(person(1).id, 0, Moment(5_000));
    assert_eq!(presence.next_deadline(), None, "another connection is there");
}

#[test]
fn a_bye_ends_a_lease_at_once_and_nobody_elses() {
    let mut presence = Presence::default();
    for n in 1..=2 {
        presence.enter(&person(n), Moment(0));
    }
    told(&mut presence, 2_000);
    // While a connection is there it is the one that says it.
    presence.bye(person(1).id, Moment(2_000));
    presence.bye(person(9).id, Moment(2_000));
    assert_eq!((told(&mut presence, 4_000), presence.here().count), ((vec![], vec![]), 2));
    presence.leave(person(1).id, 60_000, Moment(5_000));
    presence.typing(person(1).id, true, Moment(5_000));
    presence.bye(person(1).id, Moment(6_000));
    presence.bye(person(1).id, Moment(6_100));
    assert_eq!(told(&mut presence, 7_600), (vec![], vec![1]));
    assert_eq!(presence.here().count, 1);
    // Whoever comes back before it was told did not leave.
    presence.leave(person(2).id, 60_000, Moment(8_000));
    presence.bye(person(2).id, Moment(8_000));
    presence.enter(&person(2), Moment(9_000));
    assert_eq!((told(&mut presence, 10_000), presence.here().count), ((vec![], vec![]), 1));
}

#[test]
fn another_name_is_told_as_a_coming() {
    let mut presence = Presence::default();
    let (ada, bo) = (person(1), person(2));
    presence.enter(&ada, Moment(0));
    presence.enter(&bo, Moment(0));
    let _ = presence.tick(Moment(GATHER_MS));
    presence.typing(ada.id, true, Moment(GATHER_MS));
    let _ = presence.tick(Moment(2 * GATHER_MS));
    let countess = Person { name: "Countess".into(), picture: Some(3), away: true, ..ada.clone() };
    presence.changed_to(&countess, Moment(2 * GATHER_MS));
    presence.changed_to(&person(9), Moment(2 * GATHER_MS));
    let signals = presence.tick(Moment(4 * GATHER_MS));
    let told = signals.presence.unwrap();
    assert_eq!((told.count, told.came, told.left), (2, vec![countess.clone()], vec![]));
    assert_eq!(signals.typing.unwrap().people, Some(vec![countess.clone()]));
    // The same again is no news, and who enters by another connection is called so, too.
    presence.changed_to(&countess, Moment(4 * GATHER_MS));
    presence.enter(&countess, Moment(4 * GATHER_MS));
    assert_eq!(presence.tick(Moment(8 * GATHER_MS)).presence, None);
    let mut people = presence.here().people.unwrap();
    people.sort_by_key(|person| person.id);
    assert_eq!(people, [countess, bo]);
}
