//! Takes the beginning of a log away, where a room keeps its messages for some days only.
//!
//! What was sent stays known by its `cid`: who sends it once more gets the first answer, and nothing comes back.

use teahouse_protocol::{RoomId, Seq};

use super::{Commit, Committed, Statement, Store, StoreError};

/// Most events that one transaction takes away: nobody writes to the room meanwhile.
const EXPIRED_MAX: u64 = 1_000;

/// Says how far, and takes the room's row. The first event that is young enough ends it, whatever comes after; where
/// none is seen, the last one that is: the head may be further by now.
pub(super) const RAISE: &str = "
    UPDATE room SET oldest = (
        SELECT coalesce(min(seq) FILTER (WHERE at >= $2), max(seq) + 1) FROM (
            SELECT e.seq, e.at FROM event e WHERE e.room = room.key AND e.seq >= room.oldest
            ORDER BY e.seq LIMIT $3
        ) first
    )
    WHERE id = $1 AND EXISTS (SELECT 1 FROM event e WHERE e.room = room.key AND e.seq = room.oldest AND e.at < $2)
    RETURNING oldest";

/// Who and when goes to where the `cid` is.
pub(super) const REMEMBER: &str = "
    UPDATE cid SET by = e.by, at = e.at FROM event e
    WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq < (SELECT oldest FROM room WHERE id = $1)
        AND cid.room = e.room AND cid.cid = e.cid";

/// What stands beside the messages that go.
pub(super) const BESIDE: [&str; 3] = [
    "DELETE FROM version WHERE room = (SELECT key FROM room WHERE id = $1) AND target IN (
        SELECT e.seq FROM room r JOIN event e ON e.room = r.key AND e.seq < r.oldest WHERE r.id = $1)",
    "DELETE FROM reaction WHERE room = (SELECT key FROM room WHERE id = $1) AND target IN (
        SELECT e.seq FROM room r JOIN event e ON e.room = r.key AND e.seq < r.oldest WHERE r.id = $1)",
    "DELETE FROM pin WHERE room = (SELECT key FROM room WHERE id = $1) AND target IN (
        SELECT e.seq FROM room r JOIN event e ON e.room = r.key AND e.seq < r.oldest WHERE r.id = $1)",
];

pub(super) const REMOVE: &str = "
    DELETE FROM event
    WHERE room = (SELECT key FROM room WHERE id = $1) AND seq < (SELECT oldest FROM room WHERE id = $1)";

/// The rooms that keep their messages for some days only, and for how many.
///
/// # Errors
/// The store's.
pub async fn rooms(store: &dyn Store) -> Result<Vec<(RoomId, u64)>, StoreError> {
    let all = "SELECT id, keep_days FROM room WHERE keep_days IS NOT NULL";
    let rows = store.query(Statement::new(all)).await?;
    let room =
        |text: &str| text.parse().map_err(|_| StoreError::Corrupt(format!("unknown room {text}").into()));
    rows.iter().map(|row| Ok((room(row.text(0)?)?, row.count(1)?))).collect()
}

/// Takes away some events from the beginning of the room's log, which were accepted before that time in milliseconds
/// since 1970-01-01 UTC; says which one is the oldest then. None if there is nothing to take away.
///
/// # Errors
/// The store's.
pub async fn expire(store: &dyn Store, room: &RoomId, before: u64) -> Result<Option<Seq>, StoreError> {
    let raise = Statement::new(RAISE).with(room).with(before).with(EXPIRED_MAX).must();
    let rest = [REMEMBER].into_iter().chain(BESIDE).chain([REMOVE]);
    let rest = rest.map(|sql| Statement::new(sql).with(room));
    let commit = rest.fold(Commit::new().then(raise), Commit::then).redacts();
    match store.commit(commit).await? {
        Committed::Refused(_) => Ok(None),
        Committed::Done { rows, .. } => {
            rows.first().and_then(|rows| rows.first()).map(|row| row.seq(0)).transpose()
        }
    }
}
