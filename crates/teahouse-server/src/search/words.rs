//! Cuts text into what is searched: words for alphabets, overlapping pairs of characters for scripts that are written
//! without spaces. The same rules cut what is stored and what is looked for. Pure.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut: nobody types them whole.
const WORD_CHARS_MAX: usize = 40;
/// Parts of a question; more are left out.
const PARTS_MAX: usize = 12;
/// Stands between the words in their order and the single characters.
const END: &str = "\u{e001}";
/// Begins what is no word: where it is said, by whom, what it has.
pub(super) const LABEL: char = '\u{e000}';

/// What a text is made of when it is searched: a word, or one character of a script without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// Without case, width and accents.
    pub(super) folded: String,
    /// Where it stands, in UTF-16 units.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it is a single character of such a script.
    pub(super) is_piece: bool,
    /// Whether nothing stands between it and the piece before.
    pub(super) is_glued: bool,
}

/// The atoms of a text, in order.
pub(super) fn atoms(text: &str) -> Vec<Atom> {
    let mut found: Vec<Atom> = Vec::new();
    let (mut at, mut open, mut glue) = (0, false, false);
    for c in text.chars() {
        let (start, end) = (at, at + c.len_utf16());
        at = end;
        // A mark that was folded away belongs to the letter before it; one character may be several words.
        for part in fold(c).chars() {
            match class(part) {
                Class::Piece => {
                    found.push(Atom { folded: part.into(), start, end, is_piece: true, is_glued: glue });
                    (open, glue) = (false, true);
                }
                Class::Letter => {
                    match found.last_mut().filter(|_| open) {
                        Some(word) => {
                            if word.folded.chars().count() < WORD_CHARS_MAX {
                                word.folded.push(part);
                            }
                            word.end = end;
                        }
                        None => {
                            let folded = part.into();
                            found.push(Atom { folded, start, end, is_piece: false, is_glued: false });
                        }
                    }
                    (open, glue) = (true, false);
                }
                Class::Sign => (open, glue) = (false, false),
            }
        }
    }
    found
}

enum Class {
    /// Belongs to a word.
    Letter,
    /// Stands for itself.
    Piece,
    /// Says nothing.
    Sign,
}

fn class(c: char) -> Class {
    match c {
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' => Class::Piece,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{31ff}' => Class::Piece,
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' => Class::Piece,
        '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}' => Class::Piece,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Class::Letter,
        _ => Class::Sign,
    }
}

/// Without case and width; without accents where a letter of Latin, Greek or Cyrillic carries them.
fn fold(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().into();
    }
    let wide = std::iter::once(c).nfkc().flat_map(char::to_lowercase);
    wide.flat_map(|c| {
        let bare = std::iter::once(c).nfd().next().is_some_and(|base| base < '\u{530}');
        let parts: Vec<char> = if bare { std::iter::once(c).nfd().collect() } else { vec![c] };
        parts.into_iter().filter(|part| !matches!(part, '\u{300}'..='\u{36f}'))
    })
    .collect()
}

/// A text as it is indexed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// In their order: words, and pairs of characters.
    pub(super) ordered: Vec<String>,
    /// Single characters of scripts without spaces, each once.
    pub(super) single: BTreeSet<String>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let atoms = atoms(text);
        let pieces = atoms.iter().filter(|atom| atom.is_piece).map(|atom| atom.folded.clone());
        Self { single: pieces.collect(), ordered: ordered(&atoms) }
    }

    /// All of it with spaces between, as FTS5 takes it.
    pub(super) fn line(&self, labels: &[String]) -> String {
        let labels = labels.iter().map(String::as_str);
        let ordered = self.ordered.iter().map(String::as_str);
        let single = self.single.iter().map(String::as_str);
        labels.chain([END]).chain(ordered).chain([END]).chain(single).collect::<Vec<_>>().join(" ")
    }

    /// All of it as PostgreSQL writes a `tsvector`: only words in their order have places.
    pub(super) fn vector(&self, labels: &[String]) -> String {
        // Higher places are not told apart.
        let place = |at: usize| (at + 1).min(16_383);
        let ordered = self.ordered.iter().enumerate().map(|(at, word)| format!("'{word}':{}", place(at)));
        let bare = labels.iter().chain(&self.single).map(|word| format!("'{word}'"));
        bare.chain(ordered).collect::<Vec<_>>().join(" ")
    }
}

/// Words and pairs in their order; a character that stands alone is itself.
fn ordered(atoms: &[Atom]) -> Vec<String> {
    let mut found = Vec::with_capacity(atoms.len());
    for (at, atom) in atoms.iter().enumerate() {
        let next = atoms.get(at + 1).filter(|next| atom.is_piece && next.is_piece && next.is_glued);
        match next {
            Some(next) => found.push(format!("{}{}", atom.folded, next.folded)),
            // The last of a run is in the pair before.
            None if atom.is_piece && atom.is_glued => {}
            None => found.push(atom.folded.clone()),
        }
    }
    found
}

/// Words one after another that have to be found so; the last one may be the beginning of a longer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) words: Vec<String>,
    pub(super) is_prefix: bool,
}

/// What is looked for: every part has to be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    atoms: Vec<Atom>,
    is_prefix: bool,
}

impl Question {
    /// From what somebody typed: parts between spaces, or between quotes; a star behind a word finds longer ones.
    #[must_use]
    pub fn of(typed: &str) -> Self {
        let mut parts = Vec::new();
        for (at, quoted) in typed.split(['"', '“', '”']).enumerate() {
            let is_quote = at % 2 == 1;
            let pieces: Vec<&str> = if is_quote { vec![quoted] } else { quoted.split_whitespace().collect() };
            parts.extend(pieces.into_iter().map(|piece| {
                let atoms = atoms(piece);
                let is_word = atoms.last().is_some_and(|atom| !atom.is_piece);
                Part { is_prefix: !is_quote && is_word && piece.ends_with('*'), atoms }
            }));
        }
        parts.retain(|part| !part.atoms.is_empty());
        parts.truncate(PARTS_MAX);
        Self { parts }
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The same with its last word as the beginning of one; none if that is no other question.
    #[must_use]
    pub fn widened(&self) -> Option<Self> {
        let mut wider = self.clone();
        let last = wider.parts.last_mut()?;
        let is_word =
            last.atoms.last().is_some_and(|atom| !atom.is_piece && atom.folded.chars().count() >= 2);
        (is_word && !std::mem::replace(&mut last.is_prefix, true)).then_some(wider)
    }

    /// What has to be in the index of a message.
    pub(super) fn terms(&self) -> Vec<Term> {
        self.parts.iter().flat_map(Part::terms).collect()
    }

    /// Where a text has what is looked for, in UTF-16 units, in order and apart from each other.
    #[must_use]
    pub fn marks(&self, text: &str) -> Vec<(usize, usize)> {
        let all = atoms(text);
        let mut marks: Vec<(usize, usize)> = Vec::new();
        for part in &self.parts {
            let wanted = &part.atoms;
            for found in all.windows(wanted.len()).filter(|found| part.is(found)) {
                marks.push((found[0].start, found[wanted.len() - 1].end));
            }
        }
        marks.sort_unstable();
        let mut apart: Vec<(usize, usize)> = Vec::new();
        for (start, end) in marks {
            match apart.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => apart.push((start, end)),
            }
        }
        apart
    }
}

impl Part {
    /// Characters that stand alone beside words cannot be asked for in their order: they only have to be there.
    fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut phrase: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(atom) = self.atoms.get(at) {
            let run =
                1 + self.atoms[at + 1..].iter().take_while(|next| atom.is_piece && next.is_glued).count();
            if atom.is_piece && run == 1 {
                terms.extend(term(&mut phrase));
                terms.push(Term { words: vec![atom.folded.clone()], is_prefix: false });
            } else {
                phrase.extend(ordered(&self.atoms[at..at + run]));
            }
            at += run;
        }
        let last = term(&mut phrase).map(|term| Term { is_prefix: self.is_prefix, ..term });
        terms.extend(last);
        terms
    }

    /// Whether these atoms are what is wanted.
    fn is(&self, found: &[Atom]) -> bool {
        let last = self.atoms.len() - 1;
        found.iter().zip(&self.atoms).enumerate().all(|(at, (found, wanted))| {
            let is_near = at == 0 || !wanted.is_glued || found.is_glued;
            let is_same = found.folded == wanted.folded
                || at == last && self.is_prefix && found.folded.starts_with(&wanted.folded);
            is_near && is_same && found.is_piece == wanted.is_piece
        })
    }
}

fn term(phrase: &mut Vec<String>) -> Option<Term> {
    let words = std::mem::take(phrase);
    (!words.is_empty()).then_some(Term { words, is_prefix: false })
}

#[cfg(test)]
mod tests;
