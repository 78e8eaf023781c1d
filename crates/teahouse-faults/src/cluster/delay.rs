//! How long an acknowledged message takes until others are told of it: a figure for people, no judgement.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::Instant;

use teahouse_client::protocol::{RoomId, Seq};

use crate::history::{Name, Operation};

/// Delays from an acknowledgement to others being told; what was told before the answer took none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delays {
    /// Sorted, in milliseconds.
    ms: Vec<u128>,
}

impl Delays {
    /// Of the messages that `witnesses` sent and had acknowledged in this part of a record, until the
    /// other witnesses were told.
    pub(crate) fn new(record: &[(Instant, Operation)], part: Range<usize>, witnesses: &[Name]) -> Self {
        let mut rooms: HashMap<(&Name, u64), &RoomId> = HashMap::new();
        let mut acknowledged: HashMap<(&RoomId, Seq), (Instant, &Name)> = HashMap::new();
        let mut told = Vec::new();
        for (index, (at, operation)) in record.iter().enumerate() {
            match operation {
                Operation::Sent { sender, number, room, .. }
                    if part.contains(&index) && witnesses.contains(sender) =>
                {
                    rooms.insert((sender, *number), room);
                }
                Operation::Acknowledged { sender, number, seq, .. } if part.contains(&index) => {
                    if let Some(room) = rooms.get(&(sender, *number)) {
                        acknowledged.insert((room, *seq), (*at, sender));
                    }
                }
                Operation::Told { reader, event } if witnesses.contains(reader) => {
                    told.push((*at, reader, (&event.room, event.seq)));
                }
                _ => {}
            }
        }
        let delay = |(at, reader, place): (Instant, &Name, (&RoomId, Seq))| {
            let (answered, sender) = acknowledged.get(&place)?;
            (*sender != reader).then(|| at.saturating_duration_since(*answered).as_millis())
        };
        let mut ms: Vec<u128> = told.into_iter().filter_map(delay).collect();
        ms.sort_unstable();
        Self { ms }
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(most) = self.ms.last() else { return write!(f, "none measured") };
        let median = self.ms[self.ms.len() / 2];
        write!(f, "median {median} ms, largest {most} ms of {}", self.ms.len())
    }
}
