//! Reads rooms and their logs. Never writes.

use deadpool_postgres::Object;
use futures_util::future::{join, try_join3};
use teahouse_protocol::{Cid, Event, Range, RoomId, Seq, UserId};
use tokio_postgres::{Error, Row as Answered};

use super::commit::rows_of;
use super::fault::Senseless;
use super::pool::{Connection, Parameter};
use super::row::{self, count, seq, value};
use crate::store::columns::{RoomColumns, integer};
use crate::store::{Head, Page, Row, StoreError, StoredRoom, states};

pub(super) const ROOM: &str = "
    SELECT slug, name, topic, read, write, call, history, slow_s, keep_days, direct, archived, epoch, oldest, head, n
    FROM room WHERE id = $1";

pub(super) const HEADS: &str = "SELECT id, epoch, oldest, head FROM room WHERE id = ANY ($1)";

pub(super) const CID: &str =
    "SELECT e.cid FROM room r JOIN event e ON e.room = r.key AND e.seq = $2 WHERE r.id = $1";

/// The head, and some events, of one moment: a statement sees no half of another's work. Without an event there is
/// one row, with the head alone.
macro_rules! events {
    ($which:literal) => {
        concat!(
            "
    SELECT r.head, e.seq, e.kind, e.cid, e.at, e.n,
        CASE e.kind WHEN 'edit'
            THEN (SELECT t.text FROM event t WHERE t.room = e.room AND t.seq = e.target) ELSE e.text END,
        e.target, e.by, p.name, p.role, p.picture, e.about, q.name, q.role, q.picture,
        CASE e.kind WHEN 'message' THEN e.rev END, e.files
    FROM room r
    LEFT JOIN LATERAL (",
            $which,
            "
    ) e ON true
    LEFT JOIN person p ON p.id = e.by LEFT JOIN person q ON q.id = e.about
    WHERE r.id = $1
    ORDER BY e.seq"
        )
    };
}

/// The events from a number on, without holes, and the head.
pub(super) const EVENTS: &str =
    events!("SELECT * FROM event WHERE room = r.key AND seq >= $2 ORDER BY seq LIMIT $3");

/// What stands in a list on both sides of a number, and the head. A side of which nothing is wanted costs nothing, nor
/// do a crowd's reactions: what is asked for has an index of its own.
pub(super) const LISTED: &str = events!(
    "(SELECT * FROM event WHERE room = r.key AND seq < $2 AND kind NOT IN ('edit', 'delete', 'reaction')
            ORDER BY seq DESC LIMIT $3)
        UNION ALL
        (SELECT * FROM event WHERE room = r.key AND seq >= $2 AND kind NOT IN ('edit', 'delete', 'reaction')
            ORDER BY seq LIMIT $4)"
);

/// The room of that id.
pub(super) async fn room(connection: &mut Connection, id: &RoomId) -> Result<Option<StoredRoom>, StoreError> {
    let rows = connection.ask(ROOM, &[&id.as_str()]).await?;
    let room = |row: &Answered| {
        let text = |column| value::<String>(row, column).map(row::read);
        let now = RoomColumns {
            slug: value::<Option<String>>(row, 0)?.map(row::read),
            name: text(1)?,
            topic: text(2)?,
            read: text(3)?,
            write: text(4)?,
            call: text(5)?,
            numbers: [value(row, 6)?, value(row, 7)?, value(row, 8)?, value(row, 9)?, value(row, 10)?],
        };
        Ok(StoredRoom {
            id: id.clone(),
            now: now.now().ok_or_else(|| Senseless(format!("unknown policy of room {id}")))?,
            epoch: row::epoch(row, 11)?,
            oldest: seq(row, 12)?,
            head: seq(row, 13)?,
            n: count(row, 14)?,
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
    let rows = connection.ask(EVENTS, &[&room.as_str(), &from, &i64::from(limit)]).await?;
    let read = Moment::of(&rows, room).and_then(|moment| {
        match moment.events.windows(2).find(|pair| pair[1].seq != pair[0].seq.next()) {
            Some(hole) => Err(Senseless(format!("hole in the log of room {room} after {}", hole[0].seq))),
            None => Ok(moment.events),
        }
    });
    told(connection, read)
}

/// A page of history, and what stands beside its messages for this reader; all of it is of the same moment.
pub(super) async fn page(
    connection: &mut Connection,
    room: &RoomId,
    range: Range,
    limit: u32,
    reader: Option<UserId>,
) -> Result<Page, StoreError> {
    let limit = i64::from(limit);
    // The first number of the upper side, and how many are wanted of either.
    let (from, wanted) = match range {
        Range::Before(seq) => (integer(seq.0), [Some(limit), None]),
        Range::After(seq) => (integer(seq.0.saturating_add(1)), [None, Some(limit)]),
        Range::Around(seq) => (integer(seq.0), [Some(limit / 2), Some(limit - limit / 2)]),
    };
    // One more than wanted tells whether there are more.
    let limits = wanted.map(|wanted| wanted.map_or(0, |wanted| wanted + 1));
    let read = connection.page(&Asked { room, from, limits, reader }).await?;
    let (Moment { mut events, head }, beside) = told(connection, read)?;
    let below = events.partition_point(|event| integer(event.seq.0) < from);
    let is_over = |count: usize, wanted: Option<i64>| wanted.is_some_and(|wanted| count as i64 > wanted);
    let (more_below, more_above) = (is_over(below, wanted[0]), is_over(events.len() - below, wanted[1]));
    if more_above {
        events.pop();
    }
    if more_below {
        events.remove(0);
    }
    let mut states = states::read(beside)?;
    states.0.retain(|seq, _| events.iter().any(|event| event.seq == *seq));
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

/// A page that is asked for.
pub(super) struct Asked<'a> {
    room: &'a RoomId,
    /// The first number of the upper side.
    from: i64,
    /// How many are wanted of the lower side, and of the upper.
    limits: [i64; 2],
    reader: Option<UserId>,
}

/// What a page was answered with: its moment, and the rows of [`states`].
pub(super) type PageRead = Result<(Moment, [Vec<Row>; 3]), Senseless>;

/// Reads a page in one transaction, which sees one moment.
pub(super) async fn attempt(object: &Object, asked: &Asked<'_>) -> Result<PageRead, Error> {
    match moment(object, asked).await {
        Ok(read) => object.batch_execute("COMMIT").await.map(|()| read),
        Err(error) => {
            // A connection that cannot even do this is not used again.
            object.batch_execute("ROLLBACK").await?;
            Err(error)
        }
    }
}

async fn moment(object: &Object, asked: &Asked<'_>) -> Result<PageRead, Error> {
    let Asked { room, from, limits, reader } = asked;
    let listed = object.prepare_cached(LISTED).await?;
    let (id, [below, above]) = (room.as_str(), limits);
    let parameters: [Parameter<'_>; 4] = [&id, from, below, above];
    // They are polled, and so sent, in this order.
    let (begun, rows) = join(
        object.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        object.query(&listed, &parameters),
    )
    .await;
    begun?;
    let moment = match Moment::of(&rows?, room) {
        Ok(moment) => moment,
        Err(what) => return Ok(Err(what)),
    };
    if let Some(hole) = Page::hole(&moment.events) {
        return Ok(Err(Senseless(format!("hole in the log of room {room} after {hole}"))));
    }
    let Some([reactions, replies, pins]) = states::questions(room, &moment.events, *reader) else {
        return Ok(Ok((moment, Default::default())));
    };
    let (reactions, replies, pins) =
        try_join3(rows_of(object, &reactions), rows_of(object, &replies), rows_of(object, &pins)).await?;
    let beside = reactions.and_then(|reactions| Ok([reactions, replies?, pins?]));
    Ok(beside.map(|beside| (moment, beside)))
}

/// A stretch of a log and its head.
pub(super) struct Moment {
    events: Vec<Event>,
    head: Seq,
}

impl Moment {
    fn of(rows: &[Answered], room: &RoomId) -> Result<Self, Senseless> {
        let head = rows.first().map(|row| seq(row, 0)).transpose()?.unwrap_or_default();
        let mut events: Vec<Event> = Vec::with_capacity(rows.len());
        for row in rows {
            if value::<Option<i64>>(row, 1)?.is_some() {
                events.push(row::event(row, 1, room)?);
            }
        }
        Ok(Self { events, head })
    }
}

/// What was read, or that it has no meaning.
pub(super) fn told<T>(connection: &Connection, read: Result<T, Senseless>) -> Result<T, StoreError> {
    read.map_err(|error| connection.place().senseless(&error))
}
