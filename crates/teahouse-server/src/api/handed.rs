//! Answers that wait: a stream and a long poll take their socket from hyper, so that who waits costs a
//! socket and its connection, and nothing of HTTP. After a poll hyper gets the socket back.
//!
//! How a socket is handed over: the handler answers with an empty response that carries a [`Socketless`]
//! (its connection, whose wire is *coming*, and its follower). The layers around it add their headers. The
//! outermost one, `metered`, turns both into a `Handed` and gives it to the connection's `Meter`, where it
//! waits for ever: nobody answers this request through hyper. `accept::until_handed_over`, which drives
//! hyper, hears of it, takes the socket out, and `Handed` goes on with it: the wire *arrives*.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::exchange::{RETRY_MS, set_headers, whole};
use crate::cost::Handed;
use crate::lock;
use crate::node::Underway;
use crate::session::{Connection, Follow};
use crate::transport::encode::{Dialect, Form};
use crate::transport::queue::{Queue, Reader};

/// Buffers on the way let go of so many bytes.
const PRELUDE_BYTES: usize = 2 << 10;
/// How long a client may take to read the answer of a poll.
const ANSWER: Duration = Duration::from_secs(30);

/// A stream to be: its connection, and what is written to it where that has no socket.
pub(super) struct Lasting {
    pub(super) connection: Arc<Connection>,
    queue: Option<Arc<Queue>>,
}

impl Lasting {
    pub(super) fn new(connection: Arc<Connection>, queue: Option<Arc<Queue>>) -> Self {
        Self { connection, queue }
    }

    /// The queue, where there is no socket.
    pub(super) fn queue(&self) -> Option<Arc<Queue>> {
        self.queue.clone()
    }

    /// The answer that a follower gives as long as it lasts.
    pub(super) fn answer(self, follow: Follow) -> Response {
        let dialect = self.connection.dialect;
        let Some(queue) = self.queue else {
            let mut response = whole(Bytes::new(), dialect);
            // Its end is the end of the connection: no length, no chunks.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response.extensions_mut().insert(Socketless::new(self.connection, follow));
            return response;
        };
        queue.begin(prelude(dialect).into());
        let reader = Reader::new(queue, &self.connection);
        tokio::spawn(follow);
        let mut response = Response::new(Body::new(reader));
        set_headers(&mut response, dialect);
        response
    }
}

/// An answer whose socket is still its HTTP connection's.
#[derive(Clone)]
pub(super) struct Socketless(Arc<Mutex<Option<Waiting>>>);

/// What waits for that socket.
pub(super) struct Waiting {
    connection: Arc<Connection>,
    follow: Follow,
}

impl Socketless {
    pub(super) fn new(connection: Arc<Connection>, follow: Follow) -> Self {
        Self(Arc::new(Mutex::new(Some(Waiting { connection, follow }))))
    }

    /// What waits, once.
    pub(super) fn take(self) -> Option<Waiting> {
        lock(&self.0).take()
    }
}

impl Waiting {
    /// What goes on with the socket: it is given the head of this response, and what follows. A poll is
    /// under way until it is answered, a stream is a connection of its own.
    pub(super) fn handed(self, response: &Response, underway: Underway) -> Handed {
        let Self { connection, follow } = self;
        let mut head = head(response);
        if connection.transport.is_poll() {
            return Handed::to(async move |socket| {
                let socket = polled(socket, head, connection, follow).await;
                drop(underway);
                socket
            });
        }
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(prelude(connection.dialect).as_bytes());
        Handed::to(move |socket| {
            connection.wire.arrive(socket, head.into());
            tokio::spawn(follow);
            std::future::ready(None)
        })
    }
}

/// The head of a response, but for its empty line.
fn head(response: &Response) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    head.extend_from_slice(format!("date: {date}\r\n").as_bytes());
    head
}

/// Waits for the end of a poll, answers it, and gives the socket back for the next request.
async fn polled(
    mut socket: TcpStream,
    mut answer: Vec<u8>,
    connection: Arc<Connection>,
    follow: Follow,
) -> Option<TcpStream> {
    let body = tokio::select! {
        body = follow.polled() => body,
        () = left(&socket) => return None,
    };
    answer.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    answer.extend_from_slice(&body);
    if let Some(cost) = connection.wire.cost() {
        cost.sent(answer.len());
    }
    drop(connection);
    let written = tokio::time::timeout(ANSWER, socket.write_all(&answer)).await;
    written.is_ok_and(|written| written.is_ok()).then_some(socket)
}

/// Done when the client has left.
async fn left(socket: &TcpStream) {
    if socket.peek(&mut [0]).await.is_ok_and(|count| count > 0) {
        // It sent the next request already, which is read later.
        std::future::pending::<()>().await;
    }
}

/// What a stream begins with.
fn prelude(dialect: Dialect) -> String {
    let space = " ".repeat(PRELUDE_BYTES);
    match dialect {
        Dialect::Events => format!(":{space}\n\n"),
        Dialect::One(Form::Events) => format!(":{space}\nretry: {RETRY_MS}\n\n"),
        Dialect::Ndjson => format!("{space}\n"),
        _ => String::new(),
    }
}
