//! Single messages of a room's log, as rows.

use teahouse_protocol::{RoomId, Seq, UserId};

use crate::store::{Statement, Store, StoreError};

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
