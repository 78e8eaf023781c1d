//! Who is who: guests with a name, the owner, their tokens, and what each may do how often.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, Weak};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use teahouse_core::limits::{Bucket, Rate};
use teahouse_core::{Moment, name};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Hello, Person, Role, UserId};

use crate::clock::{Clock, unix_ms};
use crate::lock;
use crate::session::Connection;
use crate::store::{Claim, NewPerson, Store};

/// How long a guest's name is kept after they were last here, in milliseconds.
pub const NAME_KEPT_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// Addresses whose rates are kept; full buckets are forgotten first.
const ADDRESSES_MAX: usize = 65_536;
/// People whose rates are kept while they have no connection.
const RESTING_MAX: usize = 65_536;
/// Characters of the shortest password.
const PASSWORD_MIN: usize = 8;
/// Bytes of the longest password: hashing must not become a way to keep the server busy.
const PASSWORD_BYTES_MAX: usize = 1_024;
/// Names for those who give none.
const TEAS: &[&str] =
    &["龙井", "普洱", "白茶", "乌龙", "茉莉", "Oolong", "Matcha", "Sencha", "Assam", "Keemun"];

/// Somebody who has a connection now.
#[derive(Debug)]
pub struct Someone {
    /// As others see them.
    pub person: Person,
    sends: Mutex<Bucket>,
    connections: Mutex<Vec<Weak<Connection>>>,
}

impl Someone {
    fn new(person: Person) -> Arc<Self> {
        Arc::new(Self { person, sends: Mutex::default(), connections: Mutex::default() })
    }

    /// Takes one message of their rate, or says how many milliseconds to wait.
    ///
    /// # Errors
    /// The waiting time in milliseconds.
    pub fn may_send(&self, rate: Rate, now: Moment) -> Result<(), u64> {
        lock(&self.sends).take(rate, now)
    }

    /// Whether they have written so little lately that their rate need not be kept.
    fn is_rested(&self, rate: Rate, now: Moment) -> bool {
        lock(&self.sends).is_full(rate, now)
    }

    /// Counts a connection in, unless there are too many.
    #[must_use]
    pub fn admit(&self, connection: &Arc<Connection>, most: u32) -> bool {
        let mut all = lock(&self.connections);
        all.retain(|one| one.strong_count() > 0);
        if all.len() >= most as usize {
            return false;
        }
        all.reserve_exact(1);
        all.push(Arc::downgrade(connection));
        true
    }

    /// Their other connections.
    #[must_use]
    pub fn others(&self, than: &Connection) -> Vec<Arc<Connection>> {
        lock(&self.connections).iter().filter_map(Weak::upgrade).filter(|one| one.id != than.id).collect()
    }
}

/// What came of a `hello`.
#[derive(Debug)]
pub struct Identified {
    /// Who it is.
    pub someone: Arc<Someone>,
    /// A new person's token, told once.
    pub token: Option<String>,
}

/// Everybody who has a connection now, and the way to find the others.
pub struct People {
    store: Arc<dyn Store>,
    clock: Arc<Clock>,
    guests: Rate,
    here: Mutex<HashMap<UserId, Weak<Someone>>>,
    /// Who wrote without a connection that lasts, until their rate is whole again.
    resting: Mutex<HashMap<UserId, Arc<Someone>>>,
    addresses: Addresses,
    /// Two passwords at a time: argon2 takes 19 MiB each.
    hashing: tokio::sync::Semaphore,
}

impl People {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<Clock>, guests: Rate) -> Self {
        let (here, resting) = (Mutex::default(), Mutex::default());
        let (addresses, hashing) = (Addresses::default(), tokio::sync::Semaphore::new(2));
        Self { store, clock, guests, here, resting, addresses, hashing }
    }

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

    /// The person of a token.
    ///
    /// # Errors
    /// `bad_token`, or the store's code.
    pub async fn by_token(&self, token: &str) -> Result<Arc<Someone>, Error> {
        let found = self.store.by_token(hash(token), unix_ms()).await.map_err(|error| error.refusal(None))?;
        let bad = || Error::new(None, ErrorCode::BadToken, crate::error::sentence(ErrorCode::BadToken));
        found.map(|person| self.someone(person)).ok_or_else(bad)
    }

    async fn new_guest(&self, given: Option<&str>, address: IpAddr) -> Result<Identified, Error> {
        self.admit_guest(address)?;
        let token = new_token();
        // A name that was made up may be taken; one that was given is the person's to change.
        for _ in 0..16 {
            let name = match given {
                Some(given) => checked(given)?,
                None => checked(&made_up())?,
            };
            if let Some(person) = self.add(name, None, None, &token).await? {
                return Ok(Identified { someone: self.someone(person), token: Some(token) });
            }
            if let Some(given) = given {
                return Err(taken(given));
            }
        }
        Err(taken("everything that was tried"))
    }

    /// Keeps what is left of somebody's rate who writes with one request and may be gone with it: the next
    /// request goes on with the same.
    pub fn keep_rate(&self, someone: &Arc<Someone>, rate: Rate) {
        let now = self.clock.now();
        let mut resting = lock(&self.resting);
        if resting.len() == resting.capacity() {
            resting.retain(|_, one| !one.is_rested(rate, now));
        }
        if resting.len() < RESTING_MAX {
            resting.insert(someone.person.id, someone.clone());
        }
    }

    /// Takes one of the address's tries, which new guests and signing in share.
    fn admit(&self, address: IpAddr, said: &str) -> Result<(), Error> {
        self.addresses
            .take(address, self.guests, self.clock.now())
            .map_err(|retry_ms| Error { retry_ms: Some(retry_ms), ..Error::new(None, ErrorCode::Rate, said) })
    }

    fn admit_guest(&self, address: IpAddr) -> Result<(), Error> {
        self.admit(address, "Too many new guests came from your address. Wait a moment.")
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
        Ok((claim == Claim::Made).then(|| self.someone(person)))
    }

    /// Makes the owner's account, once.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, `bad_field` for the password, `forbidden` if there is an owner.
    pub async fn make_owner(&self, name: &str, password: &str) -> Result<(Person, String), Error> {
        let name = checked(name)?;
        check_password(password)?;
        if self.store.has_owner().await.map_err(|error| error.refusal(None))? {
            return Err(Error::new(
                None,
                ErrorCode::Forbidden,
                "This house has an owner already. Sign in instead.",
            ));
        }
        let password = self.hash_password(password).await;
        let token = new_token();
        let shown = name.shown.clone();
        match self.add(name, Some(Role::Owner), Some(password), &token).await? {
            Some(person) => Ok((person, token)),
            None => Err(taken(&shown)),
        }
    }

    /// Signs somebody in who has a password.
    ///
    /// # Errors
    /// `bad_password` whatever is wrong, `rate` for the address, or the store's code.
    pub async fn sign_in(
        &self,
        given: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<(Person, String), Error> {
        self.admit(address, "Too many tries from your address. Wait a moment.")?;
        let refused = || Error::new(None, ErrorCode::BadPassword, "No account has this name and password.");
        if password.len() > PASSWORD_BYTES_MAX || given.len() > name::BYTES_MAX {
            return Err(refused());
        }
        let found = self.store.by_name(&name::fold(given)).await.map_err(|error| error.refusal(None))?;
        // A name without a password costs as much time as one with: nobody learns which names exist.
        let (person, kept) = match found {
            Some((person, Some(kept))) => (Some(person), kept),
            _ => (None, DUMMY_HASH.into()),
        };
        if !self.verify_password(password, kept).await {
            return Err(refused());
        }
        let person = person.ok_or_else(refused)?;
        let token = new_token();
        self.store
            .add_token(person.id, hash(&token), unix_ms())
            .await
            .map_err(|error| error.refusal(None))?;
        Ok((person, token))
    }

    async fn add(
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

    fn someone(&self, person: Person) -> Arc<Someone> {
        let mut here = lock(&self.here);
        if let Some(someone) = here.get(&person.id).and_then(Weak::upgrade) {
            return someone;
        }
        if here.len() == here.capacity() {
            here.retain(|_, someone| someone.strong_count() > 0);
        }
        let someone = Someone::new(person);
        here.insert(someone.person.id, Arc::downgrade(&someone));
        someone
    }

    async fn hash_password(&self, password: &str) -> String {
        let password = password.to_owned();
        let _turn = self.hashing.acquire().await.expect("the semaphore is never closed");
        let hashing = tokio::task::spawn_blocking(move || {
            let salt: [u8; 16] = rand::rng().random();
            let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
            argon2id()
                .hash_password(password.as_bytes(), &salt)
                .expect("the parameters are valid")
                .to_string()
        });
        hashing.await.expect("hashing does not panic")
    }

    async fn verify_password(&self, password: &str, hash: String) -> bool {
        let password = password.to_owned();
        let _turn = self.hashing.acquire().await.expect("the semaphore is never closed");
        let verifying = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
        });
        verifying.await.unwrap_or(false)
    }
}

/// The parameters that OWASP's password storage guide names first: 19 MiB, 2 passes, 1 lane.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of nobody's password, with the same parameters.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A new token: 256 random bits.
#[must_use]
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// As the store keeps a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn checked(given: &str) -> Result<name::Name, Error> {
    name::check(given)
        .map_err(|said| Error { field: Some("name".into()), ..Error::new(None, ErrorCode::BadName, said) })
}

fn check_password(password: &str) -> Result<(), Error> {
    let said = if password.chars().count() < PASSWORD_MIN {
        "The password is too short. 8 characters at least."
    } else if password.len() > PASSWORD_BYTES_MAX {
        "The password is too long. 1,024 bytes at most."
    } else {
        return Ok(());
    };
    Err(Error { field: Some("password".into()), ..Error::new(None, ErrorCode::BadField, said) })
}

fn taken(name: &str) -> Error {
    let said = format!("Someone here is already called {name}, or something that looks like it.");
    Error { field: Some("name".into()), ..Error::new(None, ErrorCode::NameTaken, said) }
}

fn made_up() -> String {
    let mut random = rand::rng();
    format!("{} {}", TEAS[random.random_range(0..TEAS.len())], random.random_range(1..10_000))
}

/// How often each address did something lately.
#[derive(Debug, Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, Bucket>>);

impl Addresses {
    /// Takes one of the address's rate, or says how many milliseconds to wait.
    ///
    /// # Errors
    /// The waiting time in milliseconds.
    pub fn take(&self, address: IpAddr, rate: Rate, now: Moment) -> Result<(), u64> {
        let mut all = lock(&self.0);
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&network(address)) {
            all.retain(|_, bucket| !bucket.is_full(rate, now));
            if all.len() >= ADDRESSES_MAX {
                return Err(1_000);
            }
        }
        all.entry(network(address)).or_default().take(rate, now)
    }
}

/// Who has an IPv6 address usually has the whole /64 around it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => (u128::from(v6) >> 64 << 64).to_be_bytes().into(),
        v4 => v4,
    }
}
