//! Takes everything out of an image that is not needed to see it: where it was taken, with what, when, and by
//! whom. The pixels stay as they are; what is not known to be harmless goes.

/// The blocks of a GIF.
mod gif;
/// The segments of a JPEG.
mod jpeg;
/// The chunks of a PNG.
mod png;
/// The chunks of a WebP.
mod webp;

/// The image without what nobody needs; none if it does not have the form of its kind. `turned` is how it has to
/// be turned to stand upright, as Exif counts (1 to 8): a JPEG keeps that and nothing else.
#[must_use]
pub(super) fn cleaned(kind: &str, bytes: &[u8], turned: u8) -> Option<Vec<u8>> {
    match kind {
        "image/jpeg" => jpeg::cleaned(bytes, turned),
        "image/png" => png::cleaned(bytes),
        "image/webp" => webp::cleaned(bytes),
        "image/gif" => gif::cleaned(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
