//! HTTP: the door, the owner's way in, and what every answer says.

use serde_json::{Value, json};
use teahouse_protocol::{Event, Push, Role, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Answer, Ask, Client, House, On, Plain, on_every_store};

on_every_store!(the_set_up_link_makes_one_owner, who_has_a_password_signs_in, the_door_shows_the_room);

/// The secret of the house's set-up link.
fn secret(house: &House) -> String {
    house.node.setup_path().unwrap().strip_prefix("/setup#").unwrap().to_owned()
}

fn setup(token: &str, password: &str) -> Ask {
    Ask::post("/v1/setup", &json!({"token": token, "name": "林晓", "password": password, "house": " 我家 "}))
}

fn sign_in(name: &str, password: &str) -> Ask {
    Ask::post("/v1/signin", &json!({"name": name, "password": password}))
}

fn check(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    assert_eq!((answer.status, &*answer.code()), (status, code), "{answer:?}");
    assert_eq!(answer.json()["field"].as_str(), field, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

async fn the_set_up_link_makes_one_owner(on: On) {
    let house = House::open(on).await;
    let secret = secret(&house);
    check(&setup("wrong", "long enough").of(&house).await, 403, "forbidden", None);
    check(&setup("", "long enough").of(&house).await, 403, "forbidden", None);
    check(&setup(&secret, "1234567").of(&house).await, 400, "bad_field", Some("password"));
    check(&setup(&secret, &"x".repeat(1_025)).of(&house).await, 400, "bad_field", Some("password"));
    let bad = json!({"token": secret, "name": " ", "password": "long enough"});
    check(&Ask::post("/v1/setup", &bad).of(&house).await, 400, "bad_name", Some("name"));
    let bad = json!({"token": secret, "name": "A", "password": "long enough", "house": "x\ny"});
    check(&Ask::post("/v1/setup", &bad).of(&house).await, 400, "bad_field", Some("house"));
    let made = setup(&secret, "long enough").of(&house).await;
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")), "{made:?}");
    let made = made.json();
    assert_eq!((&made["you"]["name"], &made["you"]["role"]), (&json!("林晓"), &json!("owner")));
    // The link is good once, also after a restart.
    assert_eq!(house.node.setup_path(), None);
    check(&setup(&secret, "long enough").of(&house).await, 403, "forbidden", None);
    let house = house.restarted().await;
    assert_eq!(house.node.setup_path(), None);
    let mut bo = Client::enter(&house, "Bo").await;
    assert_eq!((&*bo.me().house.name, bo.me().you.role), ("我家", None));
    let mut owner = Client::connect(&house).await;
    let cursors = json!({"1024": "head"});
    owner.come_in(&json!({"type": "hello", "v": 1, "token": made["token"], "cursors": cursors})).await;
    assert_eq!(owner.me().you.role, Some(Role::Owner));
    owner.post(1, "welcome").await;
    let event = bo.event().await;
    assert_eq!((event.by.role, &*event.by.name), (Some(Role::Owner), "林晓"));
    bo.post(1, "thanks").await;
    assert_eq!(bo.hear(1, 1, 0).await.events[0].by.role, None);
}

async fn who_has_a_password_signs_in(on: On) {
    let house = House::open(on).await;
    let made = setup(&secret(&house), "long enough").of(&house).await.json();
    Client::enter(&house, "Guest").await;
    let refused = [
        sign_in("林晓", "wrong enough"),
        sign_in("nobody", "long enough"),
        sign_in("Guest", "long enough"),
        sign_in("Guest", ""),
        sign_in("林晓", &"x".repeat(2_000)),
        sign_in(&"x".repeat(2_000), "long enough"),
    ];
    let mut bodies = Vec::new();
    for ask in refused {
        let answer = ask.of(&house).await;
        check(&answer, 401, "bad_password", None);
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "nobody learns which names exist: {bodies:?}");
    let answer = sign_in("林晓", "long enough").of(&house).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.json()["you"], made["you"]);
    // Both tokens are good.
    let tokens = [&made["token"], &answer.json()["token"]].map(Value::clone);
    assert_ne!(tokens[0], tokens[1]);
    for token in tokens {
        let mut client = Client::connect(&house).await;
        client.hello(&json!({"type": "hello", "v": 1, "token": token})).await;
        assert_eq!(json!(client.me().you), made["you"]);
    }
}

async fn the_door_shows_the_room(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 20, |n| n.to_string()).await;
    let ada = Client::enter(&house, "Ada").await;
    let look = Ask::get("/v1/rooms/1024").of(&house).await;
    assert_eq!((look.status, look.header("cache-control")), (200, Some("no-store")));
    let look = look.json();
    assert_eq!((&look["house"]["name"], &look["head"]), (&json!("茶馆"), &json!(20)));
    assert_eq!((&look["room"]["id"], &look["here"]["count"]), (&json!("1024"), &json!(1)));
    assert_eq!(look["here"]["people"], json!([ada.me().you]));
    let events = look["messages"].as_array().unwrap().iter();
    let events: Vec<Event> = events
        .map(|event| match Push::decode(&event.to_string()) {
            Ok(Push::Event(event)) => event,
            other => panic!("an event, not {other:?}"),
        })
        .collect();
    assert_eq!(house.log(&RoomId::main()).await[12..], events);
    for room in ["nowhere", "UPPER", "x%2fy", "1024%00"] {
        let path = format!("/v1/rooms/{room}");
        check(&Ask::get(&path).of(&house).await, 404, "no_such_room", None);
    }
    assert_eq!(Ask::get("/healthz").of(&house).await.body, "ok");
    assert_eq!(Ask::get("/readyz").of(&house).await.body, "ready");
}

#[tokio::test]
async fn a_page_of_another_house_may_not_ask() {
    let given = Given { origins: Some(vec!["https://friend.example".into()]), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let own = format!("http://{}", house.address);
    let local = "http://localhost:3000".to_owned();
    let (friend, evil) = ("https://friend.example".to_owned(), "http://evil.example".to_owned());
    let null = "null".to_owned();
    // For each address, who may ask: the own page, one of the same machine, a friend's, another, a file's.
    let rules = [
        ("/v1/ws", [true, false, true, false, false]),
        ("/chat", [true, true, true, false, false]),
        ("/echo", [true, true, true, true, true]),
    ];
    for (path, allowed) in rules {
        for (origin, allowed) in [&own, &local, &friend, &evil, &null].into_iter().zip(allowed) {
            let answer = Ask::upgrade(path).with("origin", origin).of(&house).await;
            assert_eq!(answer.status, if allowed { 101 } else { 403 }, "{path} {origin}");
            if !allowed {
                check(&answer, 403, "forbidden", None);
            }
        }
    }
    for (origin, status) in [(&own, 401), (&local, 403), (&friend, 401), (&evil, 403), (&null, 403)] {
        let answer = sign_in("nobody", "long enough").with("origin", origin).of(&house).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn what_is_no_websocket_is_told_how_to_be_one() {
    let house = House::open(On::Sqlite).await;
    for path in ["/v1/ws", "/chat", "/echo"] {
        let answer = Ask::get(path).of(&house).await;
        assert_eq!((answer.status, answer.header("sec-websocket-version")), (426, Some("13")), "{path}");
        let answer = Ask::get(path)
            .with("upgrade", "websocket")
            .with("connection", "Upgrade")
            .with("sec-websocket-version", "13")
            .of(&house)
            .await;
        assert_eq!(answer.status, 400, "{path} without a key");
        let answer = Ask::new("POST", path).body(b"").of(&house).await;
        assert_eq!(answer.status, 405, "{path}");
    }
    let spoken = Ask::upgrade("/v1/ws").with("sec-websocket-protocol", "other, teahouse.v1").of(&house).await;
    assert_eq!((spoken.status, spoken.header("sec-websocket-protocol")), (101, Some("teahouse.v1")));
}

#[tokio::test]
async fn an_address_opens_so_many_connections() {
    let given = Given {
        connections_per_address_per_second: Some(1),
        connections_per_address_burst: Some(2),
        ..Given::default()
    };
    for trusted in [false, true] {
        let given = Given { trust_forwarded: Some(trusted), ..given.clone() };
        let house = House::open_with(On::Sqlite, given).await;
        let from = |address: &str| Ask::upgrade("/v1/ws").with("x-forwarded-for", address);
        for address in ["192.0.2.1", "192.0.2.1"] {
            assert_eq!(from(address).of(&house).await.status, 101);
        }
        let refused = from("192.0.2.1").of(&house).await;
        check(&refused, 429, "rate", None);
        assert_eq!(refused.header("retry-after"), Some("1"));
        // Only a proxy that is trusted tells addresses apart; what a client claims before it does not count.
        let status = if trusted { 101 } else { 429 };
        assert_eq!(from("192.0.2.2").of(&house).await.status, status);
        assert_eq!(from("192.0.2.3, 192.0.2.1").of(&house).await.status, 429);
    }
}

#[tokio::test]
async fn a_request_that_is_wrong_is_told_so() {
    let house = House::open(On::Sqlite).await;
    let json =
        |body: &[u8]| Ask::new("POST", "/v1/signin").with("content-type", "application/json").body(body);
    check(&json(b"{").of(&house).await, 400, "bad_frame", None);
    check(&json(b"\xff").of(&house).await, 400, "bad_frame", None);
    check(&json(b"{\"name\":1,\"password\":\"\"}").of(&house).await, 400, "bad_field", None);
    check(&json(b"{}").of(&house).await, 400, "bad_field", None);
    let form = Ask::new("POST", "/v1/signin").with("content-type", "text/plain").body(b"{}");
    check(&form.of(&house).await, 400, "bad_field", Some("content-type"));
    let none = Ask::new("POST", "/v1/signin").body(b"{}");
    check(&none.of(&house).await, 400, "bad_field", Some("content-type"));
    check(&json(&[b' '; 65_537]).of(&house).await, 413, "too_large", None);
    check(&Ask::get("/v1/nothing").of(&house).await, 404, "not_found", None);
    check(&Ask::get("/v1/rooms/1024/nothing").of(&house).await, 404, "not_found", None);
    let wrong = Ask::get("/v1/signin").of(&house).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
    let wrong = Ask::new("DELETE", "/anything").of(&house).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn every_answer_is_safe_for_browsers() {
    let house = House::open(On::Sqlite).await;
    let asks = [
        ("/", 200),
        ("/some/screen", 200),
        ("/no.file", 404),
        ("/assets/none.js", 404),
        ("/index", 200),
        ("/static/plain.js", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/v1/rooms/1024", 200),
        ("/v1/rooms/nowhere", 404),
        ("/v1/signin", 405),
        ("/v1/ws", 426),
        ("/v1/nothing", 404),
    ];
    for (path, status) in asks {
        let full = Ask::get(path).of(&house).await;
        assert_eq!(full.status, status, "{path}");
        assert_eq!(full.header("x-content-type-options"), Some("nosniff"), "{path}");
        let is_data = full.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(full.header(name), Some(value).filter(|_| !is_data), "{path}");
        }
        // HEAD says the same and has no body.
        if status == 200 {
            let head = Ask::new("HEAD", path).of(&house).await;
            assert_eq!(
                (head.status, head.header("content-type")),
                (200, full.header("content-type")),
                "{path}"
            );
            assert_eq!(head.header("content-length"), full.header("content-length"), "{path}");
        }
    }
    let page = Ask::get("/").of(&house).await;
    let policy = page.header("content-security-policy").expect("the app's page has a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(
        policy.contains("require-trusted-types-for 'script'") && policy.contains("frame-ancestors 'none'")
    );
    let _still_here = Plain::enter(&house).await;
}
