//! Puts drafts into a room's log: two statements in one transaction and one round trip.

use std::borrow::Cow;

use teahouse_core::room::Draft;
use teahouse_protocol::RoomId;
use tokio_postgres::Row;
use uuid::Uuid;

use super::fault::Senseless;
use super::pool::{Connection, Parameter};
use super::row::{count, kept_cow, seq, value};
use crate::store::columns::integer;
use crate::store::{Appended, StoreError, body};

/// Takes the room's row: whoever else appends to the room, on any node, waits here. It is a statement of its own
/// because what a statement sees is settled when it begins: the next one has to begin when the row is ours. Those
/// who only refer to the room do not wait.
pub(super) const LOCK: &str = "SELECT FROM room WHERE id = $1 FOR NO KEY UPDATE";

/// Finds out which drafts are new, numbers and stores them, and says of each what became of it.
///
/// Each draft is looked up by key. Of equal `cid`s in one batch the first one counts, and
/// the others are compared with it. What was edited or is gone cannot be compared; then the person alone decides.
pub(super) const APPEND: &str = "
    WITH log AS MATERIALIZED (SELECT key, head, n FROM room WHERE id = $1),
    known AS MATERIALIZED (
        SELECT d.*, c.seq AS first_seq, coalesce(e.at, c.at) AS first_at,
            coalesce(e.by, c.by) = d.by
                AND (e.kind IS NULL OR e.text IS NULL OR e.rev IS NOT NULL
                    OR (e.kind, e.text, e.about, e.target) IS NOT DISTINCT FROM (d.kind, d.text, d.about, d.target))
                AS is_same,
            c.seq IS NULL AND row_number() OVER (PARTITION BY d.cid ORDER BY d.place) = 1 AS is_new
        FROM log
        CROSS JOIN unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::uuid[], $8::bigint[])
            WITH ORDINALITY AS d (cid, kind, by, at, text, about, target, place)
        LEFT JOIN cid c ON c.room = log.key AND c.cid = d.cid
        LEFT JOIN event e ON e.room = c.room AND e.seq = c.seq
    ),
    numbered AS MATERIALIZED (
        SELECT known.*, count(*) FILTER (WHERE is_new) OVER (ORDER BY place) AS step,
            count(*) FILTER (WHERE is_new AND kind = 'message') OVER (ORDER BY place) AS messages
        FROM known
    ),
    add_cid AS (
        INSERT INTO cid (room, cid, seq) SELECT key, cid, head + step FROM numbered, log WHERE is_new
    ),
    add_event AS (
        INSERT INTO event (room, seq, kind, cid, by, at, n, text, about, target)
        SELECT key, head + step, kind, cid, by, at, CASE WHEN kind = 'message' THEN n + messages END, text, about,
            target
        FROM numbered, log WHERE is_new
    ),
    raised AS (
        UPDATE room SET head = head + step, n = n + messages
        FROM (SELECT max(step) AS step, max(messages) AS messages FROM numbered) last WHERE room.id = $1 AND step > 0
    )
    SELECT is_new, coalesce(first_seq, head + first_value(step) OVER same), n + messages,
        coalesce(first_at, first_value(at) OVER same),
        CASE WHEN first_seq IS NOT NULL THEN is_same
            ELSE (by, kind, text, about, target) IS NOT DISTINCT FROM (first_value(by) OVER same,
                first_value(kind) OVER same, first_value(text) OVER same, first_value(about) OVER same,
                first_value(target) OVER same)
        END
    FROM numbered CROSS JOIN log WINDOW same AS (PARTITION BY cid ORDER BY place) ORDER BY place";

/// Stores the drafts with the room's next numbers; none if there is no such room.
pub(super) async fn append(
    connection: &mut Connection,
    room: &RoomId,
    drafts: &[&Draft],
) -> Result<Option<Vec<Appended>>, StoreError> {
    connection.place().check()?;
    let columns = Columns::new(drafts);
    let room = room.as_str();
    let answers = connection.transact((LOCK, &[&room]), (APPEND, &columns.parameters(&room))).await;
    let [found, rows] = answers?;
    if found.is_empty() {
        return Ok(None);
    }
    let appended: Result<Vec<_>, _> = rows.iter().map(appended).collect();
    match appended {
        Ok(appended) if appended.len() == drafts.len() => Ok(Some(appended)),
        Ok(appended) => {
            let what = format!("{} answers to {} drafts in room {room}", appended.len(), drafts.len());
            Err(connection.place().senseless(&Senseless(what)))
        }
        Err(error) => Err(connection.place().senseless(&error)),
    }
}

/// The drafts by columns.
pub(super) struct Columns<'d> {
    cids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    authors: Vec<Uuid>,
    times: Vec<i64>,
    texts: Vec<Cow<'d, str>>,
    about: Vec<Option<Uuid>>,
    targets: Vec<Option<i64>>,
}

impl<'d> Columns<'d> {
    pub(super) fn new(drafts: &[&'d Draft]) -> Self {
        let bodies: Vec<_> = drafts.iter().map(|draft| body::Columns::of(draft)).collect();
        Self {
            about: bodies.iter().map(|body| body.about.map(|it| Uuid::from_bytes(*it.as_bytes()))).collect(),
            targets: bodies.iter().map(|body| body.target.map(|target| integer(target.0))).collect(),
            cids: drafts.iter().map(|draft| Uuid::from_bytes(*draft.cid.as_bytes())).collect(),
            kinds: drafts.iter().map(|draft| draft.kind.as_str()).collect(),
            authors: drafts.iter().map(|draft| Uuid::from_bytes(*draft.by.as_bytes())).collect(),
            times: drafts.iter().map(|draft| integer(draft.at)).collect(),
            texts: bodies.into_iter().map(|body| kept_cow(body.text)).collect(),
        }
    }

    /// What [`APPEND`] is asked with.
    pub(super) fn parameters<'p>(&'p self, room: &'p &str) -> [Parameter<'p>; 8] {
        let Self { cids, kinds, authors, times, texts, about, targets } = self;
        [room, cids, kinds, authors, times, texts, about, targets]
    }
}

/// What the row says became of its draft.
pub(super) fn appended(row: &Row) -> Result<Appended, Senseless> {
    if value(row, 0)? {
        return Ok(Appended::Stored { seq: seq(row, 1)?, n: count(row, 2)? });
    }
    let is_same: Option<bool> = value(row, 4)?;
    let is_same = is_same.ok_or_else(|| Senseless("a cid of nobody".into()))?;
    Ok(if is_same { Appended::Repeat { seq: seq(row, 1)?, at: count(row, 3)? } } else { Appended::Conflict })
}
