//! Which house a command is about: the one that a server would open, started in the same folder.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use teahouse_server::config::{Config, Given};
use teahouse_server::keep::Place;

/// The house of this folder's configuration, or another.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The data folder of the house [env: TEAHOUSE_DATA] [default: ./data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A file with settings [default: ./teahouse.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "TEAHOUSE_CONFIG")]
    config: Option<PathBuf>,
}

impl Which {
    /// Where the house is.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn place(&self) -> anyhow::Result<Place> {
        let given = Given { data: self.data.clone(), ..Given::default() };
        let config = Config::load(self.config.as_deref(), given)?;
        Ok(match config.database {
            // Whoever names a folder means it.
            Some(database) if self.data.is_none() => database.into(),
            _ => Place::Folder(config.data),
        })
    }

    /// The data folder of the house.
    ///
    /// # Errors
    /// What is wrong with the configuration, or that the house is not in a folder.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        match self.place()? {
            Place::Folder(folder) | Place::File(folder) => Ok(folder),
            database @ Place::Database(_) => bail!(
                "the house is in {database}. Use PostgreSQL's own tools for it: pg_dump or pg_basebackup, and after \
                 pg_restore `teahouse restore --database URL`. A folder is named with --data"
            ),
        }
    }
}

/// Writes lines to standard output, unless nobody wants to read them.
pub(crate) fn say(quiet: bool, lines: &str) -> anyhow::Result<()> {
    if !quiet {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", lines.trim_end())?;
        out.flush()?;
    }
    Ok(())
}
