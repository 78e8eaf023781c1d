//! Puts drafts into rooms' logs, inside the writer's transaction.

use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, params};
use teahouse_core::room::Draft;
use teahouse_protocol::{Epoch, RoomId, Seq, UserId};

use super::writer::{Batch, Fault};
use crate::store::body::Columns;
use crate::store::columns::{bytes, integer, number, readers_name, writers_name};
use crate::store::{Appended, Claim, NewRoom, StoreError};

/// A room's row as the transaction has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    key: i64,
    head: i64,
    n: i64,
}

/// Stores the drafts with the room's next numbers.
pub(super) fn append<'d>(
    batch: &mut Batch<'_>,
    room: &RoomId,
    drafts: impl IntoIterator<Item = &'d Draft>,
) -> Result<Vec<Appended>, Fault> {
    let connection = batch.connection;
    let log = match batch.rooms.entry(room.clone()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => place.insert(Room::read(connection, room)?),
    };
    let mut add_cid = connection
        .prepare_cached("INSERT INTO cid (room, cid, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    let mut add_event = connection.prepare_cached(
        "INSERT INTO event (room, seq, kind, cid, by, at, n, text, about, target)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut appended = Vec::new();
    let mut held = 0;
    for draft in drafts {
        held += bytes([draft]);
        let (cid, by, at) = (draft.cid.as_bytes(), draft.by.as_bytes(), integer(draft.at));
        let seq = log.head + 1;
        if add_cid.execute(params![log.key, cid, seq])? == 0 {
            appended.push(first_answer(connection, log.key, draft)?);
            continue;
        }
        let n = log.n + i64::from(draft.kind.is_message());
        let (kind, own) = (draft.kind.as_str(), draft.kind.is_message().then_some(n));
        let Columns { text, about, target } = Columns::of(draft);
        let (about, target) = (about.as_ref().map(UserId::as_bytes), target.map(|target| integer(target.0)));
        add_event.execute(params![log.key, seq, kind, cid, by, at, own, text, about, target])?;
        (log.head, log.n) = (seq, n);
        appended.push(Appended::Stored { seq: Seq(number(seq)), n: number(n) });
    }
    // A random `cid` touches a page of its own; events and text lie one after another.
    batch.pages += appended.len() as u64 + (held / 4_096) as u64;
    Ok(appended)
}

/// Whether one of the drafts is in the room's log.
pub(super) fn knows_any(connection: &Connection, room: &RoomId, drafts: &[&Draft]) -> rusqlite::Result<bool> {
    let mut known = connection
        .prepare_cached("SELECT 1 FROM cid WHERE room = (SELECT key FROM room WHERE id = ?1) AND cid = ?2")?;
    for draft in drafts {
        if known.exists(params![room.as_str(), draft.cid.as_bytes()])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a repeated `cid` gets: the first answer, or a conflict.
fn first_answer(connection: &Connection, key: i64, draft: &Draft) -> rusqlite::Result<Appended> {
    let mut first = connection.prepare_cached(
        "SELECT c.seq, coalesce(e.by, c.by), coalesce(e.at, c.at), e.kind, e.text, e.rev IS NULL, e.about, e.target
         FROM cid c LEFT JOIN event e ON e.room = c.room AND e.seq = c.seq
         WHERE c.room = ?1 AND c.cid = ?2",
    )?;
    first.query_row(params![key, draft.cid.as_bytes()], |row| {
        let by: [u8; 16] = row.get(1)?;
        let kind: Option<String> = row.get(3)?;
        let text: Option<String> = row.get(4)?;
        // What was edited or is gone cannot be compared; then the person alone decides.
        let same_body = match (kind, text, row.get(5)?) {
            (Some(kind), Some(text), true) => {
                let about: Option<[u8; 16]> = row.get(6)?;
                let target: Option<i64> = row.get(7)?;
                let ours = Columns::of(draft);
                (&*kind, &*text, about.map(UserId::from_bytes), target.map(|target| Seq(number(target))))
                    == (draft.kind.as_str(), &*ours.text, ours.about, ours.target)
            }
            _ => true,
        };
        if by == *draft.by.as_bytes() && same_body {
            Ok(Appended::Repeat { seq: Seq(number(row.get(0)?)), at: number(row.get(2)?) })
        } else {
            Ok(Appended::Conflict)
        }
    })
}

/// Makes a room with an empty log, if its id is free.
pub(super) fn add_room(connection: &Connection, room: &NewRoom) -> rusqlite::Result<Claim> {
    let (NewRoom { id, name, topic, policy }, epoch) = (room, rand::random::<u32>());
    let made = connection
        .prepare_cached(
            "INSERT INTO room (id, name, topic, epoch, read, write, history, slow_s, keep_days, call)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            id.as_str(),
            name,
            topic,
            epoch,
            readers_name(policy.read),
            writers_name(policy.write),
            policy.history,
            policy.slow_s,
            policy.keep_days,
            writers_name(policy.call)
        ])?;
    Ok(if made == 1 { Claim::Made } else { Claim::Taken })
}

/// Gives the room's log another identity.
pub(super) fn renew_epoch(connection: &Connection, room: &RoomId, epoch: Epoch) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE room SET epoch = ?2 WHERE id = ?1")?
        .execute(params![room.as_str(), epoch.0])
        .map(|_| ())
}

impl Room {
    fn read(connection: &Connection, id: &RoomId) -> Result<Self, Fault> {
        let room = connection
            .prepare_cached("SELECT key, head, n FROM room WHERE id = ?1")?
            .query_row([id.as_str()], |row| Ok(Self { key: row.get(0)?, head: row.get(1)?, n: row.get(2)? }))
            .optional()?;
        room.ok_or_else(|| Fault::Refused(StoreError::Down(format!("there is no room {id} in it").into())))
    }

    /// The last number, in this transaction.
    pub(super) fn head(&self) -> i64 {
        self.head
    }

    /// Writes the row.
    pub(super) fn keep(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE room SET head = ?2, n = ?3 WHERE key = ?1")?
            .execute([self.key, self.head, self.n])
            .map(|_| ())
    }
}
