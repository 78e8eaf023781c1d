//! Whole text messages out of chunks, for the transports that take no binary ones.
//!
//! Owned by a connection in place of a decoder. A message that came in one piece is
//! lent from the caller's buffer; memory is held only while one is unfinished.

use std::borrow::Cow;

use super::{Chunk, Close, Decoder, Fault, Item, Kind};

/// What came, whole.
#[derive(Debug, Eq, PartialEq)]
pub enum Message<'a> {
    /// A text message.
    Text(Cow<'a, str>),
    /// To be answered by a pong with the same bytes.
    Ping(Cow<'a, [u8]>),
    /// An answer, perhaps one that nobody asked for.
    Pong(Cow<'a, [u8]>),
    /// The peer's last frame; to be answered by a close unless one was sent before.
    Close(Close<'a>),
}

/// Decodes one connection's frames to whole text messages.
#[derive(Debug)]
pub struct Assembler {
    decoder: Decoder,
    /// Boxed to keep an idle connection small.
    unfinished: Option<Box<Unfinished>>,
}

#[derive(Debug)]
struct Unfinished {
    text: Vec<u8>,
}

impl Assembler {
    /// An assembler that refuses messages above `message_bytes_max` bytes.
    #[must_use]
    pub fn new(message_bytes_max: u32) -> Self {
        Self { decoder: Decoder::new(message_bytes_max), unfinished: None }
    }

    /// The next message of `input`, which moves on past what was used.
    ///
    /// `None` means that all of it was used and more must be read, as in
    /// [`Decoder::next`]. After a fault or a close everything further is swallowed.
    ///
    /// # Errors
    /// A [`Fault`] of the decoder, or [`Fault::Binary`] when a binary message begins.
    pub fn next<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Message<'a>>, Fault> {
        let message = self.advance(input);
        if matches!(message, Err(_) | Ok(Some(Message::Close(_)))) {
            self.unfinished = None;
        }
        message
    }

    fn advance<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Message<'a>>, Fault> {
        while let Some(item) = self.decoder.next(input)? {
            match item {
                Item::Data(chunk) => {
                    if let Some(text) = self.gather(&chunk, input)? {
                        return Ok(Some(Message::Text(text)));
                    }
                }
                Item::Ping(payload) => return Ok(Some(Message::Ping(payload))),
                Item::Pong(payload) => return Ok(Some(Message::Pong(payload))),
                Item::Close(close) => return Ok(Some(Message::Close(close))),
            }
        }
        Ok(None)
    }

    fn gather<'a>(
        &mut self,
        chunk: &Chunk<'a>,
        input: &mut &'a mut [u8],
    ) -> Result<Option<Cow<'a, str>>, Fault> {
        if chunk.kind == Kind::Binary {
            self.decoder.end();
            *input = &mut [];
            return Err(Fault::Binary);
        }
        if chunk.first && chunk.last {
            return Ok(Some(Cow::Borrowed(
                std::str::from_utf8(chunk.payload).expect("the decoder checked the text"),
            )));
        }
        let mut unfinished =
            self.unfinished.take().unwrap_or_else(|| Box::new(Unfinished { text: Vec::new() }));
        unfinished.text.extend_from_slice(chunk.payload);
        if chunk.last {
            let text = String::from_utf8(unfinished.text).expect("the decoder checked the text");
            return Ok(Some(Cow::Owned(text)));
        }
        self.unfinished = Some(unfinished);
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
