//! What a peer can do wrong on the wire, and the close code that answers it.
//!
//! Made by the decoder; whoever owns the socket sends `code` and the sentence in a
//! close frame and reads no further.

use thiserror::Error;

/// A breach of RFC 6455 (or of our limits); the connection ends with [`Fault::code`].
///
/// The sentences fit into a close frame (123 bytes at most).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// RFC 6455, 5.2: RSV1 to RSV3 belong to extensions, and none was agreed.
    #[error("reserved bits are set, but no extension was agreed: send them as 0")]
    ReservedBits,
    /// RFC 6455, 5.2: opcodes 3 to 7 and 11 to 15 have no meaning yet.
    #[error("opcode {0} is reserved: send 0, 1, 2, 8, 9 or 10")]
    ReservedOpcode(u8),
    /// RFC 6455, 5.1: a client masks every frame.
    #[error("the frame is not masked: a client must mask every frame")]
    Unmasked,
    /// RFC 6455, 5.2: the length uses the fewest bytes that hold it.
    #[error("the length is not in its shortest form: use the fewest bytes that hold it")]
    LengthNotShortest,
    /// RFC 6455, 5.2: the top bit of a 64-bit length is 0.
    #[error("the top bit of the 64-bit length is set: it must be 0")]
    LengthTopBit,
    /// RFC 6455, 5.5: a control frame has at most 125 bytes.
    #[error("a control frame is longer than 125 bytes: send a shorter one")]
    ControlTooLong,
    /// RFC 6455, 5.5: a control frame is never fragmented.
    #[error("a control frame is fragmented: send it whole")]
    ControlFragmented,
    /// RFC 6455, 5.4: a continuation continues something.
    #[error("a continuation frame came, but no message was begun: begin with opcode 1 or 2")]
    NothingToContinue,
    /// RFC 6455, 5.4: messages do not interleave.
    #[error("a new message began inside an unfinished one: finish it with opcode 0")]
    MessageInsideMessage,
    /// RFC 6455, 5.5.1: a close body begins with a code of two bytes.
    #[error("a close frame has 1 byte: send none, or a code of 2 bytes")]
    CloseTooShort,
    /// RFC 6455, 7.4: not a code that may travel.
    #[error("{0} is not a close code that may be sent: use 1000, or 3000 to 4999")]
    CloseCode(u16),
    /// RFC 6455, 5.5.1: the reason of a close is UTF-8.
    #[error("the reason of the close frame is not UTF-8")]
    ReasonNotUtf8,
    /// RFC 6455, 8.1: text is UTF-8.
    #[error("the text is not UTF-8: send other bytes as a binary message")]
    TextNotUtf8,
    /// The message claims more bytes than the limit.
    #[error("the message is longer than {bytes_max} bytes: send it in parts")]
    TooBig {
        /// The limit, in bytes of payload.
        bytes_max: u32,
    },
    /// A binary message where only text is understood.
    #[error("a binary message came, but only text is understood here")]
    Binary,
}

impl Fault {
    /// The close code of RFC 6455, 7.4.1, that answers this fault.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::ReasonNotUtf8 | Self::TextNotUtf8 => 1007,
            Self::TooBig { .. } => 1009,
            Self::Binary => 1003,
            _ => 1002,
        }
    }
}
