//! Connections that begin on another host, for the clients of this process.
//!
//! A socket belongs to the network in which it was made, whoever uses it. So one thread lives on the host
//! and does nothing but make sockets; it ends when nobody wants any more.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// Where somebody waits for a socket.
type Wanted = oneshot::Sender<io::Result<OwnedFd>>;

/// From where connections begin. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The thread on the host; none is this process's own network.
    host: Option<mpsc::Sender<Wanted>>,
}

impl Reach {
    /// Wishes for sockets that wait for the thread.
    const WANTED_MAX: usize = 64;

    /// From the host that this process holds.
    pub(super) fn from_host(id: u32) -> io::Result<Self> {
        let network = File::open(format!("/proc/{id}/ns/net"))?;
        let (host, wanted) = mpsc::channel(Self::WANTED_MAX);
        let (entered, entry) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let moved = move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network));
            let lives = moved.is_ok();
            // Whoever asked waits for it.
            let _ = entered.send(moved);
            if lives {
                make(wanted);
            }
        });
        entry.recv().map_err(io::Error::other)??;
        Ok(Self { host: Some(host) })
    }

    /// Connects from there.
    ///
    /// # Errors
    /// Those of a connection.
    pub async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let Some(host) = &self.host else { return TcpStream::connect(to).await };
        let (wanted, made) = oneshot::channel();
        host.send(wanted).await.map_err(io::Error::other)?;
        let socket = made.await.map_err(io::Error::other)??;
        TcpSocket::from_std_stream(socket.into()).connect(to).await
    }
}

/// Makes what is wanted until nobody can want anything.
fn make(mut wanted: mpsc::Receiver<Wanted>) {
    while let Some(wanted) = wanted.blocking_recv() {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let made = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
        // Whoever wanted it may have given up.
        let _ = wanted.send(made.map_err(io::Error::from));
    }
}
