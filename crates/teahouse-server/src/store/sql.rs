//! SQL that is written once: a statement with its values, the rows that it answers, and what is committed together.
//!
//! Both engines understand the statements: parameters are `$1`, `$2` …, a parameter whose type nothing else tells
//! is written `CAST($1 AS bigint)`, and sums are cast likewise. It must not know how either of them is asked.

use std::borrow::Cow;
use std::sync::Arc;

use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, FileId, RoomId, Seq, UserId};

use super::columns::{integer, number};
use super::{Appended, StoreError};

/// What stands in a column or for a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number; a time is in milliseconds since 1970-01-01 UTC, yes is 1 and no is 0.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes, as hashes are.
    Bytes(Vec<u8>),
    /// An id of 128 bits: a BLOB in SQLite, a uuid in PostgreSQL.
    Id([u8; 16]),
    /// The number that the commit's append of that index got; only in [`Statement::after_append`].
    Seq(usize),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(integer(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<Seq> for Value {
    fn from(seq: Seq) -> Self {
        seq.0.into()
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Int(is_so.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::Text((*text).into())
    }
}

impl From<&RoomId> for Value {
    fn from(room: &RoomId) -> Self {
        Self::Text(room.as_str().into())
    }
}

impl From<UserId> for Value {
    fn from(person: UserId) -> Self {
        Self::Id(*person.as_bytes())
    }
}

impl From<Cid> for Value {
    fn from(cid: Cid) -> Self {
        Self::Id(*cid.as_bytes())
    }
}

impl From<FileId> for Value {
    fn from(file: FileId) -> Self {
        Self::Id(*file.as_bytes())
    }
}

impl From<[u8; 32]> for Value {
    fn from(hash: [u8; 32]) -> Self {
        Self::Bytes(hash.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a statement answered with, by the places of its columns from 0 on.
///
/// A value that is not what it is read as was never written by this program: `StoreError::Corrupt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// A number with a sign.
    ///
    /// # Errors
    /// If it is something else.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| self.senseless(column, "a number"))
    }

    /// A number that counts something, or a time.
    ///
    /// # Errors
    /// If it is something else.
    pub fn count(&self, column: usize) -> Result<u64, StoreError> {
        self.int(column).map(number)
    }

    /// The number of an event.
    ///
    /// # Errors
    /// If it is something else.
    pub fn seq(&self, column: usize) -> Result<Seq, StoreError> {
        self.count(column).map(Seq)
    }

    /// Yes or no.
    ///
    /// # Errors
    /// If it is something else.
    pub fn flag(&self, column: usize) -> Result<bool, StoreError> {
        self.int(column).map(|flag| flag != 0)
    }

    /// A text.
    ///
    /// # Errors
    /// If it is something else.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| self.senseless(column, "a text"))
    }

    /// Bytes.
    ///
    /// # Errors
    /// If it is something else.
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.maybe_bytes(column)?.ok_or_else(|| self.senseless(column, "bytes"))
    }

    /// An id of 128 bits.
    ///
    /// # Errors
    /// If it is something else.
    pub fn id(&self, column: usize) -> Result<[u8; 16], StoreError> {
        self.maybe_id(column)?.ok_or_else(|| self.senseless(column, "an id"))
    }

    /// Who.
    ///
    /// # Errors
    /// If it is something else.
    pub fn person(&self, column: usize) -> Result<UserId, StoreError> {
        self.id(column).map(UserId::from_bytes)
    }

    /// A number with a sign, or nothing.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(*number)),
            _ => Err(self.senseless(column, "a number")),
        }
    }

    /// A number that counts something, a time, or nothing.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_count(&self, column: usize) -> Result<Option<u64>, StoreError> {
        Ok(self.maybe_int(column)?.map(number))
    }

    /// A text or nothing.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(self.senseless(column, "a text")),
        }
    }

    /// Bytes or nothing.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            _ => Err(self.senseless(column, "bytes")),
        }
    }

    /// An id of 128 bits or nothing.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_id(&self, column: usize) -> Result<Option<[u8; 16]>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Id(id) => Ok(Some(*id)),
            // SQLite does not tell them apart.
            Value::Bytes(bytes) => {
                let id = bytes.as_slice().try_into();
                id.map(Some).map_err(|_| self.senseless(column, "an id"))
            }
            _ => Err(self.senseless(column, "an id")),
        }
    }

    /// Who, or nobody.
    ///
    /// # Errors
    /// If it is something else.
    pub fn maybe_person(&self, column: usize) -> Result<Option<UserId>, StoreError> {
        Ok(self.maybe_id(column)?.map(UserId::from_bytes))
    }

    fn value(&self, column: usize) -> Result<&Value, StoreError> {
        let missing = || StoreError::Corrupt(format!("a row has no column {column}: {:?}", self.0).into());
        self.0.get(column).ok_or_else(missing)
    }

    fn senseless(&self, column: usize, what: &str) -> StoreError {
        let said = format!("column {column} of a row is not {what}: {:?}", self.0.get(column));
        StoreError::Corrupt(said.into())
    }
}

/// A statement in SQL and what stands for its parameters.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    pub(super) is_guard: bool,
    pub(super) is_after: bool,
}

impl Statement {
    /// A statement without parameters so far.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), is_guard: false, is_after: false }
    }

    /// With the value of its next parameter, which begin at `$1`.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// In a commit: it changes, or answers with, at least one row, or nothing of the commit is done.
    #[must_use]
    pub fn must(mut self) -> Self {
        self.is_guard = true;
        self
    }

    /// In a commit: it runs after the appends, and may name what they got by [`Value::Seq`].
    #[must_use]
    pub fn after_append(mut self) -> Self {
        self.is_after = true;
        self
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        let held = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        128 + self.values.iter().map(held).sum::<usize>()
    }
}

/// What is done wholly or not at all.
///
/// First the statements run, in this order, then the appends, then the statements that are
/// [`after_append`](Statement::after_append). If one of the appends is in its log already, the commit was done
/// before: nothing is done again, and each append gets its first answer.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub(super) appends: Vec<(RoomId, Draft)>,
    pub(super) statements: Vec<Statement>,
    pub(super) redacts: bool,
}

impl Commit {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this statement.
    #[must_use]
    pub fn then(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }

    /// And this event at the end of a room's log; the first one has the index 0 in [`Value::Seq`].
    #[must_use]
    pub fn append(mut self, room: &RoomId, draft: Draft) -> Self {
        self.appends.push((room.clone(), draft));
        self
    }

    /// It takes texts away: no copy of them may stay in the files for long.
    #[must_use]
    pub fn redacts(mut self) -> Self {
        self.redacts = true;
        self
    }

    /// Where each append goes.
    #[must_use]
    pub fn appended_to(&self) -> Vec<RoomId> {
        self.appends.iter().map(|(room, _)| room.clone()).collect()
    }

    /// The rooms that it appends to, each once.
    pub(super) fn rooms(&self) -> Vec<&RoomId> {
        let mut rooms: Vec<_> = self.appends.iter().map(|(room, _)| room).collect();
        rooms.sort_unstable_by_key(|room| room.as_str());
        rooms.dedup();
        rooms
    }

    /// Which appends go to a room, and their drafts.
    pub(super) fn drafts(&self, room: &RoomId) -> (Vec<usize>, Vec<&Draft>) {
        let here = self.appends.iter().enumerate().filter(|(_, (to, _))| to == room);
        here.map(|(place, (_, draft))| (place, draft)).unzip()
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        let drafts = super::columns::bytes(self.appends.iter().map(|(_, draft)| draft));
        drafts + self.statements.iter().map(Statement::bytes).sum::<usize>()
    }
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// All of it is stored, or was before.
    Done {
        /// What became of each append. If one is not [`Appended::Stored`], nothing was done now: what is in its
        /// log has its first answer, what is not is a conflict.
        appended: Vec<Appended>,
        /// What each statement answered with; nothing if nothing was done now.
        rows: Vec<Vec<Row>>,
    },
    /// The statement of this index said no: it [must](Statement::must) touch a row and found none, or what it
    /// would write contradicts what is there. Nothing was done.
    Refused(usize),
}

/// The answers to the appends, each at its place.
pub(super) fn in_places(
    count: usize,
    answers: impl IntoIterator<Item = (Vec<usize>, Vec<Appended>)>,
) -> Vec<Appended> {
    let mut placed = vec![Appended::Conflict; count];
    for (places, appended) in answers {
        for (place, answer) in places.into_iter().zip(appended) {
            placed[place] = answer;
        }
    }
    placed
}

/// What the appends of a commit that was done before are answered with: nothing of it is stored now.
pub(super) fn done_before(appended: Vec<Appended>) -> Committed {
    let was = |answer| if let Appended::Stored { .. } = answer { Appended::Conflict } else { answer };
    Committed::Done { appended: appended.into_iter().map(was).collect(), rows: Vec::new() }
}

/// The number that an append got, for a statement that runs after it; none if it has no such append.
pub(super) fn seq_of(appended: &[Appended], place: usize) -> Value {
    match appended.get(place) {
        Some(Appended::Stored { seq, .. } | Appended::Repeat { seq, .. }) => (*seq).into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_is_wrong_with_it() {
        let row =
            Row::new(vec![Value::Int(1), Value::Null, Value::Bytes(vec![7; 16]), Value::Text("t".into())]);
        assert_eq!((row.int(0).unwrap(), row.flag(0).unwrap()), (1, true));
        assert_eq!((row.maybe_text(1).unwrap(), row.id(2).unwrap()), (None, [7; 16]));
        assert_eq!(row.text(3).unwrap(), "t");
        for wrong in [row.int(3), row.int(1), row.int(4), row.id(3).map(|_| 0)] {
            assert!(matches!(wrong, Err(StoreError::Corrupt(_))), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(Value::from(None::<&str>), Value::Null);
        assert_eq!(Value::from(Some(Seq(4))), Value::Int(4));
        assert_eq!(Value::from(true), Value::Int(1));
    }
}
