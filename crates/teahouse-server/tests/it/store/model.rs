//! Random operations on a store, and on its model: both have to say the same.
//!
//! A failing run prints its seed; `TEAHOUSE_SEED=N` runs that one alone.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use teahouse_core::room::Draft;
use teahouse_protocol::{Act, Body, Deed, Epoch, Kind, Person, Range, Role, RoomId, Seq};
use teahouse_server::store::{Claim, Directory, EventLog, NewPerson, NewRoom, SEEN_MS, Store};

use super::memory::Model;
use super::{House, add, cid, guest, main_room, token, user};
use crate::kit::On;

const SEEDS: u64 = 15;
/// A server is asked over a socket: each run takes ten times as long.
const SERVER_SEEDS: u64 = 5;
const STEPS: u64 = 120;

/// What is asked of both. Few of everything, so that they meet.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(RoomId, Vec<Draft>)>),
    AddRoom(NewRoom),
    RenewEpoch(RoomId, Epoch),
    Add(NewPerson),
    ByToken(u64, u64),
    AddToken(u64, u64),
    FreeNames(u64),
    MarkRead(u64, RoomId, Seq),
    KeepSetting(String, Option<String>),
    After(RoomId, Seq, u32),
    Page(RoomId, Range, u32),
    Restart,
}

#[test]
fn sqlite_says_what_the_model_says() {
    compare_all(On::Sqlite, SEEDS);
}

#[test]
fn postgres_says_what_the_model_says() {
    compare_all(On::Postgres, SERVER_SEEDS);
}

fn compare_all(on: On, count: u64) {
    let seeds = match std::env::var("TEAHOUSE_SEED") {
        Ok(seed) => vec![seed.parse().expect("TEAHOUSE_SEED is a number")],
        Err(_) => (0..count).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for seed in seeds {
        // Printed only if the test fails.
        println!("TEAHOUSE_SEED={seed}");
        runtime.block_on(compare(on, seed));
    }
}

async fn compare(on: On, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let (model, mut house) = (Model::new(), House::open(on).await);
    // The one thing that is random in both.
    model.renew_epoch(&main_room(), Epoch(1)).await.unwrap();
    house.store.renew_epoch(&main_room(), Epoch(1)).await.unwrap();
    for number in 0..STEPS {
        let step = step(&mut random, number * SEEN_MS / 3);
        if let Step::Restart = step {
            house = house.restarted().await;
        }
        let expected = take(&model, &step).await;
        assert_eq!(take(&*house.store, &step).await, expected, "seed {seed}, step {number}: {step:?}");
    }
    assert_eq!(everything(&*house.store).await, everything(&model).await, "seed {seed}, at the end");
}

fn step(random: &mut StdRng, now: u64) -> Step {
    match random.random_range(0..24) {
        0..8 => Step::Append((0..random.random_range(1..4)).map(|_| (room(random), batch(random))).collect()),
        8 => Step::AddRoom(NewRoom::open(room(random), "房间".into(), "".into())),
        9 => Step::RenewEpoch(room(random), Epoch(random.random())),
        10..13 => Step::Add(person(random, now)),
        13..15 => Step::ByToken(random.random_range(0..12), now),
        15 => Step::AddToken(random.random_range(0..12), random.random_range(0..12)),
        16 => Step::FreeNames(now.saturating_sub(random.random_range(0..30) * SEEN_MS)),
        17..19 => Step::MarkRead(random.random_range(0..4), room(random), Seq(random.random_range(0..60))),
        19 => Step::KeepSetting(
            format!("key{}", random.random_range(0..3)),
            random.random_bool(0.7).then(|| format!("{now}")),
        ),
        20 => Step::After(room(random), Seq(random.random_range(0..60)), random.random_range(0..30)),
        21..23 => {
            let seq = Seq(random.random_range(0..60));
            let range = [Range::Before(seq), Range::After(seq), Range::Around(seq)];
            Step::Page(room(random), range[random.random_range(0..3)], random.random_range(0..20))
        }
        _ => Step::Restart,
    }
}

fn room(random: &mut StdRng) -> RoomId {
    ["1024", "a", "b", "nowhere"][random.random_range(0..4)].parse().unwrap()
}

fn batch(random: &mut StdRng) -> Vec<Draft> {
    (0..random.random_range(0..6))
        .map(|_| {
            let (kind, body) = said(random);
            Draft {
                cid: cid(random.random_range(0..80)),
                kind,
                by: user(random.random_range(0..4)),
                at: random.random_range(0..1_000),
                body,
            }
        })
        .collect()
}

/// Mostly a message.
fn said(random: &mut StdRng) -> (Kind, Body) {
    let target = Some(Seq(random.random_range(1..4)));
    match random.random_range(0..10) {
        // Only the numbers of these are looked at here: nothing is committed beside them.
        0 => (Kind::Delete, Body { target, ..Body::default() }),
        3 => (
            Kind::Reaction,
            Body {
                target,
                emoji: Some("🍵".into()),
                on: random.random_bool(0.5).then_some(true),
                ..Body::default()
            },
        ),
        1 => (Kind::Leave, Body { removed: random.random(), ..Body::default() }),
        2 => {
            // The name is as it is when it is read.
            let person = Person::new(user(random.random_range(0..4)), "then".into(), None);
            let deed = Deed { person, act: Act::Ban, until: target.map(|it| it.0), reason: None };
            (Kind::Moderation, Body { deed: Some(Box::new(deed)), ..Body::default() })
        }
        _ => (Kind::Message, Body::of(["一", "二", "one"][random.random_range(0..3)].into())),
    }
}

fn person(random: &mut StdRng, now: u64) -> NewPerson {
    let role = [None, None, None, Some(Role::Member), Some(Role::Owner)][random.random_range(0..5)];
    let name = ["Ann", "Bob", "Cid", "Dan"][random.random_range(0..4)];
    let token = random.random_bool(0.9).then(|| token(random.random_range(0..12)));
    let password = role.map(|role| format!("{role:?}"));
    NewPerson { role, password, token, ..guest(random.random_range(0..12), name, now) }
}

/// What remembers people: the model by itself, a store as a house has it do.
trait Remembers {
    async fn add(&self, person: NewPerson) -> Claim;
}

impl Remembers for Model {
    async fn add(&self, person: NewPerson) -> Claim {
        self.remember(person)
    }
}

impl Remembers for dyn Store {
    async fn add(&self, person: NewPerson) -> Claim {
        add(self, person).await.unwrap()
    }
}

/// Takes the step and says, as text, what came of it.
async fn take(store: &(impl EventLog + Directory + Remembers + ?Sized), step: &Step) -> String {
    match step.clone() {
        Step::Append(batches) => {
            // All asked before any is answered: SQLite puts them into one transaction, or does not.
            let answers: Vec<_> =
                batches.into_iter().map(|(room, drafts)| store.append(&room, drafts)).collect();
            let mut said = String::new();
            for answer in answers {
                // Errors say it in the words of the store.
                said += &format!("{:?}", answer.await.ok());
            }
            said
        }
        Step::AddRoom(room) => {
            let said = format!("{:?}", store.add_room(room.clone()).await.unwrap());
            store.renew_epoch(&room.id, Epoch(2)).await.unwrap();
            said
        }
        Step::RenewEpoch(room, epoch) => format!("{:?}", store.renew_epoch(&room, epoch).await.unwrap()),
        Step::Add(person) => format!("{:?}", store.add(person).await),
        Step::ByToken(number, now) => {
            let said = format!("{:?}", store.by_token(token(number), now).await.unwrap());
            // Its write is awaited by nobody, but it is before the next one.
            store.keep_setting("settled", None).await.unwrap();
            said
        }
        Step::AddToken(person, number) => {
            format!("{:?}", store.add_token(user(person), token(number), 0).await.unwrap())
        }
        Step::FreeNames(before) => format!("{:?}", store.free_names(before).await.unwrap()),
        Step::MarkRead(person, room, seq) => {
            format!("{:?}", store.mark_read(user(person), &room, seq).await.unwrap())
        }
        Step::KeepSetting(key, value) => format!("{:?}", store.keep_setting(&key, value).await.unwrap()),
        Step::After(room, seq, limit) => format!("{:?}", store.after(&room, seq, limit).await.unwrap()),
        Step::Page(room, range, limit) => {
            format!("{:?}", store.page(&room, range, limit, Some(user(1))).await.unwrap())
        }
        Step::Restart => everything(store).await,
    }
}

/// All that a store can be asked, as text.
async fn everything(store: &(impl EventLog + Directory + ?Sized)) -> String {
    let mut said = Vec::new();
    for room in ["1024", "a", "b", "nowhere"].map(|room| room.parse::<RoomId>().unwrap()) {
        said.push(format!("{:?}", store.room(&room).await.unwrap()));
        for event in store.after(&room, Seq::ZERO, 1_000).await.unwrap() {
            said.push(format!("{event:?}"));
        }
        for seq in 0..90 {
            said.push(format!("{:?}", store.cid(&room, Seq(seq)).await.unwrap()));
        }
        for person in 0..4 {
            said.push(format!("{:?}", store.read_mark(user(person), &room).await.unwrap()));
        }
    }
    for name in ["ann", "bob", "cid", "dan"] {
        said.push(format!("{:?}", store.by_name(name).await.unwrap()));
    }
    for number in 0..12 {
        // At the time 0 it changes nothing but a freed name.
        said.push(format!("{:?}", store.by_token(token(number), 0).await.unwrap()));
    }
    store.keep_setting("settled", None).await.unwrap();
    said.push(format!("{:?}", store.has_owner().await.unwrap()));
    for key in ["key0", "key1", "key2"] {
        said.push(format!("{:?}", store.setting(key).await.unwrap()));
    }
    said.join("\n")
}
