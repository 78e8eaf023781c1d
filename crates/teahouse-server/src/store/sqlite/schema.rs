//! Opens connections to the database and brings it to the version that this program knows.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::fault::OpenError;
use crate::store::columns::TABLES;
use crate::store::{NewRoom, mark};

/// What brings the database from one version to the next, in order. Never changed once released.
const MIGRATIONS: [&str; 7] = [
    include_str!("../../../migrations/sqlite/0001_first.sql"),
    include_str!("../../../migrations/sqlite/0002_people_and_rooms.sql"),
    include_str!("../../../migrations/sqlite/0003_changes.sql"),
    include_str!("../../../migrations/sqlite/0004_files.sql"),
    include_str!("../../../migrations/sqlite/0005_search.sql"),
    include_str!("../../../migrations/sqlite/0006_calls.sql"),
    include_str!("../../../migrations/sqlite/0007_profiles.sql"),
];

/// "TeaH", in the file's header: other programs' databases are left alone.
const APPLICATION_ID: i32 = 0x5465_6148;

/// How long a connection waits for a lock of another program.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);

/// Up to this size the whole file is checked at the start. It takes about a second for 500 MB, and a
/// start must not wait for that; larger damage shows when the page is read.
const CHECK_BYTES_MAX: u64 = 64 << 20;

/// Opens the database for the writer at the start, makes or migrates it, and checks it.
pub(crate) fn prepare(path: &Path) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let mut writer = open_writer(path).map_err(failed)?;
    let found = check_ours(path, &writer)?;
    let journal: String =
        writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if journal != "wal" {
        return Err(OpenError::NoWal(path.to_owned()));
    }
    check(path, &writer)?;
    for next in found..known() {
        migrate(&mut writer, next).map_err(failed)?;
    }
    // Each table is read once, so that a damaged schema is found now and not in front of people.
    for table in TABLES {
        let probe = format!("SELECT 1 FROM {table} LIMIT 1");
        writer.prepare(&probe).and_then(|mut probe| probe.exists([])).map_err(|source| {
            OpenError::Damaged { path: path.to_owned(), why: format!("table {table}: {source}") }
        })?;
    }
    Ok(writer)
}

/// Brings a file that nobody has open to this program's version.
pub(crate) fn bring_up(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let mut file = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    for next in check_ours(path, &file)?.max(1)..known() {
        migrate(&mut file, next).map_err(failed)?;
    }
    Ok(())
}

/// Says no if the database is another program's or a newer Teahouse's; else which version it has, 0 if it is
/// empty.
pub(crate) fn check_ours(path: &Path, connection: &Connection) -> Result<u32, OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let found = version(connection).map_err(failed)?;
    if !is_ours(connection).map_err(failed)? {
        return Err(OpenError::NotOurs(path.to_owned()));
    }
    if found > known() {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: known() });
    }
    Ok(found)
}

/// Says no if a tool has marked the database of that folder as one that no server may work on.
pub(crate) fn check_mark(connection: &Connection, folder: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sqlite(&super::folder::database(folder), source);
    let text = super::directory::setting(connection, mark::KEY).map_err(failed)?;
    Ok(mark::check(text.as_deref(), folder.display())?)
}

/// Opens the writer's connection.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    // Not `CREATE`: the folder made the file, and if it is gone now, an empty one must not replace it.
    let writer = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    writer.pragma_update(None, "journal_mode", "wal")?;
    // Each commit is synced before it is answered. The checkpoint is the writer's own affair.
    writer.pragma_update(None, "synchronous", "full")?;
    writer.pragma_update(None, "wal_autocheckpoint", 0)?;
    writer.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // What was deleted is overwritten, not only unlinked.
    writer.pragma_update(None, "secure_delete", true)?;
    writer.pragma_update(None, "foreign_keys", true)?;
    // In KiB: the inner pages of each index, and the leaves that are written to, stay in memory.
    writer.pragma_update(None, "cache_size", -65_536)?;
    Ok(writer)
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let reader = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // The first read opens the WAL: now, while it is there under its name.
    reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    // The words of the index of search, in order.
    reader.execute_batch(
        "CREATE VIRTUAL TABLE temp.search_terms USING fts5vocab(main, search_words, instance)",
    )?;
    Ok(reader)
}

fn open(path: &Path, how: OpenFlags) -> rusqlite::Result<Connection> {
    // One thread uses a connection at a time, so SQLite needs no mutex of its own.
    let connection = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Without it a statement with `LIMIT ?` is prepared anew each time, since the planner looks at the number.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// The version that this program makes.
pub(crate) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("migrations are few")
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether it is an empty database or one of Teahouse.
fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    let tables: u64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(id == 0 && tables == 0)
}

fn check(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let bytes =
        std::fs::metadata(path).map_err(|source| OpenError::Folder { path: path.to_owned(), source })?.len();
    if bytes > CHECK_BYTES_MAX {
        return Ok(());
    }
    let why: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if why == "ok" { Ok(()) } else { Err(OpenError::Damaged { path: path.to_owned(), why }) }
}

/// Goes from version `from` to the next, wholly or not at all.
fn migrate(writer: &mut Connection, from: u32) -> rusqlite::Result<()> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(MIGRATIONS[from as usize])?;
    transaction.pragma_update(None, "user_version", from + 1)?;
    if from == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        first_room(&transaction)?;
    }
    transaction.commit()
}

fn first_room(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let (NewRoom { id, name, topic, .. }, epoch) = (NewRoom::main(), rand::random::<u32>());
    // In the words of the first version.
    let add = "INSERT INTO room (id, name, topic, epoch) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(add, params![id.as_str(), name, topic, epoch]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        std::fs::write(&path, "").unwrap();
        let writer = prepare(&path).unwrap();
        for connection in [writer, open_reader(&path).unwrap()] {
            let mut rooms = connection.prepare("SELECT id FROM room ORDER BY id LIMIT ?1").unwrap();
            for limit in 0..3 {
                assert_eq!(rooms.query_map([limit], |_| Ok(())).unwrap().count(), limit.min(1));
            }
            assert_eq!(rooms.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
