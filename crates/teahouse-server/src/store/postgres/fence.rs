//! Keeps nodes and tools apart: each connection of a node holds a shared lock, a tool that writes the whole
//! house the exclusive one; and no node works on a house that a tool has marked.
//!
//! A connection is asked when it is made, so that also a node that was cut off while the house was moved away
//! does not go on with what was left behind.

use std::time::Duration;

use deadpool_postgres::tokio_postgres::{Client, Error, Row};
use deadpool_postgres::{Hook, HookError};

use super::address::Database;
use super::fault::OpenError;
use crate::store::mark;

/// Each schema has its own.
const LOCK: &str = "hashtextextended('teahouse house ' || current_schema(), 0)";

/// How long it takes until the server has noticed that somebody has just ended.
const WAIT: Duration = Duration::from_millis(100);
/// How often a tool waits for nodes.
const TOOL_WAITS: u32 = 20;
/// How often a node waits for a tool: well within what a connection may take.
const NODE_WAITS: u32 = 10;

/// What each new connection of a node does first.
pub(super) fn hook(database: &Database) -> Hook {
    let place = database.shown();
    Hook::async_fn(move |client, _| {
        let place = place.clone();
        Box::pin(async move {
            match enter(client, &place).await {
                Ok(None) => Ok(()),
                Ok(Some(why)) => Err(HookError::message(why)),
                Err(error) => Err(HookError::Backend(error)),
            }
        })
    })
}

/// Takes the house for a tool alone, for as long as the connection lasts.
pub(super) async fn take(client: &Client, database: &Database) -> Result<(), OpenError> {
    let failed = |error: Error| OpenError::from_postgres(database, &error);
    let take = format!("SELECT pg_try_advisory_lock({LOCK})");
    for _ in 0..TOOL_WAITS {
        if client.query_one(&take, &[]).await.map_err(failed)?.get(0) {
            return Ok(());
        }
        tokio::time::sleep(WAIT).await;
    }
    let who = format!(
        "SELECT string_agg(DISTINCT coalesce(host(client_addr), 'its own machine'), ', ')
         FROM pg_locks l JOIN pg_stat_activity USING (pid)
         WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND pid <> pg_backend_pid()
             AND (l.classid::bigint << 32) | l.objid::bigint = {LOCK}"
    );
    let who: Option<String> = client.query_one(&who, &[]).await.map_err(failed)?.get(0);
    let who = who.unwrap_or_else(|| "an address that is not told".into());
    Err(OpenError::InUse { place: database.shown(), who })
}

/// Gives it back: whoever comes next finds it free at once.
pub(super) async fn let_go(client: &Client) -> Result<(), Error> {
    client.execute(&format!("SELECT pg_advisory_unlock({LOCK})"), &[]).await.map(|_| ())
}

/// Takes a node's part of the lock and reads the mark; says why a node may not work here.
async fn enter(client: &Client, place: &str) -> Result<Option<String>, Error> {
    let ask = format!("SELECT pg_try_advisory_lock_shared({LOCK}), to_regclass('setting') IS NOT NULL");
    let mut row = client.query_one(&ask, &[]).await?;
    // Without a schema there is no lock; whoever needs one says so later.
    let is_taken = |row: &Row| row.get::<_, Option<bool>>(0) == Some(false);
    for _ in 0..NODE_WAITS {
        if is_taken(&row) {
            tokio::time::sleep(WAIT).await;
            row = client.query_one(&ask, &[]).await?;
        }
    }
    if is_taken(&row) {
        return Ok(Some(format!("a command of Teahouse has {place} for itself now. Wait for it to end.")));
    }
    if !row.get::<_, bool>(1) {
        return Ok(None);
    }
    let ask = format!("SELECT value::text FROM setting WHERE key::text = '{}'", mark::KEY);
    match client.query_opt(&ask, &[]).await {
        Ok(None) => Ok(None),
        Ok(Some(row)) => Ok(mark::check(Some(row.get(0)), place).err().map(|why| why.to_string())),
        // Another program's table, which is noticed elsewhere.
        Err(error) if error.code().is_some_and(|code| code.code().starts_with("42")) => Ok(None),
        Err(error) => Err(error),
    }
}
