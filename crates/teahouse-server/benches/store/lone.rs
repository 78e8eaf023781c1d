//! How long one message takes where nobody else writes, beside what the disk alone takes for as many bytes: what is
//! left is what the store adds to it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use teahouse_protocol::RoomId;
use teahouse_server::store::{NewRoom, Store};

use crate::made::share_ms;
use crate::{Engine, Places, draft};

/// Between two of the same kind; the others come in the middle.
const PACE: Duration = Duration::from_millis(50);
/// Messages before the first that counts.
const WARM_UP: usize = 10;
/// Bytes of one commit where they cannot be seen: a page of PostgreSQL's log.
const PAGE_BYTES: u64 = 8_192;
/// What the store may add in the middle, in milliseconds.
const GOAL_MS: f64 = 2.0;

/// Sends so many lone messages to each store.
pub(crate) async fn measure(engines: &[Engine], places: &Places, count: usize) {
    if count == 0 {
        return;
    }
    println!(
        "\n{:<12}{:>7}{:>12}{:>9}{:>12}{:>9}{:>11}{:>9}  goal",
        "one alone", "bytes", "append p50", "p99 ms", "sync p50", "p99 ms", "added p50", "p99 ms"
    );
    for engine in engines {
        let store = places.store(*engine, "lone").await;
        let wal = places.folder.path().join("lone/teahouse.db-wal");
        one(engine.name(), &store, &wal, places.folder.path(), count).await;
        store.close().await;
    }
}

async fn one(name: &str, store: &Arc<dyn Store>, wal: &Path, folder: &Path, count: usize) {
    let room: RoomId = "bench-lone".parse().unwrap();
    store.add_room(NewRoom::open(room.clone(), "Bench".into(), "".into())).await.unwrap();
    let written = || wal.metadata().map_or(0, |it| it.len());
    let before = written();
    for _ in 0..WARM_UP {
        store.append(&room, vec![draft()]).await.unwrap();
    }
    // As much as a commit of the store puts into its log.
    let bytes = (written() - before) / WARM_UP as u64;
    let bytes = if bytes == 0 { PAGE_BYTES } else { bytes };
    let mut disk = Disk::new(folder, bytes);
    let (mut appends, mut syncs) = (Vec::new(), Vec::new());
    for _ in 0..count {
        tokio::time::sleep(PACE / 2).await;
        let (draft, begin) = (draft(), Instant::now());
        store.append(&room, vec![draft]).await.unwrap();
        appends.push(begin.elapsed());
        tokio::time::sleep(PACE / 2).await;
        syncs.push(disk.write());
    }
    appends.sort_unstable();
    syncs.sort_unstable();
    let at = |times: &[Duration]| [0.5, 0.99].map(|share| share_ms(times, share));
    let ([append, slow_append], [sync, slow_sync]) = (at(&appends), at(&syncs));
    let (added, slow) = (append - sync, slow_append - slow_sync);
    let verdict = if added <= GOAL_MS { "met" } else { "missed" };
    println!(
        "{name:<12}{bytes:>7}{append:>12.2}{slow_append:>9.2}{sync:>12.2}{slow_sync:>9.2}{added:>11.2}{slow:>9.2}  \
         {GOAL_MS} {verdict}"
    );
}

/// A file on the same disk that grows as a log does.
struct Disk {
    file: File,
    bytes: Vec<u8>,
}

impl Disk {
    fn new(folder: &Path, bytes: u64) -> Self {
        Self { file: File::create(folder.join("probe")).unwrap(), bytes: vec![0x74; bytes as usize] }
    }

    /// Waits for the disk on this thread, and says how long.
    fn write(&mut self) -> Duration {
        let begin = Instant::now();
        self.file.write_all(&self.bytes).unwrap();
        self.file.sync_data().unwrap();
        begin.elapsed()
    }
}
