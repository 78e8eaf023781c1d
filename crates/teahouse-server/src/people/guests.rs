//! Guests: a name, a token, no password. How they come to be, and what they may be called.

use std::net::IpAddr;
use std::sync::Arc;

use rand::Rng;
use teahouse_core::name;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Hello, Person, Role, UserId};

use super::{Identified, People, Someone, hash, new_token};
use crate::clock::unix_ms;
use crate::store::{Claim, NewPerson};

/// Names for those who give none.
const TEAS: &[&str] =
    &["龙井", "普洱", "白茶", "乌龙", "茉莉", "Oolong", "Matcha", "Sencha", "Assam", "Keemun"];
/// How many made-up names are tried.
const NAMES_TRIED: usize = 16;

impl People {
    /// Finds out who says hello: the person of the token, or a new guest.
    ///
    /// # Errors
    /// `bad_token`, `bad_name`, `name_taken`, `rate`, or the store's code.
    pub async fn identify(&self, hello: &Hello, address: IpAddr) -> Result<Identified, Error> {
        match &hello.token {
            Some(token) => {
                let someone = self.by_token(token).await?;
                Ok(Identified { someone, token: None })
            }
            None => self.new_guest(hello.name.as_deref(), address).await,
        }
    }

    /// A new guest of that name; without one, of one that is made up.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, `rate`, or the store's code.
    pub async fn new_guest(&self, given: Option<&str>, address: IpAddr) -> Result<Identified, Error> {
        self.admit_guest(address)?;
        let token = new_token();
        // A name that was made up may be taken; one that was given is the person's to change.
        for _ in 0..NAMES_TRIED {
            let name = match given {
                Some(given) => checked(given)?,
                None => checked(&made_up())?,
            };
            if let Some(person) = self.add(name, None, None, &token).await? {
                return Ok(Identified { someone: self.everybody.someone(person), token: Some(token) });
            }
            if let Some(given) = given {
                return Err(taken(given));
            }
        }
        Err(taken("everything that was tried"))
    }

    fn admit_guest(&self, address: IpAddr) -> Result<(), Error> {
        let said = "Too many new guests came from your address. Wait a moment.";
        self.addresses
            .take(address, self.rates.guests, self.clock.now())
            .map_err(|retry_ms| Error { retry_ms: Some(retry_ms), ..Error::new(None, ErrorCode::Rate, said) })
    }

    /// A participant of the plain-text room, who is named by an id and cannot come back.
    ///
    /// # Errors
    /// The store's code.
    pub async fn new_plain(&self, address: IpAddr) -> Result<Arc<Someone>, Error> {
        self.admit_guest(address)?;
        self.add_unnamed(None).await?.ok_or_else(|| taken("everything that was tried"))
    }

    /// The guest of this token, who is named by an id; a new one if the token is nobody's yet.
    ///
    /// # Errors
    /// `rate`, or the store's code.
    pub async fn unnamed(&self, address: IpAddr, token: &str) -> Result<Arc<Someone>, Error> {
        match self.by_token(token).await {
            Err(error) if error.code == ErrorCode::BadToken => {}
            known => return known,
        }
        self.admit_guest(address)?;
        match self.add_unnamed(Some(hash(token))).await? {
            Some(made) => Ok(made),
            // A request with the same key was quicker.
            None => self.by_token(token).await,
        }
    }

    /// Nobody if the token is somebody's already.
    async fn add_unnamed(&self, token: Option<[u8; 32]>) -> Result<Option<Arc<Someone>>, Error> {
        let id = UserId::from_random(rand::rng().random());
        let shown: Arc<str> = id.to_string().into();
        let person = Person::new(id, shown.clone(), None);
        let new = NewPerson {
            id,
            folded: name::fold(&shown),
            name: shown,
            role: None,
            password: None,
            token,
            at: unix_ms(),
        };
        let claim = self.store.add(new).await.map_err(|error| error.refusal(None))?;
        Ok((claim == Claim::Made).then(|| self.everybody.someone(person)))
    }

    pub(super) async fn add(
        &self,
        name: name::Name,
        role: Option<Role>,
        password: Option<String>,
        token: &str,
    ) -> Result<Option<Person>, Error> {
        let id = UserId::from_random(rand::rng().random());
        let shown: Arc<str> = name.shown.into();
        let new = NewPerson {
            id,
            name: shown.clone(),
            folded: name.folded,
            role,
            password,
            token: Some(hash(token)),
            at: unix_ms(),
        };
        match self.store.add(new).await.map_err(|error| error.refusal(None))? {
            Claim::Made => Ok(Some(Person::new(id, shown, role))),
            Claim::Taken => Ok(None),
        }
    }
}

/// A name that somebody may have.
pub(super) fn checked(given: &str) -> Result<name::Name, Error> {
    name::check(given)
        .map_err(|said| Error { field: Some("name".into()), ..Error::new(None, ErrorCode::BadName, said) })
}

/// The refusal of a name that somebody has.
pub(super) fn taken(name: &str) -> Error {
    let said = format!("Someone here is already called {name}, or something that looks like it.");
    Error { field: Some("name".into()), ..Error::new(None, ErrorCode::NameTaken, said) }
}

fn made_up() -> String {
    let mut random = rand::rng();
    format!("{} {}", TEAS[random.random_range(0..TEAS.len())], random.random_range(1..10_000))
}
