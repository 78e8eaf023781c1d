//! Files that appear whole or not at all: written beside their name, synced, then named.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};

use super::progress::{Progress, Unit};
use crate::store::sqlite::folder::{hand_over, private, sync};
use crate::store::sqlite::schema;

/// Pages that are copied at once: 1 MiB.
const STEP_PAGES: i32 = 256;

/// A file that has no name yet; it goes away unless it gets one.
pub(super) struct Beside {
    path: PathBuf,
    name: PathBuf,
    /// Held, so that two do not write to it at once.
    _file: File,
}

impl Beside {
    /// An empty file beside `name`. What an interrupted command left there is gone.
    pub(super) fn new(name: &Path, ending: &str) -> anyhow::Result<Self> {
        let path = with_ending(name, ending);
        let failed = || format!("{} cannot be written", path.display());
        let file = private().truncate(false).open(&path).with_context(failed)?;
        match file.try_lock() {
            Ok(()) => file.set_len(0).with_context(failed)?,
            Err(TryLockError::WouldBlock) => {
                bail!("another command writes {} at this moment", path.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        let beside = Self { path, name: name.to_owned(), _file: file };
        // What SQLite had not finished there would be finished in the new one.
        remove_logs(&beside.path)
            .with_context(|| format!("{} cannot be made anew", beside.path.display()))?;
        Ok(beside)
    }

    /// Removes what killed commands left in the folder, of files that begin and end so.
    pub(super) fn sweep(folder: &Path, begin: &str, ending: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            let is_left = name.starts_with(begin)
                && name.ends_with(ending)
                && File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if is_left {
                fs::remove_file(&path)?;
                remove_logs(&path)?;
            }
        }
        Ok(())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it will be called.
    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    /// Lets it belong to whoever the folder belongs to.
    pub(super) fn hand_over(&self) -> anyhow::Result<()> {
        let handed = hand_over(&self.path, parent(&self.path));
        handed.with_context(|| format!("{} cannot be given to the folder's owner", self.path.display()))
    }

    /// Puts it on the disk and gives it its name, in the place of whatever has it.
    pub(super) fn replace(self) -> anyhow::Result<()> {
        self.sync()?;
        fs::rename(&self.path, &self.name)
            .with_context(|| format!("{} cannot be replaced", self.name.display()))?;
        self.named()
    }

    /// Puts it on the disk and gives it its name, which nobody may have.
    pub(super) fn appear(self) -> anyhow::Result<()> {
        self.sync()?;
        match fs::hard_link(&self.path, &self.name) {
            Ok(()) => self.named(),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(taken(&self.name)),
            // Some file systems have no second names.
            Err(_) if self.name.exists() => bail!(taken(&self.name)),
            Err(_) => self.replace(),
        }
    }

    fn sync(&self) -> anyhow::Result<()> {
        // Another descriptor than SQLite's, which is closed: it is the same file.
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.with_context(|| format!("{} cannot be synced", self.path.display()))
    }

    fn named(&self) -> anyhow::Result<()> {
        sync(parent(&self.name)).with_context(|| format!("{} cannot be synced", parent(&self.name).display()))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already if it has its name.
        let _ = fs::remove_file(&self.path);
        let _ = remove_logs(&self.path);
    }
}

/// The files in which SQLite keeps what is not yet, or not any more, in the database.
pub(super) const LOGS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// Removes what belongs to a database that is gone.
pub(super) fn remove_logs(database: &Path) -> io::Result<()> {
    for log in LOGS.map(|ending| with_ending(database, ending)) {
        match fs::remove_file(&log) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The path with something after its last letter.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// What is said of a name that is taken.
pub(super) fn taken(path: &Path) -> String {
    format!("{} is there already. Choose another name with --to, or replace it with --force", path.display())
}

/// The folder that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Copies the database that `from` reads, at its moment, into one file that needs no other beside it.
pub(super) fn copy(from: &Connection, to: &Path, progress: &Progress) -> anyhow::Result<()> {
    let page_bytes: u64 = from.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages: u64 = from.pragma_query_value(None, "page_count", |row| row.get(0))?;
    progress.begin("copying", pages * page_bytes, Unit::Bytes);
    let mut target = Connection::open(to)?;
    // Until it has its name, nobody misses it.
    target.pragma_update(None, "journal_mode", "off")?;
    target.pragma_update(None, "synchronous", "off")?;
    let copied = step_by_step(from, &mut target, page_bytes, progress);
    progress.end();
    copied.map_err(|error| explain(error, to))?;
    drop(target);
    // The log of writes belongs to a running server; a file that lies still has none.
    let alone = Connection::open(to).and_then(|file| file.pragma_update(None, "journal_mode", "delete"));
    alone.map_err(|error| explain(error, to))?;
    // What an older program wrote is not as what is asked of it here.
    Ok(schema::bring_up(to)?)
}

/// Gives a file a second name, or copies it.
pub(super) fn keep(path: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(path, kept) {
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Err(error),
        // Some file systems have no second names.
        Err(_) => {
            fs::copy(path, kept)?;
            File::open(kept)?.sync_all()
        }
        Ok(()) => Ok(()),
    }
}

fn step_by_step(
    from: &Connection,
    target: &mut Connection,
    page_bytes: u64,
    progress: &Progress,
) -> rusqlite::Result<()> {
    let backup = Backup::new(from, target)?;
    loop {
        let step = backup.step(STEP_PAGES)?;
        let now = backup.progress();
        let done = u64::try_from(now.pagecount - now.remaining).unwrap_or(0);
        progress.at(done * page_bytes);
        // Nothing locks what this reads, nor what nobody else knows: there is nothing to wait for.
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

fn explain(error: rusqlite::Error, to: &Path) -> anyhow::Error {
    let folder = parent(to).display().to_string();
    let said = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            format!(
                "the disk is full: {folder} has no room for the copy. Make room, or name a folder on another disk"
            )
        }
        Some(ErrorCode::SystemIoFailure) => {
            format!("{folder} cannot be written to. Check the disk, and quotas")
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "the database is damaged and was not copied. `teahouse verify` says where".into()
        }
        _ => format!("the copy in {folder} failed"),
    };
    anyhow::Error::new(error).context(said)
}
