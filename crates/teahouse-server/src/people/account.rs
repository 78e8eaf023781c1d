//! One's own account: claiming one's name by a password, another name, another picture, whom one hides.

use std::net::IpAddr;
use std::sync::Arc;

use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, UserId};

use super::guests::{checked, taken};
use super::{People, Someone, passwords, picture};
use crate::clock::unix_ms;
use crate::error::sentence;
use crate::store::Claim;
use crate::store::accounts::{self, Passkey, Ways};

/// What somebody has to come in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Password, provider.
    pub ways: Ways,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
}

impl People {
    /// What somebody has to come in with.
    ///
    /// # Errors
    /// The store's code.
    pub async fn keys(&self, person: UserId) -> Result<Keys, Error> {
        let ways = accounts::ways(&*self.store, person).await?;
        let passkeys = accounts::passkeys(&*self.store, person).await?;
        Ok(Keys { ways, passkeys })
    }

    /// Gives somebody another name. The old one is free for others.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, or the store's code.
    pub async fn rename(&self, someone: &Someone, given: &str) -> Result<Person, Error> {
        let name = checked(given)?;
        let shown: Arc<str> = name.shown.into();
        match accounts::rename(&*self.store, someone.id, shown.clone(), &name.folded).await? {
            Claim::Made => self.changed(someone).await,
            Claim::Taken => Err(taken(&shown)),
        }
    }

    /// Gives somebody a password. A guest becomes a member by it; who has one shows it first.
    ///
    /// # Errors
    /// `bad_field`, `bad_password`, `rate`, or the store's code.
    pub async fn set_password(
        &self,
        someone: &Someone,
        password: &str,
        old: Option<&str>,
        address: IpAddr,
    ) -> Result<Person, Error> {
        passwords::check(password)?;
        self.may_be_claimed(someone)?;
        self.check_password(someone, old.unwrap_or_default(), "old", address).await?;
        let password = self.passwords.hash(password).await;
        let set = accounts::set_password(&*self.store, someone.id, password, unix_ms()).await;
        if set? { self.changed(someone).await } else { Err(gone()) }
    }

    /// Whether they are who they say, once more: that is their password, if they have one.
    ///
    /// # Errors
    /// `bad_password`, `rate`, or the store's code.
    pub async fn confirm(&self, someone: &Someone, password: &str, address: IpAddr) -> Result<(), Error> {
        self.check_password(someone, password, "password", address).await
    }

    /// Whether somebody may take everything along now.
    ///
    /// # Errors
    /// `rate`.
    pub fn may_export(&self, person: UserId, address: IpAddr) -> Result<(), Error> {
        self.may_try(&format!("export {person}"), address).map(|_| ())
    }

    /// Whether somebody from there may go to the provider now.
    ///
    /// # Errors
    /// `rate`.
    pub fn may_leave(&self, address: IpAddr) -> Result<(), Error> {
        self.may_begin(address)
    }

    /// Whether that is somebody's password, if they have one.
    pub(super) async fn check_password(
        &self,
        someone: &Someone,
        given: &str,
        field: &str,
        address: IpAddr,
    ) -> Result<(), Error> {
        let kept = accounts::password(&*self.store, someone.id).await?;
        if kept.is_none() {
            return Ok(());
        }
        let tried = self.may_try(&someone.id.to_string(), address)?;
        if given.len() <= passwords::PASSWORD_BYTES_MAX && self.passwords.is(given, kept).await {
            self.succeeded(&tried);
            return Ok(());
        }
        let error = Error::new(None, ErrorCode::BadPassword, "That is not your password.");
        Err(Error { field: Some(field.into()), ..error })
    }

    /// A name that was made of an id is nobody's to keep.
    pub(super) fn may_be_claimed(&self, someone: &Someone) -> Result<(), Error> {
        let person = someone.person();
        if person.role.is_none() && *person.name == *person.id.to_string() {
            let error = Error::new(None, ErrorCode::BadName, "Choose a name first.");
            return Err(Error { field: Some("name".into()), ..error });
        }
        Ok(())
    }

    /// Gives somebody a picture, made of what they sent; without one, takes it away.
    ///
    /// # Errors
    /// `bad_field`, `too_large`, or the store's code.
    pub async fn set_picture(&self, someone: &Someone, given: Option<Vec<u8>>) -> Result<Person, Error> {
        let picture = match given {
            Some(given) => Some((picture::KIND, picture::square(given).await?)),
            None => None,
        };
        let set = accounts::set_picture(&*self.store, someone.id, picture, unix_ms()).await;
        if set? { self.changed(someone).await } else { Err(gone()) }
    }

    /// Somebody's picture: its kind and its bytes.
    ///
    /// # Errors
    /// The store's code.
    pub async fn picture(&self, person: UserId) -> Result<Option<(String, Vec<u8>)>, Error> {
        accounts::picture(&*self.store, person).await.map_err(Error::from)
    }

    /// Whom somebody does not want to see.
    ///
    /// # Errors
    /// The store's code.
    pub async fn hidden(&self, person: UserId) -> Result<Vec<Person>, Error> {
        accounts::hidden(&*self.store, person).await.map_err(Error::from)
    }

    /// Hides somebody from a person, or no longer.
    ///
    /// # Errors
    /// `not_found` if they do not exist, or the store's code.
    pub async fn hide(&self, person: UserId, other: UserId, on: bool) -> Result<(), Error> {
        if !on {
            return accounts::unhide(&*self.store, person, other).await.map_err(Error::from);
        }
        if accounts::hide(&*self.store, person, other).await? {
            return Ok(());
        }
        Err(Error::new(None, ErrorCode::NotFound, "There is nobody of this id."))
    }

    /// Somebody was changed: every node is told; who they are now.
    pub(super) async fn changed(&self, someone: &Someone) -> Result<Person, Error> {
        let now = accounts::person(&*self.store, someone.id).await?.ok_or_else(gone)?;
        let has_other_role = now.role != someone.person().role;
        self.order_person(someone.id).await?;
        if has_other_role {
            self.order_rights(someone.id).await?;
        }
        Ok(now)
    }
}

/// The refusal to somebody whose account was erased under their hands.
pub(super) fn gone() -> Error {
    Error::new(None, ErrorCode::BadToken, sentence(ErrorCode::BadToken))
}
