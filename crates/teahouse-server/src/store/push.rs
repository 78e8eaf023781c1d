//! Browsers that are told while no page is open, who is due to be told, and when somebody wants quiet: rows.

use teahouse_protocol::{RoomId, UserId};

use super::{Commit, Committed, Row, Statement, Store, StoreError};

/// Browsers of one person.
const BROWSERS_MAX: u32 = 20;

/// A browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// SHA-256 of its address.
    pub hash: [u8; 32],
    /// SHA-256 of the token of its sign-in.
    pub token: [u8; 32],
    /// Its address at the push service.
    pub endpoint: String,
    /// Its public key.
    pub p256dh: Vec<u8>,
    /// What only it and this house know.
    pub auth: Vec<u8>,
    /// Where its page was from.
    pub origin: String,
}

/// The browsers of a person.
///
/// # Errors
/// The store's.
pub async fn subscriptions(store: &dyn Store, person: UserId) -> Result<Vec<Subscription>, StoreError> {
    let read = Statement::new(
        "SELECT hash, token, endpoint, p256dh, auth, origin FROM push WHERE person = $1 ORDER BY made, hash",
    );
    let one = |row: &Row| {
        Ok(Subscription {
            hash: hash(row, 0)?,
            token: hash(row, 1)?,
            endpoint: row.text(2)?.to_owned(),
            p256dh: row.bytes(3)?.to_vec(),
            auth: row.bytes(4)?.to_vec(),
            origin: row.text(5)?.to_owned(),
        })
    };
    store.query(read.with(person)).await?.iter().map(one).collect()
}

fn hash(row: &Row, column: usize) -> Result<[u8; 32], StoreError> {
    let wrong = |_| StoreError::Corrupt("a hash has another length".into());
    row.bytes(column)?.try_into().map_err(wrong)
}

/// Remembers a browser of a person, whoever had it before. Of too many the oldest is forgotten.
#[must_use]
pub fn subscribe(person: UserId, one: &Subscription, now: u64) -> Commit {
    let add = Statement::new(
        "INSERT INTO push (hash, person, token, endpoint, p256dh, auth, origin, made)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO UPDATE SET person = excluded.person,
            token = excluded.token, p256dh = excluded.p256dh, auth = excluded.auth, origin = excluded.origin,
            made = excluded.made",
    );
    let add = add.with(one.hash).with(person).with(one.token).with(&*one.endpoint).with(&*one.p256dh);
    let add = add.with(&*one.auth).with(&*one.origin).with(now).must();
    let most = Statement::new(
        "DELETE FROM push WHERE person = $1 AND hash IN (
            SELECT hash FROM push WHERE person = $1 ORDER BY made DESC, hash LIMIT 1000 OFFSET $2)",
    );
    Commit::new().then(add).then(most.with(person).with(BROWSERS_MAX))
}

/// A person does not want to be told at this browser any more.
#[must_use]
pub fn unsubscribe(person: UserId, hash: &[u8; 32]) -> Statement {
    Statement::new("DELETE FROM push WHERE hash = $1 AND person = $2").with(*hash).with(person)
}

/// A browser that is gone.
#[must_use]
pub fn forget(hash: &[u8; 32]) -> Statement {
    Statement::new("DELETE FROM push WHERE hash = $1").with(*hash)
}

/// Somebody who is to be told of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub person: UserId,
    /// Of which room.
    pub room: RoomId,
    /// When, in milliseconds since 1970-01-01 UTC; who has taken it up, until when it is theirs.
    pub at: u64,
    /// When the oldest of it happened.
    pub made: u64,
    /// How often it was taken up.
    pub tries: u64,
}

/// Who is due next, at most so many.
///
/// # Errors
/// The store's.
pub async fn next(store: &dyn Store, limit: u32) -> Result<Vec<Due>, StoreError> {
    let read = Statement::new(
        "SELECT d.person, r.id, d.at, d.made, d.tries FROM due d JOIN room r ON r.key = d.room
         ORDER BY d.at LIMIT $1",
    );
    let due = |row: &Row| {
        let room = row.text(1)?.parse().map_err(|_| StoreError::Corrupt("the id of a room".into()))?;
        Ok(Due { person: row.person(0)?, room, at: row.count(2)?, made: row.count(3)?, tries: row.count(4)? })
    };
    store.query(read.with(limit)).await?.iter().map(due).collect()
}

/// Takes it up until then; none if somebody else did.
///
/// # Errors
/// The store's.
pub async fn take(store: &dyn Store, due: &Due, until: u64) -> Result<Option<Due>, StoreError> {
    let take = Statement::new(
        "UPDATE due SET at = $1, tries = tries + 1
         WHERE person = $2 AND room = (SELECT key FROM room WHERE id = $3) AND at = $4",
    );
    let take = take.with(until).with(due.person).with(&due.room).with(due.at).must();
    Ok(match store.commit(Commit::new().then(take)).await? {
        Committed::Done { .. } => Some(Due { at: until, tries: due.tries + 1, ..due.clone() }),
        Committed::Refused(_) => None,
    })
}

/// They were told, or need not be. If they were called again meanwhile, they are due again.
#[must_use]
pub fn done(due: &Due) -> Statement {
    Statement::new(
        "DELETE FROM due WHERE person = $1 AND room = (SELECT key FROM room WHERE id = $2) AND at = $3",
    )
    .with(due.person)
    .with(&due.room)
    .with(due.at)
}

/// It is tried again then.
#[must_use]
pub fn again(due: &Due, at: u64) -> Statement {
    Statement::new(
        "UPDATE due SET at = $4 WHERE person = $1 AND room = (SELECT key FROM room WHERE id = $2) AND at = $3",
    )
    .with(due.person)
    .with(&due.room)
    .with(due.at)
    .with(at)
}

/// What somebody wants of quiet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quiet {
    /// From which minute of the day to which one, and in which zone.
    pub hours: Option<(u64, u64, String)>,
    /// Until when, in milliseconds since 1970-01-01 UTC.
    pub paused_until: Option<u64>,
    /// Whether texts stay away from what is shown.
    pub hide_text: bool,
}

/// What a person wants of quiet.
///
/// # Errors
/// The store's.
pub async fn quiet(store: &dyn Store, person: UserId) -> Result<Quiet, StoreError> {
    let read = Statement::new(
        "SELECT from_minute, to_minute, zone, paused_until, hide_text FROM quiet WHERE person = $1",
    );
    let rows = store.query(read.with(person)).await?;
    let Some(row) = rows.first() else { return Ok(Quiet::default()) };
    let hours = row.maybe_count(0)?.zip(row.maybe_count(1)?).zip(row.maybe_text(2)?);
    let hours = hours.map(|((from, to), zone)| (from, to, zone.to_owned()));
    Ok(Quiet { hours, paused_until: row.maybe_count(3)?, hide_text: row.flag(4)? })
}

/// Keeps what a person wants of quiet.
#[must_use]
pub fn keep_quiet(person: UserId, quiet: &Quiet) -> Statement {
    let (from, to, zone) = match &quiet.hours {
        Some((from, to, zone)) => (Some(*from), Some(*to), Some(&**zone)),
        None => (None, None, None),
    };
    Statement::new(
        "INSERT INTO quiet (person, from_minute, to_minute, zone, paused_until, hide_text)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person) DO UPDATE SET from_minute = excluded.from_minute,
            to_minute = excluded.to_minute, zone = excluded.zone, paused_until = excluded.paused_until,
            hide_text = excluded.hide_text",
    )
    .with(person)
    .with(from)
    .with(to)
    .with(zone)
    .with(quiet.paused_until)
    .with(quiet.hide_text)
}
