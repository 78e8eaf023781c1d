//! Lines to blocks. Containers are taken apart from outside in: what a quote or an item holds is lines again.

use super::inline::inlines;
use super::step;
use super::tree::Block;

/// Quotes and lists, each: deeper ones are text.
const DEPTH_MAX: usize = 4;
/// A language has a short name.
const LANG_BYTES_MAX: usize = 32;
/// More digits are a year, not the number of an item.
const DIGITS_MAX: usize = 3;
/// What an item's own lines are set in by, at least.
const INDENT_MIN: usize = 2;

/// The tree of a text. Every text has one.
#[must_use]
pub fn parse(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    blocks(&lines, Depth::default())
}

/// How deep in quotes and lists.
#[derive(Clone, Copy, Default)]
struct Depth {
    quotes: usize,
    lists: usize,
}

fn blocks(lines: &[&str], depth: Depth) -> Vec<Block> {
    let mut found = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        step(line.len() + 1);
        let begun = if is_blank(line) { Some((None, at + 1)) } else { begin(lines, at, depth) };
        if let Some((block, next)) = begun {
            flush(&mut paragraph, &mut found);
            found.extend(block);
            at = next;
        } else {
            paragraph.push(line);
            at += 1;
        }
    }
    flush(&mut paragraph, &mut found);
    found
}

fn flush(paragraph: &mut Vec<&str>, found: &mut Vec<Block>) {
    if !paragraph.is_empty() {
        found.push(Block::Paragraph(inlines(&paragraph.join("\n"))));
        paragraph.clear();
    }
}

/// The block other than a paragraph that begins at this line, and the line after it.
fn begin(lines: &[&str], at: usize, depth: Depth) -> Option<(Option<Block>, usize)> {
    let line = lines[at];
    if let Some((block, next)) = fence(lines, at) {
        return Some((Some(block), next));
    }
    if depth.quotes < DEPTH_MAX && unquote(line).is_some() {
        let inside: Vec<&str> = lines[at..].iter().map_while(|line| unquote(line)).collect();
        let next = at + inside.len();
        let deeper = Depth { quotes: depth.quotes + 1, ..depth };
        let said = blocks(&inside, deeper);
        // Marks with nothing behind them are text.
        let bare = || Block::Paragraph(inlines(&lines[at..next].join("\n")));
        return Some((Some(if said.is_empty() { bare() } else { Block::Quote(said) }), next));
    }
    if depth.lists < DEPTH_MAX && Marker::of(line).is_some() {
        let (block, next) = list(lines, at, Depth { lists: depth.lists + 1, ..depth });
        return Some((Some(block), next));
    }
    heading(line).map(|text| (Some(Block::Heading(inlines(text))), at + 1))
}

/// White space as this dialect knows it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{a0}' | '\u{3000}')
}

fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Columns of white space at the beginning; a tab has four.
fn indent(line: &str) -> usize {
    line.bytes().map_while(columns).sum()
}

fn columns(byte: u8) -> Option<usize> {
    match byte {
        b' ' => Some(1),
        b'\t' => Some(4),
        _ => None,
    }
}

/// Without up to so many columns of white space at the beginning.
fn outdent(line: &str, most: usize) -> &str {
    let mut gone = 0;
    let mut at = 0;
    for width in line.bytes().map_while(columns) {
        if gone >= most {
            break;
        }
        gone += width;
        at += 1;
    }
    &line[at..]
}

/// The number of backticks that open a block of code here, and the language.
fn opening(line: &str) -> Option<(usize, Option<String>)> {
    let rest = line.trim_start_matches([' ', '\t']);
    let info = rest.trim_start_matches('`');
    let ticks = rest.len() - info.len();
    if ticks < 3 || info.contains('`') {
        return None;
    }
    let lang = info.split([' ', '\t']).find(|word| !word.is_empty());
    let fits = |lang: &&str| {
        lang.len() <= LANG_BYTES_MAX
            && lang.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+#.-".contains(&byte))
    };
    Some((ticks, lang.filter(fits).map(str::to_ascii_lowercase)))
}

fn closes(line: &str, ticks: usize) -> bool {
    let line = trim(line);
    line.len() >= ticks && line.bytes().all(|byte| byte == b'`')
}

/// Fenced code. One that is not closed goes to the end; one with nothing after it is text.
fn fence(lines: &[&str], at: usize) -> Option<(Block, usize)> {
    let (ticks, lang) = opening(lines[at])?;
    let inside = &lines[at + 1..];
    let end = inside.iter().position(|line| closes(line, ticks)).unwrap_or(inside.len());
    if inside.is_empty() {
        return None;
    }
    let margin = indent(lines[at]);
    let text: Vec<&str> = inside[..end].iter().map(|line| outdent(line, margin)).collect();
    Some((Block::Code { lang, text: text.join("\n") }, at + end + 2))
}

/// What stands behind a quote mark: `>` before a space, the end, or another mark that is one. `>_<` is a face.
fn unquote(line: &str) -> Option<&str> {
    let rest = outdent(line, 3).strip_prefix('>')?;
    let after = rest.trim_start_matches('>');
    if !(after.is_empty() || after.starts_with([' ', '\t'])) {
        return None;
    }
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let marks = line.len() - rest.len();
    let text = trim(rest);
    ((1..=3).contains(&marks) && rest.starts_with([' ', '\t']) && !text.is_empty()).then_some(text)
}

/// The beginning of an item.
struct Marker<'a> {
    /// Columns before it.
    indent: usize,
    /// Columns before what the item says.
    inner: usize,
    /// None for a dot.
    number: Option<u32>,
    rest: &'a str,
}

impl<'a> Marker<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let body = line.trim_start_matches([' ', '\t']);
        let digits = body.bytes().take(DIGITS_MAX + 1).take_while(u8::is_ascii_digit).count();
        let (number, sign) = if digits == 0 {
            (None, body.strip_prefix(['-', '*'])?)
        } else if digits <= DIGITS_MAX {
            (body[..digits].parse().ok(), body[digits..].strip_prefix(['.', ')'])?)
        } else {
            return None;
        };
        if !sign.starts_with([' ', '\t']) || is_blank(sign) {
            return None;
        }
        let indent = indent(line);
        let inner = indent + digits + 2;
        Some(Self { indent, inner, number, rest: sign.trim_start_matches([' ', '\t']) })
    }

    fn is_like(&self, number: Option<u32>) -> bool {
        self.number.is_some() == number.is_some()
    }
}

/// The list that begins at this line, which has a marker. `depth` is that of its items.
fn list(lines: &[&str], mut at: usize, depth: Depth) -> (Block, usize) {
    let mut items = Vec::new();
    let mut first = None;
    while let Some(marker) = lines.get(at).and_then(|line| Marker::of(line)) {
        if !items.is_empty() && !marker.is_like(first) {
            break;
        }
        if items.is_empty() {
            first = marker.number;
        }
        let (inside, next) = item(lines, at + 1, &marker);
        items.push(blocks(&inside, depth));
        at = over_blanks(lines, next, |line| {
            indent(line) < marker.indent + INDENT_MIN && Marker::of(line).is_some_and(|it| it.is_like(first))
        });
    }
    let block = match first {
        Some(first) => Block::Numbers { first, items },
        None => Block::Bullets(items),
    };
    (block, at)
}

/// The lines of an item: what stands behind its marker, and what is set in below it.
fn item<'a>(lines: &[&'a str], mut at: usize, marker: &Marker<'a>) -> (Vec<&'a str>, usize) {
    let mut inside = vec![marker.rest];
    let least = marker.indent + INDENT_MIN;
    loop {
        let next = over_blanks(lines, at, |line| indent(line) >= least);
        inside.extend((at..next).map(|_| ""));
        at = next;
        match lines.get(at) {
            Some(line) if !is_blank(line) && indent(line) >= least => {
                inside.push(outdent(line, marker.inner))
            }
            _ => return (inside, at),
        }
        at += 1;
    }
}

/// The first line from `at` on that is not blank, if it `fits`; else `at`.
fn over_blanks(lines: &[&str], at: usize, fits: impl Fn(&str) -> bool) -> usize {
    let blanks = lines[at..].iter().take_while(|line| is_blank(line)).count();
    step(blanks);
    match lines.get(at + blanks) {
        Some(line) if fits(line) => at + blanks,
        _ => at,
    }
}
