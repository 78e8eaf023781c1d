//! Rooms, who is in them, and who was sent out of them, as rows: SQL that both engines understand.

use teahouse_core::rights::Membership;
use teahouse_protocol::{Level, RoomId, RoomRole, UserId};

use super::{Row, Statement, Store, StoreError};
use crate::access::Standing;

/// A time that never comes, where one is needed for what has no end.
const NEVER: u64 = (1 << 53) - 1;

/// What a person is in a room, at this time in milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// The store's.
pub async fn standing(
    store: &dyn Store,
    person: UserId,
    room: &RoomId,
    now: u64,
) -> Result<Standing, StoreError> {
    let statement = Statement::new(
        "SELECT m.role, m.readable_from, m.level, m.muted, s.kind, s.until
         FROM room r
         LEFT JOIN member m ON m.room = r.key AND m.person = $1
         LEFT JOIN sanction s ON s.person = $1 AND (s.room IS NULL OR s.room = r.key)
             AND (s.until IS NULL OR s.until > $2)
         WHERE r.id = $3",
    );
    let statement = statement.with(person).with(now).with(room);
    let mut standing = Standing::default();
    for row in store.query(statement).await? {
        take_in(&mut standing, &row)?;
    }
    Ok(standing)
}

fn take_in(standing: &mut Standing, row: &Row) -> Result<(), StoreError> {
    if let Some(role) = row.maybe_text(0)? {
        standing.member = Some(Membership { role: role_of(role), readable_from: row.seq(1)? });
        standing.level = level_of(row.text(2)?);
        standing.has_muted = row.flag(3)?;
    }
    match row.maybe_text(4)? {
        Some("ban") => standing.is_banned = true,
        Some("mute") => {
            let until = row.maybe_count(5)?.unwrap_or(NEVER);
            standing.muted_until = standing.muted_until.max(Some(until));
        }
        _ => {}
    }
    Ok(())
}

/// A role in a room as it is kept.
#[must_use]
pub fn role_name(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Member => "member",
        RoomRole::Moderator => "moderator",
    }
}

fn role_of(name: &str) -> RoomRole {
    if name == role_name(RoomRole::Moderator) { RoomRole::Moderator } else { RoomRole::Member }
}

/// A level as it is kept.
#[must_use]
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::All => "all",
        Level::Mentions => "mentions",
        Level::Nothing => "nothing",
    }
}

fn level_of(name: &str) -> Level {
    [Level::All, Level::Nothing].into_iter().find(|level| level_name(*level) == name).unwrap_or_default()
}
