//! Reads rooms and their logs. Never writes.

use teahouse_protocol::{Cid, Event, Range, RoomId, Seq};
use tokio_postgres::Row;

use super::fault::Senseless;
use super::pool::Connection;
use super::row::{self, count, seq, value};
use crate::store::columns::{RoomColumns, integer};
use crate::store::{Head, Page, StoreError, StoredRoom};

pub(super) const ROOM: &str = "
    SELECT slug, name, topic, read, write, history, slow_s, keep_days, direct, archived, epoch, oldest, head, n
    FROM room WHERE id = $1";

pub(super) const HEADS: &str = "SELECT id, epoch, oldest, head FROM room WHERE id = ANY ($1)";

pub(super) const CID: &str =
    "SELECT e.cid FROM room r JOIN event e ON e.room = r.key AND e.seq = $2 WHERE r.id = $1";

/// The head, and events on both sides of a number, of one moment: a statement sees no half of another's work.
/// A side of which nothing is wanted costs nothing. Without an event there is one row, with the head alone.
pub(super) const EVENTS: &str = "
    SELECT r.head, e.seq, e.kind, e.cid, e.at, e.n, e.text, e.target, e.by, p.name, p.role, p.picture,
        e.about, q.name, q.role, q.picture
    FROM room r
    LEFT JOIN LATERAL (
        (SELECT * FROM event WHERE room = r.key AND seq < $2 ORDER BY seq DESC LIMIT $3)
        UNION ALL
        (SELECT * FROM event WHERE room = r.key AND seq >= $2 ORDER BY seq LIMIT $4)
    ) e ON true
    LEFT JOIN person p ON p.id = e.by LEFT JOIN person q ON q.id = e.about
    WHERE r.id = $1
    ORDER BY e.seq";

/// The room of that id.
pub(super) async fn room(connection: &mut Connection, id: &RoomId) -> Result<Option<StoredRoom>, StoreError> {
    let rows = connection.ask(ROOM, &[&id.as_str()]).await?;
    let room = |row: &Row| {
        let text = |column| value::<String>(row, column).map(row::read);
        let now = RoomColumns {
            slug: value::<Option<String>>(row, 0)?.map(row::read),
            name: text(1)?,
            topic: text(2)?,
            read: text(3)?,
            write: text(4)?,
            numbers: [value(row, 5)?, value(row, 6)?, value(row, 7)?, value(row, 8)?, value(row, 9)?],
        };
        Ok(StoredRoom {
            id: id.clone(),
            now: now.now().ok_or_else(|| Senseless(format!("unknown policy of room {id}")))?,
            epoch: row::epoch(row, 10)?,
            oldest: seq(row, 11)?,
            head: seq(row, 12)?,
            n: count(row, 13)?,
        })
    };
    told(connection, rows.first().map(room).transpose())
}

/// The events above `after`, in order and without holes.
pub(super) async fn after(
    connection: &mut Connection,
    room: &RoomId,
    after: Seq,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let from = integer(after.0.saturating_add(1));
    let read = Moment::read(connection, room, from, [0, i64::from(limit)]).await?;
    Ok(read.events)
}

/// A page of history; its messages and its head are of the same moment.
pub(super) async fn page(
    connection: &mut Connection,
    room: &RoomId,
    range: Range,
    limit: u32,
) -> Result<Page, StoreError> {
    let limit = i64::from(limit);
    // The first number of the upper side, and how many are wanted of either.
    let (from, wanted) = match range {
        Range::Before(seq) => (integer(seq.0), [Some(limit), None]),
        Range::After(seq) => (integer(seq.0.saturating_add(1)), [None, Some(limit)]),
        Range::Around(seq) => (integer(seq.0), [Some(limit / 2), Some(limit - limit / 2)]),
    };
    // One more than wanted tells whether there are more.
    let Moment { mut events, head } =
        Moment::read(connection, room, from, wanted.map(|wanted| wanted.map_or(0, |wanted| wanted + 1)))
            .await?;
    let below = events.partition_point(|event| integer(event.seq.0) < from);
    let is_over = |count: usize, wanted: Option<i64>| wanted.is_some_and(|wanted| count as i64 > wanted);
    let (more_below, more_above) = (is_over(below, wanted[0]), is_over(events.len() - below, wanted[1]));
    if more_above {
        events.pop();
    }
    if more_below {
        events.remove(0);
    }
    let states = teahouse_protocol::States::default();
    Ok(Page { messages: events, states, as_of: head, more: more_below || more_above })
}

/// The `cid` of an event.
pub(super) async fn cid(
    connection: &mut Connection,
    room: &RoomId,
    seq: Seq,
) -> Result<Option<Cid>, StoreError> {
    let rows = connection.ask(CID, &[&room.as_str(), &integer(seq.0)]).await?;
    told(connection, rows.first().map(|row| row::cid(row, 0)).transpose())
}

/// How far the logs of these rooms go.
pub(super) async fn heads(connection: &mut Connection, rooms: &[RoomId]) -> Result<Vec<Head>, StoreError> {
    let ids: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
    let rows = connection.ask(HEADS, &[&ids]).await?;
    let head = |row| {
        let (room, epoch) = (row::room(row, 0)?, row::epoch(row, 1)?);
        Ok(Head { room, epoch, oldest: seq(row, 2)?, head: seq(row, 3)? })
    };
    told(connection, rows.iter().map(head).collect())
}

/// A stretch of a log and its head.
struct Moment {
    events: Vec<Event>,
    head: Seq,
}

impl Moment {
    async fn read(
        connection: &mut Connection,
        room: &RoomId,
        from: i64,
        limits: [i64; 2],
    ) -> Result<Self, StoreError> {
        let rows = connection.ask(EVENTS, &[&room.as_str(), &from, &limits[0], &limits[1]]).await?;
        told(connection, Self::of(&rows, room))
    }

    fn of(rows: &[Row], room: &RoomId) -> Result<Self, Senseless> {
        let head = rows.first().map(|row| seq(row, 0)).transpose()?.unwrap_or_default();
        let mut events: Vec<Event> = Vec::with_capacity(rows.len());
        for row in rows {
            if value::<Option<i64>>(row, 1)?.is_some() {
                events.push(row::event(row, 1, room)?);
            }
        }
        match events.windows(2).find(|pair| pair[1].seq != pair[0].seq.next()) {
            Some(hole) => Err(Senseless(format!("hole in the log of room {room} after {}", hole[0].seq))),
            None => Ok(Self { events, head }),
        }
    }
}

/// What was read, or that it has no meaning.
pub(super) fn told<T>(connection: &Connection, read: Result<T, Senseless>) -> Result<T, StoreError> {
    read.map_err(|error| connection.place().senseless(&error))
}
