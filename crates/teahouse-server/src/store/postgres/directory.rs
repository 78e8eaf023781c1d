//! People, names, tokens, read marks and settings: what is written and what is asked of them.
//!
//! Each call is one statement, so nothing is ever half done, and the tables' own keys decide between nodes
//! that ask at the same time. Who touches a person and their name takes the person first: nobody waits in a ring.

use std::borrow::Cow;

use teahouse_protocol::{Epoch, Person, RoomId, Seq, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::history::told;
use super::pool::{Connection, Parameter};
use super::row::{self, count, kept, seq, value};
use crate::store::columns::{integer, readers_name, writers_name};
use crate::store::{Claim, NewRoom, SEEN_MS, StoreError};

/// Most names that one statement frees: it holds the rows of all while it lasts.
const FREED_MAX: i64 = 5_000;

pub(super) const ADD_ROOM: &str =
    "INSERT INTO room (id, name, topic, epoch, read, write, history, slow_s, keep_days, call)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING key";

pub(super) const RENEW_EPOCH: &str = "UPDATE room SET epoch = $2 WHERE id = $1";

pub(super) const BY_TOKEN: &str = "
    SELECT p.id, p.name, p.role, p.picture, p.seen, p.freed IS NOT NULL
    FROM token t JOIN person p ON p.id = t.person WHERE t.hash = $1";

/// The same condition as in `by_token`: by now somebody may have written it.
pub(super) const SAW: &str = "
    WITH was AS MATERIALIZED (
        SELECT id, freed FROM person WHERE id = $1 AND (freed IS NOT NULL OR seen <= $2 - $3::bigint)
        FOR NO KEY UPDATE
    ),
    named AS (
        INSERT INTO name (folded, person) SELECT freed, id FROM was WHERE freed IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    UPDATE person SET seen = greatest(seen, $2), freed = NULL FROM was WHERE person.id = was.id";

pub(super) const BY_NAME: &str = "
    SELECT p.id, p.name, p.role, p.picture, p.password
    FROM name n JOIN person p ON p.id = n.person WHERE n.folded = $1";

pub(super) const ADD_TOKEN: &str =
    "INSERT INTO token (hash, person) SELECT $1, id FROM person WHERE id = $2 ON CONFLICT DO NOTHING";

pub(super) const HAS_OWNER: &str = "SELECT EXISTS (SELECT FROM person WHERE role = 'owner')";

// Ordered by a text: by the id itself, the planner would read everybody in that order.
pub(super) const FREE_NAMES: &str = "
    WITH gone AS MATERIALIZED (
        SELECT p.id, n.folded FROM person p JOIN name n ON n.person = p.id
        WHERE p.role IS NULL AND p.freed IS NULL AND p.seen < $1
        ORDER BY CAST(p.id AS text) COLLATE \"C\" LIMIT $2 FOR NO KEY UPDATE OF p
    ),
    freed AS (
        UPDATE person SET freed = gone.folded FROM gone WHERE person.id = gone.id
    ),
    unnamed AS (
        DELETE FROM name USING gone WHERE name.person = gone.id
    )
    SELECT count(*) FROM gone";

pub(super) const READ_MARK: &str =
    "SELECT m.seq FROM room r JOIN read_mark m ON m.person = $1 AND m.room = r.key WHERE r.id = $2";

pub(super) const MARK_READ: &str = "
    INSERT INTO read_mark (person, room, seq) SELECT $1, key, least($3, head) FROM room WHERE id = $2
    ON CONFLICT (person, room) DO UPDATE SET seq = greatest(read_mark.seq, excluded.seq) RETURNING seq";

pub(super) const SETTING: &str = "SELECT value FROM setting WHERE key = $1";

pub(super) const FIRST_SETTING: &str =
    "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING value";

pub(super) const KEEP_SETTING: &str =
    "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

pub(super) const FORGET_SETTING: &str = "DELETE FROM setting WHERE key = $1";

/// What [`ADD_ROOM`] is asked with.
pub(super) struct RoomParameters<'r> {
    texts: [Cow<'r, str>; 3],
    epoch: i64,
    read: &'static str,
    write: &'static str,
    history: i64,
    slow_s: i64,
    keep_days: Option<i64>,
    call: &'static str,
}

impl<'r> RoomParameters<'r> {
    pub(super) fn new(room: &'r NewRoom) -> Self {
        let NewRoom { id, name, topic, policy } = room;
        Self {
            texts: [id.as_str().into(), kept(name), kept(topic)],
            epoch: rand::random::<u32>().into(),
            read: readers_name(policy.read),
            write: writers_name(policy.write),
            history: policy.history.into(),
            slow_s: policy.slow_s.into(),
            keep_days: policy.keep_days.map(Into::into),
            call: writers_name(policy.call),
        }
    }

    pub(super) fn all(&self) -> [Parameter<'_>; 10] {
        let Self { texts: [id, name, topic], epoch, read, write, history, slow_s, keep_days, call } = self;
        [id, name, topic, epoch, read, write, history, slow_s, keep_days, call]
    }
}

/// Makes a room with an empty log, if its id is free.
pub(super) async fn add_room(connection: &mut Connection, room: &NewRoom) -> Result<Claim, StoreError> {
    let room = RoomParameters::new(room);
    Ok(claim(&connection.ask(ADD_ROOM, &room.all()).await?))
}

/// Gives the room's log another identity.
pub(super) async fn renew_epoch(
    connection: &mut Connection,
    room: &RoomId,
    epoch: Epoch,
) -> Result<(), StoreError> {
    connection.ask(RENEW_EPOCH, &[&room.as_str(), &i64::from(epoch.0)]).await.map(drop)
}

/// Whose token it is, and whether it is worth a write that they were here.
pub(super) async fn by_token(
    connection: &mut Connection,
    token: &[u8; 32],
    now: u64,
) -> Result<Option<(Person, bool)>, StoreError> {
    let rows = connection.ask(BY_TOKEN, &[&&token[..]]).await?;
    let seen = |row: &Row| {
        let is_news = value(row, 5)? || now.saturating_sub(count(row, 4)?) >= SEEN_MS;
        Ok((row::person(row, 0)?, is_news))
    };
    told(connection, rows.first().map(seen).transpose())
}

/// Notes that the person was here, and gives them their name again if it was freed.
pub(super) async fn saw(connection: &mut Connection, id: UserId, now: u64) -> Result<(), StoreError> {
    connection.ask(SAW, &[&key(id), &integer(now), &integer(SEEN_MS)]).await.map(drop)
}

/// The person of that folded name, and their password.
pub(super) async fn by_name(
    connection: &mut Connection,
    folded: &str,
) -> Result<Option<(Person, Option<String>)>, StoreError> {
    let rows = connection.ask(BY_NAME, &[&kept(folded)]).await?;
    let known = |row: &Row| Ok((row::person(row, 0)?, value(row, 4)?));
    told(connection, rows.first().map(known).transpose())
}

/// Gives a person one more token.
pub(super) async fn add_token(
    connection: &mut Connection,
    id: UserId,
    token: &[u8; 32],
) -> Result<(), StoreError> {
    connection.ask(ADD_TOKEN, &[&&token[..], &key(id)]).await.map(drop)
}

/// Whether the house has an owner.
pub(super) async fn has_owner(connection: &mut Connection) -> Result<bool, StoreError> {
    let rows = connection.ask(HAS_OWNER, &[]).await?;
    told(connection, rows.first().map_or(Ok(false), |row| value(row, 0)))
}

/// Frees the names of some guests who were last here before `before`; says how many, and whether there may be more.
pub(super) async fn free_names(connection: &mut Connection, before: u64) -> Result<(u64, bool), StoreError> {
    let rows = connection.ask(FREE_NAMES, &[&integer(before), &FREED_MAX]).await?;
    let freed = told(connection, rows.first().map_or(Ok(0), |row| count(row, 0)))?;
    Ok((freed, integer(freed) == FREED_MAX))
}

/// How far the person has read.
pub(super) async fn read_mark(
    connection: &mut Connection,
    person: UserId,
    room: &RoomId,
) -> Result<Seq, StoreError> {
    let rows = connection.ask(READ_MARK, &[&key(person), &room.as_str()]).await?;
    told(connection, rows.first().map_or(Ok(Seq::ZERO), |row| seq(row, 0)))
}

/// Raises the read mark, at most to the head.
pub(super) async fn mark_read(
    connection: &mut Connection,
    person: UserId,
    room: &RoomId,
    mark: Seq,
) -> Result<Seq, StoreError> {
    let rows = connection.ask(MARK_READ, &[&key(person), &room.as_str(), &integer(mark.0)]).await?;
    told(connection, rows.first().map_or(Ok(Seq::ZERO), |row| seq(row, 0)))
}

/// A setting of the house.
pub(super) async fn setting(connection: &mut Connection, key: &str) -> Result<Option<String>, StoreError> {
    let rows = connection.ask(SETTING, &[&key]).await?;
    told(connection, rows.first().map(|row| value(row, 0).map(row::read)).transpose())
}

/// Keeps a setting if there is none, and gives the one that holds.
pub(super) async fn first_setting(
    connection: &mut Connection,
    key: &str,
    wanted: &str,
) -> Result<String, StoreError> {
    if !connection.ask(FIRST_SETTING, &[&key, &kept(wanted)]).await?.is_empty() {
        return Ok(wanted.to_owned());
    }
    // Somebody was quicker; a statement that begins now sees what they kept.
    Ok(setting(connection, key).await?.unwrap_or_default())
}

/// Keeps or forgets a setting.
pub(super) async fn keep_setting(
    connection: &mut Connection,
    key: &str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    let done = match value {
        Some(value) => connection.ask(KEEP_SETTING, &[&key, &kept(value)]).await,
        None => connection.ask(FORGET_SETTING, &[&key]).await,
    };
    done.map(drop)
}

/// The person's id as it is kept.
fn key(person: UserId) -> Uuid {
    Uuid::from_bytes(*person.as_bytes())
}

fn claim(made: &[Row]) -> Claim {
    if made.is_empty() { Claim::Taken } else { Claim::Made }
}
