//! Somebody who asks over HTTP with a token: the owner, a moderator, a member, a guest.

use serde_json::{Value, json};
use teahouse_protocol::{Person, Role, UserId};
use teahouse_server::store::{Commit, Statement, Store};

use super::{Answer, Ask, House};

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) token: String,
    pub(crate) you: Person,
}

impl Asker {
    /// The owner of a house that has none yet.
    pub(crate) async fn owner(house: &House) -> Self {
        let path = house.node.setup_path().expect("no owner yet");
        let secret = path.strip_prefix("/setup#").unwrap();
        let body = json!({"token": secret, "name": "Owner", "password": "long enough"});
        Self::of(&Ask::post("/v1/setup", &body).of(house).await)
    }

    /// A new guest.
    pub(crate) async fn guest(house: &House, name: &str) -> Self {
        Self::of(&Ask::post("/v1/guests", &json!({"name": name})).of(house).await)
    }

    /// Somebody with an account.
    pub(crate) async fn with_role(house: &House, name: &str, role: Role) -> Self {
        let mut asker = Self::guest(house, name).await;
        asker.you.role = Some(role);
        let word = json!(role).as_str().unwrap().to_owned();
        let update = Statement::new("UPDATE person SET role = $2, joined = $3 WHERE id = $1");
        let update = update.with(asker.you.id).with(word).with(1_u64).must();
        house.store.commit(Commit::new().then(update)).await.unwrap();
        asker
    }

    fn of(answer: &Answer) -> Self {
        let told = answer.json();
        let you = serde_json::from_value(told["you"].clone()).unwrap_or_else(|_| panic!("{answer:?}"));
        Self { token: told["token"].as_str().unwrap().to_owned(), you }
    }

    pub(crate) fn id(&self) -> UserId {
        self.you.id
    }

    pub(crate) fn shows(&self, ask: Ask) -> Ask {
        ask.with("authorization", &format!("Bearer {}", self.token))
    }

    /// Asks, and is answered with that status.
    pub(crate) async fn asks(
        &self,
        house: &House,
        method: &str,
        path: &str,
        body: &Value,
        status: u16,
    ) -> Value {
        let ask = self.shows(Ask::new(method, path).with("accept", "application/json"));
        let ask = if body.is_null() {
            ask.body(b"")
        } else {
            ask.with("content-type", "application/json").body(body.to_string().as_bytes())
        };
        let answer = ask.of(house).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        answer.json()
    }

    pub(crate) async fn gets(&self, house: &House, path: &str) -> Value {
        self.asks(house, "GET", path, &Value::Null, 200).await
    }
}
