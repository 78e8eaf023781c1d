//! Rooms, who is in them, and who was sent out of them, as rows: SQL that both engines understand.

/// Links into rooms.
pub mod invites;
/// Single messages.
pub mod messages;

use std::sync::Arc;

use teahouse_core::rights::Membership;
use teahouse_protocol::{Level, Person, Policy, RoomId, RoomNow, RoomRole, Seq, UserId};

use super::columns::{RoomColumns, readers_name, role_of as house_role, writers_name};
use super::{Row, Statement, Store, StoreError, Value};
use crate::access::Standing;

/// A time that never comes, where one is needed for what has no end.
const NEVER: u64 = (1 << 53) - 1;

/// The columns of a room that everybody sees, in the order of [`now_of`].
macro_rules! room_now {
    () => {
        "r.slug, r.name, r.topic, r.read, r.write, r.call, r.history, r.slow_s, r.keep_days, r.direct, r.archived"
    };
}
pub(super) use room_now;

/// A room that is to be made.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// Its id.
    pub id: &'a RoomId,
    /// What it is for everybody.
    pub now: &'a RoomNow,
    /// The sorted ids of its people, for a direct room.
    pub pair: Option<String>,
    /// Who makes it.
    pub by: UserId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// Makes a room with an empty log, unless its id, its slug or its people have one.
#[must_use]
pub fn make(room: &Made<'_>) -> Statement {
    let Made { id, now, pair, by, at } = room;
    let Policy { read, write, call, history, slow_s, keep_days } = now.policy;
    let epoch: u32 = rand::random();
    Statement::new(
        "INSERT INTO room (id, name, topic, epoch, slug, read, write, history, slow_s, keep_days, direct, pair,
            made, by, call)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .with(*id)
    .with(now.name.clone())
    .with(now.topic.clone())
    .with(epoch)
    .with(now.slug.clone())
    .with(readers_name(read))
    .with(writers_name(write))
    .with(history)
    .with(slow_s)
    .with(keep_days)
    .with(now.direct)
    .with(pair.clone())
    .with(*at)
    .with(*by)
    .with(writers_name(call))
    .must()
}

/// Changes what a room is for everybody, in the commit that has the event of it. Says no if it is not any more as
/// it was `before`, or if another room has its slug.
#[must_use]
pub fn change(id: &RoomId, before: &RoomNow, now: &RoomNow, at: u64) -> Statement {
    let was = before.policy;
    let Policy { read, write, call, history, slow_s, keep_days } = now.policy;
    Statement::new(
        "UPDATE room SET name = $2, topic = $3, slug = $4, read = $5, write = $6, history = $7, slow_s = $8,
            keep_days = $9, archived = CASE WHEN $10 = 0 THEN NULL ELSE coalesce(archived, $11) END, call = $21
         WHERE id = $1 AND name = $12 AND topic = $13 AND coalesce(slug, '') = $14 AND read = $15 AND write = $16
            AND history = $17 AND slow_s = $18 AND coalesce(keep_days, 0) = $19
            AND CASE WHEN archived IS NULL THEN 0 ELSE 1 END = $20 AND call = $22",
    )
    .with(id)
    .with(now.name.clone())
    .with(now.topic.clone())
    .with(now.slug.clone())
    .with(readers_name(read))
    .with(writers_name(write))
    .with(history)
    .with(slow_s)
    .with(keep_days)
    .with(Value::Int(now.archived.into()))
    .with(at)
    .with(before.name.clone())
    .with(before.topic.clone())
    .with(before.slug.as_deref().unwrap_or_default())
    .with(readers_name(was.read))
    .with(writers_name(was.write))
    .with(was.history)
    .with(was.slow_s)
    .with(was.keep_days.unwrap_or(0))
    .with(Value::Int(before.archived.into()))
    .with(writers_name(call))
    .with(writers_name(was.call))
    .must()
}

/// Makes somebody a member, who may read from the event on that the commit appends first, or everything if the
/// room shows what was before.
#[must_use]
pub fn add_member(room: &RoomId, person: UserId, role: RoomRole, at: u64) -> Statement {
    Statement::new(
        "INSERT INTO member (room, person, role, readable_from, joined) VALUES (
            (SELECT key FROM room WHERE id = $1), $2, $3,
            (SELECT CASE WHEN history = 1 THEN 1 ELSE CAST($4 AS bigint) END FROM room WHERE id = $1), $5)",
    )
    .with(room)
    .with(person)
    .with(role_name(role))
    .with(Value::Seq(0))
    .with(at)
    .must()
    .after_append()
}

/// Says no if the person is a member already.
#[must_use]
pub fn is_no_member(room: &RoomId, person: UserId) -> Statement {
    Statement::new(
        "SELECT r.key FROM room r WHERE r.id = $1
            AND NOT EXISTS (SELECT 1 FROM member m WHERE m.room = r.key AND m.person = $2)",
    )
    .with(room)
    .with(person)
    .must()
}

/// A member no longer; says whether they were one.
#[must_use]
pub fn remove_member(room: &RoomId, person: UserId) -> Statement {
    Statement::new("DELETE FROM member WHERE room = (SELECT key FROM room WHERE id = $1) AND person = $2")
        .with(room)
        .with(person)
}

/// Gives a member another role; says whether they had another one.
#[must_use]
pub fn set_role(room: &RoomId, person: UserId, role: RoomRole) -> Statement {
    Statement::new(
        "UPDATE member SET role = $3 WHERE room = (SELECT key FROM room WHERE id = $1) AND person = $2 AND role <> $3",
    )
    .with(room)
    .with(person)
    .with(role_name(role))
}

/// Of what a member wants to be told.
#[must_use]
pub fn set_level(room: &RoomId, person: UserId, level: Level, has_muted: bool) -> Statement {
    Statement::new(
        "UPDATE member SET level = $3, muted = $4 WHERE room = (SELECT key FROM room WHERE id = $1) AND person = $2",
    )
    .with(room)
    .with(person)
    .with(level_name(level))
    .with(has_muted)
}

/// The room of that id or that slug.
///
/// # Errors
/// The store's.
pub async fn id_of(store: &dyn Store, name: &str) -> Result<Option<RoomId>, StoreError> {
    let statement =
        Statement::new("SELECT id FROM room WHERE id = $1 OR slug = $1 ORDER BY id <> $1").with(name);
    let rows = store.query(statement).await?;
    let id = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// The direct room of these people, by their sorted ids.
///
/// # Errors
/// The store's.
pub async fn of_pair(store: &dyn Store, pair: &str) -> Result<Option<RoomId>, StoreError> {
    let rows = store.query(Statement::new("SELECT id FROM room WHERE pair = $1").with(pair)).await?;
    let id = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// A room in somebody's list.
#[derive(Debug)]
pub struct Listed {
    /// Its id.
    pub id: RoomId,
    /// What it is for everybody.
    pub now: RoomNow,
    /// What they are in it.
    pub standing: Standing,
    /// The last number of its log.
    pub head: Seq,
    /// How many messages were ever written.
    pub n: u64,
    /// How far they have read.
    pub read: Seq,
    /// How many messages of others they have not read; 1000 are as many as more. Of the 20,000 events after the
    /// mark, so that a room in which somebody only writes costs no more than another.
    pub unread: u64,
    /// When something happened last, in milliseconds since 1970-01-01 UTC.
    pub last_at: Option<u64>,
}

/// Every room that is not private, and the private ones that the person is in. Whether they may read each of
/// them is for the rules to say. Unread messages are counted where they are a member, and in the main room.
///
/// # Errors
/// The store's.
pub async fn listed(store: &dyn Store, person: Option<UserId>, now: u64) -> Result<Vec<Listed>, StoreError> {
    let nobody = UserId::from_bytes([0; 16]);
    let statement = Statement::new(concat!(
        "SELECT r.id, r.head, r.n, m.role, m.readable_from, m.level, m.muted, k.seq,
            (SELECT count(*) FROM sanction s WHERE s.kind = 'ban' AND s.person = $1 AND s.room = r.key
                AND (s.until IS NULL OR s.until > $2)),
            (SELECT max(coalesce(s.until, 9007199254740991)) FROM sanction s WHERE s.kind = 'mute'
                AND s.person = $1 AND (s.room = r.key OR s.room IS NULL) AND (s.until IS NULL OR s.until > $2)),
            (SELECT e.at FROM event e WHERE e.room = r.key AND e.seq = r.head),
            CASE WHEN m.role IS NULL AND r.id <> '1024' THEN 0 ELSE (SELECT count(*) FROM (
                SELECT 1 FROM (SELECT e.n, e.by, e.text FROM event e WHERE e.room = r.key
                    AND e.seq > coalesce(k.seq, 0) AND e.seq >= coalesce(m.readable_from, 1)
                    ORDER BY e.seq LIMIT 20000) e
                WHERE e.n IS NOT NULL AND e.by <> $1 AND e.text IS NOT NULL LIMIT 1000) u) END, ",
        room_now!(),
        " FROM room r
         LEFT JOIN member m ON m.room = r.key AND m.person = $1
         LEFT JOIN read_mark k ON k.room = r.key AND k.person = $1
         WHERE (m.role IS NOT NULL OR r.read <> 'joined' AND r.direct = 0)
         ORDER BY m.role IS NULL, r.key LIMIT 1000"
    ));
    let rows = store.query(statement.with(person.unwrap_or(nobody)).with(now)).await?;
    rows.iter().filter_map(|row| listed_of(row).transpose()).collect()
}
/// What a person is in a room, at this time in milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// The store's.
pub async fn standing(
    store: &dyn Store,
    person: UserId,
    room: &RoomId,
    now: u64,
) -> Result<Standing, StoreError> {
    Ok(standing_and_mark(store, person, room, now).await?.0)
}

/// The same, and how far they have read.
///
/// # Errors
/// The store's.
pub async fn standing_and_mark(
    store: &dyn Store,
    person: UserId,
    room: &RoomId,
    now: u64,
) -> Result<(Standing, Seq), StoreError> {
    let statement = Statement::new(
        "SELECT m.role, m.readable_from, m.level, m.muted, s.kind, s.until, coalesce(k.seq, 0)
         FROM room r
         LEFT JOIN read_mark k ON k.room = r.key AND k.person = $1
         LEFT JOIN member m ON m.room = r.key AND m.person = $1
         LEFT JOIN sanction s ON s.person = $1 AND (s.room IS NULL OR s.room = r.key)
             AND (s.until IS NULL OR s.until > $2)
         WHERE r.id = $3",
    );
    let statement = statement.with(person).with(now).with(room);
    let (mut standing, mut mark) = (Standing::default(), Seq::ZERO);
    for row in store.query(statement).await? {
        take_in(&mut standing, &row)?;
        mark = row.seq(6)?;
    }
    Ok((standing, mark))
}

fn take_in(standing: &mut Standing, row: &Row) -> Result<(), StoreError> {
    if let Some(role) = row.maybe_text(0)? {
        standing.member = Some(Membership { role: role_of(role), readable_from: row.seq(1)? });
        standing.level = level_of(row.text(2)?);
        standing.has_muted = row.flag(3)?;
    }
    match row.maybe_text(4)? {
        Some("ban") => standing.is_banned = true,
        Some("mute") => {
            let until = row.maybe_count(5)?.unwrap_or(NEVER);
            standing.muted_until = standing.muted_until.max(Some(until));
        }
        _ => {}
    }
    Ok(())
}

fn listed_of(row: &Row) -> Result<Option<Listed>, StoreError> {
    let Ok(id) = row.text(0)?.parse::<RoomId>() else { return Ok(None) };
    let mut standing =
        Standing { is_banned: row.flag(8)?, muted_until: row.maybe_count(9)?, ..Standing::default() };
    if let Some(role) = row.maybe_text(3)? {
        standing.member = Some(Membership { role: role_of(role), readable_from: row.seq(4)? });
        standing.level = level_of(row.text(5)?);
        standing.has_muted = row.flag(6)?;
    }
    Ok(Some(Listed {
        id,
        now: now_of(row, 12)?,
        standing,
        head: row.seq(1)?,
        n: row.count(2)?,
        read: Seq(row.maybe_count(7)?.unwrap_or(0)),
        unread: row.count(11)?,
        last_at: row.maybe_count(10)?,
    }))
}

/// What a room is for everybody, whose columns begin at this place.
pub(super) fn now_of(row: &Row, at: usize) -> Result<RoomNow, StoreError> {
    let columns = RoomColumns {
        slug: row.maybe_text(at)?.map(str::to_owned),
        name: row.text(at + 1)?.to_owned(),
        topic: row.text(at + 2)?.to_owned(),
        read: row.text(at + 3)?.to_owned(),
        write: row.text(at + 4)?.to_owned(),
        call: row.text(at + 5)?.to_owned(),
        numbers: [
            row.maybe_int(at + 6)?,
            row.maybe_int(at + 7)?,
            row.maybe_int(at + 8)?,
            row.maybe_int(at + 9)?,
            row.maybe_int(at + 10)?,
        ],
    };
    columns.now().ok_or_else(|| StoreError::Corrupt(format!("a room makes no sense: {row:?}").into()))
}

/// The people of the direct rooms that somebody is in, by room, without themselves.
///
/// # Errors
/// The store's.
pub async fn of_direct(store: &dyn Store, person: UserId) -> Result<Vec<(RoomId, Person)>, StoreError> {
    let statement = Statement::new(
        "SELECT r.id, p.id, p.name, p.role, p.picture FROM member mine
         JOIN room r ON r.key = mine.room AND r.direct = 1
         JOIN member m ON m.room = r.key AND m.person <> $1
         JOIN person p ON p.id = m.person WHERE mine.person = $1 ORDER BY r.key, p.id",
    );
    let rows = store.query(statement.with(person)).await?;
    let of = |row: &Row| Ok(row.text(0)?.parse().ok().zip(Some(person_of(row, 1)?)));
    rows.iter().filter_map(|row| of(row).transpose()).collect()
}

/// Somebody who is in a room.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// Their role there.
    pub role: RoomRole,
    /// Since when, in milliseconds since 1970-01-01 UTC.
    pub joined: u64,
}

/// Who is in a room.
///
/// # Errors
/// The store's.
pub async fn members(store: &dyn Store, room: &RoomId) -> Result<Vec<Member>, StoreError> {
    let statement = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, m.role, m.joined FROM room r
         JOIN member m ON m.room = r.key JOIN person p ON p.id = m.person
         WHERE r.id = $1 ORDER BY m.joined, p.id LIMIT 10000",
    );
    let rows = store.query(statement.with(room)).await?;
    let of = |row: &Row| {
        Ok(Member { person: person_of(row, 0)?, role: role_of(row.text(4)?), joined: row.count(5)? })
    };
    rows.iter().map(of).collect()
}

/// A room that two people are in.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Shared {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The rooms that two people are in, but for conversations.
///
/// # Errors
/// The store's.
pub async fn shared(store: &dyn Store, one: UserId, other: UserId) -> Result<Vec<Shared>, StoreError> {
    let statement = Statement::new(
        "SELECT r.id, r.name FROM room r JOIN member a ON a.room = r.key AND a.person = $1
         JOIN member b ON b.room = r.key AND b.person = $2 WHERE r.direct = 0 ORDER BY r.name LIMIT 100",
    );
    let rows = store.query(statement.with(one).with(other)).await?;
    rows.iter().map(|row| Ok(Shared { id: row.text(0)?.to_owned(), name: row.text(1)?.to_owned() })).collect()
}

/// The person of that id, unless their account was deleted.
///
/// # Errors
/// The store's.
pub async fn person(store: &dyn Store, id: UserId) -> Result<Option<Person>, StoreError> {
    let statement =
        Statement::new("SELECT id, name, role, picture FROM person WHERE id = $1 AND erased IS NULL")
            .with(id);
    store.query(statement).await?.first().map(|row| person_of(row, 0)).transpose()
}

/// A person whose id, name, role and picture begin at this place.
///
/// # Errors
/// If the row is not such a one.
pub fn person_of(row: &Row, at: usize) -> Result<Person, StoreError> {
    let role = row.maybe_text(at + 2)?.and_then(house_role);
    let picture = row.maybe_count(at + 3)?.and_then(|version| u32::try_from(version).ok());
    Ok(Person { picture, ..Person::new(row.person(at)?, Arc::from(row.text(at + 1)?), role) })
}

/// Who has to stay out of a room, or be silent there.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Sanction {
    /// Whom.
    pub person: Person,
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    pub until: Option<u64>,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// The bans, or the mutes, of a room that hold at this time.
///
/// # Errors
/// The store's.
pub async fn sanctions(
    store: &dyn Store,
    room: &RoomId,
    kind: &str,
    now: u64,
) -> Result<Vec<Sanction>, StoreError> {
    let statement = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, s.until, s.reason, s.at FROM room r
         JOIN sanction s ON s.room = r.key AND s.kind = $2 AND (s.until IS NULL OR s.until > $3)
         JOIN person p ON p.id = s.person WHERE r.id = $1 ORDER BY s.at",
    );
    let rows = store.query(statement.with(room).with(kind).with(now)).await?;
    let of = |row: &Row| {
        let (until, reason, at) = (row.maybe_count(4)?, row.text(5)?.to_owned(), row.count(6)?);
        Ok(Sanction { person: person_of(row, 0)?, until, reason, at })
    };
    rows.iter().map(of).collect()
}

/// Who imposed what kind of sanction on a person in a room, if one holds at this time.
///
/// # Errors
/// The store's.
pub async fn imposer(
    store: &dyn Store,
    room: &RoomId,
    person: UserId,
    kind: &str,
    now: u64,
) -> Result<Option<Person>, StoreError> {
    let statement = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture FROM room r
         JOIN sanction s ON s.room = r.key AND s.person = $2 AND s.kind = $3 AND (s.until IS NULL OR s.until > $4)
         JOIN person p ON p.id = s.by WHERE r.id = $1",
    );
    let rows = store.query(statement.with(room).with(person).with(kind).with(now)).await?;
    rows.first().map(|row| person_of(row, 0)).transpose()
}

/// Lifts what kind of sanction a person has in a room; says whether they had one.
#[must_use]
pub fn lift(room: &RoomId, person: UserId, kind: &'static str) -> Statement {
    Statement::new(
        "DELETE FROM sanction WHERE room = (SELECT key FROM room WHERE id = $1) AND person = $2 AND kind = $3",
    )
    .with(room)
    .with(person)
    .with(kind)
}

/// Has a person stay out of a room ('ban'), or be silent there ('mute').
#[must_use]
pub fn sanction(
    room: &RoomId,
    person: UserId,
    kind: &'static str,
    until: Option<u64>,
    reason: &str,
    by: UserId,
    at: u64,
) -> Statement {
    Statement::new(
        "INSERT INTO sanction (id, kind, room, person, until, reason, by, at)
         VALUES ($1, $2, (SELECT key FROM room WHERE id = $3), $4, $5, $6, $7, $8)",
    )
    .with(random_id())
    .with(kind)
    .with(room)
    .with(person)
    .with(until)
    .with(reason)
    .with(by)
    .with(at)
    .must()
}

/// A number that nothing else has, below 2^53.
#[must_use]
pub fn random_id() -> u64 {
    rand::random::<u64>() >> 11
}

/// A role in a room as it is kept.
#[must_use]
pub fn role_name(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Member => "member",
        RoomRole::Moderator => "moderator",
    }
}

pub(super) fn role_of(name: &str) -> RoomRole {
    if name == role_name(RoomRole::Moderator) { RoomRole::Moderator } else { RoomRole::Member }
}

/// A level as it is kept.
#[must_use]
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::All => "all",
        Level::Mentions => "mentions",
        Level::Nothing => "nothing",
    }
}

fn level_of(name: &str) -> Level {
    [Level::All, Level::Nothing].into_iter().find(|level| level_name(*level) == name).unwrap_or_default()
}
