//! A raw HTTP/1.1 connection: keeps it, counts its bytes, reads an answer piece by piece, and may stop
//! anywhere. It knows nothing of the protocol but how its lines come.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{Answer, House, within};

/// How the lines of an answer come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// As they are.
    Ndjson,
    /// In the `data:` lines of server-sent events.
    Events,
}

/// What of an answer's body is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// So many bytes.
    Length(usize),
    /// Chunks; so many bytes are left of this one.
    Chunk(usize),
    /// Everything until the connection ends.
    End,
    /// Nothing.
    Nothing,
}

/// One connection to a house.
pub(crate) struct Http {
    socket: TcpStream,
    host: String,
    /// Read, and not looked at yet.
    read_ahead: Vec<u8>,
    /// Of the body, and not a whole line yet.
    line: Vec<u8>,
    rest: Rest,
    /// Bytes that this side read and wrote so far.
    pub(crate) read: u64,
    pub(crate) wrote: u64,
}

impl Http {
    pub(crate) async fn connect(house: &House) -> Self {
        Self::connect_through(TcpSocket::new_v4().unwrap(), house).await
    }

    /// The same, through a socket that was made ready.
    pub(crate) async fn connect_through(socket: TcpSocket, house: &House) -> Self {
        let socket = within(socket.connect(house.address)).await.unwrap();
        let host = house.address.to_string();
        let (read_ahead, line) = (Vec::new(), Vec::new());
        Self { socket, host, read_ahead, line, rest: Rest::Nothing, read: 0, wrote: 0 }
    }

    /// Writes a request and reads the head of its answer.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.request(method, path, headers, body).await;
        self.head(method).await
    }

    /// Writes a request.
    pub(crate) async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        assert_eq!(self.rest, Rest::Nothing, "the answer before was read");
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if method == "POST" {
            request += &format!("content-length: {}\r\n", body.len());
        }
        self.write(&[request.as_bytes(), b"\r\n", body].concat()).await;
    }

    /// Writes bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within(self.socket.write_all(bytes)).await.unwrap();
        self.wrote += bytes.len() as u64;
    }

    /// Reads the head of an answer to a request by this method.
    pub(crate) async fn head(&mut self, method: &str) -> Answer {
        self.line.clear();
        loop {
            let head = self.until(b"\r\n\r\n").await;
            let answer = Answer::of_head(&String::from_utf8(head).unwrap());
            // 100: the server asks for the body, which it has already.
            if answer.status == 100 {
                continue;
            }
            self.rest = match answer.header("content-length") {
                _ if method == "HEAD" => Rest::Nothing,
                Some(length) => Rest::Length(length.parse().unwrap()),
                None if answer.header("transfer-encoding") == Some("chunked") => Rest::Chunk(0),
                None if answer.header("connection") == Some("close") => Rest::End,
                None => Rest::Nothing,
            };
            if self.rest == Rest::Length(0) {
                self.rest = Rest::Nothing;
            }
            return answer;
        }
    }

    /// A request and its whole answer.
    pub(crate) async fn whole(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut answer = self.ask(method, path, headers, body).await;
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await {
            body.extend_from_slice(&piece);
        }
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// What of the body comes next; nothing at its end. An end before that is a panic.
    pub(crate) async fn piece(&mut self) -> Option<Vec<u8>> {
        if self.rest == Rest::Chunk(0) {
            let size = self.until(b"\r\n").await;
            let size = std::str::from_utf8(&size).unwrap().trim_end();
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                self.until(b"\r\n").await;
                self.rest = Rest::Nothing;
                return None;
            }
            self.rest = Rest::Chunk(size);
        }
        if self.rest == Rest::End {
            if self.read_ahead.is_empty() && !self.read_more().await {
                self.rest = Rest::Nothing;
                return None;
            }
            return Some(std::mem::take(&mut self.read_ahead));
        }
        let (Rest::Length(left) | Rest::Chunk(left)) = self.rest else { return None };
        if self.read_ahead.is_empty() {
            assert!(self.read_more().await, "the answer was cut");
        }
        let piece: Vec<u8> = self.read_ahead.drain(..left.min(self.read_ahead.len())).collect();
        let left = left - piece.len();
        self.rest = match self.rest {
            Rest::Length(_) if left > 0 => Rest::Length(left),
            Rest::Chunk(_) => Rest::Chunk(left),
            _ => Rest::Nothing,
        };
        if let Rest::Chunk(0) = self.rest {
            assert_eq!(self.until(b"\r\n").await, b"\r\n", "the end of a chunk");
        }
        Some(piece)
    }

    /// The next line of the body; nothing at its end.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.line.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.line.drain(..=at).collect();
                line.pop();
                return Some(String::from_utf8(line).unwrap());
            }
            match self.piece().await {
                Some(piece) => self.line.extend_from_slice(&piece),
                None => {
                    assert!(self.line.is_empty(), "an answer ends with a whole line");
                    return None;
                }
            }
        }
    }

    /// The next frame of the body; nothing at its end.
    pub(crate) async fn frame(&mut self, lines: Lines) -> Option<String> {
        loop {
            let line = self.line().await?;
            match lines {
                Lines::Ndjson if line.trim().is_empty() => {}
                Lines::Ndjson => return Some(line),
                Lines::Events => match line.strip_prefix("data: ") {
                    Some(data) => return Some(data.to_owned()),
                    None => assert!(line.is_empty() || line.starts_with(':'), "{line:.40}"),
                },
            }
        }
    }

    /// The frames of the rest of the body.
    pub(crate) async fn frames(&mut self, lines: Lines) -> Vec<String> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame(lines).await {
            frames.push(frame);
        }
        frames
    }

    /// The next bytes, whatever they are.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.read_ahead.len() < count {
            assert!(self.read_more().await, "the connection was cut");
        }
        self.read_ahead.drain(..count).collect()
    }

    /// Writes nothing more.
    pub(crate) async fn end(&mut self) {
        // The server may be gone already.
        let _ = within(self.socket.shutdown()).await;
    }

    /// Reads on until the server ends the connection; how many bytes that were.
    pub(crate) async fn until_end(&mut self) -> usize {
        let mut count = std::mem::take(&mut self.read_ahead).len();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match within(self.socket.read(&mut buffer)).await {
                Ok(0) | Err(_) => return count,
                Ok(read) => count += read,
            }
        }
    }

    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.read_ahead.windows(end.len()).position(|window| window == end) {
                return self.read_ahead.drain(..at + end.len()).collect();
            }
            assert!(self.read_more().await, "the answer was cut");
        }
    }

    /// Reads once; `false` at the end of the connection.
    async fn read_more(&mut self) -> bool {
        let read = within(self.socket.read_buf(&mut self.read_ahead)).await.unwrap();
        self.read += read as u64;
        read > 0
    }
}
