//! Pages of other origins: whose may ask, and what their browsers are told.

use serde_json::json;
use teahouse_server::config::Given;

use crate::kit::{Ask, House, On};

const OURS: &str = "https://example.org";
const POSTS: [&str; 5] =
    ["/v1/stream", "/v1/poll?wait=0", "/v1/send", "/v1/guests", "/v1/rooms/1024/messages"];

async fn open(origins: &[&str]) -> House {
    let origins = Some(origins.iter().map(|origin| (*origin).to_owned()).collect());
    House::open_with(On::Sqlite, Given { origins, ..Given::default() }).await
}

#[tokio::test]
async fn a_configured_origin_may_ask() {
    let house = open(&[OURS, "http://other.test:81"]).await;
    for origin in [OURS, "http://other.test:81"] {
        for path in POSTS {
            let question = Ask::new("OPTIONS", path)
                .with("origin", origin)
                .with("access-control-request-method", "POST")
                .with("access-control-request-headers", "authorization");
            let answer = question.of(&house).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some(origin)));
            assert_eq!(answer.header("vary"), Some("origin"));
            assert_eq!(
                answer.header("access-control-allow-methods"),
                Some("GET, HEAD, POST, PUT, PATCH, DELETE")
            );
            assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"));
            assert!(answer.header("access-control-allow-credentials").is_none());
        }
        for (path, status) in [
            ("/v1/rooms/1024", 200),
            ("/v1/rooms/1024/messages", 200),
            ("/v1/costs", 401),
            ("/v1/rooms/no", 404),
        ] {
            let answer = Ask::get(path).with("origin", origin).of(&house).await;
            assert_eq!(
                (answer.status, answer.header("access-control-allow-origin")),
                (status, Some(origin)),
                "{path}"
            );
            let exposed = answer.header("access-control-expose-headers").unwrap();
            assert!(exposed.contains("retry-after") && exposed.contains("teahouse-cursor"));
        }
        let hello = json!({"type": "hello", "v": 1}).to_string();
        // No kind of content that would need a preflight.
        let ask =
            Ask::new("POST", "/v1/poll?wait=0").with("origin", origin).with("content-type", "text/plain");
        let answer = ask.body(hello.as_bytes()).of(&house).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
    }
}

#[tokio::test]
async fn other_pages_may_not_write_and_are_told_nothing() {
    let house = open(&[OURS]).await;
    for origin in [
        "https://evil.test",
        "null",
        "http://example.org",
        "https://example.org.evil.test",
        "https://example.org:444",
        "HTTPS://EXAMPLE.ORG",
    ] {
        for path in POSTS {
            let ask = Ask::new("POST", path).with("origin", origin);
            let answer = ask.body(br#"{"type":"hello","v":1}"#).of(&house).await;
            assert_eq!((answer.status, &*answer.code()), (403, "forbidden"), "{origin} {path}");
            assert!(answer.header("access-control-allow-origin").is_none());
            // A cache must not give this to a page that may ask.
            assert_eq!(answer.header("vary"), Some("origin"));
            let question = Ask::new("OPTIONS", path)
                .with("origin", origin)
                .with("access-control-request-method", "POST");
            let answer = question.of(&house).await;
            assert!(answer.header("access-control-allow-origin").is_none());
            assert!(answer.header("access-control-allow-methods").is_none());
        }
        for path in ["/v1/rooms/1024", "/v1/rooms/1024/messages", "/v1/costs"] {
            let answer = Ask::get(path).with("origin", origin).of(&house).await;
            assert!(answer.header("access-control-allow-origin").is_none());
        }
    }
}

#[tokio::test]
async fn without_configured_origins_nothing_is_said() {
    let house = House::open(On::Sqlite).await;
    let own = format!("http://{}", house.address);
    for (origin, status) in [(None, 200), (Some(&*own), 200), (Some("https://evil.test"), 403)] {
        let mut ask = Ask::new("POST", "/v1/poll?wait=0");
        if let Some(origin) = origin {
            ask = ask.with("origin", origin);
        }
        let answer = ask.body(br#"{"type":"hello","v":1}"#).of(&house).await;
        assert_eq!(answer.status, status, "{origin:?}");
        assert!(answer.header("vary").is_none() && answer.header("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn a_house_about_to_stop_tells_its_pages_so() {
    let mut house = open(&[OURS]).await;
    let mut held = crate::kit::Client::enter(&house, "Ada").await;
    house.begin_stop();
    crate::kit::until(|| house.node.is_draining()).await;
    let ask = Ask::new("POST", "/v1/poll").with("origin", OURS).body(br#"{"type":"hello","v":1}"#);
    let answer = ask.of(&house).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, Some(OURS)));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(held.closed().await.0, 4001);
}
