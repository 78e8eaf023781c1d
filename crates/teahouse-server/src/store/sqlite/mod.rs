//! The store in one file of SQLite: one thread writes, a few read.
//!
//! This file says which thread does what; the SQL is in `append`, `directory` and `history`, and `commit` runs what others
//! wrote. Nothing
//! here waits on the caller's thread, except [`SqliteStore::open`].

mod append;
mod commit;
mod directory;
mod fault;
pub(crate) mod folder;
mod history;
mod queue;
mod readers;
pub(crate) mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, Epoch, Event, Person, Range, RoomId, Seq, UserId};
use tokio::sync::watch;

use self::directory::Seen;
pub use self::fault::OpenError;
use self::folder::Files;
use self::readers::Readers;
use self::writer::Writer;
use super::{
    Answer, Appended, Claim, Commit, Committed, Directory, EventLog, Head, NewRoom, Page, Row, Statement,
    Store, StoreError, StoredRoom, columns,
};
use super::{mentions, states};

/// About how many bytes a job of the directory holds while it waits.
const JOB_BYTES: usize = 512;

/// Rooms and people in a data folder.
///
/// Dropped without [`Store::close`], what was accepted is still written, but nobody can wait for it.
pub struct SqliteStore {
    writer: Arc<Writer>,
    readers: Readers,
    failed: watch::Receiver<Option<StoreError>>,
}

impl SqliteStore {
    /// Opens the data folder, which is made if it is not there. Waits on the disk.
    ///
    /// # Errors
    /// If another server has the folder, its database cannot be used, or the house was moved away: with the
    /// path and what to do.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let lock = folder::take(folder)?;
        let database = folder::database(folder);
        let connection = schema::prepare(&database)?;
        schema::check_mark(&connection, folder)?;
        let failed = |source| OpenError::Folder { path: folder.to_owned(), source };
        let files = Files::seen(folder).map_err(failed)?;
        let (failure, failed_later) = watch::channel(None);
        let readers = Readers::start(&files, &failure).map_err(failed)?;
        let writer = Writer::start(files, connection, lock, failure).map_err(failed)?;
        Ok(Self { writer: Arc::new(writer), readers, failed: failed_later })
    }

    /// A setting of the house in a data folder that a running server has.
    ///
    /// # Errors
    /// SQLite's, if its file cannot be read.
    pub fn setting_of(folder: &Path, key: &str) -> rusqlite::Result<Option<String>> {
        directory::setting(&schema::open_reader(&folder::database(folder))?, key)
    }

    /// How many transactions were committed since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }
}

impl EventLog for SqliteStore {
    fn add_room(&self, room: NewRoom) -> Answer<'static, Claim> {
        self.writer.ask(JOB_BYTES, move |batch| Ok(append::add_room(batch.connection, &room)?))
    }

    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>> {
        let id = id.clone();
        self.readers.ask(move |connection| history::room(connection, &id))
    }

    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>> {
        let room = room.clone();
        let bytes = columns::bytes(&drafts);
        self.writer.ask(bytes, move |batch| append::append(batch, &room, &drafts))
    }

    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>> {
        let room = room.clone();
        let read = self.readers.ask(move |connection| history::after(connection, &room, after, limit));
        async move {
            let mut events = read.await?;
            mentions::name(self, &mut events).await?;
            Ok(events)
        }
        .boxed()
    }

    fn page<'a>(
        &'a self,
        room: &'a RoomId,
        range: Range,
        limit: u32,
        reader: Option<UserId>,
    ) -> Answer<'a, Page> {
        let room = room.clone();
        let read = self.readers.ask(move |connection| history::page(connection, &room, range, limit, reader));
        async move {
            let (mut page, beside) = read.await?;
            mentions::name(self, &mut page.messages).await?;
            Ok(Page { states: states::read(beside)?, ..page })
        }
        .boxed()
    }

    fn among<'a>(&'a self, room: &'a RoomId, seqs: Vec<Seq>, reader: Option<UserId>) -> Answer<'a, Page> {
        let room = room.clone();
        let read = self.readers.ask(move |connection| history::among(connection, &room, &seqs, reader));
        async move {
            let (mut page, beside) = read.await?;
            mentions::name(self, &mut page.messages).await?;
            Ok(Page { states: states::read(beside)?, ..page })
        }
        .boxed()
    }

    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>> {
        let room = room.clone();
        self.readers.ask(move |connection| history::cid(connection, &room, seq))
    }

    fn heads(&self, rooms: Vec<RoomId>) -> Answer<'_, Vec<Head>> {
        self.readers.ask(move |connection| history::heads(connection, &rooms))
    }

    fn renew_epoch<'a>(&'a self, room: &'a RoomId, epoch: Epoch) -> Answer<'a, ()> {
        let room = room.clone();
        self.writer.ask(JOB_BYTES, move |batch| Ok(append::renew_epoch(batch.connection, &room, epoch)?))
    }
}

impl Directory for SqliteStore {
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>> {
        let found = self.readers.ask(move |connection| directory::by_token(connection, &token, now));
        let writer = self.writer.clone();
        async move {
            let Some(Seen { person, is_news }) = found.await? else { return Ok(None) };
            if is_news {
                let id = person.id;
                // Nobody waits for it: if it fails now, the next connect tries again.
                drop(writer.ask(JOB_BYTES, move |batch| Ok(directory::saw(batch.connection, id, now)?)));
            }
            Ok(Some(person))
        }
        .boxed()
    }

    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>> {
        let folded = folded.to_owned();
        self.readers.ask(move |connection| directory::by_name(connection, &folded))
    }

    fn add_token(&self, person: UserId, token: [u8; 32], _now: u64) -> Answer<'static, ()> {
        self.writer.ask(JOB_BYTES, move |batch| Ok(directory::add_token(batch.connection, person, &token)?))
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        self.readers.ask(directory::has_owner)
    }

    fn free_names(&self, before: u64) -> Answer<'static, u64> {
        self.writer.ask(JOB_BYTES, move |batch| Ok(directory::free_names(batch.connection, before)?))
    }

    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq> {
        let room = room.clone();
        self.readers.ask(move |connection| directory::read_mark(connection, person, &room))
    }

    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq> {
        let room = room.clone();
        self.writer.ask(JOB_BYTES, move |batch| {
            let head = batch.rooms.get(&room).map(append::Room::head);
            Ok(directory::mark_read(batch.connection, person, &room, seq, head)?)
        })
    }

    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        let key = key.to_owned();
        self.readers.ask(move |connection| directory::setting(connection, &key))
    }

    fn first_setting(&self, key: &str, value: String) -> Answer<'static, String> {
        let key = key.to_owned();
        let bytes = JOB_BYTES + value.len();
        self.writer.ask(bytes, move |batch| Ok(directory::first_setting(batch.connection, &key, &value)?))
    }

    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()> {
        let key = key.to_owned();
        let bytes = JOB_BYTES + value.as_ref().map_or(0, String::len);
        self.writer
            .ask(bytes, move |batch| Ok(directory::keep_setting(batch.connection, &key, value.as_deref())?))
    }
}

impl Store for SqliteStore {
    fn query(&self, statement: Statement) -> Answer<'_, Vec<Row>> {
        self.readers.ask(move |connection| commit::query(connection, &statement))
    }

    fn commit(&self, commit: Commit) -> Answer<'static, Committed> {
        let bytes = JOB_BYTES + commit.bytes();
        self.writer.ask(bytes, move |batch| commit::commit(batch, &commit))
    }

    fn failed(&self) -> BoxFuture<'static, StoreError> {
        let mut failed = self.failed.clone();
        async move {
            let seen = failed.wait_for(Option::is_some).await.ok().and_then(|error| error.clone());
            match seen {
                Some(error) => error,
                // It was closed in good order.
                None => future::pending().await,
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.readers.close();
        self.writer.close();
        future::join(self.readers.ended(), self.writer.ended()).map(|_| ()).boxed()
    }
}
