//! One connection: what its rooms and its own task share.
//!
//! The task (`task.rs`) reads the socket and drives `core::Session`; rooms write to the `Wire` and turn the
//! feeds. A feed is made and ended by its room's task only.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use teahouse_core::Moment;
use teahouse_core::feed::Feed;
use teahouse_core::room::ConnectionId;
use teahouse_protocol::{CloseCode, Push, RoomId, Seq, SessionId};

use crate::lock;
use crate::people::Someone;
use crate::room::{Mail, Room};
use crate::transport::encode::{self, Dialect};
use crate::transport::wire::Wire;

/// What the client asks for, and how it is answered.
mod asks;
/// Reading on from the log, for a connection that is behind.
mod behind;
/// The end of a connection, said aloud.
mod closing;
/// The task that reads.
mod task;

pub use task::Task;

/// What a connection is asked from outside, as bits.
mod asked {
    pub(super) const TIME: u32 = 1;
    pub(super) const DRAIN: u32 = 2;
    /// A close code stands in the upper half.
    pub(super) const CLOSE_SHIFT: u32 = 16;
}

/// One subscription of a connection.
#[derive(Debug)]
pub struct Subscription {
    /// What it follows.
    pub room: Arc<Room>,
    /// Live or behind.
    pub feed: Feed,
    /// Its place in the room's list of the live, while it is live.
    pub live_at: u32,
    /// The version of who is here that the client knows.
    pub here: u32,
    /// The head that the last ping told.
    pub pinged: Seq,
}

impl Subscription {
    fn is_to(&self, room: &Room) -> bool {
        std::ptr::eq(&raw const *self.room, room)
    }
}

/// One connection, shared by its task and its rooms.
#[derive(Debug)]
pub struct Connection {
    /// Tells it from others.
    pub id: ConnectionId,
    /// How its frames look.
    pub dialect: Dialect,
    /// Its writing end.
    pub wire: Wire,
    /// Where its client is.
    pub address: IpAddr,
    /// Who it is, once that is known.
    pub someone: OnceLock<Arc<Someone>>,
    /// The client that it belongs to.
    session: AtomicU64,
    /// Sends that were not answered yet.
    unacked: AtomicU32,
    asked: AtomicU32,
    subscriptions: Mutex<Subscriptions>,
}

#[derive(Debug, Default)]
struct Subscriptions {
    all: Vec<Subscription>,
    /// The connection ended: nothing is followed any more.
    over: bool,
}

impl Connection {
    fn new(id: ConnectionId, dialect: Dialect, wire: Wire, address: IpAddr) -> Self {
        Self {
            id,
            dialect,
            wire,
            address,
            someone: OnceLock::new(),
            session: AtomicU64::new(0),
            unacked: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            subscriptions: Mutex::default(),
        }
    }

    /// The client's presence identity.
    #[must_use]
    pub fn session(&self) -> SessionId {
        SessionId(self.session.load(Ordering::Relaxed))
    }

    /// Lends the subscription to `room`, if there is one.
    pub fn with_subscription<R>(&self, room: &Room, then: impl FnOnce(&mut Subscription) -> R) -> Option<R> {
        lock(&self.subscriptions).all.iter_mut().find(|one| one.is_to(room)).map(then)
    }

    /// Follows a room from now on; `false` if the connection ended. Called by the room's task only.
    #[must_use]
    pub fn subscribe(&self, subscription: Subscription) -> bool {
        let mut subscriptions = lock(&self.subscriptions);
        if !subscriptions.over {
            subscriptions.all.reserve_exact(1);
            subscriptions.all.push(subscription);
        }
        !subscriptions.over
    }

    /// Follows a room no longer. Called by the room's task only.
    pub fn unsubscribe(&self, room: &Room) {
        lock(&self.subscriptions).all.retain(|one| !one.is_to(room));
    }

    /// Whether it ended: its rooms were told, and it follows no more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        lock(&self.subscriptions).over
    }

    fn each_room(&self, tell: impl Fn(&Room)) {
        lock(&self.subscriptions).all.iter().for_each(|one| tell(&one.room));
    }

    /// The heads of its rooms that changed since this was last asked.
    fn changed_heads(&self) -> BTreeMap<RoomId, Seq> {
        let mut subscriptions = lock(&self.subscriptions);
        let changed = subscriptions.all.iter_mut().filter_map(|one| {
            let head = one.room.head();
            (std::mem::replace(&mut one.pinged, head) != head).then(|| (one.room.id.clone(), head))
        });
        changed.collect()
    }

    /// Whether every room gives it what happens.
    #[must_use]
    pub fn is_live(&self) -> bool {
        lock(&self.subscriptions).all.iter().all(|one| one.feed.is_live())
    }

    /// Whether a room that it follows has no task any more.
    fn has_ended_room(&self) -> bool {
        lock(&self.subscriptions).all.iter().any(|one| one.room.has_ended())
    }

    /// The connection ended: its rooms are told.
    fn over(self: &Arc<Self>, cleanly: bool) {
        let mut subscriptions = lock(&self.subscriptions);
        subscriptions.over = true;
        let rooms: Vec<_> = subscriptions.all.iter().map(|one| one.room.clone()).collect();
        drop(subscriptions);
        for room in rooms {
            room.tell(Mail::Leave(self.clone(), cleanly, None));
        }
    }

    /// The room of that id, if it is followed, and how many are.
    fn follows(&self, room: Option<&RoomId>) -> (Option<Arc<Room>>, usize) {
        let subscriptions = lock(&self.subscriptions);
        let found = subscriptions.all.iter().find(|one| Some(&one.room.id) == room);
        (found.map(|one| one.room.clone()), subscriptions.all.len())
    }

    /// Says something to this connection alone, with its next write.
    pub fn say(&self, push: &Push) {
        encode::push(self.dialect, push, |frame| self.wire.reply(frame));
    }

    /// Says something that may be dropped if the socket is full.
    pub fn nudge(&self, push: &Push, now: Moment) {
        encode::push(self.dialect, push, |frame| {
            // Dropped if the socket is full.
            let _ = self.wire.try_signal(&Bytes::copy_from_slice(frame), now);
        });
    }

    /// A send of this connection was answered. `most` may be without an answer before it is not read.
    pub fn answered(&self, most: u32) {
        if self.unacked.fetch_sub(1, Ordering::AcqRel) == most {
            self.wire.task.wake();
        }
    }

    /// The wheel: a deadline of the connection may have come.
    pub fn time_is_up(&self) {
        self.ask(asked::TIME);
    }

    /// The node is about to stop.
    pub fn drain(&self) {
        self.ask(asked::DRAIN);
    }

    /// End this connection, for this reason.
    pub fn close(&self, code: CloseCode) {
        self.ask(u32::from(code.number()) << asked::CLOSE_SHIFT);
    }

    fn ask(&self, bits: u32) {
        self.asked.fetch_or(bits, Ordering::AcqRel);
        self.wire.task.wake();
    }
}
