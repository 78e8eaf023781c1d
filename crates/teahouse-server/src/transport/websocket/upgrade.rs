//! Takes the TCP socket back from hyper once a request was upgraded.
//!
//! The only place here that knows hyper's connection: after it a WebSocket is a plain
//! socket, and nothing of HTTP stays in memory.

use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

use crate::cost::Metered;

/// Why an accepted request did not become a socket.
#[derive(Debug, Error)]
pub enum UpgradeError {
    /// The peer went away before the answer 101 was written.
    #[error("the connection ended before the upgrade")]
    Gone(#[source] hyper::Error),
    /// The server was built over something else than `TokioIo<Metered<TcpStream>>`.
    #[error(
        "the upgraded connection is not a plain TCP socket: serve it by hyper's http1 builder over a metered one"
    )]
    NotTcp,
}

/// Waits until hyper has written the answer 101, then takes its socket.
///
/// Returns it with what the client had sent behind its request already.
///
/// # Errors
/// [`UpgradeError`] when the peer left first or the connection is not plain TCP.
pub async fn take_socket(upgrade: OnUpgrade) -> Result<(TcpStream, Bytes), UpgradeError> {
    let upgraded = upgrade.await.map_err(UpgradeError::Gone)?;
    let parts = upgraded.downcast::<TokioIo<Metered<TcpStream>>>().map_err(|_| UpgradeError::NotTcp)?;
    Ok(parts.io.into_inner().into_inner(&parts.read_buf))
}
