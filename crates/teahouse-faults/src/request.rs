//! What a client asks for, as far as a proxy can see it from the first line, and what may be blocked.

/// The kinds of requests that a proxy tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A WebSocket: `GET /v1/ws`.
    Upgrade,
    /// A stream: `POST /v1/stream`.
    Stream,
    /// A poll that waits: `POST /v1/poll`.
    LongPoll,
    /// A poll that does not: `POST /v1/poll?wait=0`.
    Poll,
    /// Commands: `POST /v1/send`.
    Send,
}

/// What a proxy does with a kind of request that it does not like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    /// It answers with this status and closes.
    Refuse(u16),
    /// It takes the request and never answers.
    Swallow,
    /// It passes the request on and keeps the answer back until it is whole.
    Hold,
}

impl Asked {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Upgrade, Self::Stream, Self::LongPoll, Self::Poll, Self::Send];

    /// What the first line asks for; none when these bytes are not the head of such a request.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let line = bytes.split(|byte| *byte == b'\r').next()?;
        let line = std::str::from_utf8(line).ok()?.strip_suffix(" HTTP/1.1")?;
        let (method, target) = line.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match (method, path) {
            ("GET", "/v1/ws") => Some(Self::Upgrade),
            ("POST", "/v1/stream") => Some(Self::Stream),
            ("POST", "/v1/poll") if query.split('&').any(|it| it == "wait=0") => Some(Self::Poll),
            ("POST", "/v1/poll") => Some(Self::LongPoll),
            ("POST", "/v1/send") => Some(Self::Send),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Option<Asked>) {
        assert_eq!(Asked::read(head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn tells_requests_apart() {
        check("GET /v1/ws HTTP/1.1\r\nhost: x\r\n\r\n", Some(Asked::Upgrade));
        check("POST /v1/stream HTTP/1.1\r\nhost: x\r\n", Some(Asked::Stream));
        check("POST /v1/poll?wait=25 HTTP/1.1\r\n", Some(Asked::LongPoll));
        check("POST /v1/poll HTTP/1.1\r\n", Some(Asked::LongPoll));
        check("POST /v1/poll?wait=0 HTTP/1.1\r\n", Some(Asked::Poll));
        check("POST /v1/send HTTP/1.1\r\n\r\n{}", Some(Asked::Send));
        check("GET /healthz HTTP/1.1\r\n", None);
        check("POST /v1/poll?wait=0", None);
        check("{\"type\":\"send\"}\n", None);
        assert_eq!(Asked::read(&[0x81, 0xff, 0xfe]), None);
        assert_eq!(Asked::read(&[]), None);
    }
}
