//! Requests that leave the house: each over a connection of its own, without redirects, short and small. Nothing is
//! asked but the provider that the house was told of, and the push services of people's browsers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Where a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Wherever whoever runs the house said.
    Anywhere,
    /// Only over TLS, and to no address of the own network: somebody else named it.
    Public,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("{0} is no address that can be asked")]
    Address(String),
    #[error("{0} is not on the public network")]
    Private(String),
    #[error("it did not answer within 10 s")]
    Late,
    #[error("no connection: {0}")]
    Connection(#[from] std::io::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
}

/// A request, and its answer.
type Request = hyper::Request<Vec<u8>>;
type Answer = hyper::Response<Vec<u8>>;

/// Asks.
///
/// # Errors
/// Why there is no answer.
pub(crate) async fn ask(request: Request, reach: Reach) -> Result<Answer, Unanswered> {
    tokio::time::timeout(PATIENCE, asked(request, reach)).await.unwrap_or(Err(Unanswered::Late))
}

async fn asked(request: Request, reach: Reach) -> Result<Answer, Unanswered> {
    let (mut parts, body) = request.into_parts();
    let wrong = || Unanswered::Address(parts.uri.to_string());
    let authority = parts.uri.authority().cloned().ok_or_else(wrong)?;
    let is_secure = match parts.uri.scheme_str() {
        Some("https") => true,
        Some("http") if reach == Reach::Anywhere => false,
        _ => return Err(wrong()),
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let header = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse().map_err(|_| Unanswered::Address(path.to_owned()))?;
    parts.headers.insert(HOST, header);
    let request = hyper::Request::from_parts(parts, Full::new(Bytes::from(body)));
    let socket = TcpStream::connect(&*addresses(&host, port, reach).await?).await?;
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
) -> Result<Answer, Unanswered> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    // It ends with the answer: nobody sends a second request.
    let driving = tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(Unanswered::Answer)?;
    driving.abort();
    Ok(hyper::Response::from_parts(parts, body.to_bytes().to_vec()))
}

/// Where that host is; what was looked up is what is connected to.
async fn addresses(host: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Unanswered> {
    let found = tokio::net::lookup_host((host, port)).await?;
    let found: Vec<_> = found.filter(|at| reach == Reach::Anywhere || is_public(at.ip())).collect();
    if found.is_empty() { Err(Unanswered::Private(host.to_owned())) } else { Ok(found) }
}

/// Whether an address is anybody's on the network of all, as far as its number says.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            let [a, b, ..] = address.segments();
            let octets = address.octets();
            let embedded = |at: usize| Ipv4Addr::from([0, 1, 2, 3].map(|n| octets[at + n]));
            if let Some(mapped) = address.to_ipv4_mapped() {
                return is_public_v4(mapped);
            }
            match (a, b) {
                // Translated (RFC 6052), 6to4 (RFC 3056): the old address is inside.
                (0x64, 0xff9b) => is_public_v4(embedded(12)),
                (0x2002, _) => is_public_v4(embedded(2)),
                // Teredo and others of 2001::/23, documentation.
                (0x2001, 0..=0x1ff | 0xdb8) => false,
                _ => a & 0xe000 == 0x2000,
            }
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_inner = address.is_private() || address.is_loopback() || address.is_link_local();
    let is_none = address.is_documentation() || address.is_multicast() || a == 0 || a >= 240;
    // Shared (RFC 6598), of protocols (RFC 6890), for measurements (RFC 2544).
    let is_special = a == 100 && b & 0xc0 == 64 || (a, b, c) == (192, 0, 0) || a == 198 && b & 0xfe == 18;
    !(is_inner || is_none || is_special)
}

/// Whom this machine trusts, as it was when first asked.
fn trust() -> Result<Arc<ClientConfig>, Unanswered> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = TRUST.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(std::io::Error::other)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(TRUST.get_or_init(|| Arc::new(config)).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_public() {
        for public in
            ["1.1.1.1", "100.63.0.1", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ];
        for private in private {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_in_the_own_network() {
        for url in ["https://localhost:1/", "https://127.0.0.1:1/", "https://[::1]:1/"] {
            let request = hyper::Request::post(url).body(Vec::new()).unwrap();
            assert!(matches!(ask(request, Reach::Public).await, Err(Unanswered::Private(_))), "{url}");
        }
        let plain = hyper::Request::post("http://1.1.1.1/").body(Vec::new()).unwrap();
        assert!(matches!(ask(plain, Reach::Public).await, Err(Unanswered::Address(_))));
    }
}
