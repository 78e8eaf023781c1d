//! Who is who: guests, members and the owner, how they show who they are, and what each may do how often.
//! What survives is in the store; what is here is who is here now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use teahouse_core::limits::Rate;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{CloseCode, ErrorCode, Person, Push, UserId};

use self::here::Everybody;
use self::oidc::Provider;
use self::passwords::Passwords;
use self::rates::Throttle;
use crate::bans::Bans;
use crate::clock::{Clock, unix_ms};
use crate::config::Oidc;
use crate::house::{House, Order};
use crate::session::Connection;
use crate::settings::Current;
use crate::store::accounts::Whence;
use crate::store::{Store, StoreError, accounts};

/// One's own account.
mod account;
/// Passkeys, without a store.
mod ceremony;
/// What newcomers are asked.
mod door;
/// Who comes without an account.
mod guests;
/// Who has a connection.
mod here;
/// Erasing and exporting.
mod leaving;
/// Signing in with a provider.
mod oidc;
/// Passkeys, with the store.
mod passkeys;
/// Hashing.
mod passwords;
/// What becomes of a picture.
pub mod picture;
/// What they tell of themselves.
mod profile;
/// How often what is tried.
mod rates;
/// Who comes with an account.
mod signins;
/// What is good for one use.
mod tickets;
/// What a newcomer's machine has to do.
pub mod work;

pub use account::Keys;
pub use door::Newcomer;
pub use here::Someone;
pub use leaving::export;
pub use oidc::{Away, Back};
pub use passkeys::Ceremony;
pub use profile::Telling;
pub use rates::{Addresses, Tries};
pub use tickets::Code;

/// How long a guest's name is kept after they were last here, in milliseconds.
pub const NAME_KEPT_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// How long a sign-in lasts after it was last used, in milliseconds.
pub const SIGN_IN_MS: u64 = 90 * 24 * 3_600 * 1_000;

/// What came of a `hello`.
#[derive(Debug)]
pub struct Identified {
    /// Who it is.
    pub someone: Arc<Someone>,
    /// A new person's token, told once.
    pub token: Option<String>,
}

/// One sign-in of a person: what their token is known by without being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignIn(pub u64);

impl SignIn {
    /// The sign-in of a token, by its hash.
    #[must_use]
    pub fn of(hash: &[u8; 32]) -> Self {
        Self(u64::from_be_bytes(std::array::from_fn(|index| hash[index])))
    }
}

impl std::fmt::Display for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<SignIn> for String {
    fn from(sign_in: SignIn) -> Self {
        sign_in.to_string()
    }
}

impl TryFrom<String> for SignIn {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16);
        number.map(Self).ok_or("expected 16 hex digits")
    }
}

/// What each address and account may do how often.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// New guests of an address.
    pub guests: Rate,
    /// Tries to sign in to an account, from anywhere.
    pub account: Tries,
    /// Tries to sign in from an address, to any account.
    pub address: Tries,
}

/// What `People` works with.
pub struct Parts {
    /// What survives a restart.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<Clock>,
    /// What every node has to do.
    pub house: Arc<House>,
    /// What the owner decided.
    pub settings: Arc<Current>,
    /// Who has to stay out.
    pub bans: Arc<Bans>,
    /// What only this house knows.
    pub secret: Arc<str>,
    /// What each address and account may do how often.
    pub rates: Rates,
    /// The provider to sign in with, if there is one.
    pub oidc: Option<Oidc>,
}

/// Everybody who has a connection now, and the way to find the others.
pub struct People {
    store: Arc<dyn Store>,
    clock: Arc<Clock>,
    house: Arc<House>,
    settings: Arc<Current>,
    bans: Arc<Bans>,
    secret: Arc<str>,
    rates: Rates,
    provider: Option<Provider>,
    everybody: Everybody,
    addresses: Addresses,
    passwords: Passwords,
    /// Tries of each account, and of each address, to sign in.
    tries: [Throttle; 2],
    /// How often somebody changed, or a sign-in ended: what was read before may be old.
    changes: AtomicU64,
}

impl People {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, clock, house, settings, bans, secret, rates, oidc } = parts;
        Self {
            store,
            clock,
            house,
            settings,
            bans,
            secret,
            rates,
            provider: oidc.map(Provider::new),
            everybody: Everybody::default(),
            addresses: Addresses::default(),
            passwords: Passwords::default(),
            tries: Default::default(),
            changes: AtomicU64::new(0),
        }
    }

    /// The person of a token.
    ///
    /// # Errors
    /// `bad_token`, `banned`, or the store's code.
    pub async fn by_token(&self, token: &str) -> Result<Arc<Someone>, Error> {
        let bad = || Error::new(None, ErrorCode::BadToken, crate::error::sentence(ErrorCode::BadToken));
        let (hash, mut read) = (hash(token), None);
        loop {
            let (before, now) = (self.changes(), unix_ms());
            let shown = accounts::by_token(&*self.store, hash, now.saturating_sub(SIGN_IN_MS)).await;
            let shown = shown?.ok_or_else(bad)?;
            let someone = self.everybody.someone(&shown.person);
            // Who they are may have changed while it was read, and nobody was here to be told.
            if read.replace(before).is_some() {
                let _ = someone.become_like(&shown.person);
            }
            self.bans.check(Some(someone.id), None)?;
            if self.changes() == before {
                if shown.is_news(now) {
                    // The answer does not wait for it, nor depend on it: the next hour brings another chance.
                    tokio::spawn(self.store.commit(accounts::saw(someone.id, hash, now)));
                }
                return Ok(someone);
            }
        }
    }

    /// Reads again who somebody is, and tells them; who they are now.
    pub(crate) async fn read_again(&self, person: UserId) -> Result<Option<Person>, StoreError> {
        self.changes.fetch_add(1, Ordering::SeqCst);
        let Some(now) = accounts::person(&*self.store, person).await? else { return Ok(None) };
        if let Some(someone) = self.everybody.find(person)
            && someone.become_like(&now)
        {
            let said = Push::Changed { you: Some(now.clone()), rooms: false, calls: false };
            someone.connections().iter().for_each(|one| one.tell(&said, self.clock.now()));
        }
        Ok(Some(now))
    }

    /// Closes the connections of these sign-ins of a person; of all of them if none is named.
    pub(crate) fn close_sign_ins(&self, person: UserId, sign_ins: &[SignIn]) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        for connection in self.connections(person) {
            if sign_ins.is_empty() || sign_ins.contains(&connection.sign_in()) {
                connection.close(CloseCode::SignedOut);
            }
        }
    }

    /// Has every node ask again what somebody may do.
    pub(crate) async fn order_rights(&self, person: UserId) -> Result<(), Error> {
        self.house.order(&Order::Rights { person }).await.map_err(Error::from)
    }

    /// Has every node read again who somebody is.
    pub(crate) async fn order_person(&self, person: UserId) -> Result<(), Error> {
        self.house.order(&Order::Person { person }).await.map_err(Error::from)
    }

    /// How often somebody changed, or a sign-in ended.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// The connections of a person to this node.
    #[must_use]
    pub fn connections(&self, person: UserId) -> Vec<Arc<Connection>> {
        self.everybody.find(person).map(|someone| someone.connections()).unwrap_or_default()
    }

    /// Keeps what is left of somebody's rate who writes with one request and may be gone with it: the next
    /// request goes on with the same.
    pub fn keep_rate(&self, someone: &Arc<Someone>, rate: Rate) {
        self.everybody.keep_rate(someone, rate, self.clock.now());
    }
}

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

/// What nobody else can compute of a text.
#[must_use]
pub fn secret_of(secret: &str, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(&format!("{secret}\0{text}")))
}
