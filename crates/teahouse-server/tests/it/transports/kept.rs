//! One HTTP connection for one request after another, whatever the one before was.

use serde_json::json;
use teahouse_protocol::{Push, RoomId};
use teahouse_server::config::Given;

use crate::kit::{Client, Guest, House, Http, Lines, On, Over, lines};

/// Requests of every kind, over the same connection.
#[tokio::test]
async fn a_connection_is_kept_between_requests_of_every_kind() {
    let house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut http = Http::connect(&house).await;
    for n in 1..=6 {
        let hello = ada.hello(true);
        let body = lines([&hello, &ada.send(n, "hi")]);
        assert_eq!(http.whole("POST", "/v1/send", &[], body.as_bytes()).await.status, 200);
        // This one leaves hyper and comes back.
        let answer = http.whole("POST", "/v1/poll?wait=25", &[], hello.to_string().as_bytes()).await;
        assert_eq!(answer.body.matches("\"type\":\"event\"").count() as u64, n);
        assert_eq!(http.whole("POST", "/v1/poll", &[], b"nonsense").await.status, 400);
        let answer = http.whole("GET", "/v1/rooms/1024/poll?from=0", &[], b"").await;
        assert_eq!(answer.body.lines().count() as u64, n);
        assert_eq!(http.whole("GET", "/healthz", &[], b"").await.body, "ok");
    }
    assert_eq!(house.log(&RoomId::main()).await.len(), 6);
}

/// Requests that are sent without waiting for answers are answered in order (RFC 9112, 9.3.2), or their
/// connection ends: none is forgotten on a connection that goes on.
#[tokio::test]
async fn what_is_sent_ahead_is_not_forgotten() {
    let house = House::open(On::Sqlite).await;
    house.seed(&RoomId::main(), 3, |n| n.to_string()).await;
    for wait in [0, 25] {
        let hello = json!({"type": "hello", "v": 1, "cursors": {"1024": "0"}}).to_string();
        let one = format!(
            "POST /v1/poll?wait={wait} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{hello}",
            hello.len()
        );
        let mut http = Http::connect(&house).await;
        http.write(format!("{one}{one}GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
        for _ in 0..2 {
            assert_eq!(http.head("POST").await.status, 200, "{wait}");
            let events = http.frames(Lines::Ndjson).await;
            assert_eq!(events.iter().filter(|line| line.contains("\"type\":\"event\"")).count(), 3);
        }
        assert_eq!(http.head("GET").await.status, 200);
    }
}

/// A page elsewhere may read what it may ask, also of answers that wait.
#[tokio::test]
async fn an_answer_that_waits_names_its_origin_and_is_secure() {
    const OURS: &str = "https://example.org";
    let given = Given { origins: Some(vec![OURS.into()]), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    for (method, path) in
        [("POST", "/v1/stream"), ("POST", "/v1/poll?wait=25"), ("GET", "/v1/rooms/1024/stream")]
    {
        for origin in [Some(OURS), None] {
            let mut http = Http::connect(&house).await;
            let headers: Vec<_> = origin.iter().map(|origin| ("origin", *origin)).collect();
            let body = if method == "POST" { r#"{"type":"hello","v":1}"# } else { "" };
            let head = http.ask(method, path, &headers, body.as_bytes()).await;
            assert_eq!((head.status, head.header("access-control-allow-origin")), (200, origin), "{path}");
            assert_eq!(head.header("vary"), Some("origin"), "{path}");
            assert_eq!(head.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(head.header("date").is_some() && head.header("content-type").is_some(), "{path}");
        }
    }
}

/// Who leaves while their poll waits, and who writes on: neither disturbs anybody.
#[tokio::test]
async fn a_connection_that_is_cut_while_it_waits_is_gone() {
    let house = House::open(On::Sqlite).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let mut cut = Http::connect(&house).await;
    cut.request("POST", "/v1/poll?wait=50", &[], ada.hello(true).to_string().as_bytes()).await;
    let waits = || house.node.clock.connections().iter().any(|one| one.transport.is_poll());
    crate::kit::until(waits).await;
    // It says that it will write nothing more, and reads on.
    cut.end().await;
    crate::kit::until(|| !waits()).await;
    bo.post(1, "news").await;
    assert_eq!(ada.hear_up_to(1).await.len(), 1);
    let mut stream = Http::connect(&house).await;
    stream.request("POST", "/v1/stream", &[], ada.hello(false).to_string().as_bytes()).await;
    assert_eq!(stream.head("POST").await.status, 200);
    // What is said here is not heard, and not answered.
    stream.write(&[b'x'; 100_000]).await;
    bo.post(2, "more").await;
    loop {
        let frame = stream.frame(Lines::Ndjson).await.unwrap();
        if matches!(Push::decode(&frame).unwrap(), Push::Event(event) if event.seq.0 == 2) {
            break;
        }
    }
}

/// Whoever leaves just when their request begins to wait leaves nothing behind: neither a connection that
/// is counted for ever, nor a request that the end waits for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_as_they_begin_to_wait_leaves_nothing_behind() {
    let mut house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let hello = ada.hello(true).to_string();
    for path in ["/v1/poll?wait=50", "/v1/stream"] {
        for _ in 0..300 {
            let mut cut = Http::connect(&house).await;
            cut.request("POST", path, &[], hello.as_bytes()).await;
            drop(cut);
        }
    }
    drop(ada);
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
    house.begin_stop();
    house.stopped().await;
}
