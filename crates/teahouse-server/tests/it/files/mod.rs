//! Files: how they come in, what is kept of them, who gets them, and when they go.

mod carried;
mod given;
mod images;
mod uploads;

use serde_json::Value;

use crate::kit::{Answer, Ask, Asker, House};

/// A request of tus.
fn tus(method: &str, path: &str) -> Ask {
    Ask::new(method, path).with("tus-resumable", "1.0.0")
}

/// Announces a file; its address.
async fn begun(house: &House, who: &Asker, name: &str, bytes: usize) -> String {
    let answer = announce(house, who, name, bytes).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

async fn announce(house: &House, who: &Asker, name: &str, bytes: usize) -> Answer {
    use base64::Engine as _;
    let name = base64::engine::general_purpose::STANDARD.encode(name);
    let ask = who.shows(tus("POST", "/v1/files")).with("upload-length", &bytes.to_string());
    ask.with("upload-metadata", &format!("filename {name}")).body(b"").of(house).await
}

/// Brings bytes from there on.
async fn bring(house: &House, who: &Asker, path: &str, from: usize, bytes: &[u8]) -> Answer {
    let ask = who.shows(tus("PATCH", path)).with("upload-offset", &from.to_string());
    ask.with("content-type", "application/offset+octet-stream").body(bytes).of(house).await
}

/// A file that is whole, as everybody sees it.
async fn whole(house: &House, who: &Asker, name: &str, bytes: &[u8]) -> Value {
    let path = begun(house, who, name, bytes.len()).await;
    let answer = bring(house, who, &path, 0, bytes).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Where the bytes of a file are.
fn place(file: &Value) -> String {
    format!("/v1/files/{}/name", file["id"].as_str().unwrap())
}
