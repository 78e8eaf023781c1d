//! The data folder: whose it is, which files are in it, and whether they are still the same.
//!
//! SQLite does not notice when its files are deleted under it: it would go on writing to files without
//! a name and lose them at the next start. So the writer asks here before it begins and before it answers.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use super::fault::OpenError;
use crate::store::StoreError;

/// The names of the files.
const DATABASE: &str = "teahouse.db";
const WAL: &str = "teahouse.db-wal";
const SHM: &str = "teahouse.db-shm";
const LOCK: &str = "teahouse.lock";

/// The right to use a data folder, for as long as it lives.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it is not enough: a program that is being started has a copy of the file until it runs.
        let _ = self.0.unlock();
    }
}

/// Makes the folder and an empty database if they are not there, and takes the folder for this process.
pub(crate) fn take(folder: &Path) -> Result<Lock, OpenError> {
    let lock = lock(folder)?;
    let database = database(folder);
    private().truncate(false).open(&database).map_err(failed(&database))?;
    // The names of new files have to survive a power cut too.
    sync(folder).map_err(failed(folder))?;
    Ok(lock)
}

/// Makes the folder if it is not there, and takes it for this process.
pub(crate) fn lock(folder: &Path) -> Result<Lock, OpenError> {
    // Passwords and tokens are in it as hashes only, but it is nobody else's business.
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
    let path = folder.join(LOCK);
    let file = private().truncate(false).open(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
    }
}

/// Where the database is.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The files that were opened, by what the system knows them by.
#[derive(Debug, Clone)]
pub(super) struct Files {
    folder: PathBuf,
    database: Known,
    wal: Known,
}

#[derive(Debug, Clone)]
struct Known {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl Files {
    /// The files as they are now. A connection has to have used the database, or there is no WAL.
    pub(super) fn seen(folder: &Path) -> io::Result<Self> {
        let known = |name: &str| {
            let path = folder.join(name);
            identity(&path).map(|identity| Known { path, identity })
        };
        Ok(Self { folder: folder.to_owned(), database: known(DATABASE)?, wal: known(WAL)? })
    }

    /// Where the database is.
    pub(super) fn database(&self) -> &Path {
        &self.database.path
    }

    /// Says whether they are still those that were opened.
    ///
    /// A file that is gone may come back: `Down`. Another one in its place is another history: `Corrupt`.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.check_database()?;
        self.wal.check()
    }

    /// The same for the database alone, which is for those who open it again.
    pub(super) fn check_database(&self) -> Result<(), StoreError> {
        self.database.check()
    }

    /// The files after the database was opened again: SQLite makes a new WAL if nobody had it open.
    pub(super) fn seen_again(&self) -> Result<Self, StoreError> {
        self.check_database()?;
        Self::seen(&self.folder)
            .map_err(|error| StoreError::Down(format!("{}: {error}", self.folder.display()).into()))
    }
}

impl Known {
    fn check(&self) -> Result<(), StoreError> {
        let path = self.path.display();
        match identity(&self.path) {
            Ok(now) if now == self.identity => Ok(()),
            Ok(_) => {
                let said = format!("{path} was replaced while the server ran. Start the server again.");
                Err(StoreError::Corrupt(said.into()))
            }
            Err(error) => {
                let said = format!("{path}: {error}. Put it back, or stop and restore a backup.");
                Err(StoreError::Down(said.into()))
            }
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Gives a file in a folder to whoever the folder belongs to: a command may run as root, for a server that does
/// not.
pub(crate) fn hand_over(file: &Path, folder: &Path) -> io::Result<()> {
    let (file_of, folder_of) = (fs::metadata(file)?, fs::metadata(folder)?);
    if file_of.uid() == folder_of.uid() {
        return Ok(());
    }
    match chown(file, Some(folder_of.uid()), Some(folder_of.gid())) {
        // Whoever shares a folder by their group cannot give anything away.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

/// The same for what is in a data folder now.
pub(crate) fn hand_over_all(folder: &Path) -> io::Result<()> {
    let files = [DATABASE, WAL, SHM, LOCK].map(|name| folder.join(name));
    files.iter().filter(|file| file.exists()).try_for_each(|file| hand_over(file, folder))
}

/// How a file is opened, or made, that is nobody else's business.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

fn failed(path: &Path) -> impl Fn(io::Error) -> OpenError + use<> {
    let path = path.to_owned();
    move |source| OpenError::Folder { path: path.clone(), source }
}
