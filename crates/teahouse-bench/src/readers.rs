//! `idle --transport`: what a reader costs that waits for news, on each transport, beside a WebSocket
//! reader of the same run. Polling has no reader that waits: between two polls there is nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use memchr::memmem;
use serde::Serialize;

use crate::dialect::{Dialect, Door, Host};
use crate::frame::{self, Kind};
use crate::report;
use crate::system;
use crate::target::{Places, Target};

/// Readers that come and go before the measurement, so that no first use is counted.
const WARM_UP: usize = 64;
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// How long the process may finish what it does after the last answer.
const SETTLE: Duration = Duration::from_secs(3);
/// Any mask will do where no proxy is.
const MASK: [u8; 4] = [1, 2, 3, 4];
/// Above 200 people only their count is told, and that ends no poll: so many are there before.
const CROWD: usize = 201;
const TURN: Duration = Duration::from_millis(100);
/// The goals, in bytes of the process.
const WEBSOCKET_GOAL: f64 = 1_000.0;
const HTTP_GOAL: f64 = 12.0 * 1_024.0;

/// How a reader waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Waits {
    /// On a socket of its own.
    Websocket,
    /// For the next line of an answer.
    Stream,
    /// For an answer.
    LongPoll,
}

impl Waits {
    fn name(self) -> &'static str {
        match self {
            Self::Websocket => "websocket",
            Self::Stream => "stream",
            Self::LongPoll => "long_poll",
        }
    }

    fn goal(self) -> f64 {
        if self == Self::Websocket { WEBSOCKET_GOAL } else { HTTP_GOAL }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    transport: Waits,
    readers: usize,
    /// Anonymous memory of the process for each, since there was nobody.
    bytes: f64,
    /// By that of a WebSocket reader, if that was measured too.
    ratio: Option<f64>,
    goal: f64,
    /// CPU from the connect until it waits.
    cpu_us: f64,
}

/// Measures so many readers on each of these transports, a fresh process for each.
pub fn run(
    transports: &[Waits],
    readers: usize,
    places: &Places,
    json: Option<&std::path::Path>,
    stop: &AtomicBool,
) -> Result<()> {
    let mut rows: Vec<Row> = Vec::new();
    for transport in transports {
        let target = Target::server(places)?;
        let measured = measure(*transport, readers, &target, stop);
        let mut row = measured.with_context(|| target.last_words())?;
        let websocket = rows.iter().find(|row| row.transport == Waits::Websocket);
        row.ratio = websocket.map(|websocket| row.bytes / websocket.bytes);
        rows.push(row);
    }
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let head = ["transport", "readers", "bytes", "by WebSocket's", "goal", "µs each"];
    report::print_table(&head, &cells)?;
    report::write_json(json, &rows)
}

fn cells(row: &Row) -> Vec<String> {
    let verdict = if row.bytes <= row.goal { "met" } else { "missed" };
    vec![
        row.transport.name().into(),
        row.readers.to_string(),
        format!("{:.0}", row.bytes),
        row.ratio.map_or("-".into(), |ratio| format!("{ratio:.1}")),
        format!("{:.0} {verdict}", row.goal),
        format!("{:.0}", row.cpu_us),
    ]
}

fn measure(transport: Waits, readers: usize, target: &Target, stop: &AtomicBool) -> Result<Row> {
    let to = target.address();
    let _crowd = arrive(Waits::Stream, to, "crowd", CROWD, stop)?;
    drop(arrive(transport, to, "warm", WARM_UP, stop)?);
    settle(target.pid())?;
    let (cpu, bytes) = (system::cpu(target.pid())?, system::rss_anon_bytes(target.pid())?);
    let waiting = arrive(transport, to, "reader", readers, stop)?;
    settle(target.pid())?;
    let cpu = system::cpu(target.pid())?.saturating_sub(cpu);
    let bytes = system::rss_anon_bytes(target.pid())? as f64 - bytes as f64;
    if transport == Waits::LongPoll {
        let answered = waiting.iter().filter(|socket| socket.peek(&mut [0]).is_ok()).count();
        ensure!(answered == 0, "{answered} polls of {readers} were answered, and wait no more");
    }
    let count = readers as f64;
    let cpu_us = cpu.as_secs_f64() * 1e6 / count;
    Ok(Row { transport, readers, bytes: bytes / count, ratio: None, goal: transport.goal(), cpu_us })
}

fn arrive(
    transport: Waits,
    to: SocketAddr,
    name: &str,
    count: usize,
    stop: &AtomicBool,
) -> Result<Vec<TcpStream>> {
    let mut waiting = Vec::with_capacity(count);
    for number in 0..count {
        ensure!(!stop.load(Ordering::Relaxed), "stopped");
        let reader = wait(transport, to, &format!("{name} {number}"));
        waiting.push(reader.with_context(|| format!("reader {number} on {}", transport.name()))?);
    }
    Ok(waiting)
}

/// A reader that has everything and waits for more.
fn wait(transport: Waits, to: SocketAddr, name: &str) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(to)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(ANSWER_MAX))?;
    match transport {
        Waits::Websocket => {
            let dialect = Dialect { door: Door::Full, host: Host::Server };
            let host = to.to_string();
            socket.write_all(&crate::handshake::request(&host, dialect.path(), dialect.subprotocol()))?;
            read_until(&mut socket, b"\r\n\r\n")?;
            let mut hello = Vec::new();
            frame::push_client_frame(&mut hello, Kind::Text, &dialect.greeting(name).1, MASK);
            socket.write_all(&hello)?;
            read_until(&mut socket, b"\"type\":\"live\"")?;
        }
        Waits::Stream => {
            socket.write_all(&post(to, "/v1/stream", &hello(name)))?;
            read_until(&mut socket, b"\"type\":\"live\"")?;
        }
        Waits::LongPoll => {
            socket.write_all(&post(to, "/v1/poll?wait=0", &hello(name)))?;
            let answer = read_until(&mut socket, b"\"code\":4002")?;
            socket.write_all(&post(to, "/v1/poll?wait=50", &again(&answer)?))?;
            // Its head comes with its news: that it waits is seen by the silence.
            socket.set_nonblocking(true)?;
        }
    }
    Ok(socket)
}

fn hello(name: &str) -> String {
    serde_json::json!({"type": "hello", "v": 1, "name": name, "cursors": {"1024": "head"}}).to_string()
}

/// The hello of the next poll, after this answer.
fn again(answer: &[u8]) -> Result<String> {
    let answer = String::from_utf8_lossy(answer);
    let frames = answer.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let (mut token, mut session, mut from) = (None, None, None);
    for mut frame in frames {
        match frame["type"].as_str() {
            Some("welcome") => {
                (token, session) = (Some(frame["token"].take()), Some(frame["session"].take()))
            }
            Some("subscribed") => from = Some(frame["from"].take()),
            _ => {}
        }
    }
    let (Some(token), Some(session), Some(from)) = (token, session, from) else {
        bail!("no welcome: {answer}");
    };
    let cursors = serde_json::json!({ "1024": from });
    let hello = serde_json::json!({"type": "hello", "v": 1, "token": token, "session": session,
        "cursors": cursors, "brief": true});
    Ok(hello.to_string())
}

fn post(to: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn read_until(socket: &mut TcpStream, mark: &[u8]) -> Result<Vec<u8>> {
    let (mut all, mut part) = (Vec::new(), [0; 4_096]);
    while memmem::find(&all, mark).is_none() {
        let count = socket.read(&mut part)?;
        ensure!(count > 0, "the server ended: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&part[..count]);
    }
    Ok(all)
}

/// Waits until the process has used no CPU for three looks, a few seconds at most.
fn settle(pid: u32) -> Result<()> {
    let start = Instant::now();
    let (mut last, mut quiet) = (system::cpu(pid)?, 0);
    while quiet < 3 && start.elapsed() < SETTLE {
        std::thread::sleep(TURN);
        let now = system::cpu(pid)?;
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
    }
    Ok(())
}
