//! The rounds of a comparison: each contender by turns, started anew each time, and right after it the
//! floor with frames of the same size. Somebody who fails is left out from there on; the others go on.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::contender::{Contender, Ready};
use super::figures::{Collected, Measure, grouped};
use crate::crowd::Crowd;
use crate::delay::{self, Quantiles};
use crate::dialect::{Dialect, Door, Host};
use crate::idle::{self, Life, Step};
use crate::load::{self, Load, Outcome, Until};
use crate::target::{Places, Target};

/// Before the first message that counts, so that runtimes have compiled what they use.
const WARM_UP: Duration = Duration::from_millis(300);

/// What is measured, and how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Sizes of the room.
    pub people: Vec<usize>,
    /// Counts of idle connections, rising.
    pub connections: Vec<usize>,
    pub repeats: u32,
    /// Messages under way at once where it is busy.
    pub in_flight: usize,
    /// CPU seconds of the process that a run takes, unless the wall seconds are over.
    pub cpu_seconds: f64,
    pub seconds: u64,
    /// People in the room whose delay is measured.
    pub delay_people: usize,
}

/// What the rounds have found so far.
pub struct Rounds<'a> {
    plan: &'a Plan,
    places: &'a Places,
    contenders: &'a [Ready],
    stop: &'a Arc<AtomicBool>,
    pub collected: Collected,
    /// Who failed at what, and why.
    pub faults: BTreeMap<(Contender, Case), String>,
}

/// One kind of round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Room { people: usize },
    Delay,
    Idle,
}

/// A running process and how to talk to it.
struct Stand<'a> {
    target: Target,
    dialect: Dialect,
    stop: &'a Arc<AtomicBool>,
}

/// The two loads of one room.
struct Talk {
    alone: Outcome,
    busy: Outcome,
}

/// The delays in one room, and the bytes of a delivery there.
struct Paced {
    delays: Quantiles,
    wire_bytes: f64,
}

impl Case {
    /// What is done in it.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Room { people } => format!("room of {}", grouped(people as f64)),
            Self::Delay => "delay".into(),
            Self::Idle => "idle connections".into(),
        }
    }
}

impl<'a> Rounds<'a> {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(
        plan: &'a Plan,
        places: &'a Places,
        contenders: &'a [Ready],
        stop: &'a Arc<AtomicBool>,
    ) -> Self {
        let (collected, faults) = (Collected::default(), BTreeMap::new());
        Self { plan, places, contenders, stop, collected, faults }
    }

    /// Measures everything; an error only if it was interrupted.
    pub fn run(&mut self) -> Result<()> {
        let rooms = self.plan.people.iter().map(|people| Case::Room { people: *people });
        let mut cases: Vec<Case> = rooms.collect();
        cases.extend((self.plan.delay_people > 0).then_some(Case::Delay));
        cases.extend((!self.plan.connections.is_empty()).then_some(Case::Idle));
        for case in cases {
            for repeat in 1..=self.plan.repeats {
                for ready in self.contenders {
                    self.turn(case, repeat, ready)?;
                }
            }
        }
        Ok(())
    }

    fn turn(&mut self, case: Case, repeat: u32, ready: &Ready) -> Result<()> {
        let key = (ready.contender, case);
        if self.faults.contains_key(&key) {
            return Ok(());
        }
        let (what, of, who) = (case.title(), self.plan.repeats, ready.contender.title());
        writeln!(std::io::stderr(), "{what}, repeat {repeat} of {of}: {who}")?;
        let measured = match case {
            Case::Room { people } => self.room(ready, people),
            Case::Delay => self.delay(ready),
            Case::Idle => self.idle(ready),
        };
        if let Err(error) = measured {
            if self.stop.load(Ordering::Relaxed) {
                bail!("interrupted");
            }
            writeln!(std::io::stderr(), "{what}: {who} failed: {error:#}")?;
            self.faults.insert(key, format!("{error:#}"));
        }
        Ok(())
    }

    fn room(&mut self, ready: &Ready, people: usize) -> Result<()> {
        let (found, floor) = self.pair(ready, |stand, beside: Option<&Talk>| {
            let mut crowd = stand.crowd(people)?;
            if let Some(beside) = beside {
                crowd.order_size(beside.busy.bytes_per_delivery().round() as usize)?;
            }
            self.talk(&mut crowd, stand.target.pid())
        })?;
        let mut add = |measure, number: fn(&Talk) -> f64| {
            self.collected.add(measure, ready.contender, number(&found), floor.as_ref().map(number));
        };
        add(Measure::DeliveriesPerS { people }, |talk| {
            talk.busy.deliveries as f64 / talk.busy.wall.as_secs_f64()
        });
        add(Measure::UsBusy { people }, |talk| talk.busy.us_per_delivery());
        add(Measure::UsAlone { people }, |talk| talk.alone.us_per_delivery());
        add(Measure::ServerCores { people }, |talk| {
            talk.busy.cpu.as_secs_f64() / talk.busy.wall.as_secs_f64()
        });
        add(Measure::GeneratorCores { people }, |talk| {
            talk.busy.generator_cpu.as_secs_f64() / talk.busy.wall.as_secs_f64()
        });
        Ok(())
    }

    fn talk(&self, crowd: &mut Crowd, pid: u32) -> Result<Talk> {
        let alone = |cpu, wall_max| Load { in_flight: 1, until: Until::Cpu { cpu, wall_max } };
        let (cpu, wall) =
            (Duration::from_secs_f64(self.plan.cpu_seconds), Duration::from_secs(self.plan.seconds));
        load::measure(crowd, alone(WARM_UP, WARM_UP), pid)?;
        let alone = load::measure(crowd, alone(cpu, wall), pid)?;
        let until = Until::Cpu { cpu, wall_max: wall };
        let busy = load::measure(crowd, Load { in_flight: self.plan.in_flight, until }, pid)?;
        ensure!(alone.deliveries > 0 && busy.deliveries > 0, "nothing was said within the time");
        Ok(Talk { alone, busy })
    }

    fn delay(&mut self, ready: &Ready) -> Result<()> {
        let (found, floor) = self.pair(ready, |stand, beside: Option<&Paced>| {
            let mut crowd = stand.crowd(self.plan.delay_people)?;
            if let Some(beside) = beside {
                crowd.order_size(beside.wire_bytes.round() as usize)?;
            }
            let delays = delay::pace(&mut crowd, self.plan.seconds, None)?;
            let tally = crowd.tally();
            Ok(Paced { delays, wire_bytes: tally.message_bytes as f64 / tally.deliveries as f64 })
        })?;
        let mut add = |measure, number: fn(&Paced) -> f64| {
            self.collected.add(measure, ready.contender, number(&found), floor.as_ref().map(number));
        };
        add(Measure::DelayP50Ms, |paced| paced.delays.p50_ms);
        add(Measure::DelayP99Ms, |paced| paced.delays.p99_ms);
        add(Measure::DelayP999Ms, |paced| paced.delays.p999_ms);
        self.collected.add(Measure::WireBytes, ready.contender, found.wire_bytes, None);
        Ok(())
    }

    fn idle(&mut self, ready: &Ready) -> Result<()> {
        let door = ready.contender.dialect().door;
        let (found, floor) = self.pair(ready, |stand, beside: Option<&Vec<Step>>| {
            let dialect = match beside {
                Some(steps) => floor_dialect(door, steps[0].greeting_bytes.round() as usize),
                None => stand.dialect,
            };
            idle::grow_by_steps(&stand.target, dialect, &self.plan.connections, Life::default(), self.stop)
        })?;
        let contender = ready.contender;
        for step in &found {
            let measure = Measure::IdleBytes { connections: step.connections };
            self.collected.add(measure, contender, step.bytes_since_empty, None);
        }
        let mut add = |measure, number: fn(&Step) -> f64| {
            let floor = floor.as_ref().map(|steps| number(&steps[0]));
            self.collected.add(measure, contender, number(&found[0]), floor);
        };
        add(Measure::ConnectionsPerS, |step| step.arrivals_per_s);
        add(Measure::UsPerConnection, |step| step.cpu_us);
        Ok(())
    }

    /// Measures a contender and then the floor, told what was found before; never both at once.
    fn pair<T>(
        &self,
        ready: &Ready,
        measure: impl Fn(&Stand<'_>, Option<&T>) -> Result<T>,
    ) -> Result<(T, Option<T>)> {
        let dialect = ready.contender.dialect();
        let stand = Stand { target: ready.start(self.places)?, dialect, stop: self.stop };
        let found = measure(&stand, None).with_context(|| stand.target.last_words())?;
        drop(stand);
        if ready.contender == Contender::Floor {
            return Ok((found, None));
        }
        let target = Target::floor(self.places, true)?;
        let floor = Stand { target, dialect: floor_dialect(dialect.door, 64), stop: self.stop };
        let beside = measure(&floor, Some(&found)).context("the floor beside it")?;
        Ok((found, Some(beside)))
    }
}

impl Stand<'_> {
    fn crowd(&self, people: usize) -> Result<Crowd> {
        let mut crowd = Crowd::new(self.target.address(), self.dialect, Arc::clone(self.stop))?;
        crowd.grow(people)?;
        Ok(crowd)
    }
}

fn floor_dialect(door: Door, greeting_bytes: usize) -> Dialect {
    Dialect { door, host: Host::Floor { greeting_bytes } }
}
