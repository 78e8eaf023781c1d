//! GIF (version 89a): a head, then blocks.

/// The image or animation without comments, and of what applications wrote only how often it is repeated.
pub(super) fn cleaned(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut blocks = Blocks { bytes, at: 0, out: Vec::with_capacity(bytes.len()) };
    if !bytes.starts_with(b"GIF8") {
        return None;
    }
    let flags = *bytes.get(10)?;
    blocks.keep(13 + table(flags))?;
    loop {
        match *blocks.bytes.get(blocks.at)? {
            // An image: where it is, perhaps its colours, how wide the first code is, its data.
            0x2c => {
                let flags = *blocks.bytes.get(blocks.at + 9)?;
                blocks.keep(10 + table(flags) + 1)?;
                let length = blocks.parts(blocks.at)?;
                blocks.keep(length)?;
            }
            0x21 => {
                let label = *blocks.bytes.get(blocks.at + 1)?;
                let length = 2 + blocks.parts(blocks.at + 2)?;
                let content = blocks.bytes.get(blocks.at + 3..)?;
                let repeats =
                    [&b"NETSCAPE2.0"[..], b"ANIMEXTS1.0"].iter().any(|name| content.starts_with(name));
                match label {
                    0xf9 | 0x01 => blocks.keep(length)?,
                    0xff if repeats => blocks.keep(length)?,
                    _ => blocks.at += length,
                }
            }
            0x3b => {
                blocks.keep(1)?;
                return Some(blocks.out);
            }
            _ => return None,
        }
    }
}

/// What is read, and what stays of it.
struct Blocks<'b> {
    bytes: &'b [u8],
    at: usize,
    out: Vec<u8>,
}

impl Blocks<'_> {
    fn keep(&mut self, length: usize) -> Option<()> {
        self.out.extend(self.bytes.get(self.at..self.at.checked_add(length)?)?);
        self.at += length;
        Some(())
    }

    /// How long the parts are that begin there, each with its length; the last has none.
    fn parts(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let length = usize::from(*self.bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                return Some(at - from);
            }
        }
    }
}

/// How long the table of colours is that these flags announce.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
