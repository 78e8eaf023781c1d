//! The command `fanout`: what it costs the server that everybody in a room hears everybody, as
//! CPU per delivery against the floor of the same bytes in the same run, the two interleaved.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::crowd::Crowd;
use crate::delay;
use crate::dialect::{Dialect, Door, Host};
use crate::load::{self, Load, Outcome, Until};
use crate::report::{self, Row};
use crate::system;
use crate::target::{Places, Target};

/// Options of `fanout`.
#[derive(Args, Clone, Debug)]
pub struct FanoutOptions {
    /// How many people are in the room; several sizes with commas.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub people: Vec<u32>,
    /// How many messages are under way at once; 1: the next leaves when all have got it.
    #[arg(long, value_delimiter = ',', default_value = "1,10,64", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub in_flight: Vec<u32>,
    /// Messages of each run, instead of as many as 1.5 s of CPU take.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub messages: Option<u64>,
    /// How often each case is run, server and floor by turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: u32,
    /// Which door of the server.
    #[arg(long, value_enum, default_value_t = RoomChoice::Both)]
    pub room: RoomChoice,
    /// CPU seconds of the process that a run takes at least, unless `--seconds` are over.
    #[arg(long, default_value_t = 1.5)]
    pub cpu_seconds: f64,
    /// Wall seconds of a run at most.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=15))]
    pub seconds: u64,
    /// Measure the floor with one write for each message as well.
    #[arg(long)]
    pub unjoined: bool,
    /// Measure the floor that writes by io_uring as well.
    #[arg(long)]
    pub uring: bool,
    /// Measure the delay at 20 messages a second into 500 people instead of CPU.
    #[arg(long)]
    pub delay: bool,
    #[command(flatten)]
    pub common: CommonOptions,
}

/// Options of every measurement.
#[derive(Args, Clone, Debug)]
pub struct CommonOptions {
    /// The server under test; the `teahouse` beside this program when absent.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// The folder in which data folders are made and removed; its disk is what is measured.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Write the numbers to this file as well.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl CommonOptions {
    /// Finds the programs and the folder.
    pub fn places(&self) -> Result<Places> {
        let bench = std::env::current_exe().context("cannot find this program itself")?;
        let data = self.data.clone().unwrap_or_else(std::env::temp_dir);
        let server = self.server.clone().unwrap_or_else(|| bench.with_file_name("teahouse"));
        Ok(Places { bench, server, data })
    }
}

/// Which doors to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoomChoice {
    /// `/chat`: texts in, HTML fragments out.
    Plain,
    /// `/v1/ws`: the whole protocol.
    Full,
    Both,
}

impl RoomChoice {
    /// The doors, one by one.
    #[must_use]
    pub fn doors(self) -> &'static [Door] {
        match self {
            Self::Plain => &[Door::Plain],
            Self::Full => &[Door::Full],
            Self::Both => &[Door::Plain, Door::Full],
        }
    }
}

/// Runs the command.
pub fn run(options: &FanoutOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    if options.delay {
        return delay::run(options, files_max, stop);
    }
    let sizes = if options.people.is_empty() { &[1000][..] } else { &options.people };
    let mut rows = Vec::new();
    for people in sizes.iter().map(|people| *people as usize) {
        system::check_file_limit(people, files_max)?;
        for door in options.room.doors() {
            let crowds = 2 + usize::from(options.unjoined) + usize::from(options.uring);
            let all_fit = system::check_file_limit(crowds * people, files_max).is_ok();
            rows.extend(Measurement::new(options, *door, people, all_fit, stop)?.run()?);
        }
    }
    report::print_rows(&rows)?;
    report::write_json(options.common.json.as_deref(), &rows)
}

/// One room of one size: the processes, their crowds and what was measured.
struct Measurement<'a> {
    options: &'a FanoutOptions,
    door: Door,
    people: usize,
    /// The server, the floor, and perhaps others.
    contenders: Vec<Contender>,
    unjoined: Option<usize>,
    uring: Option<usize>,
    /// Whether all crowds can be there at once; else one after the other.
    all_fit: bool,
}

/// A process and its crowd.
struct Contender {
    target: Target,
    dialect: Dialect,
    crowd: Option<Crowd>,
    /// The outcomes of each case, one for each repeat.
    outcomes: Vec<Vec<Outcome>>,
    stop: Arc<AtomicBool>,
}

impl<'a> Measurement<'a> {
    fn new(
        options: &'a FanoutOptions,
        door: Door,
        people: usize,
        all_fit: bool,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self> {
        let places = options.common.places()?;
        let cases = options.in_flight.len();
        let floor = Host::Floor { greeting_bytes: 64 };
        let mut contenders = vec![
            Contender::new(Target::server(&places)?, door, Host::Server, cases, stop),
            Contender::new(Target::floor(&places, true)?, door, floor, cases, stop),
        ];
        let mut add = |target| {
            contenders.push(Contender::new(target, door, floor, cases, stop));
            contenders.len() - 1
        };
        let unjoined = options.unjoined.then(|| Target::floor(&places, false)).transpose()?.map(&mut add);
        let uring = options.uring.then(|| Target::ring_floor(&places)).transpose()?.map(&mut add);
        Ok(Self { options, door, people, contenders, unjoined, uring, all_fit })
    }

    fn run(mut self) -> Result<Vec<Row>> {
        let cases: Vec<usize> = (0..self.options.in_flight.len()).collect();
        // With all crowds there the hosts take turns at each case, else at each repeat.
        let batch = if self.all_fit { 1 } else { cases.len() };
        for _ in 0..self.options.repeats {
            for cases in cases.chunks(batch) {
                self.take_turns(cases)?;
            }
        }
        Ok(cases.iter().map(|case| self.row(*case)).collect())
    }

    fn take_turns(&mut self, cases: &[usize]) -> Result<()> {
        for index in 0..self.contenders.len() {
            for other in &mut self.contenders {
                other.look_up()?;
            }
            for case in cases {
                let wire_bytes = self.server_bytes(*case);
                let load = self.load(*case);
                let contender = &mut self.contenders[index];
                let outcome = contender.measure(self.people, load, wire_bytes);
                let outcome = outcome.with_context(|| contender.target.last_words())?;
                contender.outcomes[*case].push(outcome);
            }
            if !self.all_fit {
                self.contenders[index].crowd = None;
            }
        }
        Ok(())
    }

    fn load(&self, case: usize) -> Load {
        let until = match self.options.messages {
            Some(messages) => Until::Messages(messages),
            None => Until::Cpu {
                cpu: Duration::from_secs_f64(self.options.cpu_seconds),
                wall_max: Duration::from_secs(self.options.seconds),
            },
        };
        Load { in_flight: self.options.in_flight[case] as usize, until }
    }

    /// Bytes of a delivery that the server had last in this case: the floor sends as many.
    fn server_bytes(&self, case: usize) -> usize {
        let last = self.contenders[0].outcomes[case].last();
        last.map_or(0, |outcome| outcome.bytes_per_delivery().round() as usize)
    }

    fn row(&self, case: usize) -> Row {
        let outcomes = |index: usize| &self.contenders[index].outcomes[case][..];
        let load = self.options.in_flight[case] as usize;
        let name = (self.door.name(), self.people, load);
        Row::of(name, outcomes(0), outcomes(1), self.unjoined.map(outcomes), self.uring.map(outcomes))
    }
}

impl Contender {
    fn new(target: Target, door: Door, host: Host, cases: usize, stop: &Arc<AtomicBool>) -> Self {
        Self {
            target,
            dialect: Dialect { door, host },
            crowd: None,
            outcomes: vec![Vec::new(); cases],
            stop: Arc::clone(stop),
        }
    }

    fn look_up(&mut self) -> Result<()> {
        self.crowd.as_mut().map_or(Ok(()), Crowd::look_up)
    }

    fn measure(&mut self, people: usize, load: Load, wire_bytes: usize) -> Result<Outcome> {
        let mut crowd = match self.crowd.take() {
            Some(crowd) => crowd,
            None => self.invite(people)?,
        };
        if self.dialect.host != Host::Server {
            crowd.order_size(wire_bytes)?;
        }
        let outcome = load::run(&mut crowd, load, self.target.pid())?;
        ensure!(outcome.deliveries > 0, "nothing was said within the time");
        self.crowd = Some(crowd);
        Ok(outcome)
    }

    fn invite(&self, people: usize) -> Result<Crowd> {
        let stop = Arc::clone(&self.stop);
        let mut crowd = Crowd::new(self.target.address(), self.dialect, stop)?;
        crowd.grow(people)?;
        Ok(crowd)
    }
}
