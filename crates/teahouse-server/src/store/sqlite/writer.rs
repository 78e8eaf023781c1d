//! The one thread that writes: it takes all that waits into one transaction, syncs it, then answers.
//!
//! It owns the writing connection and the lock of the data folder. It never answers before the commit
//! is on the disk, and keeps no state of the rooms between two transactions: the numbers come from the disk.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use futures_util::FutureExt;
use futures_util::future;
use rusqlite::{Connection, ErrorCode};
use teahouse_protocol::RoomId;
use tokio::sync::{oneshot, watch};

use super::append::Room;
use super::fault::{is_of_one_job, store_error};
use super::folder::{Files, Lock};
use super::queue::{Queue, Refused};
use super::schema;
use crate::store::{Answer, StoreError};

/// Most jobs that wait; more are refused with `Busy`. A job is one call, of any number of drafts.
const JOBS_MAX: usize = 65_536;
/// Most bytes of text that wait.
const BYTES_MAX: usize = 64 << 20;
/// About how many pages are written between two checkpoints: 64 MiB of 4 KiB pages. The more, the more
/// often a page of the `cid`s was changed when it is at last written into the database.
const CHECKPOINT_PAGES: u64 = 16_384;

/// How long until the WAL is emptied, if somebody who reads for long was in the way: a backup, say.
const EMPTY_AGAIN: Duration = Duration::from_secs(5);

/// The way to the writing thread.
pub(super) struct Writer {
    queue: Arc<Queue<Box<dyn Job>>>,
    commits: Arc<AtomicU64>,
    /// Closed when the thread has ended.
    ended: watch::Receiver<()>,
}

/// One transaction in the making.
pub(super) struct Batch<'c> {
    /// The connection, inside the transaction.
    pub(super) connection: &'c Connection,
    /// The rooms that were written to, by id; their rows are written once, at the end.
    pub(super) rooms: HashMap<RoomId, Room>,
    /// About how many pages it changes.
    pub(super) pages: u64,
    /// Whether it takes texts away.
    pub(super) redacts: bool,
}

impl Batch<'_> {
    /// Writes the rows of the rooms that were written to.
    pub(super) fn keep_rooms(&self) -> rusqlite::Result<()> {
        self.rooms.values().try_for_each(|room| room.keep(self.connection))
    }
}

/// What a transaction has written.
struct Written {
    /// About how many pages.
    pages: u64,
    /// Whether it took texts away.
    redacted: bool,
}

/// Why a job could not do its work.
pub(super) enum Fault {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// The job itself cannot be done, and has written nothing.
    Refused(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Something to write, and who waits for the answer.
trait Job: Send {
    /// Does it inside a transaction; may be called again after a rollback.
    fn run(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()>;
    /// Says what came of it, after the commit or instead of it.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Asked<W, T> {
    work: W,
    result: Result<T, StoreError>,
    ticket: oneshot::Sender<Result<T, StoreError>>,
}

impl<W, T> Job for Asked<W, T>
where
    W: FnMut(&mut Batch<'_>) -> Result<T, Fault> + Send,
    T: Send,
{
    fn run(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()> {
        self.result = match (self.work)(batch) {
            Ok(done) => Ok(done),
            Err(Fault::Refused(error)) => Err(error),
            Err(Fault::Sql(error)) => return Err(error),
        };
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // Nobody may wait any more: what was accepted counts all the same.
        let _ = self.ticket.send(committed.and(self.result));
    }
}

impl Writer {
    /// Starts the thread on an opened database. `failed` hears of damage.
    pub(super) fn start(
        files: Files,
        connection: Connection,
        lock: Lock,
        failed: watch::Sender<Option<StoreError>>,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(JOBS_MAX, BYTES_MAX));
        let commits = Arc::new(AtomicU64::new(0));
        let (ending, ended) = watch::channel(());
        let thread = Thread {
            queue: queue.clone(),
            commits: commits.clone(),
            failed,
            files,
            connection: Some(connection),
            pages: 0,
            redacted: None,
            troubled: false,
        };
        thread::Builder::new().name("store-writer".into()).spawn(move || {
            thread.run();
            // The folder is free before anybody hears that this has ended.
            drop(lock);
            drop(ending);
        })?;
        Ok(Self { queue, commits, ended })
    }

    /// Asks for `work`, which holds about `bytes` bytes, in the order of the calls.
    ///
    /// The work may run more than once, each time after the last was rolled back.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&mut Batch<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<'static, T> {
        let (ticket, answer) = oneshot::channel();
        let job = Asked { work, result: Err(stopped()), ticket };
        match self.queue.push(Box::new(job), bytes) {
            Ok(()) => answer.map(|said| said.unwrap_or_else(|_| Err(stopped()))).boxed(),
            Err(Refused::Full) => future::ready(Err(StoreError::Busy)).boxed(),
            Err(Refused::Closed) => future::ready(Err(stopped())).boxed(),
        }
    }

    /// How many transactions were committed since the start.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Takes nothing more; the thread answers what waits and ends.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Ends when the thread has ended and the folder is free.
    pub(super) fn ended(&self) -> future::BoxFuture<'static, ()> {
        let mut ended = self.ended.clone();
        async move { while ended.changed().await.is_ok() {} }.boxed()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn stopped() -> StoreError {
    StoreError::Down("the store is closed or had to begin again".into())
}

/// What the thread owns.
struct Thread {
    queue: Arc<Queue<Box<dyn Job>>>,
    commits: Arc<AtomicU64>,
    failed: watch::Sender<Option<StoreError>>,
    files: Files,
    /// None after a fault, until the next transaction opens it again.
    connection: Option<Connection>,
    /// About how many pages were written since the last checkpoint.
    pages: u64,
    /// When the WAL is to be emptied, because texts that were taken away may still be in it.
    redacted: Option<Instant>,
    /// Whether the last transaction did not come about: one line in the log for each change.
    troubled: bool,
}

/// Why a transaction did not come about.
enum Trouble {
    /// One of the jobs cannot be done; the others might.
    OneJob(StoreError),
    /// Nothing can be written now.
    All(StoreError),
}

impl Thread {
    fn run(mut self) {
        // Whatever ends this thread, nobody waits for it for ever.
        let _abandon = Abandon(self.queue.clone());
        loop {
            if let Some(at) = self.redacted
                && !self.queue.wait_until(at)
            {
                self.checkpoint("TRUNCATE");
                continue;
            }
            let Some(jobs) = self.queue.take_all() else { break };
            self.settle(jobs);
            if self.redacted.is_some_and(|at| at <= Instant::now()) {
                self.checkpoint("TRUNCATE");
            } else if self.pages >= CHECKPOINT_PAGES {
                self.checkpoint("PASSIVE");
            }
        }
        self.checkpoint("TRUNCATE");
    }

    /// Writes the jobs in one transaction and answers all. If one of them is at fault, it is looked for
    /// by halves, so that the others cost a few transactions and not one each.
    fn settle(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let outcome = match self.transact(&mut jobs) {
            Err(Trouble::OneJob(_)) if jobs.len() > 1 => {
                let later = jobs.split_off(jobs.len() / 2);
                self.settle(jobs);
                return self.settle(later);
            }
            Err(Trouble::OneJob(error) | Trouble::All(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        for job in jobs {
            job.answer(outcome.clone());
        }
    }

    fn transact(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Trouble> {
        if let Some(error) = self.failed.borrow().clone() {
            return Err(Trouble::All(error));
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.write(jobs)));
        let trouble = match outcome {
            Ok(Ok(written)) => {
                self.pages += written.pages;
                if written.redacted {
                    self.redacted = Some(Instant::now());
                }
                self.commits.fetch_add(1, Ordering::Relaxed);
                if std::mem::take(&mut self.troubled) {
                    tracing::info!("the store takes messages again");
                }
                return Ok(());
            }
            Ok(Err(trouble)) => trouble,
            Err(_) => {
                self.connection = None;
                Trouble::OneJob(StoreError::Down("the writer panicked: this is a bug".into()))
            }
        };
        let (Trouble::OneJob(error) | Trouble::All(error)) = &trouble;
        if !std::mem::replace(&mut self.troubled, true) {
            tracing::warn!(%error, jobs = jobs.len(), "nothing was stored");
        }
        if let StoreError::Corrupt(_) = error {
            self.failed.send_replace(Some(error.clone()));
        }
        Err(trouble)
    }

    /// One transaction, from `BEGIN` to the synced commit in files that are still ours.
    fn write(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Written, Trouble> {
        let connection = self.connected().map_err(Trouble::All)?;
        match attempt(connection, jobs) {
            // An answer before this would be a promise about a file that is gone.
            Ok(written) => self.files.check().map(|()| written).map_err(Trouble::All),
            Err(error) => {
                self.leave(&error);
                let said = store_error(self.files.database(), &error);
                Err(if is_of_one_job(&error) { Trouble::OneJob(said) } else { Trouble::All(said) })
            }
        }
    }

    /// The connection to files that are still ours, opened again if the last one had a fault.
    fn connected(&mut self) -> Result<&Connection, StoreError> {
        if self.connection.is_some() {
            self.files.check()?;
        } else {
            self.files.check_database()?;
            let database = self.files.database();
            let opened = schema::open_writer(database).map_err(|error| store_error(database, &error))?;
            self.files = self.files.seen_again()?;
            // On a disk that was full most of the room is the WAL's own: moved into the database it needs a
            // fraction. Whether that works now is seen by the write that follows.
            let _ = opened.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.connection = Some(opened);
        }
        Ok(self.connection.as_ref().expect("it was opened above"))
    }

    /// Ends what a failed transaction left. After a fault of the machine nothing in the connection's
    /// memory is trusted: the next transaction reads everything from the disk again.
    fn leave(&mut self, error: &rusqlite::Error) {
        let Some(connection) = &self.connection else { return };
        let rolled_back = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        let harmless = is_of_one_job(error) || error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !(rolled_back && harmless) {
            self.connection = None;
        }
    }

    /// Moves what is in the WAL into the database. A failure costs nothing but room in the WAL.
    fn checkpoint(&mut self, how: &str) {
        self.pages = 0;
        self.redacted = self.redacted.map(|_| Instant::now() + EMPTY_AGAIN);
        let Some(connection) = &self.connection else { return };
        let sql = format!("PRAGMA wal_checkpoint({how})");
        match connection.query_row(&sql, [], |row| row.get::<_, bool>(0)) {
            Ok(false) if how == "TRUNCATE" => self.redacted = None,
            // Somebody still reads what was before.
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the write-ahead log stays longer"),
        }
    }
}

/// Runs all jobs in one transaction and commits it.
fn attempt(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<Written> {
    // Immediate: whoever else writes is met here, where nothing has been read yet.
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut batch = Batch { connection, rooms: HashMap::new(), pages: 4, redacts: false };
    for job in jobs {
        job.run(&mut batch)?;
    }
    batch.keep_rooms()?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(Written { pages: batch.pages, redacted: batch.redacts })
}

/// Wakes everybody who waits, when the thread is gone.
struct Abandon(Arc<Queue<Box<dyn Job>>>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

#[cfg(test)]
mod tests;
