//! How a tool opens a house: to read it beside a running server, or alone, to write; and the mark on it.

use anyhow::{Context as _, bail};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::file::Beside;
use super::place::{At, Place};
use super::postgres::PostgresHouse;
use super::restore::put_in_place;
use super::rows::{Dialect, House, Value, Writable, number};
use super::sqlite::{SqliteHouse, present};
use crate::store::TABLES;
use crate::store::mark::{self, Mark};
use crate::store::sqlite::folder;

/// Where a house is moved to.
pub(super) struct Target {
    /// What is there: nothing, or a beginning.
    pub(super) house: Box<dyn Writable>,
    /// Whether a move of this house began before.
    pub(super) was_begun: bool,
    /// Whether this house is there already, as a whole.
    pub(super) is_whole: bool,
    /// What was put aside for it.
    pub(super) notes: Vec<String>,
}

/// Opens a house to be read, at one moment, while a server runs on it or not.
pub(super) fn read(place: &Place) -> anyhow::Result<Box<dyn House>> {
    Ok(match place.at()? {
        At::Folder(folder) => current(SqliteHouse::read_folder(folder)?)?,
        At::File(file) => current(SqliteHouse::read_file(file)?)?,
        At::Database(database) => Box::new(PostgresHouse::read(database)?),
    })
}

fn current(house: SqliteHouse) -> anyhow::Result<Box<dyn House>> {
    house.check_version()?;
    Ok(Box::new(house))
}

/// Opens a house that nobody else works on until this is dropped.
pub(super) fn write(place: &Place) -> anyhow::Result<Box<dyn Writable>> {
    Ok(match place.at()? {
        At::Folder(folder) => {
            present(folder)?;
            Box::new(SqliteHouse::write(folder, folder::lock(folder)?)?)
        }
        At::File(file) => bail!("{} is a file: name the data folder that it is in", file.display()),
        At::Database(database) => Box::new(PostgresHouse::write(database)?),
    })
}

/// Opens the place that a house is moved to: empty, or with the beginning of the same house. `begun` is the mark
/// that it has until it is whole. With `force`, what is there is put aside, or removed if it was only a part of a
/// house or one that was moved away.
pub(super) fn target(place: &Place, begun: &Mark, force: bool) -> anyhow::Result<Target> {
    match place.at()? {
        At::File(file) => bail!("{} is a file: name a data folder or a postgres:// URL", file.display()),
        At::Folder(folder) => {
            let lock = folder::take(folder).with_context(|| format!("{place} cannot be moved to"))?;
            let mut house = SqliteHouse::write(folder, lock)?;
            match state(&mut house, begun)? {
                State::Other(why) | State::Gone(why) if !force => bail!(
                    "{place} is not empty: {why}. Choose an empty folder, or give --force: its database is then \
                     kept beside the new one"
                ),
                State::Whole | State::Other(_) | State::Gone(_) if force => {
                    let (house, kept) = afresh(house, begun)?;
                    Ok(Target { notes: vec![kept], ..Target::new(Box::new(house), &State::Untouched) })
                }
                state => ready(Box::new(house), begun, &state),
            }
        }
        At::Database(database) => {
            let mut house = PostgresHouse::make(database)?;
            match state(&mut house, begun)? {
                State::Gone(why) if !force => bail!(
                    "{place} is not empty: {why}. Choose an empty database or schema, or give --force: what is \
                     there is then removed"
                ),
                State::Gone(_) => ready(Box::new(house), begun, &State::Untouched),
                State::Other(why) => bail!(
                    "{place} is not empty: {why}. Choose an empty database or schema; a house that is in use is \
                     never removed"
                ),
                state => ready(Box::new(house), begun, &state),
            }
        }
    }
}

/// The target as it is, or emptied.
fn ready(mut house: Box<dyn Writable>, begun: &Mark, state: &State) -> anyhow::Result<Target> {
    if let State::Untouched = state {
        empty(&mut *house, begun)?;
    }
    Ok(Target::new(house, state))
}

/// Removes everything from a house, and notes that one is moved here.
pub(super) fn empty(house: &mut dyn Writable, begun: &Mark) -> anyhow::Result<()> {
    let deletes: Vec<String> = match house.dialect() {
        Dialect::Sqlite => TABLES.iter().rev().map(|table| format!("DELETE FROM {table}")).collect(),
        Dialect::Postgres => vec![format!("TRUNCATE {}", TABLES.join(", "))],
    };
    let note = format!("INSERT INTO setting (key, value) VALUES ('{}', $1)", mark::KEY);
    let value = [Value::Text(begun.to_text())];
    let mut statements: Vec<(&str, &[Value])> = deletes.iter().map(|sql| (&**sql, &[][..])).collect();
    statements.push((&note, &value));
    house.run(&statements)
}

/// What a tool has noted about the house.
pub(super) fn mark(house: &mut dyn House) -> anyhow::Result<Option<Mark>> {
    let found = house.ask(&format!("SELECT value FROM setting WHERE key = '{}'", mark::KEY), &[])?;
    let text = found.first().and_then(|row| row.first()).and_then(Value::text);
    let read = text.map(Mark::from_text).transpose();
    read.map_err(|error| anyhow::anyhow!("{} cannot be used: {error}. Use a newer Teahouse", house.place()))
}

/// Notes that, or that there is nothing to note.
pub(super) fn set_mark(house: &mut dyn Writable, noted: Option<&Mark>) -> anyhow::Result<()> {
    let forget = format!("DELETE FROM setting WHERE key = '{}'", mark::KEY);
    let Some(noted) = noted else { return house.run(&[(&forget, &[])]) };
    let note = format!("INSERT INTO setting (key, value) VALUES ('{}', $1)", mark::KEY);
    house.run(&[(&forget, &[]), (&note, &[Value::Text(noted.to_text())])])
}

/// What tells one house from another: its secret, and which log its main room has. A restored house is another.
pub(super) fn identity(house: &mut dyn House) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for sql in ["SELECT value FROM setting WHERE key = 'secret'", "SELECT epoch FROM room WHERE id = '1024'"]
    {
        let found = house.ask(sql, &[])?;
        hash.update(found.first().map(|row| row[0].to_string()).unwrap_or_default());
        hash.update([0]);
    }
    Ok(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// What is where a house shall go.
enum State {
    /// Nobody was ever in it.
    Untouched,
    /// A beginning of the same house.
    Begun,
    /// The same house, as a whole.
    Whole,
    /// What nobody needs: a part of another house, or one that was moved away.
    Gone(String),
    /// Another house.
    Other(String),
}

impl Target {
    fn new(house: Box<dyn Writable>, state: &State) -> Self {
        let (was_begun, is_whole) = (matches!(state, State::Begun), matches!(state, State::Whole));
        Self { house, was_begun, is_whole, notes: Vec::new() }
    }
}

fn state(house: &mut dyn House, begun: &Mark) -> anyhow::Result<State> {
    let ours = if let Mark::Unfinished { house, .. } = begun { &**house } else { "" };
    let mut rows = 0;
    for table in ["event", "cid", "person", "name", "token", "read_mark"] {
        rows += number(house, &format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1) it"))?;
    }
    Ok(match mark(house)? {
        Some(Mark::Unfinished { house, .. }) if house == ours => State::Begun,
        Some(Mark::Unfinished { from, .. }) => State::Gone(format!("a part of the house in {from} is in it")),
        Some(Mark::Moved { to, .. }) => {
            State::Gone(format!("it has the house as it was when it was moved to {to}"))
        }
        None if rows == 0 => State::Untouched,
        None if identity(house)? == ours => State::Whole,
        None => State::Other("another house is in it".into()),
    })
}

/// Puts the folder's database aside, for a new one that is marked from its first moment on.
fn afresh(house: SqliteHouse, begun: &Mark) -> anyhow::Result<(SqliteHouse, String)> {
    let folder = house.folder().to_owned();
    let lock = house.close().context("it has a lock, because it may be written to")?;
    let beside = Beside::new(&folder::database(&folder), ".new")?;
    let mut new = SqliteHouse::make(beside.path())?;
    empty(&mut new, begun)?;
    drop(new);
    let alone = Connection::open(beside.path())?;
    // One file, to be named in one step.
    alone.pragma_update(None, "journal_mode", "delete")?;
    drop(alone);
    let kept = put_in_place(beside)?;
    let note = kept.map(|kept| format!("The old database is kept: {}", kept.display()));
    Ok((SqliteHouse::write(&folder, lock)?, note.unwrap_or_default()))
}
