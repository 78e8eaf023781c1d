//! What is copied and compared: the rows of a house, in one order that is the same in every kind of store.
//!
//! The SQL is what SQLite and PostgreSQL both understand; what differs is in [`Dialect`]. A page of rows is
//! asked for by the key of the row before it, so that nothing is held in memory and anything can go on later.

use std::fmt;

use anyhow::Context as _;

pub(super) use super::part::Part;

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Value {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// An id, or a hash.
    Bytes(Vec<u8>),
    /// A text.
    Text(String),
}

/// The values of one row, its key first.
pub(super) type Row = Vec<Value>;

/// In what the two kinds of SQL differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// SQLite compares texts by their bytes.
    Sqlite,
    /// PostgreSQL compares them as its locale says, unless it is told otherwise.
    Postgres,
}

impl Dialect {
    /// What follows a column whose texts are to be ordered by their bytes.
    pub(super) fn by_bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " COLLATE \"C\"",
        }
    }
}

/// A house at one moment, open to a tool.
pub(super) trait House {
    /// Where it is, as sentences name it.
    fn place(&self) -> String;

    /// The SQL that it understands.
    fn dialect(&self) -> Dialect;

    /// The rows that answer; parameters are `$1`, `$2`, … in the order of their first use.
    fn ask(&mut self, sql: &str, params: &[Value]) -> anyhow::Result<Vec<Row>>;

    /// What is wrong below the rows, one sentence each: pages, indexes, the version.
    fn damage(&mut self) -> anyhow::Result<Vec<String>>;

    /// Whether an error of this house means that what is stored is damaged.
    fn is_damage(&self, error: &anyhow::Error) -> bool;

    /// How many bytes it takes.
    fn bytes(&mut self) -> anyhow::Result<u64>;

    /// A text, from how it is kept.
    fn text(&self, kept: String) -> String {
        kept
    }
}

/// A house that may be written to.
pub(super) trait Writable: House {
    /// Runs statements that answer nothing, all of them or none.
    fn run(&mut self, statements: &[(&str, &[Value])]) -> anyhow::Result<()>;

    /// Adds rows to the end of a part, all of them or none. Instead of rooms' ids they have the rooms' numbers in this store.
    fn put(&mut self, part: Part, rows: &[Row]) -> anyhow::Result<()>;

    /// Puts everything where it lasts.
    fn settle(&mut self) -> anyhow::Result<()>;
}

/// A room's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Room {
    /// Its number inside the store.
    pub(super) key: i64,
    /// Its id.
    pub(super) id: String,
    /// What it is called, and what it is about.
    pub(super) called: [String; 2],
    /// The identity of its log.
    pub(super) epoch: i64,
    /// The lowest number kept.
    pub(super) oldest: i64,
    /// The last number.
    pub(super) head: i64,
    /// How many messages were ever written.
    pub(super) n: i64,
    /// What holds there, and who made it when: the columns from `slug` on.
    pub(super) rules: Vec<Value>,
}

/// The columns of a [`Room`].
pub(super) const ROOM_COLUMNS: &str = "key, id, name, topic, epoch, oldest, head, n, slug, read, write, history, \
    slow_s, keep_days, direct, pair, archived, made, by, call";

/// All rooms, by their ids.
pub(super) fn rooms(house: &mut dyn House) -> anyhow::Result<Vec<Room>> {
    let order = house.dialect().by_bytes();
    let rows = house.ask(&format!("SELECT {ROOM_COLUMNS} FROM room ORDER BY id{order}"), &[])?;
    let rows = rows.into_iter().map(|row| texts(house, row));
    rows.map(|row| Room::from_row(row).context("a room's row has another form")).collect()
}

/// At most `limit` rows of a part, in order, after the row with this key.
pub(super) fn page(
    house: &mut dyn House,
    part: Part,
    after: Option<&[Value]>,
    limit: usize,
) -> anyhow::Result<Vec<Row>> {
    let (columns, (tables, always)) = (part.columns(), part.source());
    let key = part.key(house.dialect());
    let order = key.join(", ");
    let params: Vec<Value> = after.map(<[Value]>::to_vec).unwrap_or_default();
    let after = match (after, &key[..]) {
        (None, _) => String::new(),
        (Some(_), [one]) => format!("AND {one} > $1"),
        // The first comparison is for the index.
        (Some(_), key) => {
            let params: Vec<String> = (1..=key.len()).map(|number| format!("${number}")).collect();
            format!("AND {} >= $1 AND ({order}) > ({})", key[0], params.join(", "))
        }
    };
    let sql = format!("SELECT {columns} FROM {tables} WHERE {always} {after} ORDER BY {order} LIMIT {limit}");
    let rows = house.ask(&sql, &params)?;
    Ok(rows.into_iter().map(|row| texts(house, row)).collect())
}

/// The row with its texts as they are, from how they are kept.
fn texts(house: &dyn House, mut row: Row) -> Row {
    for value in &mut row {
        if let Value::Text(text) = value {
            *text = house.text(std::mem::take(text));
        }
    }
    row
}

/// The key of a part's last row.
pub(super) fn last_key(house: &mut dyn House, part: Part) -> anyhow::Result<Option<Row>> {
    let (columns, (tables, always)) = (part.columns(), part.source());
    let order: Vec<String> = part.key(house.dialect()).iter().map(|it| format!("{it} DESC")).collect();
    let sql = format!("SELECT {columns} FROM {tables} WHERE {always} ORDER BY {} LIMIT 1", order.join(", "));
    let row = house.ask(&sql, &[])?.pop().map(|row| texts(house, row));
    Ok(row.map(|mut row| {
        row.truncate(part.key_width());
        row
    }))
}

/// How many rows a part has.
pub(super) fn count(house: &mut dyn House, part: Part) -> anyhow::Result<u64> {
    let (tables, always) = part.source();
    number(house, &format!("SELECT count(*) FROM {tables} WHERE {always}"))
}

/// The one number that a question is answered with.
pub(super) fn number(house: &mut dyn House, sql: &str) -> anyhow::Result<u64> {
    let rows = house.ask(sql, &[])?;
    let found = rows.first().and_then(|row| row.first()).and_then(Value::int);
    Ok(u64::try_from(found.unwrap_or(0)).unwrap_or(0))
}

impl Value {
    /// The number, if it is one.
    pub(super) fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The bytes, if it is made of bytes.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl Room {
    fn from_row(row: Row) -> Option<Self> {
        let mut row = row.into_iter();
        let [key, id, name, topic, epoch, oldest, head, n] =
            row.by_ref().take(8).collect::<Row>().try_into().ok()?;
        let text = |value: Value| if let Value::Text(text) = value { Some(text) } else { None };
        Some(Self {
            key: key.int()?,
            id: text(id)?,
            called: [text(name)?, text(topic)?],
            epoch: epoch.int()?,
            oldest: oldest.int()?,
            head: head.int()?,
            n: n.int()?,
            rules: row.collect(),
        })
    }
}
