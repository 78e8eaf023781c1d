//! Frames of RFC 6455, cut from a byte stream and made: for the load generator (which reads
//! unmasked frames) and for the floor (which reads masked ones). Owned by the bench alone; the
//! server's codec is another, so that neither can hide a fault of the other.

use anyhow::{Result, bail, ensure};

/// Longest payload that is believed, in bytes; more is a fault of the sender.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 20;

/// What a frame carries (RFC 6455, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn of(opcode: u8) -> Result<Self> {
        Ok(match opcode {
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            0x0 => bail!("a fragmented message: this generator counts whole frames only"),
            other => bail!("opcode {other:#x} does not exist"),
        })
    }

    fn opcode(self) -> u8 {
        match self {
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }
}

/// One whole frame, borrowed from the bytes that it came in.
#[derive(Debug)]
pub struct Frame<'a> {
    pub kind: Kind,
    /// The payload as it stands on the wire: still masked where `mask` is there.
    pub payload: &'a [u8],
    pub mask: Option<[u8; 4]>,
    /// Header and payload, in bytes.
    pub wire_bytes: usize,
}

/// Who sends the frames that are read: masks are a must for one and a fault for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Client,
    Server,
}

/// Cuts frames from reads of any size; keeps only an unfinished frame.
#[derive(Debug, Default)]
pub struct FrameReader {
    carry: Vec<u8>,
}

impl FrameReader {
    /// Takes the next bytes of the stream and gives each frame that is whole now to `take`.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        from: From,
        mut take: impl FnMut(Frame<'_>) -> Result<()>,
    ) -> Result<()> {
        if self.carry.is_empty() {
            let used = cut(bytes, from, &mut take)?;
            // An empty slice leaves the Vec without an allocation.
            self.carry.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut carry = std::mem::take(&mut self.carry);
        carry.extend_from_slice(bytes);
        let used = cut(&carry, from, &mut take)?;
        if used < carry.len() {
            carry.drain(..used);
            self.carry = carry;
        }
        Ok(())
    }

    /// Bytes of the frame that is not whole yet.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.carry.len()
    }
}

/// Appends an unmasked frame, as a server sends it.
pub fn push_server_frame(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) {
    push_header(out, kind, payload.len(), 0);
    out.extend_from_slice(payload);
}

/// Appends a masked frame, as a client sends it.
pub fn push_client_frame(out: &mut Vec<u8>, kind: Kind, payload: &[u8], mask: [u8; 4]) {
    push_header(out, kind, payload.len(), 0x80);
    out.extend_from_slice(&mask);
    push_unmasked(out, payload, mask);
}

/// Appends a text frame of `wire_bytes` in all that ends with `payload` and is spaces before it.
///
/// No frame has 128, 129 or 65,540 to 65,545 bytes; the next smaller one is made then. A payload
/// that does not fit gets a frame of its own size.
pub fn push_padded_frame(out: &mut Vec<u8>, payload: &[u8], mask: [u8; 4], wire_bytes: usize) {
    let payload_bytes = payload_bytes_within(wire_bytes).max(payload.len());
    push_header(out, Kind::Text, payload_bytes, 0);
    out.resize(out.len() + payload_bytes - payload.len(), b' ');
    push_unmasked(out, payload, mask);
}

/// The longest payload whose server frame has at most `wire_bytes`.
#[must_use]
pub fn payload_bytes_within(wire_bytes: usize) -> usize {
    match wire_bytes {
        0..=2 => 0,
        3..=127 => wire_bytes - 2,
        128..=129 => 125,
        130..=65_539 => wire_bytes - 4,
        65_540..=65_545 => 65_535,
        _ => wire_bytes - 10,
    }
}

/// Appends a payload with its mask taken off (or put on: it is the same).
pub fn push_unmasked(out: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    let start = out.len();
    out.extend_from_slice(payload);
    for chunk in out[start..].chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}

fn push_header(out: &mut Vec<u8>, kind: Kind, payload_bytes: usize, mask_bit: u8) {
    out.push(0x80 | kind.opcode());
    if payload_bytes < 126 {
        out.push(mask_bit | payload_bytes as u8);
    } else if let Ok(short) = u16::try_from(payload_bytes) {
        out.push(mask_bit | 126);
        out.extend_from_slice(&short.to_be_bytes());
    } else {
        out.push(mask_bit | 127);
        out.extend_from_slice(&(payload_bytes as u64).to_be_bytes());
    }
}

/// Gives all whole frames of `bytes` to `take`; the answer is how many bytes they were.
fn cut(bytes: &[u8], from: From, take: &mut impl FnMut(Frame<'_>) -> Result<()>) -> Result<usize> {
    let mut used = 0;
    while let Some(frame) = first_frame(&bytes[used..], from)? {
        used += frame.wire_bytes;
        take(frame)?;
    }
    Ok(used)
}

fn first_frame(bytes: &[u8], from: From) -> Result<Option<Frame<'_>>> {
    let [first, second, ..] = *bytes else {
        return Ok(None);
    };
    ensure!(first & 0x70 == 0, "reserved bits are set in frame byte {first:#04x}");
    let kind = Kind::of(first & 0x0F)?;
    ensure!(first & 0x80 != 0, "a fragmented message: this generator counts whole frames only");
    let masked = second & 0x80 != 0;
    ensure!(masked == (from == From::Client), "a frame from the {from:?} has its mask bit at {masked}");
    let Some((payload_bytes, length_end)) = payload_length(bytes, second & 0x7F)? else {
        return Ok(None);
    };
    let control = matches!(kind, Kind::Close | Kind::Ping | Kind::Pong);
    ensure!(!control || payload_bytes <= 125, "a control frame of {payload_bytes} bytes");
    let start = length_end + if masked { 4 } else { 0 };
    let Some(payload) = bytes.get(start..start + payload_bytes) else {
        return Ok(None);
    };
    let mask = masked.then(|| {
        let key = &bytes[length_end..start];
        [key[0], key[1], key[2], key[3]]
    });
    Ok(Some(Frame { kind, payload, mask, wire_bytes: start + payload_bytes }))
}

/// Reads the length field; the answer is the length and where the field ends.
fn payload_length(bytes: &[u8], short: u8) -> Result<Option<(usize, usize)>> {
    let (length, end) = match short {
        126 => {
            let Some(field) = bytes.get(2..4) else {
                return Ok(None);
            };
            (u64::from(u16::from_be_bytes([field[0], field[1]])), 4)
        }
        127 => {
            let Some(field) = bytes.get(2..10) else {
                return Ok(None);
            };
            (field.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)), 10)
        }
        short => (u64::from(short), 2),
    };
    let minimal = match end {
        4 => length > 125,
        10 => length > 0xFFFF,
        _ => true,
    };
    ensure!(minimal, "a length of {length} in {end} header bytes: RFC 6455 wants the shortest form");
    ensure!(length <= PAYLOAD_BYTES_MAX as u64, "a frame that claims {length} bytes");
    Ok(Some((length as usize, end)))
}

#[cfg(test)]
mod tests;
