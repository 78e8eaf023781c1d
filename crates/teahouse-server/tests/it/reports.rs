//! What moderators are asked to look at, and what becomes of it.

use serde_json::{Value, json};
use teahouse_protocol::{Kind, Role, RoomId};
use teahouse_server::store::{Commit, Store, rooms};

use crate::kit::{Asker, Client, House, On, on_every_store};

on_every_store!(
    a_report_is_decided,
    a_decision_shortens_nothing,
    a_report_has_the_message_of_a_private_room,
    who_may_report_what,
    guests_report_only_so_much,
);

/// The token of a client, as of somebody who asks.
fn asker(client: &Client) -> Asker {
    Asker { token: client.me().token.clone().unwrap(), you: client.me().you.clone() }
}

async fn a_report_is_decided(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Client::enter(&house, "Ada").await;
    for n in 1..=5 {
        bo.post(n, &format!("text {n}")).await;
    }
    ada.hear(5, 0, 0).await;
    let reporter = asker(&ada);
    for seq in [2, 3, 4, 5] {
        let path = format!("/v1/rooms/1024/messages/{seq}/report");
        for _ in 0..2 {
            let told = reporter.asks(&house, "POST", &path, &json!({"reason": "rude"}), 200).await;
            assert_eq!(told, json!({}));
        }
    }
    let open = owner.gets(&house, "/v1/admin/reports").await["reports"].as_array().unwrap().clone();
    assert_eq!(open.len(), 4, "once per person and message: {open:?}");
    let first = &open[0];
    assert_eq!((&first["room"], &first["seq"]), (&json!("1024"), &json!(2)));
    assert_eq!((&first["message"]["body"]["text"], &first["reason"]), (&json!("text 2"), &json!("rude")));
    assert_eq!((&first["message"]["by"]["name"], &first["by"]["name"]), (&json!("Bo"), &json!("Ada")));
    let around: Vec<_> =
        first["around"].as_array().unwrap().iter().map(|one| one["seq"].as_u64().unwrap()).collect();
    assert_eq!(around, [1, 3, 4, 5]);
    let path = |at: usize| format!("/v1/admin/reports/{}", open[at]["id"].as_str().unwrap());
    let decide = async |at: usize, decision: &str, status: u16| {
        owner.asks(&house, "POST", &path(at), &json!({"decision": decision}), status).await
    };
    let decided = decide(0, "dismiss", 200).await;
    assert_eq!(
        (&decided["decided"]["decision"], &decided["decided"]["by"]["name"]),
        (&json!("dismiss"), &json!("Owner"))
    );
    decide(0, "delete", 403).await;
    decide(1, "delete", 200).await;
    let event = ada.hear(1, 0, 0).await.events.remove(0);
    assert_eq!((event.kind, event.body.target.map(|seq| seq.0)), (Kind::Delete, Some(3)));
    assert_eq!(house.log(&RoomId::main()).await[2].body.text, "");
    decide(2, "mute", 200).await;
    let refused = asker(&bo).shows(crate::kit::Ask::new("POST", "/v1/rooms/1024/messages"));
    assert_eq!(refused.body(b"more").of(&house).await.code(), "muted");
    decide(3, "ban", 200).await;
    asker(&bo).asks(&house, "GET", "/v1/rooms/1024/messages", &Value::Null, 403).await;
    assert_eq!(owner.gets(&house, "/v1/admin/reports").await, json!({"reports": []}));
    let all = owner.gets(&house, "/v1/admin/reports?all").await["reports"].as_array().unwrap().clone();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|report| report["decided"]["by"]["name"] == "Owner"), "{all:?}");
}

async fn a_decision_shortens_nothing(on: On) {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let moderator = Asker::with_role(&house, "Mo", Role::Moderator).await;
    // What they wrote is reported.
    let writes = async |name: &str| {
        let guest = Asker::guest(&house, name).await;
        let said = guest.asks(&house, "POST", "/v1/rooms/1024/messages", &json!({"text": name}), 201).await;
        let path = format!("/v1/rooms/1024/messages/{}/report", said["seq"]);
        owner.asks(&house, "POST", &path, &json!({"reason": "spam"}), 200).await;
        guest
    };
    let decide = async |about: &Asker, decision: &str, status: u16| {
        let open = owner.gets(&house, "/v1/admin/reports").await["reports"].as_array().unwrap().clone();
        let is_theirs = |report: &&Value| report["message"]["by"]["name"] == *about.you.name;
        let report = open.iter().find(is_theirs).unwrap();
        let path = format!("/v1/admin/reports/{}", report["id"].as_str().unwrap());
        moderator.asks(&house, "POST", &path, &json!({"decision": decision}), status).await
    };
    let until = async |path: &str, list: &str, about: &Asker| {
        let told = owner.gets(&house, path).await;
        let all = told[list].as_array().unwrap();
        let is_theirs = |held: &&Value| held["person"]["name"] == *about.you.name;
        let theirs: Vec<_> = all.iter().filter(is_theirs).collect();
        assert_eq!(theirs.len(), 1, "{told}");
        theirs[0]["until"].as_u64()
    };
    let now = teahouse_server::clock::unix_ms();

    let (bo, cy) = (writes("Bo").await, writes("Cy").await);
    owner.asks(&house, "POST", "/v1/admin/bans", &json!({"person": bo.id()}), 201).await;
    owner.asks(&house, "POST", "/v1/admin/bans", &json!({"person": cy.id(), "minutes": 10}), 201).await;
    assert_eq!(decide(&bo, "ban", 200).await["decided"]["decision"], "ban");
    assert_eq!(until("/v1/admin/bans", "bans", &bo).await, None, "for ever as before");
    decide(&cy, "ban", 200).await;
    assert!(until("/v1/admin/bans", "bans", &cy).await.unwrap() > now + 6 * DAY_MS, "a longer one holds");

    let (dee, eve, fay) = (writes("Dee").await, writes("Eve").await, writes("Fay").await);
    let mute = |whom: &Asker| format!("/v1/rooms/1024/mutes/{}", whom.id());
    owner.asks(&house, "PUT", &mute(&dee), &json!({}), 200).await;
    assert_eq!(decide(&dee, "mute", 200).await["decided"]["decision"], "mute");
    assert_eq!(until("/v1/rooms/1024/people", "mutes", &dee).await, None, "for ever as before");
    // What somebody higher has decided is not theirs to change, until it has ended.
    owner.asks(&house, "PUT", &mute(&eve), &json!({"minutes": 10}), 200).await;
    decide(&eve, "mute", 403).await;
    assert!(until("/v1/rooms/1024/people", "mutes", &eve).await.unwrap() < now + DAY_MS / 2);
    let ended = rooms::sanction(&RoomId::main(), fay.id(), "mute", Some(now), "", owner.id(), 1);
    house.store.commit(Commit::new().then(ended)).await.unwrap();
    decide(&fay, "mute", 200).await;
    assert!(until("/v1/rooms/1024/people", "mutes", &fay).await.unwrap() > now + DAY_MS / 2);
}

async fn a_report_has_the_message_of_a_private_room(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let ada = Asker::with_role(&house, "Ada", Role::Member).await;
    let bo = Asker::with_role(&house, "Bo", Role::Member).await;
    let direct = ada.asks(&house, "POST", "/v1/rooms", &json!({"direct": [bo.id()]}), 201).await;
    let room = direct["id"].as_str().unwrap();
    let messages = format!("/v1/rooms/{room}/messages");
    owner.asks(&house, "GET", &messages, &Value::Null, 404).await;
    let said = bo.shows(crate::kit::Ask::new("POST", &messages)).body(b"between us").of(&house).await;
    let seq = said.json()["seq"].as_u64().unwrap();
    let path = format!("{messages}/{seq}/report");
    ada.asks(&house, "POST", &path, &json!({"reason": "threat"}), 200).await;
    let open = owner.gets(&house, "/v1/admin/reports").await;
    let report = &open["reports"][0];
    assert_eq!((&report["message"]["body"]["text"], &report["around"]), (&json!("between us"), &json!([])));
    let path = format!("/v1/admin/reports/{}", report["id"].as_str().unwrap());
    owner.asks(&house, "POST", &path, &json!({"decision": "delete"}), 200).await;
    let left = ada.gets(&house, &messages).await;
    let is_there = left["messages"].as_array().unwrap().iter().any(|one| one["body"]["text"] == "between us");
    assert!(!is_there, "{left}");
}

async fn who_may_report_what(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let guest = Asker::guest(&house, "Guest").await;
    let said =
        guest.shows(crate::kit::Ask::new("POST", "/v1/rooms/1024/messages")).body(b"hello").of(&house).await;
    let seq = said.json()["seq"].as_u64().unwrap();
    let report = |seq: u64| format!("/v1/rooms/1024/messages/{seq}/report");
    let reason = json!({"reason": ""});
    assert_eq!(crate::kit::Ask::post(&report(seq), &reason).of(&house).await.status, 401);
    owner.asks(&house, "POST", &report(seq + 1), &reason, 404).await;
    owner.asks(&house, "POST", "/v1/rooms/nowhere/messages/1/report", &reason, 404).await;
    owner.asks(&house, "POST", &report(seq), &json!({"reason": "x".repeat(501)}), 400).await;
    owner.asks(&house, "POST", &report(seq), &reason, 200).await;
    guest.asks(&house, "GET", "/v1/admin/reports", &Value::Null, 403).await;
    guest.asks(&house, "POST", "/v1/admin/reports/1", &json!({"decision": "dismiss"}), 403).await;
    owner.asks(&house, "POST", "/v1/admin/reports/1", &json!({"decision": "dismiss"}), 404).await;
}

async fn guests_report_only_so_much(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 10, |n| n.to_string()).await;
    let guest = Asker::guest(&house, "Guest").await;
    let other = Asker::guest(&house, "Other").await;
    for seq in 1..=6 {
        let path = format!("/v1/rooms/1024/messages/{seq}/report");
        let status = if seq <= 5 { 200 } else { 429 };
        guest.asks(&house, "POST", &path, &json!({"reason": "all"}), status).await;
    }
    other.asks(&house, "POST", "/v1/rooms/1024/messages/1/report", &json!({"reason": "spam"}), 200).await;
}
