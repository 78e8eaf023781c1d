//! The program `teahouse-faults`: reads the command line, runs once or checks a record, says what came of it.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use teahouse_client::Transport;
use teahouse_faults::broken::{Violation, trace};
use teahouse_faults::check::check;
use teahouse_faults::fault::Rates;
use teahouse_faults::front::Front;
use teahouse_faults::history::{self, Operation};
use teahouse_faults::house::Limits;
use teahouse_faults::nginx::Passing;
use teahouse_faults::run::{Plan, run};
use teahouse_faults::summary::Summary;
use tokio::signal::unix::{SignalKind, signal};

/// Breaks connections, kills the house, and checks that nothing was lost, repeated or swapped.
#[derive(Debug, Parser)]
#[command(name = "teahouse-faults", version)]
struct CommandLine {
    /// Chooses everything; a run prints its own
    #[arg(long)]
    seed: Option<u64>,
    /// How many faults there are to be
    #[arg(long, default_value_t = 1_000)]
    faults: u64,
    /// How long that may take at most, in seconds
    #[arg(long, default_value_t = 600)]
    time: u64,
    /// People who talk, and listen
    #[arg(long, default_value_t = 10)]
    senders: usize,
    /// People who only listen
    #[arg(long, default_value_t = 5)]
    readers: usize,
    /// Rooms
    #[arg(long, default_value_t = 3)]
    rooms: usize,
    /// How people travel, in turn: websocket, stream, long_poll, poll, auto
    #[arg(long, value_delimiter = ',', default_value = "websocket,stream,long_poll,poll,auto", value_parser = transport)]
    transports: Vec<Travel>,
    /// How often the house is killed (SIGKILL)
    #[arg(long, default_value_t = 6)]
    kill: u64,
    /// How often the house is asked to stop (SIGTERM)
    #[arg(long, default_value_t = 2)]
    drain: u64,
    /// A house with tight limits behind slow lines that are never cut
    #[arg(long)]
    slow: bool,
    /// What stands in front of the house
    #[arg(long, value_enum, default_value_t = Before::Nothing)]
    front: Before,
    /// Where the history goes; without it only that of a failed run is kept, in the current folder
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Runs nothing, checks the history in this file again
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "history"])]
    check: Option<PathBuf>,
}

/// What may stand in front of the house.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Before {
    Nothing,
    /// An nginx with nothing but `proxy_pass`
    Nginx,
    /// An nginx that passes upgrades on
    NginxUpgrade,
    Tls,
}

/// One transport, or none: whichever works.
type Travel = Option<Transport>;

fn transport(text: &str) -> Result<Travel, String> {
    if text == "auto" { Ok(None) } else { text.parse().map(Some) }
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let judged = match &line.check {
        Some(file) => judge(file),
        None => run_once(&line),
    };
    match judged {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell(&format!("teahouse-faults: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn judge(file: &PathBuf) -> anyhow::Result<bool> {
    let lines = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let history = history::read(BufReader::new(lines))?;
    let violations = check(&history);
    say(&history, &violations)?;
    Ok(violations.is_empty())
}

fn run_once(line: &CommandLine) -> anyhow::Result<bool> {
    let seed = line.seed.unwrap_or_else(rand::random);
    let mut out = std::io::stdout();
    writeln!(out, "seed      {seed}")?;
    let (rates, limits) =
        if line.slow { (Rates::slow(), Limits::Tight) } else { (Rates::rough(), Limits::Generous) };
    let plan = Plan {
        seed,
        faults: line.faults,
        time_max: Duration::from_secs(line.time),
        senders: line.senders,
        readers: line.readers,
        rooms: line.rooms,
        transports: line.transports.clone(),
        kills: line.kill,
        drains: line.drain,
        rates,
        limits,
        front: match line.front {
            Before::Nothing => Front::Plain,
            Before::Nginx => Front::Nginx(Passing::Default),
            Before::NginxUpgrade => Front::Nginx(Passing::Upgrade),
            Before::Tls => Front::Tls,
        },
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run(&plan, tell) => outcome,
            () = stop() => anyhow::bail!("stopped before its end"),
        }
    })?;
    say(&outcome.history, &outcome.violations)?;
    let failed = !outcome.violations.is_empty();
    let file = line.history.clone().or_else(|| failed.then(|| format!("faults-{seed}.ndjson").into()));
    if let Some(file) = file {
        let to = File::create(&file).with_context(|| format!("{} cannot be written", file.display()))?;
        history::write(&outcome.history, BufWriter::new(to))?;
        writeln!(out, "history   {}", file.display())?;
    }
    Ok(!failed)
}

/// Done when the program is asked to stop: ended by force, it would leave the house running.
async fn stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn say(history: &[Operation], violations: &[Violation]) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    write!(out, "{}", trace(history, violations, 5))?;
    Ok(writeln!(out, "{}", Summary::new(history, violations))?)
}

/// One line for whoever waits.
fn tell(line: &str) {
    // Nothing can be done if even this cannot be said.
    drop(writeln!(std::io::stderr(), "{line}"));
}
