//! Guests: a name, a token, no password. How they come to be, and what they may be called.

use std::net::IpAddr;
use std::sync::Arc;

use rand::Rng;
use teahouse_core::name;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Hello, Person, Role, UserId};

use super::{Identified, People, Someone, Whence, hash, new_token};
use crate::clock::unix_ms;
use crate::settings::Admission;
use crate::store::{Claim, NewPerson, accounts};

/// Names for those who give none.
const TEAS: &[&str] =
    &["龙井", "普洱", "白茶", "乌龙", "茉莉", "Oolong", "Matcha", "Sencha", "Assam", "Keemun"];
/// What is said to a guest whom the house does not take.
pub(super) const NO_GUESTS: &str = "This house takes no guests without an invite. Sign in instead.";
/// What is said to a client that goes on as somebody who is signed in here no longer.
const AS_ANOTHER: &str = "You are signed in here as somebody else by now, or no longer. Sign in again.";
/// How many made-up names are tried.
const NAMES_TRIED: usize = 16;

impl People {
    /// Finds out who says hello: the person of the token, or a new guest. Nobody but whom the client takes itself
    /// for: a cookie may have become another person's, or nobody's, since.
    ///
    /// # Errors
    /// `bad_token`, `bad_name`, `name_taken`, `rate`, or the store's code.
    pub async fn identify(&self, hello: &Hello, address: IpAddr) -> Result<Identified, Error> {
        let as_another = || Error::new(None, ErrorCode::BadToken, AS_ANOTHER);
        match &hello.token {
            Some(token) => {
                let someone = self.by_token(token).await?;
                if hello.you.is_some_and(|you| you != someone.id) {
                    return Err(as_another());
                }
                Ok(Identified { someone, token: None })
            }
            None if hello.you.is_some() => Err(as_another()),
            None => {
                self.takes_anybody()?;
                let whence = Whence { agent: None, address: Some(address.to_string()) };
                self.new_guest(hello.name.as_deref(), address, &whence).await
            }
        }
    }

    /// Whether somebody may become a guest who only says hello; else the door is the way.
    fn takes_anybody(&self) -> Result<(), Error> {
        let settings = self.settings.now();
        let refused = |code, said| Err(Error::new(None, code, said));
        if settings.takes_anybody() {
            Ok(())
        } else if settings.admission != Admission::Open {
            refused(ErrorCode::Forbidden, NO_GUESTS)
        } else if settings.question.is_some() {
            refused(ErrorCode::Question, "The door asks a question first: come in by POST /v1/guests.")
        } else {
            refused(ErrorCode::Work, "The door asks for a proof of work first: come in by POST /v1/guests.")
        }
    }

    /// A new guest of that name; without one, of one that is made up.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, `rate`, or the store's code.
    pub async fn new_guest(
        &self,
        given: Option<&str>,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<Identified, Error> {
        self.newcomer(given, None, address, whence).await
    }

    /// The same; with a password (as it is kept), a member.
    pub(super) async fn newcomer(
        &self,
        given: Option<&str>,
        password: Option<String>,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<Identified, Error> {
        self.admit_guest(address)?;
        let token = new_token();
        let role = password.is_some().then_some(Role::Member);
        // A name that was made up may be taken; one that was given is the person's to change.
        for _ in 0..NAMES_TRIED {
            let name = match given {
                Some(given) => checked(given)?,
                None => checked(&made_up())?,
            };
            if let Some(person) = self.add(name, role, password.clone(), &token, whence).await? {
                return Ok(Identified { someone: self.everybody.someone(&person), token: Some(token) });
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
        self.takes_anybody()?;
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
        self.takes_anybody()?;
        self.admit_guest(address)?;
        match self.add_unnamed(Some(hash(token))).await? {
            Some(made) => Ok(made),
            // A request with the same key was quicker.
            None => self.by_token(token).await,
        }
    }

    /// Nobody if the token is somebody's already.
    async fn add_unnamed(&self, token: Option<[u8; 32]>) -> Result<Option<Arc<Someone>>, Error> {
        let at = unix_ms();
        let id = UserId::new(at, rand::rng().random());
        let shown: Arc<str> = id.to_string().into();
        let person = Person::new(id, shown.clone(), None);
        let new =
            NewPerson { id, folded: name::fold(&shown), name: shown, role: None, password: None, token, at };
        let claim = accounts::add(&*self.store, new, &Whence::default()).await?;
        Ok((claim == Claim::Made).then(|| self.everybody.someone(&person)))
    }

    pub(super) async fn add(
        &self,
        name: name::Name,
        role: Option<Role>,
        password: Option<String>,
        token: &str,
        whence: &Whence,
    ) -> Result<Option<Person>, Error> {
        let at = unix_ms();
        let id = UserId::new(at, rand::rng().random());
        let shown: Arc<str> = name.shown.into();
        let new = NewPerson {
            id,
            name: shown.clone(),
            folded: name.folded,
            role,
            password,
            token: Some(hash(token)),
            at,
        };
        match accounts::add(&*self.store, new, whence).await? {
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

/// A name for somebody who has none.
pub(super) fn made_up() -> String {
    let mut random = rand::rng();
    format!("{} {}", TEAS[random.random_range(0..TEAS.len())], random.random_range(1..10_000))
}
