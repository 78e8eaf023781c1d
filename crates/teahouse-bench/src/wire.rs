//! The command `wire`: what somebody downloads in an hour in a room, and what compression (RFC 7692) would
//! take off it. A conversation is held on the server under test, one listener keeps each message as it came,
//! and the bytes are counted as they are, with what carries them, and deflated.

mod deflated;
mod listener;
mod talk;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use crate::fanout::CommonOptions;
use crate::report;
use crate::system;
use crate::target::Target;
use deflated::{Carried, Deflate};
use talk::Talk;

/// A server that has nothing to say pings so often; the shortest form of it, and the one after a change.
const PINGS_AN_HOUR: usize = 144;
const PINGS: [&[u8]; 2] = [b"{\"type\":\"ping\"}", b"{\"type\":\"ping\",\"heads\":{\"1024\":1042}}"];
/// What compression has to save of an hour's bytes to be worth having.
const SAVED_GOAL: f64 = 0.3;
/// How long each kind of message is compressed over and over to be timed.
const TIMED: Duration = Duration::from_millis(500);

/// Options of `wire`.
#[derive(Args, Clone, Debug)]
pub struct WireOptions {
    /// How many messages are said.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(450..=4_000))]
    pub messages: u32,
    /// How hard to compress, 1 to 9.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=9))]
    pub level: u32,
    /// Messages of fewer bytes are left as they are.
    #[arg(long, default_value_t = 128)]
    pub above: usize,
    #[command(flatten)]
    pub common: CommonOptions,
}

/// An hour of somebody with a phone.
struct Hour {
    name: &'static str,
    messages: usize,
    /// How many come with one write.
    per_tick: usize,
    /// Whether it is seen who types.
    typing: bool,
    /// People who come or leave.
    comings: usize,
    /// How often the phone was away, and how many events it missed each time.
    returns: usize,
    missed: usize,
    /// Pages of history.
    pages: usize,
}

const HOURS: [Hour; 4] = [
    Hour {
        name: "an hour, quiet: 40 messages, 4 returns",
        messages: 40,
        per_tick: 1,
        typing: true,
        comings: 20,
        returns: 4,
        missed: 4,
        pages: 1,
    },
    Hour {
        name: "an hour, lively: 400 messages, 6 returns",
        messages: 400,
        per_tick: 1,
        typing: true,
        comings: 60,
        returns: 6,
        missed: 25,
        pages: 3,
    },
    Hour {
        name: "an hour, a crowd: 6,000 messages in ticks of 4",
        messages: 6_000,
        per_tick: 4,
        typing: false,
        comings: 600,
        returns: 6,
        missed: 400,
        pages: 3,
    },
    Hour {
        name: "an hour away: 12 looks, 30 messages each",
        messages: 0,
        per_tick: 1,
        typing: false,
        comings: 0,
        returns: 12,
        missed: 30,
        pages: 0,
    },
];

/// One WebSocket message, in one write.
struct Message {
    bytes: Vec<u8>,
    /// Everybody in the room gets the same.
    for_all: bool,
}

/// One line of the table; all bytes are of all its writes.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    writes: usize,
    /// As the server wrote them, without frames.
    plain_bytes: usize,
    /// With what carries them: frames, TLS, TCP and IP.
    carried_bytes: usize,
    /// The same, but what everybody in the room gets is deflated, once for all, each message for itself.
    shared_bytes: usize,
    /// Also what one person gets is deflated, each message for itself.
    alone_bytes: usize,
    /// Everything, with a window that lasts as long as the connection, which nobody can share.
    kept_bytes: usize,
    shared_saves: f64,
    alone_saves: f64,
    kept_saves: f64,
    /// CPU to deflate each message for itself, in µs.
    alone_us: f64,
}

/// Runs the command.
pub fn run(options: &WireOptions) -> Result<()> {
    let target = Target::server(&options.common.places()?)?;
    let talk =
        Talk::hold(target.address(), options.messages as usize).with_context(|| target.last_words())?;
    let mut rows: Vec<Row> = kinds(&talk).into_iter().map(|(what, all)| options.row(&what, &all)).collect();
    rows.extend(HOURS.iter().map(|hour| options.row(hour.name, &hour.writes(&talk))));
    let answers = talk.answers.iter();
    rows.extend(answers.map(|(path, body)| options.row(&format!("GET {path}"), &[Message::for_one(body)])));
    print(&rows)?;
    let [deflating, inflating] = deflated::context_bytes(options.level)?;
    report::print_line(&format!(
        "A window that lasts takes {deflating} bytes to deflate and {inflating} to inflate, for each connection."
    ))?;
    let hours: Vec<&Row> = rows.iter().filter(|row| row.what.starts_with("an hour")).collect();
    let enough = |saves: fn(&Row) -> f64| hours.iter().filter(|row| saves(row) >= SAVED_GOAL).count();
    report::print_line(&format!(
        "{:.0} % or more are saved in {} of {} hours by what is shared, in {} by all.",
        SAVED_GOAL * 100.0,
        enough(|row| row.shared_saves),
        hours.len(),
        enough(|row| row.alone_saves)
    ))?;
    report::write_json(options.common.json.as_deref(), &rows)
}

impl Message {
    fn for_all(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), for_all: true }
    }

    fn for_one(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), for_all: false }
    }
}

impl WireOptions {
    fn row(&self, what: &str, writes: &[Message]) -> Row {
        let mut carried = [Carried::default(), Carried::default(), Carried::default(), Carried::default()];
        let (mut each, mut all) = (Deflate::new(self.level), Deflate::new(self.level));
        for Message { bytes, for_all } in writes {
            let plain = bytes.len();
            let alone = if plain < self.above { plain } else { each.alone(bytes).min(plain) };
            // Every message goes through a window that lasts, or it would learn nothing from the short ones.
            let kept = all.after_all_before(bytes).min(plain);
            let shared = if *for_all { alone } else { plain };
            for (carried, bytes) in carried.iter_mut().zip([plain, shared, alone, kept]) {
                carried.add(bytes);
            }
        }
        let [carried_bytes, shared_bytes, alone_bytes, kept_bytes] = carried.map(|carried| carried.bytes);
        let saves = |bytes: usize| 1.0 - bytes as f64 / carried_bytes as f64;
        Row {
            what: what.to_owned(),
            writes: writes.len(),
            plain_bytes: writes.iter().map(|write| write.bytes.len()).sum(),
            carried_bytes,
            shared_bytes,
            alone_bytes,
            kept_bytes,
            shared_saves: saves(shared_bytes),
            alone_saves: saves(alone_bytes),
            kept_saves: saves(kept_bytes),
            alone_us: self.us(writes),
        }
    }

    /// CPU time of deflating all that are long enough, once.
    fn us(&self, writes: &[Message]) -> f64 {
        let mut deflate = Deflate::new(self.level);
        let mut rounds = 0;
        let (begin, pid) = (Instant::now(), std::process::id());
        let cpu = || system::cpu(pid).map_or(0.0, |cpu| cpu.as_secs_f64());
        let before = cpu();
        while begin.elapsed() < TIMED {
            rounds += 1;
            for write in writes.iter().filter(|write| write.bytes.len() >= self.above) {
                std::hint::black_box(deflate.alone(&write.bytes));
            }
        }
        (cpu() - before) * 1e6 / f64::from(rounds)
    }
}

/// Each kind of message for itself.
fn kinds(talk: &Talk) -> Vec<(String, Vec<Message>)> {
    let ticks = |count: usize| {
        let chunks = talk.events.chunks_exact(count);
        chunks.map(|chunk| Message::for_all(&chunk.join(&b'\n'))).collect()
    };
    let for_all = |messages: &[Vec<u8>]| messages.iter().map(|one| Message::for_all(one)).collect();
    let for_one = |messages: &[Vec<u8>]| messages.iter().map(|one| Message::for_one(one)).collect();
    vec![
        ("events, one at a time".into(), ticks(1)),
        ("events, ticks of 4".into(), ticks(4)),
        ("events, ticks of 16".into(), ticks(16)),
        ("who types".into(), for_all(&talk.typing)),
        ("who comes".into(), for_all(&talk.presence)),
        ("coming in: the last 50".into(), for_one(&talk.joining)),
        ("coming back, 400 behind".into(), for_one(&talk.returning(400))),
        ("a page of history: 50".into(), for_one(std::slice::from_ref(&talk.page))),
    ]
}

impl Hour {
    /// Everything that is written to the phone, in order.
    fn writes(&self, talk: &Talk) -> Vec<Message> {
        let joining = if self.messages > 0 { &talk.joining[..] } else { &[] };
        let mut all: Vec<Message> = joining.iter().map(|one| Message::for_one(one)).collect();
        let ticks = self.messages / self.per_tick;
        // As many of each as there are, evenly over the ticks; an hour without a tick has one moment.
        let moments = ticks.max(1);
        let now = |count: usize, moment: usize| (moment + 1) * count / moments - moment * count / moments;
        let typed = if self.typing { (ticks as f64 * talk.typing_share()) as usize } else { 0 };
        let mut events = talk.events.iter().cycle();
        let (mut typing, mut comings) = (talk.typing.iter().cycle(), talk.presence.iter().cycle());
        for moment in 0..moments {
            let signals = typing.by_ref().take(now(typed, moment));
            all.extend(signals.map(|one| Message::for_all(one)));
            let signals = comings.by_ref().take(now(self.comings, moment));
            all.extend(signals.map(|one| Message::for_all(one)));
            if ticks > 0 {
                let tick: Vec<&[u8]> = events.by_ref().take(self.per_tick).map(|one| &one[..]).collect();
                all.push(Message::for_all(&tick.join(&b'\n')));
            }
            all.extend((0..now(PINGS_AN_HOUR, moment)).map(|count| Message::for_one(PINGS[count % 2])));
            let returned = (0..now(self.returns, moment)).flat_map(|_| talk.returning(self.missed));
            all.extend(returned.map(|bytes| Message { bytes, for_all: false }));
            all.extend((0..now(self.pages, moment)).map(|_| Message::for_one(&talk.page)));
        }
        all
    }
}

fn print(rows: &[Row]) -> Result<()> {
    let head =
        ["what", "writes", "bytes", "carried", "shared saves", "all saves", "lasting saves", "µs each"];
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    report::print_table(&head, &cells)
}

impl Row {
    /// Averages of a write where the row is many of one kind, sums where it is an hour.
    fn cells(&self) -> Vec<String> {
        let share =
            if self.what.starts_with("events") || self.what.starts_with("who") { self.writes } else { 1 };
        let bytes = |bytes: usize| format!("{:.0}", bytes as f64 / share as f64);
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        vec![
            self.what.clone(),
            self.writes.to_string(),
            bytes(self.plain_bytes),
            bytes(self.carried_bytes),
            percent(self.shared_saves),
            percent(self.alone_saves),
            percent(self.kept_saves),
            format!("{:.0}", self.alone_us / self.writes as f64),
        ]
    }
}
