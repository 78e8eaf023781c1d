//! Houses with something of everything, from a seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, Role, RoomId, Seq, UserId};
use teahouse_server::store::{Claim, Directory, EventLog, NewPerson, NewRoom, SEEN_MS, SqliteStore, Store};
use tempfile::TempDir;

/// People in a house that is filled.
const PEOPLE: u64 = 12;
const ROOMS: [&str; 4] = ["1024", "b", "a-room", "empty"];

pub(super) fn main_room() -> RoomId {
    RoomId::main()
}

fn user(number: u64) -> UserId {
    UserId::from_random((u128::from(number) << 64 | u128::from(number)).to_be_bytes())
}

fn token(number: u64) -> [u8; 32] {
    let mut token = [7; 32];
    token[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    token
}

fn draft(by: u64, number: u64, text: &str) -> Draft {
    let mut cid = [0; 16];
    let mixed = (by << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    cid[..8].copy_from_slice(&mixed.to_be_bytes());
    cid[8..].copy_from_slice(&number.to_be_bytes());
    let at = 1_795_353_600_000 + number;
    Draft { cid: Cid::from_bytes(cid), kind: Kind::Message, by: user(by), at, body: Body::of(text.into()) }
}

/// `count` drafts of one person.
pub(super) fn drafts(by: u64, count: u64) -> Vec<Draft> {
    (1..=count).map(|number| draft(by, number, &format!("{by}/{number}"))).collect()
}

/// A folder with a house in which much has happened, and that nobody has open.
pub(super) async fn filled(seed: u64, messages: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    fill(&SqliteStore::open(folder.path()).unwrap(), seed, messages).await;
    let database = Connection::open(folder.path().join("teahouse.db")).unwrap();
    // What nothing does yet, and the tables are made for: texts that are gone or edited, events that are gone.
    database
        .execute_batch(
            "UPDATE event SET text = NULL, rev = seq + 1 WHERE seq % 7 = 3;
             UPDATE event SET text = 'edited', rev = seq + 2 WHERE seq % 11 = 5;
             UPDATE cid SET (by, at) = (SELECT by, at FROM event e WHERE e.room = cid.room AND e.seq = cid.seq)
             WHERE seq <= 3;
             UPDATE room SET oldest = min(4, head + 1);
             DELETE FROM event WHERE seq <= 3;
             INSERT INTO setting VALUES ('Zebra', 'Z'), ('apple', 'ä'), ('éclair', ''), ('secret', 's3cret');",
        )
        .unwrap();
    folder
}

async fn fill(store: &SqliteStore, seed: u64, messages: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    for room in &ROOMS[1..] {
        let room = NewRoom::open(room.parse().unwrap(), "房间 · room".into(), "'; --".into());
        assert_eq!(store.add_room(room).await.unwrap(), Claim::Made);
    }
    for number in 0..PEOPLE {
        store.add(person(number)).await.unwrap();
    }
    for _ in 0..messages / 10 {
        let room = ROOMS[random.random_range(0..3)].parse().unwrap();
        // Some come twice.
        let batch = (0..12).map(|_| {
            let (by, number) = (random.random_range(0..PEOPLE + 2), random.random_range(0..messages));
            draft(by, number, ["一", "two\n\ttabs", "\u{1f375} 'quoted' \\ \"", "x"][number as usize % 4])
        });
        store.append(&room, batch.collect()).await.unwrap();
    }
    for number in 0..PEOPLE {
        let room: RoomId = ROOMS[random.random_range(0..3)].parse().unwrap();
        store.mark_read(user(number), &room, Seq(random.random_range(0..messages))).await.unwrap();
        store.add_token(user(number), token(100 + number), 0).await.unwrap();
    }
    // Half of the guests lose their names, and one name is taken by somebody else.
    assert!(store.free_names(PEOPLE / 2 * SEEN_MS).await.unwrap() > 0);
    let newcomer = NewPerson { id: user(90), token: Some(token(90)), ..person(2) };
    assert_eq!(store.add(newcomer).await.unwrap(), Claim::Made);
    store.keep_setting("house_name", Some("茶馆".into())).await.unwrap();
    store.close().await;
}

fn person(number: u64) -> NewPerson {
    let role = [None, Some(Role::Owner), None, Some(Role::Member), Some(Role::Moderator)]
        .get(number as usize)
        .copied()
        .flatten();
    NewPerson {
        id: user(number),
        name: format!("Größe {number}").into(),
        folded: format!("größe {number}"),
        role,
        password: role.map(|_| "$argon2id$".into()),
        token: Some(token(number)),
        at: number * SEEN_MS,
    }
}

/// All that a store of [`filled`] can be asked, as text. It is asked to store, too: equal stores go on equally.
pub(super) async fn everything(store: &dyn Store) -> String {
    let mut said = Vec::new();
    for room in ROOMS.iter().chain(&["nowhere"]).map(|room| room.parse::<RoomId>().unwrap()) {
        let row = store.room(&room).await.unwrap();
        said.push(format!("{row:?}"));
        let (oldest, head) = row.map_or((1, 0), |row| (row.oldest.0, row.head.0));
        for event in store.after(&room, Seq(oldest - 1), u32::MAX).await.unwrap() {
            said.push(format!("{event:?} {:?}", store.cid(&room, event.seq).await.unwrap()));
        }
        // What is sent once more gets its first answer, also where the event is gone; what is new, its number.
        for by in 0..PEOPLE + 2 {
            let again = (0..60).map(|number| draft(by, number, "x")).collect();
            said.push(format!("{:?}", store.append(&room, again).await.ok()));
        }
        said.push(format!("{head}"));
        for number in 0..PEOPLE {
            said.push(format!("{:?}", store.read_mark(user(number), &room).await.unwrap()));
        }
    }
    for number in 0..PEOPLE {
        said.push(format!("{:?}", store.by_name(&format!("größe {number}")).await.unwrap()));
    }
    for number in (0..200).filter(|number| number % 100 < PEOPLE || *number == 90) {
        said.push(format!("{:?}", store.by_token(token(number), 0).await.unwrap()));
    }
    // The write of a token's return is awaited by nobody, but it is before the next one.
    store.keep_setting("settled", None).await.unwrap();
    for key in ["house_name", "Zebra", "apple", "éclair", "secret", "mark"] {
        said.push(format!("{:?}", store.setting(key).await.unwrap()));
    }
    said.push(format!("{:?}", store.has_owner().await.unwrap()));
    said.join("\n")
}
