//! What survives a restart: the log of each room, and who is who.
//!
//! A store knows nothing of connections. What it has answered to `append` is on the disk.
//! `Ok(None)` is "not there"; errors are faults of the machine, not of the request.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, Epoch, Event, Person, Range, Role, RoomId, Seq, UserId};

/// What a store answers, some time later.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too much waits already; nothing was stored.
    #[error("the store has too much to do")]
    Busy,
    /// There is no room on the disk; nothing was stored.
    #[error("the disk is full: {0}")]
    Full(Arc<str>),
    /// The store cannot be read or written now; nothing was stored.
    #[error("the store cannot be used: {0}")]
    Down(Arc<str>),
    /// What is stored cannot be trusted: the server has to stop.
    #[error("the store is damaged: {0}")]
    Corrupt(Arc<str>),
}

/// What became of one draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    Stored {
        /// Its number.
        seq: Seq,
        /// The room's message counter.
        n: u64,
    },
    /// It was in the log before: the first answer again.
    Repeat {
        /// Its number.
        seq: Seq,
        /// When it was accepted.
        at: u64,
    },
    /// Its `cid` belongs to another person's message, or to one with another body.
    Conflict,
}

/// A room as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is about.
    pub topic: Arc<str>,
    /// The identity of its log.
    pub epoch: Epoch,
    /// The lowest number kept; 1 in a whole log.
    pub oldest: Seq,
    /// The last number; 0 in an empty log.
    pub head: Seq,
    /// How many messages were ever written.
    pub n: u64,
}

/// Messages of the past, in their current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of their numbers.
    pub messages: Vec<Event>,
    /// The head when they were read.
    pub as_of: Seq,
    /// Whether there is more in the direction that was asked.
    pub more: bool,
}

/// The ordered store of every room: the one place where a message gets its number.
pub trait EventLog: Send + Sync + 'static {
    /// The room of that id.
    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>>;

    /// Stores drafts in this order with the next numbers, all of them or, on an error, none.
    ///
    /// When it answers, they are on the disk. A draft that is there already (same room, `cid`, person
    /// and body) moves nothing. What waits at the same time goes into one transaction.
    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>>;

    /// The events with a number above `after`, at most `limit`, in order, without holes.
    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>>;

    /// A page of history.
    fn page<'a>(&'a self, room: &'a RoomId, range: Range, limit: u32) -> Answer<'a, Page>;

    /// The `cid` of an event, also of one whose text is gone; none if it never was.
    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>>;

    /// Gives the room's log another identity: a client showed a number that this log never gave.
    fn renew_epoch<'a>(&'a self, room: &'a RoomId, epoch: Epoch) -> Answer<'a, ()>;
}

/// Somebody to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Who.
    pub id: UserId,
    /// The name they go by.
    pub name: Arc<str>,
    /// The name as it is compared: nobody else has it.
    pub folded: String,
    /// None for a guest.
    pub role: Option<Role>,
    /// The password as argon2 keeps it (PHC string); none for a guest.
    pub password: Option<String>,
    /// SHA-256 of their first token; none for a person who cannot come back.
    pub token: Option<[u8; 32]>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// Whether a name was free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The person exists now.
    Made,
    /// Somebody else has the name.
    Taken,
}

/// Who is who, and what else the house remembers.
pub trait Directory: Send + Sync + 'static {
    /// Remembers a new person, if their folded name is free.
    fn add(&self, person: NewPerson) -> Answer<'static, Claim>;

    /// Whose token it is (SHA-256 of it), and keeps their name for another while.
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>>;

    /// The person of that folded name, with their password if they have one.
    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>>;

    /// Gives a person one more token (SHA-256 of it).
    fn add_token(&self, person: UserId, token: [u8; 32], now: u64) -> Answer<'static, ()>;

    /// Whether the house has an owner.
    fn has_owner(&self) -> Answer<'_, bool>;

    /// Frees the names of guests who were last here before `at`; says how many.
    fn free_names(&self, before: u64) -> Answer<'static, u64>;

    /// How far the person has read.
    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq>;

    /// Raises the read mark, never lowers it, and says where it is now.
    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq>;

    /// A setting of the house.
    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>>;

    /// Keeps a setting of the house; `None` forgets it.
    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()>;
}

/// One store is both.
pub trait Store: EventLog + Directory {}

impl<T: EventLog + Directory> Store for T {}
