//! The server's frames, appended to a buffer; never masked, never compressed.
//!
//! A room encodes a frame once and shares its bytes, so nothing here knows a connection.

use super::header::{CONTROL_BYTES_MAX, Opcode};

/// The longest header of a server's frame, in bytes.
pub const HEADER_BYTES_MAX: usize = 10;

/// The longest reason of a close frame, in bytes.
pub const REASON_BYTES_MAX: usize = CONTROL_BYTES_MAX - 2;

/// The length of the header of a frame with `payload_bytes`: 2, 4 or 10.
#[must_use]
pub fn header_bytes(payload_bytes: usize) -> usize {
    match payload_bytes {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => HEADER_BYTES_MAX,
    }
}

/// How many of these bytes, which are whole frames, are the texts in them.
#[must_use]
pub fn text_bytes(mut frames: &[u8]) -> usize {
    let mut bytes = 0;
    while let [first, length, rest @ ..] = frames {
        let (payload_bytes, header_bytes) = match (length, rest) {
            (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
            (127, long) if long.len() >= 8 => {
                let long = long[..8].try_into().map_or(0, u64::from_be_bytes);
                (usize::try_from(long).unwrap_or(usize::MAX), HEADER_BYTES_MAX)
            }
            (short, _) => (usize::from(*short), 2),
        };
        if first & 0x0f == Opcode::Text as u8 {
            let payload = frames.get(header_bytes..).unwrap_or_default();
            let feeds = payload.iter().take(payload_bytes).filter(|byte| **byte == b'\n');
            bytes += payload_bytes - feeds.count();
        }
        frames = frames.get(header_bytes.saturating_add(payload_bytes)..).unwrap_or_default();
    }
    bytes
}

/// Appends a header; `payload_bytes` of payload must follow. `fin` ends the message.
pub fn header(out: &mut Vec<u8>, opcode: Opcode, fin: bool, payload_bytes: usize) {
    out.push(opcode as u8 | if fin { 0x80 } else { 0 });
    if let Ok(short @ 0..=125) = u8::try_from(payload_bytes) {
        out.push(short);
    } else if let Ok(medium) = u16::try_from(payload_bytes) {
        out.push(126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&(payload_bytes as u64).to_be_bytes());
    }
}

/// Appends a whole text message; `payload` must be UTF-8.
pub fn text_frame(out: &mut Vec<u8>, payload: impl AsRef<[u8]>) {
    let payload = payload.as_ref();
    debug_assert!(std::str::from_utf8(payload).is_ok(), "a text frame holds UTF-8");
    frame(out, Opcode::Text, payload);
}

/// Appends a whole binary message.
pub fn binary_frame(out: &mut Vec<u8>, payload: &[u8]) {
    frame(out, Opcode::Binary, payload);
}

/// Appends a ping.
///
/// # Panics
/// When `payload` has more than 125 bytes.
pub fn ping_frame(out: &mut Vec<u8>, payload: &[u8]) {
    assert!(payload.len() <= CONTROL_BYTES_MAX, "a ping has at most 125 bytes");
    frame(out, Opcode::Ping, payload);
}

/// Appends the answer to a ping that carried `payload`.
///
/// # Panics
/// When `payload` has more than 125 bytes, which a decoded ping never has.
pub fn pong_frame(out: &mut Vec<u8>, payload: &[u8]) {
    assert!(payload.len() <= CONTROL_BYTES_MAX, "a pong has at most 125 bytes");
    frame(out, Opcode::Pong, payload);
}

/// Appends a close frame; `code` of `None` makes it empty, as the answer to an empty one.
///
/// A `reason` above [`REASON_BYTES_MAX`] is cut at the end of a character.
///
/// # Panics
/// When `code` may not travel (RFC 6455, 7.4).
pub fn close_frame(out: &mut Vec<u8>, code: Option<u16>, reason: &str) {
    let Some(code) = code else {
        return header(out, Opcode::Close, true, 0);
    };
    assert!(super::close::may_travel(code), "{code} is not a close code that may be sent");
    let reason = &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)];
    header(out, Opcode::Close, true, 2 + reason.len());
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
}

fn frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    out.reserve(header_bytes(payload.len()) + payload.len());
    header(out, opcode, true, payload.len());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out);
        out
    }

    /// The examples of RFC 6455, 5.7.
    #[test]
    fn writes_the_examples_of_the_rfc() {
        assert_eq!(encoded(|out| text_frame(out, "Hello")), b"\x81\x05Hello");
        assert_eq!(encoded(|out| ping_frame(out, b"Hello")), b"\x89\x05Hello");
        assert_eq!(encoded(|out| pong_frame(out, b"Hello")), b"\x8a\x05Hello");
        assert_eq!(encoded(|out| header(out, Opcode::Text, false, 3)), b"\x01\x03");
        assert_eq!(encoded(|out| header(out, Opcode::Continuation, true, 2)), b"\x80\x02");
        assert_eq!(encoded(|out| header(out, Opcode::Binary, true, 256)), b"\x82\x7e\x01\x00");
        assert_eq!(encoded(|out| header(out, Opcode::Binary, true, 65536)), b"\x82\x7f\0\0\0\0\0\x01\0\0");
    }

    #[test]
    fn writes_the_shortest_length() {
        for (payload_bytes, expected) in
            [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (1 << 24, 10)]
        {
            let written = encoded(|out| header(out, Opcode::Binary, true, payload_bytes));
            assert_eq!(written.len(), expected, "{payload_bytes}");
            assert_eq!(header_bytes(payload_bytes), expected, "{payload_bytes}");
        }
    }

    #[test]
    fn counts_the_texts_in_frames() {
        for bytes in [0, 1, 125, 126, 65_535, 65_536] {
            let frames = encoded(|out| {
                text_frame(out, "a".repeat(bytes));
                ping_frame(out, b"ping");
                text_frame(out, "茶");
                close_frame(out, Some(1000), "end");
            });
            assert_eq!(text_bytes(&frames), bytes + 3);
        }
        assert_eq!(text_bytes(b"\x81"), 0);
    }

    #[test]
    fn writes_close_frames() {
        assert_eq!(encoded(|out| close_frame(out, None, "ignored")), b"\x88\x00");
        assert_eq!(encoded(|out| close_frame(out, Some(1000), "")), b"\x88\x02\x03\xe8");
        assert_eq!(encoded(|out| close_frame(out, Some(4001), "drain")), b"\x88\x07\x0f\xa1drain");
    }

    #[test]
    fn cuts_a_long_reason_at_a_character() {
        let frame = encoded(|out| close_frame(out, Some(1000), &"茶".repeat(42)));
        assert_eq!(frame.len(), 2 + 2 + 123);
        let frame = encoded(|out| close_frame(out, Some(1000), &format!("x{}", "茶".repeat(41))));
        assert_eq!(std::str::from_utf8(&frame[4..]).unwrap(), format!("x{}", "茶".repeat(40)));
    }

    #[test]
    #[should_panic(expected = "1005 is not a close code")]
    fn refuses_a_code_that_may_not_travel() {
        close_frame(&mut Vec::new(), Some(1005), "");
    }
}
