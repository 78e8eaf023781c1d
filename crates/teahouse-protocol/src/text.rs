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
