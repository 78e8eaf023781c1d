//! A client's bytes become checked pieces of messages and control frames.
//!
//! Owned by whoever owns the socket, one per connection, and fed from a scratch buffer
//! that many connections share. It must not do I/O, must not gather a message (that is
//! the assembler's part) and holds no heap while no frame is cut in the middle.

use std::borrow::Cow;
use std::mem;

use super::header::{CONTROL_BYTES_MAX, Header, Opcode, Parsed};
use super::mask::unmask;
use super::utf8::Utf8;
use super::{Close, Fault};

/// What a message is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// UTF-8, checked.
    Text,
    /// Any bytes.
    Binary,
}

/// A piece of a message: as much of a frame as has come.
///
/// A text is checked up to the end of the piece; a character may go on in the next one.
#[derive(Debug, Eq, PartialEq)]
pub struct Chunk<'a> {
    /// The kind of the whole message.
    pub kind: Kind,
    /// The message begins here.
    pub first: bool,
    /// The message ends here.
    pub last: bool,
    /// Unmasked; empty only where `last` is set.
    pub payload: &'a [u8],
}

/// What came. Borrowed from the input unless the network cut a control frame in two.
#[derive(Debug, Eq, PartialEq)]
pub enum Item<'a> {
    /// A piece of a message.
    Data(Chunk<'a>),
    /// To be answered by a pong with the same bytes.
    Ping(Cow<'a, [u8]>),
    /// An answer, perhaps one that nobody asked for.
    Pong(Cow<'a, [u8]>),
    /// The peer's last frame; to be answered by a close unless one was sent before.
    Close(Close<'a>),
}

/// Decodes one connection's frames.
///
/// After a [`Fault`] or a close frame everything further is swallowed.
#[derive(Debug)]
pub struct Decoder {
    held: Option<Box<Held>>,
    message_bytes_max: u32,
    /// What the frames of this message may still claim.
    message_bytes_left: u32,
    /// What has not come of the data frame that is being received.
    frame_bytes_left: u32,
    /// Turned to fit the next byte of that frame.
    mask: [u8; 4],
    utf8: Utf8,
    /// The kind of the unfinished message.
    kind: Option<Kind>,
    fin: bool,
    first: bool,
    over: bool,
}

/// A frame that the network cut: a header, or a control frame with its payload.
#[derive(Debug)]
struct Held {
    bytes: [u8; HELD_BYTES_MAX],
    filled: u8,
}

const HELD_BYTES_MAX: usize = 6 + CONTROL_BYTES_MAX;

impl Decoder {
    /// A decoder that refuses messages above `message_bytes_max` bytes of payload.
    #[must_use]
    pub fn new(message_bytes_max: u32) -> Self {
        Self {
            held: None,
            message_bytes_max,
            message_bytes_left: message_bytes_max,
            frame_bytes_left: 0,
            mask: [0; 4],
            utf8: Utf8::default(),
            kind: None,
            fin: false,
            first: false,
            over: false,
        }
    }

    /// The next item of `input`, which moves on past what was used.
    ///
    /// `None` means that all of it was used and more must be read from the socket:
    /// nothing has to be kept by the caller, and the buffer may serve another socket.
    /// Payloads are unmasked where they lie.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that breaks RFC 6455 or the limit.
    pub fn next<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        let item = if self.over { Ok(None) } else { self.advance(input) };
        if matches!(item, Err(_) | Ok(Some(Item::Close(_)))) {
            self.end();
        }
        if self.over {
            *input = &mut [];
        }
        item
    }

    /// Swallows everything from here on, as after a close: for faults that are told above.
    pub fn end(&mut self) {
        self.over = true;
        self.held = None;
        self.kind = None;
    }

    /// Whether a message has begun and not ended: no other may begin.
    #[must_use]
    pub fn is_in_message(&self) -> bool {
        self.kind.is_some()
    }

    fn advance<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        while !input.is_empty() {
            let item = if self.frame_bytes_left > 0 {
                self.take_payload(input)?
            } else if self.held.is_some() {
                self.take_held(input)?
            } else {
                self.take_frame(input)?
            };
            if item.is_some() {
                return Ok(item);
            }
        }
        Ok(None)
    }

    /// The usual case: a frame begins in `input`.
    fn take_frame<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        match self.parse(input)? {
            Parsed::Incomplete { .. } => {
                self.held = Some(Box::new(Held::new(&*mem::take(input))));
                Ok(None)
            }
            Parsed::Complete(header) if header.opcode.is_control() => {
                let frame = split_off(input, header.frame_bytes());
                let payload = &mut frame[header.header_bytes..];
                unmask(payload, header.mask);
                control(header.opcode, Cow::Borrowed(payload)).map(Some)
            }
            Parsed::Complete(header) => {
                split_off(input, header.header_bytes);
                self.begin(&header, input)
            }
        }
    }

    /// The rare case: a frame began in an earlier input; adds what it still needs.
    fn take_held<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        let Some(mut held) = self.held.take() else {
            return Ok(None);
        };
        loop {
            match self.parse(held.filled())? {
                Parsed::Incomplete { needed } => {
                    if input.is_empty() {
                        self.held = Some(held);
                        return Ok(None);
                    }
                    held.fill(needed, input);
                }
                Parsed::Complete(header) if header.opcode.is_control() => {
                    let mut payload = held.filled()[header.header_bytes..].to_vec();
                    unmask(&mut payload, header.mask);
                    return control(header.opcode, Cow::Owned(payload)).map(Some);
                }
                Parsed::Complete(header) => {
                    return self.begin(&header, input);
                }
            }
        }
    }

    /// A header that fits this connection's state; a control frame only when it is whole.
    fn parse(&self, bytes: &[u8]) -> Result<Parsed, Fault> {
        let parsed = Header::parse(bytes, self.kind.is_some())?;
        if let Parsed::Complete(header) = parsed {
            if header.opcode.is_control() {
                let needed = header.frame_bytes();
                if bytes.len() < needed {
                    return Ok(Parsed::Incomplete { needed });
                }
            } else if header.payload_bytes > u64::from(self.message_bytes_left) {
                return Err(Fault::TooBig { bytes_max: self.message_bytes_max });
            }
        }
        Ok(parsed)
    }

    /// Enters a data frame that `parse` has admitted.
    fn begin<'a>(&mut self, header: &Header, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        match header.opcode {
            Opcode::Text => self.kind = Some(Kind::Text),
            Opcode::Binary => self.kind = Some(Kind::Binary),
            _ => {}
        }
        self.first |= header.opcode != Opcode::Continuation;
        self.fin = header.fin;
        self.mask = header.mask;
        self.frame_bytes_left = u32::try_from(header.payload_bytes)
            .expect("parse refuses what is above the limit, which is a u32");
        self.message_bytes_left -= self.frame_bytes_left;
        // An empty frame has no byte that would bring its end.
        if self.frame_bytes_left == 0 { self.take_payload(input) } else { Ok(None) }
    }

    /// What has come of the data frame's payload.
    fn take_payload<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Item<'a>>, Fault> {
        let Some(kind) = self.kind else {
            return Ok(None);
        };
        let wanted = usize::try_from(self.frame_bytes_left).unwrap_or(usize::MAX);
        let payload = split_off(input, wanted.min(input.len()));
        self.mask = unmask(payload, self.mask);
        self.frame_bytes_left -= u32::try_from(payload.len()).expect("no more than a u32 was wanted");
        let last = self.fin && self.frame_bytes_left == 0;
        if kind == Kind::Text {
            let right = self.utf8.offer(payload);
            if !right || (last && !self.utf8.is_whole()) {
                return Err(Fault::TextNotUtf8);
            }
        }
        if payload.is_empty() && !last {
            return Ok(None);
        }
        let first = mem::replace(&mut self.first, false);
        if last {
            self.kind = None;
            self.message_bytes_left = self.message_bytes_max;
        }
        Ok(Some(Item::Data(Chunk { kind, first, last, payload })))
    }
}

impl Header {
    /// Header and payload of a control frame together.
    fn frame_bytes(&self) -> usize {
        let payload_bytes = usize::try_from(self.payload_bytes).unwrap_or(usize::MAX);
        self.header_bytes.saturating_add(payload_bytes)
    }
}

impl Held {
    fn new(bytes: &[u8]) -> Self {
        let mut held = Self { bytes: [0; HELD_BYTES_MAX], filled: 0 };
        held.push(bytes);
        held
    }

    fn filled(&self) -> &[u8] {
        &self.bytes[..usize::from(self.filled)]
    }

    /// Takes from `input` until `needed` bytes are there, or all of it.
    fn fill(&mut self, needed: usize, input: &mut &mut [u8]) {
        let missing = needed - usize::from(self.filled);
        let bytes = split_off(input, missing.min(input.len()));
        self.push(bytes);
    }

    fn push(&mut self, bytes: &[u8]) {
        let at = usize::from(self.filled);
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self.filled += u8::try_from(bytes.len()).expect("the buffer is smaller than 256 bytes");
    }
}

fn control<'a>(opcode: Opcode, payload: Cow<'a, [u8]>) -> Result<Item<'a>, Fault> {
    Ok(match opcode {
        Opcode::Ping => Item::Ping(payload),
        Opcode::Pong => Item::Pong(payload),
        _ => Item::Close(Close::parse(payload)?),
    })
}

fn split_off<'a>(input: &mut &'a mut [u8], length: usize) -> &'a mut [u8] {
    let (head, rest) = mem::take(input).split_at_mut(length);
    *input = rest;
    head
}

#[cfg(test)]
mod tests;
