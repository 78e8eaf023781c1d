//! Runs statements that are written once: a commit is atomic by itself inside the writer's transaction.
//!
//! Parameters are `?1` here. What a commit has done is undone alone, with what the batch knows of its rooms.

use std::borrow::Cow;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use teahouse_protocol::RoomId;

use super::append::{self, Room};
use super::writer::{Batch, Fault};
use crate::store::sql::{done_before, in_places, seq_of};
use crate::store::{Appended, Commit, Committed, Row, Statement, Value};

/// Reads by one statement.
pub(super) fn query(connection: &Connection, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
    run(connection, statement, &[]).map(|(rows, _)| rows)
}

/// Does all of it or nothing.
pub(super) fn commit(batch: &mut Batch<'_>, commit: &Commit) -> Result<Committed, Fault> {
    let connection = batch.connection;
    let rooms = commit.rooms();
    let known: Vec<(RoomId, Option<Room>)> =
        rooms.iter().map(|&room| (room.clone(), batch.rooms.get(room).copied())).collect();
    // Statements see how far the rooms go.
    batch.keep_rooms()?;
    connection.prepare_cached("SAVEPOINT one")?.execute([])?;
    let outcome = inside(batch, commit, &rooms);
    if let Err(Fault::Sql(_)) = outcome {
        // All of the transaction is undone.
        return outcome.map(|(committed, _)| committed);
    }
    let is_done = matches!(&outcome, Ok((_, true)));
    if !is_done {
        connection.prepare_cached("ROLLBACK TO one")?.execute([])?;
        for (room, was) in known {
            match was {
                Some(was) => batch.rooms.insert(room, was),
                None => batch.rooms.remove(&room),
            };
        }
    }
    connection.prepare_cached("RELEASE one")?.execute([])?;
    batch.redacts |= is_done && commit.redacts;
    batch.pages += 2 * commit.statements.len() as u64 + (commit.bytes() / 4_096) as u64;
    outcome.map(|(committed, _)| committed)
}

/// Says also whether it stays.
fn inside(batch: &mut Batch<'_>, commit: &Commit, rooms: &[&RoomId]) -> Result<(Committed, bool), Fault> {
    for room in rooms {
        if append::knows_any(batch.connection, room, &commit.drafts(room).1)? {
            return Ok((done_before(appended(batch, commit, rooms)?), false));
        }
    }
    let mut rows = vec![Vec::new(); commit.statements.len()];
    if let Some(refused) = take_turn(batch, commit, false, &[], &mut rows)? {
        return Ok((Committed::Refused(refused), false));
    }
    let appended = appended(batch, commit, rooms)?;
    if appended.iter().any(|answer| !matches!(answer, Appended::Stored { .. })) {
        // The same `cid` twice in one commit.
        return Ok((done_before(appended), false));
    }
    batch.keep_rooms()?;
    if let Some(refused) = take_turn(batch, commit, true, &appended, &mut rows)? {
        return Ok((Committed::Refused(refused), false));
    }
    Ok((Committed::Done { appended, rows }, true))
}

/// Appends to each room, and puts the answers in their places.
fn appended(batch: &mut Batch<'_>, commit: &Commit, rooms: &[&RoomId]) -> Result<Vec<Appended>, Fault> {
    let mut answers = Vec::with_capacity(rooms.len());
    for room in rooms {
        let (places, drafts) = commit.drafts(room);
        answers.push((places, append::append(batch, room, drafts)?));
    }
    Ok(in_places(commit.appends.len(), answers))
}

/// Runs the statements before the appends, or those after them; says which one says no.
fn take_turn(
    batch: &Batch<'_>,
    commit: &Commit,
    after: bool,
    appended: &[Appended],
    rows: &mut [Vec<Row>],
) -> Result<Option<usize>, Fault> {
    let turn = commit.statements.iter().enumerate().filter(|(_, statement)| statement.is_after == after);
    for (place, statement) in turn {
        match run(batch.connection, statement, appended) {
            Ok((_, 0)) if statement.is_guard => return Ok(Some(place)),
            Ok((answered, _)) => rows[place] = answered,
            Err(error) if contradicts(&error) => return Ok(Some(place)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Runs it; says its rows, and how many rows it changed or answered with.
fn run(
    connection: &Connection,
    statement: &Statement,
    appended: &[Appended],
) -> rusqlite::Result<(Vec<Row>, usize)> {
    let mut prepared = connection.prepare_cached(&numbered(&statement.sql))?;
    let values = statement.values.iter().map(|value| match value {
        Value::Seq(place) => seq_of(appended, *place),
        other => other.clone(),
    });
    let width = prepared.column_count();
    if width == 0 {
        return Ok((Vec::new(), prepared.execute(params_from_iter(values))?));
    }
    let rows = prepared.query_map(params_from_iter(values), |row| {
        (0..width).map(|column| value(row, column)).collect::<Result<Vec<_>, _>>().map(Row::new)
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let count = rows.len();
    Ok((rows, count))
}

/// `$1` as SQLite counts parameters; its own `$1` is a name.
fn numbered(sql: &str) -> Cow<'_, str> {
    let mut numbered = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let is_parameter = from[1..].starts_with(|next: char| next.is_ascii_digit());
        numbered += before;
        numbered.push(if is_parameter { '?' } else { '$' });
        rest = &from[1..];
    }
    if numbered.is_empty() { sql.into() } else { (numbered + rest).into() }
}

fn value(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Text(_) => Value::Text(row.get(column)?),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.into()),
        // A number of another kind is in no column: it is refused like a text in its place.
        ValueRef::Integer(_) | ValueRef::Real(_) => Value::Int(row.get(column)?),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            // A number that nothing has: it was replaced by what it stands for.
            Self::Null | Self::Seq(_) => rusqlite::types::Null.to_sql(),
            Self::Int(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Id(id) => id.to_sql(),
        }
    }
}

/// Whether what it would write contradicts what is there: a key that is taken, or somebody who is not there.
fn contradicts(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    const TAKEN: [i32; 3] =
        [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_FOREIGNKEY];
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|error| TAKEN.contains(&error.extended_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_and_nothing_else_is() {
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
        assert_eq!(numbered("$1 + $12 = '$.a' || $2"), "?1 + ?12 = '$.a' || ?2");
        assert_eq!(numbered("$1"), "?1");
    }
}
