//! Where a house is: what a person types or pastes, taken apart. It opens nothing.

use std::fmt;

use teahouse_protocol::RoomId;
use tokio_tungstenite::tungstenite::http::Uri;

/// The address of a house, and perhaps of a room in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    tls: bool,
    room: Option<RoomId>,
}

/// Why a text is no address of a house. The sentence says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It cannot be read as an address at all.
    #[error("{0:?} is not an address. Write it like http://127.0.0.1:8888 or http://127.0.0.1:8888/r/1024.")]
    Unreadable(String),
    /// It has a path that names no room.
    #[error("{0:?} names nothing in a house. Leave the path away, or write /r/ROOM, for example /r/1024.")]
    Path(String),
}

impl Address {
    const PORT_DEFAULT: u16 = 80;
    const PORT_TLS_DEFAULT: u16 = 443;

    /// Reads `http://HOST[:PORT][/r/ROOM]`, the same with `https://`, `ws://` or `wss://`, or without a
    /// scheme, which is `http://`.
    ///
    /// # Errors
    /// When it is none, with what would be one.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let unreadable = || BadAddress::Unreadable(text.into());
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("http://{}", text.trim()) };
        let uri: Uri = with_scheme.trim().parse().map_err(|_| unreadable())?;
        let tls = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(unreadable()),
        };
        let authority = uri.authority().ok_or_else(unreadable)?;
        // A name and password in an address end up in logs and histories; a token has its own place.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(unreadable());
        }
        let host = authority.host().to_owned();
        let after_host = authority.as_str().strip_prefix(host.as_str()).unwrap_or_default();
        let port = match after_host.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| unreadable())?,
            None if tls => Self::PORT_TLS_DEFAULT,
            None => Self::PORT_DEFAULT,
        };
        let room = Self::room_of(uri.path()).ok_or_else(|| BadAddress::Path(text.into()))?;
        Ok(Self { host, port, tls, room })
    }

    /// The room that the address names.
    #[must_use]
    pub fn room(&self) -> Option<&RoomId> {
        self.room.as_ref()
    }

    /// Host and port, as a request's `host` and a token's place name them.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Host and port for a TCP connection; an IPv6 address without its brackets.
    pub(crate) fn tcp(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    fn room_of(path: &str) -> Option<Option<RoomId>> {
        match path {
            "" | "/" | "/v1/ws" => Some(None),
            _ => path.strip_prefix("/r/")?.trim_end_matches('/').parse().ok().map(Some),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}", if self.tls { "s" } else { "" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, authority: &str, room: Option<&str>) {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(address.authority(), authority, "{text}");
        assert_eq!(address.room().map(RoomId::as_str), room, "{text}");
    }

    fn check_bad(text: &str, expected: fn(String) -> BadAddress) {
        assert_eq!(Address::parse(text), Err(expected(text.into())), "{text}");
    }

    #[test]
    fn takes_addresses_apart() {
        check("http://127.0.0.1:8888", "127.0.0.1:8888", None);
        check("http://127.0.0.1:8888/", "127.0.0.1:8888", None);
        check("ws://tea.example", "tea.example:80", None);
        check("ws://tea.example:9/v1/ws", "tea.example:9", None);
        check("localhost:8888", "localhost:8888", None);
        check("localhost", "localhost:80", None);
        check(" http://[::1]:8888/r/1024 ", "[::1]:8888", Some("1024"));
        check("http://h/r/a-b_c/", "h:80", Some("a-b_c"));
        check("http://h:7/r/1024?from=link", "h:7", Some("1024"));
        assert_eq!(Address::parse("[::1]:8888").unwrap().tcp(), ("::1", 8888));
        assert_eq!(Address::parse("h:1/r/1024").unwrap().to_string(), "http://h:1");
        check("https://tea.example/r/tea", "tea.example:443", Some("tea"));
        check("wss://tea.example:8443", "tea.example:8443", None);
        assert_eq!(Address::parse("wss://h/v1/ws").unwrap().to_string(), "https://h:443");
        assert!(Address::parse("https://h").unwrap().is_tls() && !Address::parse("h:443").unwrap().is_tls());
    }

    #[test]
    fn says_what_is_no_address() {
        check_bad("", BadAddress::Unreadable);
        check_bad("ftp://h", BadAddress::Unreadable);
        check_bad("http://", BadAddress::Unreadable);
        check_bad("http://h:port", BadAddress::Unreadable);
        check_bad("http://h:99999", BadAddress::Unreadable);
        check_bad("http://me:secret@h", BadAddress::Unreadable);
        check_bad("httpss://h", BadAddress::Unreadable);
        check_bad("http://h/chat", BadAddress::Path);
        check_bad("http://h/r/", BadAddress::Path);
        check_bad("http://h/r/UPPER", BadAddress::Path);
    }
}
