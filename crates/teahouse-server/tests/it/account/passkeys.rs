//! Passkeys, made and used by an authenticator that this project did not write.

use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client as Browser, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use teahouse_server::config::Given;
use url::Url;

use super::{Page, check};
use crate::kit::{Answer, House, On, Road, on_every_store};

on_every_store!(
    a_guest_claims_their_name_by_a_passkey,
    the_last_way_in_stays,
    an_answer_is_good_for_its_question_alone
);

const ORIGIN: &str = "https://chat.example";

/// Somebody who is there and shows their finger.
struct Willing;

impl UserValidationMethod for Willing {
    type PasskeyItem = Passkey;

    fn check_user<'a, 'life, 'done>(
        &'life self,
        _hint: UiHint<'a, Self::PasskeyItem>,
        _presence: bool,
        _verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'done>>
    where
        'a: 'done,
        'life: 'done,
        Self: 'done,
    {
        Box::pin(async { Ok(UserCheck { presence: true, verification: true }) })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A device with its passkeys.
fn authenticator() -> Authenticator<Option<Passkey>, Willing, RustCryptoBackend> {
    Authenticator::new(Aaguid::new_empty(), None, Willing, RustCryptoBackend)
}

/// What the device makes of what it is asked, at that origin.
macro_rules! creates {
    ($browser:expr, $origin:expr, $options:expr) => {{
        let options =
            CredentialCreationOptions { public_key: serde_json::from_value($options.clone()).unwrap() };
        let made =
            $browser.register(&Url::parse($origin).unwrap(), options, DefaultClientData).await.unwrap();
        as_browsers_say(serde_json::to_value(made).unwrap())
    }};
}

macro_rules! shows {
    ($browser:expr, $origin:expr, $options:expr) => {{
        let options =
            CredentialRequestOptions { public_key: serde_json::from_value($options.clone()).unwrap() };
        let shown =
            $browser.authenticate(&Url::parse($origin).unwrap(), options, DefaultClientData).await.unwrap();
        as_browsers_say(serde_json::to_value(shown).unwrap())
    }};
}

/// The library writes bytes as lists of numbers, a browser's `toJSON` as base64url.
fn as_browsers_say(value: Value) -> Value {
    match value {
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = all.iter().map(|byte| byte.as_u64().unwrap().try_into().unwrap()).collect();
            json!(URL_SAFE_NO_PAD.encode(bytes))
        }
        Value::Object(all) => all.into_iter().map(|(name, value)| (name, as_browsers_say(value))).collect(),
        other => other,
    }
}

async fn open(on: On) -> House {
    House::open_with(on, Given { origins: Some(vec![ORIGIN.into()]), ..Given::default() }).await
}

/// What a page of that origin asks.
async fn asks(house: &House, page: &Page<'_>, path: &str, body: &Value) -> Answer {
    let ask = page.request("POST", path).with("origin", ORIGIN).with("content-type", "application/json");
    ask.body(body.to_string().as_bytes()).of(house).await
}

async fn begun(house: &House, page: &Page<'_>, path: &str) -> Value {
    let answer = asks(house, page, path, &json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn a_guest_claims_their_name_by_a_passkey(on: On) {
    let house = open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let mut browser = Browser::new(authenticator());
    let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    assert_eq!(begun_["options"]["rp"]["id"], "chat.example");
    let made = creates!(browser, ORIGIN, begun_["options"]);
    let body = json!({"ticket": begun_["ticket"], "credential": made, "name": " my phone "});
    let all = asks(&house, &ada, "/v1/me/passkeys", &body).await;
    assert_eq!((all.status, &all.json()["passkeys"][0]["name"]), (200, &json!("my phone")), "{all:?}");
    let me = ada.get("/v1/me").await;
    assert_eq!((&me["you"]["role"], &me["has_password"]), (&json!("member"), &json!(false)));
    // The same device is not asked twice.
    let known = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    assert_eq!(known["options"]["excludeCredentials"].as_array().unwrap().len(), 1);
    for _ in 0..2 {
        let nobody = Page::new(&house);
        let begun_ = begun(&house, &nobody, "/v1/signin/passkey/begin").await;
        let shown = shows!(browser, ORIGIN, begun_["options"]);
        let answer = asks(
            &house,
            &nobody,
            "/v1/signin/passkey",
            &json!({"ticket": begun_["ticket"], "credential": shown}),
        )
        .await;
        let mut page = Page::new(&house);
        page.took(&answer);
        assert_eq!(page.you, me["you"]);
        assert_eq!(page.get("/v1/me").await["you"], me["you"]);
    }
    assert!(ada.get("/v1/me").await["passkeys"][0]["used"].is_u64());
}

async fn the_last_way_in_stays(on: On) {
    let house = open(on).await;
    let ada = Page::guest(&house, "Ada").await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::new(authenticator());
        let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
        let made = creates!(browser, ORIGIN, begun_["options"]);
        let all = asks(
            &house,
            &ada,
            "/v1/me/passkeys",
            &json!({"ticket": begun_["ticket"], "credential": made, "name": "x"}),
        )
        .await;
        ids = all.json()["passkeys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
    }
    assert_eq!(ids.len(), 2);
    let path = |id: &str| format!("/v1/me/passkeys/{id}");
    // Nobody else can take them away.
    let eve = Page::guest(&house, "Eve").await;
    check(&eve.asks("DELETE", &path(&ids[0]), json!({})).await, 404, "not_found", None);
    let left = ada.says("DELETE", &path(&ids[0]), json!({})).await;
    assert_eq!(left["passkeys"].as_array().unwrap().len(), 1);
    check(&ada.asks("DELETE", &path(&ids[1]), json!({})).await, 403, "forbidden", None);
    ada.says("PUT", "/v1/me/password", json!({"password": "long enough"})).await;
    assert_eq!(ada.says("DELETE", &path(&ids[1]), json!({})).await, json!({"passkeys": []}));
}

async fn an_answer_is_good_for_its_question_alone(on: On) {
    let house = open(on).await;
    let (ada, eve) = (Page::guest(&house, "Ada").await, Page::guest(&house, "Eve").await);
    let mut browser = Browser::new(authenticator());
    let refused = |answer: Answer| check(&answer, 401, "bad_password", None);
    let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    let made = creates!(browser, ORIGIN, begun_["options"]);
    // Another person's answer, and the same answer twice.
    let body = json!({"ticket": begun_["ticket"], "credential": made, "name": ""});
    refused(asks(&house, &eve, "/v1/me/passkeys", &body).await);
    refused(asks(&house, &ada, "/v1/me/passkeys", &body).await);
    let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    // The answer to another question.
    refused(
        asks(
            &house,
            &ada,
            "/v1/me/passkeys",
            &json!({"ticket": begun_["ticket"], "credential": made, "name": ""}),
        )
        .await,
    );
    // A page of another origin made it.
    let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    let made = creates!(browser, "https://evil.chat.example", begun_["options"]);
    refused(
        asks(
            &house,
            &ada,
            "/v1/me/passkeys",
            &json!({"ticket": begun_["ticket"], "credential": made, "name": ""}),
        )
        .await,
    );
    let begun_ = begun(&house, &ada, "/v1/me/passkeys/begin").await;
    let made = creates!(browser, ORIGIN, begun_["options"]);
    let kept = asks(
        &house,
        &ada,
        "/v1/me/passkeys",
        &json!({"ticket": begun_["ticket"], "credential": made, "name": ""}),
    )
    .await;
    assert_eq!(kept.status, 200, "{kept:?}");
    let nobody = Page::new(&house);
    let first = begun(&house, &nobody, "/v1/signin/passkey/begin").await;
    let second = begun(&house, &nobody, "/v1/signin/passkey/begin").await;
    let mut shown = shows!(browser, ORIGIN, first["options"]);
    let sign_in = |ticket: Value, credential: Value| json!({"ticket": ticket, "credential": credential});
    refused(
        asks(&house, &nobody, "/v1/signin/passkey", &sign_in(second["ticket"].clone(), shown.clone())).await,
    );
    // A signature that somebody touched.
    let signature = shown["response"]["signature"].as_str().unwrap().to_owned();
    let middle = signature.len() / 2;
    let other = if signature.as_bytes()[middle] == b'x' { "y" } else { "x" };
    shown["response"]["signature"] =
        json!(format!("{}{other}{}", &signature[..middle], &signature[middle + 1..]));
    refused(asks(&house, &nobody, "/v1/signin/passkey", &sign_in(first["ticket"].clone(), shown)).await);
    refused(asks(&house, &nobody, "/v1/signin/passkey", &sign_in(json!("none"), json!({}))).await);
    // A machine has no host name to bind a passkey to.
    let own = ada.asks("POST", "/v1/me/passkeys/begin", json!({})).await;
    check(&own, 403, "forbidden", None);
}

/// One node asks, another one takes the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_takes_the_answer() {
    let [here, there] = House::open_nodes(On::Postgres, Road::nats()).await;
    let ada = Page::guest(&here, "Ada").await;
    let mut browser = Browser::new(authenticator()).allows_insecure_localhost(true);
    let host = |house: &House| format!("localhost:{}", house.address.port());
    let ask = |page: &Page<'_>, house: &House, path: &str, body: Value| {
        let ask = page.request("POST", path).with("content-type", "application/json");
        ask.body(body.to_string().as_bytes()).of_host(&host(house), house)
    };
    let begun_ = ask(&ada, &here, "/v1/me/passkeys/begin", json!({})).await.json();
    let origin = format!("http://{}", host(&here));
    let made = creates!(browser, &origin, begun_["options"]);
    let body = json!({"ticket": begun_["ticket"], "credential": made, "name": ""});
    let kept = ask(&ada.at(&there), &there, "/v1/me/passkeys", body).await;
    assert_eq!(kept.status, 200, "{kept:?}");
    let nobody = Page::new(&here);
    let begun_ = ask(&nobody, &here, "/v1/signin/passkey/begin", json!({})).await.json();
    let shown = shows!(browser, &origin, begun_["options"]);
    let body = json!({"ticket": begun_["ticket"], "credential": shown});
    let mut page = Page::new(&there);
    page.took(&ask(&nobody, &there, "/v1/signin/passkey", body).await);
    assert_eq!(page.you["id"], ada.you["id"]);
}
