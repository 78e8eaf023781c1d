//! Web Push over HTTP: the key of the house, and the browsers that are told.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;

use super::caller::{Caller, refused, told};
use super::rooms::{answer, done};
use super::{Given, Refused};
use crate::clock::unix_ms;
use crate::error::{bad_field, sentence};
use crate::node::Node;
use crate::people::hash;
use crate::push::is_key;
use crate::store::push::{Subscription, subscribe, unsubscribe};
use crate::store::{Commit, Committed};

/// Most bytes of a browser's address.
const ENDPOINT_BYTES_MAX: usize = 1_024;
/// Where those who run a push service find the house that has no name on the network.
const NOWHERE: &str = "https://teahouse.invalid";

pub(super) async fn key(caller: Caller) -> Response {
    told(StatusCode::OK, &json!({ "key": caller.node.pushes.key() }))
}

#[derive(Deserialize)]
struct Browser {
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

pub(super) async fn on(caller: Caller, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let token = caller.token()?.map(|token| hash(&token)).unwrap_or_default();
        let given: Browser = caller.json(body)?;
        let browser = checked(&caller, given, token)?;
        let kept = caller.node.store.commit(subscribe(someone.id, &browser, unix_ms())).await;
        match kept.map_err(refused)? {
            Committed::Done { .. } => Ok(done()),
            // The sign-in ended meanwhile.
            Committed::Refused(_) => {
                Err(refused(Error::new(None, ErrorCode::BadToken, sentence(ErrorCode::BadToken))))
            }
        }
    })
    .await
}

fn checked(caller: &Caller, given: Browser, token: [u8; 32]) -> Result<Subscription, Refused> {
    let Browser { endpoint, keys } = given;
    if endpoint.len() > ENDPOINT_BYTES_MAX || !is_reachable(&caller.node, &endpoint) {
        let said = "endpoint is no address of a push service; expected what the browser says.";
        return Err(refused(bad_field("endpoint", said)));
    }
    // Some browsers pad, most do not.
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default();
    let (p256dh, auth) = (decode(&keys.p256dh), decode(&keys.auth));
    if !is_key(&p256dh, &auth) {
        return Err(refused(bad_field("keys", "keys are no keys; expected what the browser says.")));
    }
    let origin = caller.page_origin();
    let origin = if origin.starts_with("https://") { origin } else { NOWHERE.to_owned() };
    let hash = Sha256::digest(endpoint.as_bytes()).into();
    Ok(Subscription { hash, token, endpoint, p256dh, auth, origin })
}

/// Whether it is an address that this house would ask; where it is, is looked up when it is asked.
fn is_reachable(node: &Node, endpoint: &str) -> bool {
    let Ok(url) = url::Url::parse(endpoint) else { return false };
    let is_private = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => !crate::outward::is_public(address.into()),
        Some(url::Host::Ipv6(address)) => !crate::outward::is_public(address.into()),
        None => return false,
    };
    let has_no_secret = url.username().is_empty() && url.password().is_none();
    let may = node.config.push_private && ["http", "https"].contains(&url.scheme());
    has_no_secret && (may || url.scheme() == "https" && !is_private)
}

#[derive(Deserialize)]
struct Ended {
    endpoint: String,
}

pub(super) async fn off(caller: Caller, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let Ended { endpoint } = caller.json(body)?;
        let hash = Sha256::digest(endpoint.as_bytes()).into();
        let forget = Commit::new().then(unsubscribe(someone.id, &hash));
        caller.node.store.commit(forget).await.map_err(refused)?;
        Ok(done())
    })
    .await
}

pub(super) async fn test(caller: Caller) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let token = caller.token()?.map(|token| hash(&token)).unwrap_or_default();
        let taken = caller.node.push_test(someone.id, &token).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({ "taken": taken })))
    })
    .await
}
