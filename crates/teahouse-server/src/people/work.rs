//! The proof of work that the door may ask for: a number for which a hash begins with so many zero bits.
//!
//! The salt is the house's and the hour's, the same on every node; who remembers what was used is the store.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{People, secret_of};
use crate::clock::unix_ms;

/// How long a salt lasts, in milliseconds.
const SALT_MS: u64 = 3_600_000;
/// Most characters of a nonce.
const NONCE_MAX: usize = 64;

impl People {
    /// What a newcomer's machine is asked now, if the owner wants it.
    #[must_use]
    pub fn work_asked(&self) -> Option<WorkAsked> {
        let bits = self.settings.now().work_bits;
        let ([now, _], _) = hours(unix_ms());
        (bits > 0).then(|| WorkAsked { salt: secret_of(&self.secret, &now), bits })
    }
}

/// What a newcomer's machine is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkAsked {
    /// What the hash begins with.
    pub salt: String,
    /// How many zero bits the hash of `SALT:NONCE` (SHA-256 of that text) has to begin with.
    pub bits: u32,
}

/// What it found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkDone {
    /// As it was asked.
    pub salt: String,
    /// What was found.
    pub nonce: String,
}

impl WorkDone {
    /// The hash, if it is a proof for one of these salts.
    #[must_use]
    pub fn proof(&self, salts: &[String], bits: u32) -> Option<[u8; 32]> {
        if !salts.contains(&self.salt) || self.nonce.len() > NONCE_MAX {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(format!("{}:{}", self.salt, self.nonce)).into();
        (zero_bits(&hash) >= bits).then_some(hash)
    }
}

/// The names of the salts of now and of the hour before, and until when a proof for them counts at most.
#[must_use]
pub fn hours(now_ms: u64) -> ([String; 2], u64) {
    let hour = now_ms / SALT_MS;
    ([hour, hour.saturating_sub(1)].map(|hour| format!("work {hour}")), (hour + 2) * SALT_MS)
}

fn zero_bits(hash: &[u8]) -> u32 {
    let whole = hash.iter().take_while(|byte| **byte == 0).count();
    let rest = hash.get(whole).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(whole).unwrap_or(u32::MAX) * 8 + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_left() {
        assert_eq!(zero_bits(&[0x80, 0]), 0);
        assert_eq!(zero_bits(&[0x01, 0]), 7);
        assert_eq!(zero_bits(&[0, 0, 0x10]), 19);
        assert_eq!(zero_bits(&[0, 0]), 16);
    }

    #[test]
    fn a_proof_is_for_its_salt_and_its_bits() {
        let salts = ["a".to_owned(), "b".to_owned()];
        let done = |salt: &str, nonce: u64| WorkDone { salt: salt.into(), nonce: nonce.to_string() };
        let found = (0..).find(|nonce| done("a", *nonce).proof(&salts, 10).is_some()).unwrap();
        assert!(done("b", found).proof(&salts, 10).is_none());
        assert!(done("c", found).proof(&salts, 0).is_none());
        assert!(done("a", found).proof(&salts, 250).is_none());
        let long = WorkDone { salt: "a".into(), nonce: "0".repeat(65) };
        assert!(long.proof(&salts, 0).is_none());
    }

    #[test]
    fn a_salt_counts_for_one_hour_at_least() {
        let (salts, until) = hours(10 * SALT_MS + 1);
        assert_eq!((salts, until), (["work 10".into(), "work 9".into()], 12 * SALT_MS));
    }
}
