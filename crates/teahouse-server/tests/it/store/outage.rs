//! PostgreSQL goes away under a running store: stopped, cut off, frozen, full. What was acknowledged is there,
//! what was refused may be asked again, and the store comes back by itself.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use teahouse_protocol::{RoomId, Seq, UserId};
use teahouse_server::store::postgres::{Database, OpenError, Patience};
use teahouse_server::store::{
    Appended, Commit, Directory, EventLog, NewRoom, PostgresStore, Statement, Store, StoreError,
};
use teahouse_services::{Postgres, Stop};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{draft, drafts, main_room, token, user};
use crate::kit::{server, within};

/// Bounds that a test can wait for; what has to work is asked again beyond them.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(3),
    wait: Duration::from_millis(400),
    answer: Duration::from_millis(500),
};

/// A role of the test's own, whose connections can be counted and cut without harm to others.
struct Role(String);

impl Role {
    fn new() -> (Self, Database) {
        let url = server().place().unwrap();
        let (_, schema) = url.rsplit_once("%3D").unwrap();
        let role = format!("role_{schema}");
        server().run(&format!("CREATE ROLE {role} LOGIN; ALTER SCHEMA {schema} OWNER TO {role}")).unwrap();
        let database = url.replace("postgres@", &format!("{role}@")).parse().unwrap();
        (Self(role), database)
    }

    fn cut_off(&self) {
        let all =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", self.0);
        server().run(&all).unwrap();
    }
}

/// Appends until it is stored, as an outbox does, and says whether it was refused before. `is_up` changes when
/// there is hope again.
async fn deliver(
    store: &PostgresStore,
    by: u64,
    number: u64,
    is_up: &mut watch::Receiver<bool>,
) -> (Seq, bool) {
    let draft = draft(by, number, "kept");
    let mut was_refused = false;
    loop {
        match store.append(&main_room(), vec![draft.clone()]).await {
            Ok(appended) => match appended[..] {
                [Appended::Stored { seq, .. } | Appended::Repeat { seq, .. }] => return (seq, was_refused),
                _ => panic!("{appended:?}"),
            },
            Err(StoreError::Down(_) | StoreError::Busy) => was_refused = true,
            Err(error) => panic!("{error}"),
        }
        is_up.wait_for(|is_up| *is_up).await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// Each event is there once, with every number up to the head.
async fn check_log(store: &PostgresStore, acknowledged: &[(u64, u64, Seq)]) {
    let events = store.after(&main_room(), Seq::ZERO, u32::MAX).await.unwrap();
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!((event.seq, event.n), (Seq(seq), Some(seq)));
    }
    assert_eq!(events.len(), acknowledged.len(), "each event once");
    for (by, number, seq) in acknowledged {
        let event = &events[usize::try_from(seq.0 - 1).unwrap()];
        assert_eq!((event.cid, event.by.id), (draft(*by, *number, "").cid, user(*by)), "number {seq}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_what_it_acknowledged_over_crashes_of_the_server() {
    // Without waiting for the disk, but with every commit handed to the system: a crash of the server alone.
    // Left to itself, it would not even do that before it says that something is committed.
    let mut postgres = Postgres::start_with(&["fsync=off", "synchronous_commit=off"]).unwrap();
    let store = Arc::new(PostgresStore::open(&postgres.place().unwrap().parse().unwrap()).await.unwrap());
    let (up, is_up) = watch::channel(true);
    let writers: Vec<_> = (1..=8)
        .map(|by| {
            let (store, mut is_up) = (store.clone(), is_up.clone());
            tokio::spawn(async move {
                let (mut own, mut refused) = (Vec::new(), 0);
                for number in 1.. {
                    let (seq, was_refused) = deliver(&store, by, number, &mut is_up).await;
                    own.push((by, number, seq));
                    refused += u64::from(was_refused);
                    // Through three outages, and some time after.
                    if refused == 3 && number % 50 == 0 {
                        return own;
                    }
                }
                own
            })
        })
        .collect();
    for how in [Stop::Immediate, Stop::Fast, Stop::Immediate] {
        // They write when it happens.
        let before = store.heads(vec![main_room()]).await.unwrap()[0].head;
        within(async { while store.heads(vec![main_room()]).await.unwrap()[0].head.0 < before.0 + 40 {} })
            .await;
        up.send_replace(false);
        postgres.stop(how).unwrap();
        let refused = store.append(&main_room(), drafts(99, 1)).await;
        assert!(
            matches!(&refused, Err(StoreError::Down(why)) if why.contains("PostgreSQL at")),
            "{refused:?}"
        );
        assert!(matches!(store.by_token(token(1), 5).await, Err(StoreError::Down(_))));
        postgres.start_again().unwrap();
        up.send_replace(true);
        within(async { while store.room(&main_room()).await.is_err() {} }).await;
    }
    let mut acknowledged = Vec::new();
    for own in within(join_all(writers)).await {
        let own = own.unwrap();
        assert!(own.is_sorted_by_key(|(_, _, seq)| *seq), "each writer's order");
        acknowledged.extend(own);
    }
    check_log(&store, &acknowledged).await;
    within(store.close()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_made_anew() {
    let (role, database) = Role::new();
    let store = PostgresStore::open(&database).await.unwrap();
    let (_up, is_up) = watch::channel(true);
    let mut acknowledged = Vec::new();
    for number in 1..=20 {
        role.cut_off();
        // One may hear of it only now; the next ones work.
        let delivered = join_all((1..=4).map(|by| {
            let (store, mut is_up) = (&store, is_up.clone());
            async move { (by, number, deliver(store, by, number, &mut is_up).await.0) }
        }));
        acknowledged.extend(within(delivered).await);
    }
    check_log(&store, &acknowledged).await;
}

/// A commit whose connection was cut may be done or not; asked again, it is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_cut_is_done_once() {
    const COMMITS: u64 = 40;
    let (role, database) = Role::new();
    let role = Arc::new(role);
    let store = PostgresStore::open(&database).await.unwrap();
    let garden: RoomId = "garden".parse().unwrap();
    store.add_room(NewRoom::open(garden.clone(), "garden".into(), "".into())).await.unwrap();
    store.keep_setting("count", Some(String::new())).await.unwrap();
    let mut refused = 0;
    for number in 1..=COMMITS {
        let count = Statement::new("UPDATE setting SET value = value || '1' WHERE key = $1").with("count");
        let commit = Commit::new()
            .then(count.must())
            .append(&main_room(), draft(1, number, "kept"))
            .append(&garden, draft(1, number, "kept"));
        let cut = role.clone();
        let cut = tokio::task::spawn_blocking(move || cut.cut_off());
        while let Err(error) = within(store.commit(commit.clone())).await {
            assert!(matches!(error, StoreError::Down(_) | StoreError::Busy), "{error}");
            refused += 1;
        }
        cut.await.unwrap();
    }
    assert!(refused > 0, "nothing was cut");
    assert_eq!(store.setting("count").await.unwrap().unwrap().len() as u64, COMMITS);
    for room in [main_room(), garden] {
        let events = store.after(&room, Seq::ZERO, u32::MAX).await.unwrap();
        let expected: Vec<_> = (1..=COMMITS).map(|number| draft(1, number, "").cid).collect();
        assert!(events.iter().map(|event| event.cid).eq(expected), "each event once, in order, in {room}");
    }
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_down() {
    let (role, database) = Role::new();
    let store = PostgresStore::open(&database).await.unwrap();
    server().run(&format!("ALTER ROLE {} CONNECTION LIMIT 0", role.0)).unwrap();
    role.cut_off();
    let refused = async || loop {
        match store.append(&main_room(), drafts(1, 1)).await {
            Err(StoreError::Down(why)) if why.contains("max_connections") => return,
            Err(StoreError::Down(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    within(refused()).await;
    server().run(&format!("ALTER ROLE {} CONNECTION LIMIT -1", role.0)).unwrap();
    within(async { while store.append(&main_room(), drafts(1, 1)).await.is_err() {} }).await;
}

/// A way to the server that can stop carrying without ending.
struct Link {
    address: std::net::SocketAddr,
    is_frozen: watch::Sender<bool>,
}

impl Link {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = Self { address: listener.local_addr().unwrap(), is_frozen: watch::Sender::new(false) };
        let is_frozen = link.is_frozen.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(server().address()).await else { continue };
                let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_read, far_write, is_frozen.clone()));
                tokio::spawn(carry(far_read, near_write, is_frozen.clone()));
            }
        });
        link
    }

    /// The same place by this way.
    fn database(&self, url: &str) -> Database {
        url.replace(&server().address().to_string(), &self.address.to_string()).parse().unwrap()
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_frozen: watch::Receiver<bool>) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if is_frozen.wait_for(|is_frozen| !is_frozen).await.is_err()
            || to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_down_until_it_goes_on() {
    let link = Link::new().await;
    let database = link.database(&server().place().unwrap());
    let store = PostgresStore::open_with(&database, SHORT).await.unwrap();
    let (_up, is_up) = watch::channel(true);
    let mut acknowledged = vec![(1, 1, within(deliver(&store, 1, 1, &mut is_up.clone())).await.0)];
    for round in 2..5 {
        link.is_frozen.send_replace(true);
        // The first goes on its way, the others wait behind it: all hear of it.
        let waiting: Vec<_> =
            (1..=20).map(|by| store.append(&main_room(), vec![draft(by, round, "kept")])).collect();
        for refused in within(join_all(waiting)).await {
            assert!(matches!(refused, Err(StoreError::Down(_) | StoreError::Busy)), "{refused:?}");
        }
        let read = within(store.room(&main_room())).await;
        assert!(matches!(&read, Err(StoreError::Down(why)) if why.contains("in time")), "{read:?}");
        link.is_frozen.send_replace(false);
        for by in 1..=20 {
            // What was on its way may have been stored meanwhile: once, whoever comes first.
            let (seq, _) = within(deliver(&store, by, round, &mut is_up.clone())).await;
            acknowledged.push((by, round, seq));
        }
    }
    check_log(&store, &acknowledged).await;
}

/// Who asked and went away leaves a connection in the middle of an answer: nobody else gets it.
#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_nobody_elses() {
    let link = Link::new().await;
    let database = link.database(&server().place().unwrap());
    let (store, room) = (PostgresStore::open(&database).await.unwrap(), main_room());
    store.append(&room, drafts(1, 3)).await.unwrap();
    for _ in 0..20 {
        link.is_frozen.send_replace(true);
        let gone = tokio::select! {
            biased;
            it = store.cid(&room, Seq(2)) => Some(it),
            () = tokio::task::yield_now() => None,
        };
        assert!(gone.is_none(), "nothing comes through");
        link.is_frozen.send_replace(false);
        assert_eq!(store.cid(&room, Seq(3)).await.unwrap(), Some(draft(1, 3, "").cid));
    }
}

#[tokio::test]
async fn a_server_that_never_answers_does_not_hold_up_the_start_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://ann@{}/tea", listener.local_addr().unwrap());
    let patience = Patience { connect: Duration::from_millis(300), ..SHORT };
    let opened = within(PostgresStore::open_with(&url.parse().unwrap(), patience)).await;
    let Err(error @ OpenError::Unreachable { .. }) = opened else {
        panic!("it opened, or for another reason not")
    };
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[tokio::test]
async fn a_server_that_lets_us_in_and_falls_silent_does_not_either() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://ann@{}/tea?sslmode=disable", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        // "You are in" and "ask", as the protocol has them (PostgreSQL's manual, Message Formats).
        socket.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap();
        // Until the other side has given up.
        while matches!(socket.read(&mut [0; 1_024]).await, Ok(1..)) {}
    });
    let opened = within(PostgresStore::open_with(&url.parse().unwrap(), SHORT)).await;
    let Err(error @ OpenError::Unreachable { .. }) = opened else {
        panic!("it opened, or for another reason not")
    };
    assert!(error.to_string().contains("did not answer in time"), "{error}");
    within(silent).await.unwrap();
}

#[tokio::test]
async fn closing_answers_what_was_accepted_and_takes_nothing_more() {
    let (_role, database) = Role::new();
    let store = PostgresStore::open(&database).await.unwrap();
    let waiting: Vec<_> = (1..=50).map(|by| store.append(&main_room(), drafts(by, 3))).collect();
    let closed = store.close();
    let refused = store.append(&main_room(), drafts(60, 1)).await;
    assert!(matches!(&refused, Err(StoreError::Down(why)) if why.contains("closed")), "{refused:?}");
    within(closed).await;
    for answer in waiting {
        assert_eq!(answer.await.unwrap().len(), 3);
    }
    assert!(matches!(store.room(&main_room()).await, Err(StoreError::Down(_))));
    assert_eq!(
        PostgresStore::open(&database).await.unwrap().heads(vec![main_room()]).await.unwrap()[0].head,
        Seq(150)
    );
}

fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).status().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.success(), "{program} {args:?} failed: this test needs Linux and root");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}

/// A small file system in memory, gone with this.
struct Mount(TempDir);

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: the server still has its files open.
        run("umount", &["-l", path(self.0.path())]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_messages_until_there_is_room_again() {
    let mount = TempDir::new().unwrap();
    run("mount", &["-t", "tmpfs", "-o", "size=16m", "tmpfs", path(mount.path())]);
    let mount = Mount(mount);
    let postgres = Postgres::start().unwrap();
    // Readable for the server's own user, as is the way there.
    run("chmod", &["755", path(mount.0.path())]);
    run("chown", &["postgres", path(mount.0.path())]);
    postgres.run(&format!("CREATE TABLESPACE small LOCATION '{}'", path(mount.0.path()))).unwrap();
    let url = format!("{}%20-cdefault_tablespace%3Dsmall", postgres.place().unwrap());
    let store = PostgresStore::open(&url.parse().unwrap()).await.unwrap();
    store.append(&main_room(), drafts(1, 20)).await.unwrap();
    let filler = mount.0.path().join("filler");
    assert!(
        !Command::new("dd")
            .args(["if=/dev/zero", "bs=4k"])
            .arg(format!("of={}", path(&filler)))
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap()
            .success(),
        "until nothing more goes in"
    );
    // Not to be compressed away.
    let big: Vec<_> = (1..=60)
        .map(|number| {
            let text: String = (0..400)
                .map(|part| UserId::from_bytes(u128::to_be_bytes(number << 32 | part)).to_string())
                .collect();
            draft(2, u64::try_from(number).unwrap(), &text)
        })
        .collect();
    for _ in 0..3 {
        let refused = store.append(&main_room(), big.clone()).await;
        let Err(StoreError::Full(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("Make room"), "{why}");
        assert_eq!(store.after(&main_room(), Seq::ZERO, 100).await.unwrap().len(), 20, "reading goes on");
    }
    std::fs::remove_file(filler).unwrap();
    let appended = store.append(&main_room(), big).await.unwrap();
    assert_eq!(appended[59], Appended::Stored { seq: Seq(80), n: 80 });
    store.close().await;
    drop(postgres);
}
