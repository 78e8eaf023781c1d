//! What a fault of PostgreSQL means: to the caller, and to the connection that had it.

use std::error::Error as _;
use std::path::PathBuf;

use tokio::sync::watch;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::address::Database;
use crate::store::StoreError;

/// Why a database cannot be used. Each says where and what to do; none says the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there.
    #[error(
        "PostgreSQL at {place} cannot be reached: {why}. Check that it runs, and host and port in the database URL."
    )]
    Unreachable {
        /// Where it should be.
        place: String,
        /// What the system said.
        why: String,
    },
    /// It does not let us in.
    #[error(
        "PostgreSQL at {place} does not let {user} in: {why}. Check user and password in the database URL, and the server's pg_hba.conf."
    )]
    Refused {
        /// Where it is.
        place: String,
        /// Who asked.
        user: String,
        /// What it said.
        why: String,
    },
    /// There is no such database.
    #[error(
        "PostgreSQL at {place} has no database of that name. Make it: createdb --encoding UTF8 --owner {user} {name}"
    )]
    Nowhere {
        /// Where it is.
        place: String,
        /// Who asked.
        user: String,
        /// The database's name.
        name: String,
    },
    /// The connection cannot be secured.
    #[error(
        "no secure connection to PostgreSQL at {place}: {why}. Give the server a certificate, name its authority by sslrootcert=FILE in the database URL, or ask for less by sslmode= (require: no proof of who it is; disable: in the open, for a network that you trust)."
    )]
    Insecure {
        /// Where it is.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The file of authorities cannot be used.
    #[error("sslrootcert in the database URL: {} cannot be used: {why}. Name a PEM file with the certificate of the authority.", .path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// We may not do there what we have to.
    #[error(
        "{user} may not make tables in PostgreSQL at {place}: {why}. Give it a schema of its own: CREATE SCHEMA teahouse AUTHORIZATION {user}; ALTER ROLE {user} SET search_path = teahouse;"
    )]
    Forbidden {
        /// Where it is.
        place: String,
        /// Who asked.
        user: String,
        /// What it said.
        why: String,
    },
    /// It cannot do what we need.
    #[error("PostgreSQL at {place} cannot be used: {why}")]
    Unfit {
        /// Where it is.
        place: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// A newer Teahouse wrote it, in a way that this one does not know.
    #[error(
        "the tables at {place} have version {found}, which needs a Teahouse that knows version {needed}; this one knows versions up to {known}. Start a newer Teahouse, or restore a backup made before the upgrade."
    )]
    Newer {
        /// Where they are.
        place: String,
        /// Their version.
        found: i32,
        /// The version that a program has to know to use them.
        needed: i32,
        /// The highest version that this program knows.
        known: i32,
    },
    /// An older Teahouse made it, and it has not all that is asked of a house.
    #[error("the house in {place} was written by an older Teahouse. Start a node of this one on it once.")]
    Older {
        /// Where it is.
        place: String,
    },
    /// The tables belong to another program.
    #[error(
        "the schema {schema} at {place} has tables of another program. Give Teahouse a schema of its own (options=-csearch_path%3DNAME in the database URL), or a database."
    )]
    NotOurs {
        /// Where they are.
        place: String,
        /// The schema.
        schema: String,
    },
    /// A command has it, or it is not for a server: the house was moved away, or only a part of it is here.
    #[error("{0}")]
    Fenced(String),
    /// Nodes, or another command, have it.
    #[error(
        "{place} is in use by Teahouse on {who}. Stop the nodes there, or wait for the command to end; of a machine that was cut off it is known after some seconds."
    )]
    InUse {
        /// Where it is.
        place: String,
        /// From where.
        who: String,
    },
    /// Nobody has ever opened a house there.
    #[error("there is no house in {place}: its schema has no tables of Teahouse. Check the database URL.")]
    Empty {
        /// Where it is.
        place: String,
    },
}

impl OpenError {
    /// What it means that this database could not be opened.
    pub(super) fn from_postgres(database: &Database, error: &Error) -> Self {
        let (place, user, why) = (database.place(), database.user().to_owned(), chain(error));
        match error.code() {
            Some(code) if code.code().starts_with("28") => Self::Refused { place, user, why },
            Some(&SqlState::INVALID_CATALOG_NAME) => {
                Self::Nowhere { place, user, name: database.name().to_owned() }
            }
            Some(&SqlState::INSUFFICIENT_PRIVILEGE | &SqlState::INVALID_SCHEMA_NAME) => {
                Self::Forbidden { place, user, why }
            }
            Some(&SqlState::CANNOT_CONNECT_NOW | &SqlState::TOO_MANY_CONNECTIONS) => {
                Self::Unreachable { place, why }
            }
            Some(_) => Self::Unfit { place, why },
            None if is_tls(error) => Self::Insecure { place, why },
            None if why.contains("password") => Self::Refused { place, user, why },
            None => Self::Unreachable { place, why },
        }
    }
}

/// Which database it is, in messages, and who hears of damage in it.
#[derive(Debug)]
pub(super) struct Place {
    name: String,
    failed: watch::Sender<Option<StoreError>>,
}

impl Place {
    pub(super) fn new(database: &Database) -> Self {
        Self { name: database.place(), failed: watch::Sender::new(None) }
    }

    /// Hears of damage.
    pub(super) fn failed(&self) -> watch::Receiver<Option<StoreError>> {
        self.failed.subscribe()
    }

    /// What the caller is told of a fault.
    pub(super) fn fault(&self, error: &Error) -> StoreError {
        let said = |todo: &str| self.said(&format!("{}. {todo}", chain(error)));
        let Some(code) = error.code() else {
            return StoreError::Down(said("Check the server and the way to it."));
        };
        match code.code() {
            "53100" => StoreError::Full(said("Make room on its disk.")),
            "25006" => {
                StoreError::Down(said("It takes no writes: a standby, or one that is told to be read-only."))
            }
            "53300" => StoreError::Down(said("Raise its max_connections, or run fewer nodes.")),
            // Locked for too long, or its own and our way of taking turns met.
            "40001" | "40P01" => StoreError::Busy,
            "XX001" | "XX002" => self.corrupt(&said("Keep a copy of its files and restore a backup.")),
            // No value that we write breaks a rule of the tables: what is there does.
            class if class.starts_with("23") => {
                self.corrupt(&said("Its rows contradict each other: restore a backup."))
            }
            _ => StoreError::Down(said("See the server's own log.")),
        }
    }

    /// It did not answer in time.
    pub(super) fn late(&self) -> StoreError {
        StoreError::Down(self.said("it did not answer in time. Check the server and the way to it."))
    }

    /// A value was read that this program never wrote.
    pub(super) fn senseless(&self, what: &Senseless) -> StoreError {
        self.corrupt(&self.said(&format!("{}. A stored value has no meaning: restore a backup.", what.0)))
    }

    /// No more is taken.
    pub(super) fn closed(&self) -> StoreError {
        StoreError::Down(self.said("the store is closed, or had to begin again"))
    }

    /// Why nothing may be written any more, if that is so.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.failed.borrow().clone().map_or(Ok(()), Err)
    }

    /// With the name of the database.
    pub(super) fn said(&self, what: &str) -> std::sync::Arc<str> {
        format!("PostgreSQL at {}: {what}", self.name).into()
    }

    fn corrupt(&self, what: &str) -> StoreError {
        let error = StoreError::Corrupt(what.into());
        self.failed.send_replace(Some(error.clone()));
        error
    }
}

/// A value that this program never wrote, and where it was.
#[derive(Debug)]
pub(super) struct Senseless(pub(super) String);

impl From<Error> for Senseless {
    fn from(error: Error) -> Self {
        Self(chain(&error))
    }
}

/// Whether the connection is as good as before: only the statement was at fault.
pub(super) fn is_harmless(error: &Error) -> bool {
    let is_of_data = |code: &SqlState| ["22", "23"].iter().any(|class| code.code().starts_with(class));
    error.code().is_some_and(|code| is_of_data(code) || is_unlucky(error))
}

/// Whether the statement was undone for the sake of another, and may be asked again.
pub(super) fn is_unlucky(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE))
}

/// An error and what caused it. The first one alone says only `db error`.
pub(super) fn chain(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        return format!("{}{detail} [{}]", said.message(), said.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

fn is_tls(error: &Error) -> bool {
    error.to_string().contains("TLS")
}
