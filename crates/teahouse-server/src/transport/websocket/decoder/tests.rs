//! The decoder against tables of right and wrong streams, each cut in many ways.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

mod properties;
mod rules;
mod text;

/// What a stream amounts to, wherever it was cut.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Event {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Fault(Fault),
}

const LIMIT: u32 = 1 << 20;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it; `first` is FIN, RSV and opcode together.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        medium @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]));
    bytes
}

/// Gathers what a decoder tells, feeding it one piece after the other.
struct Listener {
    decoder: Decoder,
    events: Vec<Event>,
    message: Vec<u8>,
    begun: bool,
}

impl Listener {
    fn new(message_bytes_max: u32) -> Self {
        Self {
            decoder: Decoder::new(message_bytes_max),
            events: Vec::new(),
            message: Vec::new(),
            begun: false,
        }
    }

    fn feed(&mut self, piece: &[u8]) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        loop {
            let event = match self.decoder.next(&mut input) {
                Ok(None) => break,
                Ok(Some(Item::Data(chunk))) => match self.gather(&chunk) {
                    Some(event) => event,
                    None => continue,
                },
                Ok(Some(Item::Ping(payload))) => Event::Ping(payload.into_owned()),
                Ok(Some(Item::Pong(payload))) => Event::Pong(payload.into_owned()),
                Ok(Some(Item::Close(close))) => Event::Close(close.code, close.reason.into_owned()),
                Err(fault) => Event::Fault(fault),
            };
            self.events.push(event);
        }
        assert!(input.is_empty(), "all of a piece is used");
    }

    fn gather(&mut self, chunk: &Chunk<'_>) -> Option<Event> {
        assert_eq!(chunk.last, !self.decoder.is_in_message());
        assert!(chunk.last || !chunk.payload.is_empty(), "an empty piece says nothing");
        assert_eq!(chunk.first, !self.begun, "the first piece, and only it, says so");
        self.begun = !chunk.last;
        self.message.extend_from_slice(chunk.payload);
        let whole = chunk.last.then(|| mem::take(&mut self.message))?;
        Some(match chunk.kind {
            Kind::Text => Event::Text(String::from_utf8(whole).unwrap()),
            Kind::Binary => Event::Binary(whole),
        })
    }
}

fn decode_at(message_bytes_max: u32, bytes: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut listener = Listener::new(message_bytes_max);
    let mut from = 0;
    for &to in cuts.iter().chain([&bytes.len()]) {
        listener.feed(&bytes[from..to]);
        from = to;
    }
    listener.events
}

fn decode(bytes: &[u8]) -> Vec<Event> {
    decode_at(LIMIT, bytes, &[])
}

fn decode_bytewise(message_bytes_max: u32, bytes: &[u8]) -> Vec<Event> {
    decode_at(message_bytes_max, bytes, &(1..bytes.len().max(1)).collect::<Vec<_>>())
}

/// Where the fault is told when the bytes come one by one: how many had come.
fn fault_at(bytes: &[u8]) -> Option<(usize, Fault)> {
    let mut listener = Listener::new(LIMIT);
    bytes.iter().enumerate().find_map(|(at, byte)| {
        listener.feed(&[*byte]);
        match listener.events.last() {
            Some(Event::Fault(fault)) => Some((at + 1, *fault)),
            _ => None,
        }
    })
}

/// Checks a stream whole, byte by byte, cut in two at each place, and in strides.
fn check(name: &str, bytes: &[u8], expected: &[Event]) {
    check_with(LIMIT, name, bytes, expected);
}

fn check_with(message_bytes_max: u32, name: &str, bytes: &[u8], expected: &[Event]) {
    assert_eq!(decode_at(message_bytes_max, bytes, &[]), expected, "{name}, whole");
    assert_eq!(decode_bytewise(message_bytes_max, bytes), expected, "{name}, byte by byte");
    for stride in [2, 3, 5, 7, 13, 64, 1000] {
        let cuts: Vec<_> = (stride..bytes.len()).step_by(stride).collect();
        assert_eq!(decode_at(message_bytes_max, bytes, &cuts), expected, "{name}, every {stride}");
    }
    for cut in 0..=bytes.len().min(300) {
        assert_eq!(decode_at(message_bytes_max, bytes, &[cut]), expected, "{name}, cut at {cut}");
    }
}

fn check_fault(name: &str, bytes: &[u8], fault: Fault) {
    check(name, bytes, &[Event::Fault(fault)]);
}

/// Turns generated places into cuts, in order.
fn places(indexes: &[Index], length: usize) -> Vec<usize> {
    let mut cuts: Vec<_> = indexes.iter().map(|index| index.index(length + 1)).collect();
    cuts.sort_unstable();
    cuts
}
