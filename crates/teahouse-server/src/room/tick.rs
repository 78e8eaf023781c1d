//! One tick as it leaves a room: its bytes, made once for each kind of connection, and the writing of them
//! to everybody who is live. Owns no connection; who is behind is for the room's task to say.

use std::sync::Arc;

use bytes::Bytes;
use teahouse_core::Moment;
use teahouse_protocol::Epoch;

use crate::session::Connection;
use crate::transport::encode::{self, Dialect, Encoded};
use crate::transport::wire::Wrote;

/// So many connections are written to before others have their turn.
pub(super) const CHUNK: usize = teahouse_ring::SENDS_MAX;
/// To fewer than these it costs more to prepare one call than to make several. A build with checks goes the
/// ring's way with anybody, so that every test does.
const RING_MIN: usize = if cfg!(debug_assertions) { 1 } else { 8 };

/// One tick's bytes, for each kind of connection that is there.
pub(super) struct Frames<'a> {
    epoch: Epoch,
    events: &'a [Encoded],
    made: [Option<Bytes>; Dialect::COUNT],
}

impl<'a> Frames<'a> {
    pub(super) fn new(epoch: Epoch, events: &'a [Encoded]) -> Self {
        Self { epoch, events, made: Default::default() }
    }

    fn of(&mut self, dialect: Dialect) -> &Bytes {
        let (epoch, events) = (self.epoch, self.events);
        self.made[dialect.index()].get_or_insert_with(|| encode::frames(dialect, epoch, events.iter()))
    }
}

/// Writes the tick to at most [`CHUNK`] connections, by the ring if it may, and says whose sockets took
/// nothing, in order.
///
/// Where several events go in one write there are few writes already, and who writes sooner joins fewer: then
/// the ring gains nothing.
pub(super) fn write(
    connections: &[Arc<Connection>],
    frames: &mut Frames<'_>,
    by_ring: bool,
    now: Moment,
) -> Vec<usize> {
    let mut full = Vec::new();
    if by_ring && frames.events.len() == 1 && connections.len() >= RING_MIN {
        let others = write_by_ring(connections, frames, &mut full, now);
        write_each(connections, others.into_iter(), frames, &mut full, now);
        full.sort_unstable();
    } else {
        write_each(connections, 0..connections.len(), frames, &mut full, now);
    }
    full
}

fn write_each(
    connections: &[Arc<Connection>],
    indexes: impl Iterator<Item = usize>,
    frames: &mut Frames<'_>,
    full: &mut Vec<usize>,
    now: Moment,
) {
    full.extend(indexes.filter(|index| {
        let connection = &connections[*index];
        connection.wire.try_write(frames.of(connection.dialect), now) == Wrote::Nothing
    }));
}

/// Writes to all that nothing waits for in one call; the answer is who is left.
fn write_by_ring(
    connections: &[Arc<Connection>],
    frames: &mut Frames<'_>,
    full: &mut Vec<usize>,
    now: Moment,
) -> Vec<usize> {
    let (mut held, mut others) = (Vec::with_capacity(connections.len()), Vec::new());
    for (index, connection) in connections.iter().enumerate() {
        match connection.wire.hold() {
            Some(wire) => held.push((index, frames.of(connection.dialect).clone(), wire)),
            None => others.push(index),
        }
    }
    let mut answers = Vec::with_capacity(held.len());
    let sends = held.iter().map(|(_, bytes, wire)| (wire.socket(), &bytes[..]));
    if !teahouse_ring::send_all(sends, |_, sent| answers.push(sent)) {
        return (0..connections.len()).collect();
    }
    for ((index, bytes, wire), sent) in held.iter_mut().zip(answers) {
        if wire.wrote(&sent, bytes, now) == Wrote::Nothing {
            full.push(*index);
        }
    }
    others
}
