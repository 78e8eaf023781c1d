//! Images: their sizes, small ones of them, nothing of where they were taken; and what harms is not opened.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage};
use serde_json::json;

use super::{place, whole};
use crate::kit::{Ask, Asker, House, On, on_every_store};

on_every_store!(
    an_image_has_a_size_and_a_small_one,
    where_it_was_taken_is_nowhere,
    what_cannot_be_opened_is_kept_and_not_shown,
    what_it_shows_is_said_later,
    an_export_shows_it_without_the_house,
);

fn photo(width: u32, height: u32) -> RgbImage {
    let noise = |x: u32, y: u32| u8::try_from((x * 7919 + y * 104_729) % 251).unwrap();
    RgbImage::from_fn(width, height, |x, y| Rgb([noise(x, y), noise(y, x), 90]))
}

/// A photo that says where it was taken, and that it has to be turned by a quarter.
fn telling(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 31.2304");
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 80);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&photo(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    out
}

async fn an_image_has_a_size_and_a_small_one(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.jpg", &telling(1_000, 400)).await;
    assert_eq!(
        (&file["type"], &file["width"], &file["height"]),
        (&json!("image/jpeg"), &json!(400), &json!(1_000))
    );
    assert_eq!(file["thumb"], json!({"width": 240, "height": 600}));
    let thumb = format!("/v1/files/{}/thumb", file["id"].as_str().unwrap());
    let answer = ann.shows(Ask::get(&thumb)).of(&house).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    let small = image::load_from_memory(&answer.bytes).unwrap();
    assert_eq!((small.width(), small.height()), (240, 600));
}

async fn where_it_was_taken_is_nowhere(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let given = telling(60, 40);
    let tells = |bytes: &[u8]| bytes.windows(11).any(|window| window == b"GPS 31.2304");
    assert!(tells(&given));
    let file = whole(&house, &ann, "a.jpg", &given).await;
    let answer = ann.shows(Ask::get(&place(&file))).of(&house).await;
    assert!(!tells(&answer.bytes));
    assert_eq!(json!(answer.bytes.len()), file["bytes"]);
    assert_eq!(image::load_from_memory(&answer.bytes).unwrap(), image::load_from_memory(&given).unwrap());
}

async fn what_cannot_be_opened_is_kept_and_not_shown(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let mut cut = Cursor::new(Vec::new());
    photo(300, 300).write_to(&mut cut, ImageFormat::Png).unwrap();
    let cut = cut.into_inner()[..500].to_vec();
    let page = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let drawing = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>".to_vec();
    for (name, bytes) in [("cut.png", cut), ("a.png", page), ("b.png", drawing)] {
        let file = whole(&house, &ann, name, &bytes).await;
        assert!(file.get("width").is_none() && file.get("thumb").is_none(), "{file}");
        let answer = ann.shows(Ask::get(&place(&file))).of(&house).await;
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{name}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment"), "{name}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("content-security-policy"), Some("sandbox; default-src 'none'"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(answer.bytes, bytes);
    }
}

async fn what_it_shows_is_said_later(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.txt", b"text").await;
    let path = format!("/v1/files/{}/about", file["id"].as_str().unwrap());
    let told = ann.asks(&house, "PATCH", &path, &json!({"alt": " a cat\non a mat "}), 200).await;
    assert_eq!(told["alt"], "a cat on a mat");
    assert_eq!(ann.gets(&house, &path).await, told);
}

async fn an_export_shows_it_without_the_house(on: On) {
    use base64::Engine as _;
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let mut small = Vec::new();
    photo(30, 20).write_to(&mut Cursor::new(&mut small), ImageFormat::Png).unwrap();
    // Together they are more than one piece of the export.
    let mut large = Cursor::new(Vec::new());
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(x | 1) >> 24;
    let pixel = |x, y| Rgb([u8::try_from(noise(x, y)).unwrap(); 3]);
    RgbImage::from_fn(900, 700, pixel).write_to(&mut large, ImageFormat::Jpeg).unwrap();
    let (mut files, mut pictures) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let file = match n % 2 {
            0 => whole(&house, &ann, "large.jpg", large.get_ref()).await,
            _ => whole(&house, &ann, "small.png", &small).await,
        };
        let part = if n % 2 == 0 { "thumb" } else { "name" };
        let path = format!("/v1/files/{}/{part}", file["id"].as_str().unwrap());
        let shown = ann.shows(Ask::get(&path)).of(&house).await;
        let kind = shown.header("content-type").unwrap();
        let data = base64::engine::general_purpose::STANDARD.encode(&shown.bytes);
        pictures.push(format!("<img src=\"data:{kind};base64,{data}\" alt=\"\">"));
        files.push(file);
    }
    let notes = whole(&house, &ann, "notes.txt", b"notes").await;
    for file in files.iter().chain([&notes]) {
        let body = json!({"files": [file["id"]]});
        ann.asks(&house, "POST", "/v1/rooms/1024/messages", &body, 201).await;
    }
    let page = ann.shows(Ask::get("/v1/rooms/1024/export?form=html")).of(&house).await.body;
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("<li class=\"message\"")).collect();
    assert_eq!(rows.len(), 21, "each message is there once");
    for (row, picture) in rows.iter().zip(&pictures) {
        assert!(row.contains(picture), "a picture is missing");
    }
    assert!(rows[20].contains("notes.txt") && !rows[20].contains("<img"));
    assert!(page.len() > 1 << 20 && page.ends_with("</html>\n"));
}
