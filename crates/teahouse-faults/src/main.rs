//! The program `teahouse-faults`: reads the command line, runs once or checks a record, says what came of it.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use teahouse_client::Transport;
use teahouse_faults::balancer::Balancer;
use teahouse_faults::check::check;
use teahouse_faults::cluster::{self, roll};
use teahouse_faults::fault::Rates;
use teahouse_faults::front::Front;
use teahouse_faults::history;
use teahouse_faults::house::Limits;
use teahouse_faults::nginx::Passing;
use teahouse_faults::run::{Outcome, Plan, run};
use teahouse_faults::summary::Summary;
use teahouse_faults::trouble::Trouble;
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
    /// How many nodes, each on a host of its own, with PostgreSQL and NATS: needs root
    #[arg(long, value_name = "NODES")]
    nodes: Option<usize>,
    /// With nodes: how many troubles befall hosts
    #[arg(long, requires = "nodes")]
    troubles: Option<usize>,
    /// With nodes: the longest trouble, in seconds
    #[arg(long, requires = "nodes", default_value_t = 3.5)]
    lasting: f64,
    /// With nodes: nothing but a rolling restart, with so many people who talk all the while
    #[arg(long, requires = "nodes", value_name = "PEOPLE")]
    roll: Option<usize>,
    /// What stands in front of the house; nodes have a balancer, haproxy or nginx
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
    /// With nodes
    Haproxy,
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
    let summary = Summary::new(&history, &violations);
    let outcome = Outcome { history, violations, summary };
    say(&outcome)?;
    Ok(outcome.violations.is_empty())
}

fn run_once(line: &CommandLine) -> anyhow::Result<bool> {
    let seed = line.seed.unwrap_or_else(rand::random);
    let mut out = std::io::stdout();
    writeln!(out, "seed      {seed}")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = whatever_is_asked(line, seed) => outcome,
            () = stop() => anyhow::bail!("stopped before its end"),
        }
    });
    let again = || format!("again: {}", again(line, seed));
    let outcome = outcome.with_context(again)?;
    say(&outcome)?;
    let failed = !outcome.violations.is_empty();
    let file = line.history.clone().or_else(|| failed.then(|| format!("faults-{seed}.ndjson").into()));
    if let Some(file) = file {
        let to = File::create(&file).with_context(|| format!("{} cannot be written", file.display()))?;
        history::write(&outcome.history, BufWriter::new(to))?;
        writeln!(out, "history   {}", file.display())?;
    }
    if failed {
        writeln!(out, "{}", again())?;
    }
    Ok(!failed)
}

async fn whatever_is_asked(line: &CommandLine, seed: u64) -> anyhow::Result<Outcome> {
    let Some(nodes) = line.nodes else { return run(&of_one(line, seed)?, tell).await };
    let balancer = match line.front {
        Before::Nothing | Before::Haproxy => Balancer::Haproxy,
        Before::Nginx | Before::NginxUpgrade => Balancer::Nginx,
        Before::Tls => anyhow::bail!("nodes stand behind haproxy or nginx"),
    };
    let transports = line.transports.clone();
    if let Some(people) = line.roll {
        let plan = roll::Plan { seed, nodes, people, transports, balancer };
        return roll::run(&plan, tell).await;
    }
    let plan = cluster::run::Plan {
        seed,
        nodes,
        faults: line.faults,
        // Each takes some seconds: enough of them that every kind comes, and more where there is time.
        troubles: line
            .troubles
            .unwrap_or_else(|| Trouble::ALL.len() + usize::try_from(line.faults / 100).unwrap_or(usize::MAX)),
        time_max: Duration::from_secs(line.time),
        lasts_ms_max: u64::try_from(Duration::try_from_secs_f64(line.lasting)?.as_millis())?,
        senders: line.senders,
        readers: line.readers,
        rooms: line.rooms,
        transports,
        rates: if line.slow { Rates::slow() } else { Rates::rough() },
        balancer,
    };
    cluster::run::run(&plan, tell).await
}

fn of_one(line: &CommandLine, seed: u64) -> anyhow::Result<Plan> {
    let (rates, limits) =
        if line.slow { (Rates::slow(), Limits::Tight) } else { (Rates::rough(), Limits::Generous) };
    Ok(Plan {
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
            Before::Haproxy => anyhow::bail!("haproxy stands in front of nodes: --nodes 3"),
        },
    })
}

/// The command that repeats a run.
fn again(line: &CommandLine, seed: u64) -> String {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let seed = if line.seed.is_some() { String::new() } else { format!(" --seed {seed}") };
    format!("bin/faults {}{seed}", said.join(" "))
}

/// Done when the program is asked to stop: ended by force, it would leave the house running.
async fn stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn say(outcome: &Outcome) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    Ok(writeln!(out, "{}{}", outcome.trace(), outcome.summary)?)
}

/// One line for whoever waits.
fn tell(line: &str) {
    // Nothing can be done if even this cannot be said.
    drop(writeln!(std::io::stderr(), "{line}"));
}
