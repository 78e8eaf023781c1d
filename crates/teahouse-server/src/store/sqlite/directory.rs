//! People, names, tokens, read marks and settings: what is written and what is asked of them.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_protocol::{Person, RoomId, Seq, UserId};

use crate::store::SEEN_MS;
use crate::store::columns::{integer, number, role_of};

/// What a token tells.
pub(super) struct Seen {
    /// Whose it is.
    pub(super) person: Person,
    /// Whether it is worth a write that they were here.
    pub(super) is_news: bool,
}

/// Whose token it is.
pub(super) fn by_token(
    connection: &Connection,
    token: &[u8; 32],
    now: u64,
) -> rusqlite::Result<Option<Seen>> {
    connection
        .prepare_cached(
            "SELECT p.id, p.name, p.role, p.picture, p.seen, p.freed IS NOT NULL
             FROM token t JOIN person p ON p.id = t.person WHERE t.hash = ?1",
        )?
        .query_row([token], |row| {
            let seen: i64 = row.get(4)?;
            let is_news = row.get(5)? || now.saturating_sub(number(seen)) >= SEEN_MS;
            Ok(Seen { person: person(row, UserId::from_bytes(row.get(0)?), 1)?, is_news })
        })
        .optional()
}

/// Notes that the person was here, and gives them their name again if it was freed.
pub(super) fn saw(connection: &Connection, id: UserId, now: u64) -> rusqlite::Result<()> {
    let id = id.as_bytes();
    // The same condition as in `by_token`: by now somebody may have written it.
    connection
        .prepare_cached(
            "UPDATE person SET seen = max(seen, ?2)
             WHERE id = ?1 AND (freed IS NOT NULL OR seen <= ?2 - ?3)",
        )?
        .execute(params![id, integer(now), integer(SEEN_MS)])?;
    connection
        .prepare_cached(
            "INSERT INTO name (folded, person)
             SELECT freed, id FROM person WHERE id = ?1 AND freed IS NOT NULL",
        )?
        .execute([id])?;
    connection
        .prepare_cached("UPDATE person SET freed = NULL WHERE id = ?1 AND freed IS NOT NULL")?
        .execute([id])
        .map(|_| ())
}

/// The person of that folded name, and their password.
pub(super) fn by_name(
    connection: &Connection,
    folded: &str,
) -> rusqlite::Result<Option<(Person, Option<String>)>> {
    connection
        .prepare_cached(
            "SELECT p.id, p.name, p.role, p.picture, p.password
             FROM name n JOIN person p ON p.id = n.person WHERE n.folded = ?1",
        )?
        .query_row([folded], |row| Ok((person(row, UserId::from_bytes(row.get(0)?), 1)?, row.get(4)?)))
        .optional()
}

/// Gives a person one more token.
pub(super) fn add_token(connection: &Connection, id: UserId, token: &[u8; 32]) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO token (hash, person) SELECT ?1, id FROM person WHERE id = ?2
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![token, id.as_bytes()])
        .map(|_| ())
}

/// Whether the house has an owner.
pub(super) fn has_owner(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM person WHERE role = 'owner')")?
        .query_row([], |row| row.get(0))
}

/// Frees the names of guests who were last here before `before`.
pub(super) fn free_names(connection: &Connection, before: u64) -> rusqlite::Result<u64> {
    let before = integer(before);
    let freed = connection
        .prepare_cached(
            "UPDATE person SET freed = (SELECT folded FROM name WHERE person = person.id)
             WHERE role IS NULL AND freed IS NULL AND seen < ?1
               AND EXISTS (SELECT 1 FROM name WHERE person = person.id)",
        )?
        .execute([before])?;
    connection
        .prepare_cached("DELETE FROM name WHERE person IN (SELECT id FROM person WHERE freed IS NOT NULL)")?
        .execute([])?;
    Ok(freed as u64)
}

/// How far the person has read.
pub(super) fn read_mark(connection: &Connection, person: UserId, room: &RoomId) -> rusqlite::Result<Seq> {
    let seq: Option<i64> = connection
        .prepare_cached(
            "SELECT seq FROM read_mark WHERE person = ?1 AND room = (SELECT key FROM room WHERE id = ?2)",
        )?
        .query_row(params![person.as_bytes(), room.as_str()], |row| row.get(0))
        .optional()?;
    Ok(Seq(number(seq.unwrap_or(0))))
}

/// Raises the read mark, at most to `head`.
pub(super) fn mark_read(
    connection: &Connection,
    person: UserId,
    room: &RoomId,
    seq: Seq,
    head: Option<i64>,
) -> rusqlite::Result<Seq> {
    // The room's row is behind the transaction; `head` is what it has if it wrote to the room.
    connection
        .prepare_cached(
            "INSERT INTO read_mark (person, room, seq)
             SELECT ?1, key, min(?3, coalesce(?4, head)) FROM room WHERE id = ?2
             ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq",
        )?
        .execute(params![person.as_bytes(), room.as_str(), integer(seq.0), head])?;
    read_mark(connection, person, room)
}

/// A setting of the house.
pub(super) fn setting(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Keeps a setting if there is none, and gives the one that holds.
pub(super) fn first_setting(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<String> {
    connection
        .prepare_cached("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute([key, value])?;
    Ok(setting(connection, key)?.unwrap_or_default())
}

/// Keeps or forgets a setting.
pub(super) fn keep_setting(connection: &Connection, key: &str, value: Option<&str>) -> rusqlite::Result<()> {
    let changed = match value {
        Some(value) => connection
            .prepare_cached(
                "INSERT INTO setting (key, value) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute([key, value]),
        None => connection.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key]),
    };
    changed.map(|_| ())
}

/// The person whose name, role and picture are in the columns from `column` on; without a name they go by their id.
pub(super) fn person(row: &Row<'_>, id: UserId, column: usize) -> rusqlite::Result<Person> {
    let name: Option<String> = row.get(column)?;
    let role: Option<String> = row.get(column + 1)?;
    let role =
        role.map(|name| role_of(&name).ok_or_else(|| unknown(column + 1, "role", &name))).transpose()?;
    let name = name.unwrap_or_else(|| id.to_string()).into();
    Ok(Person { picture: row.get(column + 2)?, ..Person::new(id, name, role) })
}

/// A value that this program never wrote.
pub(super) fn unknown(column: usize, what: &str, value: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("unknown {what} {value}").into())
}
