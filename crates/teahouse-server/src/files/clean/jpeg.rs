//! JPEG (ITU T.81, annex B): segments, and between them the coded image.

/// What begins every segment.
const MARK: u8 = 0xff;

/// The image without comments, and without what applications wrote, but for its colours and how it is turned.
pub(super) fn cleaned(bytes: &[u8], turned: u8) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(&[MARK, 0xd8])?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([MARK, 0xd8]);
    let mut is_turned = turned == 1;
    loop {
        let (marker, after) = marker(rest)?;
        if marker == 0xd9 {
            out.extend([MARK, marker]);
            return Some(out);
        }
        let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
        let (segment, after) = after.split_at_checked(length)?;
        // JFIF wants to be the first; whatever else comes may follow Exif.
        if !is_turned && marker != 0xe0 {
            out.extend(turn(turned));
            is_turned = true;
        }
        if is_needed(marker, segment.get(2..)?) {
            out.extend([MARK, marker]);
            out.extend(segment);
        }
        rest = after;
        if marker == 0xda {
            let coded = coded(rest);
            out.extend(&rest[..coded]);
            rest = &rest[coded..];
            if rest.is_empty() {
                // Cut at the end: what is there can be seen.
                out.extend([MARK, 0xd9]);
                return Some(out);
            }
        }
    }
}

/// The next marker, which may stand behind fill bytes.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let after = bytes.strip_prefix(&[MARK])?;
    let fill = after.iter().take_while(|byte| **byte == MARK).count();
    Some((*after.get(fill)?, after.get(fill + 1..)?))
}

/// How long the coded image is, up to the next marker that is not part of it.
fn coded(bytes: &[u8]) -> usize {
    let ends = |pair: &[u8]| pair[0] == MARK && !matches!(pair[1], 0 | 0xd0..=0xd7 | MARK);
    bytes.windows(2).position(ends).unwrap_or(bytes.len())
}

fn is_needed(marker: u8, content: &[u8]) -> bool {
    match marker {
        // JFIF, the colour profile, how Adobe coded the colours.
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// Exif (JEITA CP-3451) that says how the image is to be turned, and nothing else.
fn turn(turned: u8) -> Vec<u8> {
    let mut segment = vec![MARK, 0xe1, 0, 34];
    segment.extend(b"Exif\0\0II*\0\x08\0\0\0\x01\0");
    // Orientation, one short number; no more directories.
    segment.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, turned, 0, 0, 0]);
    segment.extend([0; 4]);
    segment
}
