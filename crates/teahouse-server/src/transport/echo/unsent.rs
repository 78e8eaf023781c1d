//! Answers that a socket has not taken yet, and how much of them the process keeps.
//!
//! Owned by one echo connection. Many clients send a whole message before they read, so
//! a message must fit in here; the sum over all connections is bounded too, or a crowd
//! that never reads would fill the memory.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;

/// Above this sum nobody may read ahead of its own answers.
const SUM_BYTES_MAX: usize = 64 * 1024 * 1024;

static SUM_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Bytes in order; no heap while it is empty.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    bytes: VecDeque<u8>,
}

impl Unsent {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether more may be read before this is taken, one read's answer above `bytes_max`.
    pub(super) fn has_room(&self, bytes_max: usize) -> bool {
        self.bytes.len() < bytes_max && SUM_BYTES.load(Ordering::Relaxed) < SUM_BYTES_MAX
    }

    /// Writes `answer` behind everything before it, as far as the socket takes it.
    pub(super) fn write(&mut self, socket: &TcpStream, answer: &[u8]) -> io::Result<()> {
        if !answer.is_empty() {
            let taken = if self.is_empty() { unless_full(socket.try_write(answer))? } else { 0 };
            self.bytes.extend(&answer[taken..]);
            SUM_BYTES.fetch_add(answer.len() - taken, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes what waits; tells how many bytes the socket took.
    pub(super) fn flush(&mut self, socket: &TcpStream) -> io::Result<usize> {
        let (head, tail) = self.bytes.as_slices();
        let slices = [IoSlice::new(head), IoSlice::new(tail)];
        let taken = unless_full(socket.try_write_vectored(&slices))?;
        self.bytes.drain(..taken);
        SUM_BYTES.fetch_sub(taken, Ordering::Relaxed);
        if self.bytes.is_empty() {
            self.bytes = VecDeque::new();
        }
        Ok(taken)
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        SUM_BYTES.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

fn unless_full(written: io::Result<usize>) -> io::Result<usize> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    /// One test, since the sum belongs to the whole process.
    #[tokio::test]
    async fn keeps_the_order_and_counts_what_it_keeps() {
        let (mut client, server) = sockets().await;
        server.writable().await.unwrap();
        let mut unsent = Unsent::default();
        let answer = (0..251).collect::<Vec<u8>>().repeat(130_000);
        unsent.write(&server, &answer[..30_000_000]).unwrap();
        unsent.write(&server, &answer[30_000_000..]).unwrap();
        assert!(!unsent.is_empty(), "no socket takes 32 MB");
        assert_eq!(SUM_BYTES.load(Ordering::Relaxed), unsent.bytes.len());
        assert!(unsent.has_room(answer.len()) && !unsent.has_room(unsent.bytes.len()));

        let mut crowd = Unsent::default();
        let (_reader, full) = sockets().await;
        crowd.write(&full, &vec![0; SUM_BYTES_MAX + 16_000_000]).unwrap();
        assert!(!unsent.has_room(answer.len()), "others fill the sum");
        drop(crowd);
        assert!(unsent.has_room(answer.len()));

        let mut taken = vec![0; answer.len()];
        let read = client.read_exact(&mut taken);
        let flush = async {
            while !unsent.is_empty() {
                server.writable().await.unwrap();
                unsent.flush(&server).unwrap();
            }
        };
        tokio::join!(async { read.await.unwrap() }, flush);
        assert!(taken == answer, "the bytes come in order");
        assert_eq!(SUM_BYTES.load(Ordering::Relaxed), 0);
        assert_eq!(unsent.bytes.capacity(), 0, "an empty one has no heap");
    }
}
