//! Close frames: which codes may travel, and what a peer's close said.
//!
//! Knows only RFC 6455 and its registry; the meaning of 4000 to 4999 is the protocol's.

use std::borrow::Cow;

use super::Fault;

/// Normal end (RFC 6455, 7.4.1).
pub const NORMAL: u16 = 1000;
/// The server goes away (RFC 6455, 7.4.1).
pub const GOING_AWAY: u16 = 1001;

/// A close frame that came from the peer, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Close<'a> {
    /// The code; `None` when the frame was empty (RFC 6455 calls that 1005).
    pub code: Option<u16>,
    /// The reason, often empty.
    pub reason: Cow<'a, str>,
}

/// Whether a close frame may carry `code`.
///
/// RFC 6455, 7.4, and the IANA registry: 1000 to 1003 and 1007 to 1014 are defined,
/// 3000 to 4999 are free; 1004, 1005, 1006 and 1015 never travel.
#[must_use]
pub fn may_travel(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

impl<'a> Close<'a> {
    /// Reads the unmasked body of a close frame.
    ///
    /// # Errors
    /// [`Fault::CloseTooShort`], [`Fault::CloseCode`] or [`Fault::ReasonNotUtf8`].
    pub fn parse(body: Cow<'a, [u8]>) -> Result<Self, Fault> {
        let code = match *body {
            [] => {
                return Ok(Self { code: None, reason: Cow::Borrowed("") });
            }
            [_] => return Err(Fault::CloseTooShort),
            [high, low, ..] => u16::from_be_bytes([high, low]),
        };
        if !may_travel(code) {
            return Err(Fault::CloseCode(code));
        }
        let reason = match body {
            Cow::Borrowed(body) => std::str::from_utf8(&body[2..]).map(Cow::Borrowed).ok(),
            Cow::Owned(body) => String::from_utf8(body[2..].to_vec()).map(Cow::Owned).ok(),
        };
        let reason = reason.ok_or(Fault::ReasonNotUtf8)?;
        Ok(Self { code: Some(code), reason })
    }
}
