//! How many messages a store accepts in a second, beside single `INSERT`s over one connection to PostgreSQL. Every
//! append is acknowledged before its writer sends the next one.
//!
//! With many drafts in an append it is what a room's task does: it has one append under way, and gives it all that its
//! people sent meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use teahouse_protocol::RoomId;
use teahouse_server::store::{Appended, NewRoom, Store};

use crate::{Engine, Places, TEXT, draft};

/// So many who write at the same time, each to one room after the other, so many messages with each append.
#[derive(Clone, Copy)]
struct Case {
    rooms: usize,
    writers: usize,
    drafts: usize,
}

const CASES: [Case; 10] = [
    Case { rooms: 1, writers: 1, drafts: 1 },
    Case { rooms: 64, writers: 1, drafts: 1 },
    Case { rooms: 1, writers: 64, drafts: 1 },
    Case { rooms: 64, writers: 64, drafts: 1 },
    Case { rooms: 1, writers: 1_024, drafts: 1 },
    // As rooms do it: one append each, of many senders.
    Case { rooms: 1, writers: 1, drafts: 64 },
    Case { rooms: 1, writers: 1, drafts: 1_024 },
    Case { rooms: 64, writers: 64, drafts: 16 },
    Case { rooms: 8, writers: 8, drafts: 256 },
    Case { rooms: 64, writers: 64, drafts: 64 },
];
/// The goal, of SQLite with many senders.
const GOAL: f64 = 150_000.0;
/// As many messages under way are many senders.
const MANY: usize = 1_000;

impl Case {
    fn is_many(self) -> bool {
        self.drafts > 1 && self.writers * self.drafts >= MANY
    }
}

/// Measures all cases of these engines by turns, and prints the middle of each.
pub(crate) async fn measure(engines: &[Engine], places: &Places, time: Duration, rounds: usize) {
    let rooms: Vec<RoomId> = (0..64).map(|room| format!("bench-{room}").parse().unwrap()).collect();
    let mut stores = Vec::new();
    for engine in engines {
        let store = places.store(*engine, "accepted").await;
        for id in &rooms {
            store.add_room(NewRoom::open(id.clone(), "Bench".into(), "".into())).await.unwrap();
        }
        stores.push((*engine, store));
    }
    let beside = engines.contains(&Engine::Postgres).then(|| places.database());
    let (mut plain, mut accepted) = (Vec::new(), vec![Vec::new(); stores.len() * CASES.len()]);
    for round in 1..=rounds {
        if let Some(url) = &beside {
            plain.push(inserts(url, time).await);
            println!("round {round}: single INSERTs, {:.0}/s", plain[round - 1]);
        }
        for (at, (engine, store)) in stores.iter().enumerate() {
            for (case, numbers) in CASES.iter().zip(&mut accepted[at * CASES.len()..]) {
                let number = appends(store, &rooms[..case.rooms], *case, time).await;
                let Case { rooms, writers, drafts } = case;
                println!(
                    "round {round}: {}, {rooms} rooms, {writers} writers, {drafts} drafts, {number:.0}/s",
                    engine.name()
                );
                numbers.push(number);
            }
        }
    }
    print(engines, plain, accepted);
    for (_, store) in &stores {
        store.close().await;
    }
}

fn print(engines: &[Engine], plain: Vec<f64>, accepted: Vec<Vec<f64>>) {
    let plain = (!plain.is_empty()).then(|| middle(plain));
    let ratio = |number: f64| plain.map_or("-".to_owned(), |plain| format!("{:.2}", number / plain));
    println!(
        "\n{:<12}{:>7}{:>9}{:>9}{:>14}{:>9}  goal",
        "", "rooms", "writers", "drafts", "accepted/s", "ratio"
    );
    if let Some(plain) = plain {
        println!("{:<12}{:>7}{:>9}{:>9}{plain:>14.0}{:>9.2}", "INSERT", "", 1, 1, 1.0);
    }
    for (at, numbers) in accepted.into_iter().enumerate() {
        let (engine, case, number) = (engines[at / CASES.len()], CASES[at % CASES.len()], middle(numbers));
        let Case { rooms, writers, drafts } = case;
        let goal = match engine {
            Engine::Sqlite if case.is_many() => {
                format!("{GOAL:.0} {}", if number >= GOAL { "met" } else { "missed" })
            }
            _ => String::new(),
        };
        let name = engine.name();
        println!("{name:<12}{rooms:>7}{writers:>9}{drafts:>9}{number:>14.0}{:>9}  {goal}", ratio(number));
    }
}

/// How many messages are accepted in a second.
async fn appends(store: &Arc<dyn Store>, rooms: &[RoomId], case: Case, time: Duration) -> f64 {
    let (count, begin) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let writers: Vec<_> = (0..case.writers)
        .map(|writer| {
            let (store, count, mut rooms) = (store.clone(), count.clone(), rooms.to_vec());
            let first = writer % rooms.len();
            rooms.rotate_left(first);
            // A room has one append under way: many drafts go to the writer's own.
            rooms.truncate(if case.drafts > 1 { 1 } else { rooms.len() });
            tokio::spawn(async move {
                for room in rooms.iter().cycle() {
                    if begin.elapsed() >= time {
                        return;
                    }
                    let drafts = (0..case.drafts).map(|_| draft()).collect();
                    let appended = store.append(room, drafts).await.unwrap();
                    assert_eq!(appended.len(), case.drafts);
                    assert!(appended.iter().all(|one| matches!(one, Appended::Stored { .. })));
                    count.fetch_add(case.drafts as u64, Ordering::Relaxed);
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

/// The middle one of some numbers.
fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
