//! A guest claims their name; what one changes about oneself is seen by everybody at once.

use serde_json::{Value, json};
use teahouse_protocol::RoomId;

use super::{Page, check, decide, told, told_anew};
use crate::kit::{Ask, Client, House, On, Road, on_every_store};

on_every_store!(
    a_guest_claims_their_name_and_keeps_everything,
    a_name_is_one_persons,
    a_picture_is_kept_small_and_plain,
    whom_one_hides_is_kept
);

async fn a_guest_claims_their_name_and_keeps_everything(on: On) {
    let house = House::open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let mut socket = ada.enters().await;
    socket.post(1, "as a guest").await;
    assert_eq!(socket.hear(1, 1, 0).await.events[0].by.role, None);
    let me = ada.get("/v1/me").await;
    assert_eq!((&me["has_password"], &me["may"], &me["oidc"]), (&json!(false), &json!([]), &json!(false)));
    let short = ada.asks("PUT", "/v1/me/password", json!({"password": "short"})).await;
    check(&short, 400, "bad_field", Some("password"));
    let now = ada.says("PUT", "/v1/me/password", json!({"password": "long enough"})).await;
    assert_eq!((&now["you"]["id"], &now["you"]["role"]), (&ada.you["id"], &json!("member")));
    // Told at once, and the same connection writes as a member.
    assert_eq!(told_anew(&mut socket).await, now["you"]);
    // The room has asked anew what they may do there.
    socket.until_live().await;
    socket.post(2, "as a member").await;
    assert_eq!(json!(socket.hear(1, 1, 0).await.events[0].by), now["you"]);
    let me = ada.get("/v1/me").await;
    assert_eq!((&me["has_password"], &me["may"]), (&json!(true), &json!(["make_rooms"])));
    let mut elsewhere = Page::new(&house);
    elsewhere.comes("/v1/signin", json!({"name": "ada", "password": "long enough"})).await;
    assert_eq!(elsewhere.you, now["you"]);
    // Both messages are theirs.
    let log = house.log(&RoomId::main()).await;
    assert!(log.iter().all(|event| json!(event.by.id) == ada.you["id"]) && log.len() == 2);
    // Another password takes the old one, and ends the other sign-ins.
    for old in [json!({}), json!({"old": "wrong enough"})] {
        let mut body = old;
        body["password"] = json!("even longer");
        check(&ada.asks("PUT", "/v1/me/password", body).await, 401, "bad_password", Some("old"));
    }
    ada.says("PUT", "/v1/me/password", json!({"password": "even longer", "old": "long enough"})).await;
    assert_eq!(elsewhere.request("GET", "/v1/me").of(&house).await.status, 401);
    assert_eq!(ada.get("/v1/me").await["you"], now["you"]);
    let old =
        Page::new(&house).asks("POST", "/v1/signin", json!({"name": "Ada", "password": "long enough"})).await;
    check(&old, 401, "bad_password", None);
}

async fn a_name_is_one_persons(on: On) {
    let house = House::open(on).await;
    let (ada, bo) = (Page::guest(&house, "Ada").await, Page::guest(&house, "Bo").await);
    let rename = |page: &Page<'_>, name: &str| {
        let request = page.request("PATCH", "/v1/me").with("content-type", "application/json");
        request.body(json!({ "name": name }).to_string().as_bytes()).of_owned(&house)
    };
    // Also if it only looks the same.
    for name in ["Ada", "ａｄａ", "АDА"] {
        check(&rename(&bo, name).await, 409, "name_taken", Some("name"));
    }
    check(&rename(&bo, " ").await, 400, "bad_name", Some("name"));
    check(&rename(&bo, "teahouse").await, 400, "bad_name", Some("name"));
    assert_eq!(rename(&ada, "  Countess  ").await.json()["you"]["name"], "Countess");
    // The same name in another spelling is one's own; the old one is free.
    assert_eq!(rename(&ada, "COUNTESS").await.json()["you"]["name"], "COUNTESS");
    assert_eq!(rename(&bo, "Ada").await.json()["you"]["name"], "Ada");
    let (bos, adas) = (bo.get("/v1/me").await, ada.get("/v1/me").await);
    assert_eq!((&bos["you"]["id"], &adas["you"]["name"]), (&bo.you["id"], &json!("COUNTESS")));
}

/// What others see of a change, at the same node and at another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_name_is_seen_at_every_node() {
    for (on, road) in [(On::Sqlite, Road::Local(Default::default())), (On::Postgres, Road::nats())] {
        let [here, there] = House::open_nodes(on, road).await;
        let ada = Page::guest(&here, "Ada").await;
        let (mut mine, mut elsewhere) = (ada.enters().await, ada.at(&there).enters().await);
        let mut bo = Client::enter(&there, "Bo").await;
        ada.says("PATCH", "/v1/me", json!({"name": "Countess"})).await;
        for client in [&mut mine, &mut elsewhere] {
            assert_eq!(told_anew(client).await["name"], "Countess");
        }
        while !told(&mut bo).await.came.iter().any(|person| &*person.name == "Countess") {}
        elsewhere.post(1, "hello").await;
        assert_eq!(&*bo.event().await.by.name, "Countess");
    }
}

async fn a_picture_is_kept_small_and_plain(on: On) {
    let house = House::open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let picture = image::RgbImage::from_pixel(300, 200, image::Rgb([200, 30, 30]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let put = |bytes: &[u8]| ada.request("PUT", "/v1/me/picture").body(bytes).of_owned(&house);
    check(&put(b"no picture").await, 400, "bad_field", Some("picture"));
    check(&put(&vec![0; (256 << 10) + 1]).await, 413, "too_large", None);
    let you = put(jpeg.get_ref()).await.json()["you"].clone();
    let first = you["picture"].as_u64().expect("a version");
    let path = format!("/v1/people/{}/picture?v={first}", you["id"].as_str().unwrap());
    let shown = Ask::get(&path).of(&house).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
    assert!(shown.header("cache-control").unwrap().contains("immutable"));
    let shown = image::load_from_memory(&shown.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (128, 128));
    let second = put(jpeg.get_ref()).await.json()["you"]["picture"].as_u64().unwrap();
    assert!(second > first, "another picture has another version");
    assert_eq!(ada.get("/v1/me").await["you"]["picture"], json!(second));
    // A house that is not open shows it only to those who are in it.
    decide(&house, "admission", "invited").await;
    check(&Ask::get(&path).of(&house).await, 404, "not_found", None);
    assert_eq!(ada.request("GET", &path).of(&house).await.status, 200);
    decide(&house, "admission", "open").await;
    let gone = ada.says("DELETE", "/v1/me/picture", json!({})).await;
    assert_eq!(gone["you"]["picture"], Value::Null);
    check(&Ask::get(&path).of(&house).await, 404, "not_found", None);
    check(&Ask::get("/v1/people/nobody/picture").of(&house).await, 404, "not_found", None);
}

async fn whom_one_hides_is_kept(on: On) {
    let house = House::open(on).await;
    let (ada, bo) = (Page::guest(&house, "Ada").await, Page::guest(&house, "Bo").await);
    let path = format!("/v1/me/hidden/{}", bo.you["id"].as_str().unwrap());
    for _ in 0..2 {
        ada.says("PUT", &path, json!({})).await;
    }
    assert_eq!(ada.get("/v1/me/hidden").await, json!({"hidden": [bo.you]}));
    assert_eq!(bo.get("/v1/me/hidden").await, json!({"hidden": []}));
    ada.says("DELETE", &path, json!({})).await;
    assert_eq!(ada.get("/v1/me/hidden").await, json!({"hidden": []}));
    let nobody = "/v1/me/hidden/00000000-0000-4000-8000-000000000000";
    check(&ada.asks("PUT", nobody, json!({})).await, 404, "not_found", None);
}
