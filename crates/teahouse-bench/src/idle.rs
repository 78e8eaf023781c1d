//! The command `idle`: what a connection costs that does nothing. Memory of the process and CPU
//! for each new connection, for the server and for the floor in the same run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::crowd::Crowd;
use crate::dialect::{Dialect, Door, Host};
use crate::fanout::{CommonOptions, RoomChoice};
use crate::report;
use crate::system;
use crate::target::{Places, Target};

/// People who come and go before the measurement, so that no first use is counted.
const WARM_UP: usize = 64;
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
    #[command(flatten)]
    pub common: CommonOptions,
}

/// What the connections of one step cost each.
#[derive(Clone, Copy, Debug, Serialize)]
struct Step {
    connections: usize,
    /// Anonymous memory of the process, since the step before.
    bytes: f64,
    /// The same since there was nobody.
    bytes_since_empty: f64,
    /// CPU from the connect to the answer of the greeting.
    cpu_us: f64,
    /// Kernel memory of both ends, in bytes; other processes' changes are in it.
    slab_bytes: Option<f64>,
    /// Bytes that came between the upgrade and the end of the greeting.
    greeting_bytes: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    room: &'static str,
    server: Step,
    floor: Step,
    cpu_ratio: f64,
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
    let places = options.common.places()?;
    let mut rows = Vec::new();
    for door in options.room.doors() {
        rows.extend(compare(*door, &steps, &places, stop)?);
    }
    print(&rows)?;
    report::write_json(options.common.json.as_deref(), &rows)
}

fn compare(door: Door, steps: &[usize], places: &Places, stop: &Arc<AtomicBool>) -> Result<Vec<Row>> {
    let server = Target::server(places)?;
    let served = measure(&server, Dialect { door, host: Host::Server }, steps, stop);
    let served = served.with_context(|| server.last_words())?;
    drop(server);
    let bytes = served.first().map_or(0.0, |step| step.greeting_bytes);
    let host = Host::Floor { greeting_bytes: bytes.round() as usize };
    let floor = Target::floor(places, true)?;
    let floored = measure(&floor, Dialect { door, host }, steps, stop);
    let floored = floored.with_context(|| floor.last_words())?;
    let rows = served.iter().zip(&floored).map(|(server, floor)| Row {
        room: door.name(),
        server: *server,
        floor: *floor,
        cpu_ratio: server.cpu_us / floor.cpu_us,
        cpu_ratio_goal: CPU_RATIO_GOAL,
        bytes_goal: BYTES_GOAL,
    });
    Ok(rows.collect())
}

fn measure(target: &Target, dialect: Dialect, steps: &[usize], stop: &Arc<AtomicBool>) -> Result<Vec<Step>> {
    let crowd = |addresses| Crowd::new(target.address(), dialect, addresses, Arc::clone(stop));
    let mut guests = crowd(1)?;
    guests.grow(WARM_UP)?;
    touch(&mut guests)?;
    drop(guests);
    let mut crowd = crowd(2)?;
    rest(&mut crowd, target.pid())?;
    let mut state = State::now(target.pid())?;
    let empty = state;
    let mut measured = Vec::new();
    for count in steps {
        let (before, arrived) = (crowd.tally(), count - crowd.len());
        ensure!(arrived > 0, "{count} connections are there already");
        crowd.grow(*count)?;
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
    let start = std::time::Instant::now();
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
        "ratio",
        "goals",
        "slab server",
        "slab floor",
        "greeting bytes",
    ];
    let slab = |step: Step| step.slab_bytes.map_or("-".into(), |bytes| format!("{bytes:.0}"));
    let cells = rows.iter().map(|row| {
        let verdict = |met: bool| if met { "met" } else { "missed" };
        let bytes = verdict(row.server.bytes_since_empty <= BYTES_GOAL);
        let cpu = verdict(row.cpu_ratio <= CPU_RATIO_GOAL);
        vec![
            row.room.to_string(),
            row.server.connections.to_string(),
            format!("{:.0}", row.server.bytes),
            format!("{:.0}", row.server.bytes_since_empty),
            format!("{:.0}", row.floor.bytes),
            format!("{:.1}", row.server.cpu_us),
            format!("{:.1}", row.floor.cpu_us),
            format!("{:.2}", row.cpu_ratio),
            format!("{BYTES_GOAL:.0} {bytes}, {CPU_RATIO_GOAL} {cpu}"),
            slab(row.server),
            slab(row.floor),
            format!("{:.0}", row.server.greeting_bytes),
        ]
    });
    report::print_table(&head, &cells.collect::<Vec<_>>())
}
