//! What survives a restart of a test's house: a folder, or a place in the one PostgreSQL server that all tests of
//! this process share.

use std::sync::{Arc, LazyLock, Mutex};

use teahouse_server::config::{Given, Secret};
use teahouse_server::store::postgres::Database;
use teahouse_server::store::{PostgresStore, SqliteStore, Store};
use teahouse_services::{Postgres, S3};
use tempfile::TempDir;

/// Which store a house is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// The one store of a folder, and how many nodes of this process are on it.
type Shared = Mutex<Option<(Arc<dyn Store>, usize)>>;

/// What survives a restart.
pub(crate) enum Ground {
    Sqlite(TempDir, Shared),
    /// Its files are in a bucket, below this.
    Postgres(Box<Database>, String),
}

/// Ended by its keeper when this process ends.
static SERVER: LazyLock<Postgres> =
    LazyLock::new(|| Postgres::start().expect("tests of the PostgreSQL store need PostgreSQL"));

/// Ended with this process.
static BUCKET: LazyLock<S3> = LazyLock::new(|| S3::start().expect("tests of files need a store"));

/// The S3-compatible store that all tests share: each has a prefix of its own in it.
pub(crate) fn bucket() -> &'static S3 {
    &BUCKET
}

/// The server that all tests share: nobody stops it, and each test has a place of its own in it.
pub(crate) fn server() -> &'static Postgres {
    &SERVER
}

impl Ground {
    /// With nothing on it.
    pub(crate) fn new(on: On) -> Self {
        match on {
            On::Sqlite => Self::Sqlite(TempDir::new().unwrap(), Shared::default()),
            On::Postgres => {
                let place = server().place().unwrap().parse().unwrap();
                Self::Postgres(Box::new(place), format!("{:016x}", rand::random::<u64>()))
            }
        }
    }

    /// What its files hold; nothing for a database elsewhere.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        let Self::Sqlite(folder, _) = self else { return Vec::new() };
        let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
        files.filter(|file| file.is_file()).map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// Where the files of a house on it are.
    pub(crate) fn given(&self) -> Given {
        match self {
            // The one kind of house writes by io_uring where the kernel offers it, the other does not.
            Self::Sqlite(folder, _) => {
                Given { data: Some(folder.path().into()), io_uring: Some(true), ..Given::default() }
            }
            Self::Postgres(_, prefix) => Given {
                files_s3_bucket: Some(S3::BUCKET.into()),
                files_s3_endpoint: Some(bucket().url()),
                files_s3_prefix: Some(prefix.clone()),
                files_s3_key_id: Some(S3::KEY_ID.into()),
                files_s3_secret: Some(Secret(S3::SECRET.into())),
                ..Given::default()
            },
        }
    }

    /// How many files, parts of them and small images there are.
    pub(crate) fn kept(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            let paths = entries.map(|entry| entry.unwrap().path());
            paths.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        match self {
            Self::Sqlite(folder, _) => count(&folder.path().join("files")),
            Self::Postgres(_, prefix) => bucket().objects(prefix).unwrap(),
        }
    }

    /// A store for one more node. Nodes that share a folder share its store.
    pub(crate) async fn join(&self) -> Arc<dyn Store> {
        let Self::Sqlite(_, shared) = self else { return self.open().await };
        if let Some((store, nodes)) = shared.lock().unwrap().as_mut() {
            *nodes += 1;
            return store.clone();
        }
        let store = self.open().await;
        *shared.lock().unwrap() = Some((store.clone(), 1));
        store
    }

    /// A node leaves: says whether its store is to be closed.
    pub(crate) fn leave(&self) -> bool {
        let Self::Sqlite(_, shared) = self else { return true };
        let mut shared = shared.lock().unwrap();
        let Some((_, nodes)) = shared.as_mut() else { return true };
        *nodes -= 1;
        let is_last = *nodes == 0;
        if is_last {
            *shared = None;
        }
        is_last
    }

    /// A store on it; the one before is closed.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(folder, _) => Arc::new(SqliteStore::open(folder.path()).unwrap()),
            Self::Postgres(database, _) => Arc::new(PostgresStore::open(database).await.unwrap()),
        }
    }
}
