//! An S3-compatible store of one's own, which checks signatures: s3s over a folder, inside this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A store with one bucket, until it is dropped.
#[derive(Debug)]
pub struct S3 {
    address: SocketAddr,
    folder: PathBuf,
    stop: Option<oneshot::Sender<()>>,
}

impl S3 {
    /// The name of its bucket.
    pub const BUCKET: &str = "teahouse";
    /// The key that it knows.
    pub const KEY_ID: &str = "TEAHOUSEKEY";
    /// What that key signs with.
    pub const SECRET: &str = "a secret of the tests";

    /// Starts one.
    ///
    /// # Errors
    /// When there is no room on the disk, or no address.
    pub fn start() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("teahouse-s3-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(folder.join(Self::BUCKET)).with_context(|| folder.display().to_string())?;
        let files = FileSystem::new(&folder).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(Self::KEY_ID, Self::SECRET));
        let (service, (stop, stopped)) = (service.build(), oneshot::channel());
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // A thread of its own: the tests that share it have runtimes that come and go.
        std::thread::Builder::new().name("s3".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, service) => {}
                }
            });
        })?;
        Ok(Self { address, folder, stop: Some(stop) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many objects of that prefix there are.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn objects(&self, prefix: &str) -> anyhow::Result<usize> {
        fn count(folder: &std::path::Path) -> std::io::Result<usize> {
            let mut files = 0;
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                files += if path.is_dir() { count(&path)? } else { 1 };
            }
            Ok(files)
        }
        let folder = self.folder.join(Self::BUCKET).join(prefix);
        Ok(if folder.is_dir() { count(&folder)? } else { 0 })
    }
}

async fn serve(listener: std::net::TcpListener, service: S3Service) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            // Whoever went away in the middle is nobody's concern.
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Gone already, or the system takes it away.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
