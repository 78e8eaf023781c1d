//! How far whoever makes something of the logs has come with each room: SQL that both engines understand.

use teahouse_protocol::{RoomId, Seq};

use super::{Commit, Committed, Statement, Store, StoreError};

/// A room whose log goes further than a follower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The room.
    pub room: RoomId,
    /// Everything up to this number is done; none if nothing ever was.
    pub done: Option<Seq>,
    /// The last number of its log.
    pub head: Seq,
}

/// The room if its log goes further than the follower of that name.
///
/// # Errors
/// The store's.
pub async fn pending_in(store: &dyn Store, name: &str, room: &RoomId) -> Result<Option<Pending>, StoreError> {
    let one = Statement::new(
        "SELECT r.id, f.seq, r.head FROM room r LEFT JOIN follower f ON f.room = r.key AND f.name = $1
         WHERE r.id = $2 AND r.head > coalesce(f.seq, 0)",
    );
    Ok(found(store, one.with(name).with(room)).await?.pop())
}

/// Some rooms, at most `limit`, whose logs go further than the follower of that name. The house's own is none.
///
/// # Errors
/// The store's.
pub async fn pending(store: &dyn Store, name: &str, limit: u32) -> Result<Vec<Pending>, StoreError> {
    let all = Statement::new(
        "SELECT r.id, f.seq, r.head FROM room r LEFT JOIN follower f ON f.room = r.key AND f.name = $1
         WHERE r.head > coalesce(f.seq, 0) AND substr(r.id, 1, 1) <> '_' ORDER BY r.key LIMIT $2",
    );
    found(store, all.with(name).with(limit)).await
}

async fn found(store: &dyn Store, statement: Statement) -> Result<Vec<Pending>, StoreError> {
    let rows = store.query(statement).await?;
    let pending = rows.iter().map(|row| {
        let room = row.text(0)?;
        let room = room.parse().map_err(|_| StoreError::Corrupt(format!("unknown room {room}").into()))?;
        Ok(Pending { room, done: row.maybe_count(1)?.map(Seq), head: row.seq(2)? })
    });
    pending.collect()
}

/// Says that a follower is done with everything up to `to`, if it was done up to `from` so far: whoever came
/// first on another node has the rest of the commit refused.
#[must_use]
pub fn advance(name: &str, room: &RoomId, from: Option<Seq>, to: Seq) -> Statement {
    let statement = match from {
        None => {
            "INSERT INTO follower (name, room, seq) SELECT CAST($1 AS text), key, CAST($3 AS bigint) FROM room WHERE id = $2"
        }
        Some(_) => {
            "UPDATE follower SET seq = $3
             WHERE name = $1 AND room = (SELECT key FROM room WHERE id = $2) AND seq = $4"
        }
    };
    let statement = Statement::new(statement).with(name).with(room).with(to).must();
    match from {
        None => statement,
        Some(from) => statement.with(from),
    }
}

/// A follower that never was here begins at the ends of all logs; says whether it was here before.
///
/// # Errors
/// The store's.
pub async fn begin_at_heads(store: &dyn Store, name: &str) -> Result<bool, StoreError> {
    let known = Statement::new("SELECT name FROM follower WHERE name = $1 LIMIT 1").with(name);
    if !store.query(known).await?.is_empty() {
        return Ok(true);
    }
    let begin = Statement::new(
        "INSERT INTO follower (name, room, seq) SELECT CAST($1 AS text), key, head FROM room
         WHERE NOT EXISTS (SELECT 1 FROM follower WHERE name = $1)",
    );
    // Of two nodes that start at once the second finds the rows of the first.
    Ok(matches!(store.commit(Commit::new().then(begin.with(name).must())).await?, Committed::Refused(_)))
}
