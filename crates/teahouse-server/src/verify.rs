//! `teahouse verify`: prints what `keep::verify` found.

use anyhow::bail;
use teahouse_server::keep::{self, Place, Progress};

use crate::which::{Which, say};

/// Check everything that is stored, while the house is open or not
///
/// Changes nothing. Reads all pages and all rows at one moment: no number is missing in a room, every message is counted and found
/// by its id, everything that is named is there. Ends with 1 if anything is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  teahouse verify                              the house in ./data
  teahouse verify house.db                     a backup
  teahouse verify --database postgres://…      a house in PostgreSQL")]
pub(crate) struct VerifyArgs {
    /// A backup
    #[arg(value_name = "FILE", conflicts_with_all = ["data", "database"])]
    file: Option<Place>,
    #[command(flatten)]
    which: Which,
    /// A PostgreSQL database: its URL, or @FILE with a file that holds it
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    database: Option<Place>,
    /// Say nothing unless something is wrong
    #[arg(long, short)]
    quiet: bool,
}

/// Checks and tells.
///
/// # Errors
/// If the house cannot be read, or something is wrong with it.
pub(crate) fn verify(args: &VerifyArgs) -> anyhow::Result<()> {
    let place = match args.file.as_ref().or(args.database.as_ref()) {
        Some(place) => place.clone(),
        None => args.which.place()?,
    };
    let survey = keep::verify(&place, &Progress::to_stderr(args.quiet))?;
    say(args.quiet, &format!("{}: {}\n\n{}", survey.place, survey.sentence(), survey.table()))?;
    if let Some(note) = &survey.note {
        say(args.quiet, &format!("\nTo know: {note}."))?;
    }
    if survey.faults.is_empty() {
        return say(args.quiet, "\nNo fault was found.");
    }
    say(false, &format!("\nFaults:\n  {}\n", survey.faults.join("\n  ")))?;
    bail!("{place} is damaged. Keep a copy of it, and restore a backup that has no fault")
}
