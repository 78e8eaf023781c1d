//! A client that writes bytes and reads frames, with no manners of its own.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server's frame: FIN and opcode as they came, and the payload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

/// A socket after the handshake.
pub(crate) struct Raw {
    pub(crate) socket: TcpStream,
}

const HANDSHAKE: &str = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, b"").await
    }

    /// Sends `early` together with the request, before any answer.
    pub(crate) async fn connect_with(address: SocketAddr, early: &[u8]) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(&[HANDSHAKE.as_bytes(), early].concat()).await.unwrap();
        let head = read_head(&mut socket).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        Self { socket }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        let mut start = [0; 2];
        self.socket.read_exact(&mut start).await.unwrap();
        let [first, second] = start;
        assert_eq!(second & 0x80, 0, "a server never masks");
        let length = match second {
            126 => u64::from(self.socket.read_u16().await.unwrap()),
            127 => self.socket.read_u64().await.unwrap(),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.socket.read_exact(&mut payload).await.unwrap();
        Frame { first, payload }
    }

    /// The next message, its fragments joined; control frames between are errors.
    pub(crate) async fn message(&mut self) -> Frame {
        let mut message = self.frame().await;
        while message.first & 0x80 == 0 {
            let more = self.frame().await;
            assert_eq!(more.first & 0x7f, 0, "a continuation: {more:?}");
            message.first |= more.first;
            message.payload.extend(more.payload);
        }
        message
    }

    /// The close frame that must be next, then the end of the stream.
    pub(crate) async fn closed(&mut self) -> (Option<u16>, String) {
        let close = self.frame().await;
        assert_eq!(close.first, 0x88, "{close:?}");
        let mut rest = Vec::new();
        self.socket.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"", "nothing follows a close");
        match close.payload.split_first_chunk::<2>() {
            None => (None, String::new()),
            Some((code, reason)) => {
                (Some(u16::from_be_bytes(*code)), String::from_utf8(reason.to_vec()).unwrap())
            }
        }
    }
}

/// A masked frame; `first` is FIN, RSV and opcode together.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
    let mut bytes = vec![first];
    if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
        bytes.push(0x80 | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        bytes.push(0xfe);
        bytes.extend(medium.to_be_bytes());
    } else {
        bytes.push(0xff);
        bytes.extend((payload.len() as u64).to_be_bytes());
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.into_iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// Reads an answer's status line and headers, and not a byte more.
pub(crate) async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
