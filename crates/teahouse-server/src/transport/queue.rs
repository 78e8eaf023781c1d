//! What of an HTTP answer waits to be read: the bounded buffer between a connection's wire and the body
//! that hyper reads. Whole writes go in, in order; a full queue takes nothing, as a full socket does.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame};

use crate::lock;
use crate::session::Connection;

/// A queue with so many bytes takes no more.
const QUEUE_BYTES_MAX: usize = 64 << 10;
/// The same of an answer that is given whole: who is in many full rooms is told a lot before the events.
pub const WHOLE_BYTES_MAX: usize = 8 << 20;

/// What waits to be read.
#[derive(Debug)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    reader: AtomicWaker,
    bytes_max: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self::of(QUEUE_BYTES_MAX)
    }
}

#[derive(Debug, Default)]
struct Waiting {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    /// Nothing more will come.
    ended: bool,
    /// Nobody reads any more.
    gone: bool,
}

impl Queue {
    /// Takes nothing more when it has so many bytes.
    #[must_use]
    pub fn of(bytes_max: usize) -> Self {
        Self { waiting: Mutex::default(), reader: AtomicWaker::new(), bytes_max }
    }

    /// What the answer begins with, before anything else is written.
    pub fn begin(&self, prelude: Bytes) {
        let mut waiting = lock(&self.waiting);
        waiting.bytes += prelude.len();
        waiting.chunks.push_back(prelude);
    }

    /// Takes all of these, or nothing: then it is full, or nobody reads any more.
    pub(super) fn push<const N: usize>(&self, chunks: [Bytes; N]) -> io::Result<usize> {
        let mut waiting = lock(&self.waiting);
        if waiting.gone || waiting.ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if waiting.bytes >= self.bytes_max {
            return Err(ErrorKind::WouldBlock.into());
        }
        let bytes = chunks.iter().map(Bytes::len).sum();
        waiting.bytes += bytes;
        waiting.chunks.extend(chunks.into_iter().filter(|chunk| !chunk.is_empty()));
        self.reader.wake();
        Ok(bytes)
    }

    /// Ready when it takes something again.
    pub(super) fn poll_room(&self) -> Poll<io::Result<()>> {
        let waiting = lock(&self.waiting);
        if waiting.gone {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if waiting.bytes < self.bytes_max { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        lock(&self.waiting).gone
    }

    /// Nothing more will come.
    pub fn end(&self) {
        lock(&self.waiting).ended = true;
        self.reader.wake();
    }

    /// How many bytes wait; whoever asks is woken when there are more.
    pub fn poll_bytes(&self, cx: &mut Context<'_>) -> usize {
        self.reader.register(cx.waker());
        self.bytes()
    }

    /// How many bytes wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        lock(&self.waiting).bytes
    }

    /// Everything that waits, joined, for an answer that is given whole.
    #[must_use]
    pub fn take_all(&self) -> Bytes {
        let mut waiting = lock(&self.waiting);
        waiting.bytes = 0;
        let chunks = std::mem::take(&mut waiting.chunks);
        let mut chunks = Vec::from(chunks);
        if chunks.len() == 1 { chunks.swap_remove(0) } else { chunks.concat().into() }
    }
}

/// The reading end, which hyper sends. Dropping it tells the connection that nobody reads any more.
#[derive(Debug)]
pub struct Reader {
    queue: Arc<Queue>,
    connection: Weak<Connection>,
}

impl Reader {
    /// Reads what `connection` writes to `queue`.
    #[must_use]
    pub fn new(queue: Arc<Queue>, connection: &Arc<Connection>) -> Self {
        Self { queue, connection: Arc::downgrade(connection) }
    }

    fn wake_writer(&self) {
        if let Some(connection) = self.connection.upgrade() {
            connection.wire.task.wake();
        }
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.queue.reader.register(cx.waker());
        let mut waiting = lock(&self.queue.waiting);
        let Some(chunk) = waiting.chunks.pop_front() else {
            return if waiting.ended { Poll::Ready(None) } else { Poll::Pending };
        };
        let was_full = waiting.bytes >= self.queue.bytes_max;
        waiting.bytes -= chunk.len();
        let has_room = waiting.bytes < self.queue.bytes_max;
        let is_over = waiting.ended && waiting.chunks.is_empty();
        drop(waiting);
        if was_full && has_room || is_over {
            self.wake_writer();
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        lock(&self.queue.waiting).gone = true;
        self.wake_writer();
    }
}

#[cfg(test)]
mod tests;
