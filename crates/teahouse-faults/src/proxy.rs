//! A TCP proxy in front of any address that does harm: it cuts, stalls, splits, holds back and refuses.
//!
//! What it does to a connection is drawn from its seed and the connection's number and happens at a byte,
//! not at a time. It passes bytes on and never makes any up, except where a request is blocked.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::fault::{Kind, Rates, Way};
use crate::history::{Journal, Name, Operation};
use crate::hosts::Reach;
use crate::pump::{Cut, Gate, Pump};
use crate::request::{Asked, Barrier};

/// What a proxy leads to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// From where it is reached.
    pub reach: Reach,
}

/// A proxy on a port of its own. Dropping it cuts everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
    task: JoinHandle<()>,
}

/// What is common to all connections of a proxy.
#[derive(Debug)]
pub(crate) struct Line {
    name: Name,
    rates: Rates,
    chance: Chance,
    journal: Journal,
    reach: Reach,
    opened: Instant,
    pub(crate) state: watch::Sender<State>,
}

/// What can be changed while connections stand.
#[derive(Debug, Clone)]
pub(crate) struct State {
    house: SocketAddr,
    /// No more harm.
    pub(crate) calm: bool,
    /// How often everything was cut.
    cuts: u64,
    /// Connections by the second of the proxy's life in which they came.
    connects: BTreeMap<u64, u64>,
    pub(crate) barriers: BTreeMap<Asked, Barrier>,
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self { address, reach: Reach::default() }
    }
}

impl Proxy {
    /// Opens a proxy in front of `house`. All harm is noted under its name.
    ///
    /// # Errors
    /// When there is no port to listen on.
    pub async fn open(
        name: Name,
        house: impl Into<Target>,
        rates: Rates,
        chance: Chance,
        journal: Journal,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let Target { address: house, reach } = house.into();
        let (connects, barriers) = (BTreeMap::new(), BTreeMap::new());
        let state = watch::Sender::new(State { house, calm: false, cuts: 0, connects, barriers });
        let line = Line { name, rates, chance, journal, reach, opened: Instant::now(), state };
        let line = Arc::new(line);
        let task = tokio::spawn(accept(listener, line.clone()));
        Ok(Self { address, line, task })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The house has another address now; connections that stand keep theirs.
    pub fn lead_to(&self, house: SocketAddr) {
        self.line.state.send_modify(|state| state.house = house);
    }

    /// Resets every connection that stands.
    pub fn cut_all(&self) {
        self.line.state.send_modify(|state| state.cuts += 1);
    }

    /// From now on requests of a kind meet a barrier, or none any more.
    pub fn block(&self, asked: Asked, barrier: Option<Barrier>) {
        self.line.state.send_modify(|state| match barrier {
            Some(barrier) => drop(state.barriers.insert(asked, barrier)),
            None => drop(state.barriers.remove(&asked)),
        });
    }

    /// How many connections came in each second of its life.
    #[must_use]
    pub fn connects(&self) -> BTreeMap<u64, u64> {
        self.line.state.borrow().connects.clone()
    }

    /// No more harm: what was stalled goes on, nothing is blocked.
    pub fn heal(&self) {
        self.line.state.send_modify(|state| {
            state.calm = true;
            state.barriers.clear();
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    /// Whether it does no more harm.
    pub(crate) fn is_calm(&self) -> bool {
        self.state.borrow().calm
    }

    pub(crate) fn note(&self, connection: u64, way: Way, byte: u64, kind: Kind) {
        self.journal.note(Operation::Fault { proxy: self.name.clone(), connection, way, byte, kind });
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Waits until it does no more harm.
    pub(crate) async fn calm(&self) {
        let mut state = self.state.subscribe();
        if state.wait_for(|state| state.calm).await.is_err() {
            std::future::pending().await
        }
    }

    /// Counts a connection, and says where it goes.
    fn connected(&self) -> SocketAddr {
        let second = self.opened.elapsed().as_secs();
        self.state.send_if_modified(|state| {
            *state.connects.entry(second).or_default() += 1;
            // Nobody waits for this.
            false
        });
        self.state.borrow().house
    }

    async fn cut(&self, connection: u64) -> Cut {
        let mut state = self.state.subscribe();
        let before = state.borrow_and_update().cuts;
        if state.wait_for(|state| state.cuts > before).await.is_err() {
            std::future::pending().await
        }
        self.note(connection, Way::Up, 0, Kind::CutAll);
        Cut::Reset
    }
}

async fn accept(listener: TcpListener, line: Arc<Line>) {
    let mut connections = JoinSet::new();
    for number in 0_u64.. {
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    // Out of descriptors is a fault of the machine: the client sees a connection that waits.
                    let Ok((client, _)) = accepted else { continue };
                    connections.spawn(carry(client, line.clone(), number));
                    break;
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// One connection from its beginning to its end.
async fn carry(mut client: TcpStream, line: Arc<Line>, number: u64) {
    let mut chance = line.chance.stream(number);
    let opening = line.rates.opening(&mut chance).filter(|_| !line.is_calm());
    if let Some(fault) = opening {
        line.note(number, Way::Up, 0, fault.kind);
        if fault.kind == Kind::Ignore {
            nap(&line, fault.pause).await;
        }
        if chance.percent(50) {
            reset(&client);
        }
        return;
    }
    let house = line.connected();
    let Ok(mut server) = line.reach.connect(house).await else { return reset(&client) };
    // Pieces are to arrive as pieces.
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    match join(&mut client, &mut server, &line, number, &chance).await {
        Ok(()) => {}
        Err(Cut::End) => drop(tokio::join!(end(&mut client), end(&mut server))),
        Err(Cut::Reset) => {
            reset(&client);
            reset(&server);
        }
        Err(Cut::Refuse(status)) => {
            let answer =
                format!("HTTP/1.1 {status} Blocked\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            // A client that is gone needs no answer.
            drop(client.write_all(answer.as_bytes()).await);
            end(&mut client).await;
        }
    }
}

/// Passes bytes on in both directions until both end or one breaks.
async fn join(
    client: &mut TcpStream,
    server: &mut TcpStream,
    line: &Line,
    number: u64,
    chance: &Chance,
) -> Result<(), Cut> {
    let (gate, answered) = (watch::Sender::new(Gate::default()), Notify::new());
    let pump = |way, whose| Pump::new(line, number, way, chance.stream(whose), (&gate, &answered));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let up = pump(Way::Up, 1).run(from_client, to_server);
    let down = pump(Way::Down, 2).run(from_server, to_client);
    tokio::select! {
        ended = async { tokio::try_join!(up, down) } => ended.map(|_| ()),
        cut = line.cut(number) => Err(cut),
    }
}

/// A pause, unless everything is healed before it ends.
pub(crate) async fn nap(line: &Line, pause: Duration) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = line.calm() => {}
    }
}

/// Makes the end of a connection a reset (RST) instead of an end (FIN).
fn reset(stream: &TcpStream) {
    // It fails only on a socket that is gone, and that is what is wanted.
    drop(stream.set_zero_linger());
}

/// Ends a connection in order, and drops what still comes: dropping a socket that was not read to its end
/// would be a reset.
async fn end(stream: &mut TcpStream) {
    // Long enough for what is on its way; somebody who goes on talking gets the reset.
    const LAST_WORDS: Duration = Duration::from_millis(100);
    if stream.shutdown().await.is_err() {
        return;
    }
    let drain = async {
        let mut dropped = [0; 4096];
        while stream.read(&mut dropped).await.is_ok_and(|read| read > 0) {}
    };
    drop(tokio::time::timeout(LAST_WORDS, drain).await);
}

#[cfg(test)]
mod tests;
