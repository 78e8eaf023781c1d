//! Passkeys: making one, signing in by one, taking one away. What the browser was asked is a ticket, so that any
//! node can take its answer.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, UserId};

use super::account::gone;
use super::ceremony::{self, Assertion, Site};
use super::{People, Someone, Whence};
use crate::clock::unix_ms;
use crate::store::accounts::{self, Passkey};

/// How long a browser has for its answer, in milliseconds: what the library allows.
const ASKED_MS: u64 = 5 * 60 * 1_000;
/// Most passkeys of a person.
const PASSKEYS_MAX: usize = 20;
/// Characters of a passkey's longest name.
const NAME_MAX: usize = 64;

const MAKE: &str = "passkey";
const USE: &str = "passkey-use";

/// What a browser is asked.
#[derive(Debug, Serialize)]
pub struct Ceremony {
    /// To be sent back with the answer.
    pub ticket: String,
    /// In the JSON form of Web Authentication.
    pub options: Value,
}

/// What has to be remembered of it.
#[derive(Serialize, Deserialize)]
struct Remembered {
    origin: String,
    state: String,
}

impl People {
    /// Begins to make a passkey, on a page of that origin.
    ///
    /// # Errors
    /// `forbidden` for an origin that cannot have passkeys, `bad_field` if there are too many, or the store's code.
    pub async fn begin_passkey(&self, someone: &Someone, origin: &str) -> Result<Ceremony, Error> {
        self.may_be_claimed(someone)?;
        let known = accounts::passkeys(&*self.store, someone.id).await?;
        if known.len() >= PASSKEYS_MAX {
            return Err(Error::new(None, ErrorCode::BadField, "You have 20 passkeys. Remove one first."));
        }
        let known = known.into_iter().map(|passkey| passkey.id).collect();
        let site = Site::of(origin).ok_or_else(no_site)?;
        let asked = ceremony::ask_new(&site, &someone.person(), known).ok_or_else(no_site)?;
        self.remember(MAKE, Some(someone.id), &site, asked).await
    }

    /// Takes the passkey that a browser made. A guest becomes a member by it.
    ///
    /// # Errors
    /// `bad_password` if it is not the answer to what was asked, or the store's code.
    pub async fn add_passkey(
        &self,
        someone: &Someone,
        ticket: &str,
        credential: &RawValue,
        name: &str,
    ) -> Result<Vec<Passkey>, Error> {
        let (owner, remembered) = self.remembered(MAKE, ticket).await?.ok_or_else(wrong)?;
        let site = Site::of(&remembered.origin).filter(|_| owner == Some(someone.id)).ok_or_else(wrong)?;
        let made = ceremony::made(&site, &remembered.state, credential.get().as_bytes()).ok_or_else(wrong)?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        let added =
            accounts::add_passkey(&*self.store, someone.id, made.id, &name, made.credential, unix_ms()).await;
        if !added? {
            return Err(wrong());
        }
        self.changed(someone).await?;
        accounts::passkeys(&*self.store, someone.id).await.map_err(Error::from)
    }

    /// Takes a passkey away, but never the last way in.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn remove_passkey(&self, person: UserId, id: &[u8]) -> Result<Vec<Passkey>, Error> {
        let all = accounts::passkeys(&*self.store, person).await?;
        if !all.iter().any(|passkey| passkey.id == id) {
            return Err(Error::new(None, ErrorCode::NotFound, "You have no such passkey."));
        }
        if !accounts::remove_passkey(&*self.store, person, id).await? {
            let said = "This is your last way in. Set a password or make another passkey first.";
            return Err(Error::new(None, ErrorCode::Forbidden, said));
        }
        accounts::passkeys(&*self.store, person).await.map_err(Error::from)
    }

    /// Begins signing in by any passkey of this house, on a page of that origin.
    ///
    /// # Errors
    /// `forbidden` for an origin that cannot have passkeys, `rate`, or the store's code.
    pub async fn begin_sign_in(&self, origin: &str, address: IpAddr) -> Result<Ceremony, Error> {
        self.may_begin(address)?;
        let site = Site::of(origin).ok_or_else(no_site)?;
        let asked = ceremony::ask_known(&site).ok_or_else(no_site)?;
        self.remember(USE, None, &site, asked).await
    }

    /// Signs in by a passkey.
    ///
    /// # Errors
    /// `bad_password` whatever is wrong, `rate`, or the store's code.
    pub async fn sign_in_by_passkey(
        &self,
        ticket: &str,
        credential: &RawValue,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        let tried = self.may_try("", address)?;
        let (_, remembered) = self.remembered(USE, ticket).await?.ok_or_else(wrong)?;
        let site = Site::of(&remembered.origin).ok_or_else(wrong)?;
        let answer = Assertion::read(credential.get().as_bytes()).ok_or_else(wrong)?;
        let id = answer.passkey();
        let found = accounts::passkey(&*self.store, &id).await?;
        let (person, kept) = found.ok_or_else(wrong)?;
        let now = answer.check(&site, &remembered.state, person.id, &kept).ok_or_else(wrong)?;
        if !accounts::use_passkey(&*self.store, &id, &kept, now, unix_ms()).await? {
            return Err(wrong());
        }
        self.succeeded(&tried);
        self.signed_in(person.id, whence).await?.ok_or_else(gone)
    }

    async fn remember(
        &self,
        kind: &'static str,
        person: Option<UserId>,
        site: &Site,
        asked: ceremony::Asked,
    ) -> Result<Ceremony, Error> {
        let remembered = Remembered { origin: site.origin().to_owned(), state: asked.state };
        let data = serde_json::to_string(&remembered).expect("two texts can be written");
        let ticket = self.put(kind, person, data, ASKED_MS).await?;
        Ok(Ceremony { ticket, options: asked.options })
    }

    async fn remembered(
        &self,
        kind: &'static str,
        ticket: &str,
    ) -> Result<Option<(Option<UserId>, Remembered)>, Error> {
        let taken = self.take(kind, ticket).await?;
        Ok(taken.and_then(|(person, data)| Some((person, serde_json::from_str(&data).ok()?))))
    }
}

fn no_site() -> Error {
    let said = "Passkeys need a page at a host name, such as https://chat.example.org or http://localhost.";
    Error::new(None, ErrorCode::Forbidden, said)
}

fn wrong() -> Error {
    Error::new(None, ErrorCode::BadPassword, "This passkey is not known here, or took too long. Try again.")
}
