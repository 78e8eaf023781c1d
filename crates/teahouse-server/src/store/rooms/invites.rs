//! Links into rooms, as rows.

use teahouse_protocol::{Person, RoomId, UserId};

use super::person_of;
use crate::store::{Row, Statement, Store, StoreError};

/// A link into a room.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Its number.
    pub id: u64,
    /// Where it leads.
    pub room: RoomId,
    /// Who made it.
    pub by: Person,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub made: u64,
    /// Until when; none for ever.
    pub until: Option<u64>,
    /// How many may still use it; none for any number.
    pub uses_left: Option<u64>,
}

impl Invite {
    /// Whether it is good at this time.
    #[must_use]
    pub fn is_good(&self, now: u64) -> bool {
        self.until.is_none_or(|until| until > now) && self.uses_left != Some(0)
    }
}

/// Keeps a link; its code is known by its hash.
#[must_use]
pub fn add_invite(invite: &Invite, hash: [u8; 32]) -> Statement {
    Statement::new(
        "INSERT INTO invite (id, hash, room, by, made, until, uses_left)
         VALUES ($1, $2, (SELECT key FROM room WHERE id = $3), $4, $5, $6, $7)",
    )
    .with(invite.id)
    .with(hash)
    .with(&invite.room)
    .with(invite.by.id)
    .with(invite.made)
    .with(invite.until)
    .with(invite.uses_left)
    .must()
}

/// Takes one use of a link, if it is good at this time.
#[must_use]
pub fn use_invite(hash: [u8; 32], now: u64) -> Statement {
    Statement::new(
        "UPDATE invite SET uses_left = uses_left - 1 WHERE hash = $1 AND (until IS NULL OR until > $2)
            AND (uses_left IS NULL OR uses_left > 0)",
    )
    .with(hash)
    .with(now)
    .must()
}

/// Ends a link.
#[must_use]
pub fn end_invite(id: u64) -> Statement {
    Statement::new("DELETE FROM invite WHERE id = $1").with(id).must()
}

/// Ends the links that somebody made into a room.
#[must_use]
pub fn end_invites(room: &RoomId, by: UserId) -> Statement {
    Statement::new("DELETE FROM invite WHERE room = (SELECT key FROM room WHERE id = $1) AND by = $2")
        .with(room)
        .with(by)
}

/// Ends all links that somebody made.
#[must_use]
pub fn end_all(by: UserId) -> Statement {
    Statement::new("DELETE FROM invite WHERE by = $1").with(by)
}

/// Which links there are: of a room, by number, or by hash; all without any.
///
/// # Errors
/// The store's.
pub async fn invites(store: &dyn Store, which: Which<'_>) -> Result<Vec<Invite>, StoreError> {
    const FROM: &str =
        "SELECT i.id, r.id, i.made, i.until, i.uses_left, p.id, p.name, p.role, p.picture FROM invite i
         JOIN room r ON r.key = i.room JOIN person p ON p.id = i.by ";
    let statement = match which {
        Which::All => Statement::new(format!("{FROM} ORDER BY i.made DESC LIMIT 1000")),
        Which::Of(room) => {
            Statement::new(format!("{FROM} WHERE r.id = $1 ORDER BY i.made DESC LIMIT 1000")).with(room)
        }
        Which::Number(id) => Statement::new(format!("{FROM} WHERE i.id = $1")).with(id),
        Which::Hash(hash) => Statement::new(format!("{FROM} WHERE i.hash = $1")).with(hash),
    };
    let of = |row: &Row| {
        let Ok(room) = row.text(1)?.parse() else { return Ok(None) };
        let (id, made, until) = (row.count(0)?, row.count(2)?, row.maybe_count(3)?);
        Ok(Some(Invite { id, room, by: person_of(row, 5)?, made, until, uses_left: row.maybe_count(4)? }))
    };
    store.query(statement).await?.iter().filter_map(|row| of(row).transpose()).collect()
}

/// Which links are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All of the house.
    All,
    /// Those of a room.
    Of(&'a RoomId),
    /// The one of that number.
    Number(u64),
    /// The one whose code has that hash.
    Hash([u8; 32]),
}
