//! Identities on the wire: each a newtype, so that one is never taken for another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A value that does not have the form of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct BadId(pub &'static str);

/// A room: 1 to 32 of `a-z 0-9 - _`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(Arc<str>);

impl RoomId {
    /// The room that exists on first start.
    pub const MAIN: &'static str = "1024";
    /// Longest id, in bytes.
    pub const BYTES_MAX: usize = 32;

    /// The room of the transport lab.
    pub const LAB: &'static str = "lab";

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The house's own log: what concerns every node. No client ever sees it.
    #[must_use]
    pub fn house() -> Self {
        Self(Arc::from("_house"))
    }

    /// Whether it is the house's own, and not for clients: it begins with `_`.
    #[must_use]
    pub fn is_inner(&self) -> bool {
        self.0.starts_with('_')
    }

    /// The main room.
    #[must_use]
    pub fn main() -> Self {
        Self(Arc::from(Self::MAIN))
    }

    /// The room of the transport lab.
    #[must_use]
    pub fn lab() -> Self {
        Self(Arc::from(Self::LAB))
    }
}

impl FromStr for RoomId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if fits { Ok(Self(Arc::from(text))) } else { Err(BadId("a room: 1 to 32 of a-z, 0-9, - and _")) }
    }
}

/// A person, guest or member: a UUID. Those of [`Self::new`] lie side by side in a store's indexes, so that a newcomer
/// does not cost a page of each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(uuid::Uuid);

impl UserId {
    /// From 16 bytes, as the store keeps them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Uuid::from_bytes(bytes))
    }

    /// A new one: version 7 (RFC 9562, section 5.7), the time in milliseconds since 1970 and then what is random.
    #[must_use]
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// As the store keeps it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for UserId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        uuid::Uuid::try_parse(text).map(Self).map_err(|_| BadId("a user: a UUID"))
    }
}

/// One client's presence identity across its connections: 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl FromStr for SessionId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        hex::<8>(text).map(|bytes| Self(u64::from_be_bytes(bytes))).ok_or(BadId("a session: 16 hex digits"))
    }
}

/// The id that a client gives what it sends: 128 bits, unique per room for ever. The server takes any; those of
/// [`Self::new`] lie side by side in its index, so that a message does not cost a page of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cid([u8; 16]);

impl Cid {
    /// A new one: 48 bits of the time in milliseconds since 1970, then what is random.
    #[must_use]
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&unix_ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        Self(bytes)
    }

    /// From 16 bytes, as the store keeps them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// As the store keeps it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The last 32 bits, which a cursor carries: the first may be the time.
    #[must_use]
    pub fn check(&self) -> u32 {
        u32::from_be_bytes([self.0[12], self.0[13], self.0[14], self.0[15]])
    }
}

impl FromStr for Cid {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        hex::<16>(text).map(Self).ok_or(BadId("a cid: 32 hex digits"))
    }
}

/// A file that somebody uploaded: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId([u8; 16]);

impl FileId {
    /// From 16 bytes, as the store keeps them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// As the store keeps it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for FileId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        hex::<16>(text).map(Self).ok_or(BadId("a file: 32 hex digits"))
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text!(RoomId, UserId, SessionId, Cid, FileId, crate::seq::Epoch, crate::seq::Cursor);

/// Decodes exactly `N` bytes of lower- or upper-case hex.
pub(crate) fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}
