//! The command `idle`: what a connection costs that does nothing. Memory of the process and CPU
//! for each new connection, for the server and for the floor in the same run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::crowd::Crowd;
use crate::dialect::{Dialect, Door, Host};
use crate::fanout::{CommonOptions, RoomChoice};
use crate::readers::{self, Waits};
use crate::report::{self, Spread};
use crate::system;
use crate::target::Target;

/// People who come and go before the measurement, so that no first use is counted.
pub(crate) const WARM_UP: usize = 64;
/// How long the process may finish what it does after the last answer.
const SETTLE: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_millis(100);
/// The goals: CPU against the floor's, and bytes of the process.
const CPU_RATIO_GOAL: f64 = 1.3;
const BYTES_GOAL: f64 = 1000.0;

/// Options of `idle`.
#[derive(Args, Clone, Debug)]
pub struct IdleOptions {
    /// How many connections; several counts with commas give the slope between them.
    #[arg(long, value_delimiter = ',', default_value = "10000", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub connections: Vec<u32>,
    /// Which door of the server.
    #[arg(long, value_enum, default_value_t = RoomChoice::Both)]
    pub room: RoomChoice,
    /// How often it is done, server and floor by turns; medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: u32,
    /// Readers who wait on these transports instead, beside each other.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub transport: Vec<Waits>,
    #[command(flatten)]
    pub common: CommonOptions,
}

/// What the connections of one step cost each.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) connections: usize,
    /// Anonymous memory of the process, since the step before.
    bytes: f64,
    /// The same since there was nobody.
    pub(crate) bytes_since_empty: f64,
    /// CPU from the connect to the answer of the greeting.
    pub(crate) cpu_us: f64,
    /// Arrivals in each second of this step.
    pub(crate) arrivals_per_s: f64,
    /// Kernel memory of both ends, in bytes; other processes' changes are in it.
    slab_bytes: Option<f64>,
    /// Bytes that came between the upgrade and the end of the greeting.
    pub(crate) greeting_bytes: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    room: &'static str,
    server: Step,
    floor: Step,
    /// Of the repeats: server by floor of the same repeat.
    cpu_ratio: Spread,
    cpu_ratio_goal: f64,
    bytes_goal: f64,
}

/// Runs the command.
pub fn run(options: &IdleOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    let mut steps: Vec<usize> = options.connections.iter().map(|count| *count as usize).collect();
    steps.sort_unstable();
    steps.dedup();
    for step in &steps {
        // The generator and the host hold one end each.
        system::check_file_limit(*step + WARM_UP, files_max)?;
    }
    if !options.transport.is_empty() {
        let (places, json) = (options.common.places()?, options.common.json.as_deref());
        return readers::run(&options.transport, steps[steps.len() - 1], &places, json, stop);
    }
    let mut rows = Vec::new();
    for door in options.room.doors() {
        rows.extend(compare(*door, &steps, options, stop)?);
    }
    print(&rows)?;
    report::write_json(options.common.json.as_deref(), &rows)
}

fn compare(door: Door, steps: &[usize], options: &IdleOptions, stop: &Arc<AtomicBool>) -> Result<Vec<Row>> {
    let places = options.common.places()?;
    let (mut served, mut floored) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        let dialect = Dialect { door, host: Host::Server };
        let server = measure(Target::server(&places)?, dialect, steps, stop)?;
        let greeting_bytes = server[0].greeting_bytes.round() as usize;
        let dialect = Dialect { door, host: Host::Floor { greeting_bytes } };
        floored.push(measure(Target::floor(&places, true)?, dialect, steps, stop)?);
        served.push(server);
    }
    Ok((0..steps.len()).map(|step| Row::of(door, step, &served, &floored)).collect())
}

impl Row {
    /// Sums up one step of all repeats.
    fn of(door: Door, step: usize, served: &[Vec<Step>], floored: &[Vec<Step>]) -> Self {
        let ratios = served.iter().zip(floored).map(|(a, b)| a[step].cpu_us / b[step].cpu_us);
        Self {
            room: door.name(),
            server: Step::median(step, served),
            floor: Step::median(step, floored),
            cpu_ratio: Spread::of(ratios),
            cpu_ratio_goal: CPU_RATIO_GOAL,
            bytes_goal: BYTES_GOAL,
        }
    }
}

impl Step {
    fn median(step: usize, repeats: &[Vec<Self>]) -> Self {
        let median = |value: fn(&Self) -> f64| Spread::of(repeats.iter().map(|one| value(&one[step]))).median;
        let slabs: Vec<f64> = repeats.iter().filter_map(|one| one[step].slab_bytes).collect();
        Self {
            connections: repeats[0][step].connections,
            bytes: median(|one| one.bytes),
            bytes_since_empty: median(|one| one.bytes_since_empty),
            cpu_us: median(|one| one.cpu_us),
            arrivals_per_s: median(|one| one.arrivals_per_s),
            slab_bytes: (!slabs.is_empty()).then(|| Spread::of(slabs).median),
            greeting_bytes: median(|one| one.greeting_bytes),
        }
    }
}

/// Measures one process from its start to its end.
fn measure(target: Target, dialect: Dialect, steps: &[usize], stop: &Arc<AtomicBool>) -> Result<Vec<Step>> {
    let measured = grow_by_steps(&target, dialect, steps, stop);
    let measured = measured.with_context(|| target.last_words());
    drop(target);
    measured
}

/// Lets people come by steps and stay, and looks at the process after each.
pub(crate) fn grow_by_steps(
    target: &Target,
    dialect: Dialect,
    steps: &[usize],
    stop: &Arc<AtomicBool>,
) -> Result<Vec<Step>> {
    let crowd = || Crowd::new(target.address(), dialect, Arc::clone(stop));
    let mut guests = crowd()?;
    guests.grow(WARM_UP)?;
    touch(&mut guests)?;
    drop(guests);
    let mut crowd = crowd()?;
    rest(&mut crowd, target.pid())?;
    let mut state = State::now(target.pid())?;
    let empty = state;
    let mut measured = Vec::new();
    for count in steps {
        let (before, arrived) = (crowd.tally(), count - crowd.len());
        ensure!(arrived > 0, "{count} connections are there already");
        let start = Instant::now();
        crowd.grow(*count)?;
        let arriving_s = start.elapsed().as_secs_f64();
        let greeting_bytes = crowd.tally().other_bytes - before.other_bytes;
        rest(&mut crowd, target.pid())?;
        let cpu = system::cpu(target.pid())?.saturating_sub(state.cpu);
        touch(&mut crowd)?;
        rest(&mut crowd, target.pid())?;
        let now = State::now(target.pid())?;
        measured.push(Step {
            connections: *count,
            bytes: (now.rss_bytes - state.rss_bytes) / arrived as f64,
            bytes_since_empty: (now.rss_bytes - empty.rss_bytes) / *count as f64,
            cpu_us: cpu.as_secs_f64() * 1e6 / arrived as f64,
            arrivals_per_s: arrived as f64 / arriving_s,
            slab_bytes: now.slab_bytes.zip(state.slab_bytes).map(|(now, then)| (now - then) / arrived as f64),
            greeting_bytes: greeting_bytes as f64 / arrived as f64,
        });
        state = now;
    }
    Ok(measured)
}

/// Everybody asks and is answered once, and one message goes to all.
fn touch(crowd: &mut Crowd) -> Result<()> {
    crowd.ask_all()?;
    crowd.say(0)?;
    crowd.settle()
}

/// Turns until the process has used no CPU for three looks, 2 s at most.
fn rest(crowd: &mut Crowd, pid: u32) -> Result<()> {
    let start = Instant::now();
    let (mut last, mut quiet) = (system::cpu(pid)?, 0);
    while quiet < 3 && start.elapsed() < SETTLE {
        crowd.turn(TURN, |_, _| ())?;
        let now = system::cpu(pid)?;
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
struct State {
    cpu: Duration,
    rss_bytes: f64,
    slab_bytes: Option<f64>,
}

impl State {
    fn now(pid: u32) -> Result<Self> {
        Ok(Self {
            cpu: system::cpu(pid)?,
            rss_bytes: system::rss_anon_bytes(pid)? as f64,
            slab_bytes: system::slab_bytes().map(|bytes| bytes as f64),
        })
    }
}

fn print(rows: &[Row]) -> Result<()> {
    let head = [
        "room",
        "connections",
        "server bytes",
        "since empty",
        "floor bytes",
        "server µs",
        "floor µs",
        "ratio (min–max)",
        "goals",
        "slab server",
        "slab floor",
        "greeting bytes",
    ];
    let slab = |step: Step| step.slab_bytes.map_or("-".into(), |bytes| format!("{bytes:.0}"));
    let cells = rows.iter().map(|row| {
        let verdict = |met: bool| if met { "met" } else { "missed" };
        let bytes = verdict(row.server.bytes_since_empty <= BYTES_GOAL);
        let cpu = verdict(row.cpu_ratio.median <= CPU_RATIO_GOAL);
        vec![
            row.room.to_string(),
            row.server.connections.to_string(),
            format!("{:.0}", row.server.bytes),
            format!("{:.0}", row.server.bytes_since_empty),
            format!("{:.0}", row.floor.bytes),
            format!("{:.1}", row.server.cpu_us),
            format!("{:.1}", row.floor.cpu_us),
            format!("{:.2} ({:.2}–{:.2})", row.cpu_ratio.median, row.cpu_ratio.min, row.cpu_ratio.max),
            format!("{BYTES_GOAL:.0} {bytes}, {CPU_RATIO_GOAL} {cpu}"),
            slab(row.server),
            slab(row.floor),
            format!("{:.0}", row.server.greeting_bytes),
        ]
    });
    report::print_table(&head, &cells.collect::<Vec<_>>())
}
