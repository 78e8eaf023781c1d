//! The system calls of the real program, as `strace` counts them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::people::People;

/// Calls that write to a socket.
const WRITES: [&str; 4] = ["sendto", "write", "writev", "sendmsg"];

/// System calls of the server.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(crate) writes: f64,
    pub(crate) all: f64,
}

/// What each delivery costs where so many people hear so many messages: what is more than for people who hear none.
pub(crate) fn a_delivery(people: usize, messages: u64, in_flight: u64) -> Calls {
    let deliveries = people as f64 * messages as f64;
    let (without, with) = (count(people, 0, in_flight), count(people, messages, in_flight));
    let cost = |of: fn(&Calls) -> f64| (of(&with) - of(&without)) / deliveries;
    Calls { writes: cost(|calls| calls.writes), all: cost(|calls| calls.all) }
}

/// All that each of so many newcomers costs, who come one after the other to so many who are there.
pub(crate) fn a_newcomer(there: usize, newcomers: usize) -> f64 {
    (count(there + newcomers, 0, 1).all - count(there, 0, 1).all) / newcomers as f64
}

/// All calls from the start to the end.
fn count(people: usize, messages: u64, in_flight: u64) -> Calls {
    let data = tempfile::tempdir().unwrap();
    let summary = data.path().join("calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-c", "-U", "name,calls", "-o"]).arg(&summary);
    command.arg(env!("CARGO_BIN_EXE_teahouse")).args(["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(data.path().join("data"));
    for limit in ["SENDS", "CONNECTIONS_PER_ADDRESS", "GUESTS_PER_ADDRESS"] {
        command.env(format!("TEAHOUSE_{limit}_PER_SECOND"), "1000000");
        command.env(format!("TEAHOUSE_{limit}_BURST"), "1000000");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut strace = command.spawn().expect("strace: apt-get install strace");
    let mut lines = BufReader::new(strace.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("it listens before it ends").unwrap();
        if let Some(address) = line.strip_prefix("listening http://") {
            break address.trim().parse().unwrap();
        }
    };
    let reader = std::thread::spawn(move || lines.for_each(drop));
    let mut people = People::enter(address, people);
    people.talk(messages, in_flight);
    drop(people);
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", strace.id())).unwrap();
    let server = children.split_whitespace().next().expect("it runs the server").to_owned();
    assert!(Command::new("kill").args(["-TERM", &server]).status().unwrap().success());
    strace.wait().unwrap();
    reader.join().unwrap();
    let counted = table(&fs::read_to_string(summary).unwrap());
    let of = |names: &[&str]| -> u64 {
        counted.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, calls)| calls).sum()
    };
    Calls { writes: of(&WRITES) as f64, all: of(&["total"]) as f64 }
}

/// The lines of the summary: a name and how often it was called.
fn table(summary: &str) -> Vec<(String, u64)> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (first, second) = (words.next()?, words.next()?);
        // The sum's line has its name behind.
        let (name, calls) = if first.parse::<u64>().is_ok() { (second, first) } else { (first, second) };
        Some((name.to_owned(), calls.parse().ok()?))
    };
    let table: Vec<_> = summary.lines().filter_map(line).collect();
    assert!(table.iter().any(|(name, _)| name == "total"), "a summary without a sum: {summary}");
    table
}
