//! `fanout --delay`: how long a message takes from its sender to everybody, at a pace that leaves
//! the host idle in between. Beside it stands what one sync of the disk takes, since the server
//! stores each message before it delivers it and the floor stores none.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::crowd::Crowd;
use crate::dialect::{Dialect, Door, Host};
use crate::fanout::FanoutOptions;
use crate::report::{self, Spread};
use crate::system;
use crate::target::{Places, Target};

const PEOPLE: usize = 500;
const PACE: Duration = Duration::from_millis(50);
/// Messages before the first that counts.
const WARM_UP: usize = 10;
const SYNCS: usize = 100;
/// The delay's goal: this times the floor's, plus one sync.
const RATIO_GOAL: f64 = 1.2;

/// The delay in one room, in ms; each a spread over the repeats.
#[derive(Clone, Debug, Serialize)]
struct Row {
    room: &'static str,
    people: usize,
    server_p50_ms: Spread,
    server_p99_ms: Spread,
    floor_p50_ms: Spread,
    floor_p99_ms: Spread,
    sync_p50_ms: Spread,
    sync_p99_ms: Spread,
    goal_p99_ms: f64,
    meets_goal: bool,
}

/// The middle and the slow end of some delays, in ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantiles {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
}

/// Runs the delay case.
pub fn run(options: &FanoutOptions, files_max: u64, stop: &Arc<AtomicBool>) -> Result<()> {
    let places = options.common.places()?;
    let people = options.people.first().map_or(PEOPLE, |people| *people as usize);
    system::check_file_limit(2 * people, files_max)?;
    let mut rows = Vec::new();
    for door in options.room.doors() {
        rows.push(measure(*door, people, options, &places, stop)?);
    }
    let head = [
        "room",
        "people",
        "server p50 ms",
        "p99",
        "floor p50 ms",
        "p99",
        "sync p50 ms",
        "p99",
        "goal p99 ms",
    ];
    report::print_table(&head, &rows.iter().map(Row::cells).collect::<Vec<_>>())?;
    report::write_json(options.common.json.as_deref(), &rows)
}

fn measure(
    door: Door,
    people: usize,
    options: &FanoutOptions,
    places: &Places,
    stop: &Arc<AtomicBool>,
) -> Result<Row> {
    let server = Target::server(places)?;
    let floor = Target::floor(places, true)?;
    let dialect = |host| Dialect { door, host };
    let floor_host = Host::Floor { greeting_bytes: 64 };
    let mut served = Crowd::new(server.address(), dialect(Host::Server), Arc::clone(stop))?;
    let mut floored = Crowd::new(floor.address(), dialect(floor_host), Arc::clone(stop))?;
    served.grow(people)?;
    floored.grow(people)?;
    let (mut server_delays, mut floor_delays, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        let before = served.tally();
        server_delays
            .push(pace(&mut served, options.seconds, options.messages).with_context(|| server.last_words())?);
        let after = served.tally();
        let deliveries = (after.deliveries - before.deliveries) as f64;
        let bytes = (after.message_bytes - before.message_bytes) as f64 / deliveries;
        floored.order_size(bytes.round() as usize)?;
        floor_delays
            .push(pace(&mut floored, options.seconds, options.messages).with_context(|| floor.last_words())?);
        served.look_up()?;
        syncs.push(Quantiles::of(&system::sync_times(server.folder(), SYNCS)?));
    }
    Ok(Row::of(door, people, &server_delays, &floor_delays, &syncs))
}

/// Says a message each 50 ms for so long, or so many, and times every delivery.
pub(crate) fn pace(crowd: &mut Crowd, seconds: u64, messages: Option<u64>) -> Result<Quantiles> {
    let by_time = seconds * 1000 / PACE.as_millis() as u64;
    let count = messages.unwrap_or(by_time) as usize + WARM_UP;
    let first = crowd.said();
    let mut said_at: Vec<Instant> = Vec::with_capacity(count);
    let mut delays = Vec::with_capacity(count * crowd.len());
    let start = Instant::now();
    while said_at.len() < count || !crowd.all_heard() {
        let due = start + PACE * said_at.len() as u32;
        let wait = due.saturating_duration_since(Instant::now());
        if said_at.len() < count && wait.is_zero() {
            // Any person, so that nobody's place in the server's list decides.
            let person = said_at.len() * 7919 % crowd.len();
            said_at.push(Instant::now());
            crowd.say(person)?;
            continue;
        }
        let wait = if said_at.len() < count { wait } else { PACE };
        crowd.turn(wait, |_, number| {
            let at = number.saturating_sub(first) as usize;
            if at >= WARM_UP
                && let Some(said) = said_at.get(at)
            {
                delays.push(said.elapsed());
            }
        })?;
        anyhow::ensure!(
            start.elapsed() < PACE * count as u32 + Duration::from_secs(30),
            "the deliveries did not come: {} of {}",
            delays.len(),
            count * crowd.len()
        );
    }
    crowd.settle()?;
    delays.sort_unstable();
    Ok(Quantiles::of(&delays))
}

impl Quantiles {
    fn of(sorted: &[Duration]) -> Self {
        let at = |share: f64| {
            let index = (sorted.len() as f64 * share) as usize;
            let value = sorted.get(index.min(sorted.len().saturating_sub(1)));
            value.map_or(f64::NAN, |delay| delay.as_secs_f64() * 1e3)
        };
        Self { p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) }
    }
}

impl Row {
    fn of(door: Door, people: usize, server: &[Quantiles], floor: &[Quantiles], syncs: &[Quantiles]) -> Self {
        let p50 = |all: &[Quantiles]| Spread::of(all.iter().map(|one| one.p50_ms));
        let p99 = |all: &[Quantiles]| Spread::of(all.iter().map(|one| one.p99_ms));
        let goal_p99_ms = RATIO_GOAL * p99(floor).median + p50(syncs).median;
        Self {
            room: door.name(),
            people,
            server_p50_ms: p50(server),
            server_p99_ms: p99(server),
            floor_p50_ms: p50(floor),
            floor_p99_ms: p99(floor),
            sync_p50_ms: p50(syncs),
            sync_p99_ms: p99(syncs),
            goal_p99_ms,
            meets_goal: p99(server).median <= goal_p99_ms,
        }
    }

    fn cells(&self) -> Vec<String> {
        let shown = |spread: Spread| format!("{:.1} ({:.1}–{:.1})", spread.median, spread.min, spread.max);
        let verdict = if self.meets_goal { "met" } else { "missed" };
        vec![
            self.room.into(),
            self.people.to_string(),
            shown(self.server_p50_ms),
            shown(self.server_p99_ms),
            shown(self.floor_p50_ms),
            shown(self.floor_p99_ms),
            shown(self.sync_p50_ms),
            shown(self.sync_p99_ms),
            format!("{:.1} {verdict}", self.goal_p99_ms),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_delays() {
        let delays: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let quantiles = Quantiles::of(&delays);
        assert_eq!((quantiles.p50_ms, quantiles.p99_ms, quantiles.p999_ms), (51.0, 100.0, 100.0));
        assert!(Quantiles::of(&[]).p50_ms.is_nan());
    }
}
