//! How fast search answers, and how fast messages come into its index: `bin/bench search`. What is searched is made.
//!
//! Without `--database` it starts a PostgreSQL of its own, and keeps SQLite's folder on the same disk. It says how far
//! it is, and ends by itself: a million messages take some minutes for each store.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has no number")]

/// What is searched, and by which questions.
mod made;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use teahouse_core::rights::Who;
use teahouse_protocol::{Range, Role, RoomId, Seq};
use teahouse_server::follower::Followers;
use teahouse_server::search::{Index, Seeker, search};
use teahouse_server::store::{NewRoom, PostgresStore, SqliteStore, Statement, Store};
use teahouse_services::Postgres;

use made::{add_rooms, draft, kinds, person, room_id, share_ms};

/// Measures how fast search answers.
#[derive(Parser)]
#[command(name = "bin/bench search")]
struct Options {
    /// An empty database that may be filled, without TLS; otherwise one is started
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How many messages there are
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// In how many rooms; with 1 all are in one
    #[arg(long, default_value_t = 200)]
    rooms: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 100)]
    times: u32,
    /// Only this store: sqlite or postgres
    #[arg(long)]
    only: Option<String>,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(options));
}

async fn measure(options: Options) {
    let is_wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if is_wanted("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        one("SQLite", Arc::new(SqliteStore::open(folder.path()).unwrap()), &options).await;
    }
    if is_wanted("postgres") {
        let own = options.database.is_none().then(|| Postgres::start_with(&[]).unwrap());
        let url = options.database.clone().unwrap_or_else(|| own.as_ref().unwrap().place().unwrap());
        let store = Arc::new(PostgresStore::open(&url.parse().unwrap()).await.unwrap());
        one("PostgreSQL", store, &options).await;
    }
}

async fn one(name: &str, store: Arc<dyn Store>, options: &Options) {
    fill(name, &store, options).await;
    index(name, &store, options).await;
    let mut all = Vec::new();
    println!("\n{name:<12}{:<34}{:>8}{:>9}{:>9}{:>9}", "question", "hits", "p50 ms", "p95 ms", "p99 ms");
    for (kind, questions) in kinds(options.rooms) {
        let (mut times, mut hits) = (Vec::new(), 0);
        for asked in questions.iter().cycle().take(options.times.max(questions.len() as u32) as usize) {
            let begin = Instant::now();
            let seeker = Seeker { person: person(0), who: Who::of(Some(Role::Member)) };
            hits = search(&*store, seeker, asked).await.unwrap().messages.len();
            times.push(begin.elapsed());
        }
        println!("{name:<12}{kind:<34}{hits:>8}{}", shares(&mut times));
        all.extend(times);
    }
    println!("{name:<12}{:<34}{:>8}{}", "all together", "", shares(&mut all));
    open(name, &store, options).await;
    store.close().await;
}

/// The middle, and what one in twenty and one in a hundred exceed.
fn shares(times: &mut [Duration]) -> String {
    times.sort_unstable();
    format!("{:>9.2}{:>9.2}{:>9.2}", share_ms(times, 0.5), share_ms(times, 0.95), share_ms(times, 0.99))
}

async fn fill(name: &str, store: &Arc<dyn Store>, options: &Options) {
    let small: RoomId = "bench-small".parse().unwrap();
    store.add_room(NewRoom::open(small.clone(), "Bench".into(), "".into())).await.unwrap();
    let drafts = (1..=100).map(|number| draft(1_000_000_000 + number, 1, "small".into())).collect();
    store.append(&small, drafts).await.unwrap();
    add_rooms(store, options.rooms).await;
    made::fill(name, store, options.rooms, 0..options.messages).await;
}

async fn index(name: &str, store: &Arc<dyn Store>, options: &Options) {
    let begin = Instant::now();
    let follower = Followers::default().add(store.clone(), Arc::new(Index::new(store.clone())));
    let mut work = Box::pin(follower.catch_up());
    let mut told = tokio::time::interval(Duration::from_secs(15));
    loop {
        tokio::select! {
            done = &mut work => break done.unwrap(),
            _ = told.tick() => {
                let done = Statement::new("SELECT CAST(coalesce(sum(seq), 0) AS bigint) FROM follower");
                let done = store.query(done).await.unwrap()[0].int(0).unwrap();
                println!("{name}: {done} indexed after {:.0} s", begin.elapsed().as_secs_f64());
            }
        }
    }
    let rate = options.messages as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} messages indexed a second");
}

/// Opening the largest room costs what opening one of a hundred messages does.
async fn open(name: &str, store: &Arc<dyn Store>, options: &Options) {
    let mut middles = Vec::new();
    for id in ["bench-small".parse().unwrap(), room_id(0)] {
        let mut times = Vec::new();
        let mut head = Seq::ZERO;
        for _ in 0..options.times.max(20) {
            let begin = Instant::now();
            head = store.room(&id).await.unwrap().unwrap().head;
            store.read_mark(person(1), &id).await.unwrap();
            store.after(&id, Seq(head.0.saturating_sub(50)), 50).await.unwrap();
            store.page(&id, Range::Before(Seq(head.0 - 49)), 50, Some(person(1))).await.unwrap();
            times.push(begin.elapsed());
        }
        println!("{name}: opening a room of {} messages, ms:{}", head.0, shares(&mut times));
        middles.push(times[times.len() / 2].as_secs_f64());
    }
    println!("{name}: the larger one takes {:.2} times as long", middles[1] / middles[0]);
}
