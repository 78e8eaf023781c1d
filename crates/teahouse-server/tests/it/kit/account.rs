//! Somebody who asks over HTTP, known by a token.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use teahouse_protocol::{Role, UserId};
use teahouse_server::store::{Claim, NewPerson};

use super::{Answer, Ask, House, add};

/// Somebody who asks over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) token: String,
}

impl Account {
    /// Somebody with this role in the house; a guest without one.
    pub(crate) async fn new(house: &House, name: &str, role: Option<Role>) -> Self {
        let at = teahouse_server::clock::unix_ms();
        let (id, token) = (UserId::new(at, rand::random()), format!("token of {name}"));
        let person = NewPerson {
            id,
            name: name.into(),
            folded: teahouse_core::name::fold(name),
            role,
            password: None,
            token: Some(Sha256::digest(token.as_bytes()).into()),
            at,
        };
        assert_eq!(add(&*house.store, person).await.unwrap(), Claim::Made, "{name}");
        Self { id, name: name.to_owned(), token }
    }

    /// Asks with a body.
    pub(crate) async fn ask(&self, house: &House, method: &str, path: &str, body: &Value) -> Answer {
        let ask = Ask::new(method, path).with("content-type", "application/json");
        let ask = ask.with("authorization", &format!("Bearer {}", self.token));
        ask.body(body.to_string().as_bytes()).of(house).await
    }

    /// Asks, and is not refused.
    pub(crate) async fn does(&self, house: &House, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(house, method, path, body).await;
        assert!(answer.status < 300, "{} {method} {path} {body}: {answer:?}", self.name);
        answer.json()
    }

    /// Asks, and is refused; the code.
    pub(crate) async fn is_refused(&self, house: &House, method: &str, path: &str, body: &Value) -> String {
        let answer = self.ask(house, method, path, body).await;
        assert!(answer.status >= 400, "{} {method} {path} {body}: {answer:?}", self.name);
        answer.code()
    }

    /// The hello with which they follow rooms.
    pub(crate) fn hello(&self, cursors: &Value) -> Value {
        json!({"type": "hello", "v": 1, "token": self.token, "cursors": cursors})
    }
}
