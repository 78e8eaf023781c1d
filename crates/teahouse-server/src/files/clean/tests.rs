use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{
    Delay, ExtendedColorType, Frame, ImageDecoder, ImageEncoder, ImageReader, Rgb, RgbImage, RgbaImage,
};

use super::*;

const SECRET: &[u8] = b"GPS 31.2304 N 121.4737 E";

/// Exif that says where, and how the image is turned.
fn exif(turned: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([turned, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(SECRET);
    exif
}

fn image() -> RgbImage {
    RgbImage::from_fn(
        40,
        20,
        |x, y| if x < 20 { Rgb([200, u8::try_from(y).unwrap(), 0]) } else { Rgb([0, 0, 200]) },
    )
}

/// An image of that kind that says where it was taken.
fn telling(kind: &str, turned: u8) -> Vec<u8> {
    let (mut out, image, rgb) = (Vec::new(), image(), ExtendedColorType::Rgb8);
    match kind {
        "image/jpeg" => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, 90);
            encoder.set_exif_metadata(exif(turned)).unwrap();
            encoder.set_icc_profile(b"profile".to_vec()).unwrap();
            encoder.write_image(&image, 40, 20, rgb).unwrap();
        }
        "image/png" => {
            let mut encoder = PngEncoder::new(&mut out);
            encoder.set_exif_metadata(exif(turned)).unwrap();
            encoder.write_image(&image, 40, 20, rgb).unwrap();
        }
        "image/webp" => {
            let mut encoder = WebPEncoder::new_lossless(&mut out);
            encoder.set_exif_metadata(exif(turned)).unwrap();
            encoder.write_image(&image, 40, 20, rgb).unwrap();
        }
        _ => {
            let mut encoder = GifEncoder::new(&mut out);
            encoder.set_repeat(Repeat::Infinite).unwrap();
            for shade in [0, 200] {
                let frame = RgbaImage::from_pixel(8, 4, image::Rgba([shade, 0, 0, 255]));
                let delay = Delay::from_numer_denom_ms(100, 1);
                encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay)).unwrap();
            }
            drop(encoder);
            // A comment before the end.
            out.pop();
            out.extend([0x21, 0xfe, u8::try_from(SECRET.len()).unwrap()]);
            out.extend(SECRET);
            out.extend([0, 0x3b]);
        }
    }
    out
}

fn tells(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

fn pixels(bytes: &[u8]) -> RgbaImage {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    reader.decode().unwrap().to_rgba8()
}

#[test]
fn only_what_is_seen_stays() {
    for kind in ["image/jpeg", "image/png", "image/webp", "image/gif"] {
        let given = telling(kind, 1);
        assert!(tells(&given), "{kind}: the test's own image says where it was taken");
        let clean = cleaned(kind, &given, 1).unwrap();
        assert!(!tells(&clean), "{kind}");
        assert_eq!(pixels(&clean), pixels(&given), "{kind}");
        assert_eq!(cleaned(kind, &clean, 1).as_ref(), Some(&clean), "{kind}: nothing more to take");
    }
}

#[test]
fn a_jpeg_stays_upright_and_keeps_its_colours() {
    let clean = cleaned("image/jpeg", &telling("image/jpeg", 6), 6).unwrap();
    assert!(!tells(&clean));
    let mut decoder =
        ImageReader::new(Cursor::new(&clean)).with_guessed_format().unwrap().into_decoder().unwrap();
    assert_eq!(decoder.orientation().unwrap().to_exif(), 6);
    assert_eq!(decoder.icc_profile().unwrap().as_deref(), Some(&b"profile"[..]));
}

#[test]
fn an_animation_goes_on_moving() {
    let clean = cleaned("image/gif", &telling("image/gif", 1), 1).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(&clean)).unwrap();
    assert_eq!(image::AnimationDecoder::into_frames(decoder).count(), 2);
    assert!(clean.windows(11).any(|window| window == b"NETSCAPE2.0"));
}

#[test]
fn what_stands_behind_the_end_goes() {
    for kind in ["image/jpeg", "image/png", "image/webp", "image/gif"] {
        let clean = cleaned(kind, &telling(kind, 1), 1).unwrap();
        let hidden = [&clean, SECRET].concat();
        assert_eq!(cleaned(kind, &hidden, 1), Some(clean), "{kind}");
    }
}

#[test]
fn any_bytes_are_answered() {
    for kind in ["image/jpeg", "image/png", "image/webp", "image/gif"] {
        let whole = telling(kind, 3);
        for length in 0..whole.len() {
            let _ = cleaned(kind, &whole[..length], 3);
        }
        for place in 0..whole.len() {
            for wrong in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] = wrong;
                let _ = cleaned(kind, &bytes, 3);
            }
        }
        assert_eq!(cleaned(kind, b"", 1), None);
        assert_eq!(cleaned(kind, b"<svg/>", 1), None);
    }
}
