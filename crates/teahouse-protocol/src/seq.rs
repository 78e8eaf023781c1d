//! Where in a room's log: the number of an event, the identity of the log, the last number applied.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{BadId, Cid, hex};

/// The number of an event in its room: 1, 2, 3, … without holes; 0 is before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Self = Self(0);
    /// The largest number that a JavaScript client reads exactly (2^53 − 1).
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The number that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// How many numbers lie after `earlier` up to this one; 0 if none do.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of a room's log: changes if history was lost or restored.
///
/// A number alone is not enough: after a restore, event 7 may be another event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        hex::<4>(text).map(|bytes| Self(u32::from_be_bytes(bytes))).ok_or(BadId("an epoch: 8 hex digits"))
    }
}

/// What a number means to somebody who has applied everything up to a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It is the next one: apply it.
    Deliver,
    /// It was applied before: drop it.
    Duplicate,
    /// Something between is missing: read the log from the cursor.
    Gap,
}

/// The last number applied in a room, and in which log. Written `EPOCH.SEQ.CHECK`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The log in which it counts; `None` is the beginning of whatever log there is.
    pub epoch: Option<Epoch>,
    /// The last number applied; 0 for none.
    pub seq: Seq,
    /// The last 32 bits of that event's `cid`; 0 for none.
    pub check: u32,
}

impl Cursor {
    /// The beginning of whatever log there is, written `0`.
    pub const BEGINNING: Self = Self { epoch: None, seq: Seq::ZERO, check: 0 };

    /// The cursor of somebody who has applied `seq`, whose client id is `cid`.
    #[must_use]
    pub fn at(epoch: Epoch, seq: Seq, cid: Option<Cid>) -> Self {
        Self { epoch: Some(epoch), seq, check: cid.map_or(0, |cid| cid.check()) }
    }

    /// Says what to do with event `seq`.
    #[must_use]
    pub fn offer(&self, seq: Seq) -> Offer {
        if seq <= self.seq {
            Offer::Duplicate
        } else if seq == self.seq.next() {
            Offer::Deliver
        } else {
            Offer::Gap
        }
    }

    /// Records that event `seq` was applied, which must be the next one.
    pub fn applied(&mut self, seq: Seq, cid: Cid) {
        assert_eq!(self.offer(seq), Offer::Deliver, "event {seq} applied after {}", self.seq);
        self.seq = seq;
        self.check = cid.check();
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            Some(epoch) => write!(f, "{epoch}.{}.{:08x}", self.seq, self.check),
            None => f.write_str("0"),
        }
    }
}

impl FromStr for Cursor {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        const BAD: BadId = BadId("a cursor: EPOCH.SEQ.CHECK or 0");
        if text == "0" {
            return Ok(Self::BEGINNING);
        }
        let mut parts = text.split('.');
        let (Some(epoch), Some(seq), Some(check), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BAD);
        };
        let epoch = epoch.parse().map_err(|_| BAD)?;
        let digits = !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit());
        let seq = seq.parse().ok().filter(|seq| digits && *seq <= Seq::MAX.0).ok_or(BAD)?;
        let check = hex::<4>(check).map(u32::from_be_bytes).ok_or(BAD)?;
        Ok(Self { epoch: Some(epoch), seq: Seq(seq), check })
    }
}
