//! Kills the real program again and again in the middle of a busy room, and checks every promise.
//!
//! `TEAHOUSE_CRASH_KILLS=2000` makes a longer run, `TEAHOUSE_CRASH_SEED=7` repeats the choices of one;
//! the seed of a failure is printed.
#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use teahouse_client::connection::Backoff;
use teahouse_client::protocol::{Cursor, Event, From, Range, RoomId, Seq};
use teahouse_client::{Ack, Client, Notice, Options, Receipt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The real program.
mod house;
/// What a run left behind, and the check of it.
mod record;

use house::House;
use record::{Acknowledged, Letter, Record, Stored};

const SENDERS: usize = 8;
const READERS: usize = 4;
/// Messages that one sender has on their way.
const UNACKED_MAX: usize = 8;
const KILLS: u64 = 100;
/// Long enough for any machine: beyond it something hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// SplitMix64: the choices of a run, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_promise_is_broken_by_kill_9() {
    let seed = number("TEAHOUSE_CRASH_SEED").unwrap_or_else(rand::random);
    let kills = number("TEAHOUSE_CRASH_KILLS").unwrap_or(KILLS);
    println!("TEAHOUSE_CRASH_SEED={seed} TEAHOUSE_CRASH_KILLS={kills}");
    let mut chance = Chance(seed);
    let mut house = House::new(|| chance.next());
    let (acked, progress) = watch::channel(0);
    let acked = Arc::new(acked);
    start(&mut house).await;

    let (stop, stopped) = watch::channel(false);
    let (end, told) = watch::channel(None);
    let readers: Vec<_> = (0..READERS).map(|_| tokio::spawn(read(options(&house), told.clone()))).collect();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| tokio::spawn(write(options(&house), sender, acked.clone(), stopped.clone())))
        .collect();
    kill_again_and_again(&mut house, kills, &mut chance, progress).await;

    stop.send_replace(true);
    let mut record = Record::default();
    for sender in senders {
        record.acknowledged.extend(ends(&house, "a sender", sender).await);
    }
    let log = tokio::spawn(read_log(options(&house)));
    (record.log, record.head) = ends(&house, "reading the log", log).await;
    end.send_replace(Some(record.head));
    for reader in readers {
        record.readers.push(ends(&house, "a reader", reader).await);
    }
    println!("{} messages acknowledged, {} in the log", record.acknowledged.len(), record.head);
    assert!(record.acknowledged.len() as u64 > kills, "the room was busy");
    let faults = record.faults();
    let shown: Vec<_> = faults.iter().take(20).collect();
    assert!(faults.is_empty(), "{} faults: {shown:#?}\n{}", faults.len(), house.last_words());
}

/// Most kills come after some progress, at a random moment; some while the house still starts.
async fn kill_again_and_again(
    house: &mut House,
    kills: u64,
    chance: &mut Chance,
    mut progress: watch::Receiver<u64>,
) {
    let mut killed = 0;
    while killed < kills {
        let target = *progress.borrow() + 1 + chance.below(150);
        let busy = tokio::time::timeout(HANGS_AFTER, progress.wait_for(|acked| *acked >= target)).await;
        // What `wait_for` gives is a lock on the number, which the senders want to raise.
        let busy = busy.is_ok_and(|reached| reached.is_ok());
        assert!(busy, "nothing is acknowledged any more:\n{}", house.last_words());
        moment(chance, 5_000).await;
        assert!(house.kill(), "the house ended by itself:\n{}", house.last_words());
        killed += 1;
        while chance.below(8) == 0 && killed < kills {
            let printed = house.start();
            std::thread::spawn(|| house::listens(printed));
            moment(chance, 60_000).await;
            house.kill();
            killed += 1;
        }
        start(house).await;
    }
}

/// A random moment is what this test is about; nothing waits for anything here.
async fn moment(chance: &mut Chance, micros_max: u64) {
    tokio::time::sleep(Duration::from_micros(chance.below(micros_max))).await;
}

async fn start(house: &mut House) {
    let printed = house.start();
    let listens = tokio::task::spawn_blocking(|| house::listens(printed));
    let listens = tokio::time::timeout(HANGS_AFTER, listens).await;
    assert!(matches!(listens, Ok(Ok(true))), "the house does not start:\n{}", house.last_words());
}

async fn ends<T>(house: &House, what: &str, task: JoinHandle<T>) -> T {
    let ended = tokio::time::timeout(HANGS_AFTER, task).await;
    let ended = ended.unwrap_or_else(|_| panic!("{what} does not come to an end:\n{}", house.last_words()));
    ended.unwrap_or_else(|error| panic!("{what} failed: {error}"))
}

fn options(house: &House) -> Options {
    let mut options = Options::new(&house.url()).unwrap();
    // Short pauses, or most kills would hit an empty house.
    options.backoff = Backoff { least: Duration::from_millis(10), most: Duration::from_millis(150) };
    options.rooms = vec![(RoomId::main(), From::Cursor(Cursor::BEGINNING))];
    options
}

/// Writes its numbers until it is told to stop, and returns what was acknowledged.
async fn write(
    mut options: Options,
    sender: usize,
    progress: Arc<watch::Sender<u64>>,
    stopped: watch::Receiver<bool>,
) -> Vec<Acknowledged> {
    options.rooms = vec![(RoomId::main(), From::Head)];
    let (client, _) = Client::connect(options);
    let mut waiting: VecDeque<(Letter, Receipt)> = VecDeque::new();
    let mut acknowledged = Vec::new();
    let mut number = 0;
    loop {
        while waiting.len() < UNACKED_MAX && !*stopped.borrow() {
            number += 1;
            let letter = Letter { sender, number };
            waiting.push_back((letter, client.say(letter.text()).await.unwrap()));
        }
        let Some((letter, receipt)) = waiting.pop_front() else { break };
        let cid = receipt.cid();
        let Ack { seq, .. } = receipt.await.unwrap_or_else(|error| panic!("{letter:?} was refused: {error}"));
        acknowledged.push(Acknowledged { letter, cid, seq: seq.0 });
        progress.send_modify(|acked| *acked += 1);
    }
    client.close().await;
    acknowledged
}

/// Reads from the first event on; told the end, it reads up to it.
async fn read(options: Options, mut told: watch::Receiver<Option<u64>>) -> Vec<Stored> {
    let (client, mut notices) = Client::connect(options);
    let mut seen: Vec<Stored> = Vec::new();
    let mut end = None;
    while end.is_none_or(|end| seen.last().is_none_or(|last| last.seq < end)) {
        tokio::select! {
            notice = notices.next() => match notice.expect("the client goes on until it is closed") {
                Notice::Event(event) => seen.push(stored(&event)),
                Notice::Hole(hole) => panic!("a reader that keeps up has no holes: {hole:?}"),
                Notice::Ended(end) => panic!("a reader was sent away: {end:?}"),
                _ => {}
            },
            _ = told.changed(), if end.is_none() => end = *told.borrow_and_update(),
        }
    }
    client.close().await;
    seen
}

/// The whole log, page by page, and its head.
async fn read_log(options: Options) -> (Vec<Stored>, u64) {
    let (client, _) = Client::connect(options);
    let mut log: Vec<Stored> = Vec::new();
    loop {
        let after = Seq(log.last().map_or(0, |stored| stored.seq));
        let page = client.history(&RoomId::main(), Range::After(after), 200).await.unwrap();
        log.extend(page.messages.iter().map(stored));
        if !page.more {
            client.close().await;
            return (log, page.as_of.0);
        }
        assert!(!page.messages.is_empty(), "there is more after {after}, and the page is empty");
    }
}

fn stored(event: &Event) -> Stored {
    let letter =
        Letter::parse(&event.body.text).unwrap_or_else(|| panic!("nobody wrote {:?}", event.body.text));
    Stored { seq: event.seq.0, cid: event.cid, by: event.by.id, letter }
}
