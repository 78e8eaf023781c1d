//! `teahouse move`: says what `keep::Move` did.

use anyhow::Context as _;
use teahouse_server::keep::{self, Move, Place, Progress};

use crate::which::say;

/// Take the house to another store: a folder, or PostgreSQL
///
/// The server has to be stopped. Cursors, tokens and links stay valid: to people it is a restart. Everything is copied, read again and compared
/// by its checksums; only then the new place can be opened, and the old one says where the house is. If it is
/// interrupted, run it again: it goes on where it ended.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A PLACE is a data folder, a postgres:// URL, or @FILE with a file that holds the URL (what is on
a command line can be read by everybody on the machine).

Examples:
  teahouse move --from data --to postgres://teahouse@db/teahouse
  teahouse move --from @/etc/teahouse/database --to data
  teahouse move --undo data         open the house where it was moved away from"
)]
pub(crate) struct MoveArgs {
    /// Where the house is
    #[arg(long, value_name = "PLACE", required_unless_present = "undo")]
    from: Option<Place>,
    /// Where it goes: an empty place
    #[arg(long, value_name = "PLACE", required_unless_present = "undo")]
    to: Option<Place>,
    /// Use the house again where it was moved away from
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["from", "to", "force"])]
    undo: Option<Place>,
    /// Put aside what is in the new place: a folder's database is kept under a name with the date
    #[arg(long)]
    force: bool,
    /// Say nothing unless it fails, or an old database was put aside
    #[arg(long, short)]
    quiet: bool,
}

/// Moves, or undoes it.
///
/// # Errors
/// One sentence each: a server that runs, a place that is not empty, damage, a store that fails.
pub(crate) fn moving(args: &MoveArgs) -> anyhow::Result<()> {
    if let Some(place) = &args.undo {
        let place = place.clone().whole();
        let other = keep::undo(&place)?;
        let said = format!(
            "{place} can be opened again. The house is in {other}, too, and what is said in one is not in the other: \
             use one of them."
        );
        return say(args.quiet, &said);
    }
    let place = |place: &Option<Place>| place.clone().map(Place::whole).context("--from and --to are needed");
    let moving = Move { from: place(&args.from)?, to: place(&args.to)?, force: args.force };
    let moved = moving.run(&Progress::to_stderr(args.quiet))?;
    for note in &moved.notes {
        say(false, note)?;
    }
    let start = match &moving.to {
        Place::Database(_) => format!("TEAHOUSE_DATABASE={} teahouse (with its password)", moving.to),
        _ => format!("teahouse --data {}", moving.to),
    };
    say(
        args.quiet,
        &format!(
            "{}: {}. It equals {} by every checksum; a server does not open that one any more.\nStart it here: \
             {start}",
            moving.to,
            moved.survey.sentence(),
            moving.from
        ),
    )
}
