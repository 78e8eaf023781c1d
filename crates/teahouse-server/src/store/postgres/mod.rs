//! The store in PostgreSQL, which several nodes share.
//!
//! This file says which connections do what; the SQL is in `append`, `directory` and `history`, and
//! `commit` runs what others wrote. Appends go through one lane per room, a commit is one transaction on a writer's
//! connection, everything else is one statement on whatever connection is free.

mod address;
mod append;
mod commit;
mod directory;
mod fault;
mod fence;
mod history;
mod lanes;
mod pool;
mod row;
mod schema;
mod tls;
pub(crate) mod tool;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, Epoch, Event, Person, Range, RoomId, Seq, UserId};

pub use self::address::{BadDatabase, Database};
pub use self::fault::OpenError;
use self::fault::Place;
use self::lanes::Lanes;
pub use self::pool::Patience;
use self::pool::{Connections, Way};
use super::mentions;
use super::search::Engine;
use super::{
    Answer, Appended, Claim, Commit, Committed, Directory, EventLog, Head, NewRoom, Page, Row, Statement,
    Store, StoreError, StoredRoom,
};

/// Most connections for appends: that many rooms are written at a time, and the server syncs them together.
const WRITERS_MAX: usize = 8;
/// Most connections for everything else. A statement takes well under a millisecond of the server.
const CONNECTIONS_MAX: usize = 8;

/// Rooms and people in a database of PostgreSQL.
pub struct PostgresStore {
    place: Arc<Place>,
    connections: Connections,
    writers: Connections,
    lanes: Arc<Lanes>,
}

impl PostgresStore {
    /// Connects, and makes the tables or brings them to the version of this program.
    ///
    /// # Errors
    /// If nobody answers there, or the database cannot be used: with where it is and what to do.
    pub async fn open(database: &Database) -> Result<Self, OpenError> {
        Self::open_with(database, Patience::default()).await
    }

    /// The same, with other bounds than usual.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_with(database: &Database, patience: Patience) -> Result<Self, OpenError> {
        Self::open_at(database, patience, schema::MIGRATIONS).await
    }

    async fn open_at(
        database: &Database,
        patience: Patience,
        migrations: &[schema::Migration],
    ) -> Result<Self, OpenError> {
        let place = Arc::new(Place::new(database));
        let (config, tls) = (pool::config(database, patience), tls::connector(database)?);
        let way = Way { config, tls, patience, first: |database| Some(fence::hook(database)) };
        let connections = |most| Connections::new(&way, database, &place, most);
        let (connections, writers) = (connections(CONNECTIONS_MAX), connections(WRITERS_MAX));
        make_tables(&connections, database, migrations, patience.answer).await?;
        let lanes = Lanes::new(writers.clone(), place.clone());
        Ok(Self { place, connections, writers, lanes })
    }
}

/// Makes the tables, or brings them to the version of this program, for a tool that has the house for itself.
async fn prepare(database: &Database) -> Result<(), OpenError> {
    let patience = Patience::default();
    let (config, tls) = (pool::config(database, patience), tls::connector(database)?);
    let way = Way { config, tls, patience, first: |_| None };
    let connections = Connections::new(&way, database, &Arc::new(Place::new(database)), 1);
    make_tables(&connections, database, schema::MIGRATIONS, patience.answer).await?;
    connections.close();
    Ok(())
}

async fn make_tables(
    connections: &Connections,
    database: &Database,
    migrations: &[schema::Migration],
    patience: Duration,
) -> Result<(), OpenError> {
    let mut first = connections.first(database).await?;
    // With an error in the middle of something the connection is not used again.
    if let Err(error) = schema::prepare(database, &mut first, migrations, patience).await {
        drop(deadpool_postgres::Object::take(first));
        return Err(error);
    }
    Ok(())
}

impl EventLog for PostgresStore {
    fn add_room(&self, room: NewRoom) -> Answer<'static, Claim> {
        let connections = self.connections.clone();
        async move { directory::add_room(&mut connections.take().await?, &room).await }.boxed()
    }

    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>> {
        async move { history::room(&mut self.connections.take().await?, id).await }.boxed()
    }

    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>> {
        self.lanes.append(room, drafts)
    }

    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>> {
        async move {
            let mut events = history::after(&mut self.connections.take().await?, room, after, limit).await?;
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
        async move {
            // The connection is given back before another one is asked for.
            let page = history::page(&mut self.connections.take().await?, room, range, limit, reader).await;
            let mut page = page?;
            mentions::name(self, &mut page.messages).await?;
            Ok(page)
        }
        .boxed()
    }

    fn among<'a>(&'a self, room: &'a RoomId, seqs: Vec<Seq>, reader: Option<UserId>) -> Answer<'a, Page> {
        async move {
            let page = history::among(&mut self.connections.take().await?, room, &seqs, reader).await;
            let mut page = page?;
            mentions::name(self, &mut page.messages).await?;
            Ok(page)
        }
        .boxed()
    }

    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>> {
        async move { history::cid(&mut self.connections.take().await?, room, seq).await }.boxed()
    }

    fn heads(&self, rooms: Vec<RoomId>) -> Answer<'_, Vec<Head>> {
        async move { history::heads(&mut self.connections.take().await?, &rooms).await }.boxed()
    }

    fn renew_epoch<'a>(&'a self, room: &'a RoomId, epoch: Epoch) -> Answer<'a, ()> {
        async move { directory::renew_epoch(&mut self.connections.take().await?, room, epoch).await }.boxed()
    }
}

impl Directory for PostgresStore {
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>> {
        async move {
            let mut connection = self.connections.take().await?;
            let Some((person, is_news)) = directory::by_token(&mut connection, &token, now).await? else {
                return Ok(None);
            };
            if is_news && let Err(error) = directory::saw(&mut connection, person.id, now).await {
                tracing::debug!(%error, person = %person.id, "that they were here is not noted");
            }
            Ok(Some(person))
        }
        .boxed()
    }

    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>> {
        async move { directory::by_name(&mut self.connections.take().await?, folded).await }.boxed()
    }

    fn add_token(&self, person: UserId, token: [u8; 32], _now: u64) -> Answer<'static, ()> {
        let connections = self.connections.clone();
        async move { directory::add_token(&mut connections.take().await?, person, &token).await }.boxed()
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        async move { directory::has_owner(&mut self.connections.take().await?).await }.boxed()
    }

    fn free_names(&self, before: u64) -> Answer<'static, u64> {
        let connections = self.connections.clone();
        async move {
            let mut freed = 0;
            loop {
                let (more, goes_on) = directory::free_names(&mut connections.take().await?, before).await?;
                freed += more;
                if !goes_on {
                    return Ok(freed);
                }
            }
        }
        .boxed()
    }

    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq> {
        async move { directory::read_mark(&mut self.connections.take().await?, person, room).await }.boxed()
    }

    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq> {
        let (connections, room) = (self.connections.clone(), room.clone());
        // What was appended before it counts for the head.
        let behind = self.lanes.behind(&room);
        async move {
            behind.await;
            directory::mark_read(&mut connections.take().await?, person, &room, seq).await
        }
        .boxed()
    }

    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        async move { directory::setting(&mut self.connections.take().await?, key).await }.boxed()
    }

    fn first_setting(&self, key: &str, value: String) -> Answer<'static, String> {
        let (connections, key) = (self.connections.clone(), key.to_owned());
        async move { directory::first_setting(&mut connections.take().await?, &key, &value).await }.boxed()
    }

    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()> {
        let (connections, key) = (self.connections.clone(), key.to_owned());
        async move { directory::keep_setting(&mut connections.take().await?, &key, value.as_deref()).await }
            .boxed()
    }
}

impl Store for PostgresStore {
    fn query(&self, statement: Statement) -> Answer<'_, Vec<Row>> {
        async move { commit::query(&mut self.connections.take().await?, &statement).await }.boxed()
    }

    fn commit(&self, commit: Commit) -> Answer<'static, Committed> {
        let writers = self.writers.clone();
        // What was appended before it has lower numbers.
        let behind = join_all(commit.rooms().into_iter().map(|room| self.lanes.behind(room)));
        async move {
            behind.await;
            commit::commit(&mut writers.take().await?, &commit).await
        }
        .boxed()
    }

    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn failed(&self) -> BoxFuture<'static, StoreError> {
        let mut failed = self.place.failed();
        async move {
            let seen = failed.wait_for(Option::is_some).await.ok().and_then(|error| error.clone());
            match seen {
                Some(error) => error,
                // It was closed in good order.
                None => std::future::pending().await,
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let (connections, writers) = (self.connections.clone(), self.writers.clone());
        let answered = self.lanes.close();
        async move {
            answered.await;
            writers.close();
            connections.close();
        }
        .boxed()
    }
}
