//! The plain-text room: a page of ten lines is a client.

use tokio_tungstenite::tungstenite::Message;

use teahouse_protocol::{RoomId, UserId};
use teahouse_server::config::Given;

use crate::kit::{Ask, Client, House, On, Plain, on_every_store};

on_every_store!(both_rooms_are_one);

/// Name and text of a fragment, which must be exactly as the protocol says.
fn parts(fragment: &str) -> (String, String) {
    let inside = fragment.strip_prefix(r#"<div style="margin:10px;background-color:khaki">"#);
    let inside = inside.and_then(|inside| inside.strip_suffix("</div>"));
    let (name, text) = inside.and_then(|inside| inside.split_once(": ")).expect(fragment);
    (name.to_owned(), text.to_owned())
}

async fn both_rooms_are_one(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 5, |n| n.to_string()).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut plain = Plain::enter(&house).await;
    // It starts at the head. When the app's message comes back, the participant is surely live.
    ada.post(1, "a < b & \"c\" > 'd'\nnext").await;
    ada.hear(1, 1, 0).await;
    let fragment = plain.hear().await;
    assert_eq!(
        fragment,
        "<div style=\"margin:10px;background-color:khaki\">Ada: a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;\nnext</div>"
    );
    plain.say("<script>alert(1)</script>\r\n你好").await;
    let (name, text) = parts(&plain.hear().await);
    let event = ada.event().await;
    assert_eq!(event.body.text, "<script>alert(1)</script>\n你好");
    assert_eq!(text, "&lt;script&gt;alert(1)&lt;/script&gt;\n你好");
    assert_eq!((&*event.by.name, event.by.id.to_string()), (&*name, name.clone()));
    assert!(name.parse::<UserId>().is_ok(), "{name}");
    // The name lives as long as the connection; another one has another.
    plain.say("again").await;
    assert_eq!(parts(&plain.hear().await), (name.clone(), "again".into()));
    ada.event().await;
    let mut other = Plain::enter(&house).await;
    other.say("me too").await;
    let theirs = parts(&other.hear().await);
    assert_eq!(parts(&plain.hear().await), theirs);
    assert_eq!(theirs.1, "me too");
    assert_ne!(theirs.0, name);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_in_words() {
    let given = Given { sends_burst: Some(2), sends_per_second: Some(1), ..Given::default() };
    let house = House::open_with(On::Sqlite, given).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut plain = Plain::enter(&house).await;
    for blank in ["", " ", "\n\t", "\u{200b}"] {
        plain.say(blank).await;
    }
    plain.say(&"x".repeat(16_385)).await;
    let (name, text) = parts(&plain.hear().await);
    assert!(name == "teahouse" && text.contains("16385"), "{name}: {text}");
    plain.say("a\u{1b}[2J").await;
    assert_eq!(parts(&plain.hear().await).0, "teahouse");
    ada.quiet().await;
    for n in 1..=3 {
        plain.say(&n.to_string()).await;
    }
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(parts(&plain.hear().await));
    }
    // The refusal leaves at once, the others when they are stored.
    let refused = texts.iter().position(|(name, _)| name == "teahouse").expect("one is refused");
    assert_eq!(texts.remove(refused).1, "You are writing faster than this house allows.");
    assert!(texts.iter().map(|(_, text)| &**text).eq(["1", "2"]), "{texts:?}");
    assert_eq!(ada.hear(2, 0, 0).await.texts(), ["1", "2"]);
    // A ping is answered, and something that is no text ends it.
    plain.say_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(plain.closed().await, 1003);
    ada.quiet().await;
}

#[tokio::test]
async fn the_page_has_a_policy_of_its_own() {
    let house = House::open(On::Sqlite).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = Ask::get("/index").of(&house).await;
        assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(page.body.contains(&format!("nonce=\"{nonce}\"")) && !page.body.contains("NONCE"));
        for scheme in ["http:", "https:", "src=\"//", "href=\"//"] {
            assert!(!page.body.contains(scheme), "it loads nothing from elsewhere");
        }
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    for (path, kind) in [("plain.js", "text/javascript"), ("plain.css", "text/css")] {
        let file = Ask::get(&format!("/static/{path}")).of(&house).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type"), Some(&*format!("{kind}; charset=utf-8")));
        assert!(!file.body.contains("http://") && !file.body.contains("https://"));
    }
    for path in ["/static/nothing.js", "/static/..%2fCargo.toml", "/static/%2e%2e"] {
        assert_eq!(Ask::get(path).of(&house).await.status, 404, "{path}");
    }
}
