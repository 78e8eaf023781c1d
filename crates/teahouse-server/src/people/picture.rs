//! Pictures of people: whatever somebody sent becomes a square of 128 pixels, and nothing else of it stays.

use std::io::Cursor;

use crate::error::bad_field;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;
use tokio::sync::Semaphore;

/// Most bytes that are taken.
pub const BYTES_MAX: usize = 256 << 10;
/// What a picture is in the end.
pub const KIND: &str = "image/png";
/// The side of a picture, in pixels.
const SIDE: u32 = 128;
/// Most pixels of a side that are read.
const SIDE_MAX: u32 = 4_096;
/// Most bytes that decoding may take.
const MEMORY_MAX: u64 = 64 << 20;
/// Pictures that are decoded at once, whoever sends them.
static DECODING: Semaphore = Semaphore::const_new(2);

/// The picture that is kept of what somebody sent.
///
/// # Errors
/// `bad_field` if it is not one, or too large.
pub async fn square(given: Vec<u8>) -> Result<Vec<u8>, Error> {
    if given.len() > BYTES_MAX {
        return Err(Error::new(None, ErrorCode::TooLarge, "A picture has at most 256 KiB."));
    }
    let turn = DECODING.acquire().await.expect("the semaphore is never closed");
    // A decoder that panics refuses the picture, no more.
    // The turn ends with the work, also if nobody waits for it any more.
    let made = tokio::task::spawn_blocking(move || {
        let made = made(&given);
        drop(turn);
        made
    });
    let made = made.await;
    made.ok().and_then(Result::ok).ok_or_else(|| {
        let said = "That is no picture: expected a PNG, a JPEG or a WebP of at most 4,096 pixels a side.";
        bad_field("picture", said)
    })
}

fn made(given: &[u8]) -> image::ImageResult<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(given)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let turned = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(turned);
    // Rows of pixels alone go on: no profile, no place, no camera.
    let square = image.resize_to_fill(SIDE, SIDE, FilterType::Triangle).to_rgba8();
    let mut out = Cursor::new(Vec::new());
    square.write_to(&mut out, ImageFormat::Png)?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgb, RgbImage};

    use super::*;

    fn image(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(
            width,
            height,
            |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) },
        )
    }

    fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[tokio::test]
    async fn every_kind_becomes_a_square() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            for (width, height) in [(300, 100), (10, 40), (128, 128), (1, 1)] {
                let made = square(encoded(&image(width, height), format)).await.unwrap();
                let read = image::load_from_memory_with_format(&made, ImageFormat::Png).unwrap();
                assert_eq!((read.width(), read.height()), (128, 128), "{format:?} {width}×{height}");
            }
        }
    }

    #[tokio::test]
    async fn nothing_but_pixels_stays() {
        let secret = b"GPS 51.5007 N 0.1246 W";
        let mut out = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut out);
        encoder.set_exif_metadata(secret.to_vec()).unwrap();
        let picture = image(20, 20);
        encoder.write_image(&picture, 20, 20, image::ExtendedColorType::Rgb8).unwrap();
        let has = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        assert!(has(&out), "the test's own picture says where it was taken");
        assert!(!has(&square(out).await.unwrap()));
    }

    #[tokio::test]
    async fn what_is_no_picture_is_refused() {
        let mut wide = encoded(&image(2, 2), ImageFormat::Png);
        // The width in the head (PNG, 11.2.1), whose check sum stays as it was.
        wide[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        let cut = encoded(&image(64, 64), ImageFormat::Jpeg)[..200].to_vec();
        let too_wide = encoded(&image(SIDE_MAX + 1, 1), ImageFormat::Png);
        for (what, bytes) in [
            ("empty", Vec::new()),
            ("text", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
            ("wide", wide),
            ("cut", cut),
            ("too wide", too_wide),
        ] {
            assert_eq!(square(bytes).await.unwrap_err().code, ErrorCode::BadField, "{what}");
        }
        assert_eq!(square(vec![0; BYTES_MAX + 1]).await.unwrap_err().code, ErrorCode::TooLarge);
    }
}
