//! The command `nodes`: deliveries a second and the delay of one room whose people are spread over one,
//! two and three nodes with one PostgreSQL and one NATS, all on this machine; and, beside it, of one node
//! with its own folder. On one machine all of them share its processors: it shows what the way over
//! PostgreSQL and NATS costs, not what more machines bring.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use teahouse_services::{Nats, Postgres};

use crate::crowd::Crowd;
use crate::delay;
use crate::dialect::{Dialect, Door, Host};
use crate::fanout::CommonOptions;
use crate::load::{self, Load, Until};
use crate::report::{self, Spread};
use crate::system;
use crate::target::{Places, Target};

/// Options of `nodes`.
#[derive(Args, Clone, Debug)]
pub struct NodesOptions {
    /// How many nodes; several numbers with commas.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3", value_parser = clap::value_parser!(u32).range(1..=9))]
    pub nodes: Vec<u32>,
    /// How many people are in the room, spread over the nodes.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub people: u32,
    /// How many messages are under way at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub in_flight: u32,
    /// Wall seconds of a run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// How often each case is run.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: u32,
    #[command(flatten)]
    pub common: CommonOptions,
}

/// What was measured of one house; each a spread over the repeats.
#[derive(Clone, Debug, Serialize)]
struct Row {
    store: &'static str,
    nodes: u32,
    people: u32,
    messages_per_s: Spread,
    deliveries_per_s: Spread,
    /// Of all nodes together, without PostgreSQL and NATS.
    us_per_delivery: Spread,
    /// At 20 messages a second.
    delay_p50_ms: Spread,
    delay_p99_ms: Spread,
}

/// A house and the people in its room.
struct Contender {
    store: &'static str,
    targets: Vec<Target>,
    crowd: Crowd,
}

/// One repeat.
struct Measured {
    messages_per_s: f64,
    deliveries_per_s: f64,
    us_per_delivery: f64,
    delay: delay::Quantiles,
}

/// Runs the command.
pub fn run(options: &NodesOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    system::check_file_limit(options.people as usize, files_max)?;
    let places = options.common.places()?;
    // What is acknowledged is on the disk, as it is for a house with its own folder.
    let postgres = Postgres::start_with(&[])?;
    let nats = Nats::start()?;
    let mut rows = vec![measure(options, || Contender::alone(&places, stop))?];
    for nodes in &options.nodes {
        rows.push(measure(options, || Contender::shared(&places, *nodes, (&postgres, &nats), stop))?);
    }
    let head = ["store", "nodes", "people", "messages/s", "deliveries/s", "µs/delivery", "p50 ms", "p99"];
    report::print_table(&head, &rows.iter().map(Row::cells).collect::<Vec<_>>())?;
    report::write_json(options.common.json.as_deref(), &rows)
}

fn measure(options: &NodesOptions, start: impl FnOnce() -> Result<Contender>) -> Result<Row> {
    let mut contender = start()?;
    contender.crowd.grow(options.people as usize).with_context(|| contender.last_words())?;
    let repeats = (0..options.repeats).map(|_| contender.measure(options));
    let measured = repeats.collect::<Result<Vec<_>>>().with_context(|| contender.last_words())?;
    let spread = |of: fn(&Measured) -> f64| Spread::of(measured.iter().map(of));
    Ok(Row {
        store: contender.store,
        nodes: u32::try_from(contender.targets.len()).context("some nodes")?,
        people: options.people,
        messages_per_s: spread(|it| it.messages_per_s),
        deliveries_per_s: spread(|it| it.deliveries_per_s),
        us_per_delivery: spread(|it| it.us_per_delivery),
        delay_p50_ms: spread(|it| it.delay.p50_ms),
        delay_p99_ms: spread(|it| it.delay.p99_ms),
    })
}

impl Contender {
    /// One node with its own folder.
    fn alone(places: &Places, stop: &Arc<AtomicBool>) -> Result<Self> {
        Self::of("sqlite", vec![Target::server(places)?], stop)
    }

    /// So many nodes of a new house.
    fn shared(
        places: &Places,
        nodes: u32,
        (postgres, nats): (&Postgres, &Nats),
        stop: &Arc<AtomicBool>,
    ) -> Result<Self> {
        let flags = ["--database".to_owned(), postgres.place()?, "--nats".into(), nats.url()];
        let targets = (0..nodes).map(|_| Target::node(places, &flags)).collect::<Result<_>>()?;
        Self::of("postgres", targets, stop)
    }

    fn of(store: &'static str, targets: Vec<Target>, stop: &Arc<AtomicBool>) -> Result<Self> {
        let dialect = Dialect { door: Door::Full, host: Host::Server };
        let addresses = targets.iter().map(Target::address).collect();
        let crowd = Crowd::among(addresses, dialect, Arc::clone(stop))?;
        Ok(Self { store, targets, crowd })
    }

    fn measure(&mut self, options: &NodesOptions) -> Result<Measured> {
        let (cpu, tally) = (self.cpu()?, self.crowd.tally());
        let wall_max = Duration::from_secs(options.seconds);
        // It is time that ends a run, not the processor time of one of the nodes.
        let until = Until::Cpu { cpu: Duration::MAX, wall_max };
        let load = Load { in_flight: options.in_flight as usize, until };
        let outcome = load::run(&mut self.crowd, load, self.targets[0].pid())?;
        ensure!(outcome.deliveries > 0, "nothing was said within the time");
        let cpu = self.cpu()?.saturating_sub(cpu);
        let deliveries = self.crowd.tally().deliveries - tally.deliveries;
        let delay = delay::pace(&mut self.crowd, options.seconds, None)?;
        let wall_s = outcome.wall.as_secs_f64();
        Ok(Measured {
            messages_per_s: outcome.messages as f64 / wall_s,
            deliveries_per_s: outcome.deliveries as f64 / wall_s,
            us_per_delivery: cpu.as_secs_f64() * 1e6 / deliveries as f64,
            delay,
        })
    }

    /// What all nodes have used.
    fn cpu(&self) -> Result<Duration> {
        self.targets.iter().map(|target| system::cpu(target.pid())).sum()
    }

    fn last_words(&self) -> String {
        self.targets.iter().map(Target::last_words).collect::<Vec<_>>().join("\n")
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let whole = |spread: Spread| format!("{:.0} ({:.0}–{:.0})", spread.median, spread.min, spread.max);
        let fine = |spread: Spread| format!("{:.1} ({:.1}–{:.1})", spread.median, spread.min, spread.max);
        vec![
            self.store.into(),
            self.nodes.to_string(),
            self.people.to_string(),
            whole(self.messages_per_s),
            whole(self.deliveries_per_s),
            fine(self.us_per_delivery),
            fine(self.delay_p50_ms),
            fine(self.delay_p99_ms),
        ]
    }
}
