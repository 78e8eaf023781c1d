//! What of a room's log is at hand: its end in memory, and reads of the rest that everybody shares.
//!
//! A crowd that comes back at once reads the same ranges: each is read from the store once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use teahouse_core::cursor::TAIL_AFTER_HOLE;
use teahouse_protocol::{Cid, Epoch, Event, Kind, RoomId, Seq};

use crate::lock;
use crate::store::{Head, Store, StoreError};
use crate::transport::encode::{self, Dialect, Encoded};

/// Events of the end that are kept in memory.
const TAIL_EVENTS_MAX: usize = 1_024;
/// Bytes of them.
const TAIL_BYTES_MAX: usize = 1 << 20;
/// Events of one shared read.
const BLOCK_EVENTS: u32 = 256;
/// Whole blocks that are kept.
const BLOCKS_MAX: usize = 16;
/// Most bytes of events in one write of a connection that is behind.
const BATCH_BYTES_MAX: usize = 64 << 10;

/// What a connection that is behind gets with one write.
#[derive(Debug)]
pub struct Batch {
    /// Whole frames.
    pub frames: Bytes,
    /// The last number in them.
    pub to: Seq,
}

#[derive(Debug, Clone)]
struct Kept {
    cid: Cid,
    /// The message that it gives another text.
    edits: Option<Seq>,
    encoded: Encoded,
}

/// Events with the numbers that follow `after`.
#[derive(Debug)]
struct Run {
    after: Seq,
    events: VecDeque<Kept>,
    bytes: usize,
}

type Read = Shared<BoxFuture<'static, Result<Arc<Run>, StoreError>>>;

/// What of a room's log is at hand.
pub struct Log {
    room: RoomId,
    epoch: Epoch,
    store: Arc<dyn Store>,
    tail: Mutex<Run>,
    blocks: Mutex<Blocks>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("room", &self.room).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Blocks {
    /// By the number that the block's events follow.
    reads: HashMap<u64, Read>,
    /// Oldest first.
    order: VecDeque<u64>,
}

impl Log {
    pub(super) fn new(room: RoomId, epoch: Epoch, head: Seq, store: Arc<dyn Store>) -> Self {
        Self { room, epoch, store, tail: Mutex::new(Run::new(head)), blocks: Mutex::default() }
    }

    /// Reads the end of the log, which is what most will ask for; says when its last event was stored.
    pub(super) async fn warm(&self) -> Result<Option<u64>, StoreError> {
        let head = lock(&self.tail).after;
        let after = Seq(head.0.saturating_sub(TAIL_AFTER_HOLE * 2));
        let mut events = read(&*self.store, &self.room, after, TAIL_AFTER_HOLE as u32 * 2).await?;
        // Other nodes may have written since the head was read; the room takes that in its turn.
        events.retain(|event| event.seq <= head);
        let mut run = Run::of(after, &events);
        run.trim();
        *lock(&self.tail) = run;
        Ok(events.last().map(|event| event.at))
    }

    /// Adds what was just stored, and gives its bytes. What an event takes away of an earlier one is in none of
    /// these bytes, and is not given again.
    pub(super) fn push(&self, events: &[Event]) -> Vec<Encoded> {
        let mut tail = lock(&self.tail);
        let mut is_change = false;
        for event in events {
            tail.push(event, encode::event(event));
            if let (Kind::Edit | Kind::Delete, Some(target)) = (event.kind, event.body.target) {
                tail.change(target, event);
                is_change = true;
            }
        }
        let encoded = tail.last(events.len());
        tail.trim();
        drop(tail);
        if is_change {
            *lock(&self.blocks) = Blocks::default();
        }
        encoded
    }

    /// Forgets the end: the log went on to `head` without this room, and what is at hand may have changed.
    pub(super) fn jump(&self, head: Seq) {
        *lock(&self.tail) = Run::new(head);
        *lock(&self.blocks) = Blocks::default();
    }

    /// The next events after `after`, if they are in memory: about `most` bytes of them, and at least one.
    #[must_use]
    pub fn at_hand(&self, after: Seq, dialect: Dialect, most: usize) -> Option<Batch> {
        lock(&self.tail).batch(after, Seq::MAX, dialect, self.epoch, most)
    }

    /// The next events after `after` and up to `to`, from the store; everybody who asks for the same shares one
    /// read. The store may have more: whether somebody may read it is known when the room is there.
    ///
    /// # Errors
    /// The store's.
    pub fn read(
        &self,
        after: Seq,
        to: Seq,
        dialect: Dialect,
        most: usize,
    ) -> impl Future<Output = Result<Option<Batch>, StoreError>> + Send + use<> {
        let start = after.0 - after.0 % u64::from(BLOCK_EVENTS);
        let (read, epoch) = (self.block(start, to), self.epoch);
        async move { Ok(read.await?.batch(after, to, dialect, epoch, most)) }
    }

    /// How far it goes now, in the store.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(self.store.heads(vec![self.room.clone()]).await?.pop())
    }

    /// The check of the event with that number: the last 32 bits of its `cid`.
    ///
    /// # Errors
    /// The store's.
    pub async fn check(&self, seq: Seq) -> Result<Option<u32>, StoreError> {
        if seq == Seq::ZERO {
            return Ok(Some(0));
        }
        if let Some(cid) = lock(&self.tail).cid(seq) {
            return Ok(Some(cid.check()));
        }
        tracing::debug!(room = %self.room, %seq, "one number of the log is read");
        Ok(self.store.cid(&self.room, seq).await?.map(|cid| cid.check()))
    }

    /// The events that follow this number, which is one of a block's beginning; up to `to` they are in the store.
    fn block(&self, start: u64, to: Seq) -> Read {
        let mut blocks = lock(&self.blocks);
        if let Some(read) = blocks.reads.get(&start) {
            // A block that was read before what is wanted was written, or that could not be read, is read again.
            let end = to.0.min(start + u64::from(BLOCK_EVENTS));
            let stale = read.peek().is_some_and(|done| done.as_ref().map_or(true, |run| run.end().0 < end));
            if !stale {
                return read.clone();
            }
            blocks.order.retain(|kept| *kept != start);
        }
        let (store, room) = (self.store.clone(), self.room.clone());
        let read = async move {
            let events = read(&*store, &room, Seq(start), BLOCK_EVENTS).await?;
            Ok(Arc::new(Run::of(Seq(start), &events)))
        };
        let read = read.boxed().shared();
        blocks.reads.insert(start, read.clone());
        blocks.order.push_back(start);
        if blocks.order.len() > BLOCKS_MAX
            && let Some(oldest) = blocks.order.pop_front()
        {
            blocks.reads.remove(&oldest);
        }
        read
    }
}

/// Events from the store. What a crowd costs it can be seen by these lines.
async fn read(store: &dyn Store, room: &RoomId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError> {
    tracing::debug!(%room, %after, limit, "a part of the log is read");
    store.after(room, after, limit).await
}

impl Run {
    fn new(after: Seq) -> Self {
        Self { after, events: VecDeque::new(), bytes: 0 }
    }

    fn of(after: Seq, events: &[Event]) -> Self {
        let mut run = Self::new(after);
        events.iter().for_each(|event| run.push(event, encode::event(event)));
        run
    }

    fn push(&mut self, event: &Event, encoded: Encoded) {
        // The first number says where a log starts whose beginning was dropped.
        if self.events.is_empty() {
            self.after = Seq(event.seq.0 - 1);
        }
        assert_eq!(
            event.seq.0,
            self.after.0 + self.events.len() as u64 + 1,
            "the log's numbers have no holes"
        );
        self.bytes += encoded.bytes();
        let edits = event.body.target.filter(|_| event.kind == Kind::Edit);
        self.events.push_back(Kept { cid: event.cid, edits, encoded });
    }

    fn trim(&mut self) {
        while self.events.len() > TAIL_EVENTS_MAX || self.bytes > TAIL_BYTES_MAX {
            let Some(kept) = self.events.pop_front() else { return };
            self.bytes -= kept.encoded.bytes();
            self.after = self.after.next();
        }
    }

    /// The last ones.
    fn last(&self, count: usize) -> Vec<Encoded> {
        let from = self.events.len().saturating_sub(count);
        self.events.range(from..).map(|kept| kept.encoded.clone()).collect()
    }

    /// A message has another text, or none: so it is here, and so is what earlier edits of it say.
    fn change(&mut self, target: Seq, change: &Event) {
        let message = target.0.checked_sub(1).and_then(|after| self.index(Seq(after)));
        let is_concerned = |(index, kept): &(usize, &mut Kept)| {
            Some(*index) == message || kept.edits == Some(target) && kept.encoded.seq < change.seq
        };
        for (_, kept) in self.events.iter_mut().enumerate().filter(is_concerned) {
            let before = kept.encoded.bytes();
            kept.encoded = encode::changed(&kept.encoded, change);
            self.bytes = self.bytes + kept.encoded.bytes() - before;
        }
    }

    /// The last number.
    fn end(&self) -> Seq {
        Seq(self.after.0 + self.events.len() as u64)
    }

    fn index(&self, after: Seq) -> Option<usize> {
        let index = after.0.checked_sub(self.after.0)?;
        usize::try_from(index).ok().filter(|index| *index < self.events.len())
    }

    fn cid(&self, seq: Seq) -> Option<Cid> {
        self.index(Seq(seq.0 - 1)).map(|index| self.events[index].cid)
    }

    fn batch(&self, after: Seq, to: Seq, dialect: Dialect, epoch: Epoch, most: usize) -> Option<Batch> {
        let index = self.index(after).filter(|_| after < to)?;
        let (mut bytes, mut count) = (0, 0u64);
        for kept in self.events.range(index..).take(to.since(after) as usize) {
            bytes += kept.encoded.line.len().max(kept.encoded.plain.len()) + 1;
            if count > 0 && bytes > most.min(BATCH_BYTES_MAX) {
                break;
            }
            count += 1;
        }
        let events = self.events.range(index..).take(count as usize).map(|kept| &kept.encoded);
        Some(Batch { frames: encode::frames(dialect, epoch, events), to: Seq(after.0 + count) })
    }
}
