//! A room that somebody takes along: what they may read of it, as it is now.

use serde_json::{Value, json};
use teahouse_protocol::{Role, RoomId};

use crate::kit::{Answer, Ask, Asker, House, On, on_every_store};

on_every_store!(
    a_room_is_taken_along_whole,
    what_is_gone_or_not_for_them_is_not_taken_along,
    who_may_not_read_takes_nothing,
);

async fn export(house: &House, asker: &Asker, room: &str, query: &str) -> Answer {
    asker.shows(Ask::get(&format!("/v1/rooms/{room}/export?{query}"))).of(house).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn a_room_is_taken_along_whole(on: On) {
    let house = House::open(on).await;
    // More than a page of the log, and texts that would fill one by themselves.
    house
        .seed(&RoomId::main(), 450, |n| {
            format!("text {n} <b>&{}", "长".repeat(if n % 40 == 0 { 5_000 } else { 0 }))
        })
        .await;
    let ada = Asker::guest(&house, "Ada <i>").await;
    let events = lines(&export(&house, &ada, "1024", "form=ndjson").await);
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=450).collect::<Vec<_>>());
    assert!(events[6]["body"]["text"].as_str().unwrap().starts_with("text 7 <b>&"));

    let page = export(&house, &ada, "1024", "form=html&zone=Asia/Shanghai").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(page.body.matches("<li class=\"message\"").count(), 450);
    assert!(page.body.contains("text 7 &lt;b&gt;&amp;") && !page.body.contains("<b>&"), "a text is no tag");
    assert!(page.body.contains("Ada &lt;i&gt;") && !page.body.contains("<script"));
    // 2026-11-22 at 16:40 in Greenwich is the next day's 00:40 there.
    assert!(page.body.contains("+08:00"), "times are in the zone of who asks");
    assert!(page.body.ends_with("</html>\n"));
}

async fn what_is_gone_or_not_for_them_is_not_taken_along(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let bo = Asker::with_role(&house, "Bo", Role::Member).await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined", "history": false}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    let say = async |text: &str| {
        let path = format!("/v1/rooms/{room}/messages");
        let said = owner.shows(Ask::new("POST", &path)).body(text.as_bytes()).of(&house).await;
        said.json()["seq"].as_u64().unwrap()
    };
    say("before anybody came").await;
    owner.asks(&house, "PUT", &format!("/v1/rooms/{room}/people/{}", bo.id()), &json!({}), 200).await;
    say("for everybody").await;
    let regretted = say("regretted").await;
    owner.asks(&house, "DELETE", &format!("/v1/rooms/{room}/messages/{regretted}"), &Value::Null, 200).await;
    for form in ["html", "ndjson"] {
        let theirs = export(&house, &bo, room, &format!("form={form}")).await.body;
        assert!(theirs.contains("for everybody"), "{theirs}");
        assert!(!theirs.contains("regretted") && !theirs.contains("before anybody came"), "{theirs}");
        assert!(
            export(&house, &owner, room, &format!("form={form}")).await.body.contains("before anybody came")
        );
    }
}

async fn who_may_not_read_takes_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let guest = Asker::guest(&house, "Guest").await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined"}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    assert_eq!(export(&house, &guest, room, "").await.code(), "no_such_room");
    assert_eq!(Ask::get("/v1/rooms/1024/export").of(&house).await.status, 401);
    for wrong in ["form=pdf", "zone=Nowhere/Land"] {
        assert_eq!(export(&house, &guest, "1024", wrong).await.code(), "bad_field", "{wrong}");
    }
}
