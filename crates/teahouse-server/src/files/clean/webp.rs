//! WebP (RFC 9649, section 2): chunks of a RIFF file, each with its name and its length.

/// What an image or an animation is seen by.
const NEEDED: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// In the flags of `VP8X`: there is Exif, there is XMP.
const NOTES: u8 = 0b1100;

/// The image without what cameras and programs write.
pub(super) fn cleaned(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let riff = bytes.get(..size.checked_add(8)?.min(bytes.len()))?;
    let mut rest = riff.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(b"RIFF\0\0\0\0WEBP");
    while !rest.is_empty() {
        let name = rest.get(..4)?;
        let length = usize::try_from(u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?)).ok()?;
        // A chunk of odd length is followed by a byte that says nothing, which some leave out at the end.
        let content = rest.get(8..length.checked_add(8)?)?;
        if NEEDED.iter().any(|needed| *needed == name) {
            let from = out.len() + 8;
            out.extend(&rest[..8]);
            out.extend(content);
            out.extend(std::iter::repeat_n(0, length % 2));
            if name == b"VP8X" {
                *out.get_mut(from)? &= !NOTES;
            }
        }
        rest = rest.get(8 + length + length % 2..).unwrap_or_default();
    }
    let size = u32::try_from(out.len() - 8).ok()?.to_le_bytes();
    out[4..8].copy_from_slice(&size);
    Some(out)
}
