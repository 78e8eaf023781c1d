//! One direction of a connection: reads, does harm where it was drawn, passes the rest on.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{Notify, watch};

use crate::chance::Chance;
use crate::fault::{Fault, Kind, Way};
use crate::proxy::{Line, nap};
use crate::request::{Asked, Barrier};

/// How a connection is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Reset,
    End,
    /// The client gets this status, the house nothing.
    Refuse(u16),
}

/// What one direction makes the other do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gate {
    /// Nothing goes on.
    frozen: bool,
    /// What the house says now is not to arrive.
    lost: bool,
    /// What the house says waits for the end.
    held: bool,
}

/// One direction.
#[derive(Debug)]
pub(crate) struct Pump<'a> {
    line: &'a Line,
    connection: u64,
    way: Way,
    chance: Chance,
    gate: &'a watch::Sender<Gate>,
    /// The house has begun to answer what is to get no answer.
    answered: &'a Notify,
    passed: u64,
    /// At which byte what happens.
    next: Option<(u64, Fault)>,
    /// What waits for the end.
    held: Vec<u8>,
}

impl<'a> Pump<'a> {
    const BUFFER_BYTES: usize = 16 * 1024;
    /// Most bytes that are held back; beyond it the house is not read.
    const HELD_BYTES_MAX: usize = 1024 * 1024;

    pub(crate) fn new(
        line: &'a Line,
        connection: u64,
        way: Way,
        mut chance: Chance,
        (gate, answered): (&'a watch::Sender<Gate>, &'a Notify),
    ) -> Self {
        let next = line.rates().next(way, &mut chance);
        Self { line, connection, way, chance, gate, answered, passed: 0, next, held: Vec::new() }
    }

    /// Until the end of the one side is passed on to the other, or the connection is to break.
    pub(crate) async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), Cut> {
        let mut buffer = vec![0; Self::BUFFER_BYTES];
        loop {
            let read = from.read(&mut buffer).await.map_err(|_| Cut::Reset)?;
            if read == 0 {
                let held = std::mem::take(&mut self.held);
                to.write_all(&held).await.map_err(|_| Cut::Reset)?;
                // The other side may be gone already.
                drop(to.shutdown().await);
                return Ok(());
            }
            if self.way == Way::Up {
                self.meet(Asked::read(&buffer[..read]), &mut from).await?;
            }
            self.forward(&buffer[..read], &mut from, &mut to).await?;
        }
    }

    /// What becomes of a request that may not pass.
    async fn meet(&mut self, asked: Option<Asked>, from: &mut ReadHalf<'_>) -> Result<(), Cut> {
        let barrier = asked.and_then(|asked| self.line.state.borrow().barriers.get(&asked).copied());
        if barrier.is_some() {
            self.note(Kind::Block);
        }
        match barrier {
            None => {}
            Some(Barrier::Refuse(status)) => return Err(Cut::Refuse(status)),
            Some(Barrier::Swallow) => return Err(self.swallow(from).await),
            Some(Barrier::Hold) => self.gate.send_modify(|gate| gate.held = true),
        }
        Ok(())
    }

    /// Takes everything and says nothing until the client gives up.
    async fn swallow(&self, from: &mut ReadHalf<'_>) -> Cut {
        let mut swallowed = [0; 4096];
        let until_it_ends = async { while from.read(&mut swallowed).await.is_ok_and(|read| read > 0) {} };
        tokio::select! {
            () = until_it_ends => {}
            () = self.line.calm() => {}
        }
        Cut::Reset
    }

    async fn forward(
        &mut self,
        mut chunk: &[u8],
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
    ) -> Result<(), Cut> {
        while let Some((at, fault)) = self.next.filter(|_| !self.line.is_calm()) {
            let before = usize::try_from(at.saturating_sub(self.passed)).unwrap_or(usize::MAX);
            if before >= chunk.len() {
                break;
            }
            self.pass(&chunk[..before], to).await?;
            chunk = &chunk[before..];
            self.note(fault.kind);
            let done = self.harm(fault, chunk, from, to).await?;
            chunk = &chunk[done..];
            let next = self.line.rates().next(self.way, &mut self.chance);
            self.next = next.map(|(after, fault)| (self.passed + after, fault));
        }
        self.pass(chunk, to).await
    }

    /// Carries out a fault in front of `chunk`; says how much of it was passed on.
    async fn harm(
        &mut self,
        fault: Fault,
        chunk: &[u8],
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
    ) -> Result<usize, Cut> {
        let half = chunk.len() / 2;
        match fault.kind {
            Kind::Reset => return Err(Cut::Reset),
            Kind::End => return Err(Cut::End),
            Kind::Stall | Kind::Delay => self.nap(fault.pause).await,
            Kind::Freeze => {
                self.gate.send_modify(|gate| gate.frozen = true);
                self.nap(fault.pause).await;
                self.gate.send_modify(|gate| gate.frozen = false);
            }
            Kind::StallThenCut => {
                self.nap(fault.pause).await;
                return Err(self.cut());
            }
            Kind::HalveThenCut => {
                self.pass(&chunk[..half], to).await?;
                return Err(self.cut());
            }
            Kind::HalveThenLate => {
                self.pass(&chunk[..half], to).await?;
                self.nap(fault.pause).await;
                return Ok(half);
            }
            Kind::Split => return self.split(&chunk[..fault.bytes.min(chunk.len())], to).await,
            Kind::Buffer => {
                let more = self.collect(fault, chunk, from).await?;
                self.pass(&more, to).await?;
                return Ok(chunk.len());
            }
            Kind::LoseAnswer => return Err(self.lose_answer(fault, chunk, to).await?),
            Kind::Refuse | Kind::Ignore | Kind::CutAll | Kind::Block => {}
        }
        Ok(0)
    }

    async fn split(&mut self, bytes: &[u8], to: &mut WriteHalf<'_>) -> Result<usize, Cut> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = rest.len().min(1 + self.chance.index(7));
            self.pass(&rest[..piece], to).await?;
            rest = &rest[piece..];
            // Without it the other side may find all pieces in one read.
            self.nap(Duration::from_millis(1)).await;
        }
        Ok(bytes.len())
    }

    /// Reads on until there is as much as the fault wants, or a while has passed, or it ends.
    async fn collect(&self, fault: Fault, chunk: &[u8], from: &mut ReadHalf<'_>) -> Result<Vec<u8>, Cut> {
        let mut bytes = chunk.to_vec();
        let nap = nap(self.line, fault.pause);
        tokio::pin!(nap);
        while bytes.len() < fault.bytes {
            tokio::select! {
                read = from.read_buf(&mut bytes) => {
                    if read.map_err(|_| Cut::Reset)? == 0 {
                        break;
                    }
                }
                () = &mut nap => break,
            }
        }
        Ok(bytes)
    }

    /// The house gets everything, answers, and the connection is cut before the answer goes on.
    async fn lose_answer(&mut self, fault: Fault, chunk: &[u8], to: &mut WriteHalf<'_>) -> Result<Cut, Cut> {
        if self.way == Way::Up {
            self.gate.send_modify(|gate| gate.lost = true);
            to.write_all(chunk).await.map_err(|_| Cut::Reset)?;
            // A house that does not answer loses nothing.
            drop(tokio::time::timeout(fault.pause, self.answered.notified()).await);
        }
        Ok(self.cut())
    }

    async fn pass(&mut self, bytes: &[u8], to: &mut WriteHalf<'_>) -> Result<(), Cut> {
        let gate = self.open().await;
        if gate.lost && self.way == Way::Down {
            self.answered.notify_one();
            return std::future::pending().await;
        }
        self.passed += bytes.len() as u64;
        if gate.held && self.way == Way::Down {
            self.held.extend_from_slice(bytes);
            if self.held.len() > Self::HELD_BYTES_MAX {
                self.line.calm().await;
                return Err(Cut::Reset);
            }
            return Ok(());
        }
        to.write_all(bytes).await.map_err(|_| Cut::Reset)
    }

    /// Waits until nothing is frozen.
    async fn open(&self) -> Gate {
        let mut gate = self.gate.subscribe();
        tokio::select! {
            biased;
            open = gate.wait_for(|gate| !gate.frozen) => {
                if let Ok(open) = open {
                    return *open;
                }
            }
            () = self.line.calm() => {}
        }
        *self.gate.borrow()
    }

    fn cut(&mut self) -> Cut {
        if self.chance.percent(50) { Cut::Reset } else { Cut::End }
    }

    async fn nap(&self, pause: Duration) {
        nap(self.line, pause).await;
    }

    fn note(&self, kind: Kind) {
        self.line.note(self.connection, self.way, self.passed, kind);
    }
}
