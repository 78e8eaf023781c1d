//! Files that people send: they come in pieces and go on where they broke, are looked at once they are whole,
//! and go when nobody carries them any more. Owned by the node; who may read one is asked elsewhere.
//!
//! The row comes before the first byte and goes after the last one, so that no crash leaves bytes that nobody
//! knows of.

/// Files of a message that is about to be written.
mod carried;
/// Takes out of images what nobody needs to see them.
mod clean;
/// Takes away what nobody carries.
mod collect;
/// What a file is.
pub mod kind;
/// What a file is called.
mod name;
/// Images: their sizes, and small ones of them.
mod picture;
/// Where the bytes are.
pub mod place;
/// Files that come in.
mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, FileId};
use tokio::sync::{Notify, Semaphore, watch};

use crate::config::{Config, FilesIn};
use crate::error::sentence;
use crate::settings::Current;
use crate::store::Store;
use crate::store::files::Quota;

pub use place::{Part, Place, Reading};
pub use upload::Incoming;
pub(crate) use upload::not_found;

/// How long a file stays that no message carries, in milliseconds.
pub const UNTIL_MS: u64 = 24 * 60 * 60 * 1_000;
/// Files that come in at once, each with a piece in memory; others wait with their first byte.
const INCOMING: usize = 16;

/// The files of the house, as this node sees them.
pub struct Files {
    store: Arc<dyn Store>,
    settings: Arc<Current>,
    place: Option<Place>,
    limits: Limits,
    incoming: Arc<Semaphore>,
    turns: Mutex<HashMap<FileId, Weak<Turn>>>,
    /// Something may be on its way out.
    collecting: Notify,
}

/// How large files may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One of them.
    pub file: u64,
    /// All of a person, and all of the house.
    pub quota: Quota,
}

/// One request brings a file at a time, and the newest wins: the one before may hang on a connection that is gone.
#[derive(Debug)]
struct Turn {
    newest: watch::Sender<u64>,
    held: Arc<tokio::sync::Mutex<()>>,
}

impl Files {
    /// The files of a house with this configuration.
    ///
    /// # Errors
    /// If what is known of the bucket cannot be used.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        settings: Arc<Current>,
    ) -> Result<Self, object_store::Error> {
        let place = match &config.files {
            FilesIn::Folder(folder) => Some(Place::folder(folder)),
            FilesIn::Bucket(bucket) => Some(Place::bucket(bucket)?),
            FilesIn::Nowhere => None,
        };
        Ok(Self {
            store,
            settings,
            place,
            limits: config.file_limits,
            incoming: Arc::new(Semaphore::new(INCOMING)),
            turns: Mutex::default(),
            collecting: Notify::new(),
        })
    }

    /// Tries the place where the bytes are.
    ///
    /// # Errors
    /// What the place says.
    pub async fn check(&self) -> Result<(), object_store::Error> {
        match &self.place {
            Some(place) => place.check().await,
            None => Ok(()),
        }
    }

    /// How large files may be.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let decided = self.settings.now().files;
        let bytes = |decided: Option<u32>, told: u64| decided.map_or(told, |mib| u64::from(mib) << 20);
        Limits {
            file: bytes(decided.file_mib_max, self.limits.file),
            quota: Quota {
                person: bytes(decided.person_mib_max, self.limits.quota.person),
                house: bytes(decided.house_mib_max, self.limits.quota.house),
            },
        }
    }

    /// Whether there is a place for files.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.place.is_some()
    }

    /// The place where the bytes are.
    ///
    /// # Errors
    /// `forbidden`, if there is none.
    pub fn place(&self) -> Result<&Place, Error> {
        self.place.as_ref().ok_or_else(|| {
            let said = "This house has no place for files that all its nodes share.";
            Error::new(None, ErrorCode::Forbidden, said)
        })
    }

    /// Something may be on its way out: a message was deleted.
    pub fn wake(&self) {
        self.collecting.notify_one();
    }

    fn turn(&self, id: FileId) -> Arc<Turn> {
        let mut turns = crate::lock(&self.turns);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(&id).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Turn { newest: watch::Sender::new(0), held: Arc::default() });
        turns.insert(id, Arc::downgrade(&turn));
        turn
    }
}

/// What a client is told of a fault of the place; the fault itself goes to the log.
pub(crate) fn refusal(error: &object_store::Error) -> Error {
    let code = if is_full(error) { ErrorCode::StoreFull } else { ErrorCode::StoreDown };
    tracing::warn!(code = code.as_str(), "a file could not be read or written: {error}");
    Error { retry_ms: Some(1_000), ..Error::new(None, code, sentence(code)) }
}

fn is_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return true;
        }
        cause = error.source();
    }
    false
}
