//! Frames out of the bytes of an answer, however they were cut. A half line at the end was cut off.

use crate::heard::Heard;

/// The line that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    half: Vec<u8>,
}

impl Lines {
    /// Longest line that is taken: a page of 200 of the longest texts, escaped, fits.
    const LINE_BYTES_MAX: usize = 32 * 1024 * 1024;

    /// Takes bytes, gives the frames of the lines that they end. Blank lines are none.
    ///
    /// # Errors
    /// When a line is longer than any frame.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Heard>, String> {
        let mut found = Vec::new();
        let mut parts = bytes.split(|byte| *byte == b'\n');
        let rest = parts.next_back().unwrap_or_default();
        for part in parts {
            self.half.extend_from_slice(part);
            let line = std::mem::take(&mut self.half);
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            if !line.is_empty() {
                found.push(Heard::decode(line));
            }
        }
        // White space before a line fills buffers on the way; it need not fill this one.
        if !(self.half.is_empty() && rest.iter().all(u8::is_ascii_whitespace)) {
            self.half.extend_from_slice(rest);
        }
        if self.half.len() > Self::LINE_BYTES_MAX {
            return Err("a line of the answer is too long".into());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use teahouse_protocol::{Push, RoomId, Seq};

    use super::*;

    fn live(seq: u64) -> Heard {
        Heard::Push(Push::Live { room: RoomId::main(), seq: Seq(seq) })
    }

    #[test]
    fn every_cut_gives_the_same_frames() {
        let text = "  \n\n{\"type\":\"live\",\"room\":\"1024\",\"seq\":1}\r\n \n{\"type\":\"茶\"}\n\
                    {\"type\":\"live\",\"room\":\"1024\",\"seq\":2}\n{\"type\":\"live\",\"room\":\"10";
        let expected = [live(1), Heard::Unknown, live(2)];
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let chunks = text.as_bytes().chunks(size);
            let found: Vec<Heard> = chunks.flat_map(|chunk| lines.feed(chunk).unwrap()).collect();
            assert_eq!(found, expected, "{size} bytes at a time");
        }
    }

    #[test]
    fn white_space_is_not_kept_and_lines_are_bounded() {
        let mut lines = Lines::default();
        assert_eq!(lines.feed(&[b' '; 2048]), Ok(Vec::new()));
        assert!(lines.half.is_empty());
        assert!(lines.feed(&vec![b'x'; Lines::LINE_BYTES_MAX + 1]).is_err());
    }
}
