//! What somebody may be called, and which names are the same name.

use teahouse_protocol::UserId;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Most user-perceived characters of a name.
pub const GRAPHEMES_MAX: usize = 32;
/// Most bytes of a name: one user-perceived character may have many.
pub const BYTES_MAX: usize = 256;

/// Names that only the server speaks under, folded.
const RESERVED: &[&str] = &["teahouse", "server", "system", "茶馆"];

/// A name that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As it is shown.
    pub shown: String,
    /// As it is compared: two names that look alike are the same one.
    pub folded: String,
}

/// Checks a name and cleans it: no outer white space, runs of it made one space, composed (NFC).
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check(name: &str) -> Result<Name, &'static str> {
    if name.len() > BYTES_MAX {
        return Err("That name is too long. 32 characters at most.");
    }
    let shown: String = name.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect();
    if shown.is_empty() {
        return Err("Please type a name.");
    }
    if shown.graphemes(true).count() > GRAPHEMES_MAX {
        return Err("That name is too long. 32 characters at most.");
    }
    if shown.chars().any(is_hidden) {
        return Err("That name has characters that cannot be seen. Please leave them out.");
    }
    if !shown.chars().any(char::is_alphanumeric) && !shown.chars().any(|c| u32::from(c) >= 0x2190) {
        return Err("That name has no letters. Please type a name with some.");
    }
    let folded = fold(&shown);
    if RESERVED.iter().any(|reserved| fold(reserved) == folded) || shown.parse::<UserId>().is_ok() {
        return Err("That name is reserved. Please choose another one.");
    }
    Ok(Name { shown, folded })
}

/// A name as it is compared: without case and width, look-alikes made one
/// (UTS #39, *skeleton*, around the compatibility case folding).
#[must_use]
pub fn fold(name: &str) -> String {
    let plain = |text: &str| {
        text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect::<String>()
    };
    let skeleton: String = unicode_security::skeleton(&plain(name)).collect();
    plain(&skeleton)
}

/// Controls, invisible and direction-changing characters, private and unassigned ones.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_cleaned() {
        assert_eq!(check("  林  晓 ").unwrap().shown, "林 晓");
        assert_eq!(check("Ada\u{3000}Okafor").unwrap().shown, "Ada Okafor");
        assert_eq!(check("e\u{301}").unwrap().shown, "é");
        assert_eq!(check("🫖").unwrap().shown, "🫖");
        assert_eq!(check("👩‍💻 Ada").unwrap().shown, "👩‍💻 Ada");
    }

    #[test]
    fn some_names_are_refused() {
        let long = "茶".repeat(33);
        let refused =
            ["", "  ", "\u{200b}", "a\u{202e}b", "a\u{0}", "Teahouse", "TEAHОUSE", "茶馆", "...", &long];
        for name in refused {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert!(check(&"茶".repeat(32)).is_ok());
        assert!(check("0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7").is_err());
    }

    #[test]
    fn look_alikes_are_the_same_name() {
        for (one, other) in [("Ada", "ada"), ("Ada", "Аdа"), ("ada", "ａｄａ"), ("A B", "AB")] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("林晓"), fold("林小"));
        assert_ne!(fold("Ada"), fold("Adam"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_or_is_refused(text in "\\PC{0,40}") {
            if let Ok(name) = check(&text) {
                prop_assert_eq!(check(&name.shown).map(|again| again.shown), Ok(name.shown));
                prop_assert!(!name.folded.is_empty());
            }
        }
    }
}
