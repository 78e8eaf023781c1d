//! What a fault of SQLite means: to the caller, and to the connection that had it.

use std::path::{Path, PathBuf};

use rusqlite::{Error, ErrorCode};

use crate::store::StoreError;
use crate::store::mark::Marked;

/// Why a data folder cannot be used. Each says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error("another Teahouse runs on the data folder {}. Stop it, or give this one a folder of its own.", .0.display())]
    InUse(PathBuf),
    /// The folder or a file in it cannot be made, read or locked.
    #[error("the data folder cannot be used: {} failed. Check that it exists and that this user may write there.", .path.display())]
    Folder {
        /// What could not be used.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A newer Teahouse wrote it.
    #[error("the database {} has version {found}; this Teahouse knows versions up to {known}. Start a newer Teahouse, or restore a backup made before the upgrade.", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The highest version that this program knows.
        known: u32,
    },
    /// It belongs to another program.
    #[error("the file {} is not a database of Teahouse. Move it away, or choose another data folder.", .0.display())]
    NotOurs(PathBuf),
    /// The file system cannot do what the write-ahead log needs.
    #[error("the file system of {} cannot share memory between processes. Put the data folder on a local disk.", .0.display())]
    NoWal(PathBuf),
    /// It is damaged.
    #[error("the database {} is damaged: {why}. Keep a copy of the folder and restore a backup.", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is not for a server: the house was moved away, or only a part of it is here.
    #[error(transparent)]
    Marked(#[from] Marked),
    /// It cannot be opened for another reason.
    #[error("the database {} cannot be opened: {what}", .path.display())]
    Closed {
        /// The database.
        path: PathBuf,
        /// What is wrong and what to do.
        what: String,
        /// What SQLite said.
        source: Error,
    },
}

impl OpenError {
    /// What it means that SQLite could not open or prepare the database at `path`.
    pub(crate) fn from_sqlite(path: &Path, source: Error) -> Self {
        let path = path.to_owned();
        let what = match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                return Self::Damaged { path, why: source.to_string() };
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program has locked it. Close that program."
            }
            Some(ErrorCode::DiskFull) => "the disk is full. Make room.",
            Some(ErrorCode::ReadOnly) => "it is read-only. Make the folder and its files writable.",
            _ => "check the disk, and that this user may read and write the folder.",
        };
        Self::Closed { path, what: what.into(), source }
    }
}

/// What the caller is told of a fault at `path`.
pub(super) fn store_error(path: &Path, error: &Error) -> StoreError {
    let at = |todo: &str| format!("{}: {error}. {todo}", path.display()).into();
    if is_bad_value(error) {
        return StoreError::Corrupt(at("A stored value has no meaning: restore a backup."));
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full(at("Make room on the disk.")),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(at("Keep a copy of the folder and restore a backup."))
        }
        Some(ErrorCode::ReadOnly) => StoreError::Down(at("Make the folder and its files writable.")),
        _ => StoreError::Down(at("Check the disk.")),
    }
}

/// Whether the fault is of one job's data, so that the others of its transaction can do without it.
pub(super) fn is_of_one_job(error: &Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(
            code,
            ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig
                | ErrorCode::ApiMisuse
                | ErrorCode::ParameterOutOfRange
                | ErrorCode::Unknown
        ),
        None => true,
    }
}

/// Whether a value was read that this program never wrote.
fn is_bad_value(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
    )
}
