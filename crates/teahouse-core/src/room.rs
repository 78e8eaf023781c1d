//! One room: who may do what, and the last numbers of its log.

use teahouse_protocol::{Body, Cid, Kind, UserId};

/// An accepted event before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The id that the author's client gave it.
    pub cid: Cid,
    /// What kind of fact it is.
    pub kind: Kind,
    /// Who did it.
    pub by: UserId,
    /// When it was accepted, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// What it says.
    pub body: Body,
}
