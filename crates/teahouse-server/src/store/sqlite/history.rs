//! Reads rooms and their logs. Never writes.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use teahouse_protocol::{Cid, Epoch, Event, Kind, Range, RoomId, Seq, UserId};

use super::directory::{person, unknown};
use crate::store::columns::{ROOM_NOW, RoomColumns, integer, number};
use crate::store::{Head, Page, StoredRoom, body};

/// The room of that id.
pub(super) fn room(connection: &Connection, id: &RoomId) -> rusqlite::Result<Option<StoredRoom>> {
    connection
        .prepare_cached(&format!("SELECT {ROOM_NOW}, epoch, oldest, head, n FROM room WHERE id = ?1"))?
        .query_row([id.as_str()], |row| {
            let now = RoomColumns {
                slug: row.get(0)?,
                name: row.get(1)?,
                topic: row.get(2)?,
                read: row.get(3)?,
                write: row.get(4)?,
                numbers: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?],
            };
            Ok(StoredRoom {
                id: id.clone(),
                now: now.now().ok_or_else(|| unknown(3, "policy of room", id.as_str()))?,
                epoch: Epoch(row.get(10)?),
                oldest: Seq(number(row.get(11)?)),
                head: Seq(number(row.get(12)?)),
                n: number(row.get(13)?),
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
    let states = teahouse_protocol::States::default();
    Ok(Page { messages, states, as_of: Seq(number(as_of.unwrap_or(0))), more })
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
            let StoredRoom { id, epoch, oldest, head, .. } = room;
            Head { room: id, epoch, oldest, head }
        }))
    });
    found.filter_map(Result::transpose).collect()
}

/// The events of a room, with their authors and whom they are about.
macro_rules! event_columns {
    () => {
        "SELECT e.seq, e.kind, e.cid, e.at, e.n, e.text, e.target, e.by, p.name, p.role, p.picture,
             e.about, q.name, q.role, q.picture
         FROM event e LEFT JOIN person p ON p.id = e.by LEFT JOIN person q ON q.id = e.about
         WHERE e.room = (SELECT key FROM room WHERE id = ?1)"
    };
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
            concat!(event_columns!(), " AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3")
        }
        Side::Above => {
            concat!(event_columns!(), " AND e.seq > ?2 ORDER BY e.seq LIMIT ?3")
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
    let kind = Kind::parse(&kind).ok_or_else(|| unknown(1, "kind", &kind))?;
    let target = row.get::<_, Option<i64>>(6)?.map(|target| Seq(number(target)));
    let about: Option<[u8; 16]> = row.get(11)?;
    let about = about.map(|about| person(row, UserId::from_bytes(about), 12)).transpose()?;
    let seq = Seq(number(row.get(0)?));
    Ok(Event {
        room: room.clone(),
        seq,
        kind,
        cid: Cid::from_bytes(row.get(2)?),
        by: person(row, UserId::from_bytes(row.get(7)?), 8)?,
        at: number(row.get(3)?),
        n: row.get::<_, Option<i64>>(4)?.map(number),
        rev: None,
        body: body::read(kind, row.get(5)?, about, target)
            .ok_or_else(|| unknown(5, "body of event", &seq.to_string()))?,
    })
}
