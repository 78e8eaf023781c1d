//! What somebody is in a room, as the store has it: read before each decision about their rights.

use teahouse_core::rights::Membership;
use teahouse_protocol::{Level, RoomId, RoomRole, Seq, UserId};

use super::{Row, Statement, StoreError};
use crate::access::Standing;

/// One row for a room that is there.
///
/// Without an end, a mute ends with the largest number that everybody can read.
const STANDING: &str = "
    SELECT m.role, m.readable_from, m.level, m.muted,
        EXISTS (
            SELECT 1 FROM sanction s WHERE s.person = $1 AND s.kind = 'ban' AND (s.room IS NULL OR s.room = r.key)
                AND (s.until IS NULL OR s.until > $3)
        ),
        (
            SELECT max(coalesce(s.until, 9007199254740991)) FROM sanction s
            WHERE s.person = $1 AND s.kind = 'mute' AND (s.room IS NULL OR s.room = r.key)
                AND (s.until IS NULL OR s.until > $3)
        )
    FROM room r LEFT JOIN member m ON m.room = r.key AND m.person = $1 WHERE r.id = $2";

/// The question.
pub(super) fn asked(person: UserId, room: &RoomId, now: u64) -> Statement {
    Statement::new(STANDING).with(person).with(room).with(now)
}

/// The answer.
pub(super) fn read(row: &Row) -> Result<Standing, StoreError> {
    let role = row.maybe_text(0)?.map(role).transpose()?;
    let member = role.map(|role| Ok(Membership { role, readable_from: Seq(row.count(1)?) })).transpose()?;
    Ok(Standing {
        member,
        is_banned: row.flag(4)?,
        muted_until: row.maybe_count(5)?,
        level: row.maybe_text(2)?.map(level).transpose()?.unwrap_or_default(),
        has_muted: row.maybe_int(3)?.is_some_and(|muted| muted != 0),
    })
}

fn role(name: &str) -> Result<RoomRole, StoreError> {
    match name {
        "member" => Ok(RoomRole::Member),
        "moderator" => Ok(RoomRole::Moderator),
        _ => Err(StoreError::Corrupt(format!("unknown role {name} in a room").into())),
    }
}

fn level(name: &str) -> Result<Level, StoreError> {
    match name {
        "all" => Ok(Level::All),
        "mentions" => Ok(Level::Mentions),
        "nothing" => Ok(Level::Nothing),
        _ => Err(StoreError::Corrupt(format!("unknown level {name}").into())),
    }
}
