//! Whatever comes as a body is answered with a status, and hurts nobody.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::kit::{Guest, House, Http, On, Over};

const PATHS: [&str; 5] =
    ["/v1/stream", "/v1/poll?wait=0", "/v1/send", "/v1/guests", "/v1/rooms/1024/messages"];

/// Pieces that are nearly right, so that chance gets far.
fn piece(token: &str) -> impl Strategy<Value = String> + use<> {
    let hello = json!({"type": "hello", "v": 1, "token": token, "cursors": {"1024": "0"}}).to_string();
    let nearly = [
        hello,
        r#"{"type":"hello","v":1}"#.into(),
        r#"{"type":"hello","v":1,"session":"0000000000000000","brief":true,"cost":true}"#.into(),
        r#"{"type":"hello","v":1,"cursors":{"1024":{"tail":200},"nowhere":"head"}}"#.into(),
        r#"{"type":"hello","v":1,"cursors":{"1024":"00000000.9007199254740991.ffffffff"}}"#.into(),
        r#"{"type":"ping","ref":9007199254740991}"#.into(),
        r#"{"type":"send","ref":0,"room":"1024","cid":"00000000000000000000000000000000","kind":"message","body":{"text":"x"}}"#.into(),
        r#"{"type":"read","ref":1,"room":"1024","seq":9007199254740991}"#.into(),
        r#"{"type":"history","ref":1,"room":"1024","after":9007199254740991,"limit":200}"#.into(),
        r#"{"type":"history","ref":1,"room":"1024","around":0}"#.into(),
        r#"{"type":"typing","room":"1024"}"#.into(),
        r#"{"type":"auth","ref":1,"token":"x"}"#.into(),
        r#"{"type":"bye"}"#.into(),
        "[[[[".into(),
        "\r".into(),
        "\n\n".into(),
        " ".into(),
        "{\"name\":\"\u{202e}\"}".into(),
        "\0".into(),
    ];
    prop_oneof![6 => prop::sample::select(nearly.to_vec()), 1 => any::<String>()]
}

fn body(token: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let lines = vec((piece(token), prop::option::weighted(0.1, any::<(prop::sample::Index, u8)>())), 0..8);
    let likely = lines.prop_map(|lines| {
        let mut all = Vec::new();
        for (line, change) in lines {
            let mut line = line.into_bytes();
            if let (Some((at, byte)), false) = (change, line.is_empty()) {
                let at = at.index(line.len());
                line[at] = byte;
            }
            all.extend(line);
            all.push(b'\n');
        }
        all
    });
    prop_oneof![4 => likely, 1 => vec(any::<u8>(), 0..300)]
}

#[test]
fn any_body_is_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (house, token) = runtime.block_on(async {
        let house = House::open(On::Sqlite).await;
        let ada = Guest::enter(&house, Over::Poll, "Ada").await;
        let token = ada.token().to_owned();
        (house, token)
    });
    let statuses = [200, 201, 400, 401, 403, 404, 409, 413, 426, 429, 503];
    proptest!(ProptestConfig::with_cases(300), |(body in body(&token), path in prop::sample::select(&PATHS[..]))| {
        let status = runtime.block_on(async {
            let mut http = Http::connect(&house).await;
            http.ask("POST", path, &[], &body).await.status
        });
        prop_assert!(statuses.contains(&status), "{path}: {status}");
    });
    runtime.block_on(async {
        let mut bo = crate::kit::Client::enter(&house, "Bo").await;
        let head = house.log(&teahouse_protocol::RoomId::main()).await.len();
        bo.post(1, "still here").await;
        assert_eq!(bo.hear(1, 1, 0).await.events[0].seq.0 as usize, head + 1);
    });
}

/// What is no HTTP at all ends its connection and nothing else.
#[tokio::test]
async fn what_is_no_request_is_refused() {
    let house = House::open(On::Sqlite).await;
    let wrong: [&[u8]; 8] = [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/send HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/send HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"POST /v1/send HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/poll?wait=0 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"POST /v1/stream HTTP/9.9\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    for bytes in wrong {
        let mut http = Http::connect(&house).await;
        http.write(bytes).await;
        http.end().await;
        http.until_end().await;
    }
    let mut ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    ada.say(1, "unhurt").await;
    assert_eq!(ada.hear_up_to(1).await.len(), 1);
}
