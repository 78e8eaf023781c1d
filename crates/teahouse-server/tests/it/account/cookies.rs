//! Pages are known by a cookie, which no other page can use.

use serde_json::{Value, json};
use teahouse_server::config::Given;

use super::{Page, check};
use crate::kit::{Ask, Client, House, On, on_every_store};

on_every_store!(a_page_is_known_by_its_cookie_on_every_transport);

async fn a_page_is_known_by_its_cookie_on_every_transport(on: On) {
    let house = House::open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let mut socket = ada.enters().await;
    assert_eq!(socket.me().token, None);
    let hello = r#"{"type":"hello","v":1,"cursors":{"1024":"head"}}"#;
    let send = json!({"type": "send", "ref": 1, "room": "1024", "cid": "00112233445566778899aabbccddeeff", "kind": "message",
        "body": {"text": "hello"}, "first": true});
    let sent = ada.request("POST", "/v1/send").body(format!("{hello}\n{send}\n").as_bytes()).of(&house).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    assert!(sent.body.contains("\"ack\""), "{sent:?}");
    assert_eq!(json!(socket.event().await.by), ada.you);
    let hello = r#"{"type":"hello","v":1,"cursors":{"1024":{"tail":1}}}"#;
    let polled = ada.request("POST", "/v1/poll?wait=0").body(hello.as_bytes()).of(&house).await;
    let welcome: Value = serde_json::from_str(polled.body.lines().next().unwrap()).unwrap();
    assert_eq!((polled.status, &welcome["you"]), (200, &ada.you), "{polled:?}");
    let spoken = ada.request("POST", "/v1/rooms/1024/messages").body(b"again").of(&house).await;
    assert_eq!((spoken.status, &spoken.json()["you"]), (201, &ada.you));
    // A name in the hello is a new guest's, and a token is its person's.
    let mut bo = Client::connect_with(&house, &ada.cookie).await;
    bo.hello(&json!({"type": "hello", "v": 1, "name": "Bo"})).await;
    assert!(json!(bo.me().you.id) != ada.you["id"] && bo.me().token.is_some());
    let mut both = Client::connect_with(&house, &ada.cookie).await;
    both.hello(&json!({"type": "hello", "v": 1, "token": bo.me().token})).await;
    assert_eq!(both.me().you, bo.me().you);
    // A cookie of nobody is told so.
    let mut nobody = Client::connect_with(&house, "teahouse=nobodys").await;
    nobody.say(&json!({"type": "hello", "v": 1})).await;
    assert_eq!(nobody.error().await.code.as_str(), "bad_token");
    // Who takes themselves for somebody else is not let in as whom the cookie means, and no guest is made.
    for (cookie, you) in [(&*ada.cookie, json!(bo.me().you.id)), ("", ada.you["id"].clone())] {
        let hello = json!({"type": "hello", "v": 1, "you": you});
        let mut stale = Client::connect_with(&house, cookie).await;
        stale.say(&hello).await;
        assert_eq!(stale.error().await.code.as_str(), "bad_token");
        let asked = Ask::new("POST", "/v1/poll?wait=0").with("cookie", cookie).with("x-teahouse", "1");
        let polled = asked.body(hello.to_string().as_bytes()).of(&house).await;
        assert_eq!(polled.status, 401, "{polled:?}");
    }
    let mut right = Client::connect_with(&house, &ada.cookie).await;
    right.hello(&json!({"type": "hello", "v": 1, "you": ada.you["id"]})).await;
    assert_eq!(json!(right.me().you), ada.you);
}

#[tokio::test]
async fn a_form_of_another_page_cannot_use_the_cookie() {
    let house = House::open(On::Sqlite).await;
    let ada = Page::guest(&house, "Ada").await;
    let forged = |method: &str, path: &str| {
        Ask::new(method, path).with("cookie", &ada.cookie).with("content-type", "application/json")
    };
    for (method, path) in [
        ("PATCH", "/v1/me"),
        ("DELETE", "/v1/me"),
        ("PUT", "/v1/me/password"),
        ("POST", "/v1/me/code"),
        ("POST", "/v1/signout"),
        ("DELETE", "/v1/me/signins/others"),
        ("POST", "/v1/rooms/1024/messages"),
    ] {
        let answer = forged(method, path).body(b"{\"name\":\"Eve\"}").of(&house).await;
        check(&answer, 403, "forbidden", Some("x-teahouse"));
    }
    let hello = br#"{"type":"hello","v":1,"cursors":{"1024":"head"}}"#;
    for path in ["/v1/stream", "/v1/poll", "/v1/send"] {
        check(&forged("POST", path).body(hello).of(&house).await, 403, "forbidden", Some("x-teahouse"));
    }
    // Reading changes nothing, and a browser shows no other page what it got.
    assert_eq!(forged("GET", "/v1/me").of(&house).await.json()["you"], ada.you);
    let elsewhere = forged("GET", "/v1/me").with("origin", "https://evil.example").of(&house).await;
    check(&elsewhere, 403, "forbidden", None);
    // A program shows its token and needs no header.
    let token = ada.cookie.strip_prefix("teahouse=").unwrap();
    let program = Ask::new("PATCH", "/v1/me").with("authorization", &format!("Bearer {token}"));
    let program = program.with("content-type", "application/json").body(b"{\"name\":\"Ada L\"}");
    assert_eq!(program.of(&house).await.json()["you"]["name"], "Ada L");
}

#[tokio::test]
async fn a_cookie_says_who_may_have_it() {
    for (trusted, proto, secure) in [(false, "https", false), (true, "http", false), (true, "https", true)] {
        let given = Given { trust_forwarded: Some(trusted), ..Given::default() };
        let house = House::open_with(On::Sqlite, given).await;
        let ask = Ask::post("/v1/guests", &json!({"name": "Ada"})).with("x-teahouse", "1");
        let answer = ask.with("x-forwarded-proto", proto).of(&house).await;
        let (token, said) = answer.cookie("teahouse").unwrap();
        assert_eq!(token.len(), 43, "256 bits");
        let expected = "Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax";
        assert_eq!(said, format!("{expected}{}", if secure { "; Secure" } else { "" }));
        // Without the header a program asks, which gets the token.
        let program = Ask::post("/v1/guests", &json!({"name": "Bo"})).of(&house).await;
        assert!(program.cookie("teahouse").is_none() && program.json()["token"].is_string());
    }
}
