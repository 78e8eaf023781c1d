//! Who did what to whom, as rows. Lines are written by whoever commits what they tell of; here they are read.

use teahouse_protocol::{Person, RoomId};

use super::bans::{person_at, room_at};
use super::{Row, Statement, Store, StoreError};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number; a later one is higher.
    pub id: u64,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// Who did it; none from the terminal.
    pub by: Option<Person>,
    /// What.
    pub action: String,
    /// To whom.
    pub person: Option<Person>,
    /// Where.
    pub room: Option<RoomId>,
    /// What else is known of it, as JSON.
    pub detail: String,
}

/// The last lines below a number, the newest first.
///
/// # Errors
/// The store's.
pub async fn before(store: &dyn Store, id: u64, limit: u32) -> Result<Vec<Line>, StoreError> {
    let statement = Statement::new(
        "SELECT a.id, a.at, a.action, a.detail, r.id, b.id, b.name, b.role, b.picture,
                p.id, p.name, p.role, p.picture
         FROM audit a LEFT JOIN room r ON r.key = a.room
         LEFT JOIN person b ON b.id = a.by LEFT JOIN person p ON p.id = a.about
         WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2",
    );
    let line = |row: &Row| {
        Ok(Line {
            id: row.count(0)?,
            at: row.count(1)?,
            action: row.text(2)?.to_owned(),
            detail: row.text(3)?.to_owned(),
            room: row.maybe_text(4)?.map(|_| room_at(row, 4)).transpose()?,
            by: person_at(row, 5)?,
            person: person_at(row, 9)?,
        })
    };
    store.query(statement.with(id).with(limit)).await?.iter().map(line).collect()
}
