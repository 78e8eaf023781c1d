//! Runs statements that are written once, and commits: several round trips, one transaction.
//!
//! Rooms are locked first and in one order, so that two commits never wait for each other in a ring.

use std::error::Error as StdError;

use deadpool_postgres::Object;
use futures_util::TryStreamExt;
use teahouse_core::room::Draft;
use teahouse_protocol::RoomId;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Error, Row as Answered};
use uuid::Uuid;

use super::append::{self, APPEND, Columns};
use super::fault::Senseless;
use super::history::told;
use super::pool::{Connection, Parameter};
use super::row::{kept, read, value};
use crate::store::sql::{done_before, in_places, seq_of};
use crate::store::{Appended, Commit, Committed, Row, Statement, StoreError, Value};

/// Takes the rows of rooms, in the order of their keys; `+ 0` because the order is no reason to read them all.
pub(super) const LOCK_ALL: &str =
    "SELECT key FROM room WHERE id = ANY ($1) ORDER BY key + 0 FOR NO KEY UPDATE";

/// Whether one of some ids of clients is in the room's log.
pub(super) const KNOWS_ANY: &str = "
    SELECT EXISTS (SELECT FROM cid WHERE room = (SELECT key FROM room WHERE id = $1) AND cid = ANY ($2))";

/// Why a commit came to nothing, beside faults of the server.
pub(super) enum Trouble {
    /// A room that it appends to is not there.
    NoRoom,
    /// What was read has no meaning.
    Senseless(Senseless),
}

impl From<Senseless> for Trouble {
    fn from(what: Senseless) -> Self {
        Self::Senseless(what)
    }
}

/// What came of a commit, unless the server had a fault.
pub(super) type Outcome = Result<Committed, Trouble>;

/// Reads by one statement.
pub(super) async fn query(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<Vec<Row>, StoreError> {
    let values: Vec<Parameter<'_>> = statement.values.iter().map(|value| value as Parameter<'_>).collect();
    let rows = connection.ask(&statement.sql, &values).await?;
    told(connection, rows.iter().map(row).collect())
}

/// The rows that a statement answers with, over a connection in the middle of a transaction.
pub(super) async fn rows_of(
    object: &Object,
    statement: &Statement,
) -> Result<Result<Vec<Row>, Senseless>, Error> {
    let prepared = object.prepare_cached(&statement.sql).await?;
    let values: Vec<Parameter<'_>> = statement.values.iter().map(|value| value as Parameter<'_>).collect();
    let rows = object.query(&prepared, &values).await?;
    Ok(rows.iter().map(row).collect())
}

/// Does all of it or nothing.
pub(super) async fn commit(connection: &mut Connection, commit: &Commit) -> Result<Committed, StoreError> {
    connection.place().check()?;
    match connection.commit(commit).await? {
        Ok(committed) => Ok(committed),
        Err(Trouble::Senseless(what)) => Err(connection.place().senseless(&what)),
        Err(Trouble::NoRoom) => {
            let rooms: Vec<_> = commit.rooms().into_iter().map(RoomId::as_str).collect();
            let said = format!("one of the rooms {} is not in it", rooms.join(", "));
            Err(StoreError::Down(connection.place().said(&said)))
        }
    }
}

/// One transaction, from `BEGIN` to the end.
pub(super) async fn attempt(object: &Object, commit: &Commit) -> Result<Outcome, Error> {
    object.batch_execute("BEGIN").await?;
    match (Transaction { object, commit }).run().await {
        Ok(Ok((committed, true))) => object.batch_execute("COMMIT").await.map(|()| Ok(committed)),
        Ok(outcome) => {
            object.batch_execute("ROLLBACK").await?;
            Ok(outcome.map(|(committed, _)| committed))
        }
        Err(error) => {
            // A connection that cannot even do this is not used again.
            object.batch_execute("ROLLBACK").await?;
            Err(error)
        }
    }
}

/// A commit inside its transaction.
struct Transaction<'c> {
    object: &'c Object,
    commit: &'c Commit,
}

impl Transaction<'_> {
    /// Says also whether it stays.
    async fn run(&self) -> Result<Result<(Committed, bool), Trouble>, Error> {
        let rooms = self.commit.rooms();
        if !self.lock(&rooms).await? {
            return Ok(Err(Trouble::NoRoom));
        }
        for room in &rooms {
            match self.knows_any(room).await? {
                Ok(false) => {}
                Ok(true) => {
                    let appended = self.append(&rooms).await?;
                    return Ok(appended.map(|appended| (done_before(appended), false)));
                }
                Err(what) => return Ok(Err(what.into())),
            }
        }
        let mut rows = vec![Vec::new(); self.commit.statements.len()];
        match self.take_turn(false, &[], &mut rows).await? {
            Ok(None) => {}
            Ok(Some(refused)) => return Ok(Ok((Committed::Refused(refused), false))),
            Err(what) => return Ok(Err(what.into())),
        }
        let appended = match self.append(&rooms).await? {
            Ok(appended) => appended,
            Err(trouble) => return Ok(Err(trouble)),
        };
        if appended.iter().any(|answer| !matches!(answer, Appended::Stored { .. })) {
            // The same `cid` twice in one commit.
            return Ok(Ok((done_before(appended), false)));
        }
        Ok(match self.take_turn(true, &appended, &mut rows).await? {
            Ok(None) => Ok((Committed::Done { appended, rows }, true)),
            Ok(Some(refused)) => Ok((Committed::Refused(refused), false)),
            Err(what) => Err(what.into()),
        })
    }

    /// Says whether all rooms are there.
    async fn lock(&self, rooms: &[&RoomId]) -> Result<bool, Error> {
        if rooms.is_empty() {
            return Ok(true);
        }
        let ids: Vec<&str> = rooms.iter().map(|room| room.as_str()).collect();
        let lock = self.object.prepare_cached(LOCK_ALL).await?;
        Ok(self.object.query(&lock, &[&ids]).await?.len() == rooms.len())
    }

    async fn knows_any(&self, room: &RoomId) -> Result<Result<bool, Senseless>, Error> {
        let cid = |draft: &Draft| Uuid::from_bytes(*draft.cid.as_bytes());
        let cids: Vec<Uuid> = self.commit.drafts(room).1.into_iter().map(cid).collect();
        let knows = self.object.prepare_cached(KNOWS_ANY).await?;
        let rows = self.object.query(&knows, &[&room.as_str(), &cids]).await?;
        Ok(rows.first().map_or(Ok(false), |row| value(row, 0)))
    }

    /// Appends to each room, and puts the answers in their places.
    async fn append(&self, rooms: &[&RoomId]) -> Result<Result<Vec<Appended>, Trouble>, Error> {
        let statement = self.object.prepare_cached(APPEND).await?;
        let mut answers = Vec::with_capacity(rooms.len());
        for room in rooms {
            let (places, drafts) = self.commit.drafts(room);
            let columns = Columns::new(&drafts);
            let rows = self.object.query(&statement, &columns.parameters(&room.as_str())).await?;
            match rows.iter().map(append::appended).collect() {
                Ok(appended) => answers.push((places, appended)),
                Err(what) => return Ok(Err(Trouble::Senseless(what))),
            }
        }
        Ok(Ok(in_places(self.commit.appends.len(), answers)))
    }

    /// Runs the statements before the appends, or those after them; says which one says no.
    async fn take_turn(
        &self,
        after: bool,
        appended: &[Appended],
        rows: &mut [Vec<Row>],
    ) -> Result<Result<Option<usize>, Senseless>, Error> {
        let statements = self.commit.statements.iter().enumerate();
        for (place, statement) in statements.filter(|(_, statement)| statement.is_after == after) {
            match self.ask(statement, appended).await {
                Ok((_, 0)) if statement.is_guard => return Ok(Ok(Some(place))),
                Ok((answered, _)) => match answered.iter().map(row).collect() {
                    Ok(answered) => rows[place] = answered,
                    Err(what) => return Ok(Err(what)),
                },
                Err(error) if contradicts(&error) => return Ok(Ok(Some(place))),
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(None))
    }

    /// Says its rows, and how many rows it changed or answered with.
    async fn ask(&self, statement: &Statement, appended: &[Appended]) -> Result<(Vec<Answered>, u64), Error> {
        let prepared = self.object.prepare_cached(&statement.sql).await?;
        let values: Vec<Value> = statement
            .values
            .iter()
            .map(|value| match value {
                Value::Seq(place) => seq_of(appended, *place),
                other => other.clone(),
            })
            .collect();
        let mut answer = std::pin::pin!(self.object.query_raw(&prepared, values).await?);
        let mut rows = Vec::new();
        while let Some(row) = answer.try_next().await? {
            rows.push(row);
        }
        let count = answer.rows_affected().unwrap_or(rows.len() as u64);
        Ok((rows, count))
    }
}

/// Whether what it would write contradicts what is there: a key that is taken, or somebody who is not there.
fn contradicts(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::UNIQUE_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION))
}

/// The values of a row.
fn row(answered: &Answered) -> Result<Row, Senseless> {
    let columns = answered.columns().iter().enumerate();
    let values = columns.map(|(place, column)| match *column.type_() {
        Type::INT8 => of(answered, place, Value::Int),
        Type::INT4 => of(answered, place, |number: i32| Value::Int(number.into())),
        Type::BOOL => of(answered, place, |is_so: bool| Value::Int(is_so.into())),
        Type::TEXT | Type::VARCHAR => of(answered, place, |text: String| Value::Text(read(text))),
        Type::BYTEA => of(answered, place, Value::Bytes),
        Type::UUID => of(answered, place, |id: Uuid| Value::Id(*id.as_bytes())),
        ref other => Err(Senseless(format!("column {} of the answer is {other}: cast it", column.name()))),
    });
    values.collect::<Result<Vec<_>, _>>().map(Row::new)
}

fn of<'r, T: tokio_postgres::types::FromSql<'r>>(
    row: &'r Answered,
    place: usize,
    as_value: impl Fn(T) -> Value,
) -> Result<Value, Senseless> {
    Ok(value::<Option<T>>(row, place)?.map_or(Value::Null, as_value))
}

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, wanted) {
            // A number that nothing has: it was replaced by what it stands for.
            (Self::Null | Self::Seq(_), _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => number.to_sql(wanted, out),
            (Self::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(wanted, out),
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR)) => (&*kept(text)).to_sql(wanted, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(wanted, out),
            (Self::Id(id), &Type::UUID) => Uuid::from_bytes(*id).to_sql(wanted, out),
            _ => Err(format!("{self:?} does not stand where the statement wants {wanted}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
