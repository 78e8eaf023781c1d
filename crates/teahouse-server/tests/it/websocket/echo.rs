//! Messages come back as they went, whoever sends and however they are cut.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::time::timeout;

use super::raw::{Frame, Raw, masked};
use super::server::{self, MESSAGE_BYTES_MAX};

fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[tokio::test]
async fn returns_text_and_binary() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let mut raw = Raw::connect(address).await;
    for bytes in [0, 1, 125, 126, 65_535, 65_536, 200_000] {
        let payload = pattern(bytes);
        raw.send(&masked(0x82, &payload)).await;
        assert_eq!(raw.message().await, Frame { first: 0x82, payload });
    }
    raw.send(&masked(0x81, "茶馆".as_bytes())).await;
    assert_eq!(raw.message().await, Frame { first: 0x81, payload: "茶馆".into() });
}

#[tokio::test]
async fn returns_what_came_with_the_request() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let mut early = masked(0x81, b"early");
    let late = early.split_off(8);
    let mut raw = Raw::connect_with(address, &early).await;
    raw.send(&late).await;
    assert_eq!(raw.message().await, Frame { first: 0x81, payload: b"early".into() });
}

#[tokio::test]
async fn closes_what_came_with_the_request() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let early = [masked(0x81, b"early"), masked(0x88, b"\x03\xe8")].concat();
    let mut raw = Raw::connect_with(address, &early).await;
    assert_eq!(raw.message().await, Frame { first: 0x81, payload: b"early".into() });
    assert_eq!(raw.closed().await, (Some(1000), String::new()));
}

#[tokio::test]
async fn returns_fragments_before_the_message_ends() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&masked(0x01, b"begun")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x01, payload: b"begun".into() });
    raw.send(&masked(0x89, b"between")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x8a, payload: b"between".into() });
    raw.send(&masked(0x80, b" and ended")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x80, payload: b" and ended".into() });
}

/// Many clients write a whole message before they read any of it.
#[tokio::test]
async fn returns_the_largest_message_to_who_sends_all_before_reading() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let mut raw = Raw::connect(address).await;
    let payload = pattern(usize::try_from(MESSAGE_BYTES_MAX).unwrap());
    raw.send(&masked(0x82, &payload)).await;
    let message = raw.message().await;
    assert_eq!(message.first, 0x82);
    assert!(message.payload == payload, "{} bytes differ", message.payload.len());
}

#[tokio::test]
async fn tells_a_fault_to_who_sends_all_before_reading() {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let mut raw = Raw::connect(address).await;
    let mut text = vec![b'x'; usize::try_from(MESSAGE_BYTES_MAX).unwrap()];
    text[12_000_000] = 0xff;
    raw.send(&[masked(0x81, &text), masked(0x82, &text)].concat()).await;
    let mut fragment = raw.frame().await;
    let mut returned = 0;
    while fragment.first != 0x88 {
        returned += fragment.payload.len();
        fragment = raw.frame().await;
    }
    assert!(returned > 11_000_000 && returned <= 12_000_000, "{returned}");
    assert_eq!(&fragment.payload[..2], &1007_u16.to_be_bytes());
}

/// Sends `frame` again and again until the server takes no more, then reads the answers
/// of all that went; tells how many that were.
///
/// The runtime's clock stands while anything moves, so the second passes only when both
/// sides wait for each other.
async fn send_until_full_then_read(raw: &mut Raw, frame: &[u8], answer: &Frame) -> usize {
    let mut sent = 0;
    let second = Duration::from_secs(1);
    while timeout(second, raw.socket.writable()).await.is_ok() {
        match raw.socket.try_write(&frame[sent % frame.len()..]) {
            Ok(bytes) => sent += bytes,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        assert!(sent < 64 * 1024 * 1024, "the server reads on although nothing is taken");
    }
    let whole = sent / frame.len();
    for _ in 0..whole {
        let message = raw.message().await;
        assert!(message == *answer || message.first == 0x89, "{message:?}");
    }
    raw.send(&frame[sent % frame.len()..]).await;
    assert_eq!(raw.message().await, *answer, "the frame that was cut");
    whole + 1
}

#[tokio::test(start_paused = true)]
async fn stops_reading_who_does_not_read() {
    // Even where a single message might be as large as everything that is sent here.
    let (address, _stop) = server::start(u32::MAX).await;
    let mut raw = Raw::connect(address).await;
    let payload = pattern(1000);
    let answer = Frame { first: 0x82, payload: payload.clone() };
    let count = send_until_full_then_read(&mut raw, &masked(0x82, &payload), &answer).await;
    assert!(count > 1, "{count}");
    raw.send(&masked(0x88, b"")).await;
    assert_eq!(raw.closed().await, (None, String::new()));
}

/// Inside a message the server reads ahead; what is not the message must not pile up.
#[tokio::test(start_paused = true)]
async fn stops_reading_pings_inside_a_message() {
    let (address, _stop) = server::start(1024 * 1024).await;
    let mut raw = Raw::connect(address).await;
    raw.send(&masked(0x02, b"begun")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x02, payload: b"begun".into() });
    let payload = pattern(125);
    let answer = Frame { first: 0x8a, payload: payload.clone() };
    let count = send_until_full_then_read(&mut raw, &masked(0x89, &payload), &answer).await;
    assert!(count > 1, "{count}");
    raw.send(&masked(0x80, b"ended")).await;
    assert_eq!(raw.frame().await, Frame { first: 0x80, payload: b"ended".into() });
}
