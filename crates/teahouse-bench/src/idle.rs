//! The command `idle`: what a connection costs that does nothing, and what all of them cost with one message a second.
//! Memory of the process, CPU for each new connection and for each message, for the server and for the floor in the
//! same run; and what more people would take (`projection`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::crowd::Crowd;
use crate::dialect::{Dialect, Door, Host};
use crate::fanout::{CommonOptions, RoomChoice};
use crate::projection::{self, Growth, Limits, Line, Machine, Projection};
use crate::pulse::{self, Pulse};
use crate::readers::{self, Waits};
use crate::report::{self, Spread};
use crate::system;
use crate::target::Target;

/// People who come and go before the measurement, so that no first use is counted.
pub(crate) const WARM_UP: usize = 64;
/// How long the process may finish what it does after the last answer.
const SETTLE: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_millis(100);
/// The counts without options, as far as open files allow.
const USUAL: [u32; 3] = [5_000, 10_000, 19_000];
/// Readers without options.
const READERS: usize = 10_000;
/// The goals: CPU against the floor's, and bytes of the process.
const CPU_RATIO_GOAL: f64 = 1.3;
const BYTES_GOAL: f64 = 1000.0;

/// Options of `idle`.
#[derive(Args, Clone, Debug)]
pub struct IdleOptions {
    /// How many connections; several counts with commas give the slope between them. Without it 5,000, 10,000 and
    /// 19,000, or as many as open files allow; of readers 10,000.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub connections: Vec<u32>,
    /// Which door of the server.
    #[arg(long, value_enum, default_value_t = RoomChoice::Both)]
    pub room: RoomChoice,
    /// How often it is done, server and floor by turns; medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: u32,
    /// How many messages go to all at each count, one a second.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(..=600))]
    pub each_second: u32,
    /// For so many seconds nobody says anything, with everybody there: heartbeats come every 25.
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(..=600))]
    pub quiet: u32,
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
    /// One message a second to all of them.
    pulse: Option<Pulse>,
    /// CPU seconds in each second while nobody says anything.
    quiet_cores: Option<f64>,
}

/// What happens at each step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Life {
    /// Messages to all, one a second.
    each_second: usize,
    /// How long nobody says anything at the last step.
    quiet: Duration,
    /// Bytes that the floor's deliveries shall have.
    wire_bytes: Option<usize>,
}

/// All numbers, for programs.
#[derive(Clone, Debug, Serialize)]
struct Report {
    steps: Vec<Row>,
    growth: Vec<Growth>,
    /// Not measured.
    projection: Vec<Projection>,
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    room: &'static str,
    server: Step,
    floor: Step,
    /// Of the repeats: server by floor of the same repeat.
    cpu_ratio: Spread,
    cpu_ratio_goal: f64,
    /// The same of a message to all.
    message_ratio: Option<Spread>,
    bytes_goal: f64,
}

/// Runs the command.
pub fn run(options: &IdleOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    let mut steps = counts(&options.connections, files_max);
    if options.connections.is_empty() && !options.transport.is_empty() {
        steps = vec![READERS];
    }
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
    if options.each_second > 0 {
        print_pulses(&rows)?;
    }
    let growth: Vec<Growth> = options.room.doors().iter().map(|door| growth(*door, &rows)).collect();
    let machine = Machine::now()?;
    projection::print(&growth, machine, Limits::now(files_max))?;
    let projection = projection::all(&growth, machine);
    report::write_json(options.common.json.as_deref(), &Report { steps: rows, growth, projection })
}

/// What was asked for, or the usual counts as far as they fit.
fn counts(asked: &[u32], files_max: u64) -> Vec<usize> {
    if !asked.is_empty() {
        return asked.iter().map(|count| *count as usize).collect();
    }
    let most = files_max.saturating_sub(system::FILES_SPARE + WARM_UP as u64) as usize;
    USUAL.iter().map(|count| (*count as usize).min(most)).collect()
}

/// How the server grew with the steps of this room.
fn growth(door: Door, rows: &[Row]) -> Growth {
    let steps = || rows.iter().filter(|row| row.room == door.name()).map(|row| row.server);
    let line = |of: &dyn Fn(Step) -> Option<f64>| {
        let points: Vec<(f64, f64)> =
            steps().filter_map(|step| Some((step.connections as f64, of(step)?))).collect();
        (!points.is_empty()).then(|| Line::through(points))
    };
    let sums = |of: &dyn Fn(Step) -> Option<f64>| {
        let (mut there, mut sum) = (0, 0.0);
        let points = steps().map(|step| {
            sum += of(step)? * (step.connections - there) as f64;
            there = step.connections;
            Some((step.connections as f64, sum))
        });
        points.collect::<Option<Vec<_>>>().map(Line::through)
    };
    Growth {
        room: door.name(),
        process_bytes: Line::through(
            steps().map(|step| (step.connections as f64, step.bytes_since_empty * step.connections as f64)),
        ),
        kernel_bytes: sums(&|step| step.slab_bytes),
        quiet_cores: line(&|step| step.quiet_cores),
        message_s: line(&|step| step.pulse.map(|pulse| pulse.message_ms / 1e3)),
        arrival_s: sums(&|step| Some(step.cpu_us / 1e6)).unwrap_or(Line { base: 0.0, slope: f64::NAN }),
    }
}

fn compare(door: Door, steps: &[usize], options: &IdleOptions, stop: &Arc<AtomicBool>) -> Result<Vec<Row>> {
    let places = options.common.places()?;
    let (mut served, mut floored) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        let dialect = Dialect { door, host: Host::Server };
        let life = Life {
            each_second: options.each_second as usize,
            quiet: Duration::from_secs(options.quiet.into()),
            wire_bytes: None,
        };
        let server = measure(Target::server(&places)?, dialect, steps, life, stop)?;
        let greeting_bytes = server[0].greeting_bytes.round() as usize;
        let dialect = Dialect { door, host: Host::Floor { greeting_bytes } };
        let wire_bytes = server[0].pulse.map(|pulse| pulse.wire_bytes.round() as usize);
        // A quiet floor does nothing at all.
        let life = Life { quiet: Duration::ZERO, wire_bytes, ..life };
        floored.push(measure(Target::floor(&places, true)?, dialect, steps, life, stop)?);
        served.push(server);
    }
    Ok((0..steps.len()).map(|step| Row::of(door, step, &served, &floored)).collect())
}

impl Row {
    /// Sums up one step of all repeats.
    fn of(door: Door, step: usize, served: &[Vec<Step>], floored: &[Vec<Step>]) -> Self {
        let ratios = served.iter().zip(floored).map(|(a, b)| a[step].cpu_us / b[step].cpu_us);
        let pulses = served.iter().zip(floored).map(|(a, b)| a[step].pulse.zip(b[step].pulse));
        let pulses: Option<Vec<_>> = pulses.collect();
        let of_messages = |pulses: Vec<(Pulse, Pulse)>| {
            Spread::of(pulses.iter().map(|(server, floor)| server.message_ms / floor.message_ms))
        };
        Self {
            room: door.name(),
            server: Step::median(step, served),
            floor: Step::median(step, floored),
            cpu_ratio: Spread::of(ratios),
            cpu_ratio_goal: CPU_RATIO_GOAL,
            message_ratio: pulses.map(of_messages),
            bytes_goal: BYTES_GOAL,
        }
    }
}

impl Step {
    fn median(step: usize, repeats: &[Vec<Self>]) -> Self {
        let median = |value: fn(&Self) -> f64| Spread::of(repeats.iter().map(|one| value(&one[step]))).median;
        let slabs: Vec<f64> = repeats.iter().filter_map(|one| one[step].slab_bytes).collect();
        let quiet: Vec<f64> = repeats.iter().filter_map(|one| one[step].quiet_cores).collect();
        let pulses: Vec<Pulse> = repeats.iter().filter_map(|one| one[step].pulse).collect();
        Self {
            connections: repeats[0][step].connections,
            bytes: median(|one| one.bytes),
            bytes_since_empty: median(|one| one.bytes_since_empty),
            cpu_us: median(|one| one.cpu_us),
            arrivals_per_s: median(|one| one.arrivals_per_s),
            slab_bytes: (!slabs.is_empty()).then(|| Spread::of(slabs).median),
            greeting_bytes: median(|one| one.greeting_bytes),
            pulse: (!pulses.is_empty()).then(|| Pulse::median(&pulses)),
            quiet_cores: (!quiet.is_empty()).then(|| Spread::of(quiet).median),
        }
    }
}

/// Measures one process from its start to its end.
fn measure(
    target: Target,
    dialect: Dialect,
    steps: &[usize],
    life: Life,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<Step>> {
    let measured = grow_by_steps(&target, dialect, steps, life, stop);
    let measured = measured.with_context(|| target.last_words());
    drop(target);
    measured
}

/// Lets people come by steps and stay, and looks at the process after each.
pub(crate) fn grow_by_steps(
    target: &Target,
    dialect: Dialect,
    steps: &[usize],
    life: Life,
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
        let is_last = steps.last() == Some(count);
        let (pulse, quiet_cores) = live(&mut crowd, life, is_last, target.pid())?;
        measured.push(Step {
            connections: *count,
            bytes: (now.rss_bytes - state.rss_bytes) / arrived as f64,
            bytes_since_empty: (now.rss_bytes - empty.rss_bytes) / *count as f64,
            cpu_us: cpu.as_secs_f64() * 1e6 / arrived as f64,
            arrivals_per_s: arrived as f64 / arriving_s,
            slab_bytes: now.slab_bytes.zip(state.slab_bytes).map(|(now, then)| (now - then) / arrived as f64),
            greeting_bytes: greeting_bytes as f64 / arrived as f64,
            pulse,
            quiet_cores,
        });
        // What the messages left behind is counted with the next step.
        state = State { cpu: system::cpu(target.pid())?, ..now };
    }
    Ok(measured)
}

/// The messages of a step, and the quiet of the last.
fn live(crowd: &mut Crowd, life: Life, is_last: bool, pid: u32) -> Result<(Option<Pulse>, Option<f64>)> {
    let mut pulse = None;
    if life.each_second > 0 {
        if let Some(wire_bytes) = life.wire_bytes {
            crowd.order_size(wire_bytes)?;
        }
        pulse = Some(pulse::run(crowd, life.each_second, pid)?);
        rest(crowd, pid)?;
    }
    let is_quiet = is_last && !life.quiet.is_zero();
    let quiet_cores = is_quiet.then(|| pulse::quiet(crowd, life.quiet, pid)).transpose()?;
    Ok((pulse, quiet_cores))
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

fn print_pulses(rows: &[Row]) -> Result<()> {
    report::print_line("\nOne message a second to all of them:\n")?;
    let head = [
        "room",
        "connections",
        "server CPU s/s",
        "floor",
        "ratio (min–max)",
        "server µs each",
        "until all have it, p50 ms",
        "slowest",
        "floor p50 ms",
        "slowest",
        "generator CPU s/s",
        "quiet CPU s/s",
    ];
    let cells = rows.iter().filter_map(|row| {
        let (server, floor, ratio) = (row.server.pulse?, row.floor.pulse?, row.message_ratio?);
        Some(vec![
            row.room.to_string(),
            row.server.connections.to_string(),
            format!("{:.3}", server.cores),
            format!("{:.3}", floor.cores),
            format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.min, ratio.max),
            format!("{:.2}", server.us_per_delivery),
            format!("{:.0}", server.last_p50_ms),
            format!("{:.0}", server.last_max_ms),
            format!("{:.0}", floor.last_p50_ms),
            format!("{:.0}", floor.last_max_ms),
            format!("{:.3}", server.generator_cores),
            row.server.quiet_cores.map_or("-".into(), |cores| format!("{cores:.3}")),
        ])
    });
    report::print_table(&head, &cells.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_counts_are_as_many_as_open_files_allow() {
        assert_eq!(counts(&[], 20_000), [5_000, 10_000, 19_000]);
        assert_eq!(counts(&[], 8_128), [5_000, 8_000, 8_000]);
        assert_eq!(counts(&[7, 3], 20_000), [7, 3]);
    }
}
