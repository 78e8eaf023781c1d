//! `teahouse restore`: says what `keep::Restore` did.

use std::path::PathBuf;

use anyhow::Context as _;
use teahouse_server::keep::{self, Place, Progress, Restore};

use crate::which::{Which, say};

/// Make a backup the house
///
/// The server has to be stopped. The backup is checked first. Clients that have seen more than it holds are told so and begin anew, so that two
/// histories are never mixed. If it is interrupted, the folder has the old house or the new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  teahouse restore teahouse-2026-11-22T193335Z.db           into ./data, which has to be empty
  teahouse restore house.db --data /srv/teahouse --force    the old database is kept beside the new one
  teahouse restore --database postgres://…                  after pg_restore")]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE", required_unless_present = "database")]
    file: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Finish what PostgreSQL's own tools restored in this database: check it, and give every room a new epoch.
    /// Its URL, or @FILE with a file that holds it
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "data", "force"])]
    database: Option<Place>,
    /// Put the database aside that is there already; it is kept under a name with the date
    #[arg(long)]
    force: bool,
    /// Say nothing unless it fails, or an old database was put aside
    #[arg(long, short)]
    quiet: bool,
}

/// What it means to clients.
const RENEWED: &str = "Every room has a new epoch: clients that saw more begin anew.";

/// Restores.
///
/// # Errors
/// One sentence each: a server that runs, a folder that is not empty, a backup that is damaged, a full disk.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let progress = Progress::to_stderr(args.quiet);
    if let Some(database) = &args.database {
        let survey = keep::renew(database, &progress)?;
        return say(args.quiet, &format!("{}: {}. {RENEWED}", survey.place, survey.sentence()));
    }
    let file = args.file.clone().context("a backup is needed")?;
    let restore = Restore { file, data: args.which.folder()?, force: args.force };
    let restored = restore.run(&progress)?;
    if let Some(kept) = &restored.kept {
        say(false, &format!("The old database is kept: {}", kept.display()))?;
    }
    let survey = &restored.survey;
    say(
        args.quiet,
        &format!("{}: {}, as in {}. {RENEWED}", survey.place, survey.sentence(), restore.file.display()),
    )
}
