//! Whatever is done to rooms and people, in whatever order: nobody gets an event that they may not read.
//!
//! People follow rooms over every transport, from the head, a tail or the beginning, on any node, while rooms
//! become private and public and people are let in, removed and banned. The log itself says afterwards who could
//! ever read which number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use teahouse_protocol::{Act, Event, Kind, Policy, Push, Readers, Role, RoomId, Seq, UserId};
use teahouse_server::bus::Local;
use tokio::task::JoinHandle;

use crate::kit::{Account, Ask, Client, House, Http, Lines, On, Road};

/// What one run does.
const STEPS: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_what_they_may_not_read() {
    for seed in 0..4 {
        Run::new(On::Sqlite, Road::Local(Local::default()), seed).await.check().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_what_they_may_not_read_on_postgres_over_nats() {
    for seed in 100..102 {
        Run::new(On::Postgres, Road::nats(), seed).await.check().await;
    }
}

/// Without a word from the other node, what it stored is found by comparing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_what_they_may_not_read_where_nodes_do_not_hear_each_other() {
    Run::new(On::Postgres, Road::None, 200).await.check().await;
}

/// These nodes tell each other nothing: the second one knows of no message and of no member that the first one stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_to_a_node_that_is_late_gets_nothing_from_before_they_were_added() {
    let [first, late] = House::open_nodes(On::Sqlite, Road::None).await;
    let ann = Account::new(&first, "Ann", Some(Role::Member)).await;
    let bo = Account::new(&first, "Bo", Some(Role::Member)).await;
    let policy = json!({"read": "joined", "history": false});
    let made = ann.does(&first, "POST", "/v1/rooms", &json!({"name": "R", "policy": policy})).await;
    let room = made["id"].as_str().unwrap();
    let mut ann_there = Client::connect(&late).await;
    ann_there.come_in(&ann.hello(&json!({room: "head"}))).await;
    let said = format!("/v1/rooms/{room}/messages");
    let before = ann.does(&first, "POST", &said, &json!({"text": "not for Bo"})).await;
    ann.does(&first, "PUT", &format!("/v1/rooms/{room}/people/{}", bo.id), &json!({})).await;
    let mut client = Client::connect(&late).await;
    client.hello(&bo.hello(&json!({room: "head"}))).await;
    let heard = loop {
        if let Push::Event(event) = client.frame().await.unwrap() {
            break event;
        }
    };
    assert_eq!(
        (heard.kind, heard.by.id, heard.seq.0),
        (Kind::Join, bo.id, before["seq"].as_u64().unwrap() + 1)
    );
    assert_eq!(ann_there.event().await.body.text, "not for Bo");
}

/// What somebody got of a room.
type Got = Arc<Mutex<BTreeSet<(UserId, Seq)>>>;

struct Run {
    seed: u64,
    random: StdRng,
    nodes: [House; 2],
    /// The moderator of the room first.
    people: Vec<Account>,
    room: RoomId,
    got: Got,
    readers: Vec<JoinHandle<()>>,
}

impl Run {
    async fn new(on: On, road: Road, seed: u64) -> Self {
        let nodes = House::open_nodes(on, road).await;
        let mut people = Vec::new();
        for (name, role) in [
            ("Ann", Some(Role::Member)),
            ("Bo", Some(Role::Member)),
            ("Cid", Some(Role::Member)),
            ("Dee", None),
        ] {
            people.push(Account::new(&nodes[0], name, role).await);
        }
        let policy = json!({"read": "joined", "history": false});
        let made =
            people[0].does(&nodes[0], "POST", "/v1/rooms", &json!({"name": "R", "policy": policy})).await;
        let room = made["id"].as_str().unwrap().parse().unwrap();
        let random = StdRng::seed_from_u64(seed);
        Self { seed, random, nodes, people, room, got: Got::default(), readers: Vec::new() }
    }

    async fn check(mut self) {
        for _ in 0..STEPS {
            self.step().await;
        }
        self.settle().await;
        let log = self.nodes[0].log(&self.room).await;
        let rights = Rights::over(&log, &self.people);
        let got = self.got.lock().unwrap().clone();
        for (person, seq) in &got {
            let name = &self.people.iter().find(|one| one.id == *person).unwrap().name;
            assert!(
                rights.could_read(*person, *seq),
                "seed {}: {name} got {seq}, which they never could read:\n{log:#?}",
                self.seed
            );
        }
        // The run was about something: much was read, and much was not for everybody.
        let hidden = |one: &Account| log.iter().filter(|event| !rights.could_read(one.id, event.seq)).count();
        assert!(
            got.len() > log.len() && self.people.iter().map(hidden).sum::<usize>() > 0,
            "seed {}",
            self.seed
        );
    }

    fn anybody(&mut self) -> Account {
        self.people.choose(&mut self.random).unwrap().clone()
    }

    fn another(&mut self) -> Account {
        self.people[1..].choose(&mut self.random).unwrap().clone()
    }

    fn node(&mut self) -> usize {
        self.random.random_range(0..2)
    }

    /// The moderator does something; whether it is refused does not matter here.
    async fn moderate(&mut self, method: &str, what: &str, whom: Option<&Account>, body: &Value) {
        let whom = whom.map(|whom| format!("/{}", whom.id)).unwrap_or_default();
        let path = format!("/v1/rooms/{}{what}{whom}", self.room);
        let node = self.node();
        self.people[0].ask(&self.nodes[node], method, &path, body).await;
    }

    async fn step(&mut self) {
        let (who, whom) = (self.anybody(), self.another());
        match self.random.random_range(0..100) {
            0..30 => self.say(&who).await,
            30..42 => self.follow(&who).await,
            42..50 => self.stream(&who).await,
            50..60 => self.poll(&who).await,
            60..64 => self.page(&who).await,
            64..74 => self.moderate("PUT", "/people", Some(&whom), &json!({})).await,
            74..80 => self.moderate("DELETE", "/people", Some(&whom), &json!({})).await,
            80..85 => self.moderate("PUT", "/bans", Some(&whom), &json!({})).await,
            85..89 => self.moderate("DELETE", "/bans", Some(&whom), &json!({})).await,
            89..93 => self.comes_and_goes(&whom).await,
            93..96 => {
                let message = format!("/messages/{}", self.random.random_range(1..40));
                self.moderate("DELETE", &message, None, &json!({})).await;
            }
            _ => self.change().await,
        }
    }

    async fn say(&mut self, who: &Account) {
        let path = format!("/v1/rooms/{}/messages", self.room);
        let node = self.node();
        who.ask(&self.nodes[node], "POST", &path, &json!("something")).await;
    }

    async fn comes_and_goes(&mut self, who: &Account) {
        let (node, path) = (self.node(), format!("/v1/rooms/{}", self.room));
        let what = ["leave", "join"].choose(&mut self.random).unwrap();
        who.ask(&self.nodes[node], "POST", &format!("{path}/{what}"), &json!({})).await;
    }

    /// Private most of the time: in a room that is open now, all of the past is.
    async fn change(&mut self) {
        let read = ["joined", "joined", "accounts"].choose(&mut self.random).unwrap();
        let policy = json!({"policy": {"read": read, "history": false}});
        self.moderate("PATCH", "", None, &policy).await;
    }

    fn from(&mut self) -> Value {
        [json!("head"), json!({"tail": 20}), json!("0")].choose(&mut self.random).unwrap().clone()
    }

    async fn follow(&mut self, who: &Account) {
        let (node, from, got, id) = (self.node(), self.from(), self.got.clone(), who.id);
        let mut client = Client::connect(&self.nodes[node]).await;
        client.hello(&who.hello(&json!({self.room.as_str(): from}))).await;
        self.readers.push(tokio::spawn(async move {
            while let Ok(push) = client.frame().await {
                take(&got, id, push);
            }
        }));
    }

    async fn stream(&mut self, who: &Account) {
        let (node, got, id) = (self.node(), self.got.clone(), who.id);
        let hello = who.hello(&json!({self.room.as_str(): self.from()})).to_string();
        let mut http = Http::connect(&self.nodes[node]).await;
        http.ask("POST", "/v1/stream", &[], hello.as_bytes()).await;
        self.readers.push(tokio::spawn(async move {
            while let Some(line) = http.frame(Lines::Ndjson).await {
                take(&got, id, Push::decode(&line).unwrap());
            }
        }));
    }

    async fn poll(&mut self, who: &Account) {
        let hello = who.hello(&json!({self.room.as_str(): self.from()})).to_string();
        let wait = self.random.random_range(0..2);
        let ask = Ask::new("POST", &format!("/v1/poll?wait={wait}")).body(hello.as_bytes());
        let node = self.node();
        let answer = ask.of(&self.nodes[node]).await;
        for line in answer.body.lines() {
            take(&self.got, who.id, Push::decode(line).unwrap());
        }
    }

    async fn page(&mut self, who: &Account) {
        let node = self.node();
        let path = format!("/v1/rooms/{}/messages", self.room);
        let answer = who.ask(&self.nodes[node], "GET", &path, &json!({})).await;
        for line in answer.body.lines() {
            take(&self.got, who.id, Push::decode(line).unwrap());
        }
    }

    /// Everything that is on its way has arrived: the moderator hears a last message on both nodes.
    async fn settle(&mut self) {
        let mut last = Vec::new();
        for node in &self.nodes {
            let mut client = Client::connect(node).await;
            client.come_in(&self.people[0].hello(&json!({self.room.as_str(): "head"}))).await;
            last.push(client);
        }
        let path = format!("/v1/rooms/{}/messages", self.room);
        let said = self.people[0].does(&self.nodes[0], "POST", &path, &json!({"text": "the last one"})).await;
        let seq = said["seq"].as_u64().unwrap();
        for client in &mut last {
            while client.event().await.seq.0 < seq {}
        }
        self.readers.drain(..).for_each(|reader| reader.abort());
    }
}

fn take(got: &Got, who: UserId, push: Push) {
    if let Push::Event(event) = push {
        got.lock().unwrap().insert((who, event.seq));
    }
}

/// Who could read which numbers, at any time.
struct Rights(BTreeMap<UserId, BTreeSet<Seq>>);

impl Rights {
    /// As the log tells it: after each event, who may read, and from where on.
    fn over(log: &[Event], people: &[Account]) -> Self {
        let mut policy = Policy::default();
        let mut members: BTreeMap<UserId, Seq> = BTreeMap::new();
        let mut banned: BTreeSet<UserId> = BTreeSet::new();
        let mut could: BTreeMap<UserId, BTreeSet<Seq>> = BTreeMap::new();
        for event in log {
            match (event.kind, &event.body.room, &event.body.deed) {
                (Kind::Join, ..) => {
                    let from = if policy.history { Seq(1) } else { event.seq };
                    members.insert(event.by.id, from);
                }
                (Kind::Leave, ..) => drop(members.remove(&event.by.id)),
                (Kind::Room, Some(now), _) => policy = now.policy,
                (Kind::Moderation, _, Some(deed)) if deed.act == Act::Ban => {
                    members.remove(&deed.person.id);
                    banned.insert(deed.person.id);
                }
                (Kind::Moderation, _, Some(deed)) if deed.act == Act::Unban => {
                    banned.remove(&deed.person.id);
                }
                _ => {}
            }
            for one in people {
                let (member, has_account) = (members.get(&one.id), one.name != "Dee");
                let is_open = policy.read == Readers::Accounts && has_account;
                let from = if policy.read == Readers::Joined { member.copied() } else { Some(Seq(1)) };
                let may = !banned.contains(&one.id) && (member.is_some() || is_open);
                if let (true, Some(from)) = (may, from) {
                    could.entry(one.id).or_default().extend((from.0..=event.seq.0).map(Seq));
                }
            }
        }
        Self(could)
    }

    fn could_read(&self, who: UserId, seq: Seq) -> bool {
        self.0.get(&who).is_some_and(|could| could.contains(&seq))
    }
}
