//! A rolling restart: many people on all transports talk all the while, and each node is drained and
//! started again in turn. Nothing is lost, nobody is refused, and how many come back at once is measured.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use teahouse_client::Transport;
use teahouse_client::protocol::{RoomId, Seq};
use tokio::time::Instant;

use super::Cluster;
use crate::balancer::Balancer;
use crate::chance::Chance;
use crate::check::check;
use crate::crowd::{Crowd, Door, Guests, HANGS_AFTER};
use crate::fault::Rates;
use crate::history::{Journal, Operation};
use crate::proxy::{Proxy, Target};
use crate::run::{Outcome, rooms};
use crate::summary::Summary;
use crate::trouble::{Drawn, Trouble};

/// Answers from the crowd before each restart and after the last one.
const BETWEEN: u64 = 150;

/// What a rolling restart is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Chooses what people say.
    pub seed: u64,
    /// How many nodes.
    pub nodes: usize,
    /// How many people.
    pub people: usize,
    /// How they travel, in turn.
    pub transports: Vec<Option<Transport>>,
    /// What stands in front of the nodes.
    pub balancer: Balancer,
}

impl Default for Plan {
    fn default() -> Self {
        let transports = Transport::ALL.into_iter().map(Some).collect();
        Self { seed: 1, nodes: 3, people: 200, transports, balancer: Balancer::Haproxy }
    }
}

/// Everybody of one kind of transport comes through one gate, where connections are counted.
struct Gates {
    /// Of those whose connections last.
    lasting: Proxy,
    /// Of those who ask again and again.
    asking: Proxy,
    began: Instant,
}

/// Runs it. `tell` gets a line now and then, for whoever waits.
///
/// # Errors
/// When something does not start, does not stop in order, or nobody talks any more. A broken promise is no
/// error but a violation.
pub async fn run(plan: &Plan, mut tell: impl FnMut(&str)) -> anyhow::Result<Outcome> {
    let rooms = rooms(1)?;
    let mut cluster = Cluster::start(plan.nodes, plan.balancer, &rooms)?;
    let journal = Journal::default();
    let mut crowd = Crowd::new(plan.seed, journal.clone(), &rooms);
    let gates = Gates::open(&cluster.door()?, &journal).await?;
    gates.let_in(plan, &mut crowd, &cluster.door()?)?;
    talk(&journal, 2 * BETWEEN).await?;
    tell(&format!("{} people talk", plan.people));
    let mut herds = Vec::new();
    for node in 0..cluster.len() {
        let from = gates.began.elapsed().as_secs();
        note(&journal, &gates, &cluster, node, false);
        cluster.renew(node).await.with_context(|| cluster.last_words())?;
        note(&journal, &gates, &cluster, node, true);
        talk(&journal, BETWEEN).await.with_context(|| cluster.last_words())?;
        let most = gates.most(from);
        tell(&format!("node {} is back; at most {most} connects in a second", node + 1));
        herds.push(most.to_string());
    }
    crowd.hush().await;
    let heads = read_logs(&cluster, &rooms, &journal)?;
    crowd.leave(heads).await?;
    cluster.all_live()?;
    let history = journal.take();
    let violations = check(&history);
    let mut summary = Summary::new(&history, &violations);
    summary.figures = vec![
        ("people".into(), plan.people.to_string()),
        ("connects in the worst second of each restart, of lasting connections".into(), herds.join(", ")),
        ("lasting connections".into(), gates.lasting_people(plan).to_string()),
    ];
    Ok(Outcome { history, violations, summary })
}

/// Waits for so many more answers.
async fn talk(journal: &Journal, answers: u64) -> anyhow::Result<()> {
    let mut counted = journal.counted();
    let enough = counted.borrow().acknowledged + answers;
    let talked = tokio::time::timeout(HANGS_AFTER, counted.wait_for(|it| it.acknowledged >= enough)).await;
    ensure!(talked.is_ok_and(|reached| reached.is_ok()), "nobody talks any more");
    Ok(())
}

fn note(journal: &Journal, gates: &Gates, cluster: &Cluster, node: usize, over: bool) {
    let at_ms = u64::try_from(gates.began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let host = cluster.host(&Drawn { node, ..Drawn::plain(Trouble::KillNode) }).into();
    journal.note(Operation::Befell { at_ms, trouble: Trouble::RollNodes, host, over });
}

fn read_logs(
    cluster: &Cluster,
    rooms: &[RoomId],
    journal: &Journal,
) -> anyhow::Result<BTreeMap<RoomId, Seq>> {
    let mut heads = BTreeMap::new();
    for room in rooms {
        let (events, head) = cluster.log(room)?;
        events.into_iter().for_each(|event| journal.logged(event));
        journal.note(Operation::Head { room: room.clone(), seq: head });
        heads.insert(room.clone(), head);
    }
    Ok(heads)
}

/// Whether a connection of this transport lasts until somebody ends it. Who chooses has a WebSocket.
fn lasts(transport: Option<Transport>) -> bool {
    matches!(transport, None | Some(Transport::WebSocket | Transport::Stream))
}

impl Gates {
    async fn open(door: &Door, journal: &Journal) -> anyhow::Result<Self> {
        let gate = async |name: &str, to: Target| {
            Proxy::open(name.into(), to, Rates::none(), Chance::new(0), journal.clone()).await
        };
        let lasting = gate("lasting", door.target.clone()).await?;
        let asking = gate("asking", door.target.clone()).await?;
        Ok(Self { lasting, asking, began: Instant::now() })
    }

    /// Everybody comes.
    fn let_in(&self, plan: &Plan, crowd: &mut Crowd, door: &Door) -> anyhow::Result<()> {
        // The more people, the longer each is silent: the room takes so much and no more.
        let pause = Duration::from_millis(150) * u32::try_from(plan.people).unwrap_or(u32::MAX);
        let guests = Guests {
            names: Vec::new(),
            talk: true,
            transports: Vec::new(),
            rates: Rates::none(),
            pause_ms_max: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX).max(600),
            leaving_percent: 0,
        };
        for (number, transport) in (0..plan.people).zip(plan.transports.iter().cycle()) {
            let gate = if lasts(*transport) { &self.lasting } else { &self.asking };
            let chance = crowd.chance.stream(number as u64);
            crowd.admit(&guests, &format!("p{number}"), *transport, door.options(gate.address())?, chance);
        }
        Ok(())
    }

    /// The most lasting connections that came in one second since then.
    fn most(&self, from: u64) -> u64 {
        let connects = self.lasting.connects();
        connects.range(from..).map(|(_, count)| *count).max().unwrap_or(0)
    }

    fn lasting_people(&self, plan: &Plan) -> usize {
        plan.transports.iter().cycle().take(plan.people).filter(|transport| lasts(**transport)).count()
    }
}
