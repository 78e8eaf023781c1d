//! `teahouse backup`: says what `keep::Backup` did.

use std::path::PathBuf;

use teahouse_server::keep::{Backup, Progress};

use crate::which::{Which, say};

/// Copy the house into one file, while it is open or not
///
/// What is copied is one consistent moment, and it is checked at the end. The file is a plain SQLite database that any tool opens. Put it where the disk of the house cannot take it along.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  teahouse backup                          ./teahouse-DATE.db
  teahouse backup --to /backups            /backups/teahouse-DATE.db
  teahouse backup --to house.db --force    replace yesterday's, once the new one is whole

Back again: teahouse restore FILE. A house in PostgreSQL is backed up by PostgreSQL's own tools.")]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    which: Which,
    /// The file, or a folder for a file with the date in its name [default: the folder you are in]
    #[arg(long, value_name = "FILE OR FOLDER")]
    to: Option<PathBuf>,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
    /// Say nothing unless it fails
    #[arg(long, short)]
    quiet: bool,
}

/// Makes the backup.
///
/// # Errors
/// One sentence each: no house, a name that is taken, a full disk, damage.
pub(crate) fn backup(args: &BackupArgs) -> anyhow::Result<()> {
    let backup = Backup { data: args.which.folder()?, to: args.to.clone(), force: args.force };
    let kept = backup.run(&Progress::to_stderr(args.quiet))?;
    say(
        args.quiet,
        &format!("{}: {}. It was read again and has no fault.", kept.file.display(), kept.survey.sentence()),
    )?;
    let files = args.which.folder()?.join("files");
    if files.is_dir() {
        // Bytes that never change: any tool copies them, and only what is new.
        say(
            args.quiet,
            &format!("The files that people sent are not in it: copy {}, too.", files.display()),
        )?;
    }
    match &kept.survey.note {
        // Also where nobody looks: a nightly copy of a house that is elsewhere now is worth nothing.
        Some(note) => say(false, &format!("To know: {note}.")),
        None => Ok(()),
    }
}
