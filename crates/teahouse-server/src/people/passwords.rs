//! Passwords: what one has to be like, and hashing, which is slow on purpose. Knows no people and no store.

use std::sync::Arc;

use crate::error::bad_field;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::Rng;
use teahouse_protocol::frame::Error;
use tokio::sync::Semaphore;

/// Characters of the shortest password.
const PASSWORD_MIN: usize = 8;
/// Bytes of the longest password: hashing must not become a way to keep the server busy.
pub(super) const PASSWORD_BYTES_MAX: usize = 1_024;
/// The hash of nobody's password, with the same parameters.
pub(super) const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The one place where passwords are hashed: two at a time, as argon2 takes 19 MiB each.
#[derive(Debug)]
pub(super) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

impl Passwords {
    /// The password as the store keeps it (PHC string).
    pub(super) async fn hash(&self, password: &str) -> String {
        let password = password.to_owned();
        let turn = self.0.clone().acquire_owned().await.expect("the semaphore is never closed");
        let hashing = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, also if nobody waits for it any more.
            let _turn = turn;
            let salt: [u8; 16] = rand::rng().random();
            let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
            argon2id()
                .hash_password(password.as_bytes(), &salt)
                .expect("the parameters are valid")
                .to_string()
        });
        hashing.await.expect("hashing does not panic")
    }

    /// Whether it is that password. Without a hash it takes as long, and is not.
    pub(super) async fn is(&self, password: &str, hash: Option<String>) -> bool {
        let (password, is_somebodys) = (password.to_owned(), hash.is_some());
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.into());
        let turn = self.0.clone().acquire_owned().await.expect("the semaphore is never closed");
        let verifying = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
        });
        verifying.await.unwrap_or(false) && is_somebodys
    }
}

/// Whether somebody may have this password.
pub(super) fn check(password: &str) -> Result<(), Error> {
    let said = if password.chars().count() < PASSWORD_MIN {
        "The password is too short. 8 characters at least."
    } else if password.len() > PASSWORD_BYTES_MAX {
        "The password is too long. 1,024 bytes at most."
    } else {
        return Ok(());
    };
    Err(bad_field("password", said))
}

/// The parameters that OWASP's password storage guide names first: 19 MiB, 2 passes, 1 lane.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
