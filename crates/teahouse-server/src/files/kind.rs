//! What a file is, by its bytes: what its sender says of it counts for nothing.

/// Bytes of its beginning that are enough to tell.
pub const HEAD_BYTES: usize = 8 << 10;
/// What nothing is known of.
pub const BYTES: &str = "application/octet-stream";

/// Images that are looked at, and shown.
const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];
/// What a browser may show or play in the page: none of it runs anything.
const PLAYED: [&str; 12] = [
    "audio/aac",
    "audio/flac",
    "audio/m4a",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "video/mp4",
    "video/ogg",
    "video/quicktime",
    "video/webm",
];

/// The media type of what begins so.
#[must_use]
pub fn of(head: &[u8]) -> &'static str {
    match infer::get(head).map(|kind| kind.mime_type()) {
        // As the standards call them.
        Some("audio/x-wav") => "audio/wav",
        Some("audio/x-flac") => "audio/flac",
        Some("audio/m4a") => "audio/mp4",
        Some(kind) => kind,
        None if is_text(head) => "text/plain",
        None => BYTES,
    }
}

/// Whether it is an image that is looked at.
#[must_use]
pub fn is_picture(kind: &str) -> bool {
    PICTURES.contains(&kind)
}

/// Whether a browser may show or play it where it is; everything else is only ever kept.
#[must_use]
pub fn is_shown(kind: &str, has_size: bool) -> bool {
    is_picture(kind) && has_size || PLAYED.contains(&kind)
}

/// Text as far as one can see: UTF-8, perhaps cut in the middle of a character, without control characters.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|one| one.is_control() && !"\n\r\t\u{c}\u{1b}".contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        let cases: [(&[u8], &str); 9] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"\0\0\0\x18ftypmp42", "video/mp4"),
            (b"%PDF-1.7", "application/pdf"),
            ("我们在茶馆见面\n".as_bytes(), "text/plain"),
            (&"茶".as_bytes()[..2], BYTES),
            (b"a\0b", BYTES),
        ];
        for (head, kind) in cases {
            assert_eq!(of(head), kind, "{}", String::from_utf8_lossy(head));
        }
        assert_eq!(of(&"见面".as_bytes()[..4]), "text/plain", "cut in the middle of a character");
    }

    #[test]
    fn what_could_run_is_not_shown() {
        for head in
            ["<!DOCTYPE html><script>1</script>", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7"]
        {
            assert!(!is_shown(of(head.as_bytes()), true), "{head}");
        }
        assert!(is_shown("image/png", true) && !is_shown("image/png", false) && is_shown("video/mp4", false));
    }
}
