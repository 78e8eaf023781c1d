//! One word to one push service: sealed for the browser (RFC 8291), so that nobody on the way can read it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use sha2::{Digest, Sha256};
use web_push_native::Auth;
use web_push_native::p256::PublicKey;

use super::vapid::Vapid;
use crate::clock::unix_ms;
use crate::outward::{self, Reach};
use crate::store::push::Subscription;

/// How long a push service keeps a word for a browser that sleeps, in seconds.
const TTL_S: u64 = 4 * 60 * 60;
/// The longest pause that a push service is granted, in seconds.
const PAUSE_S_MAX: u64 = 30 * 60;
/// Most bytes of a word: what every push service takes (RFC 8030, 7.2), without what sealing adds.
pub(super) const BYTES_MAX: usize = 3_800;

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    /// The push service has it.
    Taken,
    /// Nobody is there any more.
    Gone,
    /// Perhaps later, after so many milliseconds if it said.
    Later(Option<u64>),
    /// It will never be taken.
    Refused,
}

/// Sends it. A later word of the same topic takes the place of one that waits.
pub(super) async fn post(
    vapid: &Vapid,
    to: &Subscription,
    text: &str,
    topic: Option<&str>,
    private: bool,
) -> Posted {
    let Some(request) = request(vapid, to, text, topic) else { return Posted::Gone };
    let reach = if private { Reach::Anywhere } else { Reach::Public };
    let answer = match outward::ask(request, reach).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!("a push service does not answer: {error}");
            return Posted::Later(None);
        }
    };
    match answer.status() {
        status if status.is_success() => Posted::Taken,
        StatusCode::NOT_FOUND | StatusCode::GONE => Posted::Gone,
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let pause = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            Posted::Later(pause.map(|s: u64| s.min(PAUSE_S_MAX) * 1_000))
        }
        status => {
            tracing::warn!(status = status.as_u16(), "a push service refuses what this house says");
            Posted::Refused
        }
    }
}

/// None if the browser's key is none.
fn request(
    vapid: &Vapid,
    to: &Subscription,
    text: &str,
    topic: Option<&str>,
) -> Option<hyper::Request<Vec<u8>>> {
    let key = PublicKey::from_sec1_bytes(&to.p256dh).ok()?;
    let auth: [u8; 16] = to.auth.as_slice().try_into().ok()?;
    let sealed = web_push_native::encrypt(text.as_bytes().to_vec(), &key, &Auth::from(auth)).ok()?;
    let origin = url::Url::parse(&to.endpoint).ok()?.origin().ascii_serialization();
    let mut request = hyper::Request::post(&to.endpoint)
        .header("ttl", TTL_S)
        .header("urgency", "high")
        .header(CONTENT_ENCODING, "aes128gcm")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(AUTHORIZATION, vapid.authorization(&origin, &to.origin, unix_ms() / 1_000));
    if let Some(topic) = topic {
        // 32 characters at most (RFC 8030, 5.4), and nothing that names the room.
        let hash = Sha256::new().chain_update(&to.auth).chain_update(topic).finalize();
        request = request.header("topic", &URL_SAFE_NO_PAD.encode(hash)[..32]);
    }
    request.body(sealed).ok()
}

/// Whether somebody could be told by these keys.
pub(crate) fn is_key(p256dh: &[u8], auth: &[u8]) -> bool {
    auth.len() == 16 && p256dh.len() == 65 && PublicKey::from_sec1_bytes(p256dh).is_ok()
}
