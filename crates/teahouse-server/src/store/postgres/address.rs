//! Where the database is and how it is reached: a `postgres://` URL, read the way libpq reads it. Its password
//! is in no message.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// A database of PostgreSQL. Prints without its password.
#[derive(Clone)]
pub struct Database {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// The file with the authorities that may vouch for it; none for those of the system.
    pub(super) roots: Option<PathBuf>,
}

/// What the server has to show before it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing: at most nobody listens in.
    Anybody,
    /// A certificate of a known authority, for any name.
    Authority,
    /// A certificate of a known authority, for the name in the URL.
    Name,
}

/// A URL that cannot be used; says what is wrong, never the URL itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDatabase(String);

impl Database {
    /// The hosts and the name of the database, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => folder.display().to_string(),
            }
        });
        format!("{}/{}", hosts.collect::<Vec<_>>().join(","), self.name())
    }

    /// The URL without its password, as messages show it: it tells this place from others.
    #[must_use]
    pub fn shown(&self) -> String {
        let user = self.config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let options = self.config.get_options().filter(|options| !options.trim().is_empty());
        let options = options.map(|options| format!("?options={}", encoded(options.trim())));
        format!("postgres://{user}{}{}", self.place(), options.unwrap_or_default())
    }

    /// Who asks.
    pub(super) fn user(&self) -> &str {
        self.config.get_user().unwrap_or("(this system's user)")
    }

    /// The database's own name; without one it is the user's.
    pub(super) fn name(&self) -> &str {
        self.config.get_dbname().unwrap_or_else(|| self.user())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}", self.user(), self.place())
    }
}

impl FromStr for Database {
    type Err = BadDatabase;

    fn from_str(url: &str) -> Result<Self, BadDatabase> {
        let bad = |why: &str| Err(BadDatabase(why.to_owned()));
        let url = url.trim();
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return bad("expected a URL such as postgres://USER:PASSWORD@HOST/DATABASE");
        }
        let (url, ours) = take_out(url, &["sslmode", "sslrootcert"]);
        let [mode, roots] = ours;
        let mut config: Config = match url.parse() {
            Ok(config) => config,
            Err(error) => return bad(&super::fault::chain(&error)),
        };
        let hosts = config.get_hosts();
        if hosts.is_empty() && config.get_hostaddrs().is_empty() {
            return bad("it names no host");
        }
        let is_odd = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
        if hosts.iter().any(is_odd) {
            return bad("there is an @ in the host; write one that belongs to the password as %40");
        }
        let roots = roots.filter(|path| path != "system").map(PathBuf::from);
        let usual = if hosts.iter().all(is_local) { "prefer" } else { "verify-full" };
        let (ssl, trust) = match mode.as_deref().unwrap_or(usual) {
            "disable" => (SslMode::Disable, Trust::Anybody),
            "prefer" => (SslMode::Prefer, Trust::Anybody),
            // As libpq has it: whoever names authorities wants them asked.
            "require" if roots.is_some() => (SslMode::Require, Trust::Authority),
            "require" => (SslMode::Require, Trust::Anybody),
            "verify-ca" => (SslMode::Require, Trust::Authority),
            "verify-full" => (SslMode::Require, Trust::Name),
            _ => return bad("sslmode is one of disable, prefer, require, verify-ca and verify-full"),
        };
        config.ssl_mode(ssl);
        // Of several hosts the one that takes writes, also after they have changed their parts.
        if config.get_hosts().len().max(config.get_hostaddrs().len()) > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { config, trust, roots })
    }
}

/// Whether nobody can stand between us and that host.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// The URL without those parameters, and what they were.
fn take_out<const N: usize>(url: &str, keys: &[&str; N]) -> (String, [Option<String>; N]) {
    let mut taken = [const { None }; N];
    // A question mark may be in the password.
    let after_user = url.find('@').map_or(0, |at| at + 1);
    let Some(at) = url[after_user..].find('?').map(|at| after_user + at) else {
        return (url.to_owned(), taken);
    };
    let is_left = |pair: &&str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match keys.iter().position(|ours| *ours == key) {
            Some(place) => taken[place] = Some(decoded(value)),
            None => return true,
        }
        false
    };
    let left: Vec<&str> = url[at + 1..].split('&').filter(is_left).collect();
    let left = if left.is_empty() { String::new() } else { format!("?{}", left.join("&")) };
    (format!("{}{left}", &url[..at]), taken)
}

/// A value as a URL has it.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut said, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' => {
                said.push(char::from(byte))
            }
            other => said += &format!("%{other:02X}"),
        }
        said
    })
}

/// A value without its percent signs.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|two| *first == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits.and_then(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
