//! What the echo answers, as bytes: messages in, the same messages out.
//!
//! Pure, so that its rules can be tested without a socket. Fragments go back as they
//! come, so a message is never gathered and may come back in other fragments.

use crate::transport::websocket::{Chunk, Decoder, Item, Kind, Opcode, encoder};

/// Answers one connection's frames.
#[derive(Debug)]
pub(super) struct Mirror {
    decoder: Decoder,
    stage: Stage,
}

/// Where the connection is in RFC 6455's closing (7.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Open,
    /// Our close is out, the peer's has not come; what comes before it is ignored.
    Closing,
    /// Nothing more will be said, and nothing more is listened to.
    Over,
}

impl Mirror {
    pub(super) fn new(message_bytes_max: u32) -> Self {
        Self { decoder: Decoder::new(message_bytes_max), stage: Stage::Open }
    }

    /// Appends to `out` what `input` is answered with, about as long as `input` at most.
    pub(super) fn reflect(&mut self, mut input: &mut [u8], out: &mut Vec<u8>) {
        loop {
            match self.decoder.next(&mut input) {
                Ok(Some(item)) => self.answer(&item, out),
                Ok(None) => return,
                Err(fault) => {
                    self.leave(fault.code(), &fault.to_string(), out);
                    self.stage = Stage::Over;
                }
            }
        }
    }

    /// Begins the closing from our side.
    pub(super) fn leave(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) {
        if self.stage == Stage::Open {
            encoder::close_frame(out, Some(code), reason);
            self.stage = Stage::Closing;
        }
    }

    /// Whether a message has begun whose end has not come.
    pub(super) fn is_in_message(&self) -> bool {
        self.decoder.is_in_message()
    }

    /// Whether either side has begun to close.
    pub(super) fn is_closing(&self) -> bool {
        self.stage != Stage::Open
    }

    /// Whether everything was said that will ever be.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn answer(&mut self, item: &Item<'_>, out: &mut Vec<u8>) {
        match item {
            Item::Close(close) => {
                if self.stage == Stage::Open {
                    encoder::close_frame(out, close.code, "");
                }
                self.stage = Stage::Over;
            }
            // After our close frame nothing may follow it.
            _ if self.stage != Stage::Open => {}
            Item::Data(chunk) => reflect_chunk(chunk, out),
            Item::Ping(payload) => encoder::pong_frame(out, payload),
            Item::Pong(_) => {}
        }
    }
}

fn reflect_chunk(chunk: &Chunk<'_>, out: &mut Vec<u8>) {
    let opcode = match (chunk.first, chunk.kind) {
        (false, _) => Opcode::Continuation,
        (true, Kind::Text) => Opcode::Text,
        (true, Kind::Binary) => Opcode::Binary,
    };
    encoder::header(out, opcode, chunk.last, chunk.payload.len());
    out.extend_from_slice(chunk.payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [9, 8, 7, 6];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        assert!(length <= 125);
        let masked = payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]);
        [first, 0x80 | length].into_iter().chain(MASK).chain(masked).collect()
    }

    fn reflect(mirror: &mut Mirror, mut input: Vec<u8>) -> Vec<u8> {
        let mut out = Vec::new();
        mirror.reflect(&mut input, &mut out);
        out
    }

    #[test]
    fn returns_fragments_as_they_come() {
        let mut mirror = Mirror::new(1000);
        assert_eq!(reflect(&mut mirror, frame(0x01, b"Hel")), b"\x01\x03Hel");
        assert!(mirror.is_in_message());
        assert_eq!(reflect(&mut mirror, frame(0x89, b"p")), b"\x8a\x01p");
        assert_eq!(reflect(&mut mirror, frame(0x80, b"lo")), b"\x80\x02lo");
        assert!(!mirror.is_in_message());
        assert_eq!(reflect(&mut mirror, frame(0x82, b"\xff")), b"\x82\x01\xff");
        assert_eq!(reflect(&mut mirror, frame(0x8a, b"nobody asked")), b"");
    }

    #[test]
    fn returns_a_cut_frame_as_fragments() {
        let mut mirror = Mirror::new(1000);
        let mut bytes = frame(0x81, b"Hello");
        let rest = bytes.split_off(8);
        assert_eq!(reflect(&mut mirror, bytes), b"\x01\x02He");
        assert_eq!(reflect(&mut mirror, rest), b"\x80\x03llo");
    }

    #[test]
    fn answers_a_close_and_ends() {
        for (body, answer) in [(&b""[..], &b"\x88\0"[..]), (b"\x0f\xa1drain", b"\x88\x02\x0f\xa1")] {
            let mut mirror = Mirror::new(1000);
            let late = [frame(0x88, body), frame(0x81, b"late")].concat();
            assert_eq!(reflect(&mut mirror, late), answer);
            assert!(mirror.is_over());
            assert_eq!(reflect(&mut mirror, frame(0x81, b"later")), b"");
        }
    }

    #[test]
    fn answers_a_fault_once_and_ends() {
        let mut mirror = Mirror::new(1000);
        let answer = reflect(&mut mirror, [frame(0x81, b"ok"), vec![0x83; 9]].concat());
        assert!(answer.starts_with(b"\x81\x02ok\x88"));
        assert!(answer[6..].starts_with(b"\x03\xea"), "1002: {answer:?}");
        assert!(mirror.is_over());
        assert_eq!(reflect(&mut mirror, vec![0x83; 9]), b"");
    }

    #[test]
    fn says_nothing_after_its_own_close() {
        let mut mirror = Mirror::new(1000);
        let mut out = Vec::new();
        mirror.leave(1001, "bye", &mut out);
        mirror.leave(1001, "bye", &mut out);
        assert_eq!(out, b"\x88\x05\x03\xe9bye");
        let chatter = [frame(0x81, b"x"), frame(0x89, b"x")].concat();
        assert_eq!(reflect(&mut mirror, chatter), b"");
        assert!(mirror.is_closing() && !mirror.is_over());
        assert_eq!(reflect(&mut mirror, frame(0x88, b"\x03\xe9")), b"");
        assert!(mirror.is_over());
    }

    #[test]
    fn ends_at_a_fault_after_its_own_close() {
        let mut mirror = Mirror::new(1000);
        mirror.leave(1001, "bye", &mut Vec::new());
        assert_eq!(reflect(&mut mirror, vec![0x83; 9]), b"");
        assert!(mirror.is_over());
    }
}
