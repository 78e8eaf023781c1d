//! `/echo`: returns each text or binary message as it came, with bounded memory.
//!
//! One task per connection, which owns its socket. While answers wait it reads on only
//! to the end of the message that has begun, so a slow reader slows itself down.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::websocket::{encoder, scratch};
use mirror::Mirror;
use patience::{Patience, Verdict};
use unsent::Unsent;

mod mirror;
mod patience;
mod unsent;

/// Serves one upgraded socket until it is closed.
///
/// `leftover` is what came behind the request. Messages above `message_bytes_max` bytes
/// are refused with 1009. When `stop` is done the connection is closed with its code and reason.
pub async fn echo(
    socket: TcpStream,
    leftover: Bytes,
    message_bytes_max: u32,
    stop: impl Future<Output = (u16, &'static str)>,
) {
    // The loop's own errors all mean that the peer is gone, and nobody asks why.
    let _ = serve(Line::new(socket, message_bytes_max), leftover, stop).await;
}

async fn serve(
    mut line: Line,
    leftover: Bytes,
    stop: impl Future<Output = (u16, &'static str)>,
) -> io::Result<()> {
    let mut stop = pin!(stop);
    let mut alarm = pin!(sleep_until(line.patience.deadline()));
    line.begin(leftover)?;
    while !line.is_done() {
        if line.is_spoken() {
            line.socket.shutdown().await?;
        }
        // Only an earlier deadline moves the alarm; a later one is found when it rings.
        if line.patience.deadline() < alarm.deadline() {
            alarm.as_mut().reset(line.patience.deadline());
        }
        tokio::select! {
            biased;
            (code, reason) = &mut stop, if !line.mirror.is_closing() => line.leave(code, reason)?,
            () = &mut alarm => {
                line.ring()?;
                alarm.as_mut().reset(line.patience.deadline());
            }
            ready = line.ready() => line.advance(ready?)?,
        }
    }
    Ok(())
}

/// One connection: its socket, what it has not taken, and when to worry about it.
struct Line {
    socket: TcpStream,
    mirror: Mirror,
    unsent: Unsent,
    message_bytes_max: u32,
    patience: Patience,
    /// Our direction of the socket was shut.
    shut: bool,
    /// The peer's direction has ended.
    ended: bool,
}

/// What the socket can do now.
#[derive(Clone, Copy)]
enum Ready {
    Read,
    Write,
}

impl Line {
    fn new(socket: TcpStream, message_bytes_max: u32) -> Self {
        Self {
            socket,
            mirror: Mirror::new(message_bytes_max),
            unsent: Unsent::default(),
            message_bytes_max,
            patience: Patience::new(Instant::now()),
            shut: false,
            ended: false,
        }
    }

    async fn ready(&self) -> io::Result<Ready> {
        poll_fn(|context| {
            if !self.unsent.is_empty()
                && let Poll::Ready(ready) = self.socket.poll_write_ready(context)
            {
                return Poll::Ready(ready.map(|()| Ready::Write));
            }
            if self.may_read() {
                return self.socket.poll_read_ready(context).map_ok(|()| Ready::Read);
            }
            Poll::Pending
        })
        .await
    }

    /// Whether more may be read although answers may still wait.
    ///
    /// A begun message is read to its end, for who sends all of it before reading any;
    /// and where nothing is answered any more, reading keeps nothing.
    fn may_read(&self) -> bool {
        let bytes_max = usize::try_from(self.message_bytes_max).unwrap_or(usize::MAX);
        let ahead = self.mirror.is_in_message() && self.unsent.has_room(bytes_max);
        !self.ended && (self.unsent.is_empty() || self.mirror.is_closing() || ahead)
    }

    /// Answers what came behind the request.
    fn begin(&mut self, leftover: Bytes) -> io::Result<()> {
        let mut answer = Vec::new();
        self.mirror.reflect(&mut Vec::from(leftover), &mut answer);
        self.say(&answer)
    }

    /// One read with its answer, or one write of what waits.
    fn advance(&mut self, ready: Ready) -> io::Result<()> {
        let moved = match ready {
            Ready::Read => self.receive()?,
            Ready::Write => self.unsent.flush(&self.socket)?,
        };
        if moved > 0 {
            self.patience.sound(Instant::now());
        }
        Ok(())
    }

    /// Reads once and answers at once; tells how many bytes were read.
    fn receive(&mut self) -> io::Result<usize> {
        let mut answer = Vec::new();
        let read = scratch::with(|scratch| {
            let bytes = self.socket.try_read(scratch)?;
            self.mirror.reflect(&mut scratch[..bytes], &mut answer);
            io::Result::Ok(bytes)
        });
        match read {
            Ok(bytes) => {
                self.ended = bytes == 0;
                self.say(&answer).map(|()| bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Writes what the mirror said; its closing begins the farewell.
    fn say(&mut self, answer: &[u8]) -> io::Result<()> {
        if self.mirror.is_closing() {
            self.patience.farewell(Instant::now());
        }
        self.unsent.write(&self.socket, answer)
    }

    /// The alarm rang: asks, gives up, or finds that all is well.
    fn ring(&mut self) -> io::Result<()> {
        // Into a full socket no ping goes; taking anything will do as the answer.
        let full = !self.unsent.is_empty();
        match self.patience.ring(Instant::now()) {
            Verdict::Ask if !full => {
                let mut ping = Vec::new();
                encoder::ping_frame(&mut ping, b"");
                self.say(&ping)
            }
            Verdict::Ask | Verdict::Wait => Ok(()),
            Verdict::Leave if full => self.leave(4011, "stalled"),
            Verdict::Leave => self.leave(4010, "no_pong"),
            Verdict::Drop => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn leave(&mut self, code: u16, reason: &str) -> io::Result<()> {
        let mut answer = Vec::new();
        self.mirror.leave(code, reason, &mut answer);
        self.say(&answer)
    }

    /// Whether nothing comes and nothing waits, with a closing or without.
    fn is_done(&self) -> bool {
        self.ended && self.unsent.is_empty()
    }

    /// Whether our last byte is out and the direction is still to be shut; once true.
    ///
    /// What the peer still sends is then read and thrown away until it closes too: a
    /// socket dropped with unread bytes resets, and our close frame might not arrive.
    fn is_spoken(&mut self) -> bool {
        let spoken = self.mirror.is_over() && self.unsent.is_empty() && !self.shut;
        self.shut |= spoken;
        spoken
    }
}
