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
