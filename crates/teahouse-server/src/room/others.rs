//! What a room has to do with the other nodes: it tells them what it stored and who is here, and takes what
//! they tell. What nobody told it reads from the log.
//!
//! Only hints come this way. A room that hears nothing is late by the time of a comparison, never wrong.

use std::sync::Arc;

use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::{FutureExt, StreamExt};
use teahouse_core::Moment;
use teahouse_core::presence::NodeId;
use teahouse_core::room as core;
use teahouse_protocol::{Epoch, Event, Seq};
use tokio::sync::watch;

use super::Room;
use super::task::Task;
use crate::bus::{Bus, Heard, Place, Word};
use crate::store::StoreError;

/// How long what is missing may still come as a hint before it is read, in milliseconds.
const HINT_MS: u64 = 20;
/// How long the next read waits after one that failed, in milliseconds.
const PAUSE_MS: u64 = 500;
/// Events of one read.
const READ_EVENTS: u32 = 512;
/// Words that are taken at once: the more of them, the fewer writes to everybody.
const WORDS_AT_ONCE: usize = 64;

/// The other nodes, as one room has them.
pub(super) struct Others {
    bus: Arc<dyn Bus>,
    place: Place,
    epoch: Epoch,
    heard: Heard,
    up: watch::Receiver<bool>,
    gap: Gap,
}

/// What is missing between the head and what is known of the log.
enum Gap {
    Closed,
    /// Events after this number are missing; they are read at that time.
    Open(Seq, Moment),
    Reading(BoxFuture<'static, Result<Vec<Event>, StoreError>>),
}

/// Something that did not come from this node.
pub(super) enum Said {
    /// Other nodes said these, in order.
    Words(Vec<(NodeId, Word)>),
    /// The bus was cut, or is not any more.
    Up(bool),
    /// What was missing is read.
    Read(Result<Vec<Event>, StoreError>),
}

impl Others {
    pub(super) fn new(bus: Arc<dyn Bus>, room: &Room, heard: Heard) -> Self {
        let (place, up) = (Place::Room(room.id.clone()), bus.is_up());
        Self { bus, place, epoch: room.epoch, heard, up, gap: Gap::Closed }
    }

    pub(super) fn tell(&self, word: Word) {
        if !self.bus.is_alone() {
            self.bus.tell(&self.place, word);
        }
    }

    /// When a read is due.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        match self.gap {
            Gap::Open(_, at) => Some(at),
            Gap::Closed | Gap::Reading(_) => None,
        }
    }

    /// What comes next from outside this node. Loses nothing if it is dropped.
    pub(super) async fn next(&mut self) -> Said {
        let reading = match &mut self.gap {
            Gap::Reading(reading) => Some(reading),
            Gap::Closed | Gap::Open(..) => None,
        };
        tokio::select! {
            Some(read) = OptionFuture::from(reading) => Said::Read(read),
            Some(first) = self.heard.next() => {
                let mut words = vec![first];
                while words.len() < WORDS_AT_ONCE
                    && let Some(Some(word)) = self.heard.next().now_or_never()
                {
                    words.push(word);
                }
                Said::Words(words)
            }
            Ok(()) = self.up.changed() => Said::Up(*self.up.borrow_and_update()),
            // The bus is gone for good: comparing finds everything.
            else => std::future::pending().await,
        }
    }
}

impl Task {
    /// The room begins to hear from the others.
    pub(super) fn join(&mut self) {
        let is_up = *self.others.up.borrow_and_update();
        self.presence.hears_others(is_up, self.clock.now());
        self.others.tell(Word::Who);
    }

    /// Other nodes are told what was stored here.
    pub(super) fn hint(&self, events: Vec<Event>) {
        let Some(head) = events.last().map(|event| event.seq) else { return };
        self.others.tell(Word::Stored { epoch: self.others.epoch, head, events });
    }

    pub(super) async fn hear(&mut self, said: Said) {
        match said {
            Said::Words(words) => self.words(words).await,
            Said::Up(is_up) => {
                self.presence.hears_others(is_up, self.clock.now());
                if is_up {
                    self.others.tell(Word::Who);
                }
            }
            Said::Read(read) => self.read(read).await,
        }
    }

    async fn words(&mut self, words: Vec<(NodeId, Word)>) {
        let (now, mut out, mut hints) = (self.clock.now(), Vec::new(), Vec::new());
        for (node, word) in words {
            match word {
                Word::Stored { epoch, head, events } if epoch == self.others.epoch => {
                    self.core.handle(core::Input::LogAt(head), &mut out);
                    hints.extend(events.into_iter().filter(|event| event.room == self.room.id));
                }
                // Of another log: comparing will tell.
                Word::Stored { .. } => {}
                Word::Here { here } => self.presence.elsewhere(node, here, now),
                Word::Who => self.presence.asked(now),
                Word::Typing { person, on } => self.presence.typing(person, on, now),
                Word::Bye { person } => self.presence.bye(person, now),
                // Said to the house.
                Word::Read { .. } | Word::Calls { .. } => {}
            }
        }
        self.core.handle(core::Input::Hint(hints), &mut out);
        self.carry_out(out).await;
    }

    async fn read(&mut self, read: Result<Vec<Event>, StoreError>) {
        self.others.gap = Gap::Closed;
        match read {
            Ok(events) => {
                let mut out = Vec::new();
                self.core.handle(core::Input::Read(events), &mut out);
                self.carry_out(out).await;
            }
            Err(error) => {
                tracing::warn!(room.id = %self.room.id, "what other nodes stored cannot be read now: {error}");
                self.others.gap = Gap::Open(self.core.head(), self.clock.now() + PAUSE_MS);
            }
        }
    }

    /// Reads what is missing, if no hint brings it in time.
    pub(super) fn look_for_gap(&mut self) {
        let now = self.clock.now();
        self.others.gap = match (std::mem::replace(&mut self.others.gap, Gap::Closed), self.core.missing()) {
            (reading @ Gap::Reading(_), _) => reading,
            (_, None) => Gap::Closed,
            (Gap::Open(known, at), Some(after)) if known == after && at > now => Gap::Open(known, at),
            (Gap::Open(known, _), Some(after)) if known == after => self.read_after(after),
            // Nobody will tell.
            (_, Some(after)) if self.others.bus.is_alone() && !self.is_appending() => self.read_after(after),
            (_, Some(after)) => Gap::Open(after, now + HINT_MS),
        };
    }

    fn read_after(&self, after: Seq) -> Gap {
        let (store, room) = (self.store.clone(), self.room.clone());
        Gap::Reading(async move { store.after(&room.id, after, READ_EVENTS).await }.boxed())
    }
}
