//! Judges an upgrade request (RFC 6455, 4.2): who may speak WebSocket from here on.
//!
//! Pure: headers in, a decision out. Who may connect (`Origin`, tokens) is asked elsewhere.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode, Version};
use sha1::{Digest, Sha1};

/// A request that may be upgraded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: HeaderValue,
    /// The first of the client's subprotocols that the server speaks.
    pub subprotocol: Option<&'static str>,
}

/// Why a request is not upgraded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rejection {
    /// 400, 405 or 426.
    pub status: StatusCode,
    /// What is wrong and what to do, for the answer's body.
    pub sentence: &'static str,
}

/// The fixed text that turns a key into an accept value (RFC 6455, 1.3).
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The only version there is (RFC 6455, 4.1).
const VERSION: &str = "13";

/// A key counts by its 16 bytes; spare bits in its last letter are nobody's business.
const KEY: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Judges a request; `subprotocols` are those that this address speaks.
///
/// # Errors
/// A [`Rejection`] with the status and the sentence of the answer.
pub fn judge(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
    subprotocols: &[&'static str],
) -> Result<Accepted, Rejection> {
    if method != Method::GET {
        return Err(Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "A WebSocket begins with GET."));
    }
    if version != Version::HTTP_11 {
        return Err(Rejection::bad("A WebSocket begins with a request of HTTP/1.1."));
    }
    check_upgrade(headers)?;
    check_version(headers)?;
    Ok(Accepted { accept: accept_value(key(headers)?), subprotocol: choose(headers, subprotocols)? })
}

impl Accepted {
    /// The answer 101 that makes the connection a WebSocket.
    #[must_use]
    pub fn response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(subprotocol) = self.subprotocol {
            let value = HeaderValue::from_static(subprotocol);
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
        }
        response
    }
}

impl Rejection {
    /// The answer, with the sentence as plain text and the headers of its status.
    #[must_use]
    pub fn response<B: From<&'static str>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.sentence));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, plain);
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
            }
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
            }
            _ => {}
        }
        response
    }

    fn new(status: StatusCode, sentence: &'static str) -> Self {
        Self { status, sentence }
    }

    fn bad(sentence: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }
}

fn check_upgrade(headers: &HeaderMap) -> Result<(), Rejection> {
    if !has_token(headers, &header::UPGRADE, "websocket") {
        return Err(Rejection::new(
            StatusCode::UPGRADE_REQUIRED,
            "This address speaks WebSocket: ask with the header Upgrade: websocket.",
        ));
    }
    if !has_token(headers, &header::CONNECTION, "upgrade") {
        return Err(Rejection::bad("The header Connection: Upgrade is missing."));
    }
    if headers.get(header::HOST).is_none() {
        return Err(Rejection::bad("The header Host is missing."));
    }
    Ok(())
}

fn check_version(headers: &HeaderMap) -> Result<(), Rejection> {
    let mut versions = headers.get_all(header::SEC_WEBSOCKET_VERSION).iter();
    match (versions.next(), versions.next()) {
        (_, Some(_)) => Err(Rejection::bad("The header Sec-WebSocket-Version came twice.")),
        (Some(version), None) if version == VERSION => Ok(()),
        _ => Err(Rejection::new(
            StatusCode::UPGRADE_REQUIRED,
            "Only version 13 of WebSocket is spoken: ask with Sec-WebSocket-Version: 13.",
        )),
    }
}

fn key(headers: &HeaderMap) -> Result<&HeaderValue, Rejection> {
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) => key,
        (None, _) => return Err(Rejection::bad("The header Sec-WebSocket-Key is missing.")),
        _ => return Err(Rejection::bad("The header Sec-WebSocket-Key came twice.")),
    };
    match KEY.decode(key) {
        Ok(bytes) if bytes.len() == 16 => Ok(key),
        _ => Err(Rejection::bad("Sec-WebSocket-Key must be 16 bytes in base64.")),
    }
}

fn accept_value(key: &HeaderValue) -> HeaderValue {
    let hash = Sha1::new().chain_update(key).chain_update(MAGIC).finalize();
    HeaderValue::try_from(STANDARD.encode(hash)).expect("base64 is fit for a header")
}

/// The client's order decides. Names are compared letter by letter, as browsers do.
fn choose(headers: &HeaderMap, subprotocols: &[&'static str]) -> Result<Option<&'static str>, Rejection> {
    let mut chosen = None;
    for value in headers.get_all(header::SEC_WEBSOCKET_PROTOCOL) {
        let value = value.to_str().map_err(|_| NOT_A_LIST)?;
        for name in elements(value) {
            if !name.bytes().all(is_token) {
                return Err(NOT_A_LIST);
            }
            chosen = chosen.or_else(|| subprotocols.iter().copied().find(|&ours| ours == name));
        }
    }
    Ok(chosen)
}

const NOT_A_LIST: Rejection = Rejection {
    status: StatusCode::BAD_REQUEST,
    sentence: "Sec-WebSocket-Protocol must be a list of names with commas between.",
};

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| elements(value).any(|element| element.eq_ignore_ascii_case(token)))
}

/// The elements of a list (RFC 9110, 5.6.1); empty ones do not count.
fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(|element| element.trim_matches([' ', '\t'])).filter(|e| !e.is_empty())
}

/// A letter of a token (RFC 9110, 5.6.2).
fn is_token(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&letter)
}

#[cfg(test)]
mod tests;
