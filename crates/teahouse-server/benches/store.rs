//! How many messages a store accepts in a second, beside single `INSERT`s over one connection to the same
//! server: `bin/bench store`. Every message is acknowledged before its writer sends the next one.
//!
//! Without `--database` it starts a PostgreSQL of its own that waits for the disk, and keeps SQLite's folder on
//! the same disk. Ends by itself after about `--seconds` for each of 11 cases in each of `--rounds` rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has no number")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, RoomId, UserId};
use teahouse_server::store::{Appended, NewRoom, PostgresStore, SqliteStore, Store};
use teahouse_services::Postgres;

/// Measures how many messages the stores accept in a second.
#[derive(Parser)]
#[command(name = "bin/bench store")]
struct Options {
    /// An empty database that may be filled, without TLS; otherwise one is started
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How long each case lasts
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How often all cases are measured; the middle of them counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// So many who write at the same time, each to one room after the other.
#[derive(Clone, Copy)]
struct Case {
    rooms: usize,
    writers: usize,
}

const CASES: [Case; 5] = [
    Case { rooms: 1, writers: 1 },
    Case { rooms: 64, writers: 1 },
    Case { rooms: 1, writers: 64 },
    Case { rooms: 64, writers: 64 },
    Case { rooms: 1, writers: 1_024 },
];

const TEXT: &str =
    "What somebody says in a room is about as long as this: a sentence, sometimes two, hardly ever more.";

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(options));
}

async fn measure(options: Options) {
    let own = options.database.is_none().then(|| Postgres::start_with(&[]).unwrap());
    let url = options.database.unwrap_or_else(|| own.as_ref().unwrap().place().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let stores: [(&str, Arc<dyn Store>); 2] = [
        ("PostgreSQL", Arc::new(PostgresStore::open(&url.parse().unwrap()).await.unwrap())),
        ("SQLite", Arc::new(SqliteStore::open(folder.path()).unwrap())),
    ];
    let rooms: Vec<RoomId> = (0..64).map(|room| format!("bench-{room}").parse().unwrap()).collect();
    for (_, store) in &stores {
        for id in &rooms {
            store.add_room(NewRoom::open(id.clone(), "Bench".into(), "".into())).await.unwrap();
        }
    }
    let time = Duration::from_secs_f64(options.seconds);
    let (mut plain, mut accepted) = (Vec::new(), vec![Vec::new(); stores.len() * CASES.len()]);
    for round in 1..=options.rounds {
        plain.push(inserts(&url, time).await);
        println!("round {round}: single INSERTs, {:.0}/s", plain[round - 1]);
        for (at, (name, store)) in stores.iter().enumerate() {
            for (case, numbers) in CASES.iter().zip(&mut accepted[at * CASES.len()..]) {
                let number = appends(store, &rooms[..case.rooms], case.writers, time).await;
                println!(
                    "round {round}: {name}, {} rooms, {} writers, {number:.0}/s",
                    case.rooms, case.writers
                );
                numbers.push(number);
            }
        }
    }
    let plain = middle(plain);
    println!("\n{:<12}{:>7}{:>9}{:>14}{:>9}", "", "rooms", "writers", "accepted/s", "ratio");
    println!("{:<12}{:>7}{:>9}{plain:>14.0}{:>9.2}", "INSERT", "", 1, 1.0);
    for (at, numbers) in accepted.into_iter().enumerate() {
        let (Case { rooms, writers }, number) = (CASES[at % CASES.len()], middle(numbers));
        let name = stores[at / CASES.len()].0;
        println!("{name:<12}{rooms:>7}{writers:>9}{number:>14.0}{:>9.2}", number / plain);
    }
    for (_, store) in &stores {
        store.close().await;
    }
}

/// How many messages are accepted in a second.
async fn appends(store: &Arc<dyn Store>, rooms: &[RoomId], writers: usize, time: Duration) -> f64 {
    let (count, begin) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let writers: Vec<_> = (0..writers)
        .map(|writer| {
            let (store, count, mut rooms) = (store.clone(), count.clone(), rooms.to_vec());
            let first = writer % rooms.len();
            rooms.rotate_left(first);
            tokio::spawn(async move {
                for room in rooms.iter().cycle() {
                    if begin.elapsed() >= time {
                        return;
                    }
                    let appended = store.append(room, vec![draft()]).await.unwrap();
                    assert!(matches!(appended[..], [Appended::Stored { .. }]));
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

/// How many rows go into a plain table in a second, one `INSERT` after the other over one connection.
async fn inserts(url: &str, time: Duration) -> f64 {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let table = "CREATE TABLE IF NOT EXISTS plain_insert
        (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, by uuid NOT NULL, at bigint NOT NULL, text text)";
    client.batch_execute(table).await.unwrap();
    let insert = client.prepare("INSERT INTO plain_insert (by, at, text) VALUES ($1, $2, $3)").await.unwrap();
    let (mut count, begin) = (0_i64, Instant::now());
    while begin.elapsed() < time {
        let by = uuid::Uuid::from_bytes(rand::random());
        assert_eq!(client.execute(&insert, &[&by, &count, &TEXT]).await.unwrap(), 1);
        count += 1;
    }
    let done = count as f64 / begin.elapsed().as_secs_f64();
    client.batch_execute("DROP TABLE plain_insert").await.unwrap();
    done
}

fn draft() -> Draft {
    let (cid, by) = (Cid::from_bytes(rand::random()), UserId::from_random(rand::random()));
    Draft { cid, kind: Kind::Message, by, at: 1_795_353_600_000, body: Body::of(TEXT.into()) }
}

/// The middle one of some numbers.
fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
