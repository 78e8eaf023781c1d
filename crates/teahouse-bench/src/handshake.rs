//! The opening handshake of RFC 6455, section 4, from both ends. The generator asks always with
//! the same key (it proves nothing about randomness); the floor computes a true answer.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The answer to `KEY`: both are the example of RFC 6455, section 1.3.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Longest head that is read, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The upgrade request for `path`.
#[must_use]
pub fn request(host: &str, path: &str, subprotocol: Option<&str>) -> Vec<u8> {
    let subprotocol =
        subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{subprotocol}\r\n"
    )
    .into_bytes()
}

/// How many bytes the head has, its empty line included; none while it is not whole.
pub fn head_bytes(bytes: &[u8]) -> Result<Option<usize>> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    ensure!(end.unwrap_or(bytes.len()) <= HEAD_BYTES_MAX, "an HTTP head of more than {HEAD_BYTES_MAX} bytes");
    Ok(end)
}

/// Says whether a whole response head upgrades the connection.
pub fn check_response(head: &[u8]) -> Result<()> {
    let head = std::str::from_utf8(head).context("the response head is not UTF-8")?;
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.starts_with("HTTP/1.1 101"), "the server answered the upgrade with {status:?}");
    let accept = field(head, "sec-websocket-accept");
    ensure!(accept == Some(ACCEPT), "sec-websocket-accept is {accept:?}, not {ACCEPT:?}");
    Ok(())
}

/// The response to a whole request head.
pub fn response(head: &[u8]) -> Result<Vec<u8>> {
    let head = std::str::from_utf8(head).context("the request head is not UTF-8")?;
    let key = field(head, "sec-websocket-key").context("the request has no sec-websocket-key")?;
    let subprotocol = field(head, "sec-websocket-protocol")
        .map(|name| format!("sec-websocket-protocol: {name}\r\n"))
        .unwrap_or_default();
    let accept = accept(key);
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\n{subprotocol}\r\n"
    )
    .into_bytes())
}

fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_answers_what_the_generator_asks() {
        let request = request("127.0.0.1:1", "/chat", Some("teahouse.v1"));
        assert_eq!(head_bytes(&request).unwrap(), Some(request.len()));
        let response = response(&request).unwrap();
        assert_eq!(head_bytes(&response).unwrap(), Some(response.len()));
        check_response(&response).unwrap();
    }

    #[test]
    fn the_key_of_the_rfc_has_the_answer_of_the_rfc() {
        assert_eq!(accept(KEY), ACCEPT);
    }

    #[test]
    fn another_status_or_answer_is_an_error() {
        let error = check_response(b"HTTP/1.1 429 Too Many Requests\r\n\r\n").unwrap_err();
        assert!(error.to_string().contains("429"));
        let wrong = b"HTTP/1.1 101 x\r\nSec-WebSocket-Accept: aGVsbG8=\r\n\r\n";
        assert!(check_response(wrong).unwrap_err().to_string().contains("aGVsbG8="));
    }

    #[test]
    fn a_head_without_an_end_is_not_read_for_ever() {
        assert_eq!(head_bytes(b"HTTP/1.1 101\r\n").unwrap(), None);
        head_bytes(&vec![b'a'; HEAD_BYTES_MAX + 1]).unwrap_err();
    }
}
