//! How connections end: the right code, then really the end.

use super::raw::{Frame, Raw, masked};
use super::server;

const LIMIT: u32 = 1000;

/// Sends `bytes` and expects nothing but a close with `code`, and the end.
async fn check_closed(bytes: &[u8], code: u16, word: &str) {
    let (address, _stop) = server::start(LIMIT).await;
    let mut raw = Raw::connect(address).await;
    raw.send(bytes).await;
    let (told, reason) = raw.closed().await;
    assert_eq!(told, Some(code), "{reason}");
    assert!(reason.contains(word), "{reason}");
}

#[tokio::test]
async fn closes_with_1002_at_a_breach_of_the_protocol() {
    check_closed(b"\x81\x05Hello", 1002, "not masked").await;
    check_closed(&masked(0xc1, b"x"), 1002, "reserved bits").await;
    check_closed(&masked(0x83, b"x"), 1002, "opcode 3").await;
    check_closed(&masked(0x80, b"x"), 1002, "continuation").await;
    check_closed(&masked(0x09, b"x"), 1002, "fragmented").await;
    check_closed(&masked(0x89, &[0; 126]), 1002, "125").await;
    check_closed(b"\x81\xfe\x00\x05\0\0\0\0Hello", 1002, "shortest").await;
    check_closed(b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 1002, "top bit").await;
    check_closed(&masked(0x88, b"x"), 1002, "1 byte").await;
    check_closed(&masked(0x88, &1005_u16.to_be_bytes()), 1002, "1005").await;
}

#[tokio::test]
async fn closes_with_1007_at_bad_text() {
    check_closed(&masked(0x81, b"\xff"), 1007, "not UTF-8").await;
    check_closed(&masked(0x81, b"\xe8\x8c"), 1007, "not UTF-8").await;
    check_closed(&masked(0x88, b"\x03\xe8\xff"), 1007, "reason").await;
    let mut unfinished = masked(0x81, &[b"\xff", &[b'x'; 500][..]].concat());
    unfinished.truncate(9);
    check_closed(&unfinished, 1007, "not UTF-8").await;
}

#[tokio::test]
async fn closes_with_1009_before_the_payload_comes() {
    let mut claim = masked(0x82, &[0; 1001]);
    claim.truncate(8);
    check_closed(&claim, 1009, "1000 bytes").await;
    check_closed(b"\x82\xff\x40\0\0\0\0\0\0\0\0\0\0\0", 1009, "1000 bytes").await;
    check_closed(&masked(0x82, &[0; 300_000]), 1009, "1000 bytes").await;
}

#[tokio::test]
async fn closes_inside_a_message() {
    let (address, _stop) = server::start(LIMIT).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&[masked(0x01, b"begun"), masked(0x81, b"again")].concat()).await;
    assert_eq!(raw.frame().await, Frame { first: 0x01, payload: b"begun".into() });
    assert_eq!(raw.closed().await.0, Some(1002));
}

#[tokio::test]
async fn answers_a_close_with_the_same_code() {
    for (body, code) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x03\xe9bye", Some(1001)),
        (b"\x0f\xa1drain", Some(4001)),
    ] {
        let (address, _stop) = server::start(LIMIT).await;
        let mut raw = Raw::connect(address).await;
        raw.send(&[masked(0x88, body), masked(0x81, b"late")].concat()).await;
        assert_eq!(raw.closed().await, (code, String::new()));
    }
}

#[tokio::test]
async fn answers_what_came_before_the_close() {
    let (address, _stop) = server::start(LIMIT).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&[masked(0x81, b"one"), masked(0x89, b"two"), masked(0x88, b"")].concat()).await;
    assert_eq!(raw.frame().await, Frame { first: 0x81, payload: b"one".into() });
    assert_eq!(raw.frame().await, Frame { first: 0x8a, payload: b"two".into() });
    assert_eq!(raw.closed().await, (None, String::new()));
}

#[tokio::test]
async fn ends_when_the_peer_just_leaves() {
    let (address, _stop) = server::start(LIMIT).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&masked(0x01, b"begun")).await;
    tokio::io::AsyncWriteExt::shutdown(&mut raw.socket).await.unwrap();
    assert_eq!(raw.frame().await, Frame { first: 0x01, payload: b"begun".into() });
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut raw.socket, &mut rest).await.unwrap();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn goes_away_when_the_server_stops() {
    let (address, stop) = server::start(LIMIT).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&masked(0x01, b"begun")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x01, payload: b"begun".into() });
    stop.send_replace(true);
    let close = raw.frame().await;
    assert_eq!((close.first, &close.payload[..2]), (0x88, &1001_u16.to_be_bytes()[..]));
    // What the peer says before it answers is heard but not answered.
    raw.send(&[masked(0x80, b"ended"), masked(0x88, b"\x03\xe9")].concat()).await;
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut raw.socket, &mut rest).await.unwrap();
    assert_eq!(rest, b"");
}
