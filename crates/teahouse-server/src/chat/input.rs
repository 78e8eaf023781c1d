//! What a person types or a program pipes in, as messages that the protocol allows.

use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;

/// Longest message, in bytes; a longer line becomes several.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Messages read ahead.
const LINES_MAX: usize = 16;

/// Reads `source` on a thread of its own, which a blocked read may hold until the process ends.
pub(super) fn lines(source: impl Read + Send + 'static) -> mpsc::Receiver<io::Result<String>> {
    let (queue, lines) = mpsc::channel(LINES_MAX);
    std::thread::spawn(move || {
        let mut input = Input { source: BufReader::new(source), rest: Vec::new() };
        while let Some(line) = input.next().transpose() {
            let failed = line.is_err();
            if queue.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    lines
}

struct Input<R> {
    source: BufReader<R>,
    /// The beginning of a character that a long line was cut in.
    rest: Vec<u8>,
}

impl<R: Read> Input<R> {
    /// The next message; none at the end of the input.
    fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            let mut bytes = std::mem::take(&mut self.rest);
            let room = (TEXT_BYTES_MAX - bytes.len()) as u64;
            let read = (&mut self.source).take(room).read_until(b'\n', &mut bytes)?;
            if read == 0 && bytes.is_empty() {
                return Ok(None);
            }
            if read > 0 && bytes.last() != Some(&b'\n') {
                self.rest = bytes.split_off(bytes.len() - cut_character(&bytes));
            }
            let text = cleaned(&String::from_utf8_lossy(&bytes));
            if !teahouse_client::protocol::text::is_blank(&text) {
                return Ok(Some(text));
            }
        }
    }
}

/// How many bytes at the end are the beginning of a character that goes on.
fn cut_character(bytes: &[u8]) -> usize {
    match std::str::from_utf8(&bytes[bytes.len().saturating_sub(3)..]) {
        Ok(_) => 0,
        Err(_) => (1..=bytes.len().min(3))
            .find(|back| {
                let tail = &bytes[bytes.len() - back..];
                std::str::from_utf8(tail)
                    .is_err_and(|error| error.error_len().is_none() && error.valid_up_to() == 0)
            })
            .unwrap_or(0),
    }
}

/// Without what no text may have: colours and other control sequences of logs, control characters.
fn cleaned(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            // A control sequence ends with a byte from 0x40 on (ECMA-48, 5.4).
            while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {}
        } else if c == '\t' || !c.is_control() {
            text.push(c);
        }
    }
    // A replacement character is longer than the byte that it stands for.
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expected: &[&str]) {
        let mut reader = Input { source: BufReader::new(input), rest: Vec::new() };
        let mut lines = Vec::new();
        while let Some(line) = reader.next().unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, expected);
    }

    #[test]
    fn makes_messages_of_lines() {
        check(b"", &[]);
        check(b"one\ntwo", &["one", "two"]);
        check("你好\r\n\n \n再见\n".as_bytes(), &["你好", "再见"]);
        check(b"\x1b[31mred\x1b[0m\tand \x07\x1bplain\n", &["red\tand plain"]);
        check(b"\xff\n", &["\u{fffd}"]);
    }

    #[test]
    fn cuts_long_lines_between_characters() {
        let long = "茶".repeat(TEXT_BYTES_MAX / 3 + 1);
        let (head, tail) = long.split_at(TEXT_BYTES_MAX / 3 * 3);
        check(format!("{long}x\nnext\n").as_bytes(), &[head, &format!("{tail}x"), "next"]);
        let exact = "a".repeat(TEXT_BYTES_MAX);
        check(format!("{exact}\nb\n").as_bytes(), &[&exact, "b"]);
    }
}
