//! Leaving for good: what somebody takes along, and how they are forgotten.

use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use serde_json::json;
use teahouse_core::room::Draft;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, Cid, ErrorCode, Kind, RoomId, UserId};

use super::{People, SignIn};
use crate::clock::unix_ms;
use crate::house::Order;
use crate::node::Node;
use crate::store::leaving::{self, Written};
use crate::store::{Committed, StoreError, accounts, profile};

/// Messages that are read, or forgotten, at once.
const STEP: u32 = 200;
/// How often some that changed under our hands are read once more.
const STEP_TRIES: u32 = 10;

impl People {
    /// Everything but their messages that there is of a person, as the beginning of a JSON object.
    async fn beginning(&self, person: UserId) -> Result<String, StoreError> {
        let store = &*self.store;
        let account = accounts::person(store, person).await?;
        let profile = profile::profile(store, person).await?;
        let ways = accounts::ways(store, person).await?;
        let sign_ins = accounts::sign_ins(store, person).await?;
        let sign_ins: Vec<_> = sign_ins
            .iter()
            .map(|one| {
                let (id, whence) = (SignIn::of(&one.hash), &one.whence);
                json!({ "id": id, "made": one.made, "seen": one.seen, "agent": whence.agent, "address": whence.address })
            })
            .collect();
        let passkeys = accounts::passkeys(store, person).await?;
        let passkeys: Vec<_> = passkeys
            .iter()
            .map(|one| json!({ "name": one.name, "made": one.made, "used": one.used }))
            .collect();
        let rooms: Vec<_> = leaving::joined(store, person).await?.into_iter().map(|(_, told)| told).collect();
        let hidden = accounts::hidden(store, person).await?;
        let told = json!({
            "account": account, "profile": profile, "has_password": ways.password, "oidc": ways.identity, "passkeys": passkeys,
            "sign_ins": sign_ins, "rooms": rooms, "hidden": hidden,
        });
        let mut text = told.to_string();
        text.pop();
        Ok(text + ",\"messages\":[")
    }
}

/// What is still to come of an export.
enum Rest {
    Beginning,
    After(Option<Written>),
    Nothing,
}

/// One JSON object with everything that there is of a person, in pieces: it may be large.
pub fn export(node: Arc<Node>, person: UserId) -> impl Stream<Item = Result<String, StoreError>> + Send {
    stream::try_unfold(Rest::Beginning, move |rest| {
        let node = node.clone();
        async move {
            match rest {
                Rest::Beginning => Ok(Some((node.people.beginning(person).await?, Rest::After(None)))),
                Rest::After(last) => {
                    let all = leaving::written(&*node.store, person, last.as_ref(), STEP).await?;
                    let mut text = String::new();
                    for (index, message) in all.iter().enumerate() {
                        if last.is_some() || index > 0 {
                            text.push(',');
                        }
                        let Written { room, seq, at, text: said, .. } = message;
                        text += &json!({ "room": room, "seq": seq, "at": at, "text": said }).to_string();
                    }
                    let rest = match all.last() {
                        Some(message) if all.len() == STEP as usize => Rest::After(Some(message.clone())),
                        _ => {
                            text += "]}\n";
                            Rest::Nothing
                        }
                    };
                    Ok(Some((text, rest)))
                }
                Rest::Nothing => Ok(None),
            }
        }
    })
}

impl Node {
    /// Takes the text of every message of a person away, and says in their rooms that somebody did; how many.
    ///
    /// # Errors
    /// The store's code. What was done until then is done; the rest is done by asking again.
    pub async fn remove_messages(&self, person: UserId, by: UserId) -> Result<u64, Error> {
        let (mut count, mut last, mut tries) = (0, None, STEP_TRIES);
        loop {
            let all = leaving::written(&*self.store, person, last.as_ref(), STEP).await?;
            if all.is_empty() {
                return Ok(count);
            }
            match self.commit(leaving::redaction(&all, by, unix_ms())).await? {
                Committed::Done { .. } => {
                    count += all.len() as u64;
                    (last, tries) = (all.into_iter().next_back(), STEP_TRIES);
                }
                // One of them was too old for its room meanwhile, and so all of them are still there: once more,
                // without that one.
                Committed::Refused(_) if tries > 0 => tries -= 1,
                Committed::Refused(_) => return Err(StoreError::Busy.into()),
            }
        }
    }

    /// Forgets a person: what they wrote, then who they are. Their connections close, everywhere.
    ///
    /// # Errors
    /// `forbidden` for the owner, or the store's code; asking again goes on.
    pub async fn erase(&self, person: UserId, by: UserId) -> Result<(), Error> {
        let now = accounts::person(&*self.store, person).await?;
        if now.is_some_and(|person| person.role == Some(teahouse_protocol::Role::Owner)) {
            return Err(owner());
        }
        self.remove_messages(person, by).await?;
        let mut commit = leaving::forgetting(person, unix_ms());
        for (room, _) in leaving::joined(&*self.store, person).await? {
            let cid = Cid::new(unix_ms(), rand::random());
            let body = Body::default();
            commit = commit.append(&room, Draft { cid, kind: Kind::Leave, by: person, at: unix_ms(), body });
        }
        // All of it in one transaction: nobody stays signed in to an account that is not there.
        let orders = [Order::SignOut { person, sign_ins: Vec::new() }, Order::Person { person }];
        for order in orders {
            commit = commit.append(&RoomId::house(), order.draft());
        }
        if let Committed::Refused(_) = self.commit(commit).await? {
            return Err(owner());
        }
        // What they wrote until their connections were closed.
        self.remove_messages(person, by).await.map(|_| ())
    }
}

fn owner() -> Error {
    let said = "The owner hands the house over first, and nobody is erased twice.";
    Error::new(None, ErrorCode::Forbidden, said)
}
