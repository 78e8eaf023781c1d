//! How much there is in the house: figures and the list of its rooms, as rows. No message is read.

use teahouse_protocol::{RoomId, RoomNow};

use super::rooms::now_of;
use super::{Row, Statement, Store, StoreError};

/// A room as the house's moderators see it, who may not read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomFigures {
    /// Its id.
    pub id: RoomId,
    /// What it is for everybody.
    pub now: RoomNow,
    /// How many are members.
    pub people: u64,
    /// How many messages were ever written.
    pub n: u64,
    /// Bytes of the texts that are kept.
    pub bytes: u64,
    /// When something happened last, in milliseconds since 1970-01-01 UTC.
    pub last_at: Option<u64>,
}

/// Every room, the one where something happened last first.
///
/// # Errors
/// The store's.
pub async fn rooms(store: &dyn Store) -> Result<Vec<RoomFigures>, StoreError> {
    let statement = Statement::new(
        "SELECT r.id, r.n, r.slug, r.name, r.topic, r.read, r.write, r.call, r.history, r.slow_s, r.keep_days,
            r.direct, r.archived, (SELECT count(*) FROM member m WHERE m.room = r.key),
            (SELECT CAST(coalesce(sum(octet_length(e.text)), 0) AS bigint) FROM event e WHERE e.room = r.key),
            (SELECT e.at FROM event e WHERE e.room = r.key AND e.seq = r.head)
         FROM room r ORDER BY r.key LIMIT 1000",
    );
    let rows = store.query(statement).await?;
    let rooms = rows.iter().map(room).collect::<Result<Vec<_>, _>>()?;
    let mut rooms: Vec<_> = rooms.into_iter().flatten().collect();
    rooms.sort_by_key(|room| std::cmp::Reverse(room.last_at));
    Ok(rooms)
}

/// None for what is no room of people.
fn room(row: &Row) -> Result<Option<RoomFigures>, StoreError> {
    let Some(id) = row.text(0)?.parse::<RoomId>().ok().filter(|id| !id.is_inner() && *id != RoomId::lab())
    else {
        return Ok(None);
    };
    Ok(Some(RoomFigures {
        id,
        n: row.count(1)?,
        now: now_of(row, 2)?,
        people: row.count(13)?,
        bytes: row.count(14)?,
        last_at: row.maybe_count(15)?,
    }))
}

/// How many events were ever stored, and how many rooms there are.
///
/// # Errors
/// The store's.
pub async fn counts(store: &dyn Store) -> Result<(u64, u64), StoreError> {
    let statement = Statement::new(
        "SELECT CAST(coalesce(sum(head), 0) AS bigint), count(*) FROM room
         WHERE id NOT LIKE '\\_%' ESCAPE '\\' AND id <> $1",
    );
    let rows = store.query(statement.with(&RoomId::lab())).await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.count(0)?, row.count(1)?)))
}

/// How many bytes the store takes.
///
/// # Errors
/// The store's.
pub async fn bytes(store: &dyn Store) -> Result<u64, StoreError> {
    let sql = if store.is_shared() {
        "SELECT CAST(sum(pg_total_relation_size(c.oid)) AS bigint) FROM pg_class c
         JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = current_schema() AND c.relkind = 'r'"
    } else {
        "SELECT p.page_count * s.page_size FROM pragma_page_count p, pragma_page_size s"
    };
    store.query(Statement::new(sql)).await?.first().map_or(Ok(0), |row| row.count(0))
}

/// Keeps a setting of the house; none forgets it.
#[must_use]
pub fn keep_setting(key: &str, value: Option<&str>) -> Statement {
    let keep = "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    match value {
        Some(value) => Statement::new(keep).with(key).with(value),
        None => Statement::new("DELETE FROM setting WHERE key = $1").with(key),
    }
}
