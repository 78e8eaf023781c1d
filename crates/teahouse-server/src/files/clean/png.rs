//! PNG (third edition, section 5): chunks, each with its length, its name and a check sum.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What an image or an animation is seen by.
const NEEDED: [&[u8; 4]; 17] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"mDCV", b"cLLI", b"bKGD", b"acTL", b"fcTL", b"fdAT",
];

/// The image without texts, times and what cameras write.
pub(super) fn cleaned(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(SIGNATURE);
    loop {
        let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        let name = chunk.get(4..8)?;
        if NEEDED.iter().any(|needed| *needed == name) {
            out.extend(chunk);
        }
        if name == b"IEND" {
            return Some(out);
        }
        rest = after;
    }
}
