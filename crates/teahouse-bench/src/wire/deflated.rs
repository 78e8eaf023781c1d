//! Counts bytes: of messages deflated as RFC 7692 has it, and of all that carries them to a phone. Sends nothing.

use anyhow::{Context, Result};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::system;

/// IPv4, and TCP with its timestamps, in bytes; IPv6 has 20 more.
const SEGMENT_HEADER_BYTES: usize = 20 + 32;
/// What of a message fits into one segment of Ethernet.
const SEGMENT_BYTES: usize = 1_448;
/// TLS 1.3 with AES-GCM: header, kind and tag of a record.
const RECORD_HEADER_BYTES: usize = 5 + 1 + 16;
const RECORD_BYTES: usize = 16 << 10;
/// What RFC 7692, section 7.2.1, takes off the end of each message.
const TAIL_BYTES: usize = 4;
/// Contexts whose memory is measured together.
const CONTEXTS: usize = 200;

/// Bytes on the way to the phone; acknowledgements, which go the other way, are not in it.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) bytes: usize,
}

impl Carried {
    /// One write of one WebSocket message.
    pub(super) fn add(&mut self, payload_bytes: usize) {
        let header = match payload_bytes {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        let message = header + payload_bytes;
        let records = message.div_ceil(RECORD_BYTES) * RECORD_HEADER_BYTES;
        let segments = (message + records).div_ceil(SEGMENT_BYTES) * SEGMENT_HEADER_BYTES;
        self.bytes += message + records + segments;
    }
}

/// Something that deflates, with a window of 32 KiB.
pub(super) struct Deflate {
    compress: Compress,
    out: Vec<u8>,
}

impl Deflate {
    pub(super) fn new(level: u32) -> Self {
        Self { compress: Compress::new(Compression::new(level), false), out: Vec::new() }
    }

    /// How many bytes a message has that knows of none before (`server_no_context_takeover`).
    pub(super) fn alone(&mut self, message: &[u8]) -> usize {
        self.compress.reset();
        self.after_all_before(message)
    }

    /// How many bytes a message has that may refer to those before.
    pub(super) fn after_all_before(&mut self, message: &[u8]) -> usize {
        self.out.clear();
        self.out.reserve(message.len() + 1_024);
        let mut taken = 0;
        // Done once all is taken and the flush left room.
        while taken < message.len() || self.out.len() == self.out.capacity() {
            self.out.reserve(1_024);
            let before = self.compress.total_in();
            let done = self.compress.compress_vec(&message[taken..], &mut self.out, FlushCompress::Sync);
            done.expect("deflating has no reason to fail");
            taken += (self.compress.total_in() - before) as usize;
        }
        self.out.len() - TAIL_BYTES
    }
}

/// What the windows of one connection take that are kept, each way, in bytes.
pub(super) fn context_bytes(level: u32) -> Result<[usize; 2]> {
    let message = vec![b'a'; 64 << 10];
    let before = memory()?;
    let mut deflating: Vec<Deflate> = (0..CONTEXTS).map(|_| Deflate::new(level)).collect();
    let mut deflated = Vec::new();
    for one in &mut deflating {
        one.alone(&message);
        deflated = std::mem::take(&mut one.out);
    }
    let middle = memory()?;
    let mut inflating = Vec::new();
    for _ in 0..CONTEXTS {
        let mut one = Decompress::new(false);
        let mut out = Vec::with_capacity(message.len());
        one.decompress_vec(&deflated, &mut out, FlushDecompress::Sync)
            .context("it was deflated a moment ago")?;
        inflating.push(one);
    }
    let after = memory()?;
    Ok([middle.saturating_sub(before) / CONTEXTS, after.saturating_sub(middle) / CONTEXTS])
}

fn memory() -> Result<usize> {
    Ok(system::rss_anon_bytes(std::process::id())? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflated(bytes: &[u8], most: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(most);
        Decompress::new(false).decompress_vec(bytes, &mut out, FlushDecompress::Sync).unwrap();
        out
    }

    #[test]
    fn what_is_deflated_comes_back_whole() {
        for length in [1, 100, 3_000, 70_000_u32] {
            let message: Vec<u8> =
                (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            let mut deflate = Deflate::new(6);
            let bytes = deflate.alone(&message);
            assert_eq!(deflate.out.len(), bytes + TAIL_BYTES);
            assert_eq!(deflate.out[bytes..], [0, 0, 0xff, 0xff]);
            assert_eq!(inflated(&deflate.out, message.len() + 1), message);
        }
    }

    #[test]
    fn a_window_that_lasts_knows_the_message_before() {
        let message: Vec<u8> = (0..200_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut deflate = Deflate::new(6);
        let first = deflate.after_all_before(&message);
        assert!(deflate.after_all_before(&message) < first / 4);
        assert_eq!(deflate.alone(&message), first);
    }

    #[test]
    fn carriers_are_counted() {
        let bytes = |payload| {
            let mut carried = Carried::default();
            carried.add(payload);
            carried.bytes
        };
        assert_eq!(bytes(100), 2 + 100 + 22 + 52);
        assert_eq!(bytes(1_422), 4 + 1_422 + 22 + 52);
        assert_eq!(bytes(1_423), 4 + 1_423 + 22 + 2 * 52);
        assert_eq!(bytes(16_381), 4 + 16_381 + 2 * 22 + 12 * 52);
    }
}
