//! The writing end of a connection: whole frames or nothing.
//!
//! Rooms and the connection's own task write here and nowhere else, so frames never mix. A socket that
//! takes only a part leaves the rest of that write here; until it is gone nothing else gets through, and
//! whoever tried reads the log later. An idle wire holds no buffer.

use std::io::{ErrorKind, IoSlice};
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use teahouse_core::Moment;
use tokio::net::TcpStream;

use crate::lock;

/// Most bytes of replies that wait for a full socket; its commands are not read meanwhile.
pub const REPLY_BYTES_MAX: usize = 64 << 10;

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrote {
    /// The socket took everything.
    All,
    /// The socket took a part; the rest is on its way, and the socket is full.
    Part,
    /// The socket is full and took nothing of it: read the log later.
    Nothing,
}

/// The writing end of one socket, and the task to wake when it is full.
#[derive(Debug)]
pub struct Wire {
    socket: TcpStream,
    out: Mutex<Option<Box<Waiting>>>,
    /// Wakes the connection's task.
    pub task: AtomicWaker,
}

/// What waits for the socket.
#[derive(Debug, Default)]
struct Waiting {
    /// The rest of a write of which the socket took a part.
    rest: Bytes,
    /// Whole frames for this connection alone.
    replies: Vec<u8>,
    /// Since when the socket has taken nothing.
    full_since: Option<Moment>,
    /// The socket is dead: nothing will ever leave.
    broken: bool,
    /// A close frame is, or was, the last of the replies: nothing may follow it (RFC 6455, 5.5.1).
    over: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.full_since.is_none() && self.rest.is_empty() && self.replies.is_empty()
    }
}

impl Wire {
    /// The writing end of `socket`.
    #[must_use]
    pub fn new(socket: TcpStream) -> Self {
        Self { socket, out: Mutex::new(None), task: AtomicWaker::new() }
    }

    /// The socket, to read from.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Writes whole frames, with the replies that wait in front of them.
    pub fn try_write(&self, frames: &Bytes, now: Moment) -> Wrote {
        let mut out = lock(&self.out);
        if out.is_none() {
            return match self.socket.try_write(frames) {
                Ok(count) if count == frames.len() => Wrote::All,
                Ok(count) => self.full(&mut out, frames.slice(count..), now, Wrote::Part),
                Err(_) => self.full(&mut out, Bytes::new(), now, Wrote::Nothing),
            };
        }
        if out.as_ref().is_some_and(|waiting| waiting.over) {
            return Wrote::Nothing;
        }
        self.try_write_behind(&mut out, frames, now)
    }

    /// Writes whole frames if nothing waits, and forgets them if the socket is full: then `false`.
    pub fn try_signal(&self, frames: &Bytes, now: Moment) -> bool {
        let mut out = lock(&self.out);
        if out.is_some() {
            return false;
        }
        match self.socket.try_write(frames) {
            Ok(count) if count < frames.len() => {
                self.full(&mut out, frames.slice(count..), now, Wrote::Part);
                true
            }
            wrote => wrote.is_ok(),
        }
    }

    /// Lets whole frames wait, for this connection alone; they leave with the next write or [`Self::flush`].
    pub fn reply(&self, frames: &[u8]) {
        let mut out = lock(&self.out);
        let waiting = out.get_or_insert_default();
        if !waiting.over {
            waiting.replies.extend_from_slice(frames);
        }
    }

    /// Lets a close frame wait: whatever is said after it is forgotten.
    pub fn reply_last(&self, close: &[u8]) {
        let mut out = lock(&self.out);
        let waiting = out.get_or_insert_default();
        if !waiting.over {
            waiting.replies.extend_from_slice(close);
            waiting.over = true;
        }
    }

    /// Writes what waits; `false` if the socket is full.
    pub fn flush(&self, now: Moment) -> bool {
        let mut out = lock(&self.out);
        if out.as_ref().is_some_and(|waiting| !waiting.is_empty()) {
            self.try_write_behind(&mut out, &Bytes::new(), now);
        }
        if out.as_ref().is_some_and(|waiting| waiting.is_empty() && !waiting.over) {
            *out = None;
        }
        out.as_ref().is_none_or(|waiting| waiting.is_empty())
    }

    /// Waits until the socket takes bytes again, and writes what waits; ready when nothing does.
    pub fn poll_flush(&self, cx: &mut Context<'_>, now: Moment) -> Poll<std::io::Result<()>> {
        while !self.flush(now) {
            if lock(&self.out).as_ref().is_some_and(|waiting| waiting.broken) {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            match self.socket.poll_write_ready(cx) {
                Poll::Ready(Ok(())) => {
                    if let Some(waiting) = lock(&self.out).as_mut() {
                        waiting.full_since = None;
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Since when the socket has taken nothing, if it is full.
    #[must_use]
    pub fn full_since(&self) -> Option<Moment> {
        lock(&self.out).as_ref().and_then(|waiting| waiting.full_since)
    }

    /// How many bytes of replies wait.
    #[must_use]
    pub fn reply_bytes(&self) -> usize {
        lock(&self.out).as_ref().map_or(0, |waiting| waiting.replies.len())
    }

    fn try_write_behind(&self, out: &mut Option<Box<Waiting>>, frames: &Bytes, now: Moment) -> Wrote {
        let Some(waiting) = out else { return Wrote::Nothing };
        if waiting.full_since.is_some() {
            return Wrote::Nothing;
        }
        // The rest of an earlier write goes first, then replies, then these frames: in one call.
        let sizes = [waiting.rest.len(), waiting.replies.len(), frames.len()];
        let slices = [IoSlice::new(&waiting.rest), IoSlice::new(&waiting.replies), IoSlice::new(frames)];
        let count = match self.socket.try_write_vectored(&slices) {
            Ok(count) => count,
            Err(error) => {
                waiting.full_since = Some(now);
                waiting.broken = error.kind() != ErrorKind::WouldBlock;
                self.task.wake();
                return Wrote::Nothing;
            }
        };
        if count == sizes.iter().sum::<usize>() {
            let over = waiting.over;
            *out = over.then(|| Box::new(Waiting { over, ..Waiting::default() }));
            return Wrote::All;
        }
        let waiting_bytes = sizes[0] + sizes[1];
        if count <= sizes[0] {
            waiting.rest = waiting.rest.slice(count..);
        } else {
            // Replies become the rest, so that no frame starts inside another.
            let replies = std::mem::take(&mut waiting.replies);
            waiting.rest = Bytes::from(replies).slice((count - sizes[0]).min(sizes[1])..);
        }
        let taken = count > waiting_bytes;
        if taken {
            waiting.rest = frames.slice(count - waiting_bytes..);
        }
        waiting.full_since = Some(now);
        self.task.wake();
        if taken { Wrote::Part } else { Wrote::Nothing }
    }

    fn full(&self, out: &mut Option<Box<Waiting>>, rest: Bytes, now: Moment, wrote: Wrote) -> Wrote {
        *out = Some(Box::new(Waiting { rest, full_since: Some(now), ..Waiting::default() }));
        self.task.wake();
        wrote
    }
}
