//! Signing in to an account and out of it: the owner's first time, by password, the list of one's sign-ins, and
//! how often signing in may be tried.

use std::net::IpAddr;

use teahouse_core::name;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, Role, UserId};

use super::guests::{checked, taken};
use super::passwords::{self, PASSWORD_BYTES_MAX};
use super::rates::network;
use super::{People, SignIn, Whence, hash, new_token};
use crate::clock::unix_ms;
use crate::house::Order;
use crate::store::accounts::{self, SignedIn};
use crate::store::{Commit, tickets};

impl People {
    /// Makes the owner's account, once.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, `bad_field` for the password, `forbidden` if there is an owner.
    pub async fn make_owner(
        &self,
        name: &str,
        password: Option<&str>,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        let name = checked(name)?;
        password.map_or(Ok(()), passwords::check)?;
        if self.store.has_owner().await? {
            let said = "This house has an owner already. Sign in instead.";
            return Err(Error::new(None, ErrorCode::Forbidden, said));
        }
        let password = match password {
            Some(password) => Some(self.passwords.hash(password).await),
            None => None,
        };
        let token = new_token();
        let shown = name.shown.clone();
        match self.add(name, Some(Role::Owner), password, &token, whence).await? {
            Some(person) => Ok((person, token)),
            None => Err(taken(&shown)),
        }
    }

    /// Signs somebody in who has a password.
    ///
    /// # Errors
    /// `bad_password` whatever is wrong, `rate` for the address or the account, or the store's code.
    pub async fn sign_in(
        &self,
        given: &str,
        password: &str,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        // What is too long to be a name shares the tries of everything else that is.
        let folded = if given.len() > name::BYTES_MAX { String::new() } else { name::fold(given) };
        let tried = self.may_try(&folded, address)?;
        let refused = || Error::new(None, ErrorCode::BadPassword, "No account has this name and password.");
        if password.len() > PASSWORD_BYTES_MAX || given.len() > name::BYTES_MAX {
            return Err(refused());
        }
        let found = accounts::by_name(&*self.store, &folded).await?;
        // A name without a password costs as much time as one with: nobody learns which names exist.
        let (person, kept) = found.map_or((None, None), |(person, kept)| (Some(person), kept));
        if !self.passwords.is(password, kept).await {
            return Err(refused());
        }
        let person = person.ok_or_else(refused)?;
        self.succeeded(&tried);
        self.signed_in(person.id, whence).await?.ok_or_else(refused)
    }

    /// Gives a person one more sign-in; none if they are no more.
    pub(super) async fn signed_in(
        &self,
        person: UserId,
        whence: &Whence,
    ) -> Result<Option<(Person, String)>, Error> {
        self.bans.check(Some(person), None)?;
        let token = new_token();
        let made = accounts::sign_in(&*self.store, person, hash(&token), unix_ms(), whence);
        if !made.await? {
            return Ok(None);
        }
        let now = accounts::person(&*self.store, person).await?;
        Ok(now.map(|person| (person, token)))
    }

    /// The sign-ins of a person, the last used first.
    ///
    /// # Errors
    /// The store's code.
    pub async fn sign_ins(&self, person: UserId) -> Result<Vec<SignedIn>, Error> {
        accounts::sign_ins(&*self.store, person).await.map_err(Error::from)
    }

    /// Ends one sign-in of a person, on every node; `false` if they have none of that id.
    ///
    /// # Errors
    /// The store's code.
    pub async fn end_sign_in(&self, person: UserId, sign_in: SignIn) -> Result<bool, Error> {
        self.forget_codes(person).await?;
        let all = self.sign_ins(person).await?;
        let ended: Vec<_> =
            all.iter().map(|one| one.hash).filter(|hash| SignIn::of(hash) == sign_in).collect();
        self.end(person, &ended).await?;
        Ok(!ended.is_empty())
    }

    /// Ends every sign-in of a person, but that one, on every node.
    ///
    /// # Errors
    /// The store's code.
    pub async fn end_sign_ins(&self, person: UserId, but: Option<SignIn>) -> Result<(), Error> {
        self.forget_codes(person).await?;
        let all = self.sign_ins(person).await?;
        let ended: Vec<_> =
            all.iter().map(|one| one.hash).filter(|hash| Some(SignIn::of(hash)) != but).collect();
        self.end(person, &ended).await
    }

    /// No code or link that was made before makes another sign-in.
    async fn forget_codes(&self, person: UserId) -> Result<(), Error> {
        self.store.commit(Commit::new().then(tickets::forget(person))).await?;
        Ok(())
    }

    async fn end(&self, person: UserId, hashes: &[[u8; 32]]) -> Result<(), Error> {
        if hashes.is_empty() {
            return Ok(());
        }
        accounts::end_sign_ins(&*self.store, hashes).await?;
        let sign_ins = hashes.iter().map(SignIn::of).collect();
        self.house.order(&Order::SignOut { person, sign_ins }).await.map_err(Error::from)
    }

    /// Takes one try of the account and of the address. An account that does not exist has tries, too; without
    /// an account only the address's count.
    pub(super) fn may_try(&self, account: &str, address: IpAddr) -> Result<Tried, Error> {
        let tried = Tried { account: account.into(), address: network(address).to_string() };
        let (now, [accounts, addresses]) = (self.clock.now(), &self.tries);
        let limited = |retry_ms, said: &str| Error {
            retry_ms: Some(retry_ms),
            ..Error::new(None, ErrorCode::Rate, said)
        };
        addresses
            .take(tried.address.as_bytes(), self.rates.address, now)
            .map_err(|retry_ms| limited(retry_ms, "Too many tries from your address. Wait a moment."))?;
        if !account.is_empty() {
            accounts
                .take(tried.account.as_bytes(), self.rates.account, now)
                .map_err(|retry_ms| limited(retry_ms, "Too many tries for this name. Wait a moment."))?;
        }
        Ok(tried)
    }

    /// Takes one of an address's beginnings: what is asked before anybody can be right or wrong.
    pub(super) fn may_begin(&self, address: IpAddr) -> Result<(), Error> {
        let (key, [_, addresses]) = (format!("begin {}", network(address)), &self.tries);
        addresses.take(key.as_bytes(), self.rates.address, self.clock.now()).map_err(|retry_ms| {
            let said = "Too many beginnings from your address. Wait a moment.";
            Error { retry_ms: Some(retry_ms), ..Error::new(None, ErrorCode::Rate, said) }
        })
    }

    /// A try was the right one: it does not count.
    pub(super) fn succeeded(&self, tried: &Tried) {
        let [accounts, addresses] = &self.tries;
        addresses.give_back(tried.address.as_bytes(), self.rates.address);
        if !tried.account.is_empty() {
            accounts.give_back(tried.account.as_bytes(), self.rates.account);
        }
    }
}

/// A try to sign in that was counted.
#[derive(Debug)]
pub(super) struct Tried {
    account: String,
    address: String,
}
