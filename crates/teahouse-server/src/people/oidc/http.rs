//! Requests to the provider: one at a time over a connection of their own, without redirects, short and small.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use openidconnect::{HttpRequest, HttpResponse};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why the provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("{0} is no address of a provider")]
    Address(String),
    #[error("it did not answer within 10 s")]
    Late,
    #[error("no connection: {0}")]
    Connection(#[from] std::io::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
}

/// Asks the provider.
pub(super) async fn ask(request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    tokio::time::timeout(PATIENCE, asked(request)).await.unwrap_or(Err(Unanswered::Late))
}

async fn asked(request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let (mut parts, body) = request.into_parts();
    let wrong = || Unanswered::Address(parts.uri.to_string());
    let authority = parts.uri.authority().cloned().ok_or_else(wrong)?;
    let is_secure = match parts.uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong()),
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let header = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse().map_err(|_| Unanswered::Address(path.to_owned()))?;
    parts.headers.insert(HOST, header);
    let request = hyper::Request::from_parts(parts, Full::new(Bytes::from(body)));
    let socket = TcpStream::connect((host.as_str(), port)).await?;
    if !is_secure {
        return talk(socket, request).await;
    }
    let name = ServerName::try_from(host.clone()).map_err(|_| Unanswered::Address(host))?;
    let secured = TlsConnector::from(trust()?).connect(name, socket).await?;
    talk(secured, request).await
}

async fn talk(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: hyper::Request<Full<Bytes>>,
) -> Result<HttpResponse, Unanswered> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    // It ends with the answer: nobody sends a second request.
    let driving = tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(Unanswered::Answer)?;
    driving.abort();
    Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
}

/// Whom this machine trusts.
fn trust() -> Result<Arc<ClientConfig>, Unanswered> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(std::io::Error::other)?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
