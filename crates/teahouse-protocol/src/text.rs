//! What a person may write: the rules that hold for the text of every message.

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

#[cfg(test)]
mod tests {
    use super::*;

    fn check_code(text: &str, expected: Option<ErrorCode>) {
        assert_eq!(check(text, 8).err().map(|(code, _)| code), expected, "{text:?}");
    }

    #[test]
    fn says_what_may_be_written() {
        check_code("你好", None);
        check_code("a\n\tb", None);
        check_code("12345678", None);
        check_code("123456789", Some(ErrorCode::TextTooLong));
        check_code("", Some(ErrorCode::BadField));
        check_code(" \n\u{3000}", Some(ErrorCode::BadField));
        check_code("\u{200b}\u{feff}", Some(ErrorCode::BadField));
        check_code("a\u{1b}[2J", Some(ErrorCode::BadField));
        check_code("a\u{0}", Some(ErrorCode::BadField));
        check_code("a\r\n", Some(ErrorCode::BadField));
        check_code("\u{9b}1m", Some(ErrorCode::BadField));
    }
}
