//! Where links begin and end. A bare link stops before CJK punctuation, and without what closes a sentence.

use std::collections::HashMap;

use super::block::is_space;
use super::step;

/// What ends a sentence or a mark, not an address.
const TRAILING: &[u8] = b".,;:!?'*_~|";

/// A bare link, or what only looks like the beginning of one.
pub(super) enum Bare {
    /// Up to here it is a link.
    Link(usize),
    /// Up to here it is text.
    Text(usize),
}

/// What begins at `at` of `text`, if it is an address. `starred`: a star would close something.
pub(super) fn bare(text: &str, at: usize, starred: bool) -> Option<Bare> {
    let joins = text[..at].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let scheme = scheme(&text[at..]).filter(|_| !joins)?;
    let from = at + scheme.bytes;
    if scheme.is_web && !text[from..].chars().next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let ended = text[from..].char_indices().find(|&(i, c)| ends(c, &text[from + i..], starred));
    let end = ended.map_or(text.len(), |(i, _)| from + i);
    step(end - at);
    let link = trimmed(text, from, end);
    let address = &text[from..link];
    let whole =
        scheme.is_web || address.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty());
    Some(if whole { Bare::Link(link) } else { Bare::Text(end) })
}

/// Whether the address that somebody gave a link is one that may be opened.
pub(super) fn is_address(href: &str) -> bool {
    scheme(href).is_some_and(|scheme| {
        let first = href[scheme.bytes..].chars().next();
        first.is_some_and(|first| !scheme.is_web || first.is_alphanumeric())
    })
}

struct Scheme {
    bytes: usize,
    is_web: bool,
}

fn scheme(text: &str) -> Option<Scheme> {
    let known = [("http://", true), ("https://", true), ("mailto:", false)];
    let found = known.iter().find(|(name, _)| {
        text.as_bytes().get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    });
    found.map(|(name, is_web)| Scheme { bytes: name.len(), is_web: *is_web })
}

/// Whether an address ends before this character: white space, quotes, brackets of angle, a mark of the
/// dialect, whatever CJK writes between words and sentences.
fn ends(c: char, rest: &str, starred: bool) -> bool {
    match c {
        '\0'..=' ' | '"' | '<' | '>' | '\\' | '`' | '\u{7f}'..='\u{a0}' | '\u{1680}' => true,
        '\u{2000}'..='\u{200b}' | '\u{2018}'..='\u{201f}' | '\u{2026}' | '\u{2028}'..='\u{202f}' => true,
        '\u{205f}' | '\u{2066}'..='\u{2069}' | '\u{3000}'..='\u{303f}' | '\u{fe30}'..='\u{fe4f}' => true,
        '\u{feff}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' => true,
        '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}' => true,
        '*' => starred || rest.starts_with("**"),
        '~' => rest.starts_with("~~"),
        '|' => rest.starts_with("||"),
        _ => false,
    }
}

/// The end without trailing punctuation, and without closing brackets that were not opened inside.
fn trimmed(text: &str, from: usize, to: usize) -> usize {
    let mut open = [0_i32; 3];
    for byte in text[from..to].bytes() {
        if let Some((kind, step)) = bracket(byte) {
            open[kind] += step;
        }
    }
    let mut end = to;
    while let Some(&byte) = text.as_bytes()[from..end].last() {
        match bracket(byte) {
            Some((kind, -1)) if open[kind] < 0 => open[kind] += 1,
            _ if TRAILING.contains(&byte) => {}
            _ => break,
        }
        end -= 1;
    }
    end
}

fn bracket(byte: u8) -> Option<(usize, i32)> {
    match byte {
        b'(' => Some((0, 1)),
        b')' => Some((0, -1)),
        b'[' => Some((1, 1)),
        b']' => Some((1, -1)),
        b'{' => Some((2, 1)),
        b'}' => Some((2, -1)),
        _ => None,
    }
}

/// Which brackets of a text belong together as `[text](address)`, found in one pass.
pub(super) struct Named {
    /// From `[` to its `]`, for those before a `(`.
    texts: HashMap<usize, usize>,
    /// From `(` to its `)`, with no white space between.
    addresses: HashMap<usize, usize>,
}

impl Named {
    pub(super) fn of(text: &str) -> Self {
        let mut named = Self { texts: HashMap::new(), addresses: HashMap::new() };
        if text.contains("](") {
            named.find(text);
        }
        named
    }

    fn find(&mut self, text: &str) {
        let (mut squares, mut rounds) = (Vec::new(), Vec::new());
        let mut escaped = false;
        for (at, c) in text.char_indices() {
            step(1);
            if std::mem::take(&mut escaped) {
                continue;
            }
            match c {
                '\\' => escaped = true,
                '[' => squares.push(at),
                ']' => {
                    let open = squares.pop().filter(|_| text[at + 1..].starts_with('('));
                    self.texts.extend(open.map(|open| (open, at)));
                }
                '(' => rounds.push(at),
                ')' => self.addresses.extend(rounds.pop().map(|open| (open, at))),
                c if is_space(c) => rounds.clear(),
                _ => {}
            }
        }
    }

    /// The text and the address of the link that begins with the `[` at `at`, and where it ends.
    pub(super) fn at<'a>(&self, text: &'a str, at: usize) -> Option<(&'a str, &'a str, usize)> {
        let close = *self.texts.get(&at)?;
        let end = *self.addresses.get(&(close + 1))?;
        let (inside, href) = (&text[at + 1..close], &text[close + 2..end]);
        (is_address(href) && !inside.chars().all(is_space)).then_some((inside, href, end + 1))
    }
}
