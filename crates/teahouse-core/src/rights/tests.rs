use std::fmt::Write as _;

use teahouse_protocol::{Act, Body, Cid, Deed, Person, Policy};

use super::*;

/// The people of the table, by name.
fn people() -> Vec<(&'static str, Subject)> {
    let of = |who| Subject { who, ..Subject::default() };
    let member = |role| Some(Membership { role, readable_from: Seq(1) });
    let guest = of(Who::Guest);
    let account = of(Who::Account(Role::Member));
    vec![
        ("a stranger before a closed house", of(Who::Stranger)),
        ("a passer-by before an open house", of(Who::Passerby)),
        ("a guest", guest),
        ("a guest who joined", Subject { member: member(RoomRole::Member), ..guest }),
        ("an account", account),
        ("an account that joined", Subject { member: member(RoomRole::Member), ..account }),
        ("a moderator of the room", Subject { member: member(RoomRole::Moderator), ..account }),
        ("a moderator of the house", of(Who::Account(Role::Moderator))),
        ("the owner", of(Who::Account(Role::Owner))),
        (
            "the owner who joined",
            Subject { member: member(RoomRole::Member), ..of(Who::Account(Role::Owner)) },
        ),
        (
            "who joined and is muted",
            Subject { member: member(RoomRole::Member), muted_until: Some(9), ..account },
        ),
        (
            "who joined and is banned",
            Subject { member: member(RoomRole::Member), is_banned: true, ..account },
        ),
    ]
}

/// The rooms of the table, by name.
fn rooms() -> Vec<(&'static str, RoomNow)> {
    let of =
        |read, write| RoomNow { policy: Policy { read, write, ..Policy::default() }, ..RoomNow::default() };
    let open = of(Readers::Guests, Writers::Guests);
    vec![
        ("public", open.clone()),
        ("guests look on", of(Readers::Guests, Writers::Accounts)),
        ("announcements", of(Readers::Guests, Writers::Moderators)),
        ("accounts only", of(Readers::Accounts, Writers::Accounts)),
        ("private", of(Readers::Joined, Writers::Guests)),
        ("direct", RoomNow { direct: true, ..of(Readers::Joined, Writers::Guests) }),
        ("archived", RoomNow { archived: true, ..open }),
    ]
}

fn id() -> RoomId {
    "garden".parse().unwrap()
}

/// The table as the page prints it: in each cell what the person of the row may do in the room of the column.
fn table() -> String {
    let mut table = String::from("| |");
    for (name, _) in rooms() {
        write!(table, " {name} |").unwrap();
    }
    table.push_str("\n| --- |");
    table.push_str(&" --- |".repeat(rooms().len()));
    for (name, subject) in people() {
        write!(table, "\n| {name} |").unwrap();
        for (_, room) in rooms() {
            let may = all(&subject, &id(), &room);
            write!(table, " {} |", if may.is_empty() { "–".to_owned() } else { may.join(", ") }).unwrap();
        }
    }
    table
}

#[test]
fn the_page_prints_the_table() {
    let page = include_str!("../../../../docs/rights.md");
    assert!(page.contains(&table()), "docs/rights.md has another table than:\n\n{}\n", table());
}

#[test]
fn a_room_that_one_may_not_read_does_not_exist() {
    for (_, subject) in people() {
        for (_, room) in rooms() {
            let asked = |action: &Action| may(&subject, &id(), &room, *action);
            if asked(&Action::Read).is_err() {
                for action in Action::ALL {
                    assert_eq!(asked(action), Err(Refusal::NoSuchRoom), "{subject:?} {room:?} {action:?}");
                }
            }
        }
    }
}

#[test]
fn the_houses_own_rooms_are_for_nobody() {
    for (_, subject) in people() {
        let asked = may(&subject, &RoomId::house(), &RoomNow::default(), Action::Read);
        assert_eq!(asked, Err(Refusal::NoSuchRoom), "{subject:?}");
    }
}

#[test]
fn the_main_room_stays() {
    let owner = Subject { who: Who::Account(Role::Owner), ..Subject::default() };
    assert_eq!(may(&owner, &RoomId::main(), &RoomNow::default(), Action::Archive), Err(Refusal::Forbidden));
    assert_eq!(may(&owner, &id(), &RoomNow::default(), Action::Archive), Ok(()));
}

#[test]
fn who_is_muted_is_told_until_when() {
    let muted = Subject { who: Who::Guest, muted_until: Some(9), ..Subject::default() };
    assert_eq!(may(&muted, &id(), &RoomNow::default(), Action::Write), Err(Refusal::Muted(9)));
    let archived = RoomNow { archived: true, ..RoomNow::default() };
    assert_eq!(may(&muted, &id(), &archived, Action::Write), Err(Refusal::MayNotWrite));
}

#[test]
fn only_who_stands_higher_may() {
    let people = people();
    let of = |name| people.iter().find(|(known, _)| *known == name).map(|(_, subject)| *subject).unwrap();
    let order = ["a guest", "a moderator of the room", "a moderator of the house", "the owner"].map(of);
    for (low, one) in order.iter().enumerate() {
        for (high, other) in order.iter().enumerate() {
            assert_eq!(stands_above(other, one), high > low);
        }
    }
}

#[test]
fn what_was_before_is_hidden_in_private_rooms_only() {
    let late = Some(Membership { role: RoomRole::Member, readable_from: Seq(7) });
    let late = Subject { who: Who::Guest, member: late, ..Subject::default() };
    for (name, room) in rooms() {
        let expected = if matches!(name, "private" | "direct") { Seq(7) } else { Seq(1) };
        assert_eq!(readable_from(&late, &room), expected, "{name}");
    }
}

#[test]
fn an_event_concerns_whose_rights_it_changes() {
    let person = |number| Person::new(UserId::from_bytes([number; 16]), "P".into(), None);
    let event = |kind, body| Event {
        room: id(),
        seq: Seq(1),
        kind,
        cid: Cid::from_bytes([1; 16]),
        by: person(1),
        at: 0,
        n: None,
        rev: None,
        body,
    };
    let before = RoomNow::default();
    let asked = |kind, body| concern(&event(kind, body), &before);
    assert_eq!(asked(Kind::Message, Body::of("hello".into())), None);
    assert_eq!(asked(Kind::Delete, Body { target: Some(Seq(1)), ..Body::default() }), None);
    assert_eq!(asked(Kind::Join, Body::default()), Some(Concern::One(person(1).id)));
    assert_eq!(asked(Kind::Leave, Body::default()), Some(Concern::One(person(1).id)));
    let deed = Deed { person: person(2), act: Act::Mute, until: None, reason: None };
    let body = Body { deed: Some(Box::new(deed)), ..Body::default() };
    assert_eq!(asked(Kind::Moderation, body), Some(Concern::One(person(2).id)));
    let changed = |room: RoomNow| asked(Kind::Room, Body { room: Some(Box::new(room)), ..Body::default() });
    assert_eq!(changed(RoomNow { topic: "news".into(), archived: true, ..before.clone() }), None);
    let private = Policy { read: Readers::Joined, ..Policy::default() };
    assert_eq!(changed(RoomNow { policy: private, ..before.clone() }), Some(Concern::Everybody));
}
