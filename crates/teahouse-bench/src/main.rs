//! The program `teahouse-bench`: reads the command line and runs one command.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use teahouse_bench::comeback::{self, ComebackOptions};
use teahouse_bench::compare::{self, CompareOptions};
use teahouse_bench::fanout::{self, FanoutOptions};
use teahouse_bench::floor::{Fault, Floor, FloorOptions};
use teahouse_bench::idle::{self, IdleOptions};
use teahouse_bench::nodes::{self, NodesOptions};
use teahouse_bench::wire::{self, WireOptions};
use teahouse_bench::{interrupt, report, system, target};

/// Measures Teahouse against what the kernel alone costs. Loopback only, ends by itself.
#[derive(Parser)]
#[command(name = "teahouse-bench", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// CPU for each delivered message, or with --delay the delay.
    Fanout(FanoutOptions),
    /// Memory and CPU of connections that do nothing.
    Idle(IdleOptions),
    /// Deliveries a second and delay of a house of one, two and three nodes.
    Nodes(NodesOptions),
    /// Everybody comes back at once after a restart.
    Crowd(ComebackOptions),
    /// The same work on Teahouse and on what people would pick instead, in one table.
    Compare(CompareOptions),
    /// Bytes of an hour in a room, as they are and compressed.
    Wire(WireOptions),
    /// Serve as the floor until Ctrl-C: a raw epoll loop that keeps no logic.
    Floor(FloorCommand),
    /// Run a program that ends with its parent.
    #[command(hide = true)]
    Hold(HoldCommand),
}

#[derive(Args)]
struct FloorCommand {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// One write for each message instead of one for each round of reads.
    #[arg(long)]
    unjoined: bool,
    /// Write by io_uring: one call of the kernel for many sockets.
    #[arg(long, conflicts_with = "unjoined")]
    uring: bool,
    /// Do one thing wrong, to test the generator.
    #[arg(long, value_enum, hide = true)]
    fault: Option<FaultChoice>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultChoice {
    Lose,
    Repeat,
    Late,
}

#[derive(Args)]
struct HoldCommand {
    #[arg(long)]
    parent: u32,
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

fn main() -> Result<()> {
    match CommandLine::parse().command {
        Command::Fanout(options) => between_loads(|| fanout::run(&options, &interrupt::flag()?)),
        Command::Idle(options) => between_loads(|| idle::run(&options, &interrupt::flag()?)),
        Command::Nodes(options) => between_loads(|| nodes::run(&options, &interrupt::flag()?)),
        Command::Crowd(options) => between_loads(|| comeback::run(&options, &interrupt::flag()?)),
        Command::Compare(options) => between_loads(|| compare::run(&options, &interrupt::flag()?)),
        Command::Wire(options) => wire::run(&options),
        Command::Floor(command) => serve_floor(&command),
        Command::Hold(command) => {
            target::hold(command.parent, &PathBuf::from(&command.command[0]), &command.command[1..])
        }
    }
}

/// Says how busy the machine was before and after, since that decides what a number is worth.
fn between_loads(measure: impl FnOnce() -> Result<()>) -> Result<()> {
    report::print_line(&format!("before: {}", system::load_line()?))?;
    measure()?;
    report::print_line(&format!("after: {}", system::load_line()?))
}

fn serve_floor(command: &FloorCommand) -> Result<()> {
    system::lift_file_limit()?;
    let fault = command.fault.map(|fault| match fault {
        FaultChoice::Lose => Fault::Lose,
        FaultChoice::Repeat => Fault::Repeat,
        FaultChoice::Late => Fault::Late,
    });
    let options = FloorOptions { joined: !command.unjoined, uring: command.uring, fault };
    let mut floor = Floor::bind(command.listen, options)?;
    report::print_line(&format!("listening http://{}", floor.address()?))?;
    floor.run(&*interrupt::flag()?)
}
