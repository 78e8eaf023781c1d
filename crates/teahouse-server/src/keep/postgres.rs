//! A house in PostgreSQL, as a tool sees it.
//!
//! Reading is one transaction that sees one moment and takes no lock that anybody waits for. Whoever writes has
//! the house for itself. It waits on its own small runtime, and must not be used on somebody else's.

use std::pin::pin;

use anyhow::Context as _;
use bytes::BytesMut;
use tokio::runtime::Runtime;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::rows::{Dialect, House, Part, Row, Value, Writable};
use crate::store::TABLES;
use crate::store::postgres::Database;
use crate::store::postgres::tool::{self, Tool};

/// A house in a database.
pub(super) struct PostgresHouse {
    runtime: Runtime,
    tool: Tool,
    place: String,
}

/// The parameters of a statement.
type Parameters<'a> = Vec<&'a (dyn ToSql + Sync)>;

impl PostgresHouse {
    /// Opens a house to be read, at one moment, while nodes run on it or not.
    pub(super) fn read(database: &Database) -> anyhow::Result<Self> {
        let house = Self::open(database, async |database| Tool::read(database).await)?;
        house.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        Ok(house)
    }

    /// Opens a house to be written; no node works on it until this is dropped.
    pub(super) fn write(database: &Database) -> anyhow::Result<Self> {
        Self::open(database, async |database| Tool::alone(database).await)
    }

    /// The same for a place where there may be no house yet: then an empty one is made.
    pub(super) fn make(database: &Database) -> anyhow::Result<Self> {
        Self::open(database, async |database| Tool::make(database).await)
    }

    fn open<E: Into<anyhow::Error>>(
        database: &Database,
        connect: impl AsyncFnOnce(&Database) -> Result<Tool, E>,
    ) -> anyhow::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
        let tool = runtime.block_on(connect(database)).map_err(Into::into)?;
        Ok(Self { runtime, tool, place: database.shown() })
    }

    fn execute(&self, sql: &str) -> anyhow::Result<()> {
        self.said(self.runtime.block_on(self.tool.client.batch_execute(sql)))
    }

    /// The answer, or the words of PostgreSQL.
    fn said<T>(&self, answer: Result<T, tokio_postgres::Error>) -> anyhow::Result<T> {
        answer.map_err(|error| {
            let words = format!("{}: {}", self.place, tool::words(&error));
            anyhow::Error::new(error).context(words)
        })
    }
}

impl Drop for PostgresHouse {
    fn drop(&mut self) {
        self.runtime.block_on(self.tool.close());
    }
}

impl House for PostgresHouse {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn ask(&mut self, sql: &str, params: &[Value]) -> anyhow::Result<Vec<Row>> {
        let params: Parameters<'_> = params.iter().map(|value| value as _).collect();
        let rows = self.said(self.runtime.block_on(self.tool.client.query(sql, &params)))?;
        let values = |row: &tokio_postgres::Row| (0..row.len()).map(|column| row.try_get(column)).collect();
        self.said(rows.iter().map(values).collect())
    }

    fn damage(&mut self) -> anyhow::Result<Vec<String>> {
        // Whoever reads every row meets every page that is damaged; indexes are for `pg_amcheck`.
        Ok(Vec::new())
    }

    fn is_damage(&self, error: &anyhow::Error) -> bool {
        let code = error.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code);
        code.is_some_and(|code| {
            [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED, SqlState::CHARACTER_NOT_IN_REPERTOIRE]
                .contains(code)
        })
    }

    fn bytes(&mut self) -> anyhow::Result<u64> {
        let sql = format!(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname IN ('{}')",
            TABLES.join("', '")
        );
        super::rows::number(self, &sql)
    }

    fn text(&self, kept: String) -> String {
        tool::read(kept)
    }
}

impl Writable for PostgresHouse {
    fn run(&mut self, statements: &[(&str, &[Value])]) -> anyhow::Result<()> {
        let client = &mut self.tool.client;
        let done = self.runtime.block_on(async {
            let transaction = client.transaction().await?;
            for (sql, params) in statements {
                let params = kept(params);
                let params: Parameters<'_> = params.iter().map(|value| value as _).collect();
                transaction.execute(*sql, &params).await?;
            }
            transaction.commit().await
        });
        self.said(done)
    }

    fn put(&mut self, part: Part, rows: &[Row]) -> anyhow::Result<()> {
        let ((table, _), types) = (part.written(), part.types());
        let room = part.room().map(Value::Int);
        let client = &self.tool.client;
        let copied = self.runtime.block_on(async {
            let sink = client.copy_in(&format!("COPY {table} FROM STDIN BINARY")).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            for row in rows {
                let row = kept(row);
                let values: Parameters<'_> = room.iter().chain(&row).map(|value| value as _).collect();
                writer.as_mut().write(&values).await?;
            }
            writer.finish().await
        });
        self.said(copied).map(|_| ())
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        // Who writes the next line gets the number after the last one. Nodes plan their statements once: what is in
        // the tables has to be known by then.
        self.execute(&format!(
            "SELECT setval(pg_get_serial_sequence('audit', 'id'), coalesce(max(id), 0) + 1, false) FROM audit;
             ANALYZE {}",
            TABLES.join(", ")
        ))
    }
}

/// The row as it is kept.
fn kept(row: &[Value]) -> Row {
    let kept = |value: &Value| match value {
        Value::Text(text) => Value::Text(tool::kept(text)),
        other => other.clone(),
    };
    row.iter().map(kept).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Int(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Text(text) if text.contains('\0') => {
                return Err("a text has the character NUL, which PostgreSQL has in no text".into());
            }
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Bytes(bytes) if *kind == Type::UUID && bytes.len() != 16 => {
                return Err(format!("an id has {} bytes, not 16", bytes.len()).into());
            }
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::UUID, Type::BYTEA, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::TEXT => Self::Text(String::from_sql(kind, raw)?),
            _ => Self::Bytes(raw.to_vec()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::UUID, Type::BYTEA, Type::TEXT].contains(kind)
    }
}
