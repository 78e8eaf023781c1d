//! What a client's connections cost: requests, bytes in both directions, and how many of them are frames.
//!
//! Counted for sessions that asked for it. A WebSocket's bytes are counted where they are read and written;
//! those of HTTP by a [`Meter`] around the socket, which gives each byte to the session whose request is
//! being answered.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;
use teahouse_core::Moment;
use teahouse_protocol::{SessionId, UserId};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::lock;
use crate::node::Underway;
use crate::transport::patience::Unread;

/// Sessions that are counted; the one that was quiet for longest is forgotten first.
const SESSIONS_MAX: usize = 1_024;

/// What one session cost so far.
#[derive(Debug, Default)]
pub struct Cost {
    requests: AtomicU64,
    received: Way,
    sent: Way,
}

#[derive(Debug, Default)]
struct Way {
    bytes: AtomicU64,
    frame_bytes: AtomicU64,
}

/// What one session cost, as it is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    requests: u64,
    received: ToldWay,
    sent: ToldWay,
}

/// One direction of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct ToldWay {
    bytes: u64,
    frame_bytes: u64,
}

impl Way {
    fn told(&self) -> ToldWay {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ToldWay { bytes: of(&self.bytes), frame_bytes: of(&self.frame_bytes) }
    }
}

fn add(count: &AtomicU64, bytes: usize) {
    count.fetch_add(bytes as u64, Ordering::Relaxed);
}

impl Cost {
    /// One more request.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// So many bytes came.
    pub fn received(&self, bytes: usize) {
        add(&self.received.bytes, bytes);
    }

    /// So many of the bytes that came were frames.
    pub fn received_frames(&self, bytes: usize) {
        add(&self.received.frame_bytes, bytes);
    }

    /// So many bytes went.
    pub fn sent(&self, bytes: usize) {
        add(&self.sent.bytes, bytes);
    }

    /// So many of the bytes that went were frames.
    pub fn sent_frames(&self, bytes: usize) {
        add(&self.sent.frame_bytes, bytes);
    }

    fn told(&self) -> Told {
        Told {
            requests: self.requests.load(Ordering::Relaxed),
            received: self.received.told(),
            sent: self.sent.told(),
        }
    }
}

/// The sessions that are counted. A session is its person's: who shows another's has one of their own.
#[derive(Debug, Default)]
pub struct Costs(Mutex<HashMap<(UserId, SessionId), Account>>);

#[derive(Debug)]
struct Account {
    cost: Arc<Cost>,
    used: Moment,
}

impl Costs {
    /// What counts the session of that person; the same as before if it was counted already.
    #[must_use]
    pub fn of(&self, session: SessionId, person: UserId, now: Moment) -> Arc<Cost> {
        let mut all = lock(&self.0);
        if all.len() >= SESSIONS_MAX
            && !all.contains_key(&(person, session))
            && let Some(quiet) = all.iter().min_by_key(|(_, account)| account.used).map(|(id, _)| *id)
        {
            all.remove(&quiet);
        }
        let fresh = || Account { cost: Arc::default(), used: now };
        let account = all.entry((person, session)).or_insert_with(fresh);
        account.used = now;
        account.cost.clone()
    }

    /// What the sessions of a person cost so far.
    #[must_use]
    pub fn told(&self, person: UserId) -> BTreeMap<String, Told> {
        let all = lock(&self.0);
        let theirs = all.iter().filter(|((of, _), _)| *of == person);
        theirs.map(|((_, session), account)| (session.to_string(), account.cost.told())).collect()
    }
}

/// Counts the bytes of one HTTP connection, and can end it.
///
/// A request begins, is claimed by the session that it turns out to be of, and its answer ends: what is
/// read from then on belongs to the next request.
#[derive(Debug, Default)]
pub struct Meter {
    /// Requests overlap (HTTP/2): each byte is given to the session that asked last.
    shared: bool,
    /// A request came.
    begun: AtomicBool,
    count: Mutex<Count>,
    hang_up: Notify,
    handed_over: Mutex<Option<Handed>>,
    hand_over: Notify,
    /// The answers that are being read, each with the moment since which nobody asked for more of it.
    answers: Mutex<Vec<Weak<Asked>>>,
}

/// Since when nobody asked for more of an answer that has more.
#[derive(Debug)]
struct Asked(Mutex<Option<Instant>>);

/// What goes on with a socket that its HTTP connection hands over.
pub struct Handed(Box<dyn FnOnce(TcpStream) -> BoxFuture<'static, Option<TcpStream>> + Send>);

impl Handed {
    /// Goes on with `then`, which may give the socket back for the next request.
    #[must_use]
    pub fn to<F>(then: impl FnOnce(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Option<TcpStream>> + Send + 'static,
    {
        Self(Box::new(move |socket| Box::pin(then(socket))))
    }

    /// Goes on.
    #[must_use]
    pub fn go_on(self, socket: TcpStream) -> BoxFuture<'static, Option<TcpStream>> {
        (self.0)(socket)
    }
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handed")
    }
}

#[derive(Debug, Default)]
struct Count {
    cost: Option<Arc<Cost>>,
    /// Nobody's yet: the head of a request is read before anybody knows whose it is.
    received: usize,
    /// Nobody's.
    sent: usize,
    answered: bool,
}

impl Meter {
    /// The meter of a connection whose requests overlap.
    #[must_use]
    pub fn shared() -> Self {
        Self { shared: true, ..Self::default() }
    }

    /// The meter of a connection that had a request already.
    #[must_use]
    pub fn used() -> Self {
        Self { begun: AtomicBool::new(true), ..Self::default() }
    }

    /// Whether a request came.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Whether an answer that has more was not asked for it for so long.
    #[must_use]
    pub fn has_unread(&self, patience: Duration) -> bool {
        let mut answers = lock(&self.answers);
        answers.retain(|answer| answer.strong_count() > 0);
        let since = |answer: &Weak<Asked>| answer.upgrade().and_then(|answer| *lock(&answer.0));
        answers.iter().filter_map(since).any(|since| since.elapsed() >= patience)
    }

    /// A request's head was read.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
        if self.shared {
            return;
        }
        let mut count = lock(&self.count);
        count.cost = None;
        count.sent = 0;
        count.answered = false;
    }

    /// The request is of this session: what was read of it, and what is answered, is counted there.
    pub fn claim(&self, cost: &Arc<Cost>) {
        let mut count = lock(&self.count);
        cost.request();
        cost.received(std::mem::take(&mut count.received));
        // The request may have been told to go on (RFC 9110, 15.2.1).
        cost.sent(std::mem::take(&mut count.sent));
        count.cost = Some(cost.clone());
    }

    /// The answer has ended.
    pub fn end(&self) {
        if self.shared {
            return;
        }
        let mut count = lock(&self.count);
        count.answered = true;
        // Of a request that nobody claimed.
        count.received = 0;
    }

    /// The bytes of a request and an answer that made a WebSocket, behind which `leftover` bytes came.
    #[must_use]
    pub fn handshake(&self, leftover: usize) -> [u16; 2] {
        let count = lock(&self.count);
        [count.received.saturating_sub(leftover), count.sent]
            .map(|bytes| u16::try_from(bytes).unwrap_or(u16::MAX))
    }

    /// Ends the connection at once: its client takes nothing any more.
    pub fn hang_up(&self) {
        self.hang_up.notify_one();
    }

    /// Done when the connection is to end at once.
    pub async fn hung_up(&self) {
        self.hang_up.notified().await;
    }

    /// Has the connection hand its socket over; whoever answers the request is not asked any more.
    pub async fn hand_over(&self, to: Handed) -> Infallible {
        *lock(&self.handed_over) = Some(to);
        self.hand_over.notify_one();
        std::future::pending().await
    }

    /// The connection is no more: what was to go on with its socket, and holds this meter, ends with it.
    pub fn forget_handed_over(&self) {
        let forgotten = lock(&self.handed_over).take();
        // Outside the lock: who waits for the socket looks at its meter when it ends.
        drop(forgotten);
    }

    /// Done when the connection has to hand its socket over.
    pub async fn handed_over(&self) -> Option<Handed> {
        self.hand_over.notified().await;
        lock(&self.handed_over).take()
    }

    fn read(&self, bytes: usize) {
        let mut count = lock(&self.count);
        match &count.cost {
            Some(cost) if !count.answered => cost.received(bytes),
            _ => count.received += bytes,
        }
    }

    fn wrote(&self, bytes: usize) {
        let mut count = lock(&self.count);
        match &count.cost {
            Some(cost) => cost.sent(bytes),
            None => count.sent += bytes,
        }
    }
}

/// A socket whose bytes are counted.
#[derive(Debug)]
pub struct Metered<S> {
    socket: S,
    meter: Arc<Meter>,
    /// Read from it already, and not looked at yet.
    ahead: Bytes,
    unread: Unread,
}

impl<S> Metered<S> {
    /// Counts what goes through `socket`.
    #[must_use]
    pub fn new(socket: S, meter: Arc<Meter>) -> Self {
        Self::behind(Bytes::new(), socket, meter)
    }

    /// The same, where these bytes were read from `socket` before.
    #[must_use]
    pub fn behind(ahead: Bytes, socket: S, meter: Arc<Meter>) -> Self {
        Self { socket, meter, ahead, unread: Unread::default() }
    }

    /// The socket alone, and what was read from it: `read` and then what nobody has looked at.
    #[must_use]
    pub fn into_inner(self, read: &[u8]) -> (S, Bytes) {
        // A copy: even empty, the reader's buffer would pin its 8 KiB for as long as it lives.
        let all = if self.ahead.is_empty() {
            Bytes::copy_from_slice(read)
        } else {
            [read, &self.ahead].concat().into()
        };
        (self.socket, all)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        } else {
            let count = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead.split_to(count));
        }
        self.meter.read(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write(cx, bytes);
        let wrote = ready!(self.unread.wrote(cx, wrote))?;
        self.meter.wrote(wrote);
        Poll::Ready(Ok(wrote))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.unread.wrote(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        let wrote = ready!(self.unread.wrote(cx, wrote))?;
        self.meter.wrote(wrote);
        Poll::Ready(Ok(wrote))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

/// The body of an answer, whose end its meter is told.
#[derive(Debug)]
pub struct MeteredBody {
    body: axum::body::Body,
    meter: Arc<Meter>,
    /// Where answers overlap: elsewhere the socket says whether they are read.
    asked: Option<Arc<Asked>>,
    _underway: Underway,
}

impl MeteredBody {
    /// Tells `meter` when `body` has ended.
    #[must_use]
    pub fn new(body: axum::body::Body, meter: Arc<Meter>, underway: Underway) -> Self {
        let asked = meter.shared.then(|| Arc::new(Asked(Mutex::new(Some(Instant::now())))));
        if let Some(asked) = &asked {
            lock(&meter.answers).push(Arc::downgrade(asked));
        }
        Self { body, meter, asked, _underway: underway }
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Some(asked) = &self.asked {
            *lock(&asked.0) = matches!(frame, Poll::Ready(Some(_))).then(Instant::now);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for MeteredBody {
    fn drop(&mut self) {
        self.meter.end();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::config::{Config, Given};
    use crate::node::Node;
    use crate::store::SqliteStore;

    #[tokio::test]
    async fn an_answer_that_has_more_and_is_not_asked_for_it_is_noticed() {
        let config = Config::check(Given::default(), Vec::new()).unwrap();
        let folder = tempfile::TempDir::new().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
        let node = Node::new(config, store, crate::bus::alone()).await.unwrap();
        let meter = Arc::new(Meter::shared());
        let mut body = MeteredBody::new("tea".into(), meter.clone(), node.request());
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(meter.has_unread(Duration::ZERO) && !meter.has_unread(Duration::from_secs(60)));
        assert!(matches!(Pin::new(&mut body).poll_frame(cx), Poll::Ready(Some(Ok(_)))));
        assert!(meter.has_unread(Duration::ZERO));
        assert!(Pin::new(&mut body).poll_frame(cx).map(|end| end.is_none()).is_ready());
        assert!(!meter.has_unread(Duration::ZERO));
        let waiting =
            axum::body::Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let mut waiting = MeteredBody::new(waiting, meter.clone(), node.request());
        assert!(Pin::new(&mut waiting).poll_frame(cx).is_pending());
        assert!(!meter.has_unread(Duration::ZERO), "it has nothing to be read");
        drop((body, waiting));
        assert!(lock(&meter.answers).iter().all(|answer| answer.strong_count() == 0));
    }
}
