//! Everybody of the house as its moderators see them, and their roles, as rows.

use teahouse_protocol::{Person, Role, UserId};

use super::columns::role_name;
use super::rooms::person_of;
use super::{Row, Statement, Store, StoreError};

/// Somebody as moderators see them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    /// Who.
    pub person: Person,
    /// Since when they have an account, in milliseconds since 1970-01-01 UTC; none for guests.
    pub joined: Option<u64>,
    /// When they were last here; exact to an hour.
    pub seen: u64,
    /// On how many devices they are signed in.
    pub signins: u64,
    /// Whether they have to stay out of the house.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub banned: bool,
}

/// Who is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// A part of the folded name; empty for everybody.
    pub part: &'a str,
    /// The one after whom the page begins.
    pub after: Option<UserId>,
    /// How many.
    pub limit: u32,
    /// The time, in milliseconds since 1970-01-01 UTC.
    pub now: u64,
}

/// People by their folded names, in the order of those.
///
/// # Errors
/// The store's.
pub async fn known(store: &dyn Store, sought: Sought<'_>) -> Result<Vec<Known>, StoreError> {
    let Sought { part, after, limit, now } = sought;
    let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let key = "coalesce(n.folded, p.freed, '')";
    let after_which = match after {
        None => String::new(),
        Some(_) => format!(
            "AND ({key}, p.id) > (SELECT coalesce(m.folded, q.freed, ''), q.id FROM person q
                LEFT JOIN name m ON m.person = q.id WHERE q.id = $4)"
        ),
    };
    let statement = Statement::new(format!(
        "SELECT p.id, p.name, p.role, p.picture, p.joined, p.seen,
            (SELECT count(*) FROM token t WHERE t.person = p.id),
            (SELECT count(*) FROM sanction s WHERE s.person = p.id AND s.kind = 'ban' AND s.room IS NULL
                AND (s.until IS NULL OR s.until > $1))
         FROM person p LEFT JOIN name n ON n.person = p.id
         WHERE p.erased IS NULL AND {key} LIKE $2 ESCAPE '\\' {after_which}
         ORDER BY {key}, p.id LIMIT $3"
    ));
    let statement = statement.with(now).with(format!("%{escaped}%")).with(limit);
    let statement = match after {
        Some(after) => statement.with(after),
        None => statement,
    };
    let known = |row: &Row| {
        Ok(Known {
            person: person_of(row, 0)?,
            joined: row.maybe_count(4)?,
            seen: row.count(5)?,
            signins: row.count(6)?,
            banned: row.count(7)? > 0,
        })
    };
    store.query(statement).await?.iter().map(known).collect()
}

/// The owner, if there is one.
///
/// # Errors
/// The store's.
pub async fn owner(store: &dyn Store) -> Result<Option<Person>, StoreError> {
    let statement = Statement::new("SELECT id, name, role, picture FROM person WHERE role = 'owner'");
    store.query(statement).await?.first().map(|row| person_of(row, 0)).transpose()
}

/// Gives an account another role, which is not that of the owner; says no for guests and the owner.
#[must_use]
pub fn set_role(person: UserId, role: Role) -> Statement {
    Statement::new(
        "UPDATE person SET role = $2 WHERE id = $1 AND role IS NOT NULL AND role <> 'owner' AND erased IS NULL",
    )
    .with(person)
    .with(role_name(role))
    .must()
}

/// Makes this account the owner, and the owner a moderator; says no for guests. `from` has to be the owner.
#[must_use]
pub fn hand_over(from: Option<UserId>, to: UserId) -> Vec<Statement> {
    let step_down = "UPDATE person SET role = 'moderator' WHERE role = 'owner' AND id = $1";
    let step_up = "UPDATE person SET role = 'owner' WHERE id = $1 AND role IS NOT NULL AND erased IS NULL";
    let down = from.map(|from| Statement::new(step_down).with(from).must());
    down.into_iter().chain([Statement::new(step_up).with(to).must()]).collect()
}
