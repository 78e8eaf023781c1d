//! What copies and checks whole houses: the commands `backup`, `restore`, `verify` and `move`.
//!
//! A house is read here as rows in one order that is the same in every kind of store, at one moment. Nothing
//! here serves anybody, and all of it waits on the thread of whoever calls.

// What is copied and compared: rows, in which order, and their checksum.
mod digest;
mod part;
mod rows;
// Where houses are, and how a tool opens one.
mod open;
mod place;
mod postgres;
mod sqlite;
// What is wrong with a house, and what two houses have in common.
mod log;
mod survey;
// The commands.
mod backup;
mod moving;
mod restore;
// Files that appear whole or not at all.
mod file;
// What people see meanwhile.
mod progress;
mod words;

pub use backup::{Backup, Kept};
pub use moving::{Move, Moved, undo};
pub use place::Place;
pub use progress::Progress;
pub use restore::{Restore, Restored, renew};
pub use survey::{RoomSurvey, Survey};

/// Checks a whole house, while a server runs on it or not. Changes nothing.
///
/// # Errors
/// When it cannot be read at all; what is wrong with it is in the [`Survey`].
pub fn verify(place: &Place, progress: &Progress) -> anyhow::Result<Survey> {
    let mut house = open::read(place)?;
    survey::survey(&mut *house, progress)
}
