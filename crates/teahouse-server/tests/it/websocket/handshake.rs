//! The opening handshake through hyper, as bytes on the wire.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::raw::read_head;
use super::server;

/// The request with these lines, and what the answer's head is.
async fn ask(request_line: &str, lines: &[&str]) -> String {
    let (address, _stop) = server::start(1000).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("{request_line}\r\n{}\r\n\r\n", lines.join("\r\n"));
    socket.write_all(request.as_bytes()).await.unwrap();
    read_head(&mut socket).await
}

const LINES: [&str; 5] = [
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

#[tokio::test]
async fn accepts_with_a_subprotocol() {
    let lines = [&LINES[..], &["Sec-WebSocket-Protocol: other", "sec-websocket-protocol: echo.v1"]];
    let head = ask("GET /echo HTTP/1.1", &lines.concat()).await.to_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-protocol: echo.v1\r\n"), "{head}");
    assert!(head.contains("upgrade: websocket\r\n"), "{head}");
}

#[tokio::test]
async fn refuses_with_a_status() {
    let head = ask("POST /echo HTTP/1.1", &[&LINES[..], &["Content-Length: 0"]].concat()).await;
    assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
    assert!(head.contains("allow: GET\r\n"), "{head}");
    let head = ask("GET /echo HTTP/1.1", &LINES[..1]).await;
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
    assert!(head.contains("sec-websocket-version: 13\r\n"), "{head}");
    let head = ask("GET /echo HTTP/1.1", &LINES[..4]).await;
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
    let head = ask("GET /echo HTTP/1.1", &[&LINES[..3], &LINES[4..]].concat()).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    let head = ask("GET /echo HTTP/1.0", &LINES).await;
    assert!(head.starts_with("HTTP/1.0 400 "), "{head}");
}
