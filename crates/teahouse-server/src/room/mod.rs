//! A room as everybody outside its task sees it: a mailbox, the last numbers, and what of its log is at hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use teahouse_core::cursor::Extent;
use teahouse_core::rights::Concern;
use teahouse_core::room::Post;
use teahouse_protocol::{CloseCode, Cursor, Epoch, Person, RoomId, RoomNow, Seq, UserId};
use tokio::sync::{Notify, oneshot};

use crate::access::{Access, Standing};
use crate::bus::{Bus, Heard, Place, Word};
use crate::clock::Clock;
use crate::follower::Followers;
use crate::lock;
use crate::people::People;
use crate::session::Connection;
use crate::store::{Store, StoreError, StoredRoom};

/// Changes of messages, and whom they name.
mod changes;
/// The end of the log that is at hand, and shared reads of the rest.
mod log;
/// What the room hears from the other nodes, and what it reads because nobody told.
mod others;
/// Whose rights changed, and what they may now.
mod rights;
/// The task that drives `core::Room` and writes to its live connections.
mod task;
mod tick;

pub use log::Batch;

/// The shortest and the longest pause between two polls.
const PAUSE_LEAST_MS: u64 = 1_000;
const PAUSE_MOST_MS: u64 = 30_000;
/// How long whoever changed a room waits until it is like that here.
const TAKEN_IN: Duration = Duration::from_secs(2);
/// Rooms whose heads are asked for at once.
const COMPARED_AT_ONCE: usize = 1_000;

/// Something for the room's task. A connection has at most one of each kind of its own waiting, posts up to
/// `sends_unacked_max`, and typing as often as its session lets it say so: that bounds the mailbox.
#[derive(Debug)]
pub(crate) enum Mail {
    /// Somebody writes; what their rate says of it.
    Post(Arc<Connection>, Box<Post>, Result<(), u64>),
    /// A connection follows the room from now on.
    Enter(Box<Enter>),
    /// A connection has everything up to this number, and asks to be live.
    Ask(Arc<Connection>, Seq),
    /// The log goes up to this number.
    LogAt(Seq),
    /// A connection follows the room no longer: because it ended (cleanly or not), or by its own word, with
    /// the `ref` of it.
    Leave(Arc<Connection>, bool, Option<u64>),
    /// A connection that follows the room became somebody.
    Known(Arc<Connection>),
    /// A person is called otherwise, or has another role or picture.
    Person(Person),
    /// A person is typing, or stopped.
    Typing(UserId, bool),
    /// A person whose connections come and go will not come back.
    Bye(UserId),
    /// Who is here is asked for.
    Here(oneshot::Sender<teahouse_protocol::Here>),
    /// Something outside the log changed somebody's rights.
    Concern(Concern),
    /// It is known what somebody may whose rights changed.
    Checked(Box<rights::Checked>),
    /// The log is another one now: the room has to begin anew.
    Anew,
}

/// A connection that follows a room from now on.
#[derive(Debug)]
pub(crate) struct Enter {
    pub(crate) connection: Arc<Connection>,
    /// Events after this follow.
    pub(crate) from: Seq,
    /// What they are in the room.
    pub(crate) standing: Standing,
    /// How many changes of rights had happened when that was looked up.
    pub(crate) as_of: u64,
    /// What the client is told besides who is here; nothing for the plain-text room.
    pub(crate) subscribed: Option<teahouse_protocol::frame::Subscribed>,
    /// What it is told about a hole.
    pub(crate) hole: Option<teahouse_protocol::Push>,
    /// Told whether it follows; if not, their rights changed meanwhile.
    pub(crate) done: oneshot::Sender<bool>,
}

/// One room.
#[derive(Debug)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    now: Mutex<Arc<RoomNow>>,
    /// How often rights changed.
    changes: AtomicU64,
    epoch: Epoch,
    oldest: AtomicU64,
    head: AtomicU64,
    /// What everybody who is live was given: behind the head while a tick is written.
    given: AtomicU64,
    /// When the last message was stored, in milliseconds since 1970.
    spoken_at: AtomicU64,
    /// When it was asked for last, as a moment of the clock.
    asked_at: AtomicU64,
    /// None when the room's task is no more.
    mailbox: Mutex<Option<Vec<Mail>>>,
    mail: Notify,
    /// The head moved.
    reached: Notify,
    /// What of its log is at hand.
    pub log: log::Log,
}

impl Room {
    fn new(stored: StoredRoom, store: Arc<dyn Store>) -> Self {
        Self {
            log: log::Log::new(stored.id.clone(), stored.epoch, stored.head, store),
            id: stored.id,
            now: Mutex::new(Arc::new(stored.now)),
            changes: AtomicU64::new(0),
            epoch: stored.epoch,
            oldest: AtomicU64::new(stored.oldest.0),
            head: AtomicU64::new(stored.head.0),
            given: AtomicU64::new(stored.head.0),
            spoken_at: AtomicU64::new(0),
            asked_at: AtomicU64::new(0),
            mailbox: Mutex::new(Some(Vec::new())),
            mail: Notify::new(),
            reached: Notify::new(),
        }
    }

    /// What its log holds.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let oldest = Seq(self.oldest.load(Ordering::Acquire));
        Extent { epoch: self.epoch, oldest, head: self.head() }
    }

    /// What its log holds, for somebody who comes with this cursor: they may know more than this node.
    ///
    /// # Errors
    /// The store's.
    pub async fn extent_for(&self, cursor: &Cursor) -> Result<Extent, StoreError> {
        let extent = self.extent();
        if cursor.seq <= extent.head && cursor.epoch.is_none_or(|epoch| epoch == self.epoch) {
            return Ok(extent);
        }
        match self.log.head().await? {
            Some(log) if log.epoch == self.epoch => {
                self.tell(Mail::LogAt(log.head));
                Ok(Extent { head: extent.head.max(log.head), ..extent })
            }
            _ => {
                self.tell(Mail::Anew);
                Ok(extent)
            }
        }
    }

    /// The log may have changed between the moment when it was read and the one from which on the room is told.
    async fn look_again(&self) {
        match self.log.head().await {
            Ok(Some(log)) if log.epoch == self.epoch => {
                self.begins_at(log.oldest);
                self.tell(Mail::LogAt(log.head));
            }
            _ => self.tell(Mail::Anew),
        }
    }

    /// Done when the room is at this number.
    async fn reaches(&self, seq: Seq) {
        loop {
            let mut reached = std::pin::pin!(self.reached.notified());
            reached.as_mut().enable();
            if self.head() >= seq {
                return;
            }
            reached.await;
        }
    }

    fn is_at(&self, seq: Seq) {
        self.head.store(seq.0, Ordering::Release);
        self.reached.notify_waiters();
    }

    /// The beginning of its log is gone: nobody is given what was before `oldest`.
    pub(crate) fn begins_at(&self, oldest: Seq) {
        self.oldest.fetch_max(oldest.0, Ordering::AcqRel);
    }

    /// The last number of its log that this node knows.
    #[must_use]
    pub fn head(&self) -> Seq {
        Seq(self.head.load(Ordering::Acquire))
    }

    fn gave(&self, seq: Seq) {
        self.given.store(seq.0, Ordering::Release);
    }

    /// The last number that was given to everybody who is live.
    #[must_use]
    pub fn given(&self) -> Seq {
        Seq(self.given.load(Ordering::Acquire))
    }

    /// How long a client that polls should wait before it asks again, in milliseconds: 1 s after traffic,
    /// growing by half with each poll, to 30 s. The sum of such pauses is twice the last one, so the time
    /// since the last message says which one it is, on every node.
    #[must_use]
    pub fn pause_ms(&self, now_unix_ms: u64) -> u64 {
        let quiet_ms = now_unix_ms.saturating_sub(self.spoken_at.load(Ordering::Relaxed));
        (PAUSE_LEAST_MS + quiet_ms / 2).min(PAUSE_MOST_MS)
    }

    /// The room as it is for everybody.
    #[must_use]
    pub fn now(&self) -> Arc<RoomNow> {
        lock(&self.now).clone()
    }

    fn is_like(&self, now: RoomNow) {
        *lock(&self.now) = Arc::new(now);
    }

    /// How often rights changed here, as far as this node knows: what is looked up from now on is newer.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Who is here.
    pub async fn here(&self) -> teahouse_protocol::Here {
        let (told, here) = oneshot::channel();
        self.tell(Mail::Here(told));
        here.await.unwrap_or(teahouse_protocol::Here { people: Some(Vec::new()), ..Default::default() })
    }

    pub(crate) fn tell(&self, mail: Mail) {
        if let Some(mailbox) = lock(&self.mailbox).as_mut() {
            mailbox.push(mail);
            self.mail.notify_one();
        }
    }

    /// The mailbox is closed if nothing is in it.
    fn close_if_empty(&self) -> bool {
        let mut mailbox = lock(&self.mailbox);
        let is_empty = mailbox.as_ref().is_none_or(Vec::is_empty);
        if is_empty {
            *mailbox = None;
        }
        is_empty
    }

    /// The room's task is no more: who waits for an answer is told so, and nobody asks again.
    fn end(&self) {
        let mail = lock(&self.mailbox).take().unwrap_or_default();
        for one in mail {
            if let Mail::Post(connection, ..) = one {
                connection.wire.task.wake();
            }
        }
    }

    /// Whether the room's task is no more: the log goes on in a room that began anew.
    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.mailbox).is_none()
    }
}

/// The rooms that somebody wants now, each with its task and its place on the bus. A room that nobody wants
/// any more is forgotten after a while.
pub struct Rooms {
    live: Mutex<HashMap<RoomId, Arc<Room>>>,
    /// How often the log of a room changed, beside its task, that was not in memory. Raised and read under the lock of
    /// `live`: whoever made a room meanwhile may have read it before.
    missed: AtomicU64,
    parts: Parts,
}

/// What every room's task needs.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) access: Arc<Access>,
    pub(crate) people: Arc<People>,
    /// Told when a log grows.
    pub(crate) followers: Arc<Followers>,
    pub(crate) sends_unacked_max: u32,
    /// Whether to write by io_uring, which the kernel offers.
    pub(crate) by_ring: bool,
}

/// Why a room's task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nobody wanted it.
    Idle,
    /// Its log is another one now.
    Anew,
}

impl Rooms {
    /// No room yet.
    #[must_use]
    pub(crate) fn new(parts: Parts) -> Self {
        Self { live: Mutex::default(), missed: AtomicU64::new(0), parts }
    }

    /// The room of that id; `None` if there is none. It lives for a while from now on, also if nobody
    /// enters it.
    ///
    /// # Errors
    /// The store's, when the room has to be read.
    pub async fn find(self: &Arc<Self>, id: &RoomId) -> Result<Option<Arc<Room>>, StoreError> {
        if id.is_inner() {
            return Ok(None);
        }
        let room = match self.known(id) {
            Some(room) => room,
            None => match self.make(id).await? {
                Some(room) => room,
                None => return Ok(None),
            },
        };
        room.asked_at.store(self.parts.clock.now().0, Ordering::Relaxed);
        Ok(Some(room))
    }

    /// Reads a room and gives it a task. Several may do so at once, so that nobody waits for another's
    /// store; one of them wins.
    async fn make(self: &Arc<Self>, id: &RoomId) -> Result<Option<Arc<Room>>, StoreError> {
        let Parts { store, bus, clock, .. } = &self.parts;
        if !bus.is_alone() && store.room(id).await?.is_none() {
            return Ok(None);
        }
        // Before the log is read: what is stored after that is heard, and what this node does beside the room's task
        // is noted.
        let heard = bus.follow(&Place::Room(id.clone())).await;
        let missed = self.missed();
        let Some(stored) = store.room(id).await? else { return Ok(None) };
        let room = Arc::new(Room::new(stored, store.clone()));
        room.spoken_at.store(room.log.warm().await?.unwrap_or(0), Ordering::Relaxed);
        room.asked_at.store(clock.now().0, Ordering::Relaxed);
        let may_be_old = {
            let mut live = lock(&self.live);
            if let Some(other) = live.get(id).filter(|other| !other.has_ended()) {
                return Ok(Some(other.clone()));
            }
            live.insert(id.clone(), room.clone());
            self.missed.load(Ordering::Relaxed) != missed
        };
        tokio::spawn(self.clone().drive(room.clone(), heard, may_be_old));
        Ok(Some(room))
    }

    fn missed(&self) -> u64 {
        let _live = lock(&self.live);
        self.missed.load(Ordering::Relaxed)
    }

    /// Drives a room until nobody wants it. A panic is a bug: the room begins anew from its log, and who
    /// followed it comes back.
    async fn drive(self: Arc<Self>, room: Arc<Room>, heard: Heard, may_be_old: bool) {
        if may_be_old {
            room.look_again().await;
        }
        let ended = tokio::spawn(task::run(room.clone(), self.parts.clone(), heard)).await;
        {
            let mut live = lock(&self.live);
            if live.get(&room.id).is_some_and(|known| Arc::ptr_eq(known, &room)) {
                live.remove(&room.id);
            }
        }
        room.end();
        match ended {
            Ok(Ended::Idle) => return,
            Ok(Ended::Anew) => {
                tracing::warn!(room.id = %room.id, "the room's log was replaced; it begins anew")
            }
            Err(panic) => tracing::error!(
                room.id = %room.id,
                "the room's task ended, which is a bug; the room begins anew: {panic}"
            ),
        }
        for connection in self.parts.clock.connections() {
            if connection.with_subscription(&room, |_| ()).is_some() {
                connection.close(CloseCode::Rotate);
            }
        }
    }

    /// Events were appended to the logs of these rooms, not by their tasks: tells the rooms, here and on other
    /// nodes. Done when those that are at hand here have taken them in; if that takes long, they do all the same.
    ///
    /// # Errors
    /// The store's. What is stored is found by comparing all the same.
    pub async fn grew(&self, rooms: Vec<RoomId>) -> Result<(), StoreError> {
        if rooms.is_empty() {
            return Ok(());
        }
        rooms.iter().for_each(|room| self.parts.followers.tell(room));
        for log in self.parts.store.heads(rooms).await? {
            let place = Place::Room(log.room.clone());
            self.parts
                .bus
                .tell(&place, Word::Stored { epoch: log.epoch, head: log.head, events: Vec::new() });
            if let Some(room) = self.known_or_missed(&log.room) {
                room.tell(Mail::LogAt(log.head));
                let _ = tokio::time::timeout(TAKEN_IN, room.reaches(log.head)).await;
            }
        }
        Ok(())
    }

    /// Has a room that is behind take in its log up to this number, which the store has. If that takes long, it does
    /// all the same.
    ///
    /// # Errors
    /// The store's.
    pub async fn reaches(self: &Arc<Self>, id: &RoomId, seq: Seq) -> Result<(), StoreError> {
        let room = self.find(id).await?.filter(|room| room.head() < seq);
        if let Some(room) = room {
            room.tell(Mail::LogAt(seq));
            let _ = tokio::time::timeout(TAKEN_IN, room.reaches(seq)).await;
        }
        Ok(())
    }

    /// The beginning of a room's log was taken away.
    pub fn begins_at(&self, room: &RoomId, oldest: Seq) {
        if let Some(room) = self.known_or_missed(room) {
            room.begins_at(oldest);
        }
    }

    /// Whether the room is at hand.
    #[must_use]
    pub fn is_known(&self, id: &RoomId) -> bool {
        self.known(id).is_some()
    }

    /// Who is in a room that is at hand: nobody is in others.
    pub async fn here(&self, id: &RoomId) -> teahouse_protocol::Here {
        match self.known(id) {
            Some(room) => room.here().await,
            None => teahouse_protocol::Here::default(),
        }
    }

    /// What they may do changed, in any room.
    pub fn concern(&self, concern: Concern) {
        let rooms: Vec<_> = lock(&self.live).values().cloned().collect();
        rooms.iter().for_each(|room| room.tell(Mail::Concern(concern)));
    }

    /// Looks how far the logs of the rooms go, whatever was heard of it, and tells the rooms.
    ///
    /// # Errors
    /// The store's.
    pub async fn compare(&self) -> Result<(), StoreError> {
        let rooms: Vec<_> = lock(&self.live).values().cloned().collect();
        for rooms in rooms.chunks(COMPARED_AT_ONCE) {
            let ids = rooms.iter().map(|room| room.id.clone()).collect();
            let heads: HashMap<_, _> = self
                .parts
                .store
                .heads(ids)
                .await?
                .into_iter()
                .map(|head| (head.room.clone(), head))
                .collect();
            for room in rooms {
                if let Some(log) = heads.get(&room.id).filter(|log| log.epoch == room.epoch) {
                    room.begins_at(log.oldest);
                }
                match heads.get(&room.id) {
                    Some(log) if log.epoch == room.epoch && log.head <= room.head() => {}
                    Some(log) if log.epoch == room.epoch => room.tell(Mail::LogAt(log.head)),
                    _ => room.tell(Mail::Anew),
                }
            }
        }
        Ok(())
    }

    /// Tells every room who somebody is now.
    pub fn tell_person(&self, person: &Person) {
        let rooms: Vec<_> = lock(&self.live).values().cloned().collect();
        rooms.iter().for_each(|room| room.tell(Mail::Person(person.clone())));
    }

    /// The room of that id, if it is in memory: the store is not asked.
    pub(crate) fn known(&self, id: &RoomId) -> Option<Arc<Room>> {
        lock(&self.live).get(id).filter(|room| !room.has_ended()).cloned()
    }

    /// The same, for something that happened to its log: if the room is not in memory, whoever is just making it looks
    /// again.
    fn known_or_missed(&self, id: &RoomId) -> Option<Arc<Room>> {
        let live = lock(&self.live);
        let known = live.get(id).filter(|room| !room.has_ended()).cloned();
        if known.is_none() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        known
    }
}
