//! Single messages of a room's log, as rows.

use teahouse_protocol::{RoomId, Seq, UserId};

use crate::store::{Row, Statement, Store, StoreError};

/// Who wrote a message that still has its text, and what.
///
/// # Errors
/// The store's.
pub async fn message(
    store: &dyn Store,
    room: &RoomId,
    seq: Seq,
) -> Result<Option<(UserId, String)>, StoreError> {
    let statement = Statement::new(
        "SELECT e.by, e.text FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2
            AND e.n IS NOT NULL AND e.text IS NOT NULL",
    );
    let rows = store.query(statement.with(room).with(seq)).await?;
    rows.first().map(|row| Ok((row.person(0)?, row.text(1)?.to_owned()))).transpose()
}

/// What is kept in view in a room, in the order in which it was put there.
///
/// # Errors
/// The store's.
pub async fn pinned(store: &dyn Store, room: &RoomId) -> Result<Vec<Seq>, StoreError> {
    let statement = Statement::new(
        "SELECT i.target FROM pin i WHERE i.room = (SELECT key FROM room WHERE id = $1) ORDER BY i.seq",
    );
    store.query(statement.with(room)).await?.iter().map(|row| row.seq(0)).collect()
}

/// A message and what replies to it, and to that, and so on: at most `limit` of those after a number, in order.
///
/// # Errors
/// The store's.
pub async fn chain(
    store: &dyn Store,
    room: &RoomId,
    seq: Seq,
    after: Seq,
    limit: u32,
) -> Result<Vec<Seq>, StoreError> {
    let statement = Statement::new(
        "WITH RECURSIVE chain (room, seq) AS (
            SELECT e.room, e.seq FROM event e
            WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2 AND e.n IS NOT NULL
            UNION ALL
            SELECT e.room, e.seq FROM chain c JOIN event e
                ON e.room = c.room AND e.target = c.seq AND e.kind = 'message' AND e.target IS NOT NULL
         )
         SELECT seq FROM chain WHERE seq > $3 ORDER BY seq LIMIT $4",
    );
    let statement = statement.with(room).with(seq).with(after).with(limit);
    store.query(statement).await?.iter().map(|row| row.seq(0)).collect()
}

/// What a message said before it was edited.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Version {
    /// What.
    pub text: String,
    /// When it was written, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// The event that wrote it.
    pub seq: Seq,
}

/// What a message said before it was edited, oldest first.
///
/// # Errors
/// The store's.
pub async fn versions(store: &dyn Store, room: &RoomId, seq: Seq) -> Result<Vec<Version>, StoreError> {
    let statement = Statement::new(
        "SELECT v.text, v.at, v.seq FROM version v
         WHERE v.room = (SELECT key FROM room WHERE id = $1) AND v.target = $2 ORDER BY v.seq",
    );
    let rows = store.query(statement.with(room).with(seq)).await?;
    let version =
        |row: &Row| Ok(Version { text: row.text(0)?.to_owned(), at: row.count(1)?, seq: row.seq(2)? });
    rows.iter().map(version).collect()
}

/// The first event at or after a time in milliseconds since 1970-01-01 UTC, of those from a number on; the head if
/// there is none. Halves what is left again and again, since times go up with numbers.
///
/// # Errors
/// The store's.
pub async fn at(store: &dyn Store, room: &RoomId, ms: u64, from: Seq) -> Result<Seq, StoreError> {
    let statement = Statement::new(
        "WITH RECURSIVE look (room, head, low, high) AS (
            SELECT r.key, r.head, CASE WHEN r.oldest > $2 THEN r.oldest ELSE $2 END, r.head + 1
            FROM room r WHERE r.id = $1
            UNION ALL
            SELECT l.room, l.head, CASE WHEN e.at < $3 THEN e.seq + 1 ELSE l.low END,
                CASE WHEN e.at < $3 THEN l.high ELSE e.seq END
            FROM look l JOIN event e ON e.room = l.room AND e.seq = (l.low + l.high) / 2
            WHERE l.low < l.high
         )
         SELECT CASE WHEN low > head THEN head ELSE low END FROM look WHERE low >= high",
    );
    let rows = store.query(statement.with(room).with(from).with(ms)).await?;
    rows.first().map_or(Ok(Seq::ZERO), |row| row.seq(0))
}

/// Who wrote a message, also one that is gone.
///
/// # Errors
/// The store's.
pub async fn author(store: &dyn Store, room: &RoomId, seq: Seq) -> Result<Option<UserId>, StoreError> {
    let statement = Statement::new(
        "SELECT e.by FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2
            AND e.n IS NOT NULL",
    );
    let rows = store.query(statement.with(room).with(seq)).await?;
    rows.first().map(|row| row.person(0)).transpose()
}
