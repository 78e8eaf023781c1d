//! Who may ask from which page. A request without `Origin` does not come from a page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;

use super::refusal;
use crate::node::Node;

/// Whether a page of exactly this server, or of a configured origin, asks.
///
/// # Errors
/// The answer, 403, if another page does.
pub(super) fn exact(headers: &HeaderMap, configured: &[String]) -> Result<(), Box<Response>> {
    check(headers, configured, |ours, theirs| ours.eq_ignore_ascii_case(theirs))
}

/// The same, with all ports and all names of this very machine as one: `/chat` takes no cookies, and a
/// learner's page may come from anywhere on the own machine.
///
/// # Errors
/// The answer, 403, if another page does.
pub(super) fn same_host(headers: &HeaderMap, configured: &[String]) -> Result<(), Box<Response>> {
    check(headers, configured, |ours, theirs| {
        let (ours, theirs) = (host(ours), host(theirs));
        ours.eq_ignore_ascii_case(theirs) || is_loopback(ours) && is_loopback(theirs)
    })
}

/// Names the origin of a page elsewhere that is configured in the answer (CORS), and answers the question
/// that its browser asks before (Fetch standard, "CORS-preflight fetch"). The requests themselves are
/// checked where they are answered.
pub(super) async fn answer(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed =
        origin.filter(|origin| node.config.origins.iter().any(|ours| ours.as_bytes() == origin.as_bytes()));
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&allowed, is_preflight) {
        (Some(_), true) => preflight(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    if !node.config.origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "location, retry-after, teahouse-cursor, tus-resumable, upload-expires, upload-length, upload-offset",
            ),
        );
    }
    response
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, idempotency-key, last-event-id, tus-resumable, upload-length, \
             upload-metadata, upload-offset",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn check(
    headers: &HeaderMap,
    configured: &[String],
    same: impl Fn(&str, &str) -> bool,
) -> Result<(), Box<Response>> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    if configured.iter().any(|ours| ours == origin) {
        return Ok(());
    }
    let ours = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let theirs = origin.parse::<Uri>().ok();
    match theirs.as_ref().and_then(Uri::authority) {
        Some(theirs) if !ours.is_empty() && same(ours, theirs.as_str()) => Ok(()),
        _ => {
            let said = format!(
                "Pages of {origin:?} may not talk to this server. Its owner can add it to `origins`."
            );
            Err(Box::new(refusal(&Error::new(None, ErrorCode::Forbidden, said))))
        }
    }
}

fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(host: &str, origin: Option<&str>) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let configured = ["https://example.org".to_owned()];
        (exact(&headers, &configured).is_ok(), same_host(&headers, &configured).is_ok())
    }

    #[test]
    fn a_page_of_the_own_host_may_ask() {
        assert_eq!(asked("chat.test:8888", None), (true, true));
        assert_eq!(asked("chat.test:8888", Some("http://chat.test:8888")), (true, true));
        assert_eq!(asked("chat.test", Some("https://CHAT.test")), (true, true));
        assert_eq!(asked("chat.test:8888", Some("http://chat.test:1")), (false, true));
        assert_eq!(asked("127.0.0.1:8888", Some("http://localhost:3000")), (false, true));
        assert_eq!(asked("[::1]:8888", Some("http://127.0.0.1")), (false, true));
        assert_eq!(asked("chat.test", Some("https://example.org")), (true, true));
    }

    #[test]
    fn other_pages_may_not() {
        for origin in
            ["http://evil.test", "null", "", "http://chat.test.evil.test", "file://", "https://example.org:1"]
        {
            assert_eq!(asked("chat.test:8888", Some(origin)), (false, false), "{origin}");
        }
        assert_eq!(asked("127.0.0.1:8888", Some("http://127.0.0.1.evil.test")), (false, false));
    }
}
