//! People, names, tokens, read marks and settings, on every store.

use teahouse_protocol::{Role, Seq};
use teahouse_server::store::{Claim, NewPerson, SEEN_MS};

use super::{House, add, draft, drafts, guest, main_room, on_every_store, token, user};

on_every_store!(
    gives_a_name_to_one_person,
    a_name_may_be_an_id,
    a_refused_person_leaves_nothing,
    has_one_owner,
    finds_people_by_name_with_their_password,
    finds_nobody_by_a_name_that_nobody_can_have,
    finds_people_by_token,
    gives_more_tokens,
    frees_the_names_of_guests_who_are_gone,
    keeps_the_names_of_guests_who_come_back,
    gives_a_freed_name_back_if_it_is_free,
    tells_two_people_of_one_name_apart,
    raises_the_read_mark_only,
    keeps_settings,
    keeps_the_first_setting,
);

fn member(number: u64, name: &str, role: Role) -> NewPerson {
    let password = Some(format!("$argon2id$v=19$m=19456,t=2,p=1$salt${number}"));
    NewPerson { role: Some(role), password, ..guest(number, name, 5) }
}

/// Ends when all writes before it are done: `by_token` does not wait for its own.
async fn settled(house: &House) {
    house.store.keep_setting("settled", None).await.unwrap();
}

async fn gives_a_name_to_one_person(house: House) {
    assert_eq!(add(&*house.store, guest(1, "Ann", 5)).await.unwrap(), Claim::Made);
    assert_eq!(add(&*house.store, guest(2, "ANN", 5)).await.unwrap(), Claim::Taken);
    assert_eq!(add(&*house.store, guest(1, "Bob", 5)).await.unwrap(), Claim::Taken, "the id");
    let token_of_ann = NewPerson { token: Some(token(1)), ..guest(3, "Cid", 5) };
    assert_eq!(add(&*house.store, token_of_ann).await.unwrap(), Claim::Taken, "the token");
    let house = house.restarted().await;
    assert_eq!(add(&*house.store, guest(2, "aNN", 5)).await.unwrap(), Claim::Taken);
    // Two at once: one of them.
    let (one, two) = (add(&*house.store, guest(4, "Dan", 5)), add(&*house.store, guest(5, "dan", 5)));
    assert_eq!((one.await.unwrap(), two.await.unwrap()), (Claim::Made, Claim::Taken));
}

async fn a_name_may_be_an_id(house: House) {
    let name = user(1).to_string();
    let person = NewPerson { token: None, ..guest(1, &name, 5) };
    assert_eq!(add(&*house.store, person).await.unwrap(), Claim::Made);
    let (found, password) = house.store.by_name(&name).await.unwrap().unwrap();
    assert_eq!((found.id, &*found.name, password), (user(1), &*name, None));
}

async fn a_refused_person_leaves_nothing(house: House) {
    add(&*house.store, guest(1, "Ann", 5)).await.unwrap();
    add(&*house.store, guest(2, "ann", 5)).await.unwrap();
    assert_eq!(house.store.by_token(token(2), 6).await.unwrap(), None);
    assert_eq!(add(&*house.store, guest(2, "Bob", 5)).await.unwrap(), Claim::Made);
}

async fn has_one_owner(house: House) {
    assert!(!house.store.has_owner().await.unwrap());
    assert_eq!(add(&*house.store, member(1, "Ann", Role::Member)).await.unwrap(), Claim::Made);
    assert!(!house.store.has_owner().await.unwrap());
    assert_eq!(add(&*house.store, member(2, "Bob", Role::Owner)).await.unwrap(), Claim::Made);
    assert!(house.store.has_owner().await.unwrap());
    assert_eq!(add(&*house.store, member(3, "Cid", Role::Owner)).await.unwrap(), Claim::Taken);
    assert_eq!(house.store.by_name("cid").await.unwrap(), None);
    assert_eq!(add(&*house.store, member(3, "Cid", Role::Moderator)).await.unwrap(), Claim::Made);
    assert_eq!(add(&*house.store, guest(4, "Dan", 5)).await.unwrap(), Claim::Made, "a guest as ever");
    let house = house.restarted().await;
    assert!(house.store.has_owner().await.unwrap());
}

async fn finds_people_by_name_with_their_password(house: House) {
    let ann = member(1, "Ann", Role::Moderator);
    add(&*house.store, ann.clone()).await.unwrap();
    add(&*house.store, guest(2, "Bob", 5)).await.unwrap();
    let house = house.restarted().await;
    let (person, password) = house.store.by_name("ann").await.unwrap().unwrap();
    assert_eq!((person.id, &*person.name, person.role), (ann.id, "Ann", Some(Role::Moderator)));
    assert_eq!(password, ann.password);
    assert_eq!(house.store.by_name("bob").await.unwrap().unwrap().1, None);
    assert_eq!(house.store.by_name("Ann").await.unwrap(), None, "only folded names are compared");
}

/// Whoever signs in may type anything.
async fn finds_nobody_by_a_name_that_nobody_can_have(house: House) {
    let long = "x".repeat(100_000);
    for name in ["", "ann\0", "\0", "\u{1}0", "ann'; --", "%", &long] {
        assert_eq!(house.store.by_name(name).await.unwrap(), None, "{name:?}");
    }
}

async fn finds_people_by_token(house: House) {
    add(&*house.store, guest(1, "Ann", 5)).await.unwrap();
    add(&*house.store, NewPerson { token: None, ..guest(2, "Bob", 5) }).await.unwrap();
    let house = house.restarted().await;
    let person = house.store.by_token(token(1), 6).await.unwrap().unwrap();
    assert_eq!((person.id, &*person.name, person.role), (user(1), "Ann", None));
    assert_eq!(house.store.by_token(token(2), 6).await.unwrap(), None);
}

async fn gives_more_tokens(house: House) {
    add(&*house.store, guest(1, "Ann", 5)).await.unwrap();
    add(&*house.store, guest(2, "Bob", 5)).await.unwrap();
    house.store.add_token(user(1), token(10), 6).await.unwrap();
    house.store.add_token(user(1), token(10), 7).await.unwrap();
    // A token that somebody has stays theirs; one of nobody is nobody's.
    house.store.add_token(user(2), token(10), 8).await.unwrap();
    house.store.add_token(user(9), token(11), 8).await.unwrap();
    let house = house.restarted().await;
    let id_of = async |number| house.store.by_token(token(number), 9).await.unwrap().map(|it| it.id);
    assert_eq!(id_of(10).await, Some(user(1)));
    assert_eq!(id_of(1).await, Some(user(1)));
    assert_eq!(id_of(2).await, Some(user(2)));
    assert_eq!(id_of(11).await, None);
}

async fn frees_the_names_of_guests_who_are_gone(house: House) {
    add(&*house.store, guest(1, "Ann", 100)).await.unwrap();
    add(&*house.store, guest(2, "Bob", 200)).await.unwrap();
    add(&*house.store, member(3, "Cid", Role::Member)).await.unwrap();
    assert_eq!(house.store.free_names(100).await.unwrap(), 0, "before, not at");
    assert_eq!(house.store.free_names(150).await.unwrap(), 1);
    assert_eq!(house.store.free_names(150).await.unwrap(), 0, "once");
    assert_eq!(house.store.by_name("ann").await.unwrap(), None);
    assert!(house.store.by_name("bob").await.unwrap().is_some());
    assert!(house.store.by_name("cid").await.unwrap().is_some(), "members keep theirs");
    let house = house.restarted().await;
    assert_eq!(add(&*house.store, guest(4, "ann", 300)).await.unwrap(), Claim::Made);
    assert_eq!(house.store.free_names(u64::from(u32::MAX)).await.unwrap(), 2);
}

async fn keeps_the_names_of_guests_who_come_back(house: House) {
    let (made, soon, later) = (1_000, 1_000 + SEEN_MS - 1, 1_000 + SEEN_MS);
    add(&*house.store, guest(1, "Ann", made)).await.unwrap();
    add(&*house.store, guest(2, "Bob", made)).await.unwrap();
    // Within the hour nothing is written, so it does not count.
    assert!(house.store.by_token(token(1), soon).await.unwrap().is_some());
    assert!(house.store.by_token(token(2), later).await.unwrap().is_some());
    // An older clock changes nothing.
    assert!(house.store.by_token(token(2), 0).await.unwrap().is_some());
    settled(&house).await;
    assert_eq!(house.store.free_names(later).await.unwrap(), 1);
    assert_eq!(house.store.by_name("ann").await.unwrap(), None);
    assert!(house.store.by_name("bob").await.unwrap().is_some());
}

async fn gives_a_freed_name_back_if_it_is_free(house: House) {
    add(&*house.store, guest(1, "Ann", 100)).await.unwrap();
    house.store.free_names(1_000).await.unwrap();
    let person = house.store.by_token(token(1), 2_000).await.unwrap().unwrap();
    assert_eq!(&*person.name, "Ann");
    settled(&house).await;
    assert_eq!(house.store.by_name("ann").await.unwrap().unwrap().0.id, user(1));
    assert_eq!(add(&*house.store, guest(2, "ANN", 3_000)).await.unwrap(), Claim::Taken);
    assert_eq!(house.store.free_names(2_000).await.unwrap(), 0, "they were here at 2,000");
}

async fn tells_two_people_of_one_name_apart(house: House) {
    add(&*house.store, guest(1, "Ann", 100)).await.unwrap();
    house.store.append(&main_room(), vec![draft(1, 1, "old")]).await.unwrap();
    house.store.free_names(1_000).await.unwrap();
    assert_eq!(add(&*house.store, guest(2, "Ann", 2_000)).await.unwrap(), Claim::Made);
    house.store.append(&main_room(), vec![draft(2, 1, "new")]).await.unwrap();
    let person = house.store.by_token(token(1), 3_000).await.unwrap().unwrap();
    settled(&house).await;
    let expected = format!("Ann ({})", &user(1).to_string()[..4]);
    assert_eq!((person.id, &*person.name), (user(1), &*expected));
    assert_eq!(house.store.by_name("ann").await.unwrap().unwrap().0.id, user(2));
    let events = house.store.after(&main_room(), Seq::ZERO, 10).await.unwrap();
    let names: Vec<_> = events.iter().map(|event| &*event.by.name).collect();
    assert_eq!(names, [&*expected, "Ann"]);
}

async fn raises_the_read_mark_only(house: House) {
    let other = house.add_room("other").await;
    let (store, room) = (&house.store, &main_room());
    store.append(room, drafts(1, 10)).await.unwrap();
    assert_eq!(store.read_mark(user(1), room).await.unwrap(), Seq::ZERO);
    assert_eq!(store.mark_read(user(1), room, Seq(4)).await.unwrap(), Seq(4));
    assert_eq!(store.mark_read(user(1), room, Seq(3)).await.unwrap(), Seq(4));
    assert_eq!(store.mark_read(user(1), room, Seq(9)).await.unwrap(), Seq(9));
    assert_eq!(store.mark_read(user(1), room, Seq::MAX).await.unwrap(), Seq(10), "not above the head");
    assert_eq!(store.read_mark(user(2), room).await.unwrap(), Seq::ZERO, "another person's");
    assert_eq!(store.read_mark(user(1), &other).await.unwrap(), Seq::ZERO, "another room's");
    let nowhere = "nowhere".parse().unwrap();
    assert_eq!(store.mark_read(user(1), &nowhere, Seq(4)).await.unwrap(), Seq::ZERO);
    // What is appended before it in the same transaction counts.
    drop(store.append(room, drafts(2, 1)));
    assert_eq!(store.mark_read(user(1), room, Seq(11)).await.unwrap(), Seq(11));
    let house = house.restarted().await;
    assert_eq!(house.store.read_mark(user(1), room).await.unwrap(), Seq(11));
}

async fn keeps_settings(house: House) {
    assert_eq!(house.store.setting("house").await.unwrap(), None);
    house.store.keep_setting("house", Some("茶馆".into())).await.unwrap();
    house.store.keep_setting("other", Some(String::new())).await.unwrap();
    house.store.keep_setting("house", Some("茶室".into())).await.unwrap();
    let house = house.restarted().await;
    assert_eq!(house.store.setting("house").await.unwrap().as_deref(), Some("茶室"));
    assert_eq!(house.store.setting("other").await.unwrap().as_deref(), Some(""));
    house.store.keep_setting("house", None).await.unwrap();
    assert_eq!(house.store.setting("house").await.unwrap(), None);
}

async fn keeps_the_first_setting(house: House) {
    let (one, two) = (
        house.store.first_setting("secret", "one".into()),
        house.store.first_setting("secret", "two".into()),
    );
    let (one, two) = futures_util::future::join(one, two).await;
    let held = one.unwrap();
    assert!(["one", "two"].contains(&&*held), "{held}");
    assert_eq!(two.unwrap(), held, "both are told the same");
    let house = house.restarted().await;
    assert_eq!(house.store.first_setting("secret", "three".into()).await.unwrap(), held);
    assert_eq!(house.store.setting("secret").await.unwrap(), Some(held));
}
