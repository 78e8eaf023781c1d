//! What is good for one use: codes for another device, links that set a new password, what a passkey was asked.
//! Whoever shows one shows its text; the store has the hash.

use std::net::IpAddr;

use rand::Rng;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, UserId};

use super::passwords::{self};
use super::{People, Whence, hash, new_token};
use crate::clock::unix_ms;
use crate::store::accounts;
use crate::store::tickets::{self, Ticket};

/// How long a code for another device is good, in milliseconds.
const CODE_MS: u64 = 5 * 60 * 1_000;
/// How long a link that sets a new password is good, in milliseconds.
const RESET_MS: u64 = 24 * 3_600 * 1_000;
/// Letters and digits of a code: none that looks like another.
const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// How many a code has.
const CODE_LETTERS: usize = 8;

const CODE: &str = "code";
const RESET: &str = "reset";

/// Something to be shown, and until when it is good, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What is shown.
    pub code: String,
    /// Until when, in milliseconds since 1970-01-01 UTC.
    pub until: u64,
}

impl People {
    /// A code that signs this person in on another device, once. An earlier one is good no more.
    ///
    /// # Errors
    /// The store's code.
    pub async fn new_code(&self, person: UserId) -> Result<Code, Error> {
        let until = unix_ms() + CODE_MS;
        for _ in 0..3 {
            let code = code();
            let ticket = ticket(CODE, &code, Some(person), String::new(), until);
            let put = tickets::put_only_ticket(&*self.store, ticket).await;
            if put? {
                return Ok(Code { code, until });
            }
        }
        Err(Error::new(None, ErrorCode::Internal, crate::error::sentence(ErrorCode::Internal)))
    }

    /// Signs in by such a code.
    ///
    /// # Errors
    /// `bad_password` if it is not good, `rate`, or the store's code.
    pub async fn sign_in_by_code(
        &self,
        given: &str,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        let tried = self.may_try("", address)?;
        let said = "This code is not, or no longer, good. Ask for a new one on the other device.";
        let bad = || Error::new(None, ErrorCode::BadPassword, said);
        let code: String =
            given.chars().filter(|c| c.is_ascii_alphanumeric()).take(CODE_LETTERS + 1).collect();
        let (person, _) = self.take(CODE, &code.to_ascii_uppercase()).await?.ok_or_else(bad)?;
        self.succeeded(&tried);
        let person = person.ok_or_else(bad)?;
        self.signed_in(person, whence).await?.ok_or_else(bad)
    }

    /// A link's code that sets a new password of this person, once. An earlier one is good no more.
    ///
    /// # Errors
    /// The store's code.
    pub async fn new_reset(&self, person: UserId) -> Result<Code, Error> {
        let (code, until) = (new_token(), unix_ms() + RESET_MS);
        let ticket = ticket(RESET, &code, Some(person), String::new(), until);
        let put = tickets::put_only_ticket(&*self.store, ticket).await;
        put?;
        Ok(Code { code, until })
    }

    /// Sets a new password by such a code, ends every other sign-in, and signs in.
    ///
    /// # Errors
    /// `bad_password` if the code is not good, `bad_field` for the password, `rate`, or the store's code.
    pub async fn reset(
        &self,
        code: &str,
        password: &str,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        passwords::check(password)?;
        let tried = self.may_try("", address)?;
        let said = "This link is not, or no longer, good. Ask for a new one.";
        let bad = || Error::new(None, ErrorCode::BadPassword, said);
        let password = self.passwords.hash(password).await;
        let (person, _) = self.take(RESET, code).await?.ok_or_else(bad)?;
        self.succeeded(&tried);
        let person = person.ok_or_else(bad)?;
        let set = accounts::set_password(&*self.store, person, password, unix_ms()).await;
        if !set? {
            return Err(bad());
        }
        self.end_sign_ins(person, None).await?;
        self.order_person(person).await?;
        self.order_rights(person).await?;
        self.signed_in(person, whence).await?.ok_or_else(bad)
    }

    /// Keeps something for one use, that is good for so many milliseconds; what is shown for it. Of one person's
    /// only the last one of a kind is good.
    pub(super) async fn put(
        &self,
        kind: &'static str,
        person: Option<UserId>,
        data: String,
        ms: u64,
    ) -> Result<String, Error> {
        let code = new_token();
        let ticket = ticket(kind, &code, person, data, unix_ms() + ms);
        let put = match person {
            Some(_) => tickets::put_only_ticket(&*self.store, ticket).await,
            None => tickets::put_ticket(&*self.store, ticket).await,
        };
        put?;
        Ok(code)
    }

    /// The same for what is shown already known by that text.
    pub(super) async fn put_as(
        &self,
        kind: &'static str,
        code: &str,
        data: String,
        ms: u64,
    ) -> Result<(), Error> {
        let put = tickets::put_ticket(&*self.store, ticket(kind, code, None, data, unix_ms() + ms)).await;
        put.map(|_| ()).map_err(Error::from)
    }

    /// Uses something once: for whom it is, and what had to be remembered.
    pub(super) async fn take(
        &self,
        kind: &'static str,
        code: &str,
    ) -> Result<Option<(Option<UserId>, String)>, Error> {
        let taken = tickets::take_ticket(&*self.store, kind, ticket_hash(kind, code), unix_ms()).await;
        taken.map_err(Error::from)
    }
}

fn ticket(kind: &'static str, code: &str, person: Option<UserId>, data: String, until: u64) -> Ticket {
    Ticket { hash: ticket_hash(kind, code), kind, person, data, until }
}

fn ticket_hash(kind: &str, code: &str) -> [u8; 32] {
    hash(&format!("{kind}\0{code}"))
}

fn code() -> String {
    let mut random = rand::rng();
    (0..CODE_LETTERS).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_can_be_read_aloud() {
        let code = code();
        assert_eq!(code.len(), 8);
        assert!(code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{code}");
        assert!(!code.contains(['0', 'O', '1', 'I', 'L']), "{code}");
    }
}
