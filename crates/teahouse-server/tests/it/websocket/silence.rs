//! Silent peers: asked, left, dropped; and what a quiet connection costs.
//!
//! The clock stands still while anything moves and leaps when all wait, so these tests
//! pass through minutes at once.

use std::future::pending;

use bytes::Bytes;
use teahouse_server::transport::echo::echo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

use super::raw::{Frame, Raw, masked};

/// A client's socket, and the echo that serves its other end.
async fn pair() -> (Raw, JoinHandle<()>) {
    let (client, server) = sockets().await;
    let echo = tokio::spawn(echo(server, Bytes::new(), 1000, pending()));
    (Raw { socket: client }, echo)
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (client, server)
}

fn ping() -> Frame {
    Frame { first: 0x89, payload: Vec::new() }
}

fn close(code: u16, reason: &str) -> Frame {
    Frame { first: 0x88, payload: [&code.to_be_bytes(), reason.as_bytes()].concat() }
}

#[tokio::test(start_paused = true)]
async fn asks_then_leaves_then_drops() {
    let (mut raw, echo) = pair().await;
    let start = Instant::now();
    assert_eq!(raw.frame().await, ping());
    assert!(start.elapsed() >= Duration::from_secs(25));
    assert_eq!(raw.frame().await, close(4010, "no_pong"));
    assert!(start.elapsed() >= Duration::from_secs(35));
    // The peer neither answers nor leaves; its end of the socket stays open.
    echo.await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn drops_who_never_ends_the_closing() {
    for bytes in [masked(0x88, b"\x03\xe8"), masked(0x83, b"")] {
        let (mut raw, echo) = pair().await;
        raw.send(&bytes).await;
        assert_eq!(raw.frame().await.first, 0x88);
        let start = Instant::now();
        echo.await.unwrap();
        assert!(start.elapsed() <= Duration::from_secs(6), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn drops_who_talks_on_after_its_fault() {
    let (raw, echo) = pair().await;
    let (mut reader, mut writer) = raw.socket.into_split();
    let talker = tokio::spawn(async move {
        // Ends when the server has dropped the socket.
        while tokio::io::AsyncWriteExt::write_all(&mut writer, &[0x83; 1000]).await.is_ok() {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    });
    echo.await.unwrap();
    talker.await.unwrap();
    let mut first = [0];
    let _ = tokio::io::AsyncReadExt::read(&mut reader, &mut first).await;
}

#[tokio::test(start_paused = true)]
async fn leaves_who_takes_nothing() {
    let (raw, echo) = pair().await;
    let frame = masked(0x82, &[7; 1000]);
    let mut sent = 0;
    let second = Duration::from_secs(1);
    while tokio::time::timeout(second, raw.socket.writable()).await.is_ok() {
        // Cut frames would do as well: what matters is that nothing is read here.
        if let Ok(bytes) = raw.socket.try_write(&frame[sent % frame.len()..]) {
            sent += bytes;
        }
    }
    echo.await.unwrap();
}

/// The size of the future is the memory of an idle connection.
#[tokio::test]
async fn is_small() {
    let (_client, server) = sockets().await;
    let bytes = size_of_val(&echo(server, Bytes::new(), 1000, pending()));
    assert!(bytes <= 700, "{bytes} bytes");
}
