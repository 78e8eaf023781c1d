//! People in the main room by bare sockets. While they talk they allocate nothing: what is counted is the server's.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use memchr::memmem;

/// A mask that changes nothing.
const MASK: [u8; 4] = [0; 4];
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Of the end of what came, kept until the next read: what is looked for may be cut in two.
const CARRY: usize = 64;

/// Everybody hears what the first one says.
pub(crate) struct People {
    all: Vec<Person>,
    said: u64,
    buffer: Vec<u8>,
}

struct Person {
    stream: TcpStream,
    /// Messages that came.
    heard: u64,
    carry: [u8; CARRY],
    carried: usize,
}

impl People {
    /// So many come in, each once the one before is in.
    pub(crate) fn enter(to: SocketAddr, count: usize) -> Self {
        let all = (0..count).map(|number| Person::enter(to, number)).collect();
        Self { all, said: 0, buffer: vec![0; 256 << 10] }
    }

    /// The first one says so many messages, never more than `in_flight` of them on their way to anybody.
    pub(crate) fn talk(&mut self, count: u64, in_flight: u64) {
        let frames: Vec<Vec<u8>> = (self.said..self.said + count).map(send).collect();
        for some in frames.chunks(in_flight as usize) {
            let joined = some.concat();
            self.all[0].stream.write_all(&joined).unwrap();
            self.said += some.len() as u64;
            self.all.iter_mut().for_each(|person| person.hear(self.said, &mut self.buffer));
        }
    }
}

fn send(number: u64) -> Vec<u8> {
    let salt: u64 = rand_of_address();
    frame(&format!(
        "{{\"type\":\"send\",\"ref\":1,\"room\":\"1024\",\"cid\":\"{salt:016x}{number:016x}\",\"kind\":\"message\",\
         \"body\":{{\"text\":\"the kettle sings, the room fills, and everyone hears the same\"}},\"first\":true}}"
    ))
}

/// Differs between calls.
fn rand_of_address() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// A text frame of a client (RFC 6455, section 5.2).
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = match u8::try_from(length) {
        Ok(short @ ..126) => vec![0x81, 0x80 | short],
        _ => vec![0x81, 0x80 | 126, (length >> 8) as u8, length as u8],
    };
    frame.extend(MASK);
    frame.extend(text.as_bytes());
    frame
}

impl Person {
    fn enter(to: SocketAddr, number: usize) -> Self {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: teahouse.v1\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        read_until(&mut stream, b"\r\n\r\n");
        let name = format!("n{number}x{:x}", rand_of_address() >> 40);
        let hello =
            format!("{{\"type\":\"hello\",\"v\":1,\"name\":\"{name}\",\"cursors\":{{\"1024\":\"head\"}}}}");
        stream.write_all(&frame(&hello)).unwrap();
        read_until(&mut stream, b"\"type\":\"live\"");
        Self { stream, heard: 0, carry: [0; CARRY], carried: 0 }
    }

    /// Reads until so many messages came. Acknowledgements have no kind, so they are not counted.
    fn hear(&mut self, messages: u64, buffer: &mut [u8]) {
        const MESSAGE: &[u8] = b"\"kind\":\"message\"";
        while self.heard < messages {
            buffer[..self.carried].copy_from_slice(&self.carry[..self.carried]);
            let count = self.stream.read(&mut buffer[self.carried..]).unwrap();
            assert!(count > 0, "the server ended the connection");
            let bytes = &buffer[..self.carried + count];
            let (mut found, mut end) = (0, 0);
            for at in memmem::find_iter(bytes, MESSAGE) {
                (found, end) = (found + 1, at + MESSAGE.len());
            }
            self.heard += found;
            // What was counted is not carried, so that it is not counted again.
            let rest = &bytes[end.max(bytes.len().saturating_sub(MESSAGE.len() - 1))..];
            self.carried = rest.len();
            self.carry[..rest.len()].copy_from_slice(rest);
        }
        assert_eq!(self.heard, messages, "nothing comes twice");
    }
}

fn read_until(stream: &mut TcpStream, end: &[u8]) {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    while memmem::find(&all, end).is_none() {
        match stream.read(&mut buffer) {
            Ok(0) => panic!("the server ended the connection: {}", String::from_utf8_lossy(&all)),
            Ok(count) => all.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
}
