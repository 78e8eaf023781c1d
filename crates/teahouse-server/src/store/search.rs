//! The index of messages: what goes in, and what is found. The one place where the two kinds of SQL differ: SQLite has
//! FTS5, PostgreSQL a `tsvector` with GIN. What is deleted leaves the index by triggers, in the same transaction.

use teahouse_core::rights::Membership;
use teahouse_protocol::{RoomId, RoomNow, Seq, UserId};

use super::rooms::{now_of, role_of, room_now};
use super::{Row, Statement, Store, StoreError};
use crate::access::Standing;

/// The SQL that a store understands, where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// FTS5.
    Sqlite,
    /// `tsvector` and GIN.
    Postgres,
}

/// The name of the follower that fills the index.
pub const FOLLOWER: &str = "search";
/// Messages of one statement: its text is always the same.
pub const ADDED_AT_ONCE: usize = 16;
/// The newest messages that PostgreSQL looks through one by one, before it asks the index for all.
const NEWEST: u32 = 4_000;
/// Bits of an id below the time.
const TIME_SHIFT: u32 = 21;

/// A message as it is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Its number.
    pub seq: Seq,
    /// The event that changed it last; none if nothing did. If it is another one by now, it is left out.
    pub rev: Option<Seq>,
    /// Its words, in the form of the engine.
    pub words: String,
}

/// Takes a message out of the index.
#[must_use]
pub fn forget(room: &RoomId, seq: Seq) -> Statement {
    Statement::new("DELETE FROM search WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2")
        .with(room)
        .with(seq)
}

/// Puts messages of a room into the index, at most [`ADDED_AT_ONCE`]; what is there already, is gone or has changed
/// meanwhile is left out.
#[must_use]
pub fn add(engine: Engine, room: &RoomId, messages: &[Indexed]) -> Statement {
    let row = |at: usize| match at {
        0 => "(CAST($2 AS bigint), CAST($3 AS bigint), CAST($4 AS text))".to_owned(),
        _ => format!("(${}, ${}, ${})", 3 * at + 2, 3 * at + 3, 3 * at + 4),
    };
    let rows: Vec<String> = (0..ADDED_AT_ONCE).map(row).collect();
    // Whoever takes a text away waits for us, or we for them; SQLite has one writer.
    let (vector, lock) = match engine {
        Engine::Sqlite => ("m.words", ""),
        Engine::Postgres => ("CAST(m.words AS tsvector)", "FOR SHARE OF e"),
    };
    let sql = format!(
        "WITH v (seq, rev, words) AS (VALUES {})
         INSERT INTO search (id, room, seq, by, words)
         SELECT coalesce((SELECT max(s.id) + 1 FROM search s
                 WHERE s.id >= (m.at << {TIME_SHIFT}) AND s.id < ((m.at + 1) << {TIME_SHIFT})), m.at << {TIME_SHIFT})
             + row_number() OVER (PARTITION BY m.at ORDER BY m.seq) - 1, m.room, m.seq, m.by, {vector}
         FROM (
             SELECT e.room, e.seq, e.by, e.at, v.words FROM v
             JOIN event e ON e.seq = v.seq AND e.room = (SELECT key FROM room WHERE id = $1)
                 AND e.text IS NOT NULL AND coalesce(e.rev, 0) = v.rev {lock}
         ) m WHERE true ON CONFLICT (room, seq) DO NOTHING",
        rows.join(", ")
    );
    let mut statement = Statement::new(sql).with(room);
    for at in 0..ADDED_AT_ONCE {
        let message = messages.get(at);
        statement = statement
            .with(message.map_or(0, |it| it.seq.0))
            .with(message.and_then(|it| it.rev).map_or(0, |rev| rev.0))
            .with(message.map_or("", |it| &it.words));
    }
    statement
}

/// What messages from this one to that one carry besides text: their files, as JSON.
///
/// # Errors
/// The store's.
pub async fn files(
    store: &dyn Store,
    room: &RoomId,
    from: Seq,
    to: Seq,
) -> Result<Vec<(Seq, String)>, StoreError> {
    let carried = Statement::new(
        "SELECT e.seq, e.files FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1)
            AND e.seq >= $2 AND e.seq <= $3 AND e.files IS NOT NULL",
    );
    let rows = store.query(carried.with(room).with(from).with(to)).await?;
    rows.iter().map(|row| Ok((row.seq(0)?, row.text(1)?.to_owned()))).collect()
}

/// Words of the index that begin so, in order, at most `limit`, without reading what they are in. Only SQLite is asked.
///
/// # Errors
/// The store's.
pub async fn words_from(store: &dyn Store, beginning: &str, limit: u32) -> Result<Vec<String>, StoreError> {
    // From one word to the next: each has a row for each place where it stands, and the first is enough.
    let words = Statement::new(
        "WITH RECURSIVE found (word) AS (
             SELECT (SELECT term FROM search_terms WHERE term >= $1 LIMIT 1)
             UNION ALL
             SELECT (SELECT term FROM search_terms WHERE term >= found.word || char(1) LIMIT 1)
             FROM found WHERE found.word < $2)
         SELECT word FROM found WHERE word < $2 LIMIT $3",
    );
    let rows =
        store.query(words.with(beginning).with(format!("{beginning}{}", char::MAX)).with(limit)).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// The number of a room inside this store; none if there is none.
///
/// # Errors
/// The store's.
pub async fn key_of(store: &dyn Store, room: &RoomId) -> Result<Option<i64>, StoreError> {
    let rows = store.query(Statement::new("SELECT key FROM room WHERE id = $1").with(room)).await?;
    rows.first().map(|row| row.int(0)).transpose()
}

/// Whether something was written that is not in the index yet.
///
/// # Errors
/// The store's.
pub async fn is_behind(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(!super::follower::pending(store, FOLLOWER, 1).await?.is_empty())
}

/// Which messages are looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Who looks.
    pub person: UserId,
    /// The words, as the engine's index is asked.
    pub words: String,
    /// Said at or after this time, in milliseconds since 1970-01-01 UTC.
    pub from_ms: u64,
    /// Said before this time.
    pub before_ms: u64,
    /// Only after this place: an id in the index.
    pub below: Option<u64>,
    /// When it is, in the same milliseconds.
    pub now: u64,
    /// At most so many.
    pub limit: u32,
}

/// A message that the index has. Whether the person may read it, is for the rules to say.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its place in the index.
    pub id: u64,
    /// Where.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// What the room is for everybody.
    pub now: RoomNow,
    /// What the person is in it.
    pub standing: Standing,
}

/// What is asked of the rows of `s`, whatever the engine: rooms that are not private, and the private ones that the
/// person is in; nobody whom they hide.
const COLUMNS: &str = concat!(
    "SELECT s.id, r.id, s.seq, m.role, m.readable_from,
        (SELECT count(*) FROM sanction z WHERE z.kind = 'ban' AND z.person = $1
            AND (z.room = r.key OR z.room IS NULL) AND (z.until IS NULL OR z.until > $2)), ",
    room_now!()
);
const FROM_HERE: &str = "
    JOIN room r ON r.key = s.room
    LEFT JOIN member m ON m.room = r.key AND m.person = $1
    WHERE (m.role IS NOT NULL OR r.read <> 'joined' AND r.direct = 0)
        AND (m.readable_from IS NULL OR r.read <> 'joined' AND r.direct = 0 OR s.seq >= m.readable_from)
        AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.person = $1 AND h.other = s.by)";

/// The newest messages that fit.
///
/// # Errors
/// The store's.
pub async fn find(store: &dyn Store, wanted: &Wanted) -> Result<Vec<Found>, StoreError> {
    let questions = match store.engine() {
        Engine::Sqlite => vec![sqlite()],
        Engine::Postgres => vec![newest(), everything()],
    };
    let mut found = Vec::new();
    for question in questions {
        found = ask(store, question, wanted).await?;
        if found.len() >= wanted.limit as usize {
            break;
        }
    }
    Ok(found)
}

/// FTS5 answers with the newest first, and stops where enough is found.
fn sqlite() -> String {
    format!(
        "{COLUMNS} FROM search_words w CROSS JOIN search s ON s.id = w.rowid {FROM_HERE}
            AND search_words MATCH $3 AND w.rowid >= $4 AND w.rowid < $5 ORDER BY w.rowid DESC LIMIT $6"
    )
}

/// What many say was said lately, too: the newest are looked through without the index, which has no order.
fn newest() -> String {
    format!(
        "{COLUMNS} FROM (SELECT * FROM search WHERE id >= $4 AND id < $5 ORDER BY id DESC LIMIT {NEWEST}) s {FROM_HERE}
            AND s.words @@ CAST(CAST($3 AS text) AS tsquery) ORDER BY s.id DESC LIMIT $6"
    )
}

/// What few say is found by the index, and then put in order. The sums keep the planner from reading the other index,
/// too: it does not know that most questions want all times.
fn everything() -> String {
    format!(
        "WITH s AS MATERIALIZED (SELECT id, room, seq, by FROM search
            WHERE words @@ CAST(CAST($3 AS text) AS tsquery) AND id + 0 >= $4 AND id + 0 < $5)
         {COLUMNS} FROM s {FROM_HERE} ORDER BY s.id DESC LIMIT $6"
    )
}

async fn ask(store: &dyn Store, sql: String, wanted: &Wanted) -> Result<Vec<Found>, StoreError> {
    let first = |ms: u64| ms.min(1 << 42) << TIME_SHIFT;
    let below = first(wanted.before_ms).min(wanted.below.unwrap_or(u64::MAX));
    let statement = Statement::new(sql)
        .with(wanted.person)
        .with(wanted.now)
        .with(wanted.words.as_str())
        .with(first(wanted.from_ms))
        .with(below)
        .with(wanted.limit);
    store.query(statement).await?.iter().map(found).collect()
}

fn found(row: &Row) -> Result<Found, StoreError> {
    let room = row.text(1)?;
    let room = room.parse().map_err(|_| StoreError::Corrupt(format!("unknown room {room}").into()))?;
    let mut standing = Standing { is_banned: row.flag(5)?, ..Standing::default() };
    if let Some(role) = row.maybe_text(3)? {
        standing.member = Some(Membership { role: role_of(role), readable_from: row.seq(4)? });
    }
    Ok(Found { id: row.count(0)?, room, seq: row.seq(2)?, now: now_of(row, 6)?, standing })
}
