//! A request as it is written, and its answer as it came.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{House, within};

/// One request.
pub(crate) struct Ask {
    head: String,
    body: Vec<u8>,
}

/// Its answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The same as it came.
    pub(crate) bytes: bytes::Bytes,
}

impl Ask {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { head: format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n"), body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST of JSON.
    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).with("content-type", "application/json").body(body.to_string().as_bytes())
    }

    /// A request to become a WebSocket.
    pub(crate) fn upgrade(path: &str) -> Self {
        Self { head: format!("GET {path} HTTP/1.1\r\n"), body: Vec::new() }
            .with("upgrade", "websocket")
            .with("connection", "Upgrade")
            .with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .with("sec-websocket-version", "13")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.with("content-length", &body.len().to_string())
    }

    /// Asks the house.
    pub(crate) async fn of(self, house: &House) -> Answer {
        let host = house.address.to_string();
        self.with("host", &host).at(house.address).await
    }

    /// Asks the house, from anywhere.
    pub(crate) fn of_owned(self, house: &House) -> impl Future<Output = Answer> + Send + use<> {
        let address = house.address;
        self.with("host", &address.to_string()).at(address)
    }

    /// Asks the house under another name.
    pub(crate) fn of_host(self, host: &str, house: &House) -> impl Future<Output = Answer> + Send + use<> {
        let address = house.address;
        self.with("host", host).at(address)
    }

    async fn at(self, address: SocketAddr) -> Answer {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = [self.head.as_bytes(), b"\r\n", &self.body].concat();
        // A server that refuses a long body early may not read all of it.
        let _ = within(socket.write_all(&request)).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(socket.read_u8()).await.unwrap());
        }
        let mut answer = Answer::of_head(&String::from_utf8(head).unwrap());
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if self.head.starts_with("HEAD ") {
            return answer;
        }
        let mut body = vec![0; length];
        if answer.header("transfer-encoding") == Some("chunked") {
            let mut chunks = Vec::new();
            within(socket.read_to_end(&mut chunks)).await.unwrap();
            body = whole(&chunks);
        } else {
            within(socket.read_exact(&mut body)).await.unwrap();
        }
        answer.bytes = body.into();
        answer.body = String::from_utf8_lossy(&answer.bytes).into_owned();
        answer
    }
}

impl Answer {
    /// What its head says; its body is to come.
    pub(crate) fn of_head(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: String::new(), bytes: bytes::Bytes::new() }
    }

    /// A header that is there at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(given, _)| given == name);
        let value = values.next().map(|(_, value)| &**value);
        assert!(values.next().is_none(), "{name} came twice");
        value
    }

    /// A cookie that it sets: its value, and what is said of it.
    pub(crate) fn cookie(&self, name: &str) -> Option<(&str, &str)> {
        let set = self.headers.iter().filter(|(given, _)| given == "set-cookie");
        set.filter_map(|(_, cookie)| cookie.strip_prefix(name)?.strip_prefix('=')?.split_once("; ")).next()
    }

    /// The JSON in it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// The public code of an error.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

/// A body that came in chunks (RFC 9112, 7.1), all of them.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").expect("a chunk has a size");
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 2 + size + 2..];
    }
}
