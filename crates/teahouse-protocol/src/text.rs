//! What a person may write, and what it means: the rules for the text of every message, and its dialect.
//!
//! `fixtures/text/` has the cases that this parser and the one of the web app agree about. Every text has a
//! tree; parsing costs a bounded number of steps for each byte, and a tree has a bounded depth.

/// Blocks: paragraphs, code, quotes, lists.
mod block;
/// What stands in a line: emphasis, code, links, mentions.
mod inline;
/// Where links begin and end.
mod link;
/// What a text says without its marks.
mod plain;
/// What a text is made of.
mod tree;

pub use block::parse;
pub use plain::{calls, plain, uncovered};
pub use tree::{Block, Calls, Inline, Mention, Whom};

use crate::code::ErrorCode;

/// Checks a message's text against `bytes_max`, and says what is wrong with it.
///
/// # Errors
/// `text_too_long` above `bytes_max` bytes; `bad_field` for a blank text and for control characters
/// other than tab and line feed, which could steer a terminal.
pub fn check(text: &str, bytes_max: usize) -> Result<(), (ErrorCode, String)> {
    if text.len() > bytes_max {
        let said = format!("The text has {} bytes; {bytes_max} is the most. Send it in parts.", text.len());
        return Err((ErrorCode::TextTooLong, said));
    }
    if is_blank(text) {
        return Err((ErrorCode::BadField, "The text is blank. Write something first.".into()));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n')) {
        Some(c) => {
            let said = format!("The text has the control character U+{:04X}. Leave it out.", u32::from(c));
            Err((ErrorCode::BadField, said))
        }
        None => Ok(()),
    }
}

/// Most bytes of what may be put under a message: the longest emoji have 35.
pub const EMOJI_BYTES_MAX: usize = 64;

/// Checks what somebody puts under a message: one emoji, not a word.
///
/// Which sequences are emoji changes every year, so only what cannot be one is refused: letters, blanks,
/// characters that steer something, and a second emoji that is not joined to the first.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn check_emoji(emoji: &str) -> Result<(), &'static str> {
    let mut signs = Signs::default();
    let is_one = emoji.chars().all(|c| signs.take(c)) && signs.bases == 1 && signs.flags <= 2 && !signs.joins;
    if is_one && !emoji.is_ascii() && emoji.len() <= EMOJI_BYTES_MAX {
        Ok(())
    } else {
        Err("body.emoji: expected one emoji.")
    }
}

/// The characters of what may be an emoji, so far.
#[derive(Default)]
struct Signs {
    bases: usize,
    flags: usize,
    /// The last one joins the next one.
    joins: bool,
}

impl Signs {
    /// Whether it may be there.
    fn take(&mut self, c: char) -> bool {
        let is_joiner = c == '\u{200d}';
        let is_flag = matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
        let is_tag = matches!(c, '\u{e0020}'..='\u{e007f}');
        let is_mark = is_joiner || is_tag || matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}');
        let is_tone = matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
        if is_mark && self.bases == 0 || !is_mark && !may_be_emoji(c) {
            return false;
        }
        self.flags += usize::from(is_flag);
        let goes_on = self.bases > 0 && (is_mark || is_tone || is_flag || self.joins);
        self.bases += usize::from(!goes_on);
        self.joins = is_joiner;
        true
    }
}

fn may_be_emoji(c: char) -> bool {
    match c {
        // Letters that are emoji.
        'ℹ' | 'Ⓜ' | '🅰' | '🅱' | '🅾' | '🅿' | '‼' | '⁉' => true,
        '0'..='9' | '#' | '*' => true,
        // Blanks and what steers the direction of a line.
        '\u{2000}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' => false,
        c => !c.is_ascii() && !c.is_alphabetic() && !c.is_whitespace() && !c.is_control(),
    }
}

/// Whether nothing of `text` would be seen.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
}

/// Counts work, so that a test sees what a text costs.
#[cfg(not(test))]
fn step(_: usize) {}

#[cfg(test)]
use tests::step;

#[cfg(test)]
mod tests;
