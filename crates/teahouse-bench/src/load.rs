//! One measured run: so many messages in flight, until enough CPU was used or enough was said,
//! and until everybody heard everything. Knows a crowd and a process id, no programs.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::crowd::{Crowd, Progress};
use crate::system;

/// How often the process's CPU time is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const TURN: Duration = Duration::from_millis(20);

/// What to do in one run.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// 1: the next message leaves when all have got the one before. More: so many senders, each
    /// with one message in flight, who say the next when they got their own back.
    pub in_flight: usize,
    pub until: Until,
}

/// When a run has said enough.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Messages(u64),
    /// So much CPU time of the process, or so much wall time.
    Cpu {
        cpu: Duration,
        wall_max: Duration,
    },
}

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub messages: u64,
    pub deliveries: u64,
    pub wall: Duration,
    /// Of the process that was measured.
    pub cpu: Duration,
    pub generator_cpu: Duration,
    pub message_bytes: u64,
    pub other_bytes: u64,
    pub reads: u64,
}

impl Outcome {
    /// CPU of the process for each delivered message, in µs.
    #[must_use]
    pub fn us_per_delivery(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries as f64
    }

    /// Bytes on the wire for each delivered message, headers included.
    #[must_use]
    pub fn bytes_per_delivery(&self) -> f64 {
        self.message_bytes as f64 / self.deliveries as f64
    }
}

/// Runs a short load to warm up and then the measured one.
pub fn run(crowd: &mut Crowd, load: Load, pid: u32) -> Result<Outcome> {
    let warm_up = Until::Messages(10 + 2 * load.in_flight as u64);
    Run::new(crowd, load.in_flight).drive(warm_up, pid)?;
    measure(crowd, load, pid)
}

/// Runs the load without a warm-up: for whoever has warmed up in another way.
pub fn measure(crowd: &mut Crowd, load: Load, pid: u32) -> Result<Outcome> {
    let (tally, said, start) = (crowd.tally(), crowd.said(), Instant::now());
    let (cpu, own_cpu) = (system::cpu(pid)?, system::cpu(std::process::id())?);
    Run::new(crowd, load.in_flight).drive(load.until, pid)?;
    let after = crowd.tally();
    Ok(Outcome {
        messages: crowd.said() - said,
        deliveries: after.deliveries - tally.deliveries,
        wall: start.elapsed(),
        cpu: system::cpu(pid)?.saturating_sub(cpu),
        generator_cpu: system::cpu(std::process::id())?.saturating_sub(own_cpu),
        message_bytes: after.message_bytes - tally.message_bytes,
        other_bytes: after.other_bytes - tally.other_bytes,
        reads: after.reads - tally.reads,
    })
}

struct Run<'a> {
    crowd: &'a mut Crowd,
    in_flight: usize,
    /// Who said the message `first + index`.
    senders: Vec<usize>,
    first: u64,
    /// Senders who got their own message back.
    back: Vec<usize>,
}

impl<'a> Run<'a> {
    fn new(crowd: &'a mut Crowd, in_flight: usize) -> Self {
        let first = crowd.said();
        let in_flight = in_flight.min(crowd.len());
        Self { crowd, in_flight, senders: Vec::new(), first, back: Vec::new() }
    }

    fn drive(&mut self, until: Until, pid: u32) -> Result<()> {
        let mut enough = Enough::new(until, pid)?;
        let mut progress = Progress::new();
        // Spread over the crowd, as people in a room are.
        let stride = self.crowd.len() / self.in_flight;
        self.back = (0..self.in_flight).map(|sender| sender * stride).collect();
        while !enough.reached(self.senders.len() as u64)? {
            self.say_next(&enough)?;
            self.turn()?;
            progress.look(self.crowd.tally().deliveries)?;
        }
        self.crowd.settle()
    }

    fn say_next(&mut self, enough: &Enough) -> Result<()> {
        if self.in_flight == 1 && !self.crowd.all_heard() {
            return Ok(());
        }
        for sender in std::mem::take(&mut self.back) {
            if enough.messages(self.senders.len() as u64) {
                break;
            }
            self.crowd.say(sender)?;
            self.senders.push(sender);
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        let Self { crowd, senders, first, back, .. } = self;
        crowd.turn(TURN, |person, number| {
            // A message of an earlier run is a repeat; `settle` will find it.
            let own = number.checked_sub(*first).and_then(|at| senders.get(at as usize));
            if own == Some(&person) {
                back.push(person);
            }
        })
    }
}

/// Tells when a run has said enough.
struct Enough {
    until: Until,
    pid: u32,
    start: Instant,
    cpu: Duration,
    looked: Instant,
}

impl Enough {
    fn new(until: Until, pid: u32) -> Result<Self> {
        let now = Instant::now();
        Ok(Self { until, pid, start: now, cpu: system::cpu(pid)?, looked: now })
    }

    fn messages(&self, said: u64) -> bool {
        matches!(self.until, Until::Messages(messages) if said >= messages)
    }

    fn reached(&mut self, said: u64) -> Result<bool> {
        let Until::Cpu { cpu, wall_max } = self.until else {
            return Ok(self.messages(said));
        };
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(false);
        }
        self.looked = Instant::now();
        let used = system::cpu(self.pid)?.saturating_sub(self.cpu);
        Ok(used >= cpu || self.start.elapsed() >= wall_max)
    }
}
