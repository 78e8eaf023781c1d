//! What arrives on a line, including what this version does not know.
//!
//! A newer house may send kinds of events and codes that this client never heard of. An event must
//! still move the cursor, or its room would stand still; a refusal must still answer its command.

use serde::Deserialize;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Cid, ErrorCode, Push, RoomId, Seq};

/// One frame of the house, as far as this version understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all that is heard is a push, and none is kept")]
pub enum Heard {
    /// A frame of this version.
    Push(Push),
    /// An event of a kind that this version does not know: it only moves the cursor.
    Skip {
        /// Where it happened.
        room: RoomId,
        /// Its number.
        seq: Seq,
        /// Its author's id for it.
        cid: Cid,
    },
    /// Anything else; it proves that the connection lives.
    Unknown,
}

impl Heard {
    /// Reads one line.
    #[must_use]
    pub fn decode(line: &str) -> Self {
        match Push::decode(line) {
            Ok(push) => Self::Push(push),
            Err(_) => serde_json::from_str(line).map_or(Self::Unknown, Newer::heard),
        }
    }
}

/// The fields that frames of every version have.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Newer {
    Event {
        room: RoomId,
        seq: Seq,
        cid: Cid,
    },
    Error {
        #[serde(default)]
        r#ref: Option<u64>,
        #[serde(default)]
        message: String,
        #[serde(default)]
        retry_ms: Option<u64>,
    },
}

impl Newer {
    fn heard(self) -> Heard {
        match self {
            Self::Event { room, seq, cid } => Heard::Skip { room, seq, cid },
            // Whether an unknown refusal may be tried again, only its pause can tell.
            Self::Error { r#ref, message, retry_ms } => {
                let code = if retry_ms.is_some() { ErrorCode::Internal } else { ErrorCode::Forbidden };
                Heard::Push(Push::Error(Error { retry_ms, ..Error::new(r#ref, code, message) }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CID: &str = "d4735e3a265e16eee03f59718b9b5d03";

    #[test]
    fn knows_what_to_do_with_newer_frames() {
        let skip = Heard::decode(&format!(
            r#"{{"type":"event","room":"1024","seq":7,"kind":"dance","cid":"{CID}","body":{{"steps":3}}}}"#
        ));
        assert_eq!(skip, Heard::Skip { room: RoomId::main(), seq: Seq(7), cid: CID.parse().unwrap() });
        assert_eq!(Heard::decode(r#"{"type":"fireworks"}"#), Heard::Unknown);
        assert_eq!(Heard::decode("not JSON"), Heard::Unknown);
        assert_eq!(Heard::decode(r#"{"type":"live"}"#), Heard::Unknown);
    }

    #[test]
    fn answers_with_unknown_codes_still_answer() {
        let code = |line: &str| match Heard::decode(line) {
            Heard::Push(Push::Error(error)) => (error.r#ref, error.code),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            code(r#"{"type":"error","ref":3,"code":"moon","message":"No.","retry_ms":5}"#),
            (Some(3), ErrorCode::Internal)
        );
        assert_eq!(
            code(r#"{"type":"error","ref":3,"code":"moon","message":"No."}"#),
            (Some(3), ErrorCode::Forbidden)
        );
        assert_eq!(code(r#"{"type":"error","code":"rate","message":"No."}"#), (None, ErrorCode::Rate));
    }
}
