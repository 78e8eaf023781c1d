//! One run: a house, people behind proxies, harm until there was enough of it, then peace, then the check.
//!
//! What is done to the house and the proxies is drawn from the seed and happens at a number of faults.
//! Everything that is waited for is an event, for a bounded time.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use teahouse_client::protocol::{Range, RoomId, Seq};
use teahouse_client::{Client, Options, Transport};
use tokio::time::Instant;

use crate::broken::{Violation, trace};
use crate::check::check;
use crate::crowd::{Crowd, Guests, HANGS_AFTER};
use crate::fault::Rates;
use crate::front::{Front, Standing};
use crate::history::{Deed, Journal, Operation};
use crate::house::{House, Limits};
use crate::summary::Summary;

/// Broken promises that are shown with their lines.
const TRACED_MAX: usize = 5;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Chooses everything.
    pub seed: u64,
    /// How many faults there are to be.
    pub faults: u64,
    /// How long that may take at most.
    pub time_max: Duration,
    /// People who talk, and listen.
    pub senders: usize,
    /// People who only listen, from the beginning of every room.
    pub readers: usize,
    /// Rooms.
    pub rooms: usize,
    /// How they travel, in turn; none is one that chooses, and is put behind barriers now and then.
    pub transports: Vec<Option<Transport>>,
    /// How often the house is killed.
    pub kills: u64,
    /// How often the house is asked to stop.
    pub drains: u64,
    /// What the proxies do.
    pub rates: Rates,
    /// What the house allows.
    pub limits: Limits,
    /// What stands in front of the house.
    pub front: Front,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that happened.
    pub history: Vec<Operation>,
    /// Every promise that was broken; none in a good run.
    pub violations: Vec<Violation>,
    /// In a few lines.
    pub summary: Summary,
}

/// What happens beside the faults that a proxy draws for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Kill,
    Drain,
    CutAll,
    /// Somebody who chooses the transport finds that some do not work here.
    Block,
    /// They work again.
    Unblock,
    Nothing,
}

impl Disturbance {
    fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "the house is killed",
            Self::Drain => "the house is drained",
            Self::CutAll => "somebody's network goes away",
            Self::Block => "somebody's transport is blocked",
            Self::Unblock => "somebody's transport works again",
            Self::Nothing => "enough",
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            faults: 1_000,
            time_max: Duration::from_secs(300),
            senders: 10,
            readers: 5,
            rooms: 3,
            transports: Transport::ALL.into_iter().map(Some).chain([None]).collect(),
            kills: 6,
            drains: 2,
            rates: Rates::rough(),
            limits: Limits::Generous,
            front: Front::Plain,
        }
    }
}

impl Outcome {
    /// What to look at: the first broken promises with the lines of the history that show them.
    #[must_use]
    pub fn trace(&self) -> String {
        trace(&self.history, &self.violations, TRACED_MAX)
    }
}

/// Runs it. `tell` gets a line now and then, for whoever waits.
///
/// # Errors
/// When the run could not be what the plan wants: the house does not start or dies by itself, there
/// were too few faults in time, or somebody hangs. A broken promise is no error but a violation.
pub async fn run(plan: &Plan, tell: impl FnMut(&str)) -> anyhow::Result<Outcome> {
    let rooms = rooms(plan.rooms)?;
    let mut house = House::new(&rooms, plan.limits).await?;
    let journal = Journal::default();
    let mut stage = Stage::open(plan, &rooms, &mut house, journal.clone(), tell).await?;
    stage.harm(plan, &mut house).await?;
    stage.calm(plan, &mut house).await?;
    let logs = tokio::time::timeout(HANGS_AFTER, read_logs(stage.past_proxies()?, &rooms, &journal)).await;
    let heads = logs.with_context(|| format!("the logs cannot be read:\n{}", stage.last_words(&house)))??;
    stage.say(plan, "the logs are read, waiting for everybody to get to their ends");
    stage.crowd.leave(heads).await?;
    let history = journal.take();
    let violations = check(&history);
    let summary = Summary::new(&history, &violations);
    Ok(Outcome { history, violations, summary })
}

/// The main room and more.
pub(crate) fn rooms(count: usize) -> anyhow::Result<Vec<RoomId>> {
    ensure!(count > 0, "a run needs a room");
    let more = (2..=count).map(|number| format!("room-{number}").parse().context("a room's id"));
    std::iter::once(Ok(RoomId::main())).chain(more).collect()
}

/// What one run is made of.
struct Stage<T> {
    crowd: Crowd,
    journal: Journal,
    front: Standing,
    tell: T,
    began: Instant,
}

impl<T: FnMut(&str)> Stage<T> {
    async fn open(
        plan: &Plan,
        rooms: &[RoomId],
        house: &mut House,
        journal: Journal,
        tell: T,
    ) -> anyhow::Result<Self> {
        let roots_pem = plan.front.prepare(house)?;
        let front = plan.front.stand(house.start().await?, roots_pem).await?;
        journal.note(Operation::House { deed: Deed::Started });
        let crowd = Crowd::new(plan.seed, journal.clone(), rooms);
        let mut stage = Self { crowd, journal, front, tell, began: Instant::now() };
        let guests = |talk: bool, letter: char, count: usize| Guests {
            names: (0..count).map(|number| format!("{letter}{number}")).collect(),
            talk,
            transports: plan.transports.clone(),
            rates: plan.rates.clone(),
            pause_ms_max: 600,
            leaving_percent: 20,
        };
        stage.crowd.invite(&guests(true, 's', plan.senders), &stage.front.door()).await?;
        let mut readers = guests(false, 'r', plan.readers);
        // Their turns go on where those of the senders ended.
        readers.transports.rotate_left(plan.senders % plan.transports.len());
        stage.crowd.invite(&readers, &stage.front.door()).await?;
        Ok(stage)
    }

    /// Of a client that nobody harms.
    fn past_proxies(&self) -> anyhow::Result<Options> {
        self.front.door().options(self.front.address)
    }

    fn last_words(&mut self, house: &House) -> String {
        format!("{}\n{}", house.last_words(), self.front.last_words())
    }

    /// Until there was enough harm: waits for the next number of faults, does the next deed.
    async fn harm(&mut self, plan: &Plan, house: &mut House) -> anyhow::Result<()> {
        let ends = self.began + plan.time_max;
        for (at, disturbance) in self.disturbances(plan) {
            let mut counted = self.journal.counted();
            let enough = tokio::time::timeout_at(ends, counted.wait_for(|it| it.faults >= at)).await;
            // What `wait_for` gives is a lock on the number, which every proxy wants to raise.
            let enough = enough.is_ok_and(|reached| reached.is_ok());
            ensure!(
                enough,
                "only {} of {} faults in {:?}:\n{}",
                self.journal.counted().borrow().faults,
                plan.faults,
                plan.time_max,
                self.last_words(house)
            );
            self.say(plan, disturbance.as_str());
            self.disturb(disturbance, house).await?;
        }
        Ok(())
    }

    /// What happens at which number of faults; the last entry is the end.
    fn disturbances(&mut self, plan: &Plan) -> Vec<(u64, Disturbance)> {
        let several = |what, count| std::iter::repeat_n(what, usize::try_from(count).unwrap_or(0));
        let all = several(Disturbance::Kill, plan.kills).chain(several(Disturbance::Drain, plan.drains));
        let all = all.chain(several(Disturbance::CutAll, plan.faults / 100));
        let blocks = if self.crowd.has_choosers() { 1 + plan.faults / 200 } else { 0 };
        let all = all.chain(several(Disturbance::Block, blocks));
        let all = all.chain(several(Disturbance::Unblock, blocks));
        let mut all: Vec<_> = all.map(|what| (self.crowd.chance.below(plan.faults.max(1)), what)).collect();
        all.sort_by_key(|(at, _)| *at);
        all.push((plan.faults, Disturbance::Nothing));
        all
    }

    async fn disturb(&mut self, disturbance: Disturbance, house: &mut House) -> anyhow::Result<()> {
        match disturbance {
            Disturbance::Kill => {
                house.kill().await?;
                self.restart(Deed::Killed, house).await?;
            }
            Disturbance::Drain => {
                house.drain().await?;
                self.restart(Deed::Drained, house).await?;
            }
            Disturbance::CutAll => self.crowd.cut_somebody(),
            Disturbance::Block => self.crowd.block_somebody(),
            Disturbance::Unblock => self.crowd.unblock_somebody(),
            Disturbance::Nothing => {}
        }
        Ok(())
    }

    async fn restart(&mut self, deed: Deed, house: &mut House) -> anyhow::Result<()> {
        self.journal.note(Operation::House { deed });
        let address = house.start().await?;
        self.journal.note(Operation::House { deed: Deed::Started });
        self.front.lead_to(address);
        self.crowd.lead_to(self.front.address);
        Ok(())
    }

    /// Peace. Every answer comes; then the house dies a last time, and what it has afterwards is the log.
    async fn calm(&mut self, plan: &Plan, house: &mut House) -> anyhow::Result<()> {
        self.journal.note(Operation::Healed);
        self.crowd.heal();
        self.say(plan, "healed, waiting for every answer");
        self.crowd.hush().await;
        house.kill().await?;
        self.restart(Deed::Killed, house).await
    }

    fn say(&mut self, plan: &Plan, what: &str) {
        let faults = self.journal.counted().borrow().faults;
        let line =
            format!("{:>4} s, {faults} of {} faults: {what}", self.began.elapsed().as_secs(), plan.faults);
        (self.tell)(&line);
    }
}

/// Reads every log to its end, past all proxies.
async fn read_logs(
    options: Options,
    rooms: &[RoomId],
    journal: &Journal,
) -> anyhow::Result<BTreeMap<RoomId, Seq>> {
    let (client, _) = Client::connect(options);
    let mut heads = BTreeMap::new();
    for room in rooms {
        let mut last = Seq::ZERO;
        let head = loop {
            let page = client.history(room, Range::After(last), 200).await?;
            last = page.messages.last().map_or(last, |event| event.seq);
            let (more, empty, head) = (page.more, page.messages.is_empty(), page.as_of);
            page.messages.into_iter().for_each(|event| journal.logged(event));
            if !more {
                break head;
            }
            ensure!(!empty, "there is more after {last} of {room}, and the page is empty");
        };
        journal.note(Operation::Head { room: room.clone(), seq: head });
        heads.insert(room.clone(), head);
    }
    client.close().await;
    Ok(heads)
}
