//! What people tell of themselves: a line, the time where they are, and that they stepped away.

use serde_json::{Value, json};
use teahouse_server::store::{Statement, Store};

use super::{Page, check, told, told_anew};
use crate::kit::{Client, House, On, on_every_store};

on_every_store!(one_tells_of_oneself, who_steps_away_is_seen_away);

async fn one_tells_of_oneself(on: On) {
    let house = House::open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let bo = Page::guest(&house, "Bo").await;
    let card = format!("/v1/people/{}", ada.you["id"].as_str().unwrap());
    let told = async || {
        let (card, me) = (bo.get(&card).await, ada.get("/v1/me").await);
        assert_eq!((&card["line"], &card["zone"]), (&me["line"], &me["zone"]));
        (card["line"].clone(), card["zone"].clone())
    };
    assert_eq!(told().await, (Value::Null, Value::Null));
    ada.says("PATCH", "/v1/me", json!({"line": " 喝茶 ☕ ", "zone": "Asia/Shanghai"})).await;
    assert_eq!(told().await, (json!("喝茶 ☕"), json!("Asia/Shanghai")));
    let taken = ada.get("/v1/me/export").await;
    assert_eq!(taken["profile"], json!({"line": "喝茶 ☕", "zone": "Asia/Shanghai"}));
    // What is wrong changes nothing, also not what is good beside it.
    for (wrong, field) in [
        (json!({"name": "Countess", "line": "茶".repeat(81)}), "line"),
        (json!({"name": "Countess", "zone": "Mars/Olympus"}), "zone"),
    ] {
        check(&ada.asks("PATCH", "/v1/me", wrong).await, 400, "bad_field", Some(field));
    }
    let you = ada.says("PATCH", "/v1/me", json!({"name": "Countess", "line": ""})).await["you"].clone();
    assert_eq!((&you["name"], told().await), (&json!("Countess"), (Value::Null, json!("Asia/Shanghai"))));
    assert_eq!(ada.says("DELETE", "/v1/me", json!({"name": "Countess"})).await, json!({}));
    check(&bo.request("GET", &card).of(&house).await, 404, "not_found", None);
    let tells = "SELECT count(*) FROM person WHERE line IS NOT NULL OR zone IS NOT NULL";
    let left = house.store.query(Statement::new(tells)).await.unwrap()[0].count(0).unwrap();
    assert_eq!(left, 0, "nothing of who is forgotten stays");
}

async fn who_steps_away_is_seen_away(on: On) {
    let house = House::open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let mut socket = ada.enters().await;
    let bo = Page::guest(&house, "Bo").await;
    let mut other = bo.enters().await;
    ada.says("PATCH", "/v1/me", json!({"away": true})).await;
    assert_eq!(told_anew(&mut socket).await["away"], true);
    until_seen(&mut other, &ada, true).await;
    // It is no property of what they write, and stays when they come in by another connection.
    socket.post(1, "from afar").await;
    let said = other.event().await;
    assert_eq!((json!(said.by.id), said.by.away), (ada.you["id"].clone(), false));
    let mut second = ada.enters().await;
    assert!(second.me().you.away);
    ada.says("PATCH", "/v1/me", json!({"away": false})).await;
    assert_eq!(told_anew(&mut second).await["away"], Value::Null);
    until_seen(&mut other, &ada, false).await;
}

/// Reads on until it is told that they are here like that.
async fn until_seen(other: &mut Client, who: &Page<'_>, away: bool) {
    let is_told =
        |person: &teahouse_protocol::Person| json!(person.id) == who.you["id"] && person.away == away;
    while !told(other).await.came.iter().any(is_told) {}
}
