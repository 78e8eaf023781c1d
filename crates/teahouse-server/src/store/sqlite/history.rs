//! Reads rooms and their logs. Never writes.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use teahouse_protocol::{Body, Cid, Epoch, Event, Kind, Range, RoomId, Seq, UserId};

use super::directory::{person, unknown};
use crate::store::columns::{integer, number};
use crate::store::{Head, Page, StoredRoom};

/// The room of that id.
pub(super) fn room(connection: &Connection, id: &RoomId) -> rusqlite::Result<Option<StoredRoom>> {
    connection
        .prepare_cached("SELECT name, topic, epoch, oldest, head, n FROM room WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(StoredRoom {
                id: id.clone(),
                name: row.get(0)?,
                topic: row.get(1)?,
                epoch: Epoch(row.get(2)?),
                oldest: Seq(number(row.get(3)?)),
                head: Seq(number(row.get(4)?)),
                n: number(row.get(5)?),
            })
        })
        .optional()
}

/// The events above `after`, in order and without holes.
pub(super) fn after(
    connection: &Connection,
    room: &RoomId,
    after: Seq,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    events(connection, room, Side::Above, integer(after.0), u64::from(limit))
}

/// A page of history; its messages and its head are of the same moment.
pub(super) fn page(
    connection: &Connection,
    room: &RoomId,
    range: Range,
    limit: u32,
) -> rusqlite::Result<Page> {
    let moment = connection.unchecked_transaction()?;
    let limit = u64::from(limit);
    let (messages, more) = match range {
        Range::Before(seq) => some(&moment, room, Side::Below, integer(seq.0), limit)?,
        Range::After(seq) => some(&moment, room, Side::Above, integer(seq.0), limit)?,
        Range::Around(seq) => {
            let (mut messages, more_below) = some(&moment, room, Side::Below, integer(seq.0), limit / 2)?;
            let from = integer(seq.0).saturating_sub(1);
            let (above, more_above) = some(&moment, room, Side::Above, from, limit - limit / 2)?;
            messages.extend(above);
            (messages, more_below || more_above)
        }
    };
    let as_of: Option<i64> = moment
        .prepare_cached("SELECT head FROM room WHERE id = ?1")?
        .query_row([room.as_str()], |row| row.get(0))
        .optional()?;
    Ok(Page { messages, as_of: Seq(number(as_of.unwrap_or(0))), more })
}

/// The `cid` of an event.
pub(super) fn cid(connection: &Connection, room: &RoomId, seq: Seq) -> rusqlite::Result<Option<Cid>> {
    connection
        .prepare_cached(
            "SELECT cid FROM event WHERE room = (SELECT key FROM room WHERE id = ?1) AND seq = ?2",
        )?
        .query_row(params![room.as_str(), integer(seq.0)], |row| row.get(0).map(Cid::from_bytes))
        .optional()
}

/// How far the logs of these rooms go.
pub(super) fn heads(connection: &Connection, rooms: &[RoomId]) -> rusqlite::Result<Vec<Head>> {
    let found = rooms.iter().map(|id| {
        Ok(room(connection, id)?.map(|room| {
            let StoredRoom { id, epoch, head, .. } = room;
            Head { room: id, epoch, head }
        }))
    });
    found.filter_map(Result::transpose).collect()
}

/// Which side of a number.
#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
}

/// At most `limit` events next to a number, in order, and whether there are more.
fn some(
    connection: &Connection,
    room: &RoomId,
    side: Side,
    seq: i64,
    limit: u64,
) -> rusqlite::Result<(Vec<Event>, bool)> {
    let mut events = events(connection, room, side, seq, limit + 1)?;
    let more = events.len() as u64 > limit;
    if more {
        match side {
            Side::Below => events.remove(0),
            Side::Above => events.remove(events.len() - 1),
        };
    }
    Ok((events, more))
}

fn events(
    connection: &Connection,
    room: &RoomId,
    side: Side,
    seq: i64,
    limit: u64,
) -> rusqlite::Result<Vec<Event>> {
    let sql = match side {
        Side::Below => {
            "SELECT e.seq, e.kind, e.cid, e.by, e.at, e.n, e.text, p.name, p.role
             FROM event e LEFT JOIN person p ON p.id = e.by
             WHERE e.room = (SELECT key FROM room WHERE id = ?1) AND e.seq < ?2
             ORDER BY e.seq DESC LIMIT ?3"
        }
        Side::Above => {
            "SELECT e.seq, e.kind, e.cid, e.by, e.at, e.n, e.text, p.name, p.role
             FROM event e LEFT JOIN person p ON p.id = e.by
             WHERE e.room = (SELECT key FROM room WHERE id = ?1) AND e.seq > ?2
             ORDER BY e.seq LIMIT ?3"
        }
    };
    let mut events = read(connection, sql, params![room.as_str(), seq, integer(limit)], room)?;
    if let Side::Below = side {
        events.reverse();
    }
    match events.windows(2).find(|pair| pair[1].seq != pair[0].seq.next()) {
        Some(hole) => Err(unknown(0, "hole in the log after", &hole[0].seq.to_string())),
        None => Ok(events),
    }
}

fn read(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    room: &RoomId,
) -> rusqlite::Result<Vec<Event>> {
    connection.prepare_cached(sql)?.query_map(params, |row| event(row, room))?.collect()
}

fn event(row: &Row<'_>, room: &RoomId) -> rusqlite::Result<Event> {
    let kind: String = row.get(1)?;
    let text: Option<String> = row.get(6)?;
    Ok(Event {
        room: room.clone(),
        seq: Seq(number(row.get(0)?)),
        kind: Kind::parse(&kind).ok_or_else(|| unknown(1, "kind", &kind))?,
        cid: Cid::from_bytes(row.get(2)?),
        by: person(row, UserId::from_bytes(row.get(3)?), 7)?,
        at: number(row.get(4)?),
        n: row.get::<_, Option<i64>>(5)?.map(number),
        body: Body::of(text.unwrap_or_default()),
    })
}
