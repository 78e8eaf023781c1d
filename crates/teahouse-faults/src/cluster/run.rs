//! One run of several nodes: people behind proxies and a balancer, trouble until there was enough of it,
//! then peace, then the check.
//!
//! What befalls whom is drawn from the seed and happens at a number of faults, how long it lasts is drawn,
//! too. Everything that is waited for is an event, for a bounded time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use teahouse_client::Transport;
use teahouse_client::protocol::{RoomId, Seq};
use tokio::time::Instant;

use super::Cluster;
use super::delay::Delays;
use super::watch::{self, People};
use crate::balancer::Balancer;
use crate::chance::Chance;
use crate::check::check;
use crate::crowd::{Crowd, Door, Guests, HANGS_AFTER};
use crate::fault::Rates;
use crate::history::{Journal, Name, Operation};
use crate::run::{Outcome, rooms};
use crate::summary::Summary;
use crate::trouble::{Drawn, Trouble, draw};

/// Whose number the stream of troubles has: nobody else's.
const TROUBLES: u64 = 1 << 32;
/// Answers after which a delay is known well enough.
const MEASURED: u64 = 600;

/// What a run of several nodes is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Chooses everything.
    pub seed: u64,
    /// How many nodes.
    pub nodes: usize,
    /// How many faults there are to be, troubles of hosts among them.
    pub faults: u64,
    /// How many troubles of hosts.
    pub troubles: usize,
    /// How long all that may take at most.
    pub time_max: Duration,
    /// People who talk, and listen.
    pub senders: usize,
    /// People who only listen, from the beginning of every room.
    pub readers: usize,
    /// The longest trouble, in milliseconds.
    pub lasts_ms_max: u64,
    /// Rooms.
    pub rooms: usize,
    /// How they travel, in turn.
    pub transports: Vec<Option<Transport>>,
    /// What the proxies between people and the balancer do.
    pub rates: Rates,
    /// What stands in front of the nodes.
    pub balancer: Balancer,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            nodes: 3,
            faults: 300,
            troubles: Trouble::ALL.len(),
            time_max: Duration::from_secs(300),
            senders: 8,
            readers: 5,
            lasts_ms_max: 3_500,
            rooms: 3,
            transports: Transport::ALL.into_iter().map(Some).chain([None]).collect(),
            rates: Rates::rough(),
            balancer: Balancer::Haproxy,
        }
    }
}

/// Runs it. `tell` gets a line now and then, for whoever waits.
///
/// # Errors
/// When the run could not be what the plan wants: something does not start, a node dies by itself, or
/// there were too few faults in time. A broken promise is no error but a violation.
pub async fn run(plan: &Plan, tell: impl FnMut(&str)) -> anyhow::Result<Outcome> {
    let rooms = rooms(plan.rooms)?;
    let cluster = Cluster::start(plan.nodes, plan.balancer, &rooms)?;
    let mut stage = Stage::open(plan, rooms, cluster, tell).await?;
    stage.harm(plan).await.with_context(|| stage.cluster.last_words())?;
    stage.calm().await?;
    stage.look().await?;
    let heads = stage.read_logs().await?;
    stage.say("the logs are read, waiting for everybody to get to their ends");
    stage.crowd.leave(heads).await?;
    stage.cluster.all_live()?;
    stage.tell_delays();
    let history = stage.journal.take();
    let violations = check(&history);
    let mut summary = Summary::new(&history, &violations);
    summary.figures = stage.figures;
    Ok(Outcome { history, violations, summary })
}

/// What a run is made of. The crowd goes before the house does.
struct Stage<T> {
    crowd: Crowd,
    journal: Journal,
    /// A client at each node that nobody harms but what befalls the node: it talks and listens.
    witnesses: Vec<Name>,
    back_doors: Vec<(String, Door)>,
    rooms: Vec<RoomId>,
    /// Which part of the record is about which delay.
    measured: Vec<(&'static str, Range<usize>)>,
    figures: Vec<(String, String)>,
    tell: T,
    began: Instant,
    cluster: Cluster,
}

impl<T: FnMut(&str)> Stage<T> {
    async fn open(plan: &Plan, rooms: Vec<RoomId>, cluster: Cluster, tell: T) -> anyhow::Result<Self> {
        let journal = Journal::default();
        let mut crowd = Crowd::new(plan.seed, journal.clone(), &rooms);
        let mut guests = Guests {
            names: (0..plan.senders).map(|number| format!("s{number}")).collect(),
            talk: true,
            transports: plan.transports.clone(),
            rates: plan.rates.clone(),
            pause_ms_max: 600,
            leaving_percent: 20,
        };
        let door = cluster.door()?;
        crowd.invite(&guests, &door).await?;
        guests.names = (0..plan.readers).map(|number| format!("r{number}")).collect();
        guests.talk = false;
        guests.transports.rotate_left(plan.senders % plan.transports.len());
        crowd.invite(&guests, &door).await?;
        let back_doors = cluster.back_doors()?;
        for (number, (_, door)) in back_doors.iter().enumerate() {
            crowd.invite(&unharmed(&format!("w{}", number + 1), true), door).await?;
        }
        let witnesses = (1..=plan.nodes).map(|number| format!("w{number}").as_str().into()).collect();
        let (measured, figures, began) = (Vec::new(), Vec::new(), Instant::now());
        Ok(Self { crowd, journal, witnesses, back_doors, rooms, measured, figures, tell, began, cluster })
    }

    /// Until there was enough harm: waits for the next number of faults, does what is drawn next.
    async fn harm(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let ends = self.began + plan.time_max;
        let scenes =
            draw(plan.troubles, plan.nodes, plan.lasts_ms_max, &mut Chance::new(plan.seed).stream(TROUBLES));
        let count = scenes.len() as u64;
        for (scene, number) in scenes.iter().zip(1..) {
            // With what they talked of before the first trouble, they have something to lose.
            self.wait_for(plan.faults * number / (count + 1), ends).await?;
            self.befall(scene).await?;
            if self.crowd.chance.percent(30) {
                self.crowd.cut_somebody();
            }
        }
        self.wait_for(plan.faults, ends).await
    }

    async fn wait_for(&self, faults: u64, ends: Instant) -> anyhow::Result<()> {
        let mut counted = self.journal.counted();
        let enough = tokio::time::timeout_at(ends, counted.wait_for(|it| it.faults >= faults)).await;
        let enough = enough.is_ok_and(|reached| reached.is_ok());
        ensure!(enough, "only {} of {faults} faults in time", self.journal.counted().borrow().faults);
        Ok(())
    }

    /// One trouble, or two at once.
    async fn befall(&mut self, scene: &[Drawn]) -> anyhow::Result<()> {
        self.cluster.all_live()?;
        for drawn in scene {
            self.say(&format!("{} at {}", drawn.trouble, self.cluster.host(drawn)));
            self.note(drawn, false);
            self.cluster.begin(drawn).with_context(|| drawn.trouble.to_string())?;
        }
        if scene.iter().any(|drawn| drawn.trouble == Trouble::RollNodes) {
            for node in 0..self.cluster.len() {
                self.cluster.renew(node).await?;
            }
        } else {
            let lasts = scene.iter().map(|drawn| drawn.lasts).max();
            // This is what the trouble is, not something that is waited for.
            tokio::time::sleep(lasts.unwrap_or_default()).await;
        }
        let mut scene = scene.to_vec();
        scene.sort_by_key(|drawn| drawn.trouble.turn());
        for drawn in &scene {
            self.cluster.end(drawn).with_context(|| format!("after {}", drawn.trouble))?;
            self.note(drawn, true);
        }
        Ok(())
    }

    fn note(&self, drawn: &Drawn, over: bool) {
        let at_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (trouble, host) = (drawn.trouble, self.cluster.host(drawn).into());
        self.journal.note(Operation::Befell { at_ms, trouble, host, over });
    }

    /// Peace. What is said takes how long? The same without NATS. Then every answer comes.
    async fn calm(&mut self) -> anyhow::Result<()> {
        self.journal.note(Operation::Healed);
        self.crowd.heal();
        self.measure("delay").await?;
        self.befall_for(&Drawn::plain(Trouble::StopNats), "delay without NATS").await?;
        // Who is where has to be right for nodes whose clocks differ.
        let node = self.crowd.chance.index(self.cluster.len());
        let wrong = Drawn { node, skew_s: 3_600, ..Drawn::plain(Trouble::SkewClock) };
        self.note(&wrong, false);
        self.cluster.begin(&wrong)?;
        self.say("healed, waiting for every answer");
        self.crowd.hush().await;
        Ok(())
    }

    async fn befall_for(&mut self, drawn: &Drawn, figure: &'static str) -> anyhow::Result<()> {
        self.note(drawn, false);
        self.cluster.begin(drawn)?;
        self.measure(figure).await?;
        self.cluster.end(drawn)?;
        self.note(drawn, true);
        Ok(())
    }

    /// For a while, how long messages take is measured.
    async fn measure(&mut self, figure: &'static str) -> anyhow::Result<()> {
        self.say(&format!("measuring the {figure}"));
        let from = self.journal.len();
        let mut counted = self.journal.counted();
        let enough = counted.borrow().acknowledged + MEASURED;
        let talked =
            tokio::time::timeout(HANGS_AFTER, counted.wait_for(|it| it.acknowledged >= enough)).await;
        let talked = talked.is_ok_and(|reached| reached.is_ok());
        ensure!(talked, "nobody talks any more:\n{}", self.cluster.last_words());
        self.measured.push((figure, from..self.journal.len()));
        Ok(())
    }

    /// At the end, when everybody was told everything.
    fn tell_delays(&mut self) {
        let record = self.journal.since(0);
        for (figure, part) in std::mem::take(&mut self.measured) {
            let delays = Delays::new(&record, part, &self.witnesses);
            self.figures.push((figure.to_owned(), delays.to_string()));
        }
    }

    /// Whom does each node see?
    async fn look(&mut self) -> anyhow::Result<()> {
        self.say("who is here, as each node sees it");
        let people = People::new(self.journal.since(0).iter().map(|(_, operation)| operation));
        let (mut patience, mut took) = (HANGS_AFTER, Vec::new());
        for (node, door) in self.back_doors.clone() {
            let looked = watch::look((&node, &door), &self.rooms, &people, &self.journal, patience).await?;
            if !looked.right {
                // What has not gone by now does not go, and nobody waits so long for each node.
                patience = Duration::from_secs(5);
            }
            self.say(&format!("{node} after {:?}; before that, {}", looked.took, looked.wrong));
            took.push(format!("{} s", looked.took.as_secs()));
        }
        self.figures.push(("who is here is right at each node after".into(), took.join(", ")));
        Ok(())
    }

    /// Reads every log to its end, from PostgreSQL; and a new reader at each node reads it there.
    async fn read_logs(&mut self) -> anyhow::Result<BTreeMap<RoomId, Seq>> {
        let mut heads = BTreeMap::new();
        for room in &self.rooms {
            let (events, head) = self.cluster.log(room)?;
            events.into_iter().for_each(|event| self.journal.logged(event));
            self.journal.note(Operation::Head { room: room.clone(), seq: head });
            heads.insert(room.clone(), head);
        }
        for (node, door) in &self.back_doors {
            self.crowd.invite(&unharmed(&format!("at {node}"), false), door).await?;
        }
        Ok(heads)
    }

    fn say(&mut self, what: &str) {
        let (took, faults) = (self.began.elapsed().as_secs(), self.journal.counted().borrow().faults);
        (self.tell)(&format!("{took:>4} s, {faults} faults: {what}"));
    }
}

/// One whose line is never touched.
fn unharmed(name: &str, talk: bool) -> Guests {
    Guests {
        names: vec![name.to_owned()],
        talk,
        transports: vec![Some(Transport::WebSocket)],
        rates: Rates::none(),
        pause_ms_max: 600,
        leaving_percent: 0,
    }
}
