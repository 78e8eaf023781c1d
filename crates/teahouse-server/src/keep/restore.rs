//! `teahouse restore`: a backup becomes the house, and every room's log gets a new identity.
//!
//! The new database is finished beside the old one and takes its name in one step: whoever is interrupted has
//! one of both. The old one is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail, ensure};
use rusqlite::{Connection, ErrorCode};

use super::file::{Beside, LOGS, copy, keep, parent, remove_logs, with_ending};
use super::place::Place;
use super::progress::Progress;
use super::rows::{self, Value};
use super::sqlite::SqliteHouse;
use super::survey::{Survey, survey};
use super::{open, words};
use crate::store::mark;
use crate::store::sqlite::{folder, schema};

/// What is to be restored to where.
#[derive(Debug)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Whether a database that is there already may be put aside.
    pub force: bool,
}

/// A house that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What is in it.
    pub survey: Survey,
    /// Where the database is that was there before.
    pub kept: Option<PathBuf>,
}

impl Restore {
    /// Checks the backup and puts it in the place of what is in the folder.
    ///
    /// # Errors
    /// If a server runs on the folder, it has a database and `force` is not given, or the backup is damaged: then
    /// nothing was changed.
    pub fn run(&self, progress: &Progress) -> anyhow::Result<Restored> {
        let database = folder::database(&self.data);
        let is_same = fs::canonicalize(&self.file).ok() == fs::canonicalize(&database).ok();
        ensure!(self.file.is_file(), "there is no file {}", self.file.display());
        ensure!(!is_same, "{} is the database of that folder already", self.file.display());
        let lock = folder::lock(&self.data)?;
        let is_taken = fs::metadata(&database).is_ok_and(|file| file.len() > 0);
        if is_taken && !self.force {
            bail!(
                "there is a house in {} already. Choose another folder with --data, or give --force: the old \
                 database is then kept beside the new one",
                self.data.display()
            );
        }
        let backup = SqliteHouse::read_file(&self.file)?;
        let beside = Beside::new(&database, ".new")?;
        copy(backup.connection(), beside.path(), progress)?;
        // What was copied is what people will read.
        let mut survey = survey(&mut SqliteHouse::read_file(beside.path())?, progress)?;
        if let Some(first) = survey.faults.first() {
            bail!(
                "{} is damaged and was not restored: {first}. `teahouse verify {0}` names everything; take another \
                 backup",
                self.file.display()
            );
        }
        survey.place = self.data.display().to_string();
        renew_epochs(beside.path()).with_context(|| beside.path().display().to_string())?;
        let kept = put_in_place(beside)?;
        drop(lock);
        Ok(Restored { survey, kept })
    }
}

/// Checks a house that other tools restored, and gives every room's log a new identity. The nodes have to be
/// stopped.
///
/// # Errors
/// If a server runs on it, or it is damaged: then nothing was changed.
pub fn renew(place: &Place, progress: &Progress) -> anyhow::Result<Survey> {
    let mut house = open::write(place)?;
    let mut survey = survey(&mut *house, progress)?;
    if let Some(first) = survey.faults.first() {
        bail!("{place} is damaged: {first}. `teahouse verify` names everything; restore another backup");
    }
    let rooms = rows::rooms(&mut *house)?;
    let changes: Vec<[Value; 2]> =
        rooms.iter().map(|room| [Value::Int(new_epoch(room.epoch)), Value::Int(room.key)]).collect();
    let forget = format!("DELETE FROM setting WHERE key = '{}'", mark::KEY);
    let mut statements: Vec<(&str, &[Value])> = vec![(&forget, &[])];
    statements.extend(changes.iter().map(|to| ("UPDATE room SET epoch = $1 WHERE key = $2", &to[..])));
    house.run(&statements)?;
    house.settle()?;
    survey.note = None;
    Ok(survey)
}

/// Gives a finished database its name; what had it is kept, and said where.
pub(super) fn put_in_place(beside: Beside) -> anyhow::Result<Option<PathBuf>> {
    let database = beside.name();
    let is_taken = fs::metadata(database).is_ok_and(|file| file.len() > 0);
    let kept = if is_taken { Some(put_aside(database)?) } else { None };
    beside.hand_over()?;
    let folder = parent(database).to_owned();
    beside.replace()?;
    folder::hand_over_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(kept)
}

/// Rooms that are the same and not the same: what comes after the backup will differ from what came then.
fn renew_epochs(path: &Path) -> anyhow::Result<()> {
    let mut restored = Connection::open(path)?;
    let transaction = restored.transaction()?;
    let rooms: Vec<(i64, i64)> = {
        let mut rooms = transaction.prepare("SELECT key, epoch FROM room")?;
        rooms.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
    };
    for (key, old) in rooms {
        transaction.execute("UPDATE room SET epoch = ?2 WHERE key = ?1", [key, new_epoch(old)])?;
    }
    // Where the house was moved from there once, it is here again.
    transaction.execute("DELETE FROM setting WHERE key = ?1", [mark::KEY])?;
    Ok(transaction.commit()?)
}

/// An epoch that is not the old one.
fn new_epoch(old: i64) -> i64 {
    loop {
        let new = i64::from(rand::random::<u32>());
        if new != old {
            return new;
        }
    }
}

/// Gives the old database a second name, and sees to it that it is one file: a log of writes that was left
/// beside it would be taken for the new one's.
fn put_aside(database: &Path) -> anyhow::Result<PathBuf> {
    let kept = free_name(database);
    let failed = || format!("the old database {} cannot be put aside", database.display());
    // SQLite removes a log that it cannot read: it has to have its second name before.
    for ending in LOGS {
        let [log, kept_log] = [database, &kept].map(|path| with_ending(path, ending));
        if log.exists() {
            keep(&log, &kept_log).with_context(failed)?;
        }
    }
    match settle(database) {
        // All of it is in the database now.
        Ok(()) => remove_logs(&kept).with_context(failed)?,
        // What cannot be read keeps its parts together.
        Err(error) if is_damaged(&error) => {}
        Err(error) => {
            let _ = remove_logs(&kept);
            return Err(error).with_context(failed);
        }
    }
    keep(database, &kept).with_context(failed)?;
    folder::sync(parent(database)).with_context(failed)?;
    remove_logs(database).with_context(failed)?;
    Ok(kept)
}

/// A name beside the old database that nobody has.
fn free_name(database: &Path) -> PathBuf {
    let stamp = words::stamp(SystemTime::now());
    let mut names = (1..).map(|number| match number {
        1 => with_ending(database, &format!(".{stamp}")),
        _ => with_ending(database, &format!(".{stamp}-{number}")),
    });
    names
        .find(|name| !name.exists() && LOGS.iter().all(|ending| !with_ending(name, ending).exists()))
        .expect("there are numbers without end")
}

/// Moves what is in the log of writes into the database.
fn settle(database: &Path) -> rusqlite::Result<()> {
    let old = schema::open_writer(database)?;
    let busy: bool = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let locked = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        let said = "another program reads it: wait for that to end".to_owned();
        return Err(rusqlite::Error::SqliteFailure(locked, Some(said)));
    }
    Ok(())
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
