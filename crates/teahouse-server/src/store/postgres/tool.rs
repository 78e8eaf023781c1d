//! A connection for a tool that reads or writes a whole house, in its own time.

use tokio_postgres::Client;

use super::address::Database;
use super::fault::{OpenError, chain};
use super::{fence, prepare, row, schema, tls};

/// One connection, and perhaps the whole house with it.
pub(crate) struct Tool {
    /// What is asked goes here.
    pub(crate) client: Client,
    is_alone: bool,
}

impl Tool {
    /// Connects to a house that is there, to read it beside running nodes.
    pub(crate) async fn read(database: &Database) -> Result<Self, OpenError> {
        let client = connect(database).await?;
        if schema::is_older(database, &client).await? {
            return Err(OpenError::Older { place: database.shown() });
        }
        Ok(Self { client, is_alone: false })
    }

    /// Connects to a house that no node works on until this is closed; its tables are brought to this program's
    /// version.
    pub(crate) async fn alone(database: &Database) -> Result<Self, OpenError> {
        let client = connect(database).await?;
        schema::is_older(database, &client).await?;
        fence::take(&client, database).await?;
        prepare(database).await?;
        Ok(Self { client, is_alone: true })
    }

    /// The same for a place where there may be no house yet: then an empty one is made.
    pub(crate) async fn make(database: &Database) -> Result<Self, OpenError> {
        prepare(database).await?;
        Self::alone(database).await
    }

    /// Gives the house back.
    pub(crate) async fn close(&self) {
        if self.is_alone {
            // With the connection it ends anyway.
            let _ = fence::let_go(&self.client).await;
        }
    }
}

/// A message's text as it is kept, from what it is.
pub(crate) fn kept(text: &str) -> String {
    row::kept(text).into_owned()
}

/// A message's text, from what is kept.
pub(crate) fn read(kept: String) -> String {
    row::read(kept)
}

/// What PostgreSQL said.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    chain(error)
}

async fn connect(database: &Database) -> Result<Client, OpenError> {
    let failed = |error| OpenError::from_postgres(database, &error);
    let mut config = database.config.clone();
    config.application_name("teahouse keep").connect_timeout(std::time::Duration::from_secs(10));
    let (client, connection) = config.connect(tls::connector(database)?).await.map_err(failed)?;
    // Its end is heard by whoever asks next.
    tokio::spawn(connection);
    // What takes long here is meant to, and what is committed stays.
    client
        .batch_execute(
            "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
             SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'",
        )
        .await
        .map_err(failed)?;
    Ok(client)
}
