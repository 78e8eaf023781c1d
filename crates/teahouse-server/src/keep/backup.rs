//! `teahouse backup`: one consistent file, while the server runs or not.
//!
//! SQLite's online backup in steps, inside one transaction that reads: with the write-ahead log that is one
//! moment for the whole copy, so writes neither wait for it nor make it begin again. `VACUUM INTO` would give
//! a smaller file, but cannot say how far it is and sorts every row on the way.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail, ensure};

use super::file::{Beside, copy, parent, taken};
use super::progress::Progress;
use super::sqlite::SqliteHouse;
use super::survey::{Survey, survey};
use super::{open, words};
use crate::store::mark::Mark;

/// What is to be copied to where.
#[derive(Debug)]
pub struct Backup {
    /// The data folder.
    pub data: PathBuf,
    /// A file, or a folder that gets one with the time in its name; none is the folder where one is.
    pub to: Option<PathBuf>,
    /// Whether a file that is there already is replaced.
    pub force: bool,
}

/// A backup that was made and checked.
#[derive(Debug)]
pub struct Kept {
    /// The file.
    pub file: PathBuf,
    /// What is in it.
    pub survey: Survey,
}

impl Backup {
    /// Makes the backup and checks it.
    ///
    /// # Errors
    /// If there is no house, the name is taken, the disk is full, or what was read is damaged. Nothing is left
    /// of a backup that did not come about.
    pub fn run(&self, progress: &Progress) -> anyhow::Result<Kept> {
        let file = self.file();
        ensure!(parent(&file).is_dir(), "there is no folder {}. Make it first", parent(&file).display());
        if file.exists() && !self.force {
            bail!(taken(&file));
        }
        let mut house = SqliteHouse::read_folder(&self.data)?;
        if let Some(Mark::Unfinished { from, .. }) = open::mark(&mut house)? {
            bail!("{} has only a part of the house in {from}: back up that one", self.data.display());
        }
        // Of backups that were killed; if it cannot be done now, it is done another time.
        let _ = Beside::sweep(parent(&file), "teahouse-", ".db.part");
        let beside = Beside::new(&file, ".part")?;
        copy(house.connection(), beside.path(), progress)?;
        drop(house);
        let mut survey = survey(&mut SqliteHouse::read_file(beside.path())?, progress)?;
        if let Some(first) = survey.faults.first() {
            bail!(
                "the backup was not kept, because the house is damaged: {first}. `teahouse verify --data {}` names \
                 everything; go back to an older backup",
                self.data.display()
            );
        }
        if self.force { beside.replace() } else { beside.appear() }.context("the backup was not kept")?;
        survey.place = file.display().to_string();
        Ok(Kept { file, survey })
    }

    fn file(&self) -> PathBuf {
        let named = format!("teahouse-{}.db", words::stamp(SystemTime::now()));
        match &self.to {
            None => named.into(),
            Some(to) if to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/") => to.join(named),
            Some(to) => Path::new(to).to_owned(),
        }
    }
}
