//! What was said is found again: in any script, by who may read it, and not when it is gone.

use serde_json::{Value as Json, json};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Kind, Role, RoomId, Seq};
use teahouse_server::clock::unix_ms;
use teahouse_server::store::{Commit, Committed, Statement, Store, Value};

use crate::kit::{Account, Ask, House, On, cid, on_every_store, within};

on_every_store!(
    what_was_said_is_found_in_any_script,
    beginnings_of_words_are_found,
    marks_say_where,
    one_finds_what_one_may_read,
    what_is_gone_is_found_no_more,
    filters_narrow,
    pages_follow_each_other,
    what_makes_no_sense_is_said,
);

const MAIN: &str = "/v1/rooms/1024/messages";

/// Somebody says it; its number.
async fn say(house: &House, who: &Account, path: &str, text: &str) -> u64 {
    let ask = Ask::new("POST", path).with("authorization", &format!("Bearer {}", who.token));
    let answer = ask.body(text.as_bytes()).of(house).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["seq"].as_u64().unwrap()
}

/// What is found once everything is in the index.
async fn find(house: &House, who: &Account, query: &[(&str, &str)]) -> Json {
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    let path = format!("/v1/search?{}", query.join("&"));
    within(async {
        loop {
            let found = who.does(house, "GET", &path, &json!({})).await;
            if found["indexing"].is_null() {
                return found;
            }
        }
    })
    .await
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The texts of what is found, newest first.
fn texts(found: &Json) -> Vec<&str> {
    found["hits"].as_array().unwrap().iter().map(|hit| hit["text"].as_str().unwrap()).collect()
}

async fn texts_of(house: &House, who: &Account, q: &str) -> Vec<String> {
    texts(&find(house, who, &[("q", q)]).await).into_iter().map(String::from).collect()
}

async fn member(house: &House, name: &str) -> Account {
    Account::new(house, name, Some(Role::Member)).await
}

async fn what_was_said_is_found_in_any_script(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    for text in [
        "我们在茶馆见面",
        "茶很好，馆子也好",
        "The Teahouse at Café René",
        "用iPhone手机拍的 v2.1",
        "お茶を飲む",
    ] {
        say(&house, &ann, MAIN, text).await;
    }
    for (q, expected) in [
        ("茶馆", &["我们在茶馆见面"][..]),
        ("茶", &["お茶を飲む", "茶很好，馆子也好", "我们在茶馆见面"]),
        ("面", &["我们在茶馆见面"]),
        ("在茶馆", &["我们在茶馆见面"]),
        ("茶 好", &["茶很好，馆子也好"]),
        ("cafe", &["The Teahouse at Café René"]),
        ("\"at cafe\"", &["The Teahouse at Café René"]),
        ("\"cafe at\"", &[]),
        ("IPHONE手机", &["用iPhone手机拍的 v2.1"]),
        ("2.1", &[]),
        ("v2.1", &["用iPhone手机拍的 v2.1"]),
        // Nobody said the word: it is tried as the beginning of one.
        ("teah", &["The Teahouse at Café René"]),
        ("飲む", &["お茶を飲む"]),
        ("茶水", &[]),
    ] {
        assert_eq!(texts_of(&house, &ann, q).await, expected, "{q}");
    }
}

async fn beginnings_of_words_are_found(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    for text in ["green tea", "teapots and v2.teahouse", "a teaspoon of green"] {
        say(&house, &ann, MAIN, text).await;
    }
    // More words than are asked for one by one.
    let many: Vec<String> = (100..200).map(|number| format!("many{number}")).collect();
    for words in many.chunks(50) {
        say(&house, &ann, MAIN, &words.join(" ")).await;
    }
    for (q, expected) in [
        ("tea*", &["a teaspoon of green", "teapots and v2.teahouse", "green tea"][..]),
        ("teap*", &["teapots and v2.teahouse"]),
        ("v2.tea*", &["teapots and v2.teahouse"]),
        ("v2.teap*", &[]),
        ("tea* green", &["a teaspoon of green", "green tea"]),
        ("zen*", &[]),
        // Without a hit for the word itself.
        ("teahou", &["teapots and v2.teahouse"]),
        ("and tea", &["teapots and v2.teahouse"]),
        ("and teaspoon", &[]),
        ("te* and gree", &[]),
    ] {
        assert_eq!(texts_of(&house, &ann, q).await, expected, "{q}");
    }
    for (q, expected) in [("many*", 2), ("many", 2), ("many1*", 2), ("many17", 1), ("tea* many*", 0)] {
        assert_eq!(texts_of(&house, &ann, q).await.len(), expected, "{q}");
    }
}

async fn marks_say_where(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    let seq = say(&house, &ann, MAIN, "🍵 **茶馆**见，||茶馆||").await;
    let found = find(&house, &ann, &[("q", "茶馆")]).await;
    let hit = &found["hits"][0];
    assert_eq!((&hit["room"], &hit["seq"]), (&json!("1024"), &json!(seq)));
    // Without marks, hidden parts covered; places in UTF-16 units.
    assert_eq!((&hit["text"], &hit["marks"]), (&json!("🍵 茶馆见，▒▒▒"), &json!([[3, 5]])));
    assert_eq!(hit["message"]["body"]["text"], json!("🍵 **茶馆**见，||茶馆||"));
    assert_eq!(found["rooms"]["1024"]["name"], json!("1024 聊天室 · 1024 Chat Room"));
}

async fn one_finds_what_one_may_read(on: On) {
    let house = House::open(on).await;
    let (ann, bo) = (member(&house, "Ann").await, member(&house, "Bo").await);
    let cy = Account::new(&house, "Cy", None).await;
    let policy = json!({"read": "joined", "history": false});
    let made = ann.does(&house, "POST", "/v1/rooms", &json!({"name": "密室", "policy": policy})).await;
    let path = format!("/v1/rooms/{}/messages", made["id"].as_str().unwrap());
    say(&house, &ann, &path, "secret before").await;
    say(&house, &ann, MAIN, "secret of all").await;
    assert_eq!(texts_of(&house, &bo, "secret").await, ["secret of all"]);
    let add = format!("/v1/rooms/{}/people/{}", made["id"].as_str().unwrap(), bo.id);
    ann.does(&house, "PUT", &add, &json!({})).await;
    say(&house, &ann, &path, "secret after").await;
    assert_eq!(texts_of(&house, &bo, "secret").await, ["secret after", "secret of all"]);
    assert_eq!(texts_of(&house, &ann, "secret").await.len(), 3);
    assert_eq!(texts_of(&house, &cy, "secret").await, ["secret of all"]);
    // Whom one does not want to see is not found, either.
    bo.does(&house, "PUT", &format!("/v1/me/hidden/{}", ann.id), &json!({})).await;
    assert!(texts_of(&house, &bo, "secret").await.is_empty());
    // Nor is a room that one was sent out of.
    ann.does(&house, "DELETE", &add, &json!({})).await;
    bo.does(&house, "DELETE", &format!("/v1/me/hidden/{}", ann.id), &json!({})).await;
    assert_eq!(texts_of(&house, &bo, "secret").await, ["secret of all"]);
    assert_eq!(Ask::get("/v1/search?q=secret").of(&house).await.status, 401);
}

/// Somebody says something else instead.
async fn edit(house: &House, who: &Account, seq: u64, text: &str) {
    let body = Body { target: Some(Seq(seq)), ..Body::default() };
    let edit = Draft { cid: cid(7, seq), kind: Kind::Edit, by: who.id, at: unix_ms(), body };
    let change = Statement::new(
        "UPDATE event SET text = $1, rev = $2 WHERE seq = $3 AND room = (SELECT key FROM room WHERE id = '1024')",
    );
    let change = change.with(text).with(Value::Seq(0)).with(seq).must().after_append();
    let commit = Commit::new().append(&RoomId::main(), edit).then(change);
    assert!(matches!(house.node.commit(commit).await.unwrap(), Committed::Done { .. }));
}

/// How many messages the index has.
async fn indexed(house: &House) -> i64 {
    let rows = house.store.query(Statement::new("SELECT count(*) FROM search")).await.unwrap();
    rows[0].int(0).unwrap()
}

async fn what_is_gone_is_found_no_more(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    let (first, second) =
        (say(&house, &ann, MAIN, "zebrafinch one").await, say(&house, &ann, MAIN, "zebrafinch two").await);
    assert_eq!(texts_of(&house, &ann, "zebrafinch").await.len(), 2);
    edit(&house, &ann, first, "a heron").await;
    assert_eq!(texts_of(&house, &ann, "heron").await, ["a heron"]);
    assert_eq!(texts_of(&house, &ann, "zebrafinch").await, ["zebrafinch two"]);
    ann.does(&house, "DELETE", &format!("{MAIN}/{second}"), &json!({})).await;
    // In the same transaction, before any follower looks.
    assert_eq!(indexed(&house).await, 1);
    assert!(texts_of(&house, &ann, "zebrafinch").await.is_empty());
    assert_eq!(texts_of(&house, &ann, "heron").await, ["a heron"]);
    // Nothing of it is left in the files after a restart, which a deletion does not wait for.
    let house = house.restarted().await;
    for file in house.ground().files() {
        let zebra = file.windows(10).any(|bytes| bytes == b"zebrafinch");
        assert!(!zebra, "a deleted word is in the files");
    }
}

async fn filters_narrow(on: On) {
    let house = House::open(on).await;
    let (ann, bo) = (member(&house, "Ann").await, member(&house, "Bo").await);
    ann.does(&house, "POST", "/v1/rooms", &json!({"name": "花园", "slug": "garden"})).await;
    let garden = "/v1/rooms/garden/messages";
    say(&house, &ann, MAIN, "tea with `code`").await;
    say(&house, &bo, MAIN, "tea at https://a.example").await;
    say(&house, &ann, garden, "green tea").await;
    let id = find(&house, &ann, &[("q", "green")]).await["hits"][0]["room"].as_str().unwrap().to_owned();
    let by = ann.id.to_string();
    for (query, expected) in [
        (&[("q", "tea")][..], &["green tea", "tea at https://a.example", "tea with code"][..]),
        (&[("q", "tea"), ("from", &by)], &["green tea", "tea with code"]),
        (&[("q", "tea"), ("in", &id)], &["green tea"]),
        (&[("q", "tea"), ("in", &id), ("from", &bo.id.to_string())], &[]),
        (&[("q", "tea"), ("has", "link")], &["tea at https://a.example"]),
        (&[("has", "code")], &["tea with code"]),
        (&[("q", "tea"), ("has", "link,code")], &[]),
        (&[("from", &by), ("in", "1024")], &["tea with code"]),
        (&[("q", "tea"), ("before", "1000")], &[]),
        (&[("q", "tea"), ("after", "9999999999999")], &[]),
        (&[("q", "tea"), ("after", "1000"), ("before", "9999999999999"), ("limit", "1")], &["green tea"]),
        (&[("q", "tea"), ("in", "nowhere")], &[]),
    ] {
        assert_eq!(texts(&find(&house, &ann, query).await), expected, "{query:?}");
    }
}

async fn pages_follow_each_other(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    house.seed(&RoomId::main(), 400, |n| format!("茶 number{n}")).await;
    // Nobody told the follower: it finds them by itself.
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("q", "茶"), ("limit", "50")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let found = find(&house, &ann, &query).await;
        seen.extend(found["hits"].as_array().unwrap().iter().map(|hit| hit["seq"].as_u64().unwrap()));
        cursor = found["more"].as_str().map(String::from);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=400).rev().collect::<Vec<_>>());
    // The same for words that are found as beginnings only.
    let first = find(&house, &ann, &[("q", "numb"), ("limit", "30")]).await;
    let cursor = first["more"].as_str().unwrap();
    let second = find(&house, &ann, &[("q", "numb"), ("limit", "30"), ("cursor", cursor)]).await;
    assert_eq!((texts(&first)[29], texts(&second)[0]), ("茶 number371", "茶 number370"));
}

async fn what_makes_no_sense_is_said(on: On) {
    let house = House::open(on).await;
    let ann = member(&house, "Ann").await;
    let long = format!("/v1/search?q={}", "a".repeat(257));
    for path in [
        "/v1/search",
        "/v1/search?q=",
        "/v1/search?q=%20%2C",
        "/v1/search?q=a&from=ann",
        "/v1/search?q=a&in=A%20B",
        "/v1/search?q=a&has=tea",
        "/v1/search?q=a&cursor=x",
        "/v1/search?q=a&before=yesterday",
        &long,
    ] {
        assert_eq!(ann.is_refused(&house, "GET", path, &json!({})).await, "bad_field", "{path}");
    }
    // Signs that mean something to an index mean nothing here.
    for q in ["\" OR 1", "a AND", "'x", "a:b", "-a", "(", "a*b", "NEAR(a b)", "!a | b & c", "a\\"] {
        find(&house, &ann, &[("q", q), ("has", "code")]).await;
    }
}
