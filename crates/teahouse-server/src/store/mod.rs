//! What survives a restart: the log of each room, and who is who.
//!
//! A store knows nothing of connections. What it has answered to `append` is on the disk.
//! `Ok(None)` is "not there"; errors are faults of the machine, not of the request.

pub mod accounts;
/// Who did what to whom.
pub mod audit;
/// Bans of the house.
pub mod bans;
mod body;
/// What was said to somebody.
pub mod calls;
/// Changes of messages.
pub mod changes;
mod columns;
pub mod expire;
/// Files: what is kept of them beside their bytes.
pub mod files;
/// How far whoever makes something of the logs has come.
pub mod follower;
pub mod leaving;
pub mod mark;
pub(crate) mod mentions;
/// How much there is in the house.
pub mod overview;
/// Everybody of the house.
pub mod people;
pub mod postgres;
/// What people tell of themselves.
pub mod profile;
/// Browsers that are told while no page is open.
pub mod push;
/// What moderators are asked to look at.
pub mod reports;
/// Rooms, who is in them, and who was sent out of them.
pub mod rooms;
/// The index of messages.
pub mod search;
mod sql;
pub mod sqlite;
mod states;
pub mod tickets;

use std::ops::RangeInclusive;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use teahouse_core::room::Draft;
use teahouse_protocol::{
    Cid, Epoch, Event, Person, Policy, Range, Role, RoomId, RoomNow, Seq, States, UserId,
};

pub(crate) use columns::TABLES;
pub use postgres::PostgresStore;
pub use sql::{Commit, Committed, Row, Statement, Value};
pub use sqlite::SqliteStore;

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

/// A room to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is about.
    pub topic: Arc<str>,
    /// What holds there.
    pub policy: Policy,
}

impl NewRoom {
    /// A room of that name in which everybody may read and write.
    #[must_use]
    pub fn open(id: RoomId, name: Arc<str>, topic: Arc<str>) -> Self {
        Self { id, name, topic, policy: Policy::default() }
    }

    /// The room in which the transport lab talks to itself.
    #[must_use]
    pub fn lab() -> Self {
        let topic = "What the transport lab sends, and nothing else.";
        Self::open(RoomId::lab(), "传输实验室 · Transport lab".into(), topic.into())
    }

    /// The house's own log, which no client sees.
    #[must_use]
    pub fn house() -> Self {
        Self::open(RoomId::house(), "".into(), "What concerns every node.".into())
    }

    /// The room that every store has from its first start on.
    #[must_use]
    pub fn main() -> Self {
        let topic = "打开网页，起个名字，开聊。 Open the page, pick a name, talk.";
        Self::open(RoomId::main(), "1024 聊天室 · 1024 Chat Room".into(), topic.into())
    }
}

/// A room as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its id.
    pub id: RoomId,
    /// What everybody sees of it.
    pub now: RoomNow,
    /// The identity of its log.
    pub epoch: Epoch,
    /// The lowest number kept; 1 in a whole log.
    pub oldest: Seq,
    /// The last number; 0 in an empty log.
    pub head: Seq,
    /// How many messages were ever written.
    pub n: u64,
}

/// How far a room's log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The room.
    pub room: RoomId,
    /// The identity of its log.
    pub epoch: Epoch,
    /// The lowest number kept; 1 in a whole log.
    pub oldest: Seq,
    /// The last number; 0 in an empty log.
    pub head: Seq,
}

/// Messages of the past, in their current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of their numbers.
    pub messages: Vec<Event>,
    /// What stands beside them.
    pub states: States,
    /// The head when all of it was read.
    pub as_of: Seq,
    /// Whether there is more in the direction that was asked; for `around`, in either.
    pub more: bool,
}

impl Page {
    /// Leaves these numbers in it, and what stands beside them.
    pub fn keep(&mut self, seqs: &RangeInclusive<Seq>) {
        self.messages.retain(|message| seqs.contains(&message.seq));
        self.states.0.retain(|seq, _| seqs.contains(seq));
    }

    /// The message after which one is missing: messages are counted one by one, whatever is between them.
    fn hole(messages: &[Event]) -> Option<Seq> {
        let counted: Vec<_> = messages.iter().filter_map(|message| Some((message.n?, message.seq))).collect();
        counted.windows(2).find(|pair| pair[1].0 != pair[0].0 + 1).map(|pair| pair[0].1)
    }
}

/// The ordered store of every room: the one place where a message gets its number.
pub trait EventLog: Send + Sync + 'static {
    /// Makes a room with an empty log, if its id is free.
    fn add_room(&self, room: NewRoom) -> Answer<'static, Claim>;

    /// The room of that id.
    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>>;

    /// Stores drafts in this order with the next numbers, all of them or, on an error, none.
    ///
    /// When it answers, they are on the disk. A draft that is there already (same room, `cid`, person
    /// and body; the body counts while its first version exists) moves nothing. What waits at the same
    /// time goes into one transaction. The order is that of the calls, not of the awaits; a call whose
    /// answer nobody awaits counts all the same. A room that is not there is `StoreError::Down`: who
    /// appends has seen it.
    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>>;

    /// The events with a number above `after`, at most `limit`, in order, without holes.
    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>>;

    /// A page of history, of what stands in a list, and what stands beside it for this reader, all of one moment;
    /// of a room that is not there, an empty one.
    ///
    /// `Around` gives `limit / 2` messages below the number and the rest from it on.
    fn page<'a>(
        &'a self,
        room: &'a RoomId,
        range: Range,
        limit: u32,
        reader: Option<UserId>,
    ) -> Answer<'a, Page>;

    /// These events, as a page; those that are not there are left out.
    fn among<'a>(&'a self, room: &'a RoomId, seqs: Vec<Seq>, reader: Option<UserId>) -> Answer<'a, Page>;

    /// The `cid` of an event, also of one whose text is gone; none if it never was.
    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>>;

    /// How far the logs of these rooms go, and which logs they are; a room that is not there is left out.
    fn heads(&self, rooms: Vec<RoomId>) -> Answer<'_, Vec<Head>>;

    /// Gives the room's log another identity, so that nobody goes on with a cursor of the one before: after a
    /// restore.
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
    /// The person (or the room) exists now.
    Made,
    /// Somebody has the name, the id or the token; or it is an owner and the house has one.
    Taken,
}

/// How exactly it is known when a person was last here, in milliseconds: a connect is not a write.
pub const SEEN_MS: u64 = 60 * 60 * 1000;

/// Who is who, and what else the house remembers.
pub trait Directory: Send + Sync + 'static {
    /// Whose token it is (SHA-256 of it), and keeps their name for another while.
    ///
    /// When they were here is raised at most once in [`SEEN_MS`]; a freed name that is still free
    /// becomes theirs again. The answer does not depend on either, and need not wait for it.
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>>;

    /// The person of that folded name, with their password if they have one.
    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>>;

    /// Gives a person one more token (SHA-256 of it), unless somebody has it or they do not exist.
    fn add_token(&self, person: UserId, token: [u8; 32], now: u64) -> Answer<'static, ()>;

    /// Whether the house has an owner.
    fn has_owner(&self) -> Answer<'_, bool>;

    /// Frees the names of guests who were last here before `at`; says how many.
    fn free_names(&self, before: u64) -> Answer<'static, u64>;

    /// How far the person has read.
    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq>;

    /// Raises the read mark, never lowers it nor above the head, and says where it is now.
    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq>;

    /// A setting of the house.
    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>>;

    /// Keeps a setting of the house if it has none yet, and says which one holds: of several who ask at
    /// once, on any node, one wins.
    fn first_setting(&self, key: &str, value: String) -> Answer<'static, String>;

    /// Keeps a setting of the house; `None` forgets it.
    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()>;
}

/// One store is both, and takes SQL that is written once for every kind of store.
pub trait Store: EventLog + Directory {
    /// Reads by one statement that changes nothing.
    fn query(&self, statement: Statement) -> Answer<'_, Vec<Row>>;

    /// Does all of it in one transaction of its own, or nothing: with an error nothing is known to be stored.
    ///
    /// When it answers, it is on the disk. It comes after what was appended to its rooms before the call.
    fn commit(&self, commit: Commit) -> Answer<'static, Committed>;

    /// Which SQL it understands, where that matters.
    fn engine(&self) -> search::Engine {
        search::Engine::Sqlite
    }

    /// Whether other nodes may write to it while this one runs: then heads have to be compared.
    fn is_shared(&self) -> bool {
        false
    }

    /// Ends when what is stored cannot be trusted any more, with the reason: the node has to stop.
    fn failed(&self) -> BoxFuture<'static, StoreError>;

    /// Answers what was accepted, takes nothing more, and ends when all is in its place.
    fn close(&self) -> BoxFuture<'static, ()>;
}
