//! One connection: what its rooms and its own task share.
//!
//! The task (`task.rs`) reads the socket and drives `core::Session`; rooms write to the `Wire` and turn the
//! feeds. A feed is made and ended by its room's task only.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use bytes::Bytes;
use teahouse_core::Moment;
use teahouse_core::feed::Feed;
use teahouse_core::room::ConnectionId;
use teahouse_protocol::{CloseCode, Push, RoomId, Seq, SessionId};

use crate::access::Standing;
use crate::cost::{Cost, Meter};
use crate::lock;
use crate::people::{self, SignIn, Someone};
use crate::room::{Mail, Room};
use crate::transport::encode::{self, Dialect};
use crate::transport::wire::Wire;

/// What the client asks for, and how it is answered.
mod asks;
/// Reading on from the log, for a connection that is behind.
mod behind;
/// The end of a connection, said aloud.
mod closing;
/// An HTTP answer that brings what follows the cursors.
mod follow;
/// Commands that came with one request.
mod send;
/// The task that reads.
mod task;

pub use asks::{NotIn, page};
pub use follow::{Ends, Follow};
pub use send::Sends;
pub use task::Task;

/// The pause of a client that polls and follows no room, in milliseconds.
const PAUSE_MS: u64 = 30_000;

/// What a connection is asked from outside, as bits.
mod asked {
    pub(super) const TIME: u32 = 1;
    pub(super) const DRAIN: u32 = 2;
    pub(super) const LEAVE: u32 = 4;
    pub(super) const OUT: u32 = 8;
    /// A close code stands in the upper half.
    pub(super) const CLOSE_SHIFT: u32 = 16;

    /// The close code in these bits.
    pub(super) fn code(bits: u32) -> Option<teahouse_protocol::CloseCode> {
        let number = u16::try_from(bits >> CLOSE_SHIFT).ok()?;
        teahouse_protocol::CloseCode::ALL.iter().find(|code| code.number() == number).copied()
    }
}

/// How a connection's frames travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Both ways over one socket.
    WebSocket,
    /// To the client, in an answer that lasts.
    Stream,
    /// To the client, in an answer that ends with the first news.
    LongPoll,
    /// To the client, in an answer that ends at once.
    Poll,
    /// From the client, in one request; the answer has the replies.
    Send,
}

impl Transport {
    /// Whether an answer is given whole, and the next one is asked for.
    #[must_use]
    pub fn is_poll(self) -> bool {
        matches!(self, Self::LongPoll | Self::Poll)
    }
}

/// Older connections of the same client, which end when the newer one is live. Boxed, as nearly nobody
/// has any.
struct Older(Vec<Weak<Connection>>);

impl Older {
    fn of(older: Vec<Weak<Connection>>) -> Option<Box<Self>> {
        (!older.is_empty()).then(|| Box::new(Self(older)))
    }

    /// Ends them once `newer` has everything that they had.
    fn replace(older: &mut Option<Box<Self>>, newer: &Connection) {
        if older.is_none() || !newer.is_live() {
            return;
        }
        if let Some(Self(older)) = older.take().as_deref() {
            older.iter().filter_map(Weak::upgrade).for_each(|one| one.close(CloseCode::Replaced));
        }
    }
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
    /// What its person is in the room; none for most, who are nothing. Boxed, as it is in memory for everybody.
    pub standing: Option<Box<Standing>>,
}

impl Subscription {
    /// Its person is this in the room.
    pub fn stand(&mut self, standing: Standing) {
        self.standing = (standing != Standing::default()).then(|| Box::new(standing));
    }

    fn is_to(&self, room: &Room) -> bool {
        std::ptr::eq(&raw const *self.room, room)
    }
}

/// One connection, shared by its task and its rooms.
#[derive(Debug)]
pub struct Connection {
    /// Tells it from others.
    pub id: ConnectionId,
    /// How its frames travel.
    pub transport: Transport,
    /// How its frames look.
    pub dialect: Dialect,
    /// The client has `welcome`, `subscribed` and `live` already.
    pub brief: bool,
    /// Its writing end.
    pub wire: Wire,
    /// Where its client is.
    pub address: IpAddr,
    /// Bytes of the answer to its handshake.
    handshake_sent: u16,
    /// Bytes that came over its socket before they were counted: its handshake, its hello, what was in a hurry.
    received: AtomicU32,
    /// Bytes of the frames up to its hello.
    hello_bytes: AtomicU32,
    /// Its bytes are counted.
    counted: AtomicBool,
    /// Its client left, and will not come back.
    cleanly: AtomicBool,
    /// Who it is, once that is known.
    pub someone: OnceLock<Arc<Someone>>,
    /// By which sign-in it is known who it is; 0 before.
    sign_in: AtomicU64,
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
    fn new(id: ConnectionId, transport: Transport, dialect: Dialect, wire: Wire, address: IpAddr) -> Self {
        Self {
            id,
            transport,
            brief: false,
            handshake_sent: 0,
            received: AtomicU32::new(0),
            hello_bytes: AtomicU32::new(0),
            counted: AtomicBool::new(false),
            cleanly: AtomicBool::new(false),
            dialect,
            wire,
            address,
            someone: OnceLock::new(),
            sign_in: AtomicU64::new(0),
            session: AtomicU64::new(0),
            unacked: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            subscriptions: Mutex::default(),
        }
    }

    /// A connection that has an HTTP answer instead of a socket.
    #[must_use]
    pub fn answer(
        id: ConnectionId,
        transport: Transport,
        dialect: Dialect,
        wire: Wire,
        address: IpAddr,
        brief: bool,
        hello_bytes: usize,
    ) -> Self {
        let hello_bytes = AtomicU32::new(u32::try_from(hello_bytes).unwrap_or(u32::MAX));
        Self { brief, hello_bytes, ..Self::new(id, transport, dialect, wire, address) }
    }

    /// It is known who is there, by that token.
    pub fn become_somebody(&self, someone: Arc<Someone>, token: Option<&str>) {
        if let Some(token) = token {
            self.shows(token);
        }
        // Set once: before anything else is done with the connection.
        let _ = self.someone.set(someone);
    }

    /// Its client shows this token of theirs from now on.
    fn shows(&self, token: &str) {
        self.sign_in.store(SignIn::of(&people::hash(token)).0, Ordering::Relaxed);
    }

    /// By which sign-in it is known who is there.
    #[must_use]
    pub fn sign_in(&self) -> SignIn {
        SignIn(self.sign_in.load(Ordering::Relaxed))
    }

    /// Counts its bytes from now on, and those of its beginning.
    fn count(&self, cost: &Arc<Cost>, meter: Option<&Meter>) {
        let hello_bytes = self.hello_bytes.load(Ordering::Relaxed) as usize;
        cost.received_frames(hello_bytes);
        match meter {
            Some(meter) => meter.claim(cost),
            None => {
                cost.request();
                cost.received(self.received.load(Ordering::Relaxed) as usize);
                cost.sent(self.handshake_sent.into());
                self.counted.store(true, Ordering::Relaxed);
            }
        }
        self.wire.count(cost, self.dialect);
    }

    /// So many bytes came over its socket.
    fn received(&self, bytes: usize) {
        if let Some(cost) = self.cost() {
            cost.received(bytes);
        } else if self.someone.get().is_none() {
            self.received.fetch_add(u32::try_from(bytes).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// A line of so many bytes came over its socket.
    fn received_frame(&self, bytes: usize) {
        if let Some(cost) = self.cost() {
            cost.received_frames(bytes);
        } else if self.someone.get().is_none() {
            self.hello_bytes.fetch_add(u32::try_from(bytes).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// Who counts what is received.
    fn cost(&self) -> Option<Arc<Cost>> {
        if self.counted.load(Ordering::Relaxed) { self.wire.cost() } else { None }
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

    /// The heads that its live rooms gave it since this was last asked: whoever heard of a number that is
    /// still to come would take it for lost.
    fn changed_heads(&self) -> BTreeMap<RoomId, Seq> {
        let mut subscriptions = lock(&self.subscriptions);
        let changed = subscriptions.all.iter_mut().filter(|one| one.feed.is_live()).filter_map(|one| {
            let head = one.room.given();
            (std::mem::replace(&mut one.pinged, head) != head).then(|| (one.room.id.clone(), head))
        });
        changed.collect()
    }

    /// How many rooms it follows.
    #[must_use]
    pub fn rooms(&self) -> usize {
        lock(&self.subscriptions).all.len()
    }

    /// Whether every room gives it what happens.
    #[must_use]
    pub fn is_live(&self) -> bool {
        lock(&self.subscriptions).all.iter().all(|one| one.feed.is_live())
    }

    /// How long it should wait before it asks again, if it polls: as its liveliest room says.
    fn pause_ms(&self, now_unix_ms: u64) -> u64 {
        let subscriptions = lock(&self.subscriptions);
        subscriptions.all.iter().map(|one| one.room.pause_ms(now_unix_ms)).min().unwrap_or(PAUSE_MS)
    }

    /// Whether a room that it follows has no task any more.
    fn has_ended_room(&self) -> bool {
        lock(&self.subscriptions).all.iter().any(|one| one.room.has_ended())
    }

    /// Its client says that it will not come back.
    fn left_cleanly(&self) {
        self.cleanly.store(true, Ordering::Relaxed);
    }

    fn has_left(&self) -> bool {
        self.cleanly.load(Ordering::Relaxed)
    }

    /// The connection ended: its rooms are told.
    fn over(self: &Arc<Self>) {
        let cleanly = self.has_left();
        let mut subscriptions = lock(&self.subscriptions);
        subscriptions.over = true;
        let rooms: Vec<_> = subscriptions.all.iter().map(|one| one.room.clone()).collect();
        drop(subscriptions);
        for room in rooms {
            room.tell(Mail::Leave(self.clone(), cleanly, None));
        }
    }

    /// The room of that id, if it is followed, and how many are.
    /// Whether it follows that room.
    pub(crate) fn is_in(&self, room: &RoomId) -> bool {
        self.follows(Some(room)).0.is_some()
    }

    fn follows(&self, room: Option<&RoomId>) -> (Option<Arc<Room>>, usize) {
        let subscriptions = lock(&self.subscriptions);
        let found = subscriptions.all.iter().find(|one| Some(&one.room.id) == room);
        (found.map(|one| one.room.clone()), subscriptions.all.len())
    }

    /// Says something to this connection alone, with its next write.
    pub fn say(&self, push: &Push) {
        encode::push(self.dialect, push, |frame| self.wire.reply(frame));
    }

    /// Says something now, if its client has a word for it.
    pub fn tell(&self, push: &Push, now: Moment) {
        if self.dialect.has_signals() {
            self.say(push);
            self.wire.flush(now);
        }
    }

    /// Says something after which nothing more is said.
    fn say_last(&self, push: &Push) {
        let mut last = Vec::new();
        encode::push(self.dialect, push, |frame| last.extend_from_slice(frame));
        self.wire.reply_last(&last);
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
        let before = self.unacked.fetch_sub(1, Ordering::AcqRel);
        if before == most || self.transport == Transport::Send {
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

    /// The client says over another one that it leaves.
    fn leave(&self) {
        self.ask(asked::LEAVE);
    }

    /// Whoever has it has to leave the house, and is told why.
    pub fn send_out(&self) {
        self.ask(asked::OUT);
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
