//! Brings the tables to the version that this program knows, beside nodes that know an older one.
//!
//! Each migration only adds, and says which program can still use the tables after it. Nodes that start at the
//! same moment take turns.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::{Error, GenericClient, Transaction};

use super::address::Database;
use super::fault::{OpenError, is_unlucky};
use crate::store::NewRoom;
use crate::store::columns::TABLES;

/// What brings the tables from one version to the next.
pub(super) struct Migration {
    pub(super) sql: &'static str,
    /// The version that a program has to know to use the tables after it.
    pub(super) compatible_from: i32,
}

/// In order. Never changed once released.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("../../../migrations/postgres/0001_first.sql"), compatible_from: 1 },
    // A node that knows no rights must not run beside one that does.
    Migration {
        sql: include_str!("../../../migrations/postgres/0002_people_and_rooms.sql"),
        compatible_from: 2,
    },
    // Nor may one that cannot read an edit.
    Migration { sql: include_str!("../../../migrations/postgres/0003_changes.sql"), compatible_from: 3 },
    Migration { sql: include_str!("../../../migrations/postgres/0004_files.sql"), compatible_from: 3 },
    // A node that knows no index goes on beside it: what it takes away leaves the index all the same.
    Migration { sql: include_str!("../../../migrations/postgres/0005_search.sql"), compatible_from: 3 },
    Migration { sql: include_str!("../../../migrations/postgres/0006_calls.sql"), compatible_from: 3 },
    Migration { sql: include_str!("../../../migrations/postgres/0007_profiles.sql"), compatible_from: 3 },
];

/// The oldest server that is tried: what it takes is in the statements, and older ones get no corrections.
const SERVER_MIN: i32 = 140_000;

/// How often a migration begins again when it and those who write have waited for each other.
const TRIES_MAX: u32 = 20;

/// Nobody else changes the tables of this schema while the transaction lasts, however long that takes.
const TAKE_TURNS: &str = "
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_advisory_xact_lock(hashtextextended('teahouse ' || current_schema(), 0))";

const MAKE_MIGRATION: &str = "
    CREATE TABLE migration (
        version integer PRIMARY KEY,
        compatible_from integer NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
    )";

/// What is found before anything is changed.
const SERVER: &str = "
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        current_setting('server_encoding'), current_setting('transaction_read_only') = 'on', current_schema()::text";

/// Which of some tables the schema has.
const FOUND: &str = "
    SELECT relname::text FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) AND relkind IN ('r', 'p', 'v')";

/// Checks the server and the tables, and makes or migrates them.
pub(super) async fn prepare(
    database: &Database,
    client: &mut Object,
    migrations: &[Migration],
    patience: Duration,
) -> Result<(), OpenError> {
    let schema = soon(database, patience, check_server(database, client)).await?;
    let tables = Tables { database, schema, migrations };
    // Most starts find everything in its place, and wait for nobody.
    let mut found = soon(database, patience, tables.version(&***client)).await?;
    let mut tries = 0;
    // This takes as long as it takes.
    while found < tables.known() {
        found = match tables.step(client).await {
            // Somebody who writes meanwhile waited for us as we for them, and the server chose.
            Err(Stumble::Fault(error)) if is_unlucky(&error) && tries < TRIES_MAX => {
                tries += 1;
                continue;
            }
            Err(Stumble::Fault(error)) => return Err(OpenError::from_postgres(database, &error)),
            Err(Stumble::Refused(error)) => return Err(error),
            Ok(version) => version,
        };
    }
    // Each table is there, so that one that is missing is found now and not in front of people.
    let there = soon(database, patience, tables.found(&***client, &TABLES)).await?;
    match TABLES.iter().find(|table| !there.iter().any(|found| found == *table)) {
        Some(missing) => Err(tables.unfit(&format!("the table {missing} is missing. Restore a backup."))),
        None => Ok(()),
    }
}

/// A question whose answer takes no time, unless nobody is there any more.
async fn soon<T>(
    database: &Database,
    patience: Duration,
    answer: impl Future<Output = Result<T, OpenError>>,
) -> Result<T, OpenError> {
    let late = OpenError::Unreachable { place: database.place(), why: "it did not answer in time".into() };
    tokio::time::timeout(patience, answer).await.unwrap_or(Err(late))
}

/// Says no if there are no tables, or they need a newer program; else whether an older one made them. Changes nothing.
pub(super) async fn is_older(database: &Database, client: &impl GenericClient) -> Result<bool, OpenError> {
    let schema = client.query_one("SELECT coalesce(current_schema()::text, '')", &[]).await;
    let schema = schema.map_err(|error| OpenError::from_postgres(database, &error))?.get(0);
    let tables = Tables { database, schema, migrations: MIGRATIONS };
    match tables.version(client).await? {
        0 => Err(OpenError::Empty { place: database.shown() }),
        found => Ok(found < tables.known()),
    }
}

/// Whether the server can do what we need; says in which schema the tables are.
async fn check_server(database: &Database, client: &Object) -> Result<String, OpenError> {
    let unfit = |why: String| Err(OpenError::Unfit { place: database.place(), why });
    let server =
        client.query_one(SERVER, &[]).await.map_err(|error| OpenError::from_postgres(database, &error))?;
    if server.get::<_, i32>(0) < SERVER_MIN {
        let version: &str = server.get(1);
        return unfit(format!("it has version {version}. Teahouse needs 14 or later."));
    }
    let encoding: &str = server.get(2);
    if encoding != "UTF8" {
        return unfit(format!(
            "the database has the encoding {encoding}. Make one: createdb --encoding UTF8 NAME"
        ));
    }
    if server.get(3) {
        return unfit(
            "it takes no writes: a standby, or one that is told to be read-only. Name the one that does."
                .into(),
        );
    }
    let none = "no schema of the search path exists. Make it: CREATE SCHEMA NAME";
    server.get::<_, Option<String>>(4).map_or_else(|| unfit(none.into()), Ok)
}

/// The tables of a schema, and what is known about them.
struct Tables<'d> {
    database: &'d Database,
    schema: String,
    migrations: &'d [Migration],
}

impl Tables<'_> {
    /// The highest version that this program knows.
    fn known(&self) -> i32 {
        i32::try_from(self.migrations.len()).expect("migrations are few")
    }

    /// Which version the tables have: 0 if there are none.
    async fn version(&self, client: &impl GenericClient) -> Result<i32, OpenError> {
        let place = self.database.place();
        let is_there = !self.found(client, &["migration"]).await?.is_empty();
        if !is_there && self.found(client, &TABLES).await?.is_empty() {
            return Ok(0);
        }
        let versions = "SELECT max(version), max(compatible_from) FROM migration";
        let not_ours = || OpenError::NotOurs { place: place.clone(), schema: self.schema.clone() };
        let Ok(versions) = client.query_one(versions, &[]).await else { return Err(not_ours()) };
        let columns = (versions.try_get(0), versions.try_get(1));
        let (Ok(Some(found)), Ok(Some(needed))) = columns else { return Err(not_ours()) };
        if needed > self.known() {
            return Err(OpenError::Newer { place, found, needed, known: self.known() });
        }
        Ok(found)
    }

    /// Takes a turn, and goes one version on if nobody has done so meanwhile; a new house is made at once. Says which
    /// version there is now.
    async fn step(&self, client: &mut Object) -> Result<i32, Stumble> {
        let transaction = client.build_transaction().start().await?;
        transaction.batch_execute(TAKE_TURNS).await?;
        let mut found = self.version(&*transaction).await.map_err(Stumble::Refused)?;
        if found == 0 {
            self.make(&transaction).await?;
            found = self.known();
        } else if found < self.known() {
            tracing::info!(
                version = found + 1,
                schema = self.schema,
                "the tables are brought to a newer version"
            );
            self.migrate(&transaction, found).await?;
            found += 1;
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// Makes a new house. Its first room comes last: an index that is made over one row would tell PostgreSQL that the
    /// table has one row, for the plans of all that follows.
    async fn make(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        tracing::info!(schema = self.schema, "the database is empty: a new house is made in it");
        transaction.batch_execute(MAKE_MIGRATION).await?;
        for from in 0..self.known() {
            self.migrate(transaction, from).await?;
        }
        let NewRoom { id, name, topic, .. } = NewRoom::main();
        let epoch = i64::from(rand::random::<u32>());
        // In the words of the first version: the later ones have defaults.
        let add = "INSERT INTO room (id, name, topic, epoch) VALUES ($1, $2, $3, $4)";
        transaction.query(add, &[&id.as_str(), &&*name, &&*topic, &epoch]).await?;
        Ok(())
    }

    /// Goes from version `from` to the next.
    async fn migrate(&self, transaction: &Transaction<'_>, from: i32) -> Result<(), Error> {
        let migration = &self.migrations[from as usize];
        transaction.batch_execute(migration.sql).await?;
        let done = "INSERT INTO migration (version, compatible_from) VALUES ($1, $2)";
        transaction.execute(done, &[&(from + 1), &migration.compatible_from]).await?;
        Ok(())
    }

    /// Which of these tables the schema has.
    async fn found(&self, client: &impl GenericClient, tables: &[&str]) -> Result<Vec<String>, OpenError> {
        let found = client.query(FOUND, &[&tables]).await;
        let found = found.map_err(|error| OpenError::from_postgres(self.database, &error))?;
        Ok(found.iter().map(|row| row.get(0)).collect())
    }

    fn unfit(&self, why: &str) -> OpenError {
        OpenError::Unfit { place: self.database.place(), why: why.to_owned() }
    }
}

/// Why a step was not done.
enum Stumble {
    Fault(Error),
    Refused(OpenError),
}

impl From<Error> for Stumble {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

#[cfg(test)]
mod tests;
