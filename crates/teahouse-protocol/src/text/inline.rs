//! A paragraph to what stands in its lines. Marks open and close by what is beside them being there, never
//! by what kind of sign it is: so that `**你好。**世界` is bold, which the usual rules miss.

use super::block::is_space;
use super::link::{Bare, Named, bare};
use super::step;
use super::tree::{Inline, Whom};
use crate::id::RoomId;

/// Marks open at a time: more are text.
const OPEN_MAX: usize = 8;
/// `***bold and italic***`; longer runs are decoration.
const STARS_MAX: usize = 3;
/// Backticks around code in a line.
const TICKS_MAX: usize = 3;
/// Bytes of a UUID in text.
const UUID_BYTES: usize = 36;
const EMOJI_BYTES_MAX: usize = 32;

/// The tree of a paragraph's text.
pub(super) fn inlines(text: &str) -> Vec<Inline> {
    Scan::new(text, false).run()
}

/// A mark that waits to be closed, with what came after it.
struct Open {
    sign: u8,
    /// How many signs stood here.
    run: usize,
    /// How many of them are not used yet.
    left: usize,
    /// Whether it could have closed something, too.
    both: bool,
    inside: Vec<Inline>,
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// The first holds the paragraph itself.
    open: Vec<Open>,
    named: Named,
    /// Inside the text of a link there are no links.
    in_link: bool,
    /// For each number of backticks: no such run from there to the end of that line.
    no_ticks: [usize; TICKS_MAX + 1],
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, in_link: bool) -> Self {
        let root = Open { sign: 0, run: 0, left: 0, both: false, inside: Vec::new() };
        let named = Named::of(if in_link { "" } else { text });
        Self { text, at: 0, open: vec![root], named, in_link, no_ticks: [0; TICKS_MAX + 1] }
    }

    fn run(mut self) -> Vec<Inline> {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            step(1);
            let taken = match byte {
                b'\\' => self.escaped(),
                b'`' => self.code(),
                b'*' | b'_' | b'~' | b'|' => self.mark(byte),
                b'<' => self.mention(),
                b'[' => self.named_link(),
                b':' => self.emoji(),
                b'h' | b'H' | b'm' | b'M' => self.bare_link(),
                _ => false,
            };
            if !taken {
                self.words();
            }
        }
        self.shut(1);
        self.open.pop().map(|root| root.inside).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// Takes `bytes` as text.
    fn say(&mut self, bytes: usize) {
        let said = &self.rest()[..bytes];
        self.at += bytes;
        self.push_text(said);
    }

    fn push_text(&mut self, said: &str) {
        let inside = self.inside();
        match inside.last_mut() {
            Some(Inline::Text(text)) => text.push_str(said),
            _ if said.is_empty() => {}
            _ => inside.push(Inline::Text(said.into())),
        }
    }

    fn push(&mut self, inline: Inline, bytes: usize) -> bool {
        self.at += bytes;
        self.inside().push(inline);
        true
    }

    fn inside(&mut self) -> &mut Vec<Inline> {
        let last = self.open.len() - 1;
        &mut self.open[last].inside
    }

    /// One character, and all after it that mean nothing.
    fn words(&mut self) {
        let means = |byte: u8| b"\\`*_~|<[:hHmM".contains(&byte);
        let first = self.rest().chars().next().map_or(1, char::len_utf8);
        let more = self.rest().bytes().skip(first).position(means);
        let bytes = more.map_or(self.rest().len(), |more| first + more);
        step(bytes);
        self.say(bytes);
    }

    fn escaped(&mut self) -> bool {
        let sign = self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_punctuation);
        if sign {
            self.at += 1;
            self.say(1);
        }
        sign
    }

    fn code(&mut self) -> bool {
        let ticks = run_of(self.rest(), b'`');
        match (ticks <= TICKS_MAX).then(|| self.code_end(ticks)).flatten() {
            Some(end) => {
                let inside = &self.text[self.at + ticks..end];
                let bytes = end + ticks - self.at;
                self.push(Inline::Code(unpadded(inside).into()), bytes)
            }
            None => {
                self.say(ticks);
                true
            }
        }
    }

    /// Where the run of as many backticks begins that closes the one here, in the same line.
    fn code_end(&mut self, ticks: usize) -> Option<usize> {
        let mut at = self.at + ticks;
        if at <= self.no_ticks[ticks] {
            return None;
        }
        loop {
            let found = self.text[at..].find(['`', '\n']);
            step(found.unwrap_or(self.text.len() - at) + 1);
            at = found.map_or(self.text.len(), |found| at + found);
            let run = run_of(&self.text[at..], b'`');
            if run == ticks {
                return Some(at);
            }
            if run == 0 {
                self.no_ticks[ticks] = at;
                return None;
            }
            at += run;
        }
    }

    fn mark(&mut self, sign: u8) -> bool {
        let run = run_of(self.rest(), sign);
        step(run);
        let fits = match sign {
            b'*' => run <= STARS_MAX,
            b'_' => run == 1,
            _ => run == 2,
        };
        let (before, after) = (self.before(), self.rest()[run..].chars().next());
        let is_word = |c: Option<char>| sign == b'_' && c.is_some_and(char::is_alphanumeric);
        let is_there = |c: Option<char>| c.is_some_and(|c| !is_space(c));
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        // `2*3*4` is arithmetic.
        let fits = fits && !(sign == b'*' && run == 1 && is_digit(before) && is_digit(after));
        let opens = fits && is_there(after) && !is_word(before);
        let closes = fits && is_there(before) && !is_word(after);
        let left = if closes { self.close(sign, run, opens) } else { run };
        self.at += run - left;
        if left > 0 && opens && self.open.len() <= OPEN_MAX {
            self.at += left;
            self.open.push(Open { sign, run, left, both: closes, inside: Vec::new() });
        } else {
            self.say(left);
        }
        true
    }

    /// Closes what `run` signs can close, and says how many are left.
    fn close(&mut self, sign: u8, run: usize, opens: bool) -> usize {
        let mut left = run;
        while left > 0 {
            let fits = |open: &Open| {
                // As in CommonMark: `**a*b**` is bold, with a star in it.
                let odd =
                    (open.both || opens) && (open.run + run).is_multiple_of(3) && !run.is_multiple_of(3);
                open.sign == sign && !(sign == b'*' && odd)
            };
            // Whoever wrote as many signs meant these: `**a *b** c` is bold, with a star in it.
            let equal = self.open.iter().rposition(|open| fits(open) && open.left == left);
            let Some(at) = equal.or_else(|| self.open.iter().rposition(fits)) else { break };
            self.shut(at + 1);
            let open = &mut self.open[at];
            let used = if sign == b'*' { open.left.min(left).min(2) } else { left };
            let inside = std::mem::take(&mut open.inside);
            open.left -= used;
            left -= used;
            let node = wrap(sign, used, inside);
            if open.left == 0 {
                self.open.truncate(at);
            }
            self.inside().push(node);
        }
        left
    }

    /// What was opened from `from` on and never closed is text.
    fn shut(&mut self, from: usize) {
        while self.open.len() > from {
            let Some(open) = self.open.pop() else { return };
            step(open.inside.len() + 1);
            self.push_text(&String::from(char::from(open.sign)).repeat(open.left));
            for inline in open.inside {
                match inline {
                    Inline::Text(text) => self.push_text(&text),
                    other => self.inside().push(other),
                }
            }
        }
    }

    fn mention(&mut self) -> bool {
        let rest = self.rest();
        let end = rest.bytes().take(UUID_BYTES + 3).position(|byte| byte == b'>');
        step(UUID_BYTES);
        let Some(end) = end else { return false };
        let inside = rest.get(1..end).unwrap_or_default();
        let found = match inside.strip_prefix('@') {
            Some("here") => Some(Inline::Everybody(Whom::Here)),
            Some("room") => Some(Inline::Everybody(Whom::Room)),
            Some(id) if is_uuid(id) => id.parse().ok().map(Inline::Person),
            Some(_) => None,
            None => inside.strip_prefix('#').and_then(|id| id.parse::<RoomId>().ok()).map(Inline::Room),
        };
        found.is_some_and(|found| self.push(found, end + 1))
    }

    fn named_link(&mut self) -> bool {
        let Some((inside, href, end)) = self.named.at(self.text, self.at) else { return false };
        let link = Inline::Link { href: href.into(), inside: Scan::new(inside, true).run() };
        self.push(link, end - self.at)
    }

    fn bare_link(&mut self) -> bool {
        let starred = self.open.iter().any(|open| open.sign == b'*');
        match bare(self.text, self.at, starred).filter(|_| !self.in_link) {
            None => false,
            Some(Bare::Text(end)) => {
                self.say(end - self.at);
                true
            }
            Some(Bare::Link(end)) => {
                let href = &self.text[self.at..end];
                let link = Inline::Link { href: href.into(), inside: vec![Inline::Text(href.into())] };
                self.push(link, end - self.at)
            }
        }
    }

    fn emoji(&mut self) -> bool {
        let joins =
            |byte: Option<&u8>| byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b':');
        let bytes = self.text.as_bytes();
        let rest = &bytes[self.at + 1..];
        let is_in = |byte: &&u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'+' | b'-');
        let name = rest.iter().take(EMOJI_BYTES_MAX + 1).take_while(is_in).count();
        step(name);
        let starts = rest.first().is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'+' | b'-'));
        let fits = starts && (2..=EMOJI_BYTES_MAX).contains(&name) && rest.get(name) == Some(&b':');
        if !fits || joins(bytes[..self.at].last()) || joins(rest.get(name + 1)) {
            return false;
        }
        let name = &self.text[self.at + 1..][..name];
        self.push(Inline::Emoji(name.into()), name.len() + 2)
    }
}

fn run_of(text: &str, sign: u8) -> usize {
    text.bytes().take_while(|byte| *byte == sign).count()
}

/// Without the one space on either side that keeps backticks apart.
fn unpadded(code: &str) -> &str {
    let bare = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
    bare.filter(|bare| bare.bytes().any(|byte| byte != b' ')).unwrap_or(code)
}

fn wrap(sign: u8, used: usize, inside: Vec<Inline>) -> Inline {
    match sign {
        b'*' if used == 2 => Inline::Bold(inside),
        b'~' => Inline::Struck(inside),
        b'|' => Inline::Hidden(inside),
        _ => Inline::Italic(inside),
    }
}

fn is_uuid(id: &str) -> bool {
    let hyphen = |at| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| {
        if hyphen(at) { byte == b'-' } else { matches!(byte, b'0'..=b'9' | b'a'..=b'f') }
    };
    id.len() == UUID_BYTES && id.bytes().enumerate().all(fits)
}
