//! What moderators are asked to look at, as rows. A message is kept with its report as it was then.

use teahouse_protocol::{Cid, Person, RoomId, Seq, UserId};

use super::bans::{person_at, room_at};
use super::{Row, Statement, Store, StoreError};

/// Reports of one answer.
const REPORTS_MAX: u32 = 100;

/// Something that moderators are asked to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: u64,
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
    /// What it said.
    pub text: Option<String>,
    /// Who wrote it.
    pub about: Option<Person>,
    /// Who asks.
    pub by: Option<Person>,
    /// Why.
    pub reason: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// What was decided.
    pub decided: Option<Decided>,
    /// The id, the time and the counter of the message, while it is in the log.
    pub event: Option<(Cid, u64, Option<u64>)>,
}

/// What was decided, by whom, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub decision: String,
    /// Who; none from the terminal.
    pub by: Option<Person>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// Which reports are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that nobody decided, the oldest first.
    Open,
    /// The last ones, decided or not.
    All,
    /// The one of that number.
    Number(u64),
}

/// Reports.
///
/// # Errors
/// The store's.
pub async fn reports(store: &dyn Store, which: Which) -> Result<Vec<Report>, StoreError> {
    let (filter, number) = match which {
        Which::Open => ("t.decided IS NULL AND $1 = 0 ORDER BY t.at, t.id", 0),
        Which::All => ("$1 = 0 ORDER BY t.at DESC, t.id DESC", 0),
        Which::Number(id) => ("t.id = $1 ORDER BY t.id", id),
    };
    let filter = filter.replace("$1 = 0", "CAST($1 AS bigint) = 0");
    let statement = Statement::new(format!(
        "SELECT t.id, r.id, t.seq, t.text, t.reason, t.at, t.decision, t.decided, e.cid, e.at, e.n,
            a.id, a.name, a.role, a.picture, b.id, b.name, b.role, b.picture, d.id, d.name, d.role, d.picture
         FROM report t JOIN room r ON r.key = t.room
         LEFT JOIN event e ON e.room = t.room AND e.seq = t.seq
         LEFT JOIN person a ON a.id = t.about LEFT JOIN person b ON b.id = t.by
         LEFT JOIN person d ON d.id = t.decided_by
         WHERE {filter} LIMIT $2"
    ));
    store.query(statement.with(number).with(REPORTS_MAX)).await?.iter().map(report).collect()
}

fn report(row: &Row) -> Result<Report, StoreError> {
    let decided = match row.maybe_text(6)? {
        Some(decision) => {
            let (by, at) = (person_at(row, 19)?, row.count(7)?);
            Some(Decided { decision: decision.to_owned(), by, at })
        }
        None => None,
    };
    let event = match row.maybe_id(8)? {
        Some(cid) => Some((Cid::from_bytes(cid), row.count(9)?, row.maybe_count(10)?)),
        None => None,
    };
    Ok(Report {
        id: row.count(0)?,
        room: room_at(row, 1)?,
        seq: row.seq(2)?,
        text: row.maybe_text(3)?.map(str::to_owned),
        reason: row.text(4)?.to_owned(),
        at: row.count(5)?,
        about: person_at(row, 11)?,
        by: person_at(row, 15)?,
        decided,
        event,
    })
}

/// How many reports somebody made since then, and when the first of those was.
///
/// # Errors
/// The store's.
pub async fn made_since(store: &dyn Store, by: UserId, since: u64) -> Result<(u64, u64), StoreError> {
    let statement = Statement::new("SELECT count(*), min(at) FROM report WHERE by = $1 AND at > $2");
    let rows = store.query(statement.with(by).with(since)).await?;
    let Some(row) = rows.first() else { return Ok((0, 0)) };
    Ok((row.count(0)?, row.maybe_count(1)?.unwrap_or(0)))
}

/// A report to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewReport<'a> {
    /// Its number.
    pub id: u64,
    /// Where.
    pub room: &'a RoomId,
    /// Which message.
    pub seq: Seq,
    /// What it says.
    pub text: &'a str,
    /// Who wrote it.
    pub about: UserId,
    /// Who asks.
    pub by: UserId,
    /// Why.
    pub reason: &'a str,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// Keeps a report; says no if the same person reported the message before.
#[must_use]
pub fn put(report: &NewReport<'_>) -> Statement {
    Statement::new(
        "INSERT INTO report (id, room, seq, text, about, by, reason, at)
         VALUES ($1, (SELECT key FROM room WHERE id = $2), $3, $4, $5, $6, $7, $8)",
    )
    .with(report.id)
    .with(report.room)
    .with(report.seq)
    .with(report.text)
    .with(report.about)
    .with(report.by)
    .with(report.reason)
    .with(report.at)
    .must()
}

/// Decides all reports of the message of a report; says no if that one was decided.
#[must_use]
pub fn decide(id: u64, decision: &str, by: UserId, at: u64) -> [Statement; 2] {
    let is_open = Statement::new("SELECT id FROM report WHERE id = $1 AND decided IS NULL").with(id).must();
    let decide = Statement::new(
        "UPDATE report SET decision = $2, decided_by = $3, decided = $4 WHERE decided IS NULL
         AND room = (SELECT room FROM report WHERE id = $1) AND seq = (SELECT seq FROM report WHERE id = $1)",
    );
    [is_open, decide.with(id).with(decision).with(by).with(at)]
}
