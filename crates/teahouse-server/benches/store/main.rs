//! What a store takes and how fast it answers: `bin/bench store`. How many messages are accepted in a second
//! (`accepted`), how long a lone one takes beside the disk's own sync (`lone`), and with `--growth` whether a log of
//! millions is as fast as a short one (`growth`).
//!
//! Without `--database` it starts a PostgreSQL of its own that waits for the disk, and keeps SQLite's folder on the
//! same disk. It says how far it is, ends by itself, and removes what it made.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has no number")]

/// Messages accepted in a second.
mod accepted;
/// The same questions to a short log and to a long one.
mod growth;
/// One message at a time.
mod lone;
/// Messages and questions of a seed.
#[path = "../made/mod.rs"]
mod made;

use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, UserId};
use teahouse_server::clock::unix_ms;
use teahouse_server::store::{PostgresStore, SqliteStore, Store};
use teahouse_services::Postgres;
use tempfile::TempDir;

/// Measures what the stores take and how fast they answer.
#[derive(Parser)]
#[command(name = "bin/bench store")]
struct Options {
    /// An empty database that may be filled, without TLS; otherwise one is started
    #[arg(long, value_name = "URL", conflicts_with = "growth")]
    database: Option<String>,
    /// Only this store
    #[arg(long, value_enum)]
    only: Option<Engine>,
    /// How long each case lasts
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How often all cases are measured; the middle of them counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many lone messages are sent, one each 50 ms
    #[arg(long, default_value_t = 100)]
    lone: usize,
    /// Measure logs of so many messages beside each other instead
    #[arg(long, value_parser = two_sizes, value_name = "SMALL,LARGE")]
    growth: Option<[u64; 2]>,
    /// How often each is asked with --growth
    #[arg(long, default_value_t = 60)]
    times: usize,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Where stores are made; all of it is gone with this.
struct Places {
    folder: TempDir,
    own: Option<Postgres>,
    url: Option<String>,
}

const TEXT: &str =
    "What somebody says in a room is about as long as this: a sentence, sometimes two, hardly ever more.";

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(options));
}

async fn measure(options: Options) {
    let engines = [Engine::Postgres, Engine::Sqlite];
    let engines = engines.into_iter().filter(|engine| options.only.is_none_or(|only| only == *engine));
    let engines: Vec<Engine> = engines.collect();
    let is_own = options.database.is_none() && engines.contains(&Engine::Postgres);
    let places = Places {
        folder: tempfile::tempdir().unwrap(),
        own: is_own.then(|| Postgres::start_with(&[]).unwrap()),
        url: options.database.clone(),
    };
    if let Some(sizes) = options.growth {
        for engine in engines {
            growth::measure(engine, &places, sizes, options.times).await;
        }
        return;
    }
    let time = Duration::from_secs_f64(options.seconds);
    accepted::measure(&engines, &places, time, options.rounds).await;
    lone::measure(&engines, &places, options.lone).await;
}

fn two_sizes(text: &str) -> Result<[u64; 2], String> {
    let sizes = text.split_once(',').map(|(small, large)| [small.parse(), large.parse()]);
    match sizes {
        Some([Ok(small), Ok(large)]) if 1 <= small && small < large => Ok([small, large]),
        _ => Err("give two numbers, the smaller first: 100000,10000000".into()),
    }
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Places {
    /// An empty store of its own, of that name among those of this run.
    async fn store(&self, engine: Engine, name: &str) -> Arc<dyn Store> {
        match engine {
            Engine::Sqlite => Arc::new(SqliteStore::open(&self.folder.path().join(name)).unwrap()),
            Engine::Postgres => {
                Arc::new(PostgresStore::open(&self.database().parse().unwrap()).await.unwrap())
            }
        }
    }

    /// A place for tables of one's own, or the one that was given.
    fn database(&self) -> String {
        self.own.as_ref().map_or_else(|| self.url.clone().unwrap(), |own| own.place().unwrap())
    }
}

/// A message that was never sent before.
fn draft() -> Draft {
    let at = unix_ms();
    let (cid, by) = (Cid::new(at, rand::random()), UserId::new(at, rand::random()));
    Draft { cid, kind: Kind::Message, by, at, body: Body::of(TEXT.into()) }
}
