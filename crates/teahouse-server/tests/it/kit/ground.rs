//! What survives a restart of a test's house: a memory, a folder, or a place in the one PostgreSQL server that
//! all tests of this process share.

use std::sync::{Arc, LazyLock};

use teahouse_server::store::postgres::Database;
use teahouse_server::store::{MemoryStore, PostgresStore, SqliteStore, Store};
use teahouse_services::Postgres;
use tempfile::TempDir;

/// Which store a house is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Memory,
    Sqlite,
    Postgres,
}

/// What survives a restart.
pub(crate) enum Ground {
    Memory(MemoryStore),
    Sqlite(TempDir),
    Postgres(Box<Database>),
}

/// Ended by its keeper when this process ends.
static SERVER: LazyLock<Postgres> =
    LazyLock::new(|| Postgres::start().expect("tests of the PostgreSQL store need PostgreSQL"));

/// The server that all tests share: nobody stops it, and each test has a place of its own in it.
pub(crate) fn server() -> &'static Postgres {
    &SERVER
}

impl Ground {
    /// With nothing on it.
    pub(crate) fn new(on: On) -> Self {
        match on {
            On::Memory => Self::Memory(MemoryStore::new()),
            On::Sqlite => Self::Sqlite(TempDir::new().unwrap()),
            On::Postgres => Self::Postgres(Box::new(server().place().unwrap().parse().unwrap())),
        }
    }

    /// A store on it; the one before is closed.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.clone()),
            Self::Sqlite(folder) => Arc::new(SqliteStore::open(folder.path()).unwrap()),
            Self::Postgres(database) => Arc::new(PostgresStore::open(database).await.unwrap()),
        }
    }
}
