//! What somebody tells of themselves, as rows.

use teahouse_protocol::UserId;

use super::{Row, Statement, Store, StoreError};

/// What somebody tells of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Profile {
    /// One line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The zone of their clock, as `Asia/Shanghai`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// What somebody tells of themselves; nothing of who does not exist.
///
/// # Errors
/// The store's.
pub async fn profile(store: &dyn Store, person: UserId) -> Result<Profile, StoreError> {
    let read = Statement::new("SELECT line, zone FROM person WHERE id = $1").with(person);
    let told = |row: &Row| {
        let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
        Ok(Profile { line: text(0)?, zone: text(1)? })
    };
    store.query(read).await?.first().map_or_else(|| Ok(Profile::default()), told)
}

/// Has somebody tell this line, or none; refused for who does not exist.
#[must_use]
pub fn set_line(person: UserId, line: Option<&str>) -> Statement {
    set("line").with(person).with(line).must()
}

/// Has somebody tell the zone of their clock, or none; refused for who does not exist.
#[must_use]
pub fn set_zone(person: UserId, zone: Option<&str>) -> Statement {
    set("zone").with(person).with(zone).must()
}

/// Somebody stepped away, or is back; refused for who does not exist.
#[must_use]
pub fn set_away(person: UserId, away: bool) -> Statement {
    set("away").with(person).with(u64::from(away)).must()
}

fn set(column: &str) -> Statement {
    Statement::new(format!("UPDATE person SET {column} = $2 WHERE id = $1 AND erased IS NULL"))
}
