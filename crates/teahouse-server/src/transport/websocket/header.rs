//! The first bytes of a client's frame (RFC 6455, 5.2), checked in the order they come.
//!
//! Checking byte by byte makes a fault the same wherever the network cuts the stream.
//! Knows nothing of the payload, and of the message only whether one is unfinished.

use super::Fault;

/// The most bytes that a control frame carries (RFC 6455, 5.5).
pub const CONTROL_BYTES_MAX: usize = 125;

/// What a frame is (RFC 6455, 5.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opcode {
    /// More of the message that is being sent.
    Continuation = 0,
    /// Text, UTF-8.
    Text = 1,
    /// Bytes.
    Binary = 2,
    /// The last frame of this side.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping.
    Pong = 10,
}

impl Opcode {
    fn parse(nibble: u8) -> Result<Self, Fault> {
        Ok(match nibble {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            reserved => return Err(Fault::ReservedOpcode(reserved)),
        })
    }

    /// Whether this is a control frame: short, whole, between fragments.
    #[must_use]
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// A complete and legal header of a client's frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Header {
    /// The last frame of its message.
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    pub(super) payload_bytes: u64,
    /// How long the header itself is: 6, 8 or 14.
    pub(super) header_bytes: usize,
}

/// What the bytes so far say.
#[derive(Debug)]
pub(super) enum Parsed {
    /// Legal so far; at least `needed` bytes from the start of the frame are wanted.
    Incomplete {
        needed: usize,
    },
    Complete(Header),
}

impl Header {
    /// Reads the header at the start of `bytes`, as far as it has come.
    pub(super) fn parse(bytes: &[u8], in_message: bool) -> Result<Parsed, Fault> {
        let Some(&first) = bytes.first() else {
            return Ok(Parsed::Incomplete { needed: 2 });
        };
        let (fin, opcode) = parse_first(first, in_message)?;
        let Some(&second) = bytes.get(1) else {
            return Ok(Parsed::Incomplete { needed: 2 });
        };
        let short = parse_second(second, opcode)?;
        let header_bytes = match short {
            126 => 8,
            127 => 14,
            _ => 6,
        };
        // The length before the mask: an absurd one is refused without waiting for more.
        let Some(payload_bytes) = parse_length(short, &bytes[2..])? else {
            return Ok(Parsed::Incomplete { needed: header_bytes });
        };
        let Some(mask) = bytes.get(header_bytes - 4..header_bytes) else {
            return Ok(Parsed::Incomplete { needed: header_bytes });
        };
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Parsed::Complete(Self { fin, opcode, mask, payload_bytes, header_bytes }))
    }
}

fn parse_first(first: u8, in_message: bool) -> Result<(bool, Opcode), Fault> {
    if first & 0x70 != 0 {
        return Err(Fault::ReservedBits);
    }
    let fin = first & 0x80 != 0;
    let opcode = Opcode::parse(first & 0x0f)?;
    match opcode {
        Opcode::Continuation if !in_message => Err(Fault::NothingToContinue),
        Opcode::Text | Opcode::Binary if in_message => Err(Fault::MessageInsideMessage),
        Opcode::Close | Opcode::Ping | Opcode::Pong if !fin => Err(Fault::ControlFragmented),
        _ => Ok((fin, opcode)),
    }
}

fn parse_second(second: u8, opcode: Opcode) -> Result<u8, Fault> {
    let short = second & 0x7f;
    if second & 0x80 == 0 {
        return Err(Fault::Unmasked);
    }
    if opcode.is_control() && usize::from(short) > CONTROL_BYTES_MAX {
        return Err(Fault::ControlTooLong);
    }
    if opcode == Opcode::Close && short == 1 {
        return Err(Fault::CloseTooShort);
    }
    Ok(short)
}

/// The payload's length, or `None` while its bytes have not all come.
fn parse_length(short: u8, rest: &[u8]) -> Result<Option<u64>, Fault> {
    let (length, least) = match short {
        126 => match rest.first_chunk::<2>() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 1 << 16),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0),
    };
    if length >> 63 != 0 {
        return Err(Fault::LengthTopBit);
    }
    if length < least {
        return Err(Fault::LengthNotShortest);
    }
    Ok(Some(length))
}
