//! Secured connections: rustls in front of everything else, with a certificate that may be renewed while the
//! server runs. Behind it a connection is a plain socket again, which no other part can tell apart.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, WriteHalf, copy};
use tokio::net::unix::ReadHalf;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::TlsFiles;
use crate::lock;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How long a client may take for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The first byte of a TLS connection: a handshake record (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// Most bytes that are on their way to a client.
const COPY_BYTES: usize = 16 << 10;
/// How long a client may take nothing: longer than the session that speaks to it bears it.
const STALL: Duration = Duration::from_secs(60);
/// How long a client may take to end its side after we ended ours.
const FAREWELL: Duration = Duration::from_secs(5);
const VERSIONS: &[&SupportedProtocolVersion] = rustls::DEFAULT_VERSIONS;

/// What a client that just connected speaks.
#[derive(Debug)]
pub enum Spoken {
    /// HTTP/1.1, or nothing that it says before.
    Http1(TlsStream<TcpStream>),
    /// HTTP/2.
    Http2(TlsStream<TcpStream>),
    /// Not TLS: somebody who came to the wrong scheme.
    Plain(TcpStream),
}

/// Secures connections with the certificate of these files.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    files: Arc<Files>,
}

/// Files cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used: {why}")]
pub struct BadFiles {
    path: String,
    why: String,
}

#[derive(Debug)]
struct Files {
    paths: TlsFiles,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    certified: Arc<CertifiedKey>,
    seen: [Option<SystemTime>; 2],
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Names the file that is wrong, and why.
    pub fn load(paths: &TlsFiles) -> Result<Self, BadFiles> {
        let kept = Mutex::new(Kept { seen: changed_at(paths), certified: read(paths)? });
        let files = Arc::new(Files { paths: paths.clone(), kept });
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(VERSIONS)
            .expect("the provider knows the default versions")
            .with_no_client_auth()
            .with_cert_resolver(files.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), files })
    }

    /// Looks at the files again and again: new connections get a new certificate. One that cannot be used
    /// is told to the log, and the old one stays.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            match self.files.look() {
                Ok(false) => {}
                Ok(true) => tracing::info!("the new certificate is in use"),
                Err(error) => tracing::error!("the old certificate stays in use: {error}"),
            }
        }
    }

    /// Finds out what a client speaks, and shakes hands.
    ///
    /// # Errors
    /// What failed, which concerns nobody but this client.
    pub async fn accept(&self, socket: TcpStream) -> std::io::Result<Spoken> {
        let accepting = async {
            let mut first = [0];
            if socket.peek(&mut first).await? == 1 && first[0] != HANDSHAKE_RECORD {
                return Ok(Spoken::Plain(socket));
            }
            let secured = self.acceptor.accept(socket).await?;
            let is_http2 = secured.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok(if is_http2 { Spoken::Http2(secured) } else { Spoken::Http1(secured) })
        };
        timeout(HANDSHAKE, accepting).await?
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files.paths).finish_non_exhaustive()
    }
}

impl Files {
    /// Reads the files if they changed; whether they did.
    fn look(&self) -> Result<bool, BadFiles> {
        let seen = changed_at(&self.paths);
        if lock(&self.kept).seen == seen {
            return Ok(false);
        }
        // The key may be half written, or belong to the old certificate still: it is looked at again.
        let certified = read(&self.paths)?;
        *lock(&self.kept) = Kept { certified, seen };
        Ok(true)
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(lock(&self.kept).certified.clone())
    }
}

fn changed_at(paths: &TlsFiles) -> [Option<SystemTime>; 2] {
    [&paths.cert, &paths.key].map(|path| std::fs::metadata(path).and_then(|about| about.modified()).ok())
}

fn read(paths: &TlsFiles) -> Result<Arc<CertifiedKey>, BadFiles> {
    let bad = |path: &Path, why: String| BadFiles { path: path.display().to_string(), why };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&paths.cert)
        .and_then(Iterator::collect)
        .map_err(|error| bad(&paths.cert, format!("expected certificates in PEM: {error}")))?;
    if chain.is_empty() {
        return Err(bad(&paths.cert, "there is no certificate in it".into()));
    }
    let key = PrivateKeyDer::from_pem_file(&paths.key)
        .map_err(|error| bad(&paths.key, format!("expected a private key in PEM: {error}")))?;
    let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| bad(&paths.key, format!("{error}; is it the key of that certificate?")))?;
    Ok(Arc::new(certified))
}

/// Two ends of a socket of this process: what is written to one is read from the other.
///
/// A WebSocket's frames are written by rooms, straight to a socket; nobody but its own task could write
/// through TLS. So TLS ends in front of it: for one more pair of descriptors and one more copy, everything
/// behind sees the stream socket that it sees without TLS.
///
/// # Errors
/// The process has no descriptors left.
pub fn pair() -> std::io::Result<(UnixStream, TcpStream)> {
    let (outer, inner) = StdUnixStream::pair()?;
    outer.set_nonblocking(true)?;
    inner.set_nonblocking(true)?;
    // The type says TCP, and means any stream socket: what only TCP has (its options) is not asked of it.
    let inner = std::net::TcpStream::from(OwnedFd::from(inner));
    Ok((UnixStream::from_std(outer)?, TcpStream::from_std(inner)?))
}

/// Carries bytes between a client and its plain socket until ours has ended, and a little longer for a
/// client that has not: nobody else would ever let go of it.
pub async fn carry(secured: TlsStream<TcpStream>, mut plain: UnixStream) {
    let (mut from_client, to_client) = tokio::io::split(secured);
    let (from_us, mut to_us) = plain.split();
    let mut coming = pin!(async move {
        let _ = copy(&mut from_client, &mut to_us).await;
        // Either end may be gone at any time, which the other one sees.
        let _ = to_us.shutdown().await;
    });
    let mut going = pin!(send(from_us, to_client));
    tokio::select! {
        () = &mut going => {}
        () = &mut coming => return going.await,
    }
    let _ = timeout(FAREWELL, coming).await;
}

/// Carries what we say, as long as the client takes it.
async fn send(mut from_us: ReadHalf<'_>, mut to_client: WriteHalf<TlsStream<TcpStream>>) {
    let mut bytes = vec![0; COPY_BYTES];
    while let Ok(count) = from_us.read(&mut bytes).await {
        let said = async {
            to_client.write_all(&bytes[..count]).await?;
            to_client.flush().await
        };
        if count == 0 || !timeout(STALL, said).await.is_ok_and(|said| said.is_ok()) {
            break;
        }
    }
    let _ = timeout(FAREWELL, to_client.shutdown()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> TlsFiles {
        TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// Writes a new certificate, and says that it was written so many seconds ago.
    fn renew(paths: &TlsFiles, age_s: u64) {
        let new = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&paths.cert, new.cert.pem()).unwrap();
        std::fs::write(&paths.key, new.signing_key.serialize_pem()).unwrap();
        set_age(&paths.cert, age_s);
    }

    fn set_age(path: &Path, age_s: u64) {
        let file = std::fs::File::options().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age_s)).unwrap();
    }

    fn chain(tls: &Tls) -> Vec<CertificateDer<'static>> {
        lock(&tls.files.kept).certified.cert.clone()
    }

    #[test]
    fn takes_a_renewed_certificate_and_keeps_the_old_one_while_it_is_unusable() {
        let folder = tempfile::tempdir().unwrap();
        let paths = files(folder.path());
        renew(&paths, 100);
        let tls = Tls::load(&paths).unwrap();
        let first = chain(&tls);
        assert!(!tls.files.look().unwrap());
        let key = std::fs::read(&paths.key).unwrap();
        renew(&paths, 50);
        let new_key = std::fs::read(&paths.key).unwrap();
        std::fs::write(&paths.key, key).unwrap();
        let error = tls.files.look().unwrap_err().to_string();
        assert!(error.contains("key.pem") && error.contains("is it the key of that certificate?"), "{error}");
        assert_eq!(chain(&tls), first);
        std::fs::write(&paths.key, new_key).unwrap();
        assert!(tls.files.look().unwrap());
        assert_ne!(chain(&tls), first);
        assert!(!tls.files.look().unwrap());
    }

    #[test]
    fn names_the_file_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let paths = files(folder.path());
        let said = |paths: &TlsFiles| Tls::load(paths).unwrap_err().to_string();
        assert!(said(&paths).contains("cert.pem cannot be used"), "{}", said(&paths));
        renew(&paths, 0);
        std::fs::write(&paths.cert, "nothing").unwrap();
        assert!(said(&paths).contains("there is no certificate in it"), "{}", said(&paths));
        renew(&paths, 0);
        std::fs::remove_file(&paths.key).unwrap();
        assert!(said(&paths).contains("key.pem cannot be used"), "{}", said(&paths));
    }
}
