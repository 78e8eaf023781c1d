//! A house of several nodes, each on a host of its own, with PostgreSQL, NATS and a balancer on theirs;
//! and what can befall them.
//!
//! Its calls wait where they are called, so they are for whoever runs the whole, not for tasks.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, ensure};
use teahouse_client::protocol::{Event, RoomId, Seq};
use teahouse_services::{Keeper, Nats, Postgres, Stop};

use crate::balancer::{self, Balancer};
use crate::crowd::{Door, HANGS_AFTER};
use crate::hosts::{Cut, Host, Link};
use crate::node::Node;
use crate::proxy::Target;
use crate::trouble::{Drawn, Trouble};

/// How long an acknowledged message takes.
mod delay;
/// A crowd that talks while every node is drained in turn.
pub mod roll;
/// One run of several nodes, from its plan to its outcome.
pub mod run;
/// Who is where, as each node sees it.
mod watch;

/// Room for PostgreSQL's tables and its log of changes, in MiB.
const DATABASE_MIB: u32 = 224;
/// How many nodes there may be: each has a number in an address.
const NODES_MAX: usize = 9;
/// What is acknowledged is in PostgreSQL's files, and those stay small.
const SETTINGS: [&str; 5] =
    ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_wal_size=32MB", "min_wal_size=32MB"];

/// Several nodes and what they need. What depends on another comes first, for it ends first.
#[derive(Debug)]
pub(crate) struct Cluster {
    nodes: Vec<Node>,
    _balancer: Keeper,
    nats: Nats,
    postgres: Postgres,
    /// Where in PostgreSQL the house is.
    schema: String,
    links: Links,
    hosts: Hosts,
}

#[derive(Debug)]
struct Hosts {
    nodes: Vec<Host>,
    database: Host,
    nats: Host,
    front: Host,
    people: Host,
}

/// Each node has a link to everything but other nodes.
#[derive(Debug)]
struct Links {
    database: Vec<Link>,
    nats: Vec<Link>,
    front: Vec<Link>,
    people: Link,
}

impl Cluster {
    /// Starts everything: the nodes all at once, on an empty database.
    ///
    /// # Errors
    /// When this is not root, a program is missing, or does not start.
    pub(crate) fn start(count: usize, balancer: Balancer, rooms: &[RoomId]) -> anyhow::Result<Self> {
        ensure!((1..=NODES_MAX).contains(&count), "a house has 1 to {NODES_MAX} nodes here, not {count}");
        let hosts = Hosts::new(count)?;
        let links = Links::lay(&hosts)?;
        let seat = hosts.database.seat("postgres")?;
        hosts.database.mount(&seat.folder.join("data"), DATABASE_MIB, "postgres")?;
        let postgres = Postgres::start_at(seat, &SETTINGS)?;
        let schema = postgres.schema()?;
        let nats = Nats::start_at(hosts.nats.seat("nats")?)?;
        let mut nodes = Vec::new();
        for (number, host) in hosts.nodes.iter().enumerate() {
            let database = Postgres::url(IpAddr::V4(links.database[number].second()), &schema);
            let bus = format!("nats://{}:4222", links.nats[number].second());
            let flags = ["--database".into(), database, "--nats".into(), bus];
            nodes.push(Node::new(host, &flags, links.front[number].second())?);
        }
        std::thread::scope(|scope| {
            let starts: Vec<_> = nodes.iter_mut().map(|node| scope.spawn(|| node.start())).collect();
            starts.into_iter().try_for_each(|start| start.join().expect("starting does not panic"))
        })?;
        let addresses: Vec<SocketAddr> = nodes.iter().map(Node::address).collect();
        let balancer = balancer.start(&hosts.front, &addresses)?;
        let cluster = Self { nodes, _balancer: balancer, nats, postgres, schema, links, hosts };
        cluster.add_rooms(rooms)?;
        Ok(cluster)
    }

    /// How people come in: through the balancer.
    pub(crate) fn door(&self) -> anyhow::Result<Door> {
        let address = (self.links.people.second(), balancer::PORT).into();
        let target = Target { address, reach: self.hosts.people.reach()? };
        Ok(Door { target, scheme: "http", roots_pem: Vec::new() })
    }

    /// The way to each node past the balancer, by its name.
    pub(crate) fn back_doors(&self) -> anyhow::Result<Vec<(String, Door)>> {
        let reach = self.hosts.front.reach()?;
        let door = |node: &Node| {
            let target = Target { address: node.address(), reach: reach.clone() };
            (node.name().to_string(), Door { target, scheme: "http", roots_pem: Vec::new() })
        };
        Ok(self.nodes.iter().map(door).collect())
    }

    /// Which host a trouble is about.
    pub(crate) fn host(&self, drawn: &Drawn) -> &str {
        match drawn.trouble {
            Trouble::StopNats => self.hosts.nats.name(),
            Trouble::StopDatabase | Trouble::CrashDatabase | Trouble::FreezeDatabase | Trouble::FillDisk => {
                self.hosts.database.name()
            }
            Trouble::RollNodes => "nodes",
            _ => self.nodes[drawn.node].name(),
        }
    }

    /// Trouble begins.
    ///
    /// # Errors
    /// When it cannot be done, and when a node had ended by itself.
    pub(crate) fn begin(&mut self, drawn: &Drawn) -> anyhow::Result<()> {
        let node = drawn.node;
        match drawn.trouble {
            Trouble::CutDatabase => self.links.database[node].cut(drawn.cut),
            Trouble::CutNats => self.links.nats[node].cut(drawn.cut),
            Trouble::CutFront => self.links.front[node].cut(drawn.cut),
            Trouble::StopNats => self.nats.stop(),
            Trouble::StopDatabase => self.postgres.stop(Stop::Fast),
            Trouble::CrashDatabase => self.postgres.stop(Stop::Immediate),
            Trouble::FreezeDatabase => self.postgres.freeze(),
            Trouble::KillNode => self.nodes[node].kill(),
            Trouble::LoseHost => {
                self.links.of(node).try_for_each(|link| link.cut(Cut::Silent))?;
                self.nodes[node].kill()
            }
            Trouble::SkewClock => self.nodes[node].skew(drawn.skew_s),
            Trouble::FillDisk => self.fill(),
            Trouble::RollNodes => Ok(()),
        }
    }

    /// Trouble is over. What nodes need is mended before they are started again.
    ///
    /// # Errors
    /// When it cannot be undone.
    pub(crate) fn end(&mut self, drawn: &Drawn) -> anyhow::Result<()> {
        let node = drawn.node;
        match drawn.trouble {
            Trouble::CutDatabase => self.links.database[node].mend(),
            Trouble::CutNats => self.links.nats[node].mend(),
            Trouble::CutFront => self.links.front[node].mend(),
            Trouble::StopNats => self.nats.start_again(),
            Trouble::StopDatabase | Trouble::CrashDatabase => self.postgres.start_again(),
            Trouble::FreezeDatabase => self.postgres.thaw(),
            Trouble::KillNode => self.nodes[node].start(),
            Trouble::LoseHost => {
                self.links.of(node).try_for_each(Link::mend)?;
                self.nodes[node].start()
            }
            Trouble::SkewClock => self.nodes[node].skew(0),
            Trouble::FillDisk => self.free(),
            Trouble::RollNodes => Ok(()),
        }
    }

    /// Drains one node and starts it again; done once it can work.
    ///
    /// # Errors
    /// When it does not stop in order, or does not come back.
    pub(crate) async fn renew(&mut self, node: usize) -> anyhow::Result<()> {
        let reach = self.hosts.front.reach()?;
        let node = &mut self.nodes[node];
        node.drain()?;
        node.start()?;
        let ready = tokio::time::timeout(HANGS_AFTER, node.ready(&reach)).await;
        ready.with_context(|| format!("it does not get ready:\n{}", node.last_words()))
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Fails when a node has ended by itself.
    ///
    /// # Errors
    /// With its last words.
    pub(crate) fn all_live(&mut self) -> anyhow::Result<()> {
        self.nodes.iter_mut().try_for_each(Node::lives)
    }

    /// The end of what everybody said.
    pub(crate) fn last_words(&self) -> String {
        let nodes: Vec<String> = self.nodes.iter().map(Node::last_words).collect();
        format!("{}\nPostgreSQL:\n{}", nodes.join("\n"), self.postgres.last_words())
    }

    /// The log of a room as it is in PostgreSQL, and its last number.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn log(&self, room: &RoomId) -> anyhow::Result<(Vec<Event>, Seq)> {
        let rows = self.sql(&format!(
            "SELECT json_build_object('room', room.id, 'seq', seq, 'kind', kind,
                'cid', replace(cid::text, '-', ''), 'by', json_build_object('id', event.by, 'name', person.name),
                'at', at, 'n', event.n, 'body', json_build_object('text', text))::text
            FROM event JOIN room ON room.key = event.room JOIN person ON person.id = event.by
            WHERE room.id = '{room}' ORDER BY seq"
        ))?;
        let event = |row| serde_json::from_str(row).with_context(|| format!("{row:?} is no event"));
        let events = rows.lines().map(event).collect::<anyhow::Result<_>>()?;
        let head = self.sql(&format!("SELECT head FROM room WHERE id = '{room}'"))?;
        Ok((events, Seq(head.trim().parse().with_context(|| format!("{room} has no head"))?)))
    }

    /// No word of the program makes rooms yet.
    fn add_rooms(&self, rooms: &[RoomId]) -> anyhow::Result<()> {
        for room in rooms {
            self.sql(&format!(
                "INSERT INTO room (id, name, topic, epoch) VALUES ('{room}', '{room}', '', 1)
                ON CONFLICT DO NOTHING"
            ))?;
        }
        Ok(())
    }

    fn sql(&self, sql: &str) -> anyhow::Result<String> {
        self.postgres.run(&format!("SET search_path TO {}; {sql}", self.schema))
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.hosts.database.inside(&self.postgres.data().join("ballast"))
    }

    /// Takes every byte that is left on PostgreSQL's disk.
    fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        loop {
            match ballast.write(&[0; 64 * 1024]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives them back. PostgreSQL may have given up, as it does when it cannot write what it has to.
    fn free(&mut self) -> anyhow::Result<()> {
        std::fs::remove_file(self.ballast())?;
        if self.postgres.runs()? { Ok(()) } else { self.postgres.start_again() }
    }
}

impl Hosts {
    fn new(nodes: usize) -> anyhow::Result<Self> {
        Ok(Self {
            nodes: (1..=nodes)
                .map(|number| Host::new(&format!("node-{number}")))
                .collect::<Result<_, _>>()?,
            database: Host::new("db")?,
            nats: Host::new("nats")?,
            front: Host::new("proxy")?,
            people: Host::new("people")?,
        })
    }
}

impl Links {
    fn lay(hosts: &Hosts) -> anyhow::Result<Self> {
        let all = |from: &dyn Fn(&Host, u8) -> anyhow::Result<Link>| {
            hosts
                .nodes
                .iter()
                .zip(1..)
                .map(|(node, number)| from(node, number))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            database: all(&|node, number| Link::new(node, &hosts.database, 10 + number))?,
            nats: all(&|node, number| Link::new(node, &hosts.nats, 20 + number))?,
            front: all(&|node, number| Link::new(&hosts.front, node, 30 + number))?,
            people: Link::new(&hosts.people, &hosts.front, 40)?,
        })
    }

    /// Every link of a node.
    fn of(&self, node: usize) -> impl Iterator<Item = &Link> {
        [&self.database[node], &self.nats[node], &self.front[node]].into_iter()
    }
}
