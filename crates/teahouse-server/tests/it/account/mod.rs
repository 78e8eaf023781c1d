//! People's accounts: coming in, claiming a name, every way to sign in, and leaving.

mod claim;
mod cookies;
mod door;
mod leaving;
mod oidc;
mod passkeys;
mod profile;
mod provider;
mod signins;

use serde_json::{Value, json};
use teahouse_protocol::frame::Presence;
use teahouse_protocol::{Push, SignalBody};
use teahouse_server::house::Order;
use teahouse_server::store::Directory;

use crate::kit::{Answer, Ask, Client, House};

/// A page in somebody's browser: it has a cookie, and says what pages say.
pub(crate) struct Page<'h> {
    house: &'h House,
    /// As it shows it.
    pub(crate) cookie: String,
    pub(crate) you: Value,
}

impl<'h> Page<'h> {
    /// A page of nobody yet.
    pub(crate) fn new(house: &'h House) -> Self {
        Self { house, cookie: String::new(), you: Value::Null }
    }

    /// A guest's page.
    pub(crate) async fn guest(house: &'h House, name: &str) -> Self {
        let mut page = Self::new(house);
        page.comes("/v1/guests", json!({ "name": name })).await;
        page
    }

    /// A member's page.
    pub(crate) async fn member(house: &'h House, name: &str, password: &str) -> Self {
        let page = Self::guest(house, name).await;
        page.says("PUT", "/v1/me/password", json!({ "password": password })).await;
        page
    }

    /// The same house by another node.
    pub(crate) fn at(&self, house: &'h House) -> Self {
        Self { house, cookie: self.cookie.clone(), you: self.you.clone() }
    }

    /// Becomes somebody.
    pub(crate) async fn comes(&mut self, path: &str, body: Value) {
        let answer = self.asks("POST", path, body).await;
        assert!([200, 201].contains(&answer.status), "{path}: {answer:?}");
        self.took(&answer);
    }

    /// Keeps what an answer gave.
    pub(crate) fn took(&mut self, answer: &Answer) {
        let (token, _) = answer.cookie("teahouse").unwrap_or_else(|| panic!("a cookie: {answer:?}"));
        self.cookie = format!("teahouse={token}");
        if answer.status < 300 {
            let answer = answer.json();
            assert_eq!(answer["token"], Value::Null, "a page is not told the token");
            self.you = answer["you"].clone();
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Ask {
        let ask = Ask::new(method, path).with("x-teahouse", "1");
        if self.cookie.is_empty() { ask } else { ask.with("cookie", &self.cookie) }
    }

    /// What the house answers to this.
    pub(crate) async fn asks(&self, method: &str, path: &str, body: Value) -> Answer {
        let ask = self.request(method, path).with("content-type", "application/json");
        ask.body(body.to_string().as_bytes()).of(self.house).await
    }

    /// The same, which is granted.
    pub(crate) async fn says(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.asks(method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
        answer.json()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path).of(self.house).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// A WebSocket of this page, that follows the main room.
    pub(crate) async fn enters(&self) -> Client {
        let mut client = Client::connect_with(self.house, &self.cookie).await;
        client.come_in(&json!({"type": "hello", "v": 1, "cursors": {"1024": "head"}})).await;
        assert_eq!(json!(client.me().you.id), self.you["id"]);
        client
    }
}

pub(crate) fn check(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    assert_eq!((answer.status, &*answer.code()), (status, code), "{answer:?}");
    assert_eq!(answer.json()["field"].as_str(), field, "{answer:?}");
}

/// Who a connection is told that they are now. Their rooms may ask anew what they may do meanwhile.
pub(crate) async fn told_anew(client: &mut Client) -> Value {
    loop {
        match client.frame().await.unwrap() {
            Push::Changed { you: Some(you), .. } => return json!(you),
            Push::Live { .. } | Push::Signal { .. } | Push::Changed { .. } => {}
            other => panic!("who they are now, not {other:?}"),
        }
    }
}

/// What a connection is told next of who is here.
pub(crate) async fn told(client: &mut Client) -> Presence {
    loop {
        if let SignalBody::Presence(presence) = client.signal().await {
            return presence;
        }
    }
}

/// The owner decides.
pub(crate) async fn decide(house: &House, key: &str, value: &str) {
    house.store.keep_setting(key, Some(value.into())).await.unwrap();
    house.node.order(&Order::Settings).await.unwrap();
}
