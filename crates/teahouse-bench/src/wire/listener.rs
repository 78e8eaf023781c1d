//! One connection to `/v1/ws` that keeps what it is told, message by message, byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::dialect::{Dialect, Door, Host};
use crate::frame::{self, FrameReader, From, Kind};
use crate::handshake;
use crate::person::Lines;

const FULL: Dialect = Dialect { door: Door::Full, host: Host::Server };
/// Any mask will do where no proxy is.
const MASK: [u8; 4] = [1, 2, 3, 4];
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Somebody in the room.
pub(super) struct Listener {
    stream: TcpStream,
    reader: FrameReader,
    scratch: Vec<u8>,
    /// What came and was not taken yet; the first comes first.
    came: Vec<Vec<u8>>,
}

impl Listener {
    /// Connects and says hello; `from` is where in the room it starts.
    pub(super) fn arrive(to: SocketAddr, who: &Value, from: &Value) -> Result<Self> {
        let mut stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.write_all(&handshake::request(&to.to_string(), FULL.path(), FULL.subprotocol()))?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while handshake::head_bytes(&head)?.is_none() {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        handshake::check_response(&head)?;
        let mut listener =
            Self { stream, reader: FrameReader::default(), scratch: vec![0; 64 << 10], came: Vec::new() };
        let mut hello =
            json!({ "type": "hello", "v": 1, "cursors": { "1024": from }, "client": "web/0.1.0" });
        for (key, value) in who.as_object().into_iter().flatten() {
            hello[key] = value.clone();
        }
        listener.say(&hello)?;
        Ok(listener)
    }

    /// Says one frame.
    pub(super) fn say(&mut self, frame: &Value) -> Result<()> {
        let mut bytes = Vec::new();
        frame::push_client_frame(&mut bytes, Kind::Text, frame.to_string().as_bytes(), MASK);
        Ok(self.stream.write_all(&bytes)?)
    }

    /// All messages up to the first that has such a line, which is returned as well.
    pub(super) fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<(Vec<Vec<u8>>, Value)> {
        let mut messages = Vec::new();
        loop {
            while self.came.is_empty() {
                self.read().with_context(|| format!("after {}", last_words(&messages)))?;
            }
            let message = self.came.remove(0);
            let mut found = None;
            for line in (Lines { rest: &message }) {
                let line: Value = serde_json::from_slice(line)?;
                ensure!(line["type"] != "error" && line["type"] != "close", "the server refuses: {line}");
                if line["type"] == "ping" {
                    self.say(&json!({ "type": "pong" }))?;
                }
                found = if is_it(&line) { Some(line) } else { found };
            }
            messages.push(message);
            if let Some(line) = found {
                return Ok((messages, line));
            }
        }
    }

    fn read(&mut self) -> Result<()> {
        let count = self.stream.read(&mut self.scratch)?;
        ensure!(count > 0, "the server ended the connection");
        self.reader.feed(&self.scratch[..count], From::Server, |frame| {
            if frame.kind == Kind::Text {
                self.came.push(frame.payload.to_vec());
            }
            Ok(())
        })
    }
}

fn last_words(messages: &[Vec<u8>]) -> String {
    messages.last().map_or_else(String::new, |last| String::from_utf8_lossy(last).into_owned())
}
