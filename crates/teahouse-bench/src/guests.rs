//! Guests of a house and what they write, over plain HTTP on one connection: what a measurement finds when it begins.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// A connection for requests, one after the other.
pub struct Guests {
    to: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// What was written.
#[derive(Debug)]
pub struct Past {
    /// Each event's number and the cursor behind it.
    pub cursors: Vec<(u64, String)>,
    /// The last number.
    pub head: u64,
}

struct Answer {
    body: Vec<u8>,
    cursor: Option<String>,
}

impl Guests {
    /// Opens the connection.
    pub fn connect(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        Ok(Self { to, stream: BufReader::new(stream) })
    }

    /// One more guest; their token.
    pub fn make(&mut self, name: &str) -> Result<String> {
        let made = self.ask("POST", "/v1/guests", "", &json!({ "name": name }).to_string())?.json()?;
        Ok(made["token"].as_str().context("a guest without a token")?.to_owned())
    }

    /// Writes so many messages into the main room.
    pub fn write(&mut self, token: &str, count: u64) -> Result<Past> {
        let mut checks = Vec::new();
        for number in 0..count {
            let body = json!({ "text": format!("bench:{number:08} what was said before") }).to_string();
            let stored: Value = self.ask("POST", "/v1/rooms/1024/messages", token, &body)?.json()?;
            let seq = stored["seq"].as_u64().context("a message without a number")?;
            let check =
                stored["cid"].as_str().and_then(|cid| cid.get(24..)).context("a message without a cid")?;
            checks.push((seq, check.to_owned()));
        }
        let newest = self.ask("GET", "/v1/rooms/1024/poll?from=tail:1&wait=0", token, "")?;
        let cursor = newest.cursor.context("a poll without a cursor")?;
        let epoch = cursor.split('.').next().unwrap_or_default();
        let head = checks.last().map_or(0, |(seq, _)| *seq);
        let cursors =
            checks.into_iter().map(|(seq, check)| (seq, format!("{epoch}.{seq}.{check}"))).collect();
        Ok(Past { cursors, head })
    }

    /// The body of the answer at this path.
    pub fn read(&mut self, path: &str, token: &str) -> Result<Vec<u8>> {
        Ok(self.ask("GET", path, token, "")?.body)
    }

    fn ask(&mut self, method: &str, path: &str, token: &str, body: &str) -> Result<Answer> {
        let shown =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{shown}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.to,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut cursor) = (String::new(), 0, None);
        self.stream.read_line(&mut status)?;
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the server ended the connection");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            match line.split_once(':') {
                Some((key, value)) if key.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?
                }
                Some((key, value)) if key.eq_ignore_ascii_case("teahouse-cursor") => {
                    cursor = Some(value.trim().to_owned());
                }
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        let is_good = status.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
        ensure!(is_good, "{method} {path}: {} {}", status.trim_end(), String::from_utf8_lossy(&answer));
        Ok(Answer { body: answer, cursor })
    }
}

impl Answer {
    fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("an answer that is no JSON")
    }
}
