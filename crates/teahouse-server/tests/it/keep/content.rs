//! Houses with something of everything, from a seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use teahouse_core::room::Draft;
use teahouse_protocol::{Act, Body, Cid, Deed, Kind, Person, Role, RoomId, RoomNow, Seq, UserId};
use teahouse_server::store::{
    Claim, Commit, Committed, Directory, EventLog, NewPerson, NewRoom, SEEN_MS, SqliteStore, Statement, Store,
};
use tempfile::TempDir;

use crate::kit::add;

/// People in a house that is filled.
const PEOPLE: u64 = 12;
const ROOMS: [&str; 4] = ["1024", "b", "a-room", "empty"];

pub(super) fn main_room() -> RoomId {
    RoomId::main()
}

fn user(number: u64) -> UserId {
    UserId::from_bytes((u128::from(number) << 64 | u128::from(number)).to_be_bytes())
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
             UPDATE event SET text = 'edited', rev = seq + 2 WHERE seq % 11 = 5 AND kind = 'message';
             UPDATE cid SET (by, at) = (SELECT by, at FROM event e WHERE e.room = cid.room AND e.seq = cid.seq)
             WHERE seq <= 3;
             UPDATE room SET oldest = min(4, head + 1);
             DELETE FROM event WHERE seq <= 3;
             INSERT INTO setting VALUES ('Zebra', 'Z'), ('apple', 'ä'), ('éclair', ''), ('secret', 's3cret');",
        )
        .unwrap();
    database.execute_batch(REST).unwrap();
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%' AND name <> 'search'";
    let mut tables = database.prepare(tables).unwrap();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
        let count = format!("SELECT count(*) FROM {table}");
        let count: u64 = database.query_row(&count, [], |row| row.get(0)).unwrap();
        assert!(count > 0, "nothing is in {table}: put a row of it into REST, and ask for it in ASKED");
    }
    drop(tables);
    folder
}

/// Something in every other table and column.
const REST: &str = "
    UPDATE room SET slug = 'garden', read = 'joined', write = 'moderators', history = 0, slow_s = 3, keep_days = 9,
        direct = 1, pair = 'a b', call = 'guests', archived = 5, made = 4, by = (SELECT min(id) FROM person) WHERE id = 'b';
    UPDATE person SET joined = 5, picture = 2 WHERE role IS NOT NULL;
    UPDATE token SET made = 1, seen = 2, agent = 'Browser', address = '::1'
        WHERE person IN (SELECT id FROM person WHERE role IS NOT NULL);
    INSERT INTO person (id, name, seen, erased) VALUES (x'ee000000000000000000000000000001', '', 0, 7);
    INSERT INTO picture SELECT id, 'image/png', x'89504e470d' FROM person WHERE role IS NOT NULL;
    INSERT INTO passkey SELECT CAST(x'01' || id AS BLOB), id, 'clé', '{}', 7, NULL FROM person WHERE role IS NOT NULL;
    INSERT INTO identity SELECT 'https://one', hex(id), id FROM person;
    INSERT INTO identity SELECT 'https://One', lower(hex(id)), id FROM person;
    INSERT INTO ticket SELECT hash, 'reset', person, 'data', 9 FROM token;
    INSERT INTO ticket VALUES (x'07', 'oidc', NULL, '', 9);
    INSERT INTO member SELECT key, p.id, 'moderator', 2, 'all', 1, 5 FROM room, person p WHERE role IS NOT NULL;
    INSERT INTO invite SELECT key * 7, CAST(id AS BLOB), key, x'01000000000000000000000000000000', 1, NULL, 3 FROM room;
    INSERT INTO sanction SELECT key, 'ban', key, one, NULL, 8, 'room', one, 9
        FROM room JOIN (SELECT min(id) AS one FROM person);
    INSERT INTO sanction SELECT 99, 'mute', NULL, NULL, '10.0.0.0/8', NULL, '', min(id), 9 FROM person;
    INSERT INTO hidden SELECT a.id, b.id FROM person a JOIN person b ON a.id <> b.id WHERE a.role IS NOT NULL;
    INSERT INTO report SELECT key * 3, key, 4, 'a' || char(0) || char(1) || 'b', one, one, 'why', 5, NULL, NULL, NULL
        FROM room JOIN (SELECT min(id) AS one FROM person);
    INSERT INTO report SELECT 1000, key, 5, NULL, NULL, one, 'why', 5, 6, one, 'dismiss'
        FROM room JOIN (SELECT min(id) AS one FROM person) WHERE id = 'b';
    INSERT INTO audit SELECT key * 5, 7, NULL, 'archive', key, NULL, '{}' FROM room;
    INSERT INTO audit SELECT 77, 7, min(id), 'sign out', NULL, max(id), '{\"a\":\"é\"}' FROM person;
    UPDATE event SET files = '[{\"id\":\"f1000000000000000000000000000001\",\"name\":\"茶.jpg\",\"type\":\"image/jpeg\",\"bytes\":9}]'
        WHERE kind = 'message' AND text IS NOT NULL AND seq % 13 = 6;
    INSERT INTO file SELECT x'f1000000000000000000000000000001', min(p.id), '茶.jpg', 'a \"cup\"', 9, 9, '{}', key, 6, 1, NULL
        FROM room, person p WHERE room.id = 'b';
    INSERT INTO file SELECT x'f1000000000000000000000000000002', min(id), 'part.bin', NULL, 900, 4, NULL, NULL, NULL, 2, 99
        FROM person;
    INSERT INTO version SELECT seq, room, seq, 9, 'before' || char(10) || 'é' FROM event WHERE text = 'edited';
    INSERT INTO version SELECT seq, room, seq + 1, 10, '' FROM event WHERE text = 'edited';
    INSERT INTO reaction SELECT seq, e.room, emoji, p.id, seq + 1
        FROM event e, person p, (SELECT '🍵' AS emoji UNION SELECT '👍')
        WHERE p.role IS NOT NULL AND kind = 'message' AND text IS NOT NULL AND seq % 13 = 6;
    INSERT INTO pin SELECT seq, room, seq + 2 FROM event WHERE kind = 'message' AND text IS NOT NULL AND seq % 13 = 8;
    INSERT INTO follower SELECT called, key, 4 FROM room, (SELECT 'calls' AS called UNION SELECT 'Calls');
    INSERT INTO follower SELECT 'search', key, 4 FROM room;
    INSERT INTO call SELECT p.id, key * 10, 'mention', key, 5, 5, one, 9, NULL, 0
        FROM room, person p, (SELECT min(id) AS one FROM person) WHERE role IS NOT NULL;
    INSERT INTO call SELECT p.id, key * 10 + 1, 'reaction', key, 5, 6, one, 9, '🍵', 1
        FROM room, person p, (SELECT min(id) AS one FROM person) WHERE role IS NOT NULL;
    INSERT INTO quiet SELECT id, 1320, 420, 'Asia/Shanghai', NULL, 1 FROM person WHERE role IS NOT NULL;
    INSERT INTO quiet SELECT id, NULL, NULL, NULL, 7, 0 FROM person WHERE role IS NULL;
    INSERT INTO push SELECT CAST(x'05' || hash AS BLOB), person, hash, 'https://push.test/' || hex(hash),
        CAST(x'04ff00' || hash AS BLOB), x'00ff0102030405060708090a0b0c0d0e', 'https://house.test', 3 FROM token;
    INSERT INTO due SELECT p.id, key, 9, 8, 2 FROM room, person p WHERE role IS NOT NULL;";

/// The rows of these tables, where rooms are named by their ids.
const ASKED: [&str; 24] = [
    "SELECT id, slug, read, write, call, history, slow_s, keep_days, direct, pair, archived, made, by FROM room",
    "SELECT * FROM person",
    "SELECT * FROM token",
    "SELECT * FROM picture",
    "SELECT * FROM passkey",
    "SELECT * FROM identity",
    "SELECT * FROM ticket",
    "SELECT r.id, m.person, m.role, readable_from, level, muted, joined FROM member m JOIN room r ON r.key = m.room",
    "SELECT i.id, hash, r.id, i.by, i.made, until, uses_left FROM invite i JOIN room r ON r.key = i.room",
    "SELECT s.id, kind, r.id, person, range, until, reason, s.by, at FROM sanction s LEFT JOIN room r ON r.key = s.room",
    "SELECT * FROM hidden",
    "SELECT t.id, r.id, seq, text, about, t.by, reason, at, decided, decided_by, decision
     FROM report t JOIN room r ON r.key = t.room",
    "SELECT a.id, at, a.by, action, r.id, about, detail FROM audit a LEFT JOIN room r ON r.key = a.room",
    "SELECT r.id, seq, about, target, files FROM event e JOIN room r ON r.key = e.room",
    "SELECT r.id, target, seq, at, text FROM version v JOIN room r ON r.key = v.room",
    "SELECT r.id, target, emoji, person, seq FROM reaction x JOIN room r ON r.key = x.room",
    "SELECT r.id, target, seq FROM pin p JOIN room r ON r.key = p.room",
    "SELECT f.id, f.by, f.name, alt, bytes, received, about, r.id, seq, f.made, until
     FROM file f LEFT JOIN room r ON r.key = f.room",
    // The index of search is made again where it is missing, and its place with it.
    "SELECT f.name, r.id, seq FROM follower f JOIN room r ON r.key = f.room WHERE f.name <> 'search'",
    "SELECT person, c.id, kind, r.id, seq, source, c.by, at, emoji, c.read FROM call c JOIN room r ON r.key = c.room",
    "SELECT * FROM quiet",
    "SELECT * FROM push",
    "SELECT person, r.id, at, d.made, tries FROM due d JOIN room r ON r.key = d.room",
    // The next line of the audit has a number that no other has.
    "SELECT count(*) FROM audit",
];

async fn fill(store: &SqliteStore, seed: u64, messages: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    for room in &ROOMS[1..] {
        let room = NewRoom::open(room.parse().unwrap(), "房间 · room".into(), "'; --".into());
        assert_eq!(store.add_room(room).await.unwrap(), Claim::Made);
    }
    for number in 0..PEOPLE {
        add(store, person(number)).await.unwrap();
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
    store.append(&main_room(), other_kinds()).await.unwrap();
    for number in 0..PEOPLE {
        let room: RoomId = ROOMS[random.random_range(0..3)].parse().unwrap();
        store.mark_read(user(number), &room, Seq(random.random_range(0..messages))).await.unwrap();
        store.add_token(user(number), token(100 + number), 0).await.unwrap();
    }
    // Half of the guests lose their names, and one name is taken by somebody else.
    assert!(store.free_names(PEOPLE / 2 * SEEN_MS).await.unwrap() > 0);
    let newcomer = NewPerson { id: user(90), token: Some(token(90)), ..person(2) };
    assert_eq!(add(store, newcomer).await.unwrap(), Claim::Made);
    store.keep_setting("house_name", Some("茶馆".into())).await.unwrap();
    store.close().await;
}

/// Events that are no messages.
fn other_kinds() -> Vec<Draft> {
    let deed = |act| {
        let deed = Deed { person: Person::new(user(3), "".into(), None), act, until: Some(9), reason: None };
        Body { deed: Some(Box::new(deed)), ..Body::default() }
    };
    let room = RoomNow { name: "now".into(), ..RoomNow::default() };
    let events = [
        (Kind::Delete, Body { target: Some(Seq(3)), ..Body::default() }),
        (Kind::Join, Body::default()),
        (Kind::Leave, Body { removed: true, ..Body::default() }),
        (Kind::Room, Body { room: Some(Box::new(room)), ..Body::default() }),
        (Kind::Moderation, deed(Act::Ban)),
        (Kind::Message, Body::of("after all that".into())),
    ];
    let numbered = events.into_iter().zip(1_000_000..);
    numbered.map(|((kind, body), number)| Draft { kind, body, ..draft(1, number, "") }).collect()
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
    let line = "INSERT INTO audit (at, action, detail) VALUES (1, 'test', '{}') RETURNING id";
    let line = store.commit(Commit::new().then(Statement::new(line).must())).await.unwrap();
    assert!(matches!(line, Committed::Done { .. }), "{line:?}");
    for asked in ASKED {
        let rows = store.query(Statement::new(asked)).await.unwrap();
        // The numbers of later lines are the store's own; SQLite does not tell ids from other bytes.
        let mut rows: Vec<String> =
            rows.iter().map(|row| format!("{row:?}").replace("Id(", "Bytes(")).collect();
        rows.retain(|row| !row.contains("\"test\""));
        rows.sort_unstable();
        said.extend(rows);
    }
    said.join("\n")
}
