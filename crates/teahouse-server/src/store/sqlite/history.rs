//! Reads rooms and their logs. Never writes.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use teahouse_protocol::{Cid, Epoch, Event, Kind, Range, RoomId, Seq, States, UserId};

use super::commit::query;
use super::directory::{person, unknown};
use crate::store::columns::{ROOM_NOW, RoomColumns, integer, number};
use crate::store::{Head, Page, Row as Answered, StoredRoom, body, states};

/// The events of a room, with their authors and whom they are about.
macro_rules! event_columns {
    ($how:literal) => {
        concat!(
        "SELECT e.seq, e.kind, e.cid, e.at, e.n,
             CASE e.kind WHEN 'edit'
                 THEN (SELECT t.text FROM event t WHERE t.room = e.room AND t.seq = e.target) ELSE e.text END,
             e.target, e.by, p.name, p.role, p.picture, e.about, q.name, q.role, q.picture,
             CASE e.kind WHEN 'message' THEN e.rev END, e.files
         FROM event e ", $how, " LEFT JOIN person p ON p.id = e.by LEFT JOIN person q ON q.id = e.about
         WHERE e.room = (SELECT key FROM room WHERE id = ?1)"
        )
    };
}

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
                call: row.get(5)?,
                numbers: [row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?],
            };
            Ok(StoredRoom {
                id: id.clone(),
                now: now.now().ok_or_else(|| unknown(3, "policy of room", id.as_str()))?,
                epoch: Epoch(row.get(11)?),
                oldest: Seq(number(row.get(12)?)),
                head: Seq(number(row.get(13)?)),
                n: number(row.get(14)?),
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
    let sql = concat!(event_columns!(""), " AND e.seq > ?2 ORDER BY e.seq LIMIT ?3");
    let params = params![room.as_str(), integer(after.0), limit];
    let events = read(connection, sql, params, room)?;
    match events.windows(2).find(|pair| pair[1].seq != pair[0].seq.next()) {
        Some(hole) => Err(unknown(0, "hole in the log after", &hole[0].seq.to_string())),
        None => Ok(events),
    }
}

/// A page of history, and what stands beside its messages: rows of [`states`]. All of it is of the same moment.
pub(super) fn page(
    connection: &Connection,
    room: &RoomId,
    range: Range,
    limit: u32,
    reader: Option<UserId>,
) -> rusqlite::Result<(Page, [Vec<Answered>; 3])> {
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
    let beside = match states::questions(room, &messages, reader) {
        Some([reactions, replies, pins]) => {
            [query(&moment, &reactions)?, query(&moment, &replies)?, query(&moment, &pins)?]
        }
        None => Default::default(),
    };
    let as_of = Seq(number(as_of.unwrap_or(0)));
    Ok((Page { messages, states: States::default(), as_of, more }, beside))
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
    let mut events = listed(connection, room, side, seq, limit + 1)?;
    let more = events.len() as u64 > limit;
    if more {
        match side {
            Side::Below => events.remove(0),
            Side::Above => events.remove(events.len() - 1),
        };
    }
    Ok((events, more))
}

/// At most `limit` of the events next to a number that stand in a list, in order. Their index has nothing else, so
/// that it costs nothing to pass a crowd's reactions.
fn listed(
    connection: &Connection,
    room: &RoomId,
    side: Side,
    seq: i64,
    limit: u64,
) -> rusqlite::Result<Vec<Event>> {
    let sql = match side {
        Side::Below => concat!(
            event_columns!("INDEXED BY event_listed"),
            " AND e.seq < ?2 AND e.kind NOT IN ('edit', 'delete', 'reaction') ORDER BY e.seq DESC LIMIT ?3"
        ),
        Side::Above => concat!(
            event_columns!("INDEXED BY event_listed"),
            " AND e.seq > ?2 AND e.kind NOT IN ('edit', 'delete', 'reaction') ORDER BY e.seq LIMIT ?3"
        ),
    };
    let mut events = read(connection, sql, params![room.as_str(), seq, integer(limit)], room)?;
    if let Side::Below = side {
        events.reverse();
    }
    match Page::hole(&events) {
        Some(seq) => Err(unknown(0, "hole in the log after", &seq.to_string())),
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
    let senseless = || unknown(5, "body of event", &seq.to_string());
    let mut body = body::read(kind, row.get(5)?, about, target).ok_or_else(senseless)?;
    let files: Option<String> = row.get(16)?;
    body.files = body::files(files.as_deref()).ok_or_else(senseless)?;
    Ok(Event {
        room: room.clone(),
        seq,
        kind,
        cid: Cid::from_bytes(row.get(2)?),
        by: person(row, UserId::from_bytes(row.get(7)?), 8)?,
        at: number(row.get(3)?),
        n: row.get::<_, Option<i64>>(4)?.map(number),
        rev: row.get::<_, Option<i64>>(15)?.map(|rev| Seq(number(rev))),
        body,
    })
}
