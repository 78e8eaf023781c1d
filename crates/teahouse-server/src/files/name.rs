//! What a file is called: by its sender, but without what could mislead or harm whoever keeps it.

/// Most bytes of a name, as most disks have it.
const BYTES_MAX: usize = 255;
/// Most characters of what an image shows.
const ALT_MAX: usize = 1_000;
/// What a file without a name is called.
const NAMELESS: &str = "file";

/// The name without folders, and without characters that cannot be seen or that turn others round.
#[must_use]
pub(super) fn clean(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last.chars().filter(|one| !is_hidden(*one)).collect();
    let name = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    // Windows keeps no name that ends in a dot, and others hide what begins with one.
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { NAMELESS.into() } else { short(name) }
}

/// What an image shows, on one line; none if it says nothing.
#[must_use]
pub(super) fn alt(given: &str) -> Option<String> {
    let words =
        given.split(|one: char| one.is_whitespace() || one.is_control()).filter(|word| !word.is_empty());
    let alt: String = words.collect::<Vec<_>>().join(" ").chars().take(ALT_MAX).collect();
    (!alt.is_empty()).then_some(alt)
}

/// Control characters, and those that have no width or change the direction (Unicode, general category Cf).
fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(one, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || "<>:\"|?*".contains(one)
}

/// The name cut in its middle, so that what it ends with stays.
fn short(name: &str) -> String {
    if name.len() <= BYTES_MAX {
        return name.into();
    }
    let end = name.rfind('.').filter(|dot| name.len() - dot <= 16).map_or("", |dot| &name[dot..]);
    let mut most = BYTES_MAX - end.len();
    while !name.is_char_boundary(most) {
        most -= 1;
    }
    format!("{}{end}", &name[..most])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_name_and_nothing_else() {
        let cases = [
            ("photo.jpg", "photo.jpg"),
            ("C:\\Users\\a\\春节 合影.jpg", "春节 合影.jpg"),
            ("../../etc/passwd", "passwd"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("two\r\nlines\0.txt", "twolines.txt"),
            ("  spaces   and \"quotes\" .txt ", "spaces and quotes .txt"),
            (".bashrc", "bashrc"),
            ("", "file"),
            ("...", "file"),
            ("/", "file"),
        ];
        for (given, expected) in cases {
            assert_eq!(clean(given), expected, "{given:?}");
        }
        let long = clean(&format!("{}.tar.gz", "茶".repeat(200)));
        assert!(long.len() <= 255 && long.ends_with("茶.gz"), "{long}");
    }

    #[test]
    fn what_it_shows_is_one_line() {
        assert_eq!(alt(" a cat\n on a  mat "), Some("a cat on a mat".into()));
        assert_eq!(alt(" \n"), None);
        assert_eq!(alt(&"茶".repeat(2_000)).unwrap().chars().count(), 1_000);
    }
}
