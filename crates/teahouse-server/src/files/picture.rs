//! Looks at images: how large they are, which way is up, and what they look like made small. One at a time and
//! within bounds, on a thread of its own: nobody else waits, and an image that would fill the memory is not opened.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use teahouse_protocol::Size;
use tokio::sync::Semaphore;

use super::clean::cleaned;

/// A longer file is kept as it is, and not shown.
pub(super) const BYTES_MAX: u64 = 64 << 20;
/// An image with more pixels is kept as it is, and not shown.
pub(super) const PIXELS_MAX: u64 = 50_000_000;
/// Most bytes that decoding may take.
const MEMORY_MAX: u64 = 256 << 20;
/// Within this a small image fits.
const THUMB: Size = Size { width: 800, height: 600 };
/// An image that fits, and has fewer bytes than that, needs no small one.
const SMALL_BYTES: usize = 200 << 10;
/// How true a small photo is to the large one, of 100.
const QUALITY: u8 = 82;
/// Images that are opened at once, whoever sends them.
static OPEN: Semaphore = Semaphore::const_new(1);

/// An image that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// What it is now.
    pub(super) kind: &'static str,
    /// Its bytes, without what is not needed to see it.
    pub(super) bytes: Vec<u8>,
    /// How large it stands upright.
    pub(super) size: Size,
    /// The small one, if it is of use, and its size.
    pub(super) thumb: Option<(Vec<u8>, Size)>,
}

/// The image; none if it cannot, or must not, be shown.
pub(super) async fn look(kind: &'static str, bytes: Vec<u8>) -> Option<Picture> {
    let turn = OPEN.acquire().await.ok()?;
    // A decoder that panics shows no image, no more. The turn ends with the work, also if nobody waits for it.
    let looked = tokio::task::spawn_blocking(move || {
        let seen = see(kind, &bytes);
        drop(turn);
        seen
    });
    looked.await.ok().flatten()
}

fn see(kind: &'static str, bytes: &[u8]) -> Option<Picture> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return None;
    }
    let turned = decoder.orientation().ok()?;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(turned);
    let size = Size { width: image.width(), height: image.height() };
    // Browsers know which way is up in a JPEG; other kinds are turned for good.
    let (kind, bytes) = if turned == Orientation::NoTransforms || kind == "image/jpeg" {
        (kind, cleaned(kind, bytes, turned.to_exif())?)
    } else {
        ("image/png", encoded(&image, ImageFormat::Png)?)
    };
    let fits = size.width <= THUMB.width && size.height <= THUMB.height;
    // What moves has one that stands still, for who wants that.
    let is_enough = fits && bytes.len() < SMALL_BYTES && kind != "image/gif";
    let thumb = if is_enough { None } else { Some(small(&image)?) };
    Some(Picture { kind, bytes, size, thumb })
}

/// The image within the size of a small one: a photo as JPEG, what has few colours or holes without loss.
fn small(image: &DynamicImage) -> Option<(Vec<u8>, Size)> {
    let fits = image.width() <= THUMB.width && image.height() <= THUMB.height;
    let image =
        if fits { image.clone() } else { image.resize(THUMB.width, THUMB.height, FilterType::Triangle) };
    let size = Size { width: image.width(), height: image.height() };
    let exact = encoded(&DynamicImage::from(image.to_rgba8()), ImageFormat::WebP)?;
    if image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255) {
        return Some((exact, size));
    }
    let mut photo = Vec::new();
    image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut photo, QUALITY)).ok()?;
    Some((if exact.len() <= photo.len() + photo.len() / 4 { exact } else { photo }, size))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Option<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).ok()?;
    Some(out.into_inner())
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn photo(width: u32, height: u32) -> DynamicImage {
        let noise = |x: u32, y: u32| u8::try_from((x * 7919 + y * 104_729) % 251).unwrap();
        RgbImage::from_fn(width, height, |x, y| Rgb([noise(x, y), noise(y, x), 90])).into()
    }

    #[tokio::test]
    async fn a_large_image_has_a_small_one() {
        for (format, kind) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::WebP, "image/webp"),
        ] {
            let seen = look(kind, encoded(&photo(1_600, 400), format).unwrap()).await.unwrap();
            assert_eq!((seen.kind, seen.size), (kind, Size { width: 1_600, height: 400 }));
            let (bytes, size) = seen.thumb.unwrap();
            assert_eq!(size, Size { width: 800, height: 200 }, "{kind}");
            let read = image::load_from_memory(&bytes).unwrap();
            assert_eq!((read.width(), read.height()), (800, 200), "{kind}");
        }
    }

    #[tokio::test]
    async fn a_small_image_is_its_own() {
        let seen = look("image/png", encoded(&photo(40, 30), ImageFormat::Png).unwrap()).await.unwrap();
        assert_eq!((seen.size, seen.thumb), (Size { width: 40, height: 30 }, None));
    }

    #[tokio::test]
    async fn holes_stay_holes() {
        let image = RgbaImage::from_fn(900, 900, |x, _| Rgba([9, 9, 9, if x < 450 { 0 } else { 255 }]));
        let seen = look("image/png", encoded(&image.into(), ImageFormat::Png).unwrap()).await.unwrap();
        let (bytes, _) = seen.thumb.unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgba8().get_pixel(1, 1).0[3], 0);
    }

    #[tokio::test]
    async fn a_bomb_is_not_opened() {
        let mut bomb = encoded(&photo(2, 2), ImageFormat::Png).unwrap();
        // The size in the head (PNG, 11.2.1) and its check sum (5.3): 100,000 pixels a side.
        bomb[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        let sum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(look("image/png", bomb).await, None);
    }

    #[tokio::test]
    async fn what_is_no_image_is_not_shown() {
        let cut = encoded(&photo(300, 300), ImageFormat::Png).unwrap()[..400].to_vec();
        for bytes in [Vec::new(), b"\x89PNG\r\n\x1a\n".to_vec(), b"<svg/>".to_vec(), cut] {
            assert_eq!(look("image/png", bytes).await, None);
        }
    }

    /// The check sum of PNG (annex D).
    fn crc(bytes: &[u8]) -> u32 {
        let step = |sum: u32, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
        !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
    }
}
