//! Everybody is there and one message a second goes to all: what that takes of the server, and how long until the last
//! has it. Whoever misses one ends the run. Knows a crowd and a process id, no programs.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::crowd::Crowd;
use crate::report::Spread;
use crate::system;

const PACE: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(20);
/// A message that so long after the last was said is not with everybody is not coming.
const LATE_MAX: Duration = Duration::from_secs(60);

/// What one message a second cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Pulse {
    /// CPU seconds of the process in each second, and those of the generator.
    pub(crate) cores: f64,
    pub(crate) generator_cores: f64,
    /// CPU of the process for each message.
    pub(crate) message_ms: f64,
    pub(crate) us_per_delivery: f64,
    /// From the moment it is said until the last person has read it: the middle message and the slowest.
    pub(crate) last_p50_ms: f64,
    pub(crate) last_max_ms: f64,
    /// Bytes of a delivery.
    pub(crate) wire_bytes: f64,
}

/// CPU seconds of the process in each second in which nobody says anything, heartbeats included.
pub(crate) fn quiet(crowd: &mut Crowd, time: Duration, pid: u32) -> Result<f64> {
    let (start, cpu) = (Instant::now(), system::cpu(pid)?);
    while start.elapsed() < time {
        crowd.turn(TURN, |_, _| ())?;
    }
    Ok(system::cpu(pid)?.saturating_sub(cpu).as_secs_f64() / start.elapsed().as_secs_f64())
}

/// Says so many messages, one a second, each by somebody else.
pub(crate) fn run(crowd: &mut Crowd, messages: usize, pid: u32) -> Result<Pulse> {
    crowd.settle()?;
    let (tally, first, start) = (crowd.tally(), crowd.said(), Instant::now());
    let (cpu, own_cpu) = (system::cpu(pid)?, system::cpu(std::process::id())?);
    let mut said: Vec<Said> = Vec::with_capacity(messages);
    // The last second is waited for, too: it belongs to the share.
    while said.len() < messages || !crowd.all_heard() || start.elapsed() < PACE * messages as u32 {
        let due = start + PACE * said.len() as u32;
        let wait = due.saturating_duration_since(Instant::now());
        if said.len() < messages && wait.is_zero() {
            let person = said.len() * 7919 % crowd.len();
            said.push(Said { at: Instant::now(), last: None, heard: 0 });
            crowd.say(person)?;
        }
        crowd.turn(wait.min(TURN), |_, number| {
            let said = usize::try_from(number.saturating_sub(first)).ok().and_then(|at| said.get_mut(at));
            if let Some(said) = said {
                (said.last, said.heard) = (Some(Instant::now()), said.heard + 1);
            }
        })?;
        let late = said.last().is_some_and(|said| said.at.elapsed() > LATE_MAX);
        ensure!(!late, "a message is not with everybody after {} s", LATE_MAX.as_secs());
    }
    let wall = start.elapsed().as_secs_f64();
    let cpu = system::cpu(pid)?.saturating_sub(cpu).as_secs_f64();
    let own_cpu = system::cpu(std::process::id())?.saturating_sub(own_cpu).as_secs_f64();
    // Nobody missed one, and all heard the same.
    crowd.settle()?;
    ensure!(said.iter().all(|one| one.heard == crowd.len()), "a message was not counted by everybody");
    let after = crowd.tally();
    let deliveries = (after.deliveries - tally.deliveries) as f64;
    let last = Spread::of(said.iter().filter_map(Said::last_ms));
    Ok(Pulse {
        cores: cpu / wall,
        generator_cores: own_cpu / wall,
        message_ms: cpu * 1e3 / messages as f64,
        us_per_delivery: cpu * 1e6 / deliveries,
        last_p50_ms: last.median,
        last_max_ms: last.max,
        wire_bytes: (after.message_bytes - tally.message_bytes) as f64 / deliveries,
    })
}

impl Pulse {
    /// The middle of each number; of the slowest the slowest.
    pub(crate) fn median(pulses: &[Self]) -> Self {
        let median = |value: fn(&Self) -> f64| Spread::of(pulses.iter().map(value)).median;
        Self {
            cores: median(|one| one.cores),
            generator_cores: median(|one| one.generator_cores),
            message_ms: median(|one| one.message_ms),
            us_per_delivery: median(|one| one.us_per_delivery),
            last_p50_ms: median(|one| one.last_p50_ms),
            last_max_ms: Spread::of(pulses.iter().map(|one| one.last_max_ms)).max,
            wire_bytes: median(|one| one.wire_bytes),
        }
    }
}

/// One message under way.
struct Said {
    at: Instant,
    /// When somebody heard it last.
    last: Option<Instant>,
    heard: usize,
}

impl Said {
    fn last_ms(&self) -> Option<f64> {
        Some(self.last?.duration_since(self.at).as_secs_f64() * 1e3)
    }
}
