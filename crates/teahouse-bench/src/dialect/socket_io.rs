//! Socket.IO 4 over WebSocket alone, as its clients speak it with `transports: ["websocket"]`: packets of
//! Engine.IO (the first digit) that carry packets of Socket.IO (the second).

use anyhow::{Result, bail};

use super::{Line, tag};

pub(super) const PATH: &str = "/socket.io/?EIO=4&transport=websocket";
/// Enter the main namespace; answered by the same with an id.
pub(super) const CONNECT: &str = "40";
/// Answers the server's `2`.
pub(super) const PONG: &[u8] = b"3";
/// What the tutorial's room calls its messages.
const EVENT: &str = "chat message";

/// The packet that says `text`, which needs no escapes.
pub(super) fn event(text: &str) -> String {
    format!("42[\"{EVENT}\",\"{text}\"]")
}

/// What a packet is. Whatever ends the connection is an error: the run is void.
pub(super) fn read(packet: &[u8]) -> Result<Line> {
    let shown = || String::from_utf8_lossy(packet);
    Ok(match packet {
        // Engine.IO has opened, which means nothing before the namespace is entered.
        [b'0', ..] => Line::Other,
        [b'2'] => Line::Ping,
        [b'4', b'0', ..] => Line::Live,
        [b'4', b'2', ..] => match tag(packet) {
            Some(number) => Line::Message { number, seq: None },
            None => bail!("not one of our messages: {}", shown()),
        },
        _ => bail!("the server said {}", shown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Dialect, Door, Host};

    const SOCKET_IO: Dialect = Dialect { door: Door::SocketIo, host: Host::Server };

    #[test]
    fn packets_are_told_apart() {
        let check = |packet: &str, line: &Line| assert_eq!(SOCKET_IO.read(packet.as_bytes()).unwrap(), *line);
        check(r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#, &Line::Other);
        check(r#"40{"sid":"b"}"#, &Line::Live);
        check("2", &Line::Ping);
        check(r#"42["chat message","bench:00000042 x"]"#, &Line::Message { number: 42, seq: None });
    }

    #[test]
    fn a_farewell_and_a_refusal_end_the_run() {
        for packet in ["1", "41", r#"44{"message":"no"}"#, r#"42["other"]"#] {
            let error = SOCKET_IO.read(packet.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(packet), "{error}");
        }
    }

    #[test]
    fn what_is_said_is_an_event_with_the_whole_text() {
        let packet = String::from_utf8(SOCKET_IO.message(0, 7)).unwrap();
        let event: Vec<String> = serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap();
        assert_eq!((event[0].as_str(), event[1].len()), (EVENT, crate::dialect::TEXT_BYTES));
        assert_eq!(read(packet.as_bytes()).unwrap(), Line::Message { number: 7, seq: None });
    }

    #[test]
    fn the_floor_gets_a_greeting_of_the_same_size() {
        let floor = Dialect { door: Door::SocketIo, host: Host::Floor { greeting_bytes: 90 } };
        // An order has five bytes at least.
        assert_eq!(floor.greeting("a").1.len(), 5);
        assert_eq!(SOCKET_IO.greeting("a").1, CONNECT.as_bytes());
        assert_eq!(SOCKET_IO.pong(), PONG);
    }
}
