//! What people say and what they hear: the two doors of the server (`/chat` and `/v1/ws`), those of its
//! peers, and the floor's few orders. Knows the texts, no sockets. `docs/protocol.md` is its source.

mod socket_io;

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use memchr::memmem::Finder;
use serde::Serialize;

use crate::frame::Kind;

/// Bytes of each message's text.
pub const TEXT_BYTES: usize = 64;
const TAG: &[u8] = b"bench:";
/// Made once: each delivery is searched.
static FIND_TAG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TAG));
static FIND_SEQ: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"seq\":"));
static FIND_HEAD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"head\":"));
const TAG_DIGITS: usize = 8;
/// Highest number that a tag can hold.
pub const NUMBER_MAX: u64 = 99_999_999;

/// A door of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// `/chat`: texts in; out comes the text, in an HTML fragment or bare.
    Plain,
    /// `/v1/ws`: the whole protocol, version 1.
    Full,
    /// `/socket.io/`: events in packets of Socket.IO over WebSocket.
    SocketIo,
}

/// Who stands behind the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The server under test, or one of its peers.
    Server,
    /// The floor: each text message comes back to everyone as one frame, whatever it says.
    Floor {
        /// Bytes of its answer to a greeting, to be the same as the server's.
        greeting_bytes: usize,
    },
}

/// How to talk to one host through one door.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub door: Door,
    pub host: Host,
}

/// One line (or, in the plain room, one fragment) that came from the server.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A message with the number of its tag; `seq` is there in the full room.
    Message {
        number: u64,
        seq: Option<u64>,
    },
    /// Another event than one of our messages.
    OtherEvent {
        seq: u64,
    },
    /// The room's head when the subscription began.
    Subscribed {
        head: u64,
    },
    Live,
    Ack,
    /// The server asks whether we live.
    Ping,
    /// The answer to our `ping`.
    Pong,
    /// `welcome`, signals, and what else may come and means nothing here.
    Other,
}

impl Door {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Full => "full",
            Self::SocketIo => "socket.io",
        }
    }
}

impl Dialect {
    /// The address of the door.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self.door {
            Door::Plain => "/chat",
            Door::Full => "/v1/ws",
            Door::SocketIo => socket_io::PATH,
        }
    }

    /// The subprotocol to ask for.
    #[must_use]
    pub fn subprotocol(self) -> Option<&'static str> {
        (self.door == Door::Full).then_some("teahouse.v1")
    }

    /// What a person says right after the upgrade; the answer proves that they are in the room.
    #[must_use]
    pub fn greeting(self, name: &str) -> (Kind, Vec<u8>) {
        let greeting = match self.door {
            Door::Plain => return self.question(),
            Door::SocketIo => socket_io::CONNECT.to_string(),
            Door::Full => format!(
                "{{\"type\":\"hello\",\"v\":1,\"name\":\"{name}\",\"cursors\":{{\"1024\":\"head\"}},\
                 \"client\":\"bench/0.1.0\"}}"
            ),
        };
        match self.host {
            Host::Server => (Kind::Text, greeting.into_bytes()),
            Host::Floor { greeting_bytes } => {
                (Kind::Binary, Order::Answer { wire_bytes: greeting_bytes }.encode(greeting.len()))
            }
        }
    }

    /// The payload that says message `number` of a crowd; the floor gets the same bytes as the server.
    #[must_use]
    pub fn message(self, crowd: u16, number: u64) -> Vec<u8> {
        let text = text(number);
        match self.door {
            Door::Plain => text.into_bytes(),
            Door::SocketIo => socket_io::event(&text).into_bytes(),
            Door::Full => format!(
                "{{\"type\":\"send\",\"ref\":{number},\"room\":\"1024\",\"cid\":\"{:012x}{crowd:04x}{number:016x}\",\
                 \"kind\":\"message\",\"body\":{{\"text\":\"{text}\"}}}}",
                unix_ms()
            )
            .into_bytes(),
        }
    }

    /// A question that only the asker gets an answer to.
    #[must_use]
    pub fn question(self) -> (Kind, Vec<u8>) {
        match (self.door, self.host) {
            (Door::Full, Host::Server) => (Kind::Text, b"{\"type\":\"ping\",\"ref\":0}".to_vec()),
            _ => (Kind::Ping, b"tea?".to_vec()),
        }
    }

    /// What one line of a text message is. A refusal or a farewell is an error: the run is void.
    pub fn read(self, line: &[u8]) -> Result<Line> {
        match (self.host, self.door) {
            (Host::Floor { .. }, _) | (_, Door::Plain) => read_fragment(line),
            (Host::Server, Door::Full) => read_line(line),
            (Host::Server, Door::SocketIo) => socket_io::read(line),
        }
    }

    /// The answer to a `Line::Ping`.
    #[must_use]
    pub fn pong(self) -> &'static [u8] {
        if self.door == Door::SocketIo { socket_io::PONG } else { b"{\"type\":\"pong\",\"cursors\":{}}" }
    }

    /// Whether a text message holds several lines.
    #[must_use]
    pub fn has_lines(self) -> bool {
        self.host == Host::Server && self.door == Door::Full
    }
}

/// What the floor can be told in a binary message: the only ones that it does not send to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Answer me, and nobody else, with a binary frame of that size.
    Answer { wire_bytes: usize },
    /// From now on deliver each message in a frame of that size; answered by an empty frame.
    Deliver { wire_bytes: usize },
}

impl Order {
    /// The payload, filled up to `payload_bytes`.
    #[must_use]
    pub fn encode(self, payload_bytes: usize) -> Vec<u8> {
        let (code, wire_bytes) = match self {
            Self::Answer { wire_bytes } => (1, wire_bytes),
            Self::Deliver { wire_bytes } => (2, wire_bytes),
        };
        let mut payload = vec![code];
        payload.extend_from_slice(&(wire_bytes as u32).to_be_bytes());
        payload.resize(payload.len().max(payload_bytes), 0);
        payload
    }

    /// Reads an order; anything else is an error.
    pub fn decode(payload: &[u8]) -> Result<Self> {
        let (Some(code), Some(size)) = (payload.first(), payload.get(1..5)) else {
            bail!("an order of {} bytes: it has 5 or more", payload.len());
        };
        let wire_bytes = size.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        match code {
            1 => Ok(Self::Answer { wire_bytes }),
            2 => Ok(Self::Deliver { wire_bytes }),
            other => bail!("order {other} does not exist"),
        }
    }
}

fn text(number: u64) -> String {
    let mut text = format!("bench:{number:08} ");
    let filler = "the kettle sings, the room fills, and everyone hears the same";
    text.push_str(&filler[..TEXT_BYTES - text.len()]);
    text
}

/// A cid begins with the time, as those of the clients do.
fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

fn read_fragment(line: &[u8]) -> Result<Line> {
    tag(line)
        .map(|number| Line::Message { number, seq: None })
        .with_context(|| format!("not one of our messages: {}", String::from_utf8_lossy(line)))
}

fn read_line(line: &[u8]) -> Result<Line> {
    let Some(rest) = line.strip_prefix(b"{\"type\":\"") else {
        return read_unusual_line(line);
    };
    let kind = memchr::memchr(b'"', rest).map_or(rest, |end| &rest[..end]);
    read_kind(kind, line)
}

/// A line whose first field is not `type`: legal JSON, only slower to read.
fn read_unusual_line(line: &[u8]) -> Result<Line> {
    let shown = || format!("not a frame: {}", String::from_utf8_lossy(line));
    let value: serde_json::Value = serde_json::from_slice(line).with_context(shown)?;
    let kind = value.get("type").and_then(|kind| kind.as_str()).with_context(shown)?;
    read_kind(kind.as_bytes(), line)
}

fn read_kind(kind: &[u8], line: &[u8]) -> Result<Line> {
    Ok(match kind {
        b"event" => {
            let seq = number_after(line, &FIND_SEQ).context("an event without seq")?;
            match tag(line) {
                Some(number) => Line::Message { number, seq: Some(seq) },
                None => Line::OtherEvent { seq },
            }
        }
        b"ack" => Line::Ack,
        b"subscribed" => {
            let head = number_after(line, &FIND_HEAD).context("subscribed without head")?;
            Line::Subscribed { head }
        }
        b"live" => Line::Live,
        b"ping" => Line::Ping,
        b"pong" => Line::Pong,
        b"error" | b"close" | b"drain" | b"behind" | b"reset" => {
            bail!("the server said {}", String::from_utf8_lossy(line))
        }
        _ => Line::Other,
    })
}

fn tag(line: &[u8]) -> Option<u64> {
    let start = FIND_TAG.find(line)? + TAG.len();
    digits(line.get(start..start + TAG_DIGITS)?)
}

/// The number after a key. A quote cannot stand unescaped in a JSON text, so no text is a key.
fn number_after(line: &[u8], key: &Finder<'_>) -> Option<u64> {
    let rest = &line[key.find(line)? + key.needle().len()..];
    let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    digits(&rest[..end])
}

fn digits(bytes: &[u8]) -> Option<u64> {
    let all = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    all.then(|| bytes.iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Dialect = Dialect { door: Door::Full, host: Host::Server };
    const PLAIN: Dialect = Dialect { door: Door::Plain, host: Host::Server };

    fn check(line: &str, expected: &Line) {
        assert_eq!(FULL.read(line.as_bytes()).unwrap(), *expected, "{line}");
    }

    #[test]
    fn a_text_has_64_bytes_and_keeps_its_number() {
        for number in [0, 7, NUMBER_MAX] {
            let text = text(number);
            assert_eq!(text.len(), TEXT_BYTES);
            assert_eq!(tag(text.as_bytes()), Some(number));
        }
    }

    #[test]
    fn a_send_is_json_with_a_cid_of_its_own() {
        let send = |crowd, number| -> serde_json::Value {
            serde_json::from_slice(&FULL.message(crowd, number)).unwrap()
        };
        let (first, second, elsewhere) = (send(0, 0), send(0, 1), send(1, 0));
        assert_eq!(first["cid"].as_str().unwrap().len(), 32);
        assert_ne!(first["cid"], second["cid"]);
        assert_ne!(first["cid"], elsewhere["cid"]);
        assert_eq!(first["body"]["text"].as_str().unwrap().len(), TEXT_BYTES);
    }

    #[test]
    fn lines_of_the_protocol_are_told_apart() {
        let event = r#"{"type":"event","room":"1024","seq":1042,"kind":"message","body":{"text":"bench:00000042 x"}}"#;
        check(event, &Line::Message { number: 42, seq: Some(1042) });
        let turned = r#"{"seq":3,"type":"event","body":{"text":"bench:00000001"}}"#;
        check(turned, &Line::Message { number: 1, seq: Some(3) });
        check(r#"{"type":"event","seq":9,"kind":"joined"}"#, &Line::OtherEvent { seq: 9 });
        check(r#"{"type":"ack","ref":3,"seq":1}"#, &Line::Ack);
        check(r#"{"type":"subscribed","epoch":"5feceb66","head":17}"#, &Line::Subscribed { head: 17 });
        check(r#"{"type":"live","room":"1024","seq":1042}"#, &Line::Live);
        check(r#"{"type":"ping","heads":{"1024":1042}}"#, &Line::Ping);
        check(r#"{"type":"pong","ref":0}"#, &Line::Pong);
        check(r#"{"type":"signal","room":"1024"}"#, &Line::Other);
    }

    #[test]
    fn a_refusal_ends_the_run() {
        let error = FULL.read(br#"{"type":"error","code":"rate"}"#).unwrap_err();
        assert!(error.to_string().contains("rate"));
        FULL.read(b"kettle").unwrap_err();
        let error = PLAIN.read(b"<div>teahouse: too long</div>").unwrap_err();
        assert!(error.to_string().contains("too long"));
    }

    #[test]
    fn a_fragment_is_a_message() {
        let fragment = b"<div style=\"margin:10px\">a: bench:00000003 x</div>";
        assert_eq!(PLAIN.read(fragment).unwrap(), Line::Message { number: 3, seq: None });
    }

    #[test]
    fn orders_come_back_as_they_went() {
        for order in [Order::Answer { wire_bytes: 70_000 }, Order::Deliver { wire_bytes: 66 }] {
            assert_eq!(Order::decode(&order.encode(90)).unwrap(), order);
            assert_eq!(order.encode(90).len(), 90);
        }
        Order::decode(&[1]).unwrap_err();
        Order::decode(&[9, 0, 0, 0, 0]).unwrap_err();
    }
}
