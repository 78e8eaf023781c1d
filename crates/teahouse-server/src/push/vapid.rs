//! How push services know who sends: a token that this house's key signs (RFC 8292).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

/// How long a token is good, in seconds; a day is the most that is allowed.
const GOOD_S: u64 = 12 * 60 * 60;

/// The key of a house, and what everybody may know of it.
pub(super) struct Vapid {
    key: SigningKey,
    public: String,
}

impl Vapid {
    /// A new key, as the store keeps it.
    pub(super) fn new_key() -> String {
        loop {
            // Nearly every number of 256 bits is a key.
            let bytes: [u8; 32] = rand::random();
            if SigningKey::from_slice(&bytes).is_ok() {
                return URL_SAFE_NO_PAD.encode(bytes);
            }
        }
    }

    /// The key that the store keeps; none if that is no key.
    pub(super) fn of(kept: &str) -> Option<Self> {
        let key = SigningKey::from_slice(&URL_SAFE_NO_PAD.decode(kept).ok()?).ok()?;
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().to_encoded_point(false).as_bytes());
        Some(Self { key, public })
    }

    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// What `authorization` says to the push service at this origin, at this time in seconds since 1970-01-01 UTC.
    /// `contact` is where those who run it find those who run this house.
    pub(super) fn authorization(&self, origin: &str, contact: &str, now_s: u64) -> String {
        let head = json!({"typ": "JWT", "alg": "ES256"}).to_string();
        let claims = json!({"aud": origin, "exp": now_s + GOOD_S, "sub": contact}).to_string();
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let signed: Signature = self.key.sign(said.as_bytes());
        format!("vapid t={said}.{}, k={}", URL_SAFE_NO_PAD.encode(signed.to_bytes()), self.public)
    }
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vapid")
    }
}
