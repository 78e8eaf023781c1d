//! Who has to stay out of the house is out at once, on every transport and node, and does not come back.

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};
use teahouse_protocol::{ErrorCode, Push, Role};
use teahouse_server::config::Given;
use teahouse_server::session::{Connection, Transport};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

use crate::kit::{
    Ask, Asker, Client, Guest, House, On, Over, Plain, Road, on_every_store, open, until, within,
};

on_every_store!(
    who_is_banned_is_out_on_every_transport_and_node,
    a_range_is_out_and_nobody_else,
    a_ban_ends_by_itself,
    who_may_ban_whom,
    what_was_done_is_in_the_audit_log,
);

fn road(on: On) -> Road {
    if on == On::Postgres { Road::nats() } else { Road::Local(teahouse_server::bus::Local::default()) }
}

/// Waits for the end of a connection: an error `banned`, then the close.
async fn sent_out(guest: &mut Guest) {
    let mut said = false;
    loop {
        match guest.frame().await.0 {
            Push::Error(error) => {
                assert_eq!(error.code, ErrorCode::Banned, "{error:?}");
                assert!(error.message.contains("spam"), "{error:?}");
                said = true;
            }
            Push::Close { code, .. } => {
                assert_eq!((code, said), (4_403, true));
                return;
            }
            _ => {}
        }
    }
}

async fn who_is_banned_is_out_on_every_transport_and_node(on: On) {
    let nodes: [House; 2] = House::open_nodes(on, road(on)).await;
    let owner = Asker::owner(&nodes[0]).await;
    let mut bo = Client::enter(&nodes[0], "Bo").await;
    let first = Guest::enter(&nodes[1], Over::WebSocket, "Spammer").await;
    let id = first.me().you.id;
    let mut all = vec![];
    for (at, over) in [Over::Ndjson, Over::Events].into_iter().enumerate() {
        all.push(first.elsewhere(&nodes[at % 2], over, json!({"1024": "head"})).await);
    }
    let token = first.token().to_owned();
    all.push(first);
    let hello = json!({"type": "hello", "v": 1, "token": token, "cursors": {"1024": "head"}}).to_string();
    // Who waits for the end of a poll.
    let polls = all[0].elsewhere(&nodes[1], Over::LongPoll, json!({"1024": "head"})).await.hello(true);
    let polls = Ask::new("POST", "/v1/poll?wait=25").body(polls.to_string().as_bytes());
    let polls = tokio::spawn(polls.of_owned(&nodes[1]));
    let waits = |one: &Arc<Connection>| {
        one.transport == Transport::LongPoll && one.rooms() > 0 && one.is_live() && one.brief
    };
    until(|| nodes[1].node.clock.connections().iter().any(waits)).await;
    let body = json!({"person": id, "minutes": 60, "reason": "spam"});
    let listed = owner.asks(&nodes[0], "POST", "/v1/admin/bans", &body, 201).await;
    for guest in &mut all {
        sent_out(guest).await;
    }
    let polled = polls.await.unwrap().body;
    let last: Vec<_> = polled.lines().rev().take(2).map(|line| Push::decode(line).unwrap()).collect();
    assert!(
        matches!(&last[..], [Push::Close { code: 4_403, .. }, Push::Error(error)] if error.code == ErrorCode::Banned),
        "{polled}"
    );
    let asker = Asker { token: token.clone(), you: bo.me().you.clone() };
    for house in &nodes {
        let refused = asker.asks(house, "GET", "/v1/rooms/1024/messages", &Value::Null, 403).await;
        assert_eq!(refused["code"], "banned");
        assert!(refused["retry_ms"].as_u64().is_some_and(|ms| ms <= 3_600_000), "{refused}");
        for path in ["/v1/stream", "/v1/poll?wait=0", "/v1/send"] {
            let answer = Ask::new("POST", path).body(hello.as_bytes()).of(house).await;
            assert_eq!((answer.status, &*answer.code()), (403, "banned"), "{path}");
        }
        let mut back = Client::connect(house).await;
        back.say(&serde_json::from_str(&hello).unwrap()).await;
        let (code, heard) = back.closed().await;
        assert_eq!((code, heard.errors[0].code), (4_403, ErrorCode::Banned));
    }
    bo.quiet().await;
    // Lifted at one node, they come back to the other.
    let ban = listed["bans"][0]["id"].as_str().unwrap();
    let none = owner.asks(&nodes[1], "DELETE", &format!("/v1/admin/bans/{ban}"), &Value::Null, 200).await;
    assert_eq!(none, json!({"bans": []}));
    let mut back = Client::connect(&nodes[1]).await;
    back.come_in(&serde_json::from_str(&hello).unwrap()).await;
}

async fn a_range_is_out_and_nobody_else(on: On) {
    let given = Given { trust_forwarded: Some(true), ..Given::default() };
    let house = House::open_with(on, given).await;
    let owner = Asker::owner(&house).await;
    let mut plain = Plain::enter(&house).await;
    let from = |ask: Ask, address: &str| ask.with("x-forwarded-for", address);
    // Everybody in these tests is at 127.0.0.1; a proxy says where they are else.
    let own = json!({"range": "127.0.0.0/8"});
    let refused = owner.asks(&house, "POST", "/v1/admin/bans", &own, 403).await;
    assert_eq!((&refused["code"], &refused["field"]), (&json!("forbidden"), &json!("range")));
    owner
        .asks(&house, "POST", "/v1/admin/bans", &json!({"range": "192.0.2.0/24", "reason": "spam"}), 201)
        .await;
    for path in ["/v1/ws", "/chat", "/echo"] {
        let answer = from(Ask::upgrade(path), "192.0.2.9").of(&house).await;
        assert_eq!((answer.status, &*answer.code()), (403, "banned"), "{path}");
        assert_eq!(from(Ask::upgrade(path), "192.0.3.9").of(&house).await.status, 101, "{path}");
    }
    for path in ["/v1/house", "/v1/rooms/1024", "/v1/rooms/1024/stream", "/v1/rooms/1024/messages"] {
        let answer = from(Ask::get(path), "192.0.2.9").of(&house).await;
        assert_eq!((answer.status, &*answer.code()), (403, "banned"), "{path}");
    }
    let guest = || Ask::post("/v1/guests", &json!({}));
    assert_eq!(from(guest(), "192.0.2.9").of(&house).await.code(), "banned");
    assert_eq!(from(guest(), "192.0.3.9").of(&house).await.status, 201);
    // The page that says it is shown, and the server is still alive for whoever watches it.
    for path in ["/", "/healthz"] {
        assert_eq!(from(Ask::get(path), "192.0.2.9").of(&house).await.status, 200, "{path}");
    }
    // From another place the owner sends out everybody who is here.
    let all = json!({"range": "127.0.0.1", "reason": "spam"});
    let mut echo = open(TcpSocket::new_v4().unwrap(), house.address, "/echo", &[]).await.unwrap();
    let ask = owner.shows(from(Ask::post("/v1/admin/bans", &all), "198.51.100.1")).of(&house).await;
    assert_eq!(ask.status, 201, "{ask:?}");
    assert!(plain.hear().await.contains("spam"));
    assert_eq!(plain.closed().await, 4_403);
    match within(echo.next()).await {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 4_403),
        other => panic!("a close, not {other:?}"),
    }
}

async fn a_ban_ends_by_itself(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let guest = Asker::guest(&house, "Spammer").await;
    owner.asks(&house, "POST", "/v1/admin/bans", &json!({"person": guest.id(), "minutes": 1}), 201).await;
    guest.asks(&house, "GET", "/v1/rooms/1024/messages", &Value::Null, 403).await;
    // Its end comes nearer than a test may wait.
    use teahouse_server::store::{Commit, Statement, Store};
    let ended = Statement::new("UPDATE sanction SET until = 1 WHERE person = $1").with(guest.id()).must();
    house.store.commit(Commit::new().then(ended)).await.unwrap();
    let house = house.restarted().await;
    guest.gets(&house, "/v1/rooms/1024/messages").await;
    assert_eq!(owner.gets(&house, "/v1/admin/bans").await, json!({"bans": []}));
}

async fn who_may_ban_whom(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let moderator = Asker::with_role(&house, "Moderator", Role::Moderator).await;
    let other = Asker::with_role(&house, "Other", Role::Moderator).await;
    let member = Asker::with_role(&house, "Member", Role::Member).await;
    let guest = Asker::guest(&house, "Guest").await;
    for (by, whom, status) in [
        (&owner, &owner, 403),
        (&moderator, &owner, 403),
        (&moderator, &moderator, 403),
        (&moderator, &other, 403),
        (&member, &guest, 403),
        (&guest, &member, 403),
        (&moderator, &member, 201),
        (&moderator, &guest, 201),
        (&owner, &other, 201),
    ] {
        let body = json!({"person": whom.id()});
        by.asks(&house, "POST", "/v1/admin/bans", &body, status).await;
    }
    member.asks(&house, "GET", "/v1/rooms/1024/messages", &Value::Null, 403).await;
    let wrong = [
        (json!({}), "person"),
        (json!({"person": guest.id(), "minutes": 0}), "minutes"),
        (json!({"person": guest.id(), "minutes": 10_000_000}), "minutes"),
        (json!({"range": "192.0.2.0/33"}), "range"),
        (json!({"range": "192.0.2.1", "reason": "x".repeat(501)}), "reason"),
    ];
    for (body, field) in wrong {
        let refused = owner.asks(&house, "POST", "/v1/admin/bans", &body, 400).await;
        assert_eq!(refused["field"], field, "{refused}");
    }
    let nobody = json!({"person": teahouse_protocol::UserId::from_bytes([7; 16])});
    owner.asks(&house, "POST", "/v1/admin/bans", &nobody, 404).await;
    owner.asks(&house, "DELETE", "/v1/admin/bans/12", &Value::Null, 404).await;
    member_of_nothing(&house, &owner).await;
}

/// Nobody without a role learns who was banned.
async fn member_of_nothing(house: &House, owner: &Asker) {
    assert_eq!(Ask::get("/v1/admin/bans").of(house).await.status, 401);
    let guest = Asker::guest(house, "Curious").await;
    guest.asks(house, "GET", "/v1/admin/bans", &Value::Null, 403).await;
    assert_eq!(owner.gets(house, "/v1/admin/bans").await["bans"].as_array().unwrap().len(), 3);
}

async fn what_was_done_is_in_the_audit_log(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let guest = Asker::guest(&house, "Spammer").await;
    let body = json!({"person": guest.id(), "reason": "spam"});
    let bans = owner.asks(&house, "POST", "/v1/admin/bans", &body, 201).await;
    let ban = &bans["bans"][0];
    assert_eq!((&ban["by"]["name"], &ban["person"]["name"]), (&json!("Owner"), &json!("Spammer")));
    assert_eq!((&ban["until"], &ban["reason"]), (&Value::Null, &json!("spam")));
    // The same person again: one ban holds.
    let again = json!({"person": guest.id(), "minutes": 5});
    let bans = owner.asks(&house, "POST", "/v1/admin/bans", &again, 201).await;
    assert_eq!(bans["bans"].as_array().unwrap().len(), 1);
    let path = format!("/v1/admin/bans/{}", bans["bans"][0]["id"].as_str().unwrap());
    owner.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    let log = owner.gets(&house, "/v1/admin/audit?limit=2").await;
    let lines = log["lines"].as_array().unwrap();
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!((actions, &log["more"]), (vec!["unban", "ban"], &json!(true)));
    assert_eq!(lines[0]["person"]["name"], "Spammer");
    let before = lines[1]["id"].as_str().unwrap();
    let rest = owner.gets(&house, &format!("/v1/admin/audit?before={before}")).await;
    assert_eq!((rest["lines"].as_array().unwrap().len(), &rest["more"]), (1, &json!(false)));
    assert_eq!(rest["lines"][0]["detail"], "reason: spam");
}
