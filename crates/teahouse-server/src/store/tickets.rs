//! What is good for one use, by its hash: SQL that both engines understand.

use teahouse_protocol::UserId;

use super::accounts::done;
use super::{Commit, Committed, Statement, Store, StoreError};

/// What is good for one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// SHA-256 of what is shown.
    pub hash: [u8; 32],
    /// For what.
    pub kind: &'static str,
    /// For whom.
    pub person: Option<UserId>,
    /// What has to be remembered.
    pub data: String,
    /// Until when, in milliseconds.
    pub until: u64,
}

/// Keeps what is good for one use; `false` if the very same is kept already.
///
/// # Errors
/// The store's.
pub async fn put_ticket(store: &dyn Store, ticket: Ticket) -> Result<bool, StoreError> {
    done(store.commit(Commit::new().then(ticket_put(ticket))).await?)
}

/// Gives somebody a ticket instead of those of this kind that they have.
///
/// # Errors
/// The store's.
pub async fn put_only_ticket(store: &dyn Store, ticket: Ticket) -> Result<bool, StoreError> {
    let others = Statement::new("DELETE FROM ticket WHERE person = $1 AND kind = $2");
    let others = others.with(ticket.person).with(ticket.kind);
    done(store.commit(Commit::new().then(others).then(ticket_put(ticket))).await?)
}

/// Uses a ticket: who it is for, and what had to be remembered. The next one who shows it gets nothing.
///
/// # Errors
/// The store's.
pub async fn take_ticket(
    store: &dyn Store,
    kind: &'static str,
    hash: [u8; 32],
    now: u64,
) -> Result<Option<(Option<UserId>, String)>, StoreError> {
    let take = Statement::new(
        "DELETE FROM ticket WHERE hash = $1 AND kind = $2 AND until > $3 RETURNING person, data",
    );
    let take = take.with(hash).with(kind).with(now).must();
    match store.commit(Commit::new().then(take)).await? {
        Committed::Done { rows, .. } => {
            let row = rows.first().and_then(|rows| rows.first());
            row.map(|row| Ok((row.maybe_person(0)?, row.text(1)?.to_owned()))).transpose()
        }
        Committed::Refused(_) => Ok(None),
    }
}

fn ticket_put(ticket: Ticket) -> Statement {
    let Ticket { hash, kind, person, data, until } = ticket;
    let put = "INSERT INTO ticket (hash, kind, person, data, until) VALUES ($1, $2, $3, $4, $5)";
    Statement::new(put).with(hash).with(kind).with(person).with(data).with(until)
}

/// A person's codes and links are good no more.
#[must_use]
pub fn forget(person: UserId) -> Statement {
    Statement::new("DELETE FROM ticket WHERE person = $1 AND kind IN ('code', 'reset')").with(person)
}
