//! The writing end of a connection: whole frames or nothing.
//!
//! Rooms and the connection's own task write here and nowhere else, so frames never mix. A socket that
//! takes only a part leaves the rest of that write here; until it is gone nothing else gets through, and
//! whoever tried reads the log later. An idle wire holds no buffer.

use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use teahouse_core::Moment;
use tokio::net::TcpStream;

use super::encode::Dialect;
use super::queue::Queue;
use crate::cost::Cost;
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

/// The writing end of one socket or one answer, and the task to wake when it is full.
#[derive(Debug)]
pub struct Wire {
    carrier: Carrier,
    out: Mutex<Out>,
    /// Wakes the connection's task.
    pub task: AtomicWaker,
}

/// What takes the bytes.
#[derive(Debug)]
enum Carrier {
    /// A WebSocket's own socket.
    Socket(TcpStream),
    /// A socket that its HTTP connection has not handed over yet. Boxed, as it would be room in every WebSocket's.
    Coming(Box<OnceLock<TcpStream>>),
    /// The body of an HTTP answer.
    Answer(Arc<Queue>),
}

impl Carrier {
    /// The socket, if it is one and is there.
    fn socket(&self) -> io::Result<&TcpStream> {
        match self {
            Self::Socket(socket) => Ok(socket),
            Self::Coming(socket) => socket.get().ok_or_else(|| ErrorKind::WouldBlock.into()),
            Self::Answer(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn try_write(&self, frames: &Bytes) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket.try_write(frames),
            Self::Coming(_) => self.socket()?.try_write(frames),
            Self::Answer(queue) => queue.push([frames.clone()]),
        }
    }

    fn try_write_joined(&self, rest: &Bytes, replies: &[u8], frames: &Bytes) -> io::Result<usize> {
        match self {
            Self::Answer(queue) => {
                queue.push([rest.clone(), Bytes::copy_from_slice(replies), frames.clone()])
            }
            _ => {
                let parts = [IoSlice::new(rest), IoSlice::new(replies), IoSlice::new(frames)];
                self.socket()?.try_write_vectored(&parts)
            }
        }
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Socket(socket) => socket.poll_write_ready(cx),
            // Whoever hands the socket over wakes the connection's task.
            Self::Coming(socket) => socket.get().map_or(Poll::Pending, |socket| socket.poll_write_ready(cx)),
            // Whoever reads the queue wakes the connection's task.
            Self::Answer(queue) => queue.poll_room(),
        }
    }
}

/// What there is beside the carrier. A connection that is idle and not counted has nothing.
#[derive(Debug, Default)]
struct Out {
    waiting: Option<Box<Waiting>>,
    counting: Option<Box<Counting>>,
}

/// Who counts what is written.
#[derive(Debug)]
struct Counting {
    cost: Arc<Cost>,
    dialect: Dialect,
    /// Another one counts the bytes that carry the frames.
    frames_only: bool,
}

impl Out {
    /// These bytes are on their way.
    fn count(&self, bytes: &[u8]) {
        let Some(counting) = &self.counting else { return };
        counting.cost.sent_frames(counting.dialect.frame_bytes(bytes));
        if !counting.frames_only {
            counting.cost.sent(bytes.len());
        }
    }
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

/// A wire that nobody else writes to, and nothing waits for.
#[derive(Debug)]
pub struct Held<'a> {
    wire: &'a Wire,
    socket: &'a TcpStream,
    out: MutexGuard<'a, Out>,
}

impl Held<'_> {
    /// Where to write.
    #[must_use]
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The socket answered so to these frames.
    pub fn wrote(&mut self, sent: &io::Result<usize>, frames: &Bytes, now: Moment) -> Wrote {
        let wrote = self.wire.took(&mut self.out.waiting, sent, frames, now);
        if wrote != Wrote::Nothing {
            self.out.count(frames);
        }
        wrote
    }
}

impl Wire {
    /// The writing end of `socket`.
    #[must_use]
    pub fn new(socket: TcpStream) -> Self {
        Self::over(Carrier::Socket(socket))
    }

    /// The writing end of a socket that [`Self::arrive`] will bring; until then everything waits.
    #[must_use]
    pub fn coming() -> Self {
        Self::over(Carrier::Coming(Box::default()))
    }

    /// The socket is there: `head` is the first that it is given.
    pub fn arrive(&self, socket: TcpStream, head: Bytes) {
        let Carrier::Coming(coming) = &self.carrier else { return };
        let head_bytes = head.len();
        let mut out = lock(&self.out);
        let waiting = out.waiting.get_or_insert_default();
        waiting.rest = head;
        waiting.full_since = None;
        if let Some(counting) = &out.counting {
            counting.cost.sent(head_bytes);
        }
        // It arrives once: a connection is handed over by the answer to its only request.
        let _ = coming.set(socket);
        drop(out);
        self.task.wake();
    }

    /// The writing end of an HTTP answer.
    #[must_use]
    pub fn answer(queue: Arc<Queue>) -> Self {
        Self::over(Carrier::Answer(queue))
    }

    fn over(carrier: Carrier) -> Self {
        Self { carrier, out: Mutex::default(), task: AtomicWaker::new() }
    }

    /// Reads from the socket. An answer brings nothing until whoever read it is gone.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Carrier::Answer(queue) = &self.carrier {
            return if queue.is_gone() { Poll::Ready(Ok(0)) } else { Poll::Pending };
        }
        let Ok(socket) = self.carrier.socket() else { return Poll::Pending };
        loop {
            ready!(socket.poll_read_ready(cx))?;
            match socket.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    /// Counts from now on what is written, in this dialect.
    pub fn count(&self, cost: &Arc<Cost>, dialect: Dialect) {
        let frames_only = matches!(self.carrier, Carrier::Answer(_));
        lock(&self.out).counting = Some(Box::new(Counting { cost: cost.clone(), dialect, frames_only }));
    }

    /// Who counts what is written.
    #[must_use]
    pub fn cost(&self) -> Option<Arc<Cost>> {
        lock(&self.out).counting.as_ref().map(|counting| counting.cost.clone())
    }

    /// Writes whole frames, with the replies that wait in front of them.
    pub fn try_write(&self, frames: &Bytes, now: Moment) -> Wrote {
        let mut out = lock(&self.out);
        let wrote = match &out.waiting {
            None => {
                let sent = self.carrier.try_write(frames);
                self.took(&mut out.waiting, &sent, frames, now)
            }
            Some(waiting) if waiting.over => return Wrote::Nothing,
            Some(_) => self.try_write_behind(&mut out.waiting, frames, now),
        };
        if wrote != Wrote::Nothing {
            out.count(frames);
        }
        wrote
    }

    /// Holds this wire for somebody who writes to its socket; `None` if something waits, somebody else writes,
    /// or there is no socket. Whoever holds several waits for none of them, so nobody waits in a circle.
    pub fn hold(&self) -> Option<Held<'_>> {
        let Carrier::Socket(socket) = &self.carrier else { return None };
        let out = self.out.try_lock().ok()?;
        out.waiting.is_none().then(|| Held { wire: self, socket, out })
    }

    /// Writes whole frames if nothing waits, and forgets them if the socket is full: then `false`.
    pub fn try_signal(&self, frames: &Bytes, now: Moment) -> bool {
        let mut out = lock(&self.out);
        if out.waiting.is_some() {
            return false;
        }
        let Ok(count) = self.carrier.try_write(frames) else { return false };
        if count < frames.len() {
            self.full(&mut out.waiting, frames.slice(count..), now, Wrote::Part);
        }
        out.count(frames);
        true
    }

    /// Lets whole frames wait, for this connection alone; they leave with the next write or [`Self::flush`].
    pub fn reply(&self, frames: &[u8]) {
        let mut out = lock(&self.out);
        let waiting = out.waiting.get_or_insert_default();
        if !waiting.over {
            waiting.replies.extend_from_slice(frames);
            out.count(frames);
        }
    }

    /// Lets a close frame wait: whatever is said after it is forgotten.
    pub fn reply_last(&self, close: &[u8]) {
        let mut out = lock(&self.out);
        let waiting = out.waiting.get_or_insert_default();
        if !waiting.over {
            waiting.replies.extend_from_slice(close);
            waiting.over = true;
            out.count(close);
        }
    }

    /// Whether its last word was said.
    #[must_use]
    pub fn is_over(&self) -> bool {
        lock(&self.out).waiting.as_ref().is_some_and(|waiting| waiting.over)
    }

    /// Writes what waits; `false` if the socket is full.
    pub fn flush(&self, now: Moment) -> bool {
        let out = &mut lock(&self.out).waiting;
        if out.as_ref().is_some_and(|waiting| !waiting.is_empty()) {
            self.try_write_behind(out, &Bytes::new(), now);
        }
        if out.as_ref().is_some_and(|waiting| waiting.is_empty() && !waiting.over) {
            *out = None;
        }
        out.as_ref().is_none_or(|waiting| waiting.is_empty())
    }

    /// Waits until the socket takes bytes again, and writes what waits; ready when nothing does.
    pub fn poll_flush(&self, cx: &mut Context<'_>, now: Moment) -> Poll<io::Result<()>> {
        while !self.flush(now) {
            if lock(&self.out).waiting.as_ref().is_some_and(|waiting| waiting.broken) {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            match self.carrier.poll_write_ready(cx) {
                Poll::Ready(Ok(())) => self.has_room(),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Fails if the socket has failed since it was last written to.
    ///
    /// # Errors
    /// The socket's.
    pub fn check(&self) -> io::Result<()> {
        match self.carrier.socket() {
            Ok(socket) => socket.take_error()?.map_or(Ok(()), Err),
            Err(_) => Ok(()),
        }
    }

    /// What was full takes bytes again.
    pub fn has_room(&self) {
        if let Some(waiting) = lock(&self.out).waiting.as_mut() {
            waiting.full_since = None;
        }
    }

    /// Since when the socket has taken nothing, if it is full.
    #[must_use]
    pub fn full_since(&self) -> Option<Moment> {
        lock(&self.out).waiting.as_ref().and_then(|waiting| waiting.full_since)
    }

    /// How many bytes of replies wait.
    #[must_use]
    pub fn reply_bytes(&self) -> usize {
        lock(&self.out).waiting.as_ref().map_or(0, |waiting| waiting.replies.len())
    }

    fn try_write_behind(&self, out: &mut Option<Box<Waiting>>, frames: &Bytes, now: Moment) -> Wrote {
        let Some(waiting) = out else { return Wrote::Nothing };
        if waiting.full_since.is_some() {
            return Wrote::Nothing;
        }
        // The rest of an earlier write goes first, then replies, then these frames: in one call.
        let sizes = [waiting.rest.len(), waiting.replies.len(), frames.len()];
        let count = match self.carrier.try_write_joined(&waiting.rest, &waiting.replies, frames) {
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

    /// Keeps what the socket did not take.
    fn took(
        &self,
        out: &mut Option<Box<Waiting>>,
        sent: &io::Result<usize>,
        frames: &Bytes,
        now: Moment,
    ) -> Wrote {
        match sent {
            Ok(count) if *count == frames.len() => Wrote::All,
            Ok(count) => self.full(out, frames.slice(*count..), now, Wrote::Part),
            Err(_) => self.full(out, Bytes::new(), now, Wrote::Nothing),
        }
    }

    fn full(&self, out: &mut Option<Box<Waiting>>, rest: Bytes, now: Moment, wrote: Wrote) -> Wrote {
        *out = Some(Box::new(Waiting { rest, full_since: Some(now), ..Waiting::default() }));
        self.task.wake();
        wrote
    }
}
