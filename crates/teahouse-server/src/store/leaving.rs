//! What there is of one person, to be taken along or to be forgotten: SQL that both engines understand.

use serde_json::{Value as Json, json};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, RoomId, Seq, UserId};

use super::changes::take_away;
use super::{Commit, Row, Statement, Store, StoreError};

/// A message in the log of a room, and where the search for the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// When, in milliseconds.
    pub at: u64,
    /// What it says.
    pub text: String,
    key: i64,
}

/// The messages of a person whose text is still there, after that one, at most `limit`.
///
/// # Errors
/// The store's.
pub async fn written(
    store: &dyn Store,
    person: UserId,
    after: Option<&Written>,
    limit: u32,
) -> Result<Vec<Written>, StoreError> {
    let read = Statement::new(
        "SELECT r.id, e.seq, e.at, e.text, e.room FROM event e JOIN room r ON r.key = e.room
         WHERE e.by = $1 AND e.kind = 'message' AND e.text IS NOT NULL
           AND (e.room > $2 OR e.room = $2 AND e.seq > $3)
         ORDER BY e.room, e.seq LIMIT $4",
    );
    let (room, seq) = after.map_or((-1, Seq::ZERO), |last| (last.key, last.seq));
    let rows = store.query(read.with(person).with(room).with(seq).with(limit)).await?;
    let written = |row: &Row| {
        let room = row.text(0)?.parse().map_err(|_| StoreError::Corrupt("the id of a room".into()))?;
        let text = row.text(3)?.to_owned();
        Ok(Written { room, seq: row.seq(1)?, at: row.count(2)?, text, key: row.int(4)? })
    };
    rows.iter().map(written).collect()
}

/// What takes the texts of these messages away, and says so in their rooms.
#[must_use]
pub fn redaction(written: &[Written], by: UserId, now: u64) -> Commit {
    let mut commit = Commit::new().redacts();
    for (place, message) in written.iter().enumerate() {
        let cid = Cid::new(now, rand::random());
        let gone = Draft { cid, kind: Kind::Delete, by, at: now, body: Body::about(message.seq) };
        commit = commit.append(&message.room, gone);
        commit = take_away(&message.room, message.seq, place).into_iter().fold(commit, Commit::then);
    }
    commit
}

/// What forgets a person: their name is free, nobody comes in as them, their row is blank. It is refused for the
/// owner, and for who was forgotten before.
#[must_use]
pub fn forgetting(person: UserId, now: u64) -> Commit {
    let blank = Statement::new(
        "UPDATE person SET name = '', password = NULL, role = NULL, picture = NULL, line = NULL, zone = NULL, away = 0,
            freed = NULL, erased = $2
         WHERE id = $1 AND erased IS NULL AND (role IS NULL OR role <> 'owner')",
    );
    let mut commit = Commit::new().redacts().then(blank.with(person).with(now).must());
    for table in [
        "name",
        "token",
        "passkey",
        "identity",
        "picture",
        "ticket",
        "hidden",
        "member",
        "read_mark",
        "call",
        "quiet",
        "due",
        "reaction",
    ] {
        let forget = Statement::new(format!("DELETE FROM {table} WHERE person = $1"));
        commit = commit.then(forget.with(person));
    }
    commit
        .then(Statement::new("DELETE FROM hidden WHERE other = $1").with(person))
        .then(Statement::new("DELETE FROM invite WHERE by = $1").with(person))
        .then(Statement::new("UPDATE file SET until = 0 WHERE by = $1 AND seq IS NULL").with(person))
        .then(Statement::new("UPDATE report SET text = NULL WHERE about = $1").with(person))
}

/// The rooms that a person joined, as they take them along.
///
/// # Errors
/// The store's.
pub async fn joined(store: &dyn Store, person: UserId) -> Result<Vec<(RoomId, Json)>, StoreError> {
    let read = Statement::new(
        "SELECT r.id, r.name, m.role, m.joined FROM member m JOIN room r ON r.key = m.room
         WHERE m.person = $1 ORDER BY m.joined, r.id",
    );
    let joined = |row: &Row| {
        let id: RoomId = row.text(0)?.parse().map_err(|_| StoreError::Corrupt("the id of a room".into()))?;
        let (name, role, since) = (row.text(1)?, row.text(2)?, row.count(3)?);
        let told = json!({ "id": id, "name": name, "role": role, "joined": since });
        Ok((id, told))
    };
    store.query(read.with(person)).await?.iter().map(joined).collect()
}
