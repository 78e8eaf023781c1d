//! The house as a whole: its settings, what it does now, its rooms and invites.

use serde_json::{Value, json};
use teahouse_protocol::Role;

use crate::kit::{Ask, Asker, Client, House, On, Over, Road, on_every_store};

on_every_store!(
    settings_hold_on_every_node_at_once,
    every_problem_of_settings_is_said,
    what_the_house_does_now_is_told,
    rooms_and_invites_are_listed,
);

fn road(on: On) -> Road {
    if on == On::Postgres { Road::nats() } else { Road::Local(teahouse_server::bus::Local::default()) }
}

async fn settings_hold_on_every_node_at_once(on: On) {
    let nodes: [House; 2] = House::open_nodes(on, road(on)).await;
    let owner = Asker::owner(&nodes[0]).await;
    let mut looker = crate::kit::Http::connect(&nodes[1]).await;
    let (_, lines, accept) = Over::Ndjson.request();
    let head = looker.ask("GET", "/v1/rooms/1024/stream", &[("accept", accept)], b"").await;
    assert_eq!(head.status, 200);
    let change = json!({
        "name": "Garden", "admission": "accounts", "question": {"ask": "Tea?", "answer": "Yes"},
        "work_bits": 4, "rooms_by": "moderators", "files": {"file_mib_max": 5},
    });
    let told = owner.asks(&nodes[0], "PATCH", "/v1/admin/settings", &change, 200).await;
    // Who looked on without a name is out, on the other node.
    let mut last = None;
    while let Some(line) = looker.frame(lines).await {
        last = Some(line);
    }
    assert!(last.is_some_and(|line| line.contains("4403")), "the stream ended with a word");
    for setting in told["settings"].as_array().unwrap() {
        let key = setting["key"].as_str().unwrap();
        assert_eq!((&setting["value"], &setting["source"]), (&change[key], &json!("stored")), "{key}");
    }
    let door = Ask::get("/v1/house").of(&nodes[1]).await.json();
    assert_eq!(
        (&door["name"], &door["admission"], &door["question"]),
        (&json!("Garden"), &json!("accounts"), &json!("Tea?"))
    );
    assert_eq!(Ask::post("/v1/guests", &json!({})).of(&nodes[1]).await.status, 403);
    // Without a question again.
    let told = owner.asks(&nodes[1], "PATCH", "/v1/admin/settings", &json!({"question": null}), 200).await;
    let question = told["settings"].as_array().unwrap().iter().find(|one| one["key"] == "question").unwrap();
    assert_eq!((&question["value"], &question["source"]), (&Value::Null, &json!("default")));
    let line = &owner.gets(&nodes[0], "/v1/admin/audit").await["lines"][1];
    assert_eq!(line["action"], "settings");
    assert!(!line["detail"].as_str().unwrap().contains("Yes"), "the answer is no one's to read: {line}");
}

async fn every_problem_of_settings_is_said(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let wrong = json!({
        "name": "", "admission": "closed", "question": {"ask": "?"}, "work_bits": 99, "rooms_by": 1, "colour": 1,
    });
    let refused = owner.asks(&house, "PATCH", "/v1/admin/settings", &wrong, 400).await;
    let said = refused["message"].as_str().unwrap();
    for field in ["name:", "admission:", "question:", "work_bits:", "rooms_by:", "colour:"] {
        assert!(said.contains(field), "{field} {said}");
    }
    let half = json!({"name": "Half", "work_bits": 99});
    owner.asks(&house, "PATCH", "/v1/admin/settings", &half, 400).await;
    let told = owner.gets(&house, "/v1/admin/settings").await;
    assert!(told["settings"].as_array().unwrap().iter().all(|one| one["source"] == "default"), "{told}");
    let moderator = Asker::with_role(&house, "Moderator", Role::Moderator).await;
    moderator.gets(&house, "/v1/admin/settings").await;
    moderator.asks(&house, "PATCH", "/v1/admin/settings", &json!({"name": "Mine"}), 403).await;
}

async fn what_the_house_does_now_is_told(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let before = owner.gets(&house, "/v1/admin/now").await;
    bo.post(1, "tea").await;
    bo.hear(1, 1, 0).await;
    let now = owner.gets(&house, "/v1/admin/now").await;
    assert_eq!(now["events"].as_u64().unwrap(), before["events"].as_u64().unwrap() + 1);
    assert_eq!((&now["people"], &now["connections"]["websocket"]), (&json!(1), &json!(1)));
    assert_eq!((&now["rooms"], &now["nodes"], &now["store"]["ok"]), (&json!(1), &json!(1), &json!(true)));
    assert!(now["store"]["bytes"].as_u64().unwrap() > 4_096, "{now}");
    let kinds = if on == On::Postgres { ("postgres", "nats") } else { ("sqlite", "local") };
    assert_eq!((&now["store"]["kind"], &now["bus"]["kind"]), (&json!(kinds.0), &json!(kinds.1)));
    assert!(now["started"].as_u64().is_some() && now["version"].is_string(), "{now}");
}

async fn rooms_and_invites_are_listed(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let ada = Asker::with_role(&house, "Ada", Role::Member).await;
    let private = json!({"name": "Secret", "policy": {"read": "joined"}});
    let made = ada.asks(&house, "POST", "/v1/rooms", &private, 201).await;
    let room = made["id"].as_str().unwrap();
    let messages = format!("/v1/rooms/{room}/messages");
    ada.shows(Ask::new("POST", &messages)).body("茶".as_bytes()).of(&house).await;
    ada.asks(&house, "POST", &format!("/v1/rooms/{room}/invites"), &json!({"uses": 2}), 201).await;
    let rooms = owner.gets(&house, "/v1/admin/rooms").await;
    let listed = rooms["rooms"].as_array().unwrap().iter().find(|one| one["id"] == room).unwrap();
    assert_eq!((&listed["name"], &listed["people"], &listed["n"]), (&json!("Secret"), &json!(1), &json!(1)));
    assert_eq!((&listed["policy"]["read"], &listed["direct"]), (&json!("joined"), &json!(false)));
    assert!(listed["bytes"].as_u64().unwrap() >= 3 && listed["last_at"].is_u64(), "{listed}");
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 2);
    let invites = owner.gets(&house, "/v1/admin/invites").await;
    let invite = &invites["invites"][0];
    assert_eq!((&invite["room"], &invite["uses_left"]), (&json!(room), &json!(2)));
    // Nobody comes by this list into a room that they may not read.
    assert!(invite.get("code").is_none() && invite.get("url").is_none(), "{invite}");
    let path = format!("/v1/rooms/{room}/people/{}", owner.id());
    ada.asks(&house, "PUT", &path, &json!({}), 200).await;
    let codes = |list: &Value| -> Vec<Value> {
        list["invites"].as_array().unwrap().iter().map(|invite| invite["code"].clone()).collect()
    };
    let theirs = codes(&owner.gets(&house, &format!("/v1/rooms/{room}/invites")).await);
    assert!(theirs[0].is_string(), "{theirs:?}");
    assert_eq!(codes(&owner.gets(&house, "/v1/admin/invites").await), theirs, "who is in it has the code");
    // The house's moderators end it.
    let path = format!("/v1/invites/{}", invite["id"].to_string().trim_matches('"'));
    owner.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    assert_eq!(owner.gets(&house, "/v1/admin/invites").await, json!({"invites": []}));
}
