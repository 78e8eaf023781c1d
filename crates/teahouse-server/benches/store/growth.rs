//! Whether a log of millions is as fast as a short one: two stores of one engine are filled with the same made messages,
//! one with more of them, and are then asked the same by turns. So what else the machine does meets both alike.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use teahouse_core::rights::Who;
use teahouse_protocol::{Range, Role, RoomId, Seq};
use teahouse_server::follower::Work;
use teahouse_server::search::{Asked, Index, Seeker, search};
use teahouse_server::store::follower::{advance, pending_in};
use teahouse_server::store::{Commit, Committed, Store};

use crate::made::{Chance, add_rooms, fill, kinds, person, room_id, share_ms};
use crate::{Engine, Places, draft};

const ROOMS: u64 = 200;
/// Events of one commit of the index: far more than a server takes at once, so that it is there within minutes.
const INDEXED_AT_ONCE: u32 = 4_000;
/// Rooms that are indexed beside each other.
const INDEXED_ROOMS: usize = 4;
/// How far behind somebody is who comes back.
const BEHIND: u32 = 200;
/// Messages of a page of history.
const PAGE: u32 = 50;
/// Messages of a full append.
const APPEND: usize = 256;
/// Bytes that a message takes on the disk at most, index and all.
const MESSAGE_BYTES: u64 = 800;
/// Answers before the first that counts.
const WARM_UP: usize = 4;
/// The goal of each ratio.
const RATIO_GOAL: f64 = 1.5;

/// What is asked.
enum Asking {
    Append(usize),
    Resume,
    Page,
    Search(Vec<Asked>),
}

/// A filled store.
struct Filled {
    store: Arc<dyn Store>,
    /// The last number of each room.
    heads: Vec<u64>,
}

/// Fills stores of these sizes, asks both, and prints how they compare.
pub(crate) async fn measure(engine: Engine, places: &Places, sizes: [u64; 2], times: usize) {
    check_disk(places.folder.path(), sizes.iter().sum());
    let mut filled = Vec::new();
    for size in sizes {
        let name = format!("{} of {size}", engine.name());
        let folder = format!("growth-{size}");
        let store = places.store(engine, &folder).await;
        add_rooms(&store, ROOMS).await;
        fill(&name, &store, ROOMS, 0..size).await;
        index(&name, &store, size).await;
        if engine == Engine::Sqlite {
            let bytes = bytes(&places.folder.path().join(folder));
            println!("{name}: {:.2} GB, {} bytes a message", bytes as f64 / 1e9, bytes / size);
        }
        filled.push(Filled { heads: heads(&store).await, store });
    }
    // What was filled is on its way to the disk for a while, and every sync would wait for it.
    tokio::task::spawn_blocking(rustix::fs::sync).await.unwrap();
    print_head(engine, sizes);
    for (what, asking) in askings() {
        let mut taken = vec![Vec::new(); filled.len()];
        for time in 0..WARM_UP + times {
            for (one, taken) in filled.iter().zip(&mut taken) {
                let mut chance = Chance(time as u64);
                let time = one.ask(&asking, time, &mut chance).await;
                taken.push(time);
            }
        }
        taken.iter_mut().for_each(|times| drop(times.drain(..WARM_UP)));
        print(what, &mut taken);
    }
    for one in &filled {
        one.store.close().await;
    }
}

fn askings() -> Vec<(&'static str, Asking)> {
    let logs = [
        ("append, one message", Asking::Append(1)),
        ("append, 256 messages", Asking::Append(APPEND)),
        ("resume, 200 behind", Asking::Resume),
        ("page, 50 before a number", Asking::Page),
    ];
    let searches = kinds(ROOMS).into_iter().map(|(kind, asked)| (kind, Asking::Search(asked)));
    logs.into_iter().chain(searches).collect()
}

impl Filled {
    /// How long the answer took; the room with half of all messages is asked every second time.
    async fn ask(&self, asking: &Asking, time: usize, chance: &mut Chance) -> Duration {
        let room = if time.is_multiple_of(2) { 0 } else { 1 + chance.next(ROOMS - 1) };
        let (id, head) = (room_id(room), self.heads[room as usize]);
        match asking {
            Asking::Append(count) => {
                let drafts = (0..*count).map(|_| draft()).collect();
                let begin = Instant::now();
                let appended = self.store.append(&id, drafts).await.unwrap();
                assert_eq!(appended.len(), *count);
                begin.elapsed()
            }
            Asking::Resume => {
                let after = Seq(head.saturating_sub(BEHIND.into()));
                let begin = Instant::now();
                let events = self.store.after(&id, after, BEHIND).await.unwrap();
                assert!(events.len() as u64 >= head.min(BEHIND.into()));
                begin.elapsed()
            }
            Asking::Page => {
                let whole = head.min(PAGE.into());
                let before = Seq(whole + 1 + chance.next(head - whole + 1));
                let begin = Instant::now();
                let page = self.store.page(&id, Range::Before(before), PAGE, Some(person(1))).await.unwrap();
                assert_eq!(page.messages.len() as u64, whole);
                begin.elapsed()
            }
            Asking::Search(questions) => {
                let seeker = Seeker { person: person(0), who: Who::of(Some(Role::Member)) };
                let begin = Instant::now();
                search(&*self.store, seeker, &questions[time % questions.len()]).await.unwrap();
                begin.elapsed()
            }
        }
    }
}

/// Indexes all rooms with the follower's own work, in large commits; the next part is cut into words while one is
/// stored.
async fn index(name: &str, store: &Arc<dyn Store>, size: u64) {
    let (begin, work) = (Instant::now(), Index::new(store.clone()));
    let mut done = stream::iter(0..ROOMS)
        .map(|room| index_room(store, &work, room_id(room), name, begin))
        .buffer_unordered(INDEXED_ROOMS);
    while done.next().await.is_some() {}
    let rate = size as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: all indexed, {rate:.0} messages a second");
}

async fn index_room(store: &Arc<dyn Store>, work: &Index, room: RoomId, name: &str, begin: Instant) {
    let Some(pending) = pending_in(&**store, work.name(), &room).await.unwrap() else { return };
    let (mut done, mut commit) = (pending.done, None);
    let mut told = 0;
    loop {
        let after = done.unwrap_or(Seq::ZERO);
        let events = store.after(&room, after, INDEXED_AT_ONCE).await.unwrap();
        let Some(last) = events.last() else { break };
        let statements = work.digest(&room, &events).await.unwrap();
        let advanced = Commit::new().then(advance(work.name(), &room, done, last.seq));
        stored(commit.replace(store.commit(statements.into_iter().fold(advanced, Commit::then)))).await;
        done = Some(last.seq);
        if last.seq.0 / 500_000 > told {
            told = last.seq.0 / 500_000;
            println!("{name}: {} of {room} indexed after {:.0} s", last.seq, begin.elapsed().as_secs_f64());
        }
    }
    stored(commit).await;
}

async fn stored(commit: Option<impl Future<Output = Result<Committed, teahouse_server::store::StoreError>>>) {
    if let Some(commit) = commit {
        assert!(matches!(commit.await.unwrap(), Committed::Done { .. }), "nobody else indexes");
    }
}

async fn heads(store: &Arc<dyn Store>) -> Vec<u64> {
    let rooms: Vec<RoomId> = (0..ROOMS).map(room_id).collect();
    let mut heads = Vec::new();
    for room in &rooms {
        heads.push(store.room(room).await.unwrap().unwrap().head.0);
    }
    heads
}

/// Before minutes of work end with a full disk.
fn check_disk(folder: &Path, messages: u64) {
    let disk = rustix::fs::statvfs(folder).unwrap();
    let (free, needed) = (disk.f_bavail * disk.f_frsize, messages * MESSAGE_BYTES);
    assert!(
        free > needed,
        "{messages} messages need up to {} MB in {} and {} MB are free there: another TMPDIR, or fewer",
        needed >> 20,
        folder.display(),
        free >> 20
    );
}

fn bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap());
    files.map(|file| file.len()).sum()
}

fn print_head(engine: Engine, [small, large]: [u64; 2]) {
    println!("\n{}: {small} messages beside {large}", engine.name());
    println!(
        "{:<28}{:>10}{:>9}{:>11}{:>9}{:>11}{:>9}  goal",
        "", "small p50", "p95 ms", "large p50", "p95 ms", "ratio p50", "p95"
    );
}

fn print(what: &str, taken: &mut [Vec<Duration>]) {
    taken.iter_mut().for_each(|times| times.sort_unstable());
    let at = |index: usize, share: f64| share_ms(&taken[index], share);
    let [small, large] = [0, 1].map(|index| [at(index, 0.5), at(index, 0.95)]);
    let ratio = large[0] / small[0];
    println!(
        "{what:<28}{:>10.2}{:>9.2}{:>11.2}{:>9.2}{ratio:>11.2}{:>9.2}  {RATIO_GOAL} {}",
        small[0],
        small[1],
        large[0],
        large[1],
        large[1] / small[1],
        if ratio <= RATIO_GOAL { "met" } else { "missed" }
    );
}
