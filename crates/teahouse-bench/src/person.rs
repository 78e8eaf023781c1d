//! One person of the load generator: a socket, what it has said and what it has heard. Owned by
//! its `Crowd`, which does the waiting; a person only reads, writes and keeps count.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};

use anyhow::{Context, Result, bail, ensure};
use rustix::net::{AddressFamily, SocketType, ipproto};

use crate::dialect::{Dialect, Line};
use crate::frame::{self, Frame, FrameReader, From, Kind};
use crate::handshake;
use crate::poll::Poll;

/// The generator hides nothing from proxies, so its mask is always the same.
const MASK: [u8; 4] = [0x74, 0x65, 0x61, 0x21];

/// A person at the door or in the room.
#[derive(Debug)]
pub struct Person {
    stream: TcpStream,
    token: u64,
    stage: Stage,
    /// Of the response head while upgrading.
    head: Vec<u8>,
    reader: FrameReader,
    unsent: Vec<u8>,
    /// The number of the last event, in the full room.
    seq: u64,
    pub heard: Heard,
}

/// What one person has heard; equal for all who were there for the same messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub messages: u64,
    /// Depends on every number and on their order.
    pub order: u64,
    /// Answers to questions of this person alone: acks, pongs.
    pub answers: u64,
}

/// Sums over a crowd since it was opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub deliveries: u64,
    /// Bytes of frames that brought messages, headers included.
    pub message_bytes: u64,
    /// All other bytes after the handshake.
    pub other_bytes: u64,
    /// Reads that brought something.
    pub reads: u64,
    pub acks: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Upgrading,
    Greeting,
    Ready,
}

impl Person {
    /// Connects from `source` and asks for the upgrade.
    pub fn arrive(source: IpAddr, to: SocketAddr, dialect: Dialect, token: u64, poll: &Poll) -> Result<Self> {
        let stream = connect(source, to)
            .with_context(|| format!("person {token} cannot connect from {source} to {to}"))?;
        poll.add(&stream, token)?;
        let mut person = Self {
            stream,
            token,
            stage: Stage::Upgrading,
            head: Vec::new(),
            reader: FrameReader::default(),
            unsent: Vec::new(),
            seq: 0,
            heard: Heard::default(),
        };
        let host = to.to_string();
        person.write(&handshake::request(&host, dialect.path(), dialect.subprotocol()), poll)?;
        Ok(person)
    }

    /// In the room, with all that was before heard.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Sends one frame.
    pub fn say(&mut self, kind: Kind, payload: &[u8], poll: &Poll) -> Result<()> {
        let mut bytes = Vec::with_capacity(payload.len() + 14);
        frame::push_client_frame(&mut bytes, kind, payload, MASK);
        self.write(&bytes, poll)
    }

    /// Writes what did not fit into the socket.
    pub fn write_on(&mut self, poll: &Poll) -> Result<()> {
        let bytes = std::mem::take(&mut self.unsent);
        poll.watch_writable(&self.stream, self.token, false)?;
        self.write(&bytes, poll)
    }

    /// Reads once and counts; `heard` gets the number of each message.
    pub fn read(
        &mut self,
        scratch: &mut [u8],
        dialect: Dialect,
        tally: &mut Tally,
        poll: &Poll,
        mut heard: impl FnMut(u64),
    ) -> Result<()> {
        let count = match self.stream.read(scratch) {
            Ok(0) => bail!("the server ended the connection of person {}", self.token),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("person {} cannot read", self.token));
            }
        };
        tally.reads += 1;
        if self.stage == Stage::Upgrading {
            return self.read_head(&scratch[..count], dialect, tally, poll);
        }
        self.read_frames(&scratch[..count], dialect, tally, poll, &mut heard)
    }

    fn read_head(&mut self, bytes: &[u8], dialect: Dialect, tally: &mut Tally, poll: &Poll) -> Result<()> {
        self.head.extend_from_slice(bytes);
        let Some(end) = handshake::head_bytes(&self.head)? else {
            return Ok(());
        };
        let head = std::mem::take(&mut self.head);
        handshake::check_response(&head[..end])?;
        self.stage = Stage::Greeting;
        let (kind, greeting) = dialect.greeting(&self.name()?);
        self.say(kind, &greeting, poll)?;
        self.read_frames(&head[end..], dialect, tally, poll, &mut |_| ())
    }

    /// Differs between the crowds that one server sees.
    fn name(&self) -> Result<String> {
        let IpAddr::V4(source) = self.stream.local_addr()?.ip() else {
            bail!("people come from 127.0.0.0/8 only");
        };
        let [_, high, low, _] = source.octets();
        Ok(format!("b{}n{}", u16::from_be_bytes([high, low]), self.token))
    }

    fn read_frames(
        &mut self,
        bytes: &[u8],
        dialect: Dialect,
        tally: &mut Tally,
        poll: &Poll,
        heard: &mut impl FnMut(u64),
    ) -> Result<()> {
        let mut reader = std::mem::take(&mut self.reader);
        let mut answer = Vec::new();
        reader.feed(bytes, From::Server, |frame| match frame.kind {
            Kind::Text => self.hear_text(&frame, dialect, tally, &mut answer, heard),
            _ => self.hear_control(&frame, tally, &mut answer),
        })?;
        self.reader = reader;
        if answer.is_empty() { Ok(()) } else { self.write(&answer, poll) }
    }

    fn hear_control(&mut self, frame: &Frame<'_>, tally: &mut Tally, answer: &mut Vec<u8>) -> Result<()> {
        tally.other_bytes += frame.wire_bytes as u64;
        match frame.kind {
            Kind::Ping => frame::push_client_frame(answer, Kind::Pong, frame.payload, MASK),
            Kind::Close => bail!("the server closed person {}: {:?}", self.token, frame.payload),
            // A binary frame is the floor's answer to an order.
            Kind::Pong | Kind::Binary | Kind::Text => {
                self.stage = Stage::Ready;
                self.heard.answers += 1;
            }
        }
        Ok(())
    }

    fn hear_text(
        &mut self,
        frame: &Frame<'_>,
        dialect: Dialect,
        tally: &mut Tally,
        answer: &mut Vec<u8>,
        heard: &mut impl FnMut(u64),
    ) -> Result<()> {
        if !dialect.has_lines() {
            let deliveries = tally.deliveries;
            self.hear_line(frame.payload, dialect, tally, answer, heard)?;
            let brought = tally.deliveries > deliveries;
            let bytes = if brought { &mut tally.message_bytes } else { &mut tally.other_bytes };
            *bytes += frame.wire_bytes as u64;
            return Ok(());
        }
        let (deliveries, mut other_bytes) = (tally.deliveries, 0);
        for line in (Lines { rest: frame.payload }) {
            let before = tally.deliveries;
            self.hear_line(line, dialect, tally, answer, heard)?;
            if tally.deliveries == before {
                other_bytes += line.len() + 1;
            }
        }
        // A frame's header belongs to its messages, where it has any.
        if tally.deliveries == deliveries {
            other_bytes = frame.wire_bytes;
        }
        tally.other_bytes += other_bytes as u64;
        tally.message_bytes += frame.wire_bytes.saturating_sub(other_bytes) as u64;
        Ok(())
    }

    fn hear_line(
        &mut self,
        line: &[u8],
        dialect: Dialect,
        tally: &mut Tally,
        answer: &mut Vec<u8>,
        heard: &mut impl FnMut(u64),
    ) -> Result<()> {
        match dialect.read(line)? {
            Line::Message { number, seq } => {
                if let Some(seq) = seq {
                    self.advance(seq)?;
                }
                tally.deliveries += 1;
                self.heard.add(number);
                heard(number);
            }
            Line::OtherEvent { seq } => self.advance(seq)?,
            Line::Subscribed { head } => self.seq = head,
            Line::Live => self.stage = Stage::Ready,
            Line::Ack => {
                self.heard.answers += 1;
                tally.acks += 1;
            }
            Line::Pong => self.heard.answers += 1,
            Line::Ping => frame::push_client_frame(answer, Kind::Text, dialect.pong(), MASK),
            Line::Other => {}
        }
        Ok(())
    }

    /// The promise of the log: 1, 2, 3, … without gap, repeat or swap.
    fn advance(&mut self, seq: u64) -> Result<()> {
        let (token, expected) = (self.token, self.seq + 1);
        ensure!(seq == expected, "person {token} got event {seq} where {expected} comes next");
        self.seq = seq;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], poll: &Poll) -> Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = match self.stream.write(bytes) {
            Ok(sent) => sent,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(error) => {
                return Err(error).with_context(|| format!("person {} cannot write", self.token));
            }
        };
        if sent < bytes.len() {
            self.unsent.extend_from_slice(&bytes[sent..]);
            poll.watch_writable(&self.stream, self.token, true)?;
        }
        Ok(())
    }
}

impl Heard {
    fn add(&mut self, number: u64) {
        self.messages += 1;
        self.order = (self.order ^ (number + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    }
}

/// The frames of a text message, one a line.
pub(crate) struct Lines<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let line = &self.rest[..end];
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    }
}

/// A connect over loopback is done at once, so it may block; all after it may not.
fn connect(source: IpAddr, to: SocketAddr) -> Result<TcpStream> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, Some(ipproto::TCP))?;
    rustix::net::bind(&socket, &SocketAddr::new(source, 0))?;
    rustix::net::connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(payload: &[u8]) -> Vec<&[u8]> {
        Lines { rest: payload }.collect()
    }

    #[test]
    fn a_text_message_is_cut_into_its_lines() {
        assert_eq!(lines(b"a\nbb\nc"), [&b"a"[..], b"bb", b"c"]);
        assert_eq!(lines(b"a\n\nb\n"), [&b"a"[..], b"b"]);
        assert_eq!(lines(b""), Vec::<&[u8]>::new());
    }

    #[test]
    fn what_was_heard_tells_loss_repeat_and_swap_apart() {
        let heard = |numbers: &[u64]| {
            let mut heard = Heard::default();
            for number in numbers {
                heard.add(*number);
            }
            heard
        };
        let right = heard(&[1, 2, 3, 4]);
        assert_eq!(right, heard(&[1, 2, 3, 4]));
        for wrong in [&[1, 2, 4][..], &[1, 2, 2, 3, 4], &[1, 3, 2, 4], &[1, 2, 3, 5], &[1, 2, 2, 4]] {
            assert_ne!(right, heard(wrong), "{wrong:?}");
        }
    }
}
