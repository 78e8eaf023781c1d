//! Every address is asked as everybody, and answers as the table says: the router is made of the table's rows.

use serde_json::json;
use teahouse_protocol::Role;
use teahouse_server::api::table::{May, Row, table};

use crate::kit::{Answer, Ask, Asker, House, On, on_every_store};

on_every_store!(
    every_address_knows_who_may_ask,
    who_is_banned_asks_for_nothing,
    a_cookie_alone_changes_nothing,
    a_page_of_another_house_asks_for_nothing,
    a_closed_house_shows_nothing,
);

/// Whether the answer says that one has to be somebody, or may not.
fn refusal(answer: &Answer) -> Option<String> {
    [401, 403].contains(&answer.status).then(|| answer.code())
}

/// A request to that row that changes nothing when it is let through: it names what is not there.
fn ask(row: &Row) -> Ask {
    const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
    let path = row.path.replace("{room}", "1024").replace("{seq}", "9007199254740990");
    let path = match path.starts_with("/v1/people/") || path.starts_with("/v1/admin/people/") {
        true => path.replace("{id}", NOBODY),
        false => path.replace("{id}", "1"),
    };
    let path = path.replace("{person}", NOBODY).replace("{invite}", "nothing").replace("{file}", "nothing");
    let path = path.replace("{emoji}", "%F0%9F%91%8D");
    let path = if path.ends_with("/poll") { path + "?wait=0" } else { path };
    let is_session = ["/v1/stream", "/v1/poll", "/v1/send"].contains(&row.path);
    let hello = json!({"type": "hello", "v": 1, "cursors": {}});
    let speaks = row.path.ends_with("/messages");
    let body = match (is_session, speaks) {
        (true, _) => hello.to_string(),
        (_, true) => json!({"text": "x"}).to_string(),
        _ => "{}".to_owned(),
    };
    let ask = Ask::new(row.method, &path);
    if !row.changes() {
        return ask;
    }
    ask.with("content-type", "application/json").body(body.as_bytes())
}

/// What ends what was shown is asked last, and by nobody else.
fn ends(row: &Row) -> bool {
    row.path == "/v1/signout" || row.path.starts_with("/v1/me/signins/")
}

/// The ones who ask, from who may least on.
async fn askers(house: &House) -> Vec<(May, Asker)> {
    let owner = Asker::owner(house).await;
    let guest = Asker::guest(house, "Guest").await;
    let member = Asker::with_role(house, "Member", Role::Member).await;
    let moderator = Asker::with_role(house, "Moderator", Role::Moderator).await;
    vec![(May::Somebody, guest), (May::Somebody, member), (May::Moderator, moderator), (May::Owner, owner)]
}

async fn every_address_knows_who_may_ask(on: On) {
    let house = House::open(on).await;
    let askers = askers(&house).await;
    for row in table().iter().filter(|row| !ends(row)) {
        let (name, answer) = (format!("{} {}", row.method, row.path), ask(row).of(&house).await);
        let said = refusal(&answer);
        if row.may <= May::LetIn {
            let is_let_in = said.as_deref().is_none_or(|code| code != "bad_token");
            assert!(is_let_in, "{name} as nobody: {answer:?}");
        } else {
            assert_eq!((answer.status, said.as_deref()), (401, Some("bad_token")), "{name} as nobody");
        }
        for (asker, who) in &askers {
            let answer = who.shows(ask(row)).of(&house).await;
            let said = refusal(&answer);
            let told = format!("{name} as {}: {answer:?}", who.you.name);
            assert_ne!(said.as_deref(), Some("bad_token"), "{told}");
            if row.may > *asker {
                assert_eq!((answer.status, said.as_deref()), (403, Some("forbidden")), "{told}");
            } else if row.may >= May::Moderator {
                assert_eq!(said, None, "{told}");
            }
            assert!(answer.status < 500, "{told}");
        }
    }
}

async fn who_is_banned_asks_for_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let banned = Asker::with_role(&house, "Banned", Role::Moderator).await;
    owner.asks(&house, "POST", "/v1/admin/bans", &json!({"person": banned.id()}), 201).await;
    for row in table().iter().filter(|row| row.may >= May::LetIn && row.path != "/v1/guests") {
        let answer = banned.shows(ask(row)).of(&house).await;
        assert_eq!((answer.status, &*answer.code()), (403, "banned"), "{} {}", row.method, row.path);
    }
}

async fn a_cookie_alone_changes_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let cookie = format!("teahouse={}", owner.token);
    for row in table().iter().filter(|row| row.may >= May::Somebody && !ends(row)) {
        let name = format!("{} {}", row.method, row.path);
        let answer = ask(row).with("cookie", &cookie).of(&house).await;
        if row.changes() {
            assert_eq!((answer.status, &*answer.code()), (403, "forbidden"), "{name}");
            assert_eq!(answer.json()["field"], "x-teahouse", "{name}");
        } else {
            assert_eq!(refusal(&answer), None, "{name}: {answer:?}");
        }
        // The header that forms cannot send says that a page of ours asks.
        if row.may >= May::Moderator {
            let answer = ask(row).with("cookie", &cookie).with("x-teahouse", "1").of(&house).await;
            assert_eq!(refusal(&answer), None, "{name}: {answer:?}");
        }
    }
}

async fn a_page_of_another_house_asks_for_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    for row in table().iter().filter(|row| row.may >= May::Somebody) {
        let ask = owner.shows(ask(row)).with("origin", "https://evil.example");
        let answer = ask.of(&house).await;
        assert_eq!((answer.status, &*answer.code()), (403, "forbidden"), "{} {}", row.method, row.path);
    }
}

async fn a_closed_house_shows_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    owner.asks(&house, "PATCH", "/v1/admin/settings", &json!({"admission": "accounts"}), 200).await;
    for row in table().iter().filter(|row| row.may == May::LetIn) {
        let answer = ask(row).of(&house).await;
        let name = format!("{} {}: {answer:?}", row.method, row.path);
        let is_empty = answer.status == 200 && answer.body == "{\"rooms\":[]}";
        assert!(is_empty || [401, 403, 404].contains(&answer.status), "{name}");
    }
}

/// There is no way to an address but the table.
#[test]
fn routes_are_in_the_table_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "rs") || path.ends_with("table.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(".route("), "{} makes a route beside the table", path.display());
    }
}

/// No address is in it twice, and the admin's are for who keeps order.
#[test]
fn the_table_is_in_order() {
    let rows = table();
    for (at, row) in rows.iter().enumerate() {
        let again = rows[at + 1..].iter().any(|other| (other.method, other.path) == (row.method, row.path));
        assert!(!again, "{} {} stands there twice", row.method, row.path);
        assert_eq!(row.path.starts_with("/v1/admin/"), row.may >= May::Moderator, "{row:?}");
    }
    assert!(rows.len() > 80, "{} rows", rows.len());
}
