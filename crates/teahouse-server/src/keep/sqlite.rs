//! A house in a file of SQLite, as a tool sees it.
//!
//! Reading is one transaction: one moment, also while a server writes. Whoever writes has the folder's lock.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::rows::{Dialect, House, Part, Row, Value, Writable};
use crate::store::sqlite::OpenError;
use crate::store::sqlite::folder::{self, Lock};
use crate::store::sqlite::schema;

/// A house in a file.
pub(super) struct SqliteHouse {
    connection: Connection,
    path: PathBuf,
    /// As sentences name it: the folder, or the file.
    place: PathBuf,
    /// Who writes has it.
    lock: Option<Lock>,
}

impl SqliteHouse {
    /// Opens the house of a data folder to be read, at one moment, whether a server runs on it or not.
    pub(super) fn read_folder(folder: &Path) -> anyhow::Result<Self> {
        let path = present(folder)?;
        let connection = schema::open_reader(&path).map_err(|error| OpenError::from_sqlite(&path, error))?;
        Self::at_one_moment(connection, path, folder)
    }

    /// Opens one file to be read. A file that stands alone is not touched at all.
    pub(super) fn read_file(path: &Path) -> anyhow::Result<Self> {
        ensure!(path.exists(), "there is no file {}", path.display());
        let connection = open_file(path).map_err(|error| OpenError::from_sqlite(path, error))?;
        Self::at_one_moment(connection, path.to_owned(), path)
    }

    /// Opens the house of a data folder to be written, with its lock.
    pub(super) fn write(folder: &Path, lock: Lock) -> anyhow::Result<Self> {
        let path = folder::database(folder);
        let connection = schema::prepare(&path)?;
        // Nobody else moves the write-ahead log into the database here.
        connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
        folder::hand_over_all(folder).with_context(|| folder.display().to_string())?;
        Ok(Self { connection, path, place: folder.to_owned(), lock: Some(lock) })
    }

    /// Makes a house in a file of its own.
    pub(super) fn make(path: &Path) -> anyhow::Result<Self> {
        let connection = schema::prepare(path)?;
        Ok(Self { connection, path: path.to_owned(), place: path.to_owned(), lock: None })
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.place
    }

    /// Closes it and gives back the folder's lock.
    pub(super) fn close(self) -> Option<Lock> {
        self.lock
    }

    /// The connection, inside a transaction that reads.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Says no if an older program wrote it: what is asked of a house is not all in it.
    pub(super) fn check_version(&self) -> anyhow::Result<()> {
        let version = schema::check_ours(&self.path, &self.connection)?;
        ensure!(
            version == schema::known(),
            "{} was written by an older Teahouse (version {version} of the tables). Start the server on it once, or \
             restore it into a folder; that brings it to version {}",
            self.path.display(),
            schema::known()
        );
        Ok(())
    }

    fn at_one_moment(connection: Connection, path: PathBuf, place: &Path) -> anyhow::Result<Self> {
        let failed = |error| OpenError::from_sqlite(&path, error);
        connection.execute_batch("BEGIN").map_err(failed)?;
        // The first read fixes the moment.
        let version = schema::check_ours(&path, &connection)?;
        ensure!(version > 0, "{} is empty: there is no house in it", path.display());
        Ok(Self { connection, path, place: place.to_owned(), lock: None })
    }
}

/// The database of a folder that has one.
pub(super) fn present(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder::database(folder);
    match std::fs::metadata(&path) {
        Ok(file) if file.len() > 0 => Ok(path),
        Ok(_) => bail!("there is no house in {}: its teahouse.db is empty", folder.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("there is no house in {}: it has no teahouse.db. Name its data folder", folder.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// Opens a file to be read; nothing is made beside it unless a log of writes is there already.
fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    let beside = |name: &str| path.with_file_name(name).exists();
    let wal = path.file_name().map(|name| format!("{}-wal", name.to_string_lossy()));
    if wal.is_some_and(|wal| beside(&wal)) || beside("teahouse.lock") {
        return schema::open_reader(path);
    }
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

impl House for SqliteHouse {
    fn place(&self) -> String {
        self.place.display().to_string()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn ask(&mut self, sql: &str, params: &[Value]) -> anyhow::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| Ok(value(row.get_ref(column)?)?));
            found.push(values.collect::<rusqlite::Result<Row>>()?);
        }
        Ok(found)
    }

    fn damage(&mut self) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for (check, fine) in [("integrity_check(100)", "ok"), ("foreign_key_check", "")] {
            match self.ask(&format!("PRAGMA {check}"), &[]) {
                Ok(rows) => {
                    let said = rows.iter().filter(|row| row.first().and_then(Value::text) != Some(fine));
                    found.extend(said.map(sentence));
                }
                Err(error) if self.is_damage(&error) => found.push(format!("{check}: {error}")),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn is_damage(&self, error: &anyhow::Error) -> bool {
        match error.downcast_ref::<rusqlite::Error>() {
            Some(rusqlite::Error::Utf8Error(..) | rusqlite::Error::FromSqlConversionFailure(..)) => true,
            Some(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch)
            ),
            None => false,
        }
    }

    fn bytes(&mut self) -> anyhow::Result<u64> {
        let number = |name: &str| -> rusqlite::Result<u64> {
            self.connection.pragma_query_value(None, name, |row| row.get(0))
        };
        Ok(number("page_count")? * number("page_size")?)
    }
}

impl Writable for SqliteHouse {
    fn run(&mut self, statements: &[(&str, &[Value])]) -> anyhow::Result<()> {
        let transaction = self.connection.transaction()?;
        for (sql, params) in statements {
            transaction.prepare_cached(sql)?.execute(params_from_iter(*params))?;
        }
        transaction.commit().with_context(|| self.path.display().to_string())
    }

    fn put(&mut self, part: Part, rows: &[Row]) -> anyhow::Result<()> {
        let (table, width) = part.written();
        // The room's number is the same in all of them.
        let room: Vec<String> = part.room().iter().map(i64::to_string).collect();
        let values = (1..=width - room.len()).map(|place| format!("?{place}"));
        let values: Vec<String> = room.iter().cloned().chain(values).collect();
        let sql = format!("INSERT INTO {table} VALUES ({})", values.join(", "));
        let transaction = self.connection.transaction()?;
        let mut insert = transaction.prepare_cached(&sql)?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        drop(insert);
        transaction.commit().with_context(|| self.path.display().to_string())
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn value(from: ValueRef<'_>) -> Result<Value, rusqlite::types::FromSqlError> {
    Ok(match from {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        text @ ValueRef::Text(_) => Value::Text(text.as_str()?.to_owned()),
        // Nothing of ours is one: the tables are strict.
        ValueRef::Real(number) => Value::Text(number.to_string()),
    })
}

/// What a check answered, in one line.
fn sentence(row: &Row) -> String {
    match &row[..] {
        [one] => one.to_string().replace('\n', "; "),
        [table, row, parent, ..] => format!("{table}: row {row} names a {parent} that is not there"),
        _ => "a check said nothing".into(),
    }
}
