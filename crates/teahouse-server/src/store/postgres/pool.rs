//! Connections that are kept, and what is asked over one: always with an end, and never again over one that
//! had a fault.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::future::join4;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Database;
use super::commit::{self, Outcome};
use super::fault::{OpenError, Place, is_harmless, is_unlucky};
use super::history::{self, PageRead};
use crate::store::{Commit, StoreError};

/// A parameter of a statement.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// A statement and its parameters.
pub(super) type Asked<'a> = (&'static str, &'a [Parameter<'a>]);

/// How long the parts of one call may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until a connection is open.
    pub connect: Duration,
    /// Until a connection is free: others ask at the same time.
    pub wait: Duration,
    /// Until the answer is there, from the call on.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), wait: Duration::from_secs(5), answer: Duration::from_secs(8) }
    }
}

/// What the server is told of each connection. No statement of ours has business to read a whole table, also
/// not while the table is small, because its plan is kept while the table grows: so the ways to read one whole
/// are closed, plans are made once, and nothing is compiled for a statement that reads a few rows. A node that
/// is gone, or that stands still, holds a room's row no longer than the other bounds say. What is acknowledged
/// is on the disk, also where the server is set to be quicker than that. What the URL says comes later and wins.
const OPTIONS: &str = "-c synchronous_commit=on -c statement_timeout=5s -c idle_in_transaction_session_timeout=5s \
    -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10s \
    -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan \
    -c jit=off";

/// How each connection is made.
pub(super) fn config(database: &Database, patience: Patience) -> Config {
    let mut config = database.config.clone();
    config.options(format!("{OPTIONS} {}", database.config.get_options().unwrap_or_default()));
    config.connect_timeout(patience.connect).tcp_user_timeout(patience.answer);
    config.keepalives_idle(Duration::from_secs(5)).keepalives_interval(Duration::from_secs(2));
    config.keepalives_retries(3);
    if config.get_application_name().is_none() {
        config.application_name("teahouse");
    }
    config
}

/// At most so many connections, opened when they are needed. Cheap to clone: clones share them.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
    place: Arc<Place>,
    patience: Patience,
}

/// How connections come about.
pub(super) struct Way {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    pub(super) patience: Patience,
    /// What each does first.
    pub(super) first: fn(&Database) -> Option<Hook>,
}

impl Connections {
    pub(super) fn new(way: &Way, database: &Database, place: &Arc<Place>, most: usize) -> Self {
        let patience = way.patience;
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(way.config.clone(), way.tls.clone(), manager);
        let pool = Pool::builder(manager).max_size(most).runtime(Runtime::Tokio1);
        let pool = match (way.first)(database) {
            Some(hook) => pool.post_create(hook),
            None => pool,
        };
        let pool = pool.wait_timeout(Some(patience.wait)).create_timeout(Some(patience.connect)).build();
        let pool = pool.expect("it has a runtime for its timeouts");
        Self { pool, place: place.clone(), patience }
    }

    /// A connection that nobody else has.
    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let deadline = Instant::now() + self.patience.answer;
        match timeout_at(deadline, self.pool.get()).await {
            Ok(Ok(object)) => {
                let place = self.place.clone();
                Ok(Connection { object: Some(object), place, deadline, is_asking: false })
            }
            Ok(Err(PoolError::Timeout(TimeoutType::Wait))) => Err(StoreError::Busy),
            Ok(Err(PoolError::Backend(error))) => Err(self.place.fault(&error)),
            Ok(Err(PoolError::Closed)) => Err(self.place.closed()),
            Ok(Err(PoolError::PostCreateHook(HookError::Backend(error)))) => Err(self.place.fault(&error)),
            Ok(Err(PoolError::PostCreateHook(HookError::Message(why)))) => {
                Err(StoreError::Down(self.place.said(&why)))
            }
            Ok(Err(_)) | Err(_) => Err(self.place.late()),
        }
    }

    /// The first connection of all, in the words for whoever starts the server.
    pub(super) async fn first(&self, database: &Database) -> Result<Object, OpenError> {
        let late = || "it did not answer in time".to_owned();
        let unreachable = |why| OpenError::Unreachable { place: database.place(), why };
        let first = timeout(self.patience.answer, self.pool.get()).await;
        let first = first.map_err(|_| unreachable(late()))?;
        first.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                OpenError::from_postgres(database, &error)
            }
            PoolError::PostCreateHook(HookError::Message(why)) => OpenError::Fenced(why.into_owned()),
            PoolError::Timeout(_) => unreachable(late()),
            other => unreachable(other.to_string()),
        })
    }

    /// Closes all; who has one may end what they began.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// A connection in somebody's hands, to be used until its deadline.
pub(super) struct Connection {
    /// None after a fault.
    object: Option<Object>,
    place: Arc<Place>,
    deadline: Instant,
    /// Whether an answer is outstanding.
    is_asking: bool,
}

impl Connection {
    /// Asks one statement, which is a transaction of its own. One that was undone for the sake of another is
    /// asked a second time.
    pub(super) async fn ask(
        &mut self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let asked = async |object: &Object| {
            let statement = object.prepare_cached(sql).await?;
            match object.query(&statement, parameters).await {
                Err(error) if is_unlucky(&error) => object.query(&statement, parameters).await,
                other => other,
            }
        };
        let Some(object) = &self.object else { return Err(self.place.closed()) };
        self.is_asking = true;
        let asked = timeout_at(self.deadline, asked(object)).await;
        let rows = self.settle(asked)?;
        rows.map_err(|error| self.place.fault(&error))
    }

    /// Asks two statements in one transaction and one round trip; the second sees what the first waited for. A
    /// transaction that was undone for the sake of another is asked a second time. With an error nothing is known: it may have been done all the same.
    pub(super) async fn transact(
        &mut self,
        first: Asked<'_>,
        second: Asked<'_>,
    ) -> Result<[Vec<Row>; 2], StoreError> {
        let asked = async |object: &Object| match transaction(object, first, second).await {
            Err(error) if is_unlucky(&error) => transaction(object, first, second).await,
            other => other,
        };
        let Some(object) = &self.object else { return Err(self.place.closed()) };
        self.is_asking = true;
        let asked = timeout_at(self.deadline, asked(object)).await;
        let rows = self.settle(asked)?;
        rows.map_err(|error| self.place.fault(&error))
    }

    /// Does a whole commit; one that was undone for the sake of another is done a second time. With an error nothing
    /// is known: it may have been done all the same.
    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<Outcome, StoreError> {
        let asked = async |object: &Object| match commit::attempt(object, commit).await {
            Err(error) if is_unlucky(&error) => commit::attempt(object, commit).await,
            other => other,
        };
        let Some(object) = &self.object else { return Err(self.place.closed()) };
        self.is_asking = true;
        let asked = timeout_at(self.deadline, asked(object)).await;
        let outcome = self.settle(asked)?;
        outcome.map_err(|error| self.place.fault(&error))
    }

    /// Reads a page of history; one that was undone for the sake of another is read a second time.
    pub(super) async fn page(&mut self, page: &history::Asked<'_>) -> Result<PageRead, StoreError> {
        let asked = async |object: &Object| match history::attempt(object, page).await {
            Err(error) if is_unlucky(&error) => history::attempt(object, page).await,
            other => other,
        };
        let Some(object) = &self.object else { return Err(self.place.closed()) };
        self.is_asking = true;
        let asked = timeout_at(self.deadline, asked(object)).await;
        let read = self.settle(asked)?;
        read.map_err(|error| self.place.fault(&error))
    }

    /// Which database it leads to.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Lets the connection go if nothing more can be said over it.
    fn settle<T>(
        &mut self,
        asked: Result<Result<T, Error>, tokio::time::error::Elapsed>,
    ) -> Result<Result<T, Error>, StoreError> {
        self.is_asking = false;
        match asked {
            Ok(answered) => {
                if answered.as_ref().is_err_and(|error| !is_harmless(error)) {
                    self.let_go();
                }
                Ok(answered)
            }
            Err(_) => {
                self.let_go();
                Err(self.place.late())
            }
        }
    }

    fn let_go(&mut self) {
        drop(self.object.take().map(Object::take));
    }
}

/// Sends everything before any of it is answered.
async fn transaction(object: &Object, first: Asked<'_>, second: Asked<'_>) -> Result<[Vec<Row>; 2], Error> {
    let (one, two) = (object.prepare_cached(first.0).await?, object.prepare_cached(second.0).await?);
    // They are polled, and so sent, in this order. After a fault in the middle `COMMIT` answers without one, and
    // has undone everything: only all four together are a success.
    let (begun, locked, done, committed) = join4(
        object.batch_execute("BEGIN"),
        object.query(&one, first.1),
        object.query(&two, second.1),
        object.batch_execute("COMMIT"),
    )
    .await;
    begun?;
    let rows = [locked?, done?];
    committed?;
    Ok(rows)
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Whoever asked has gone: the answer must not become the next one's.
        if self.is_asking {
            self.let_go();
        }
    }
}
