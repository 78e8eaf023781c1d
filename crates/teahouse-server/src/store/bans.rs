//! Bans of the house, as rows. A ban that has ended is as one that is not there.

use teahouse_protocol::{Person, RoomId, UserId};

use super::rooms::person_of;
use super::{Row, Statement, Store, StoreError};

/// Who has to stay out of the house, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBan {
    /// Its number.
    pub id: u64,
    /// Who; at least one of person and range is there.
    pub person: Option<Person>,
    /// Which addresses.
    pub range: Option<String>,
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    pub until: Option<u64>,
    /// Why, as who did it says.
    pub reason: String,
    /// Who did it; none from the terminal.
    pub by: Option<Person>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// A ban to be made.
#[derive(Debug, Clone)]
pub struct NewBan<'a> {
    /// Its number.
    pub id: u64,
    /// Who.
    pub person: Option<UserId>,
    /// Which addresses.
    pub range: Option<&'a str>,
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    pub until: Option<u64>,
    /// Why.
    pub reason: &'a str,
    /// Who does it; the id that nobody has for the terminal.
    pub by: UserId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// The bans of the house that hold at this time, the newest first.
///
/// # Errors
/// The store's.
pub async fn bans(store: &dyn Store, now: u64) -> Result<Vec<StoredBan>, StoreError> {
    let statement = Statement::new(
        "SELECT s.id, s.range, s.until, s.reason, s.at, p.id, p.name, p.role, p.picture,
                b.id, b.name, b.role, b.picture
         FROM sanction s LEFT JOIN person p ON p.id = s.person LEFT JOIN person b ON b.id = s.by
         WHERE s.kind = 'ban' AND s.room IS NULL AND (s.until IS NULL OR s.until > $1)
         ORDER BY s.at DESC, s.id DESC",
    );
    let ban = |row: &Row| {
        Ok(StoredBan {
            id: row.count(0)?,
            range: row.maybe_text(1)?.map(str::to_owned),
            until: row.maybe_count(2)?,
            reason: row.text(3)?.to_owned(),
            at: row.count(4)?,
            person: person_at(row, 5)?,
            by: person_at(row, 9)?,
        })
    };
    store.query(statement.with(now)).await?.iter().map(ban).collect()
}

/// Keeps a ban; the one before of the same person and range ends with it.
#[must_use]
pub fn put(ban: &NewBan<'_>) -> [Statement; 2] {
    let before = Statement::new(
        "DELETE FROM sanction WHERE kind = 'ban' AND room IS NULL
         AND person IS NOT DISTINCT FROM $1 AND range IS NOT DISTINCT FROM $2",
    );
    let put = Statement::new(
        "INSERT INTO sanction (id, kind, room, person, range, until, reason, by, at)
         VALUES ($1, 'ban', NULL, $2, $3, $4, $5, $6, $7)",
    );
    let put = put.with(ban.id).with(ban.person).with(ban.range).with(ban.until);
    [before.with(ban.person).with(ban.range), put.with(ban.reason).with(ban.by).with(ban.at)]
}

/// Ends a ban; says no if there is none of that number.
#[must_use]
pub fn lift(id: u64) -> Statement {
    Statement::new("DELETE FROM sanction WHERE id = $1 AND kind = 'ban' AND room IS NULL").with(id).must()
}

/// Says no unless the person is there and has that role.
#[must_use]
pub fn has_role(person: &Person) -> Statement {
    Statement::new("SELECT id FROM person WHERE id = $1 AND coalesce(role, '') = $2 AND erased IS NULL")
        .with(person.id)
        .with(person.role.map_or("", super::columns::role_name))
        .must()
}

/// The rooms that a person is a member of.
///
/// # Errors
/// The store's.
pub async fn rooms_of(store: &dyn Store, person: UserId) -> Result<Vec<RoomId>, StoreError> {
    let statement = Statement::new(
        "SELECT r.id FROM member m JOIN room r ON r.key = m.room WHERE m.person = $1 ORDER BY r.key",
    );
    let rows = store.query(statement.with(person)).await?;
    rows.iter().map(|row| room_at(row, 0)).collect()
}

/// The person whose id, name, role and picture stand from this column on; nobody if the id is nothing.
pub(super) fn person_at(row: &Row, column: usize) -> Result<Option<Person>, StoreError> {
    row.maybe_id(column)?.map(|_| person_of(row, column)).transpose()
}

/// The room whose id stands in this column.
pub(super) fn room_at(row: &Row, column: usize) -> Result<RoomId, StoreError> {
    let id = row.text(column)?;
    id.parse().map_err(|_| StoreError::Corrupt(format!("{id:?} is no room's id").into()))
}
