//! Rooms over HTTP: made, found, changed; who is in them, who may come.

use serde_json::{Value, json};
use teahouse_protocol::{Kind, Push, Role};

use teahouse_server::config::Given;

use crate::kit::{Account, Ask, Client, House, On, on_every_store};

on_every_store!(
    a_room_is_made_found_and_changed,
    a_private_room_does_not_exist_for_others,
    a_direct_room_is_one_for_its_people,
    an_invite_lets_in_so_many_so_long,
    a_moderator_keeps_order,
    a_deleted_text_is_gone,
    who_makes_rooms_is_for_the_owner_to_say,
    who_comes_and_goes_too_fast_waits,
);

/// The names of the rooms in somebody's list.
async fn names(house: &House, who: &Account) -> Vec<String> {
    let list = who.does(house, "GET", "/v1/rooms", &json!({})).await;
    let rooms = list["rooms"].as_array().unwrap();
    rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
}

/// A new room with this policy; its id.
async fn room(house: &House, by: &Account, name: &str, policy: Value) -> String {
    let made = by.does(house, "POST", "/v1/rooms", &json!({"name": name, "policy": policy})).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn a_room_is_made_found_and_changed(on: On) {
    let house = House::open(on).await;
    let (ann, bo) = (
        Account::new(&house, "Ann", Some(Role::Member)).await,
        Account::new(&house, "Bo", Some(Role::Member)).await,
    );
    let asked = json!({"name": " 花园 ", "topic": "tea", "slug": "garden"});
    let made = ann.does(&house, "POST", "/v1/rooms", &asked).await;
    assert_eq!(
        (&made["name"], &made["slug"], &made["role"]),
        (&json!("花园"), &json!("garden"), &json!("moderator"))
    );
    assert_eq!(ann.is_refused(&house, "POST", "/v1/rooms", &asked).await, "name_taken");
    assert_eq!(ann.is_refused(&house, "POST", "/v1/rooms", &json!({"topic": "x"})).await, "bad_field");
    // The house's own rooms are in no list.
    assert_eq!(names(&house, &ann).await.len(), 2);
    // By its slug and by its id, also for who is nobody yet.
    let looked = Ask::get("/v1/rooms/garden").of(&house).await;
    assert_eq!((looked.status, &looked.json()["room"]["id"]), (200, &made["id"]));
    assert!(names(&house, &bo).await.contains(&"花园".to_owned()));
    let joined = bo.does(&house, "POST", "/v1/rooms/garden/join", &json!({})).await;
    assert_eq!((&joined["joined"], joined["role"].is_null()), (&json!(true), true));
    bo.does(&house, "POST", "/v1/rooms/garden/join", &json!({})).await;
    assert_eq!(bo.is_refused(&house, "PATCH", "/v1/rooms/garden", &json!({"name": "x"})).await, "forbidden");
    let level =
        bo.does(&house, "PUT", "/v1/rooms/garden/level", &json!({"level": "all", "muted": true})).await;
    assert_eq!((&level["level"], &level["muted"]), (&json!("all"), &json!(true)));
    let slow = json!({
        "read": "guests", "write": "moderators", "call": "guests", "history": true, "slow_s": 5, "keep_days": 30,
    });
    let changed = json!({"topic": "news", "slug": "", "policy": slow});
    let changed = ann.does(&house, "PATCH", "/v1/rooms/garden", &changed).await;
    assert_eq!(
        (&changed["policy"], changed["slug"].is_null(), &changed["name"]),
        (&slow, true, &json!("花园"))
    );
    assert_eq!(Ask::get("/v1/rooms/garden").of(&house).await.status, 404);
    let path = format!("/v1/rooms/{}", made["id"].as_str().unwrap());
    let people = bo.does(&house, "GET", &format!("{path}/people"), &json!({})).await;
    let shown: Vec<_> =
        people["people"].as_array().unwrap().iter().map(|one| &one["person"]["name"]).collect();
    assert_eq!(shown, ["Ann", "Bo"]);
    bo.does(&house, "POST", &format!("{path}/leave"), &json!({})).await;
    assert_eq!(bo.is_refused(&house, "POST", &format!("{path}/leave"), &json!({})).await, "forbidden");
    // All of it is in the log, in order.
    let log = house.log(&made["id"].as_str().unwrap().parse().unwrap()).await;
    let kinds: Vec<_> = log.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Room, Kind::Join, Kind::Join, Kind::Room, Kind::Leave]);
    assert_eq!(log[3].body.room.as_deref().unwrap().policy.slow_s, 5);
    assert_eq!((&*log[4].by.name, log[4].body.removed), ("Bo", false));
    // After a restart it is as it was.
    let house = house.restarted().await;
    let again = ann.does(&house, "GET", &path, &json!({})).await;
    assert_eq!((&again["room"]["policy"], &again["room"]["topic"]), (&slow, &json!("news")));
    let closed = ann.does(&house, "PATCH", &path, &json!({"archived": true})).await;
    assert_eq!(closed["may"], json!(["read", "leave", "archive", "moderate"]));
    assert_eq!(
        ann.is_refused(&house, "PATCH", "/v1/rooms/1024", &json!({"archived": true})).await,
        "forbidden"
    );
}

async fn a_private_room_does_not_exist_for_others(on: On) {
    let house = House::open(on).await;
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let bo = Account::new(&house, "Bo", Some(Role::Member)).await;
    let id = room(&house, &ann, "Secret", json!({"read": "joined", "history": false})).await;
    let mut inside = Client::connect(&house).await;
    inside.come_in(&ann.hello(&json!({&id: "head"}))).await;
    inside.say(&inside.send_to(&id.parse().unwrap(), 1, "before")).await;
    inside.hear(1, 1, 0).await;
    // Whoever is new is nobody there either, as open as somebody else may have it.
    let mut new = Client::connect(&house).await;
    new.hello(&json!({"type": "hello", "v": 1, "name": "New", "cursors": {&id: {"tail": 5}}})).await;
    let error = new.error().await;
    assert_eq!((error.code.as_str(), error.field), ("no_such_room", Some(format!("cursors.{id}"))));
    new.quiet().await;
    let nobodys = Ask::get("/v1/rooms/nowhere").of(&house).await.body;
    for who in [&bo, &owner] {
        assert!(!names(&house, who).await.contains(&"Secret".to_owned()));
        // Whatever is asked, it is answered as for a room that is not there.
        for (method, path) in [
            ("GET", ""),
            ("PATCH", ""),
            ("POST", "/join"),
            ("POST", "/leave"),
            ("GET", "/people"),
            ("GET", "/invites"),
            ("POST", "/invites"),
            ("GET", "/messages"),
            ("GET", "/stream"),
            ("GET", "/poll?wait=0"),
            ("DELETE", "/messages/1"),
            ("PUT", "/level"),
        ] {
            let there = who.ask(&house, method, &format!("/v1/rooms/{id}{path}"), &json!({})).await;
            let elsewhere = who.ask(&house, method, &format!("/v1/rooms/nowhere{path}"), &json!({})).await;
            assert_eq!((there.status, &there.body), (404, &elsewhere.body), "{method} {path}");
        }
        let mut outside = Client::connect(&house).await;
        outside.hello(&who.hello(&json!({&id: {"tail": 50}}))).await;
        assert_eq!(outside.error().await.code.as_str(), "no_such_room");
        outside.say(&outside.send_to(&id.parse().unwrap(), 1, "x")).await;
        assert_eq!(outside.error().await.code.as_str(), "not_subscribed");
        let history = json!({"type": "history", "ref": 1, "room": id, "before": 100});
        outside.say(&history).await;
        assert_eq!(outside.error().await.code.as_str(), "no_such_room");
    }
    assert_eq!(Ask::get(&format!("/v1/rooms/{id}")).of(&house).await.body, nobodys);
    // Who is added sees it, but not what was before.
    ann.does(&house, "PUT", &format!("/v1/rooms/{id}/people/{}", bo.id), &json!({})).await;
    assert!(names(&house, &bo).await.contains(&"Secret".to_owned()));
    let mut late = Client::connect(&house).await;
    let (subscribed, heard) = late.come_in(&bo.hello(&json!({&id: {"tail": 50}}))).await;
    assert_eq!((subscribed.from.seq.0, heard.events.len()), (3, 1));
    assert_eq!(heard.events[0].kind, Kind::Join);
    let page = bo.ask(&house, "GET", &format!("/v1/rooms/{id}/messages"), &json!({})).await;
    assert!(page.status == 200 && !page.body.contains("before"), "{page:?}");
}

async fn a_direct_room_is_one_for_its_people(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let bo = Account::new(&house, "Bo", None).await;
    let mut theirs = Client::connect(&house).await;
    theirs.come_in(&bo.hello(&json!({"1024": "head"}))).await;
    let made = ann.ask(&house, "POST", "/v1/rooms", &json!({"direct": [bo.id]})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["id"].clone();
    while !matches!(theirs.frame().await.unwrap(), Push::Changed { rooms: true, .. }) {}
    let again = ann.ask(&house, "POST", "/v1/rooms", &json!({"direct": [bo.id, ann.id]})).await;
    assert_eq!((again.status, &again.json()["id"]), (200, &id));
    let list = bo.does(&house, "GET", "/v1/rooms", &json!({})).await;
    let direct = list["rooms"].as_array().unwrap().iter().find(|room| room["id"] == id).unwrap();
    assert_eq!((&direct["direct"], &direct["people"][0]["name"]), (&json!(true), &json!("Ann")));
    assert_eq!(direct["may"], json!(["read", "write", "react", "call", "pin", "leave", "report"]));
    // Guests answer, and do not begin.
    assert_eq!(bo.is_refused(&house, "POST", "/v1/rooms", &json!({"direct": [ann.id]})).await, "forbidden");
    assert_eq!(ann.is_refused(&house, "POST", "/v1/rooms", &json!({"direct": [ann.id]})).await, "bad_field");
}

async fn an_invite_lets_in_so_many_so_long(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let [bo, cid, dee] = [
        Account::new(&house, "Bo", None).await,
        Account::new(&house, "Cid", None).await,
        Account::new(&house, "Dee", None).await,
    ];
    let id = room(&house, &ann, "Secret", json!({"read": "joined"})).await;
    let invites = format!("/v1/rooms/{id}/invites");
    let made = ann.does(&house, "POST", &invites, &json!({"hours": 1, "uses": 3})).await;
    let code = made["invites"][0]["code"].as_str().unwrap().to_owned();
    assert_eq!(made["invites"][0]["url"], json!(format!("/i/{code}")));
    let path = format!("/v1/invites/{code}");
    let eve = Ask::post("/v1/guests", &json!({"name": "Eve", "invite": "wrong"})).of(&house).await;
    assert_eq!((eve.status, &*eve.code()), (404, "not_found"));
    let looked = Ask::get(&path).of(&house).await.json();
    assert_eq!((&looked["room"]["name"], &looked["by"]["name"]), (&json!("Secret"), &json!("Ann")));
    assert_eq!(Ask::get("/v1/invites/wrong").of(&house).await.status, 404);
    let fay = Ask::post("/v1/guests", &json!({"name": "Fay", "invite": code})).of(&house).await;
    let fay = Account { token: fay.json()["token"].as_str().unwrap().to_owned(), ..bo.clone() };
    assert!(names(&house, &fay).await.contains(&"Secret".to_owned()));
    for who in [&bo, &bo, &cid, &ann] {
        assert_eq!(who.does(&house, "POST", &path, &json!({})).await["joined"], json!(true));
    }
    assert_eq!(dee.is_refused(&house, "POST", &path, &json!({})).await, "not_found");
    let ended = Ask::get(&path).of(&house).await;
    assert_eq!((ended.status, &ended.json()["by"]["name"]), (404, &json!("Ann")));
    assert_eq!(bo.is_refused(&house, "POST", &invites, &json!({})).await, "forbidden");
    let list = ann.does(&house, "GET", &invites, &json!({})).await;
    assert_eq!((&list["invites"][0]["uses_left"], &list["invites"][0]["code"]), (&json!(0), &json!(code)));
    let number = list["invites"][0]["id"].as_u64().unwrap();
    assert_eq!(
        dee.is_refused(&house, "DELETE", &format!("/v1/invites/{number}"), &json!({})).await,
        "not_found"
    );
    ann.does(&house, "DELETE", &format!("/v1/invites/{number}"), &json!({})).await;
    assert_eq!(
        ann.is_refused(&house, "DELETE", &format!("/v1/invites/{number}"), &json!({})).await,
        "not_found"
    );
    for wrong in [json!({"hours": 0}), json!({"uses": 0}), json!({"hours": 1_000_000})] {
        assert_eq!(ann.is_refused(&house, "POST", &invites, &wrong).await, "bad_field");
    }
}

async fn a_moderator_keeps_order(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let bo = Account::new(&house, "Bo", None).await;
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let id = room(&house, &ann, "Garden", json!({})).await;
    let at = |what: &str, who: &Account| format!("/v1/rooms/{id}/{what}/{}", who.id);
    let mut theirs = Client::connect(&house).await;
    theirs.come_in(&bo.hello(&json!({&id: "head"}))).await;
    // Silent, and told until when; then not any more.
    ann.does(&house, "PUT", &at("mutes", &bo), &json!({"minutes": 10, "reason": "loud"})).await;
    let event = theirs.event().await;
    let deed = event.body.deed.unwrap();
    assert_eq!(
        (event.kind, &*deed.person.name, deed.reason.as_deref()),
        (Kind::Moderation, "Bo", Some("loud"))
    );
    // Also what is said before it is known again what they may.
    theirs.say(&theirs.send_to(&id.parse().unwrap(), 1, "x")).await;
    let (mut error, mut is_live) = (None, false);
    while error.is_none() || !is_live {
        match theirs.next().await {
            Push::Error(said) => error = Some(said),
            Push::Live { .. } => is_live = true,
            other => panic!("{other:?}"),
        }
    }
    let error = error.unwrap();
    assert!(error.code.as_str() == "muted" && error.retry_ms.is_some_and(|ms| ms > 500_000), "{error:?}");
    let spoken = bo.ask(&house, "POST", &format!("/v1/rooms/{id}/messages"), &json!({"text": "x"})).await;
    assert_eq!((spoken.status, &*spoken.code()), (403, "muted"));
    ann.does(&house, "DELETE", &at("mutes", &bo), &json!({})).await;
    theirs.event().await;
    theirs.until_live().await;
    theirs.say(&theirs.send_to(&id.parse().unwrap(), 2, "thanks")).await;
    theirs.hear(1, 1, 0).await;
    // Out, and told so; the room is not there any more.
    let banned = json!({"reason": "loud again"});
    ann.does(&house, "PUT", &at("bans", &bo), &banned).await;
    let said = loop {
        if let Push::Unsubscribed { r#ref, code, .. } = theirs.next().await {
            break (r#ref, code.unwrap().as_str());
        }
    };
    assert_eq!(said, (None, "no_such_room"));
    assert_eq!(
        bo.is_refused(&house, "POST", &format!("/v1/rooms/{id}/join"), &json!({})).await,
        "no_such_room"
    );
    let people = ann.does(&house, "GET", &format!("/v1/rooms/{id}/people"), &json!({})).await;
    assert_eq!(people["bans"][0]["reason"], json!("loud again"));
    ann.does(&house, "DELETE", &at("bans", &bo), &json!({})).await;
    bo.does(&house, "POST", &format!("/v1/rooms/{id}/join"), &json!({})).await;
    // Only who stands higher may.
    assert_eq!(ann.is_refused(&house, "PUT", &at("bans", &owner), &banned).await, "forbidden");
    assert_eq!(bo.is_refused(&house, "PUT", &at("bans", &ann), &banned).await, "forbidden");
    assert_eq!(ann.is_refused(&house, "DELETE", &at("bans", &bo), &json!({})).await, "not_found");
    ann.does(&house, "DELETE", &at("people", &bo), &json!({})).await;
    assert_eq!(ann.is_refused(&house, "DELETE", &at("people", &bo), &json!({})).await, "not_found");
    for wrong in [json!({"minutes": 0}), json!({"reason": "x\ny"})] {
        assert_eq!(ann.is_refused(&house, "PUT", &at("mutes", &bo), &wrong).await, "bad_field");
    }
    bo.does(&house, "POST", &format!("/v1/rooms/{id}/join"), &json!({})).await;
    ann.does(&house, "PUT", &at("people", &bo), &json!({"role": "moderator"})).await;
    let view = bo.does(&house, "GET", &format!("/v1/rooms/{id}"), &json!({})).await;
    assert_eq!(view["room"]["role"], json!("moderator"));
}

async fn a_deleted_text_is_gone(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let bo = Account::new(&house, "Bo", None).await;
    let id = room(&house, &ann, "Garden", json!({})).await;
    let mut theirs = Client::connect(&house).await;
    theirs.come_in(&bo.hello(&json!({&id: "head"}))).await;
    for number in 1..=2 {
        theirs.say(&theirs.send_to(&id.parse().unwrap(), number, "a text to be gone")).await;
        theirs.hear(1, 1, 0).await;
    }
    let (first, second) = (format!("/v1/rooms/{id}/messages/3"), format!("/v1/rooms/{id}/messages/4"));
    let cid = Account::new(&house, "Cid", Some(Role::Member)).await;
    assert_eq!(cid.is_refused(&house, "DELETE", &first, &json!({})).await, "forbidden");
    bo.does(&house, "DELETE", &first, &json!({})).await;
    let event = theirs.event().await;
    assert_eq!((event.kind, event.body.target.unwrap().0, &*event.by.name), (Kind::Delete, 3, "Bo"));
    ann.does(&house, "DELETE", &second, &json!({})).await;
    theirs.event().await;
    for path in
        [&first, &second, &format!("/v1/rooms/{id}/messages/1"), &format!("/v1/rooms/{id}/messages/99")]
    {
        assert_eq!(ann.is_refused(&house, "DELETE", path, &json!({})).await, "no_such_message");
    }
    // Neither resume nor history has it, with the room at hand and after a restart.
    let all = json!({&id: "0"});
    let check = async |house: &House| {
        let mut again = Client::connect(house).await;
        let (_, heard) = again.come_in(&bo.hello(&all)).await;
        assert_eq!(heard.events.len(), 6);
        assert!(heard.events.iter().all(|event| event.body.text.is_empty()), "{heard:?}");
        let page = bo.ask(house, "GET", &format!("/v1/rooms/{id}/messages"), &json!({})).await;
        assert!(!page.body.contains("to be gone"), "{page:?}");
    };
    check(&house).await;
    let house = house.restarted().await;
    check(&house).await;
}

async fn who_makes_rooms_is_for_the_owner_to_say(on: On) {
    let house = House::open(on).await;
    let guest = Account::new(&house, "Guest", None).await;
    assert_eq!(guest.is_refused(&house, "POST", "/v1/rooms", &json!({"name": "x"})).await, "forbidden");
    let nobody = Ask::post("/v1/rooms", &json!({"name": "x"})).of(&house).await;
    assert_eq!(nobody.status, 401);
}

async fn who_comes_and_goes_too_fast_waits(on: On) {
    let given = Given { sends_per_second: Some(1), sends_burst: Some(2), ..Given::default() };
    let house = House::open_with(on, given).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    for what in ["join", "leave"] {
        ann.does(&house, "POST", &format!("/v1/rooms/1024/{what}"), &json!({})).await;
    }
    let answer = ann.ask(&house, "POST", "/v1/rooms/1024/join", &json!({})).await;
    assert_eq!((answer.status, &*answer.code()), (429, "rate"));
    // Looking is free.
    ann.does(&house, "GET", "/v1/rooms", &json!({})).await;
}
