//! Requests over one connection to the house, which is kept for the next one (HTTP/1.1).
//!
//! A kept connection may have been closed by the house at any moment. A request that fails on one
//! before its answer begins is made once more, on a new one: every request of ours may be repeated.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::request::Builder;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use teahouse_protocol::Push;
use tokio::task::JoinHandle;

use super::Arrival;
use super::dial::Dialer;
use super::lines::Lines;
use crate::choice::Fault;
use crate::heard::Heard;

/// What carries one request after the other.
#[derive(Debug)]
pub(crate) struct Lane {
    dialer: Dialer,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why there is no answer, or not all of it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) fault: Fault,
    pub(crate) cause: String,
}

impl Failure {
    pub(crate) fn cut(cause: impl Into<String>) -> Self {
        Self { fault: Fault::Cut, cause: cause.into() }
    }

    pub(super) fn arrival(self) -> Arrival {
        Arrival::Ended { code: None, fault: self.fault, cause: self.cause }
    }
}

impl Lane {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self { dialer, kept: None }
    }

    /// Makes a request and waits for its answer to begin. The connection is kept if the answer is read
    /// to its end; whoever does not, gives the lane up.
    pub(super) async fn post(&mut self, path: &str, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let request = Request::post(path).header(header::ACCEPT, "application/x-ndjson");
        self.ask(request, body).await
    }

    /// As [`Lane::post`], in the name of whoever has that token.
    pub(crate) async fn read(&mut self, path: &str, token: &str) -> Result<Response<Incoming>, Failure> {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request, Bytes::new()).await
    }

    async fn ask(&mut self, request: Builder, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let request = request
            .header(header::HOST, self.dialer.authority())
            .body(Full::new(body))
            .map_err(|error| Failure::cut(format!("the address does not fit into a request: {error}")))?;
        if let Some(mut kept) = self.kept.take()
            && kept.sender.ready().await.is_ok()
            && let Ok(response) = kept.sender.send_request(request.clone()).await
        {
            self.kept = Some(kept);
            return Ok(response);
        }
        let mut kept = self.connect().await?;
        let response = kept.sender.send_request(request).await;
        let response = response.map_err(|error| Failure::cut(said(&error)))?;
        self.kept = Some(kept);
        Ok(response)
    }

    /// Ends the connection, with whatever is under way on it.
    pub(super) fn reset(&mut self) {
        self.kept = None;
    }

    async fn connect(&self) -> Result<Kept, Failure> {
        let away = |cause| Failure { fault: Fault::Away, cause };
        let socket = self.dialer.dial().await.map_err(away)?;
        let (sender, connection) =
            handshake(TokioIo::new(socket)).await.map_err(|error| Failure::cut(said(&error)))?;
        // How it ends is told by the request that is under way.
        let task = tokio::spawn(async move { drop(connection.await) });
        Ok(Kept { sender, task })
    }
}

/// What an answer says that is no success: one frame, or something that is not of the house.
pub(super) async fn refusal(response: Response<Incoming>) -> Arrival {
    const BYTES_MAX: usize = 64 * 1024;
    let status = response.status();
    let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
    let bytes = body.map(|body| body.to_bytes()).unwrap_or_default();
    let mut lines = Lines::default();
    let mut heard = lines.feed(&bytes).unwrap_or_default();
    heard.extend(lines.feed(b"\n").unwrap_or_default());
    match heard.into_iter().next() {
        Some(Heard::Push(Push::Error(error))) => Arrival::Refused(error),
        Some(heard @ Heard::Push(Push::Close { .. })) => Arrival::Heard(heard),
        _ => {
            let away =
                [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
            let fault = if away.contains(&status) { Fault::Away } else { Fault::Cut };
            Arrival::Ended { code: None, fault, cause: format!("the house answered with HTTP {status}") }
        }
    }
}

/// An error as a clause for people.
pub(super) fn said(error: &hyper::Error) -> String {
    if error.is_parse() {
        return format!("what answers there is no Teahouse: {error}");
    }
    format!("the connection was lost: {error}")
}
