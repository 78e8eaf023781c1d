//! A few threads that read, each with a connection of its own: a reader never waits for the writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::{io, thread};

use futures_util::{FutureExt, future};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::fault::store_error;
use super::folder::Files;
use super::queue::{Queue, Refused};
use super::schema;
use crate::store::{Answer, StoreError};

/// How many threads read. A read is short and mostly from memory; more would only share two cores.
const THREADS: usize = 4;
/// Most reads that wait; more are refused with `Busy`. Ten thousand people may come back at once.
const JOBS_MAX: usize = 65_536;

/// A read: gets a connection or why there is none, answers, and says what was wrong.
type Read = Box<dyn FnOnce(Result<&Connection, StoreError>, &Path) -> Result<(), StoreError> + Send>;

/// The way to the reading threads.
pub(super) struct Readers {
    queue: Arc<Queue<Read>>,
    /// Closed when all threads have ended.
    ended: watch::Receiver<()>,
}

impl Readers {
    /// Starts the threads and opens their connections, which stay open: a database whose file is
    /// gone can still be read. `failed` hears of damage.
    pub(super) fn start(files: &Files, failed: &watch::Sender<Option<StoreError>>) -> io::Result<Self> {
        let (ending, ended) = watch::channel(());
        // If a thread cannot be started, the others end with this.
        let readers = Self { queue: Arc::new(Queue::new(JOBS_MAX, usize::MAX)), ended };
        for number in 0..THREADS {
            let thread = Thread {
                queue: readers.queue.clone(),
                files: files.clone(),
                failed: failed.clone(),
                connection: open(files).ok(),
            };
            let ending = ending.clone();
            thread::Builder::new().name(format!("store-reader-{number}")).spawn(move || {
                thread.run();
                drop(ending);
            })?;
        }
        Ok(readers)
    }

    /// Asks for `work` on a connection that can only read.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let (ticket, answer) = oneshot::channel();
        let read: Read = Box::new(move |connection, database| {
            let said = connection.and_then(|it| work(it).map_err(|error| store_error(database, &error)));
            let outcome = said.as_ref().map(|_| ()).map_err(Clone::clone);
            // Who asked may be gone; then nobody wants to know.
            let _ = ticket.send(said);
            outcome
        });
        match self.queue.push(read, 0) {
            Ok(()) => answer.map(|said| said.unwrap_or_else(|_| Err(stopped()))).boxed(),
            Err(Refused::Full) => future::ready(Err(StoreError::Busy)).boxed(),
            Err(Refused::Closed) => future::ready(Err(stopped())).boxed(),
        }
    }

    /// Takes nothing more; what waits is answered.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Ends when the threads have ended and their connections are closed.
    pub(super) fn ended(&self) -> future::BoxFuture<'static, ()> {
        let mut ended = self.ended.clone();
        async move { while ended.changed().await.is_ok() {} }.boxed()
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

fn stopped() -> StoreError {
    StoreError::Down("the store is closed or had to begin again".into())
}

/// What a reading thread owns.
struct Thread {
    queue: Arc<Queue<Read>>,
    files: Files,
    failed: watch::Sender<Option<StoreError>>,
    connection: Option<Connection>,
}

impl Thread {
    fn run(mut self) {
        while let Some(read) = self.queue.take_one() {
            let connection = connected(&self.files, &mut self.connection);
            // A panic drops the ticket: the caller hears that nobody answers.
            let outcome = catch_unwind(AssertUnwindSafe(|| read(connection, self.files.database())));
            match outcome {
                Ok(Ok(()) | Err(StoreError::Busy)) => {}
                Ok(Err(error)) => self.trouble(error),
                Err(_) => self.trouble(StoreError::Down("a reader panicked: this is a bug".into())),
            }
        }
    }

    fn trouble(&mut self, error: StoreError) {
        tracing::warn!(%error, "nothing was read");
        if let StoreError::Corrupt(_) = error {
            self.failed.send_replace(Some(error));
        }
        self.connection = None;
    }
}

/// The connection, opened again if the last one had a fault.
fn connected<'c>(
    files: &Files,
    connection: &'c mut Option<Connection>,
) -> Result<&'c Connection, StoreError> {
    match connection {
        Some(open) => Ok(open),
        none => Ok(none.insert(open(files)?)),
    }
}

/// Opens the database that the writer has, and no other.
fn open(files: &Files) -> Result<Connection, StoreError> {
    files.check_database()?;
    let opened = schema::open_reader(files.database());
    opened.map_err(|error| store_error(files.database(), &error))
}
