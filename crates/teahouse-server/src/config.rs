//! What the server is told at its start: defaults, then `teahouse.toml`, then the environment, then flags.
//!
//! Two steps: what was given (`Given`, all optional) becomes what holds (`Config`), and everything that is
//! wrong with it is told at once, each with its key.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use teahouse_core::limits::Rate;
use teahouse_core::session::Terms;
use teahouse_protocol::{Limits, Role};

use crate::people::{Rates, Tries};
use crate::store::postgres::Database;

/// Where files are, and how large.
mod files;

pub use files::{Bucket, FilesIn};

/// What holds. See `teahouse.example.toml` for what each key means.
#[derive(Debug, Clone)]
pub struct Config {
    /// The addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The folder of everything that survives a restart.
    pub data: PathBuf,
    /// The database that survives a restart instead, and that other nodes share; none for the folder.
    pub database: Option<Database>,
    /// Where the bytes of files are.
    pub files: FilesIn,
    /// How large files may be, unless the owner decides otherwise.
    pub file_limits: crate::files::Limits,
    /// The way to the other nodes of the house, if there are any.
    pub nats: Option<Nats>,
    /// What this node is called in logs and at its neighbours.
    pub node: String,
    /// Other origins whose pages may talk to this server, exact.
    pub origins: Vec<String>,
    /// The certificate and its key, where connections are to be secured here.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy in front tells the client's address in `x-forwarded-for`.
    pub trust_forwarded: bool,
    /// Whether pushes may go to addresses in the own network, and without TLS.
    pub push_private: bool,
    /// Whether rooms write by io_uring where the kernel offers it.
    pub io_uring: bool,
    /// What every connection is given.
    pub terms: Terms,
    /// How many messages a person may send who has an account.
    pub sends: Rate,
    /// How many messages a guest may send.
    pub guest_sends: Rate,
    /// How many connections an address may open.
    pub connections: Rate,
    /// How many new guests an address may make.
    pub guests: Rate,
    /// How often signing in to one account may be tried, from anywhere.
    pub signins_per_account: Tries,
    /// How often signing in may be tried from an address.
    pub signins_per_address: Tries,
    /// The provider to sign in with, if there is one.
    pub oidc: Option<Oidc>,
    /// How many `hello`s the whole house takes, so that a crowd after a restart comes in line.
    pub hellos: Rate,
    /// Most connections of one person.
    pub connections_per_user_max: u32,
    /// Most bytes of a message to `/echo`.
    pub echo_message_bytes_max: u32,
    /// Longest time that connections are given to leave at the end.
    pub drain_ms: u64,
    /// What is logged, as `tracing-subscriber` filters it.
    pub log: String,
}

/// Where the certificate and its key are: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A provider of OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oidc {
    /// Its issuer: the URL under which it says what it can.
    pub issuer: String,
    /// What this house is called there.
    pub client_id: String,
    /// What this house shows there; none for a public client.
    pub client_secret: Option<Secret>,
    /// What people call it.
    pub name: String,
}

/// Where NATS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nats {
    /// `nats://` or `tls://`, with what it asks for.
    pub url: Secret,
    /// A `.creds` file.
    pub credentials: Option<PathBuf>,
}

macro_rules! given {
    ($($key:ident: $type:ty),* $(,)?) => {
        /// What one source gave; a source that is silent on a key leaves it to the one before.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Given {
            $(#[allow(missing_docs, reason = "teahouse.example.toml says what each key means")] pub $key: Option<$type>,)*
        }

        impl Given {
            /// Every key there is.
            pub const KEYS: &[&str] = &[$(stringify!($key)),*];

            /// What `other` gives, and what this gives where `other` is silent.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self { $($key: other.$key.or(self.$key),)* }
            }

            /// What the environment gives, as `TEAHOUSE_KEY`.
            fn environment(read: impl Fn(&str) -> Option<String>, wrong: &mut Vec<String>) -> Self {
                Self {
                    $($key: {
                        let name = format!("TEAHOUSE_{}", stringify!($key).to_uppercase());
                        read(&name).and_then(|text| match <$type as FromText>::from_text(&text) {
                            Ok(value) => Some(value),
                            Err(expected) => {
                                wrong.push(format!("{name} is {text:?}; expected {expected}"));
                                None
                            }
                        })
                    },)*
                }
            }
        }
    };
}

given! {
    listen: Vec<String>,
    data: PathBuf,
    database: Secret,
    database_file: PathBuf,
    files: PathBuf,
    files_s3_bucket: String,
    files_s3_endpoint: String,
    files_s3_region: String,
    files_s3_prefix: String,
    files_s3_key_id: String,
    files_s3_secret: Secret,
    files_s3_secret_file: PathBuf,
    file_bytes_max: u32,
    files_per_person_mib_max: u32,
    files_mib_max: u32,
    nats: Secret,
    nats_credentials: PathBuf,
    node: String,
    origins: Vec<String>,
    tls_cert: PathBuf,
    tls_key: PathBuf,
    trust_forwarded: bool,
    push_private: bool,
    io_uring: bool,
    frame_bytes_max: u32,
    text_bytes_max: u32,
    rooms_per_connection_max: u32,
    connections_per_user_max: u32,
    sends_per_second: u32,
    sends_burst: u32,
    sends_unacked_max: u32,
    guest_sends_per_second: u32,
    guest_sends_burst: u32,
    signins_per_account_per_minute: u32,
    signins_per_account_burst: u32,
    signins_per_address_per_minute: u32,
    signins_per_address_burst: u32,
    connections_per_address_per_second: u32,
    connections_per_address_burst: u32,
    guests_per_address_per_second: u32,
    guests_per_address_burst: u32,
    hellos_per_second: u32,
    hellos_burst: u32,
    oidc_issuer: String,
    oidc_client_id: String,
    oidc_client_secret: Secret,
    oidc_client_secret_file: PathBuf,
    oidc_name: String,
    echo_message_bytes_max: u32,
    hello_s: u32,
    heartbeat_s: u32,
    pong_s: u32,
    stall_s: u32,
    drain_s: u32,
    log: String,
}

/// A text that is never printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

trait FromText: Sized {
    fn from_text(text: &str) -> Result<Self, &'static str>;
}

impl FromText for String {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.into())
    }
}

impl FromText for Secret {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(Self(text.into()))
    }
}

impl FromText for PathBuf {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.into())
    }
}

impl FromText for u32 {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "a whole number")
    }
}

impl FromText for bool {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "true or false")
    }
}

impl FromText for Vec<String> {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
    }
}

/// Everything that is wrong with what was given.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:{}", list(.0))]
pub struct BadConfig(Vec<String>);

fn list(wrong: &[String]) -> String {
    wrong.iter().fold(String::new(), |mut text, one| {
        let _ = write!(text, "\n  - {one}");
        text
    })
}

impl Config {
    /// Puts the sources together: `file` (if it is there, or if it was named), environment, flags.
    ///
    /// # Errors
    /// Names every key that is wrong, and what would be right.
    pub fn load(file: Option<&Path>, flags: Given) -> Result<Self, BadConfig> {
        let mut wrong = Vec::new();
        let from_file = read_file(file, &mut wrong);
        let from_environment = Given::environment(|name| std::env::var(name).ok(), &mut wrong);
        Self::check(from_file.or(from_environment).or(flags), wrong)
    }

    /// Makes what was given what holds.
    ///
    /// # Errors
    /// Names every key that is wrong, and what would be right.
    pub fn check(given: Given, wrong: Vec<String>) -> Result<Self, BadConfig> {
        let mut checks = Checks(wrong);
        let config = Self {
            listen: checks.addresses(given.listen.as_deref()),
            database: checks.database(given.database.as_ref(), given.database_file.as_deref()),
            origins: checks.origins(given.origins.as_deref().unwrap_or_default()),
            files: checks.files(&given),
            file_limits: checks.file_limits(&given),
            nats: checks.nats(&given),
            node: checks.node(given.node.as_deref()),
            tls: checks.tls(given.tls_cert.as_deref(), given.tls_key.as_deref()),
            terms: checks.terms(&given),
            sends: checks.rate(
                ["sends_per_second", "sends_burst"],
                [given.sends_per_second, given.sends_burst],
                [10, 30],
            ),
            oidc: checks.oidc(&given),
            // Who changed the one rate and says nothing of the other means both.
            guest_sends: checks.rate(
                ["guest_sends_per_second", "guest_sends_burst"],
                [
                    given.guest_sends_per_second.or(given.sends_per_second),
                    given.guest_sends_burst.or(given.sends_burst),
                ],
                [4, 15],
            ),
            signins_per_account: checks.tries(
                ["signins_per_account_per_minute", "signins_per_account_burst"],
                [given.signins_per_account_per_minute, given.signins_per_account_burst],
                [6, 10],
            ),
            signins_per_address: checks.tries(
                ["signins_per_address_per_minute", "signins_per_address_burst"],
                [given.signins_per_address_per_minute, given.signins_per_address_burst],
                [30, 60],
            ),
            connections: checks.rate(
                ["connections_per_address_per_second", "connections_per_address_burst"],
                [given.connections_per_address_per_second, given.connections_per_address_burst],
                [50, 500],
            ),
            guests: checks.rate(
                ["guests_per_address_per_second", "guests_per_address_burst"],
                [given.guests_per_address_per_second, given.guests_per_address_burst],
                [5, 100],
            ),
            hellos: checks.rate(
                ["hellos_per_second", "hellos_burst"],
                [given.hellos_per_second, given.hellos_burst],
                [5_000, 20_000],
            ),
            connections_per_user_max: checks.number(
                "connections_per_user_max",
                given.connections_per_user_max,
                20,
                1..=10_000,
            ),
            echo_message_bytes_max: checks.number(
                "echo_message_bytes_max",
                given.echo_message_bytes_max,
                16 << 20,
                125..=1 << 30,
            ),
            drain_ms: u64::from(checks.number("drain_s", given.drain_s, 20, 0..=3_600)) * 1_000,
            log: checks.log(given.log),
            data: given.data.unwrap_or_else(|| PathBuf::from("data")),
            trust_forwarded: given.trust_forwarded.unwrap_or(false),
            push_private: given.push_private.unwrap_or(false),
            io_uring: given.io_uring.unwrap_or(false),
        };
        if checks.0.is_empty() { Ok(config) } else { Err(BadConfig(checks.0)) }
    }
}

impl Config {
    /// How often each address and account may come in.
    #[must_use]
    pub fn rates(&self) -> Rates {
        let (account, address) = (self.signins_per_account, self.signins_per_address);
        Rates { guests: self.guests, account, address }
    }

    /// How many messages somebody of this role may send.
    #[must_use]
    pub fn sends_of(&self, role: Option<Role>) -> Rate {
        if role.is_some() { self.sends } else { self.guest_sends }
    }
}

fn read_file(file: Option<&Path>, wrong: &mut Vec<String>) -> Given {
    let path = file.unwrap_or(Path::new("teahouse.toml"));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Given::default();
        }
        Err(error) => {
            wrong.push(format!("{} cannot be read: {error}", path.display()));
            return Given::default();
        }
    };
    toml::from_str(&text).unwrap_or_else(|error| {
        // Without the line itself: a password may be in it.
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        wrong.push(format!("{}, line {line}: {}", path.display(), error.message()));
        Given::default()
    })
}

/// What was found wrong so far.
struct Checks(Vec<String>);

impl Checks {
    fn number(&mut self, key: &str, value: Option<u32>, default: u32, allowed: RangeInclusive<u32>) -> u32 {
        let value = value.unwrap_or(default);
        let (least, most) = allowed.into_inner();
        if !(least..=most).contains(&value) {
            self.0.push(format!("{key} is {value}; expected a number from {least} to {most}"));
        }
        value.clamp(least, most)
    }

    fn rate(&mut self, keys: [&str; 2], given: [Option<u32>; 2], default: [u32; 2]) -> Rate {
        const MANY: u32 = 1_000_000_000;
        Rate {
            per_second: self.number(keys[0], given[0], default[0], 1..=MANY),
            burst: self.number(keys[1], given[1], default[1], 1..=MANY),
        }
    }

    fn tries(&mut self, keys: [&str; 2], given: [Option<u32>; 2], default: [u32; 2]) -> Tries {
        Tries {
            per_minute: self.number(keys[0], given[0], default[0], 1..=60_000),
            burst: self.number(keys[1], given[1], default[1], 1..=60_000),
        }
    }

    fn terms(&mut self, given: &Given) -> Terms {
        let limits = Limits {
            frame_bytes_max: self.number("frame_bytes_max", given.frame_bytes_max, 65_536, 4_096..=1 << 20),
            text_bytes_max: self.number("text_bytes_max", given.text_bytes_max, 16_384, 64..=65_536),
            rooms_max: self.number(
                "rooms_per_connection_max",
                given.rooms_per_connection_max,
                200,
                1..=10_000,
            ),
            sends_unacked_max: self.number("sends_unacked_max", given.sends_unacked_max, 32, 1..=1_000),
        };
        if limits.text_bytes_max > limits.frame_bytes_max - 1_024 {
            self.0.push(
                "text_bytes_max must be at least 1,024 below frame_bytes_max: a text travels in a frame"
                    .into(),
            );
        }
        let mut ms = |key, given, default| u64::from(self.number(key, given, default, 1..=3_600)) * 1_000;
        Terms {
            hello_ms: ms("hello_s", given.hello_s, 10),
            heartbeat_ms: ms("heartbeat_s", given.heartbeat_s, 25),
            pong_ms: ms("pong_s", given.pong_s, 10),
            stall_ms: ms("stall_s", given.stall_s, 30),
            limits,
        }
    }

    fn tls(&mut self, cert: Option<&Path>, key: Option<&Path>) -> Option<TlsFiles> {
        match (cert, key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert: cert.into(), key: key.into() }),
            (None, None) => None,
            _ => {
                self.0.push("tls_cert and tls_key belong together: give both, or neither".into());
                None
            }
        }
    }

    fn nats(&mut self, given: &Given) -> Option<Nats> {
        let Some(Secret(url)) = &given.nats else {
            if given.nats_credentials.is_some() {
                self.0.push("nats_credentials is given, but nats is not: where is it?".into());
            }
            return None;
        };
        if !["nats://", "tls://"].iter().any(|scheme| url.starts_with(scheme)) {
            // It may hold a password: it is not repeated.
            self.0.push("nats is not a URL of NATS; expected nats://HOST:PORT or tls://HOST:PORT".into());
        }
        if given.database.is_none() && given.database_file.is_none() {
            self.0.push("nats joins nodes that share a database: give database, too".into());
        }
        Some(Nats { url: Secret(url.clone()), credentials: given.nats_credentials.clone() })
    }

    fn oidc(&mut self, given: &Given) -> Option<Oidc> {
        let Some(issuer) = given.oidc_issuer.clone() else {
            if given.oidc_client_id.is_some() {
                self.0.push("oidc_client_id is given, but oidc_issuer is not: who is the provider?".into());
            }
            return None;
        };
        let host = |url: url::Url| url.host_str().map(|host| (url.scheme().to_owned(), host.to_owned()));
        let is_own = |host: &str| ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match issuer.parse().ok().and_then(host) {
            Some((scheme, host)) if scheme == "https" || scheme == "http" && is_own(&host) => {}
            _ => self
                .0
                .push(format!("oidc_issuer is {issuer:?}; expected a URL such as https://id.example.org")),
        }
        let client_id = given.oidc_client_id.clone().unwrap_or_default();
        if client_id.is_empty() {
            self.0.push("oidc_issuer is given, but oidc_client_id is not: who is this house there?".into());
        }
        let client_secret = match (&given.oidc_client_secret, &given.oidc_client_secret_file) {
            (Some(_), Some(_)) => {
                self.0.push("oidc_client_secret and oidc_client_secret_file say the same: give one".into());
                None
            }
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Some(Secret(text.trim().to_owned())),
                Err(error) => {
                    self.0
                        .push(format!("oidc_client_secret_file {} cannot be read: {error}", path.display()));
                    None
                }
            },
            (secret, None) => secret.clone(),
        };
        let name = given.oidc_name.clone().unwrap_or_else(|| "OpenID Connect".into());
        Some(Oidc { issuer, client_id, client_secret, name })
    }

    fn node(&mut self, given: Option<&str>) -> String {
        let host = rustix::system::uname();
        let name = given.map_or_else(|| host.nodename().to_string_lossy(), Into::into);
        if given.is_some() && (name.is_empty() || name.chars().any(char::is_control)) {
            self.0.push(format!("node is {name:?}; expected a name on one line, such as node-1"));
        }
        name.into_owned()
    }

    fn database(&mut self, given: Option<&Secret>, file: Option<&Path>) -> Option<Database> {
        let (key, url) = match (given, file) {
            (None, None) => return None,
            (Some(Secret(url)), None) => ("database".to_owned(), Ok(url.clone())),
            (None, Some(path)) => {
                (format!("database_file {}", path.display()), std::fs::read_to_string(path))
            }
            (Some(_), Some(_)) => {
                self.0.push("database and database_file say the same thing: give one of them".into());
                return None;
            }
        };
        let read = url.map_err(|error| error.to_string());
        match read.and_then(|url| url.parse().map_err(|error| format!("{error}"))) {
            Ok(database) => Some(database),
            Err(why) => {
                self.0.push(format!("{key} cannot be used: {why}"));
                None
            }
        }
    }

    fn log(&mut self, given: Option<String>) -> String {
        let log = given.unwrap_or_else(|| "info".into());
        if log.parse::<tracing_subscriber::EnvFilter>().is_err() {
            self.0.push(format!("log is {log:?}; expected a filter such as info or teahouse_server=debug"));
        }
        log
    }

    fn addresses(&mut self, given: Option<&[String]>) -> Vec<SocketAddr> {
        let default = ["0.0.0.0:8888".to_owned()];
        let given = given.unwrap_or(&default);
        if given.is_empty() {
            self.0.push("listen is empty; name at least one address, such as 0.0.0.0:8888".into());
        }
        let mut addresses = Vec::new();
        for text in given {
            match address(text) {
                Some(address) => addresses.push(address),
                None => self.0.push(format!(
                    "listen has {text:?}; expected ADDRESS:PORT, such as 0.0.0.0:8888, [::]:8888 or 8888"
                )),
            }
        }
        addresses
    }

    fn origins(&mut self, given: &[String]) -> Vec<String> {
        for origin in given {
            let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
                self.0.push(format!(
                    "origins has {origin:?}; expected scheme and host only, such as https://example.org"
                ));
            }
        }
        given.to_vec()
    }
}

/// `ADDRESS:PORT`, `localhost:PORT` or just a port, which then is open to everybody.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(port) = text.parse::<u16>() {
        return Some(SocketAddr::from(([0, 0, 0, 0], port)));
    }
    text.replacen("localhost", "127.0.0.1", 1).parse().ok()
}

#[cfg(test)]
mod tests;
