//! The session over plain HTTP: a stream, a poll, and the commands of a client that receives by one of
//! them. Each request brings its token and its cursors, so any node can answer it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use rand::Rng;
use serde::Deserialize;
use teahouse_core::session::{Input, Output, Session};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{CloseCode, Command, ErrorCode, Hello, Push, RoomId};

use super::caller::Caller;
use super::handed::{Lasting, Socketless};
use super::{Given, Refused, admit_connection, refusal, unreadable};
use crate::node::Node;
use crate::session::{Connection, Ends, Follow, NotIn, Sends, Transport};
use crate::transport::encode::{Dialect, Form};
use crate::transport::queue::{Queue, WHOLE_BYTES_MAX};
use crate::transport::wire::Wire;

/// How long a stream lasts, in milliseconds: about, so that a crowd does not come back at once.
const STREAM_MS: std::ops::RangeInclusive<u64> = 270_000..=330_000;
/// How long a poll waits that does not say it, and at most.
const WAIT_S: u64 = 25;
const WAIT_MAX_S: u64 = 50;
/// The pause after an end that has no other, in milliseconds.
pub(super) const RETRY_MS: u64 = 1_000;

pub(super) type Asked<T> = Result<Query<T>, QueryRejection>;

/// The ways out of a request.
impl Caller {
    /// A connection without a socket of its own, and what is written to it.
    pub(super) fn connection(
        &self,
        transport: Transport,
        dialect: Dialect,
        brief: bool,
        hello_bytes: usize,
    ) -> (Arc<Connection>, Arc<Queue>) {
        let is_whole = transport.is_poll();
        let queue = Arc::new(if is_whole { Queue::of(WHOLE_BYTES_MAX) } else { Queue::default() });
        let wire = Wire::answer(queue.clone());
        (self.connect(transport, dialect, wire, brief, hello_bytes), queue)
    }

    fn connect(
        &self,
        transport: Transport,
        dialect: Dialect,
        wire: Wire,
        brief: bool,
        hello_bytes: usize,
    ) -> Arc<Connection> {
        let id = self.node.connection_id();
        Arc::new(Connection::answer(id, transport, dialect, wire, self.address, brief, hello_bytes))
    }

    /// The answer to be.
    pub(super) fn follow(
        &self,
        connection: &Arc<Connection>,
        queue: Option<Arc<Queue>>,
        ends: Ends,
    ) -> Follow {
        Follow::new(self.node.clone(), connection.clone(), queue, self.meter.clone(), ends)
    }

    /// A stream to be. HTTP/1 hands its socket over, so that rooms write to it as to a WebSocket's;
    /// HTTP/2 has other answers on its own.
    pub(super) fn stream(
        &self,
        version: Version,
        dialect: Dialect,
        brief: bool,
        hello_bytes: usize,
    ) -> Lasting {
        let queue = (version == Version::HTTP_2).then(|| Arc::new(Queue::default()));
        let wire = queue.clone().map_or_else(Wire::coming, Wire::answer);
        let connection = self.connect(Transport::Stream, dialect, wire, brief, hello_bytes);
        Lasting::new(connection, queue)
    }

    /// Whether its address may open one more connection that lasts.
    pub(super) fn admit(&self) -> Result<(), Refused> {
        admit_connection(&self.node, self.address)
    }
}

pub(super) async fn stream(caller: Caller, version: Version, body: Given) -> Response {
    let streamed = async {
        let (hello, lines) = read(&caller, &body)?;
        caller.admit()?;
        refuse_lines(&lines)?;
        let dialect =
            if accepts(&caller.headers, "text/event-stream") { Dialect::Events } else { Dialect::Ndjson };
        let lasting = caller.stream(version, dialect, is_brief(&hello), hello.line.len());
        let mut follow = caller.follow(&lasting.connection, lasting.queue(), rotates(&caller.node));
        follow.come_in(hello.hello).await.map_err(not_in)?;
        Ok(lasting.answer(follow))
    };
    streamed.await.unwrap_or_else(|refused: Refused| *refused)
}

/// About 5 minutes from now.
pub(super) fn rotates(node: &Node) -> Ends {
    Ends::Rotates(node.clock.now() + rand::rng().random_range(STREAM_MS))
}

/// How long a poll waits.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Wait {
    wait: Option<u64>,
}

impl Wait {
    fn wait_s(self) -> u64 {
        self.wait.unwrap_or(WAIT_S).min(WAIT_MAX_S)
    }

    pub(super) fn transport(self) -> Transport {
        if self.wait_s() == 0 { Transport::Poll } else { Transport::LongPoll }
    }

    pub(super) fn ends(self, node: &Node) -> Ends {
        Ends::WithNews(node.clock.now() + self.wait_s() * 1_000)
    }
}

pub(super) async fn poll(caller: Caller, wait: Asked<Wait>, version: Version, body: Given) -> Response {
    let polled = async {
        let wait = query(wait)?;
        let (hello, lines) = read(&caller, &body)?;
        refuse_lines(&lines)?;
        let (connection, queue) =
            caller.connection(wait.transport(), Dialect::Ndjson, is_brief(&hello), hello.line.len());
        let mut follow = caller.follow(&connection, Some(queue), wait.ends(&caller.node));
        follow.come_in(hello.hello).await.map_err(not_in)?;
        if version == Version::HTTP_11
            && connection.transport == Transport::LongPoll
            && !is_last(&caller.headers)
        {
            // Who waits for long waits on the socket alone.
            let mut response = whole(Bytes::new(), Dialect::Ndjson);
            response.extensions_mut().insert(Socketless::new(connection, follow));
            return Ok(response);
        }
        Ok(whole(follow.polled().await, Dialect::Ndjson))
    };
    polled.await.unwrap_or_else(|refused: Refused| *refused)
}

pub(super) async fn send(caller: Caller, body: Given) -> Response {
    let sent = async {
        let (hello, lines) = read(&caller, &body)?;
        if hello.hello.token.is_none() {
            let said = "Commands need the token of somebody: send it in the hello.";
            return Err(frame(&Push::Error(Error::new(None, ErrorCode::BadToken, said))));
        }
        let (connection, queue) =
            caller.connection(Transport::Send, Dialect::Ndjson, is_brief(&hello), hello.line.len());
        let mut sends = Sends::new(caller.node.clone(), connection, queue);
        let here: Vec<RoomId> = hello.hello.cursors.keys().cloned().collect();
        sends.come_in(hello.hello, &caller.meter).await.map_err(not_in)?;
        Ok(whole(sends.work_on(&lines, &here).await, Dialect::Ndjson))
    };
    sent.await.unwrap_or_else(|refused: Refused| *refused)
}

/// Whether the client wants no other answer over this connection.
fn is_last(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case("close"))
}

/// An answer that is given whole.
pub(super) fn whole(bytes: Bytes, dialect: Dialect) -> Response {
    let mut response = Response::new(Body::from(bytes));
    set_headers(&mut response, dialect);
    response
}

pub(super) fn set_headers(response: &mut Response, dialect: Dialect) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(dialect)));
    // Whatever stands in between keeps nothing, changes nothing and holds nothing back (nginx's header).
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}

fn kind(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Events | Dialect::One(Form::Events) => "text/event-stream",
        Dialect::One(Form::Text) => "text/plain; charset=utf-8",
        _ => "application/x-ndjson",
    }
}

/// Whether the client names that kind of content.
pub(super) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let given = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .any(|one| one.split(';').next().unwrap_or_default().trim() == kind)
}

/// The hello of a request, and the line that it was.
struct Greeting {
    hello: Hello,
    line: String,
}

fn is_brief(greeting: &Greeting) -> bool {
    let hello = &greeting.hello;
    hello.brief && hello.token.is_some() && hello.session.is_some()
}

/// The hello, which the rules of a session let pass, and the lines behind it. Who shows neither token nor
/// name in it is whom the request shows.
fn read(caller: &Caller, body: &Given) -> Result<(Greeting, String), Refused> {
    let (node, text) = (&caller.node, text(body)?);
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let now = node.clock.now();
    let mut out = Vec::new();
    let input = Input::Line { line: Command::decode(line), follows: false, rooms: 0 };
    Session::new(now).handle(input, &node.config.terms, now, &mut out);
    for output in out {
        match output {
            Output::Identify(mut hello) => {
                if hello.token.is_none() && hello.name.is_none() {
                    hello.token = caller.token()?;
                }
                return Ok((Greeting { hello: *hello, line: line.to_owned() }, rest.to_owned()));
            }
            Output::Reply(push) => return Err(frame(&push)),
            _ => {}
        }
    }
    let said = "The first line of the body is a hello.";
    Err(frame(&Push::Error(Error::new(None, ErrorCode::HelloFirst, said))))
}

/// What stands behind the `?` of an address.
pub(super) fn query<T>(given: Asked<T>) -> Result<T, Refused> {
    let Query(given) = given.map_err(|error| {
        let said = format!("The address cannot be understood: {}.", error.body_text());
        Box::new(refusal(&Error::new(None, ErrorCode::BadField, said)))
    })?;
    Ok(given)
}

/// A body as text.
pub(super) fn text(body: &Given) -> Result<&str, Refused> {
    let body = body.as_ref().map_err(unreadable)?;
    std::str::from_utf8(body)
        .map_err(|_| Box::new(refusal(&Error::new(None, ErrorCode::BadFrame, "The body is not UTF-8."))))
}

fn refuse_lines(lines: &str) -> Result<(), Refused> {
    if lines.trim().is_empty() {
        return Ok(());
    }
    let said = "Only a hello begins a stream or a poll. Commands go to /v1/send.";
    Err(frame(&Push::Error(Error::new(None, ErrorCode::WrongTransport, said))))
}

/// The answer to somebody who is not let in.
fn not_in(why: NotIn) -> Refused {
    match why {
        NotIn::Refused(error) => frame(&Push::Error(error)),
        NotIn::Close(code) => {
            let reason = code.as_str().into();
            frame(&Push::Close { code: code.number(), reason, retry_ms: Some(RETRY_MS) })
        }
    }
}

/// A refusal as the one frame of an answer.
fn frame(push: &Push) -> Refused {
    Box::new(match push {
        Push::Close { code, retry_ms, .. } => {
            let mut line = push.encode();
            line.push(b'\n');
            let status = CloseCode::ALL.iter().find(|known| known.number() == *code);
            let status = status.map_or(StatusCode::INTERNAL_SERVER_ERROR, |code| status_of(*code));
            let mut response = (status, line).into_response();
            set_headers(&mut response, Dialect::Ndjson);
            let retry_s = Duration::from_millis(retry_ms.unwrap_or(RETRY_MS)).as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
            response
        }
        Push::Error(error) => refusal(error),
        other => unreachable!("{other:?} refuses nothing"),
    })
}

/// The HTTP status of an end that comes before the answer.
fn status_of(code: CloseCode) -> StatusCode {
    match code.number() {
        4_101 | 4_102 => StatusCode::TOO_MANY_REQUESTS,
        4_200..4_300 | 4_401 => StatusCode::UNAUTHORIZED,
        4_300..4_400 => StatusCode::CONFLICT,
        4_400 => StatusCode::BAD_REQUEST,
        4_403 | 4_410 => StatusCode::FORBIDDEN,
        4_426 => StatusCode::UPGRADE_REQUIRED,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_picks_the_kind() {
        let asked = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            accepts(&headers, "text/event-stream")
        };
        assert!(asked("text/event-stream"));
        assert!(asked("text/html, text/event-stream;q=0.9"));
        assert!(!asked("*/*"));
        assert!(!asked("text/event-stream-not"));
    }

    #[test]
    fn every_close_has_a_status_of_refusal() {
        for code in CloseCode::ALL {
            assert!(status_of(*code).as_u16() >= 400, "{code:?}");
        }
        assert_eq!(status_of(CloseCode::Overload), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status_of(CloseCode::TooManySessions), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(status_of(CloseCode::BadToken), StatusCode::UNAUTHORIZED);
    }
}
