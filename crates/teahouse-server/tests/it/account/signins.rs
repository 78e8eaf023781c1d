//! Sign-ins: listed, ended on every node at once, made on another device, by a link, and not by guessing.

use serde_json::{Value, json};
use teahouse_server::config::Given;

use super::{Page, check};
use crate::kit::{Ask, House, On, Road, on_every_store};

on_every_store!(
    sign_ins_are_listed_and_ended,
    a_code_signs_in_on_another_device_once,
    a_link_sets_a_new_password_once,
    an_owner_may_begin_without_a_password
);

async fn sign_ins_are_listed_and_ended(on: On) {
    let house = House::open(on).await;
    let ada = Page::member(&house, "Ada", "long enough").await;
    let signs_in = || async {
        let mut page = Page::new(&house);
        page.comes("/v1/signin", json!({"name": "Ada", "password": "long enough"})).await;
        page
    };
    let (second, third) = (signs_in().await, signs_in().await);
    let all = ada.get("/v1/me/signins").await["signins"].clone();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 3);
    let this: Vec<_> = all.iter().filter(|one| one["this"] == json!(true)).collect();
    assert_eq!(this.len(), 1);
    assert!(all.iter().all(|one| one["made"].is_u64() && one["address"] == "127.0.0.1"), "{all:?}");
    let other = second.get("/v1/me/signins").await["signins"].clone();
    let other =
        other.as_array().unwrap().iter().find(|one| one["this"] == json!(true)).unwrap()["id"].clone();
    let ended = format!("/v1/me/signins/{}", other.as_str().unwrap());
    ada.says("DELETE", &ended, json!({})).await;
    check(&ada.asks("DELETE", &ended, json!({})).await, 404, "not_found", None);
    check(&ada.asks("DELETE", "/v1/me/signins/xyz", json!({})).await, 404, "not_found", None);
    check(&second.request("GET", "/v1/me").of(&house).await, 401, "bad_token", None);
    third.says("DELETE", "/v1/me/signins/others", json!({})).await;
    check(&ada.request("GET", "/v1/me").of(&house).await, 401, "bad_token", None);
    // Going out ends the one that is shown, and clears the cookie, also when it is good no more.
    for _ in 0..2 {
        let out = third.asks("POST", "/v1/signout", json!({})).await;
        let (token, said) = out.cookie("teahouse").unwrap();
        assert!(out.status == 200 && token.is_empty() && said.contains("Max-Age=0"), "{out:?}");
    }
    check(&third.request("GET", "/v1/me").of(&house).await, 401, "bad_token", None);
}

/// Ending a sign-in closes its connections wherever they are, and no others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_sign_in_is_out_at_every_node() {
    for (on, road) in [(On::Sqlite, Road::Local(Default::default())), (On::Postgres, Road::nats())] {
        let [here, there] = House::open_nodes(on, road).await;
        let ada = Page::member(&here, "Ada", "long enough").await;
        let mut lost = Page::new(&there);
        lost.comes("/v1/signin", json!({"name": "Ada", "password": "long enough"})).await;
        let (mut at_home, mut on_the_way) = (lost.at(&here).enters().await, lost.enters().await);
        let mut mine = ada.at(&there).enters().await;
        ada.says("DELETE", "/v1/me/signins/others", json!({})).await;
        assert_eq!(at_home.closed().await.0, 4410);
        assert_eq!(on_the_way.closed().await.0, 4410);
        mine.post(1, "still here").await;
        mine.hear(1, 1, 0).await;
        let back =
            lost.request("POST", "/v1/poll?wait=0").body(br#"{"type":"hello","v":1}"#).of(&there).await;
        check(&back, 401, "bad_token", None);
    }
}

async fn a_code_signs_in_on_another_device_once(on: On) {
    let house = House::open(on).await;
    // A guest, too, can go on elsewhere.
    let ada = Page::guest(&house, "Ada").await;
    let first = ada.says("POST", "/v1/me/code", json!({})).await;
    let second = ada.says("POST", "/v1/me/code", json!({})).await;
    let code = second["code"].as_str().unwrap();
    assert!(second["until"].is_u64() && code.len() == 8);
    let tries = |code: &str| {
        Page::new(&house)
            .request("POST", "/v1/signin/code")
            .with("content-type", "application/json")
            .body(json!({ "code": code }).to_string().as_bytes())
            .of_owned(&house)
    };
    check(&tries(first["code"].as_str().unwrap()).await, 401, "bad_password", None);
    check(&tries("AAAAAAAA").await, 401, "bad_password", None);
    // As a person types it.
    let typed = format!("{} {}", code[..4].to_lowercase(), &code[4..]);
    let mut phone = Page::new(&house);
    phone.took(&tries(&typed).await);
    assert_eq!(phone.get("/v1/me").await["you"], ada.you);
    check(&tries(code).await, 401, "bad_password", None);
}

async fn a_link_sets_a_new_password_once(on: On) {
    let house = House::open(on).await;
    let ada = Page::member(&house, "Ada", "forgotten one").await;
    let id = ada.you["id"].as_str().unwrap().parse().unwrap();
    let link = house.node.people.new_reset(id).await.unwrap();
    let mut socket = ada.enters().await;
    let reset = |code: &str, password: &str| {
        let body = json!({"code": code, "password": password});
        Ask::post("/v1/signin/reset", &body).with("x-teahouse", "1").of_owned(&house)
    };
    check(&reset("wrong", "a new one").await, 401, "bad_password", None);
    check(&reset(&link.code, "short").await, 400, "bad_field", Some("password"));
    let mut page = Page::new(&house);
    page.took(&reset(&link.code, "a new one").await);
    assert_eq!(page.get("/v1/me").await["you"]["id"], ada.you["id"]);
    assert_eq!(socket.closed().await.0, 4410);
    check(&ada.request("GET", "/v1/me").of(&house).await, 401, "bad_token", None);
    check(&reset(&link.code, "another one").await, 401, "bad_password", None);
    Page::new(&house).comes("/v1/signin", json!({"name": "Ada", "password": "a new one"})).await;
}

async fn an_owner_may_begin_without_a_password(on: On) {
    let house = House::open(on).await;
    assert_eq!(Ask::get("/v1/house").of(&house).await.json()["setup"], json!(true));
    let path = house.node.setup_path().unwrap();
    let secret = path.strip_prefix("/setup#").unwrap();
    let mut owner = Page::new(&house);
    let wish = json!({"token": secret, "name": "林晓", "house": "我家", "admission": "invited"});
    owner.comes("/v1/setup", wish).await;
    let me = owner.get("/v1/me").await;
    assert_eq!(me["may"], json!(["make_rooms", "moderate", "administer"]));
    assert_eq!(me["has_password"], json!(false));
    let seen = Ask::get("/v1/house").of(&house).await.json();
    assert_eq!(seen, json!({"name": "我家", "admission": "invited", "setup": false}));
}

#[tokio::test]
async fn guessing_is_slow_for_the_account_and_for_the_address() {
    let given = Given {
        trust_forwarded: Some(true),
        signins_per_account_per_minute: Some(1),
        signins_per_account_burst: Some(3),
        signins_per_address_per_minute: Some(1),
        signins_per_address_burst: Some(4),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    Page::member(&house, "Ada", "long enough").await;
    let tries = |name: &str, password: &str, address: &str| {
        let body = json!({"name": name, "password": password});
        Ask::post("/v1/signin", &body).with("x-forwarded-for", address).of_owned(&house)
    };
    // From anywhere, an account has so many tries; one that does not exist has as many.
    for name in ["Ada", "Nobody"] {
        for last in 1..=3 {
            let address = format!("192.0.2.{last}");
            check(&tries(name, "wrong enough", &address).await, 401, "bad_password", None);
        }
        let refused = tries(name, "long enough", "198.51.100.1").await;
        check(&refused, 429, "rate", None);
        assert!(refused.json()["retry_ms"].is_u64() && refused.header("retry-after").is_some());
    }
    // And an address has so many, whatever it tries; a network of IPv6 is one.
    for last in 1..=4 {
        let name = format!("Somebody {last}");
        check(&tries(&name, "wrong enough", &format!("2001:db8::{last}")).await, 401, "bad_password", None);
    }
    check(&tries("Someone", "wrong enough", "2001:db8::5").await, 429, "rate", None);
    check(&tries("Someone", "wrong enough", "2001:db8:0:1::1").await, 401, "bad_password", None);
}

#[tokio::test]
async fn who_is_right_does_not_use_up_tries() {
    let given = Given {
        signins_per_account_burst: Some(2),
        signins_per_account_per_minute: Some(1),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    Page::member(&house, "Ada", "long enough").await;
    for _ in 0..6 {
        Page::new(&house).comes("/v1/signin", json!({"name": "Ada", "password": "long enough"})).await;
    }
}

/// Tokens are nowhere in what is stored, only their hashes.
#[tokio::test]
async fn no_token_is_stored() {
    let house = House::open(On::Sqlite).await;
    let ada = Page::guest(&house, "Ada").await;
    let code: Value = ada.says("POST", "/v1/me/code", json!({})).await;
    let secrets = [ada.cookie.strip_prefix("teahouse=").unwrap(), code["code"].as_str().unwrap()];
    let signed_in = ada.get("/v1/me/signins").await.to_string();
    for secret in secrets {
        assert!(!signed_in.contains(secret));
        for bytes in house.ground().files() {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
