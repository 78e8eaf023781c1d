//! The command `crowd`: a server dies and comes back, and so does everybody at once, each some events behind. Time
//! until all are live, memory at its peak, reads of the log; whoever missed, repeated or swapped one ends the run.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};
use serde::Serialize;

use crate::dialect::{Dialect, Door, Host, Line};
use crate::fanout::CommonOptions;
use crate::frame::{self, FrameReader, From, Kind};
use crate::guests::{Guests, Past};
use crate::handshake;
use crate::person::Lines;
use crate::poll::Poll;
use crate::report;
use crate::system;
use crate::target::Target;

const MASK: [u8; 4] = [0x74, 0x65, 0x61, 0x21];
const FULL: Dialect = Dialect { door: Door::Full, host: Host::Server };
/// How many people share one source address: the kernel looks long for a free port among many.
const PEOPLE_PER_ADDRESS: usize = 1_000;
/// Nobody waits longer.
const ALL_MAX: Duration = Duration::from_secs(120);
const TURN: Duration = Duration::from_millis(100);
const SCRATCH_BYTES: usize = 256 << 10;
/// The goal, in milliseconds.
const LIVE_GOAL_MS: f64 = 5_000.0;
/// What the server says for each read of its log, if it is asked to: many events, and the check of one cursor.
const READ_LINES: [&str; 2] = ["a part of the log is read", "one number of the log is read"];

/// Options of `crowd`.
#[derive(Args, Clone, Debug)]
pub struct ComebackOptions {
    /// How many people come back.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub people: u32,
    /// How many events the one who missed most missed.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=4_000))]
    pub behind: u32,
    #[command(flatten)]
    pub common: CommonOptions,
}

/// What it cost.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    people: usize,
    behind_max: u32,
    /// From the first line of the new process to its open door.
    start_ms: f64,
    /// From the first connect until so many were live.
    live_p50_ms: f64,
    live_p99_ms: f64,
    live_all_ms: f64,
    live_goal_ms: f64,
    /// Anonymous memory before anybody came, and at its peak.
    rss_before_bytes: u64,
    rss_peak_bytes: u64,
    cpu_ms: f64,
    events: u64,
    /// Reads of the log for everybody, and checks of one cursor.
    log_reads: [usize; 2],
}

/// Runs the command.
pub fn run(options: &ComebackOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    let people = options.people as usize;
    system::check_file_limit(people, files_max)?;
    let places = options.common.places()?;
    let target = Target::told(&places, "info,teahouse_server::room=debug")?;
    let mut guests = Guests::connect(target.address())?;
    report::print_line(&format!("{people} guests get their names"))?;
    let tokens =
        (0..people).map(|number| guests.make(&format!("guest {number}"))).collect::<Result<Vec<_>>>()?;
    // One more than anybody misses: each has a cursor of an event.
    report::print_line(&format!("{} messages are written", options.behind + 1))?;
    let past = guests.write(&tokens[0], u64::from(options.behind) + 1)?;
    drop(guests);
    let begin = Instant::now();
    let target = target.again(&places)?;
    let start = begin.elapsed();
    let outcome = measure(&target, &tokens, &past, stop).with_context(|| target.last_words())?;
    let outcome = Outcome { start_ms: ms(start), behind_max: options.behind, ..outcome };
    print(&outcome)?;
    report::write_json(options.common.json.as_deref(), &outcome)
}

fn measure(target: &Target, tokens: &[String], past: &Past, stop: &Arc<AtomicBool>) -> Result<Outcome> {
    let (rss_before_bytes, cpu) = (system::rss_anon_bytes(target.pid())?, system::cpu(target.pid())?);
    let mut crowd = Crowd::new()?;
    let begin = Instant::now();
    for (number, token) in tokens.iter().enumerate() {
        crowd.come(target.address(), number, token, past)?;
    }
    let mut rss_peak_bytes = rss_before_bytes;
    while crowd.live_ms.len() < tokens.len() {
        ensure!(!stop.load(Ordering::Relaxed), "interrupted");
        let (live, all) = (crowd.live_ms.len(), tokens.len());
        ensure!(begin.elapsed() < ALL_MAX, "{live} of {all} are live after {} s", ALL_MAX.as_secs());
        crowd.turn(begin)?;
        rss_peak_bytes = rss_peak_bytes.max(system::rss_anon_bytes(target.pid())?);
    }
    crowd.check(past)?;
    let live = &mut crowd.live_ms;
    live.sort_by(f64::total_cmp);
    let share = |share: f64| live[((live.len() - 1) as f64 * share) as usize];
    Ok(Outcome {
        people: tokens.len(),
        behind_max: 0,
        start_ms: 0.0,
        live_p50_ms: share(0.5),
        live_p99_ms: share(0.99),
        live_all_ms: share(1.0),
        live_goal_ms: LIVE_GOAL_MS,
        rss_before_bytes,
        rss_peak_bytes,
        cpu_ms: ms(system::cpu(target.pid())?.saturating_sub(cpu)),
        events: crowd.events,
        log_reads: [target.said(READ_LINES[0])?, target.said(READ_LINES[1])?],
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Everybody who comes back.
struct Crowd {
    poll: Poll,
    people: Vec<Returner>,
    scratch: Vec<u8>,
    /// When each was live, since the first connect.
    live_ms: Vec<f64>,
    events: u64,
}

/// One who comes back.
struct Returner {
    stream: TcpStream,
    hello: Vec<u8>,
    /// Of the response head while upgrading.
    head: Option<Vec<u8>>,
    reader: FrameReader,
    /// Connecting still.
    is_coming: bool,
    /// The last event that was heard.
    seq: u64,
    is_live: bool,
}

impl Crowd {
    fn new() -> Result<Self> {
        let scratch = vec![0; SCRATCH_BYTES];
        Ok(Self { poll: Poll::new()?, people: Vec::new(), scratch, live_ms: Vec::new(), events: 0 })
    }

    /// Who missed how much is the same in each run, and spread over all that may be missed.
    fn come(&mut self, to: SocketAddr, number: usize, token: &str, past: &Past) -> Result<()> {
        let (_, events) = past.cursors.split_last().context("nothing was written")?;
        let (seq, cursor) = &events[(number * 7_919) % events.len()];
        let last = u8::try_from(1 + number / PEOPLE_PER_ADDRESS).context("too many people")?;
        let stream = connect(IpAddr::V4(Ipv4Addr::new(127, 77, 7, last)), to)
            .with_context(|| format!("person {number} cannot connect to {to}"))?;
        self.poll.add(&stream, number as u64)?;
        self.poll.watch_writable(&stream, number as u64, true)?;
        let hello = format!(
            "{{\"type\":\"hello\",\"v\":1,\"token\":\"{token}\",\"cursors\":{{\"1024\":\"{cursor}\"}},\
             \"client\":\"bench/0.1.0\"}}"
        );
        let (head, reader) = (Some(Vec::new()), FrameReader::default());
        let hello = hello.into_bytes();
        self.people.push(Returner {
            stream,
            hello,
            head,
            reader,
            is_coming: true,
            seq: *seq,
            is_live: false,
        });
        Ok(())
    }

    fn turn(&mut self, begin: Instant) -> Result<()> {
        for at in 0..self.poll.wait(TURN)? {
            let ready = self.poll.ready(at);
            let number = ready.token as usize;
            let person = &mut self.people[number];
            if ready.writable && person.is_coming {
                person.is_coming = false;
                self.poll.watch_writable(&person.stream, ready.token, false)?;
                let to = person.stream.peer_addr().context("the server does not take the connection")?;
                person.say(&handshake::request(&to.to_string(), FULL.path(), FULL.subprotocol()))?;
            }
            if !ready.readable {
                continue;
            }
            let was_live = person.is_live;
            self.events += person.read(&mut self.scratch).with_context(|| format!("person {number}"))?;
            if person.is_live && !was_live {
                self.live_ms.push(ms(begin.elapsed()));
            }
        }
        Ok(())
    }

    /// Everybody has heard all of it.
    fn check(&self, past: &Past) -> Result<()> {
        let heard: BTreeSet<u64> = self.people.iter().map(|person| person.seq).collect();
        ensure!(
            heard == BTreeSet::from([past.head]),
            "the last events heard are {heard:?}, not {}",
            past.head
        );
        Ok(())
    }
}

impl Returner {
    fn say(&mut self, bytes: &[u8]) -> Result<()> {
        // So little always fits into a new socket.
        self.stream.write_all(bytes).context("cannot write")
    }

    /// Reads once; how many events came.
    fn read(&mut self, scratch: &mut [u8]) -> Result<u64> {
        let count = match self.stream.read(scratch) {
            Ok(0) => bail!("the server ended the connection"),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(0);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(head) = &mut self.head else { return self.hear(&scratch[..count]) };
        head.extend_from_slice(&scratch[..count]);
        let Some(end) = handshake::head_bytes(head)? else { return Ok(0) };
        let head = self.head.take().unwrap_or_default();
        handshake::check_response(&head[..end])?;
        let mut hello = Vec::new();
        frame::push_client_frame(&mut hello, Kind::Text, &std::mem::take(&mut self.hello), MASK);
        self.say(&hello)?;
        self.hear(&head[end..])
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<u64> {
        let mut reader = std::mem::take(&mut self.reader);
        let (mut events, mut answer) = (0, Vec::new());
        reader.feed(bytes, From::Server, |frame| {
            match frame.kind {
                Kind::Text => {
                    for line in (Lines { rest: frame.payload }) {
                        events += u64::from(self.hear_line(line, &mut answer)?);
                    }
                }
                Kind::Ping => frame::push_client_frame(&mut answer, Kind::Pong, frame.payload, MASK),
                other => bail!("a frame that nobody asked for: {other:?}"),
            }
            Ok(())
        })?;
        self.reader = reader;
        if !answer.is_empty() {
            self.say(&answer)?;
        }
        Ok(events)
    }

    /// Whether it was an event. The promise of the log: 1, 2, 3, … without gap, repeat or swap.
    fn hear_line(&mut self, line: &[u8], answer: &mut Vec<u8>) -> Result<bool> {
        let seq = match FULL.read(line)? {
            Line::Message { seq: Some(seq), .. } | Line::OtherEvent { seq } => seq,
            Line::Live => {
                self.is_live = true;
                return Ok(false);
            }
            Line::Ping => {
                frame::push_client_frame(answer, Kind::Text, FULL.pong(), MASK);
                return Ok(false);
            }
            _ => return Ok(false),
        };
        let expected = self.seq + 1;
        ensure!(seq == expected, "event {seq} came where {expected} comes next");
        self.seq = seq;
        Ok(true)
    }
}

/// Begins a connect, and does not wait for it: a door before which ten thousand stand opens slowly.
fn connect(source: IpAddr, to: SocketAddr) -> Result<TcpStream> {
    let tcp = Some(ipproto::TCP);
    let socket =
        rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, tcp)?;
    rustix::net::bind(&socket, &SocketAddr::new(source, 0))?;
    match rustix::net::connect(&socket, &to) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn print(outcome: &Outcome) -> Result<()> {
    let head = [
        "people",
        "events behind",
        "start ms",
        "live p50 ms",
        "p99 ms",
        "all ms",
        "goal",
        "MiB before",
        "MiB peak",
        "CPU ms",
        "events",
        "log reads + checks",
    ];
    let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    let verdict = if outcome.live_all_ms <= LIVE_GOAL_MS { "met" } else { "missed" };
    let row = vec![
        outcome.people.to_string(),
        format!("1–{}", outcome.behind_max),
        format!("{:.0}", outcome.start_ms),
        format!("{:.0}", outcome.live_p50_ms),
        format!("{:.0}", outcome.live_p99_ms),
        format!("{:.0}", outcome.live_all_ms),
        format!("{LIVE_GOAL_MS:.0} {verdict}"),
        mib(outcome.rss_before_bytes),
        mib(outcome.rss_peak_bytes),
        format!("{:.0}", outcome.cpu_ms),
        outcome.events.to_string(),
        format!("{} + {}", outcome.log_reads[0], outcome.log_reads[1]),
    ];
    report::print_table(&head, &[row])
}
