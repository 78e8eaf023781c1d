//! Who is not let in over HTTP: a status, and one frame that says why.

use serde_json::{Value, json};
use teahouse_protocol::{Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Answer, Ask, Guest, House, Http, On, Over, lines};

const PATHS: [&str; 3] = ["/v1/stream", "/v1/poll?wait=0", "/v1/send"];

fn check(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.body.trim_end().lines().count(), 1, "one frame: {answer:?}");
    let frame = answer.json();
    assert!(Push::decode(answer.body.trim_end()).is_ok(), "{answer:?}");
    match frame["type"].as_str() {
        Some("error") => assert_eq!(frame["code"], code),
        Some("close") => assert_eq!(frame["code"].to_string(), code),
        other => panic!("an error or a close, not {other:?}"),
    }
    frame
}

#[tokio::test]
async fn a_hello_that_cannot_be_is_refused_with_its_status() {
    let house = House::open(On::Sqlite).await;
    let _ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let rooms: serde_json::Map<_, _> = (0..201).map(|n| (format!("r{n}"), json!("head"))).collect();
    let refused: Vec<(Vec<u8>, u16, &str, Option<&str>)> = vec![
        (b"".into(), 400, "bad_frame", None),
        (b"\n".into(), 400, "bad_frame", None),
        (b"hello".into(), 400, "bad_frame", None),
        (b"[]".into(), 400, "bad_frame", None),
        (b"{\"type\":\"hello\",\"v\":1".into(), 400, "bad_frame", None),
        (b"\xff\xfe".into(), 400, "bad_frame", None),
        (br#"{"type":"hello","v":1,"name":"\ud800"}"#.into(), 400, "bad_frame", None),
        (b"{}".into(), 400, "missing_field", Some("type")),
        (br#"{"type":"hello"}"#.into(), 400, "missing_field", Some("v")),
        (br#"{"type":"hello","v":"1"}"#.into(), 400, "bad_field", Some("v")),
        (br#"{"type":"hello","v":1,"session":"me"}"#.into(), 400, "bad_field", Some("session")),
        (br#"{"type":"hello","v":1,"cursors":{"1024":"x"}}"#.into(), 400, "bad_field", Some("cursors")),
        (br#"{"type":"hello","v":1,"cursors":{"A B":"head"}}"#.into(), 400, "bad_field", Some("cursors")),
        (
            br#"{"type":"hello","v":1,"cursors":{"1024":{"tail":201}}}"#.into(),
            400,
            "bad_field",
            Some("cursors"),
        ),
        (br#"{"type":"hello","v":2}"#.into(), 426, "version", Some("v")),
        (br#"{"type":"ping","ref":1}"#.into(), 400, "hello_first", None),
        (br#"{"type":"bye"}"#.into(), 400, "hello_first", None),
        (br#"{"type":"dance"}"#.into(), 400, "unknown_command", Some("type")),
        (br#"{"type":"hello","v":1,"token":"nobody's"}"#.into(), 401, "bad_token", None),
        (
            json!({"type": "hello", "v": 1, "cursors": rooms}).to_string().into(),
            409,
            "too_many_rooms",
            Some("cursors"),
        ),
    ];
    let mut kept = Http::connect(&house).await;
    for path in PATHS {
        for (body, status, code, field) in &refused {
            let answer = kept.whole("POST", path, &[], body).await;
            let frame = check(&answer, *status, code);
            assert_eq!(frame["field"].as_str(), *field, "{path}: {answer:?}");
        }
    }
    // Names are for guests, who cannot send commands yet.
    for path in &PATHS[..2] {
        for (name, status, code) in
            [("Ada", 409, "name_taken"), (" ", 400, "bad_name"), ("Teahouse", 400, "bad_name")]
        {
            let hello = json!({"type": "hello", "v": 1, "name": name});
            let answer = kept.whole("POST", path, &[], hello.to_string().as_bytes()).await;
            assert_eq!(check(&answer, status, code)["field"], "name");
        }
    }
    let hello = json!({"type": "hello", "v": 1, "name": "Bo"}).to_string();
    check(&kept.whole("POST", "/v1/send", &[], hello.as_bytes()).await, 401, "bad_token");
    for method in ["GET", "PUT", "DELETE"] {
        let answer = Ask::new(method, "/v1/stream").of(&house).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    }
    assert!(house.log(&RoomId::main()).await.is_empty());
}

#[tokio::test]
async fn commands_go_to_send() {
    let house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    for over in [Over::Ndjson, Over::Events, Over::LongPoll, Over::Poll] {
        for second in [ada.send(1, "hi"), ada.hello(false), json!({"type": "bye"}), json!("x")] {
            let body = lines([&ada.hello(true), &second]);
            let answer = Ask::new("POST", over.request().0).body(body.as_bytes()).of(&house).await;
            check(&answer, 400, "wrong_transport");
        }
        // Blank lines are no lines.
        let body = format!("{}\r\n\n \n", ada.hello(false));
        let mut http = Http::connect(&house).await;
        assert_eq!(http.ask("POST", over.request().0, &[], body.as_bytes()).await.status, 200);
    }
    assert!(house.log(&RoomId::main()).await.is_empty());
}

#[tokio::test]
async fn a_body_has_so_many_bytes() {
    const MOST: usize = 64 << 10;
    let house = House::open(On::Sqlite).await;
    for path in PATHS {
        let mut body = json!({"type": "hello", "v": 1}).to_string();
        body.push_str(&"\n".repeat(MOST - body.len()));
        let answer = Http::connect(&house).await.ask("POST", path, &[], body.as_bytes()).await;
        assert_ne!(answer.status, 413, "{path}");
        body.push('\n');
        check(&Ask::new("POST", path).body(body.as_bytes()).of(&house).await, 413, "too_large");
        // Nobody knows before how long a body in chunks is.
        let mut http = Http::connect(&house).await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        http.write(head.as_bytes()).await;
        http.write(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes()).await;
        assert_eq!(http.head("POST").await.status, 413, "{path}");
    }
}

#[tokio::test]
async fn a_person_has_so_many_connections() {
    let given = Given { connections_per_user_max: Some(2), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let mut second = ada.elsewhere(&house, Over::WebSocket, json!({"1024": "head"})).await;
    for over in [Over::Ndjson, Over::Events, Over::LongPoll, Over::Poll] {
        let hello = json!({"type": "hello", "v": 1, "token": ada.token(), "cursors": {}});
        let answer = Ask::new("POST", over.request().0).body(hello.to_string().as_bytes()).of(&house).await;
        let frame = check(&answer, 429, "4102");
        assert_eq!(
            (&frame["reason"], answer.header("retry-after")),
            (&json!("too_many_sessions"), Some("1"))
        );
    }
    // What is no connection that lasts is not counted.
    second.post(&[json!({"type": "ping", "ref": 1})]).await;
    let stream =
        Ask::get("/v1/rooms/1024/poll?wait=0").with("authorization", &format!("Bearer {}", ada.token()));
    assert_eq!(stream.of(&house).await.status, 429);
    drop(ada);
    crate::kit::until(|| house.node.clock.connections().len() == 1).await;
    let third = second.elsewhere_token(&house).await;
    assert_eq!(third, 200);
}

#[tokio::test]
async fn a_crowd_comes_in_line() {
    let given = Given { hellos_per_second: Some(1), hellos_burst: Some(3), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let ada = Guest::enter(&house, Over::Ndjson, "Ada").await;
    let hello = ada.hello(false).to_string();
    let brief = ada.hello(true).to_string();
    let (mut refused, mut kept) = (0, Http::connect(&house).await);
    for _ in 0..4 {
        let answer = kept.whole("POST", "/v1/poll?wait=0", &[], hello.as_bytes()).await;
        if answer.status != 200 {
            refused += 1;
            check(&answer, 503, "4100");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
    }
    assert!((1..=2).contains(&refused), "{refused}");
    // Who is here already goes on.
    for _ in 0..10 {
        assert_eq!(kept.whole("POST", "/v1/poll?wait=0", &[], brief.as_bytes()).await.status, 200);
    }
}

#[tokio::test]
async fn an_address_opens_so_many_streams() {
    let given = Given {
        connections_per_address_per_second: Some(1),
        connections_per_address_burst: Some(2),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    let mut statuses = Vec::new();
    for n in 0..4 {
        let mut http = Http::connect(&house).await;
        let hello = json!({"type": "hello", "v": 1, "name": format!("Ada {n}")}).to_string();
        let answer = match n % 2 {
            0 => http.ask("POST", "/v1/stream", &[], hello.as_bytes()).await,
            _ => http.ask("GET", "/v1/rooms/1024/stream", &[], b"").await,
        };
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
}
