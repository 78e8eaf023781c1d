//! The floor: what the job costs when only the kernel's work is done. A raw epoll loop without a
//! runtime that answers the handshake and gives each text message, as one frame of a size it was
//! told, to every connection. It keeps no log, knows nobody, checks nothing and must never learn to.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use teahouse_ring::SENDS_MAX;

use crate::dialect::Order;
use crate::frame::{self, Frame, FrameReader, From, Kind};
use crate::handshake;
use crate::poll::{Poll, Ready};

const LISTENER: u64 = u64::MAX;
/// Most that waits for one socket, in bytes: the floor has no log to read on from.
const UNSENT_BYTES_MAX: usize = 256 << 20;
/// How often the loop looks whether it shall stop.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// A fault built in on purpose, for the tests of the generator; it strikes one connection once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One round is not delivered.
    Lose,
    /// One round is delivered twice.
    Repeat,
    /// One round is delivered after the next.
    Late,
}

/// How the floor works.
#[derive(Clone, Copy, Debug)]
pub struct FloorOptions {
    /// What arrived in one round of reads leaves in one write per socket, else one per message.
    pub joined: bool,
    /// All writes of a round are one call of the kernel, by io_uring.
    pub uring: bool,
    pub fault: Option<Fault>,
}

/// The floor, listening.
pub struct Floor {
    listener: TcpListener,
    poll: Poll,
    /// By token.
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    scratch: Vec<u8>,
    round: Round,
    options: FloorOptions,
    fault: FaultState,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// Of the handshake first, of frames later.
    reader: FrameReader,
    unsent: Vec<u8>,
    upgraded: bool,
}

/// The frames of one round of reads, encoded once for all.
#[derive(Debug, Default)]
struct Round {
    bytes: Vec<u8>,
    /// Where each frame ends in `bytes`.
    ends: Vec<usize>,
    /// Bytes of one frame; 0: as many as the message needs.
    wire_bytes: usize,
}

#[derive(Debug, Default)]
struct FaultState {
    rounds: u64,
    kept: Vec<u8>,
}

/// The fault waits for a few rounds, so that it strikes in the middle of a run.
const FAULT_ROUND: u64 = 5;

impl Floor {
    /// Listens on `address`.
    pub fn bind(address: SocketAddr, options: FloorOptions) -> Result<Self> {
        let listener = TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address}: give another --listen"))?;
        // std listens with a backlog of 128: too short for thousands who come at once.
        rustix::net::listen(&listener, 4096)?;
        listener.set_nonblocking(true)?;
        let poll = Poll::new()?;
        poll.add(&listener, LISTENER)?;
        Ok(Self {
            listener,
            poll,
            connections: Vec::new(),
            free: Vec::new(),
            scratch: vec![0; 256 << 10],
            round: Round::default(),
            options,
            fault: FaultState::default(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is set.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<()> {
        ensure!(!self.options.uring || teahouse_ring::is_offered(), "the kernel refuses io_uring");
        while !stop.load(Ordering::Relaxed) {
            let count = self.poll.wait(STOP_CHECK)?;
            for index in 0..count {
                let ready = self.poll.ready(index);
                if ready.token == LISTENER {
                    self.accept_all()?;
                } else {
                    self.serve(ready)?;
                }
            }
            self.deliver()?;
        }
        Ok(())
    }

    fn accept_all(&mut self) -> Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("the floor cannot accept"),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let slot = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            self.poll.add(&stream, slot as u64)?;
            let reader = FrameReader::default();
            self.connections[slot] = Some(Connection { stream, reader, unsent: Vec::new(), upgraded: false });
        }
    }

    fn serve(&mut self, ready: Ready) -> Result<()> {
        let slot = ready.token as usize;
        let Some(connection) = self.connections[slot].as_mut() else {
            return Ok(());
        };
        let mut open = true;
        if ready.writable {
            open = connection.write(&[], &self.poll, slot);
        }
        if open && ready.readable {
            open = connection.read(&mut self.scratch, &mut self.round, &self.poll, slot)?;
        }
        if !open {
            self.drop_connection(slot);
        }
        Ok(())
    }

    fn drop_connection(&mut self, slot: usize) {
        self.connections[slot] = None;
        self.free.push(slot);
    }

    /// Gives what the round brought to every connection.
    fn deliver(&mut self) -> Result<()> {
        if self.round.ends.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.round.bytes);
        let ends = std::mem::take(&mut self.round.ends);
        if self.options.joined {
            self.deliver_piece(&bytes)?;
        } else {
            let mut start = 0;
            for end in &ends {
                self.deliver_piece(&bytes[start..*end])?;
                start = *end;
            }
        }
        self.round.keep_room(bytes, ends);
        Ok(())
    }

    fn deliver_piece(&mut self, piece: &[u8]) -> Result<()> {
        self.fault.rounds += 1;
        let faulty = self.faulty_piece(piece);
        if faulty.is_none() && self.options.uring {
            return self.deliver_by_ring(piece);
        }
        let victim = faulty.as_ref().and_then(|_| self.connections.iter().rposition(Option::is_some));
        for slot in 0..self.connections.len() {
            let Some(connection) = self.connections[slot].as_mut() else {
                continue;
            };
            if !connection.upgraded {
                continue;
            }
            let piece = match &faulty {
                Some(other) if Some(slot) == victim => other,
                _ => piece,
            };
            if !connection.write(piece, &self.poll, slot) {
                self.drop_connection(slot);
            }
            self.check_unsent(slot)?;
        }
        Ok(())
    }

    /// Whoever has something waiting is written to one by one, all others in as few calls as can be.
    fn deliver_by_ring(&mut self, piece: &[u8]) -> Result<()> {
        let (mut waiting, mut slots, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, connection) in self.connections.iter().enumerate() {
            match connection {
                Some(open) if open.upgraded && open.unsent.is_empty() => {
                    slots.push(slot);
                    sockets.push(open.stream.as_fd());
                }
                Some(open) if open.upgraded => waiting.push((slot, Ok(0))),
                _ => {}
            }
        }
        for (slots, sockets) in slots.chunks(SENDS_MAX).zip(sockets.chunks(SENDS_MAX)) {
            let sent =
                teahouse_ring::send_all(sockets.iter().map(|socket| (*socket, piece)), |place, sent| {
                    if !sent.as_ref().is_ok_and(|sent| *sent == piece.len()) {
                        waiting.push((slots[place], sent));
                    }
                });
            ensure!(sent, "the kernel refuses io_uring");
        }
        for (slot, sent) in waiting {
            let open = self.connections[slot].as_mut();
            if open.is_some_and(|open| !open.wrote(sent, piece, &self.poll, slot)) {
                self.drop_connection(slot);
            }
            self.check_unsent(slot)?;
        }
        Ok(())
    }

    fn check_unsent(&self, slot: usize) -> Result<()> {
        let unsent = self.connections[slot].as_ref().map_or(0, |open| open.unsent.len());
        ensure!(unsent <= UNSENT_BYTES_MAX, "{unsent} bytes wait for one socket: too slow");
        Ok(())
    }

    fn faulty_piece(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        let fault = self.options.fault?;
        match (fault, self.fault.rounds) {
            (Fault::Lose, FAULT_ROUND) => Some(Vec::new()),
            (Fault::Repeat, FAULT_ROUND) => Some([piece, piece].concat()),
            (Fault::Late, FAULT_ROUND) => {
                self.fault.kept = piece.to_vec();
                Some(Vec::new())
            }
            (Fault::Late, next) if next == FAULT_ROUND + 1 => Some([piece, &self.fault.kept].concat()),
            _ => None,
        }
    }
}

impl Connection {
    /// Reads once; the answer is whether the connection is still open.
    fn read(&mut self, scratch: &mut [u8], round: &mut Round, poll: &Poll, slot: usize) -> Result<bool> {
        let count = match self.stream.read(scratch) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if is_passing(&error) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let mut answer = Vec::new();
        let mut bytes = &scratch[..count];
        if !self.upgraded {
            // The generator sends its whole request at once and waits: a cut head is its fault.
            let head = handshake::head_bytes(bytes)?.context("the request head came in pieces")?;
            answer = handshake::response(&bytes[..head])?;
            bytes = &bytes[head..];
            self.upgraded = true;
        }
        let mut open = true;
        self.reader.feed(bytes, From::Client, |frame| {
            open &= frame.kind != Kind::Close;
            round.take(&frame, &mut answer)
        })?;
        Ok(open && (answer.is_empty() || self.write(&answer, poll, slot)))
    }

    /// Writes what waits and then `bytes`; the answer is whether the connection is still open.
    fn write(&mut self, bytes: &[u8], poll: &Poll, slot: usize) -> bool {
        let waited = !self.unsent.is_empty();
        if waited {
            self.unsent.extend_from_slice(bytes);
            return self.write_unsent(poll, slot);
        }
        let sent = self.stream.write(bytes);
        self.wrote(sent, bytes, poll, slot)
    }

    /// Keeps what the socket did not take; the answer is whether the connection is still open.
    fn wrote(&mut self, sent: io::Result<usize>, bytes: &[u8], poll: &Poll, slot: usize) -> bool {
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) if is_passing(&error) => 0,
            Err(_) => return false,
        };
        if sent == bytes.len() {
            return true;
        }
        let waited = !self.unsent.is_empty();
        self.unsent.extend_from_slice(&bytes[sent..]);
        waited || poll.watch_writable(&self.stream, slot as u64, true).is_ok()
    }

    fn write_unsent(&mut self, poll: &Poll, slot: usize) -> bool {
        match self.stream.write(&self.unsent) {
            Ok(sent) if sent == self.unsent.len() => {
                self.unsent = Vec::new();
                poll.watch_writable(&self.stream, slot as u64, false).is_ok()
            }
            Ok(sent) => {
                self.unsent.drain(..sent);
                true
            }
            Err(error) => is_passing(&error),
        }
    }
}

impl Round {
    fn take(&mut self, frame: &Frame<'_>, answer: &mut Vec<u8>) -> Result<()> {
        let mask = frame.mask.unwrap_or_default();
        match frame.kind {
            Kind::Text => {
                frame::push_padded_frame(&mut self.bytes, frame.payload, mask, self.wire_bytes);
                self.ends.push(self.bytes.len());
            }
            Kind::Binary => self.obey(&unmasked(frame.payload, mask), answer)?,
            Kind::Ping => {
                frame::push_server_frame(answer, Kind::Pong, &unmasked(frame.payload, mask));
            }
            Kind::Close | Kind::Pong => {}
        }
        Ok(())
    }

    fn obey(&mut self, payload: &[u8], answer: &mut Vec<u8>) -> Result<()> {
        let payload_bytes = match Order::decode(payload)? {
            Order::Answer { wire_bytes } => frame::payload_bytes_within(wire_bytes),
            Order::Deliver { wire_bytes } => {
                self.wire_bytes = wire_bytes;
                0
            }
        };
        frame::push_server_frame(answer, Kind::Binary, &vec![0; payload_bytes]);
        Ok(())
    }

    /// Takes its two buffers back, empty: the floor does not allocate in each round.
    fn keep_room(&mut self, mut bytes: Vec<u8>, mut ends: Vec<usize>) {
        bytes.clear();
        ends.clear();
        self.bytes = bytes;
        self.ends = ends;
    }
}

fn unmasked(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut plain = Vec::new();
    frame::push_unmasked(&mut plain, payload, mask);
    plain
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
