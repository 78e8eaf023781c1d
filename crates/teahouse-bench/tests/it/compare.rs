//! `compare` from the outside: a tiny comparison with a peer that cargo has built, no registry needed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::program::{BENCH, write_script};

/// A comparison of seconds; `server` is the script that stands in for Teahouse.
fn compare(folder: &Path, server_script: &str, arguments: &[&str]) -> Output {
    let server = folder.join("server");
    write_script(&server, server_script);
    let mut command = Command::new(BENCH);
    command.args(["compare", "--people", "20", "--connections", "10,30", "--delay-people", "5"]);
    command.args(["--repeats", "1", "--in-flight", "4", "--cpu-seconds", "0.05", "--seconds", "1"]);
    command.arg("--write").arg(folder.join("out/compare")).arg("--server").arg(server);
    command.arg("--peers").arg(folder.join("peers")).args(arguments).output().unwrap()
}

#[test]
fn a_tiny_comparison_fills_its_table() {
    let folder = tempfile::tempdir().unwrap();
    // Through the plain door the floor says the same as the server.
    let output = compare(folder.path(), &format!("exec {BENCH} floor"), &["--only", "floor,plain,axum"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let out = folder.path().join("out");
    let read = |ending: &str| fs::read_to_string(out.join(format!("compare.{ending}"))).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    let names: Vec<&str> =
        json["contenders"].as_array().unwrap().iter().map(|one| one["contender"].as_str().unwrap()).collect();
    assert_eq!(names, ["floor", "plain", "axum"]);
    let rows = json["rows"].as_array().unwrap();
    // Five for the room, three delays, two counts of idle people, two of arriving, bytes.
    assert_eq!(rows.len(), 5 + 3 + 2 + 2 + 1, "{errors}");
    for row in rows {
        assert!(row["cells"].as_array().unwrap().iter().all(serde_json::Value::is_object), "{row}\n{errors}");
    }
    let bytes = rows.iter().find(|row| row["measure"]["what"] == "wire_bytes").unwrap();
    assert_eq!(bytes["cells"][2]["value"]["median"], 66.0);
    let table = String::from_utf8(output.stdout).unwrap();
    for text in [table, read("md")] {
        assert!(text.contains("| deliveries/s, busy, room of 20 "), "{text}");
    }
    assert!(read("svg").ends_with("</svg>\n"));
    let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn who_fails_is_named_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare(folder.path(), "echo 'no tea left' >&2; exit 3", &["--only", "floor,plain"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(folder.path().join("out/compare.md")).unwrap();
    let note = page.lines().find(|line| line.starts_with("- Teahouse, plain room failed, room of 20: "));
    assert!(note.is_some_and(|note| note.contains("no tea left")), "{page}");
    let row = page.lines().find(|line| line.starts_with("| deliveries/s, busy, room of 20")).unwrap();
    assert!(
        row.trim_end_matches([' ', '|']).ends_with('–') && row.contains(" k") | row.contains(" M"),
        "{row}"
    );
}
