//! `teahouse lab` against a real house: the whole program, with few messages.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::kit::{House, On};

async fn lab(url: &str, args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
    command.current_dir(folder).arg("lab").arg(url).args(args);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measures_every_transport() {
    let house = House::open(On::Sqlite).await;
    let room = house.add_room("quiet").await;
    let folder = TempDir::new().unwrap();
    let url = format!("http://{}", house.address);
    let args = ["--room", "quiet", "--messages", "2", "--sizes", "120,1024", "--idle", "1"];
    let args = [&args[..], &["--json", "lab.json", "--svg", "lab.svg"]].concat();
    let output = lab(&url, &args, folder.path()).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("An idle minute") && said.contains("scaled from 1 s"), "{said}");
    let json = std::fs::read_to_string(folder.path().join("lab.json")).unwrap();
    check(&serde_json::from_str(&json).unwrap());
    let svg = std::fs::read_to_string(folder.path().join("lab.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("long_poll"), "{svg}");
    assert_eq!(house.log(&room).await.len(), 4 * 2 * 2);
}

fn check(figures: &Value) {
    let transports = figures["transports"].as_array().unwrap();
    let names: Vec<_> = transports.iter().map(|one| one["transport"].as_str().unwrap()).collect();
    assert_eq!(names, ["websocket", "stream", "long_poll", "poll"]);
    for one in transports {
        assert!(one.get("fault").is_none() && one["idle"].is_object(), "{one}");
        let sizes = one["sizes"].as_array().unwrap();
        assert_eq!(sizes.len(), 2);
        for (size, text_bytes) in sizes.iter().zip([120.0, 1024.0]) {
            check_size(one["transport"].as_str().unwrap(), size, text_bytes);
        }
    }
}

fn check_size(transport: &str, size: &Value, text_bytes: f64) {
    let number = |who: &str, what: &str| size[who][what].as_f64().unwrap();
    for (who, text_bytes) in [("reader", text_bytes), ("writer", 2.0 * text_bytes)] {
        assert_eq!(number(who, "text_bytes"), text_bytes);
        let parts = ["text_bytes", "frame_bytes", "transport_bytes"].map(|part| number(who, part));
        assert_eq!(parts.iter().sum::<f64>(), number(who, "bytes"), "{size}");
        assert!(parts.iter().all(|part| *part > 0.0), "{size}");
    }
    // A WebSocket and a stream stay open to read; only a WebSocket writes without requests.
    assert_eq!(number("reader", "requests") > 0.0, transport.ends_with("poll"), "{transport} {size}");
    assert_eq!(number("writer", "requests") > 0.0, transport != "websocket", "{transport} {size}");
}

#[tokio::test]
async fn says_what_is_no_house() {
    let folder = TempDir::new().unwrap();
    let output = lab("ftp://nowhere", &[], folder.path()).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("is not an address"), "{said}");
}
