//! How a connection to the house is opened: TCP, and TLS (rustls) where the address asks for it.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::Address;

/// A connection, encrypted or not.
pub(crate) type Socket = Box<dyn Duplex>;

/// Both directions of a connection.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + fmt::Debug> Duplex for T {}

/// Opens connections to one house.
#[derive(Clone)]
pub(crate) struct Dialer {
    address: Address,
    /// What TLS needs, or why it cannot be; none without TLS.
    tls: Option<Result<(TlsConnector, ServerName<'static>), String>>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Dialer {
    /// Trusts the system's authorities (or those that `SSL_CERT_FILE` names) and those of `roots_pem`.
    pub(crate) fn new(address: &Address, roots_pem: &[u8]) -> Self {
        let tls = address.is_tls().then(|| {
            let name = ServerName::try_from(address.tcp().0.to_owned())
                .map_err(|error| format!("TLS does not know such a name: {error}"))?;
            Ok((TlsConnector::from(Arc::new(config(roots_pem)?)), name))
        });
        Self { address: address.clone(), tls }
    }

    /// Host and port, as a request names them.
    pub(crate) fn authority(&self) -> String {
        self.address.authority()
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Why there is none, as a clause for people.
    pub(crate) async fn dial(&self) -> Result<Socket, String> {
        let said = |error| format!("connecting failed: {error}");
        let stream = TcpStream::connect(self.address.tcp()).await.map_err(said)?;
        // Small frames must not wait for each other's acknowledgement (Nagle's algorithm).
        stream.set_nodelay(true).map_err(said)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some(Err(cause)) => Err(cause.clone()),
            Some(Ok((connector, name))) => {
                let stream = connector.connect(name.clone(), stream).await;
                Ok(Box::new(stream.map_err(|error| format!("TLS failed: {error}"))?))
            }
        }
    }
}

fn config(roots_pem: &[u8]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // Some of the system's certificates may be unreadable; a house that needs one of those says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(roots_pem) {
        let certificate =
            certificate.map_err(|error| format!("a root certificate cannot be read: {error}"))?;
        roots.add(certificate).map_err(|error| format!("a root certificate cannot be used: {error}"))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("TLS cannot be used: {error}"))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // Without it a proxy may choose HTTP/2, which carries no upgrade of HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
