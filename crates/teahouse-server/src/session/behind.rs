//! Reading on from the log, for the subscriptions of a connection that are behind.
//!
//! The one delivery path: the events after the cursor, as fast as the socket takes them, at most one batch
//! in memory.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use teahouse_core::Moment;
use teahouse_core::cursor::{self, Start};
use teahouse_core::feed::Next;
use teahouse_protocol::{Push, Seq};

use futures_util::future::BoxFuture;

use super::Connection;
use super::asks::cursor_at;
use crate::lock;
use crate::room::{Batch, Mail, Room};
use crate::transport::wire::Wrote;

/// Batches of one turn before others have theirs.
const BATCHES_MAX: usize = 4;
/// How long the next try waits after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Most bytes of events that are read on for one answer that is given whole.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Reads on from the log, one batch at a time.
#[derive(Default)]
pub(super) struct CatchUp {
    reading: Option<BoxFuture<'static, Read>>,
}

/// What has a place in an answer that is given whole.
#[derive(Debug, Default)]
pub(super) struct Place {
    bytes: usize,
    full: bool,
}

impl Place {
    /// Whether the rest is for another answer.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether so many bytes have a place, which then is taken. There is one for the first batch, always.
    fn take(&mut self, bytes: usize) -> bool {
        self.full = self.bytes > 0 && self.bytes + bytes > ANSWER_BYTES_MAX;
        if !self.full {
            self.bytes += bytes;
        }
        !self.full
    }

    fn bytes_left(&self) -> usize {
        ANSWER_BYTES_MAX.saturating_sub(self.bytes)
    }
}

/// What a read of the log gave.
#[derive(Debug)]
struct Read {
    room: Arc<Room>,
    got: Got,
}

#[derive(Debug)]
enum Got {
    Batch(Batch),
    /// Events up to this number are left out, and the client is told.
    Hole(Seq, Box<Push>),
    Nothing,
}

impl CatchUp {
    /// Writes what subscriptions that are behind are missing, as far as there is place; says whether there
    /// may be more to write.
    pub(super) fn catch_up(
        &mut self,
        connection: &Arc<Connection>,
        place: &mut Option<Place>,
        cx: &mut Context<'_>,
        now: Moment,
    ) -> bool {
        for _ in 0..BATCHES_MAX {
            if let Some(reading) = &mut self.reading {
                let Poll::Ready(read) = reading.as_mut().poll(cx) else { return false };
                self.reading = None;
                if !give(connection, place, &read.room, read.got, now) {
                    return false;
                }
            }
            let Some((room, next)) = next_behind(connection) else { return false };
            match next {
                Next::Rest => return false,
                Next::Ask(seq) => room.tell(Mail::Ask(connection.clone(), seq)),
                Next::Read(after) => {
                    if !self.read_on(connection, place, room, after, now) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Gives the next batch if it is at hand, or starts a read; `false` if the socket is full.
    fn read_on(
        &mut self,
        connection: &Connection,
        place: &mut Option<Place>,
        room: Arc<Room>,
        after: Seq,
        now: Moment,
    ) -> bool {
        let dialect = connection.dialect;
        let most = place.as_ref().map_or(usize::MAX, Place::bytes_left);
        if cursor::go_on(after, &room.extent()) == Start::At(after)
            && let Some(batch) = room.log.at_hand(after, dialect, most)
        {
            return give(connection, place, &room, Got::Batch(batch), now);
        }
        self.reading = Some(Box::pin(async move {
            let got = match cursor::go_on(after, &room.extent()) {
                Start::Behind(from) => hole(&room, from).await,
                _ => room
                    .log
                    .read(after, room.head(), dialect, most)
                    .await
                    .map(|batch| batch.map_or(Got::Nothing, Got::Batch)),
            };
            let got = match got {
                Ok(Got::Nothing) | Err(_) => {
                    tokio::time::sleep(PAUSE).await;
                    Got::Nothing
                }
                Ok(got) => got,
            };
            Read { room, got }
        }));
        true
    }
}

/// Writes what was read; `false` if the socket took nothing.
fn give(connection: &Connection, place: &mut Option<Place>, room: &Room, got: Got, now: Moment) -> bool {
    // Written while the subscription is held: the room cannot end it, or start it anew, in between.
    let given = connection.with_subscription(room, |one| {
        // It may have ended, or started anew, while the log was read.
        if !one.feed.is_reading() {
            return true;
        }
        match got {
            Got::Batch(batch) if place.as_mut().is_none_or(|place| place.take(batch.frames.len())) => {
                let wrote = connection.wire.try_write(&batch.frames, now);
                match wrote {
                    Wrote::Nothing => one.feed.gave_nothing(),
                    Wrote::All | Wrote::Part => one.feed.gave(batch.to),
                }
                wrote == Wrote::All
            }
            Got::Batch(_) => {
                one.feed.gave_nothing();
                false
            }
            Got::Hole(from, push) => {
                connection.say(&push);
                connection.wire.flush(now);
                one.feed.skipped(from);
                true
            }
            Got::Nothing => {
                one.feed.gave_nothing();
                true
            }
        }
    });
    given.unwrap_or(true)
}

/// The first subscription that is behind, and what to do for it.
fn next_behind(connection: &Connection) -> Option<(Arc<Room>, Next)> {
    let mut subscriptions = lock(&connection.subscriptions);
    let one = subscriptions.all.iter_mut().find(|one| one.feed.is_behind())?;
    let next = one.feed.next(one.room.head());
    Some((one.room.clone(), next))
}

async fn hole(room: &Room, from: Seq) -> Result<Got, crate::store::StoreError> {
    let extent = room.extent();
    let push = Push::Behind { room: room.id.clone(), from: cursor_at(room, from).await?, head: extent.head };
    Ok(Got::Hole(from, Box::new(push)))
}
