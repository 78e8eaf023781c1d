//! What was said to somebody, as rows: SQL that both engines understand.
//!
//! Rows are written by whoever follows the logs, in one commit with how far it has come; an event that is read twice
//! calls once. What is deleted, and what somebody may not read any more, stays out of every answer.

use teahouse_protocol::{Person, RoomId, Seq, UserId};

use super::rooms::person_of;
use super::{Row, Statement, Store, StoreError};

/// How long what was said to somebody is kept, in milliseconds.
const KEPT_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// Why somebody was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Their name was said.
    Mention,
    /// They were there.
    Here,
    /// They are of the room.
    Room,
    /// Somebody answered them.
    Reply,
    /// Somebody put an emoji under what they wrote.
    Reaction,
    /// Somebody wrote to them alone.
    Direct,
}

impl Why {
    const ALL: [Self; 6] = [Self::Mention, Self::Here, Self::Room, Self::Reply, Self::Reaction, Self::Direct];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Here => "here",
            Self::Room => "room",
            Self::Reply => "reply",
            Self::Reaction => "reaction",
            Self::Direct => "direct",
        }
    }
}

/// An event that calls.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Where.
    pub room: &'a RoomId,
    /// The event.
    pub event: Seq,
    /// The message to jump to.
    pub seq: Seq,
    /// Who calls.
    pub by: UserId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// What was put under the message.
    pub emoji: Option<&'a str>,
}

/// The values of a row that [`Source`] tells: the kind is `$1`, the room `$2`, then `$3` to `$7`.
const ROW: &str = "(SELECT coalesce(max(c.id), 0) + 1 FROM call c WHERE c.person = p.id), $1, r.key,
    CAST($3 AS bigint), CAST($4 AS bigint), q.id, CAST($5 AS bigint), $6";
/// Into which columns.
const INTO: &str = "INSERT INTO call (person, id, kind, room, seq, source, by, at, emoji)";
/// Nobody is called by themselves, by whom they do not want to see, or twice by one event.
const UNLESS: &str =
    "p.id <> q.id AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.person = p.id AND h.other = q.id)";
/// The ones who are called now.
const AGAIN: &str = "ON CONFLICT (room, source, person) DO NOTHING RETURNING person";

fn from(sql: String, why: Why, source: &Source<'_>) -> Statement {
    let emoji = source.emoji.unwrap_or_default();
    let statement = Statement::new(sql).with(why.as_str()).with(source.room).with(source.seq);
    statement.with(source.event).with(source.at).with(emoji).with(source.by)
}

/// Calls one person, who may read it; who was called by that message before is not called again by an edit of it.
/// Answers with them.
#[must_use]
pub fn call(why: Why, person: UserId, source: &Source<'_>) -> Statement {
    let sql = format!(
        "{INTO} SELECT p.id, {ROW} FROM person p JOIN room r ON r.id = $2 JOIN person q ON q.id = $7
         WHERE p.id = $8 AND {UNLESS} AND ($1 = 'reaction' OR NOT EXISTS (SELECT 1 FROM call c
            WHERE c.room = r.key AND c.seq = $3 AND c.person = p.id AND c.kind <> 'reaction')) {AGAIN}"
    );
    from(sql, why, source).with(person)
}

/// Calls everybody who is of the room and may read it. Answers with them.
#[must_use]
pub fn call_members(why: Why, source: &Source<'_>) -> Statement {
    let sql = format!(
        "{INTO} SELECT p.id, {ROW} FROM room r JOIN member m ON m.room = r.key JOIN person p ON p.id = m.person
         JOIN person q ON q.id = $7
         WHERE r.id = $2 AND m.readable_from <= $3 AND {UNLESS} AND NOT EXISTS (
            SELECT 1 FROM sanction s WHERE s.room = r.key AND s.person = p.id AND s.kind = 'ban'
                AND (s.until IS NULL OR s.until > $5)) {AGAIN}"
    );
    from(sql, why, source)
}

/// A conversation calls once, by the last that was said in it: what called before makes way.
#[must_use]
pub fn drop_direct(room: &RoomId, by: UserId) -> Statement {
    Statement::new(
        "DELETE FROM call WHERE room = (SELECT key FROM room WHERE id = $1) AND kind = 'direct' AND person <> $2",
    )
    .with(room)
    .with(by)
}

/// A message that is gone calls nobody. Answers with whom it called.
#[must_use]
pub fn drop_message(room: &RoomId, seq: Seq) -> Statement {
    Statement::new(
        "DELETE FROM call WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2 RETURNING person",
    )
    .with(room)
    .with(seq)
}

/// An edited message calls by name only whom it names now. Answers with whom it does not name any more.
#[must_use]
pub fn drop_unnamed(room: &RoomId, seq: Seq, named: &[UserId]) -> Statement {
    let places: Vec<String> = (3..3 + named.len()).map(|place| format!("${place}")).collect();
    let but =
        if places.is_empty() { String::new() } else { format!("AND person NOT IN ({})", places.join(", ")) };
    let statement = Statement::new(format!(
        "DELETE FROM call WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2 AND kind = 'mention' {but}
         RETURNING person"
    ));
    named.iter().fold(statement.with(room).with(seq), |statement, person| statement.with(*person))
}

/// A reaction that was taken back calls nobody. Answers with whom it called.
#[must_use]
pub fn drop_reaction(room: &RoomId, seq: Seq, by: UserId, emoji: &str) -> Statement {
    Statement::new(
        "DELETE FROM call WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2 AND kind = 'reaction'
            AND by = $3 AND emoji = $4 RETURNING person",
    )
    .with(room)
    .with(seq)
    .with(by)
    .with(emoji)
}

/// Who was called by that event, wants to be told of it, and has a browser to be told at, is due then.
#[must_use]
pub fn due(room: &RoomId, event: Seq, made: u64, at: u64) -> Statement {
    Statement::new(format!(
        "INSERT INTO due (person, room, at, made)
         SELECT c.person, c.room, CAST($3 AS bigint), CAST($4 AS bigint) FROM room r
         JOIN call c ON c.room = r.key AND c.source = $2 AND c.kind <> 'reaction'
         LEFT JOIN member m ON m.room = c.room AND m.person = c.person
         WHERE r.id = $1 AND coalesce(m.level, 'mentions') <> 'nothing' AND coalesce(m.muted, 0) = 0
            AND EXISTS (SELECT 1 FROM push p WHERE p.person = c.person) {SOONER}"
    ))
    .with(room)
    .with(event)
    .with(at)
    .with(made)
}

/// Who wants to be told of everything in the room, and has a browser to be told at, is due then.
#[must_use]
pub fn due_all(room: &RoomId, by: UserId, made: u64, at: u64) -> Statement {
    Statement::new(format!(
        "INSERT INTO due (person, room, at, made)
         SELECT m.person, m.room, CAST($3 AS bigint), CAST($4 AS bigint) FROM room r
         JOIN member m ON m.room = r.key AND m.level = 'all' AND m.muted = 0 AND m.person <> $2
         WHERE r.id = $1 AND EXISTS (SELECT 1 FROM push p WHERE p.person = m.person)
            AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.person = m.person AND h.other = $2) {SOONER}"
    ))
    .with(room)
    .with(by)
    .with(at)
    .with(made)
}

/// Who is due already stays so; whose turn somebody has taken is due again after it.
const SOONER: &str = "ON CONFLICT (person, room) DO UPDATE SET tries = 0,
    at = CASE WHEN excluded.at < due.at THEN excluded.at ELSE due.at END";

/// Somebody who was called, by what.
#[derive(Debug, Clone)]
pub struct Called {
    /// Its number; a later one is higher.
    pub id: u64,
    /// Why.
    pub why: Why,
    /// Where.
    pub room: RoomId,
    /// The message to jump to.
    pub seq: Seq,
    /// Who called.
    pub by: Person,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// What was put under the message.
    pub emoji: Option<String>,
    /// Whether they have read it.
    pub is_read: bool,
}

/// What calls `$1` and can be read: the message is there, and the room is none that they were sent out of.
const FROM: &str = "FROM call c JOIN room r ON r.key = c.room JOIN person q ON q.id = c.by
    JOIN event e ON e.room = c.room AND e.seq = c.seq AND e.text IS NOT NULL
    LEFT JOIN member m ON m.room = c.room AND m.person = c.person
    LEFT JOIN read_mark k ON k.room = c.room AND k.person = c.person
    WHERE c.person = $1 AND (m.person IS NOT NULL OR r.read <> 'joined' AND r.direct = 0)
        AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.person = c.person AND h.other = c.by)";

/// What was not read: by a press, or, but for reactions, by reading the room.
const UNREAD: &str = "c.read = 0 AND (c.kind = 'reaction' OR c.seq > coalesce(k.seq, 0))";

/// What called somebody before that number, the newest first.
///
/// # Errors
/// The store's.
pub async fn before(
    store: &dyn Store,
    person: UserId,
    id: u64,
    limit: u32,
) -> Result<Vec<Called>, StoreError> {
    let read = Statement::new(format!(
        "SELECT c.id, c.kind, r.id, c.seq, c.at, c.emoji, CASE WHEN {UNREAD} THEN 0 ELSE 1 END,
            q.id, q.name, q.role, q.picture {FROM} AND c.id < $2 ORDER BY c.id DESC LIMIT $3"
    ));
    let rows = store.query(read.with(person).with(id).with(limit)).await?;
    rows.iter().map(called).collect()
}

/// What calls somebody in one room and was not read, but for reactions, the newest first.
///
/// # Errors
/// The store's.
pub async fn unread_in(
    store: &dyn Store,
    person: UserId,
    room: &RoomId,
    limit: u32,
) -> Result<Vec<Called>, StoreError> {
    let read = Statement::new(format!(
        "SELECT c.id, c.kind, r.id, c.seq, c.at, c.emoji, 0, q.id, q.name, q.role, q.picture {FROM}
            AND {UNREAD} AND c.kind <> 'reaction' AND r.id = $2 ORDER BY c.id DESC LIMIT $3"
    ));
    let rows = store.query(read.with(person).with(room).with(limit)).await?;
    rows.iter().map(called).collect()
}

fn called(row: &Row) -> Result<Called, StoreError> {
    let wrong = |what: &str| StoreError::Corrupt(format!("a call has no {what}").into());
    let (kind, emoji) = (row.text(1)?, row.maybe_text(5)?.filter(|emoji| !emoji.is_empty()));
    Ok(Called {
        id: row.count(0)?,
        why: Why::ALL.into_iter().find(|why| why.as_str() == kind).ok_or_else(|| wrong("kind"))?,
        room: row.text(2)?.parse().map_err(|_| wrong("room"))?,
        seq: row.seq(3)?,
        at: row.count(4)?,
        emoji: emoji.map(str::to_owned),
        is_read: row.flag(6)?,
        by: person_of(row, 7)?,
    })
}

/// How much calls somebody that they have not read.
///
/// # Errors
/// The store's.
pub async fn unread(store: &dyn Store, person: UserId) -> Result<u64, StoreError> {
    let read = Statement::new(format!("SELECT count(*) {FROM} AND {UNREAD}")).with(person);
    store.query(read).await?.first().map_or(Ok(0), |row| row.count(0))
}

/// The same for each room but for reactions, where there is something.
///
/// # Errors
/// The store's.
pub async fn by_room(store: &dyn Store, person: UserId) -> Result<Vec<(RoomId, u64)>, StoreError> {
    let read = Statement::new(format!(
        "SELECT r.id, count(*) {FROM} AND {UNREAD} AND c.kind <> 'reaction' GROUP BY r.id"
    ));
    let rows = store.query(read.with(person)).await?;
    let of = |row: &Row| Ok(row.text(0)?.parse().ok().zip(Some(row.count(1)?)));
    rows.iter().filter_map(|row| of(row).transpose()).collect()
}

/// Everything up to that number was read.
#[must_use]
pub fn mark_read(person: UserId, until: u64) -> Statement {
    Statement::new("UPDATE call SET read = 1 WHERE person = $1 AND id <= $2 AND read = 0")
        .with(person)
        .with(until)
}

/// Forgets what is too old, and marks what the rooms' read marks have passed, so that nobody looks at it again.
#[must_use]
pub fn sweep(now: u64) -> [Statement; 2] {
    let old = Statement::new("DELETE FROM call WHERE at < $1").with(now.saturating_sub(KEPT_MS));
    let passed = Statement::new(
        "UPDATE call SET read = 1 WHERE read = 0 AND kind <> 'reaction' AND EXISTS (SELECT 1 FROM read_mark k
            WHERE k.person = call.person AND k.room = call.room AND k.seq >= call.seq)",
    );
    [old, passed]
}
