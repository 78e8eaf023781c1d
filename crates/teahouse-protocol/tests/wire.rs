//! Holds the code and `docs/protocol.md` together: every example on that page is a fixture.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use teahouse_protocol::{CloseCode, Command, Cursor, Epoch, ErrorCode, Push, Seq};

const PAGE: &str = include_str!("../../../docs/protocol.md");

fn examples(heading: &str) -> Vec<&'static str> {
    let section = PAGE.split(heading).nth(1).expect("the page has this heading");
    let block = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("the section has a block of frames").lines().collect()
}

fn types(lines: &[&str]) -> BTreeSet<String> {
    let name =
        |line: &&str| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
    lines.iter().map(name).collect()
}

#[test]
fn every_command_on_the_page_is_read_and_written_back() {
    let lines = examples("### From the client: commands");
    assert_eq!(types(&lines).len(), 11, "{:?}", types(&lines));
    for line in lines {
        let command = Command::decode(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let back = String::from_utf8(command.encode()).unwrap();
        assert_eq!(Command::decode(&back).unwrap(), command, "{line}");
        let (was, is): (Value, Value) =
            (serde_json::from_str(line).unwrap(), serde_json::from_str(&back).unwrap());
        assert_eq!(is, was);
    }
}

#[test]
fn every_push_on_the_page_is_read_and_written_back() {
    let lines = examples("### From the server: replies and pushes");
    assert_eq!(types(&lines).len(), 18, "{:?}", types(&lines));
    for line in lines {
        let push = Push::decode(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let back = String::from_utf8(push.encode()).unwrap();
        assert_eq!(back, line, "the page shows the bytes as they are sent");
    }
}

#[test]
fn the_page_has_the_table_of_errors() {
    let rows: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|code| {
            let ends = code.close().map_or("no".to_owned(), |close| format!("yes, {}", close.number()));
            format!("| `{}` | {} | {} | {ends} |", code.as_str(), code.status(), code.advice().as_str())
        })
        .collect();
    assert!(PAGE.contains(&rows.join("\n")), "docs/protocol.md should have:\n{}", rows.join("\n"));
}

#[test]
fn the_page_has_every_close_code() {
    for code in CloseCode::ALL {
        let row = format!("| {} | {} | ", code.number(), code.as_str());
        assert!(PAGE.contains(&row), "docs/protocol.md should have the row {row}");
    }
}

fn check_refused(line: &str, code: ErrorCode, field: Option<&str>) {
    let error = Command::decode(line).expect_err(line);
    assert_eq!((error.code, error.field.as_deref()), (code, field), "{line}: {error}");
}

#[test]
fn a_refusal_names_the_code_and_the_field() {
    check_refused("", ErrorCode::BadFrame, None);
    check_refused("[]", ErrorCode::BadFrame, None);
    check_refused("{\"type\":\"bye\"", ErrorCode::BadFrame, None);
    check_refused("{}", ErrorCode::MissingField, Some("type"));
    check_refused("{\"type\":7}", ErrorCode::BadField, Some("type"));
    check_refused("{\"type\":\"shout\"}", ErrorCode::UnknownCommand, Some("type"));
    check_refused("{\"type\":\"hello\"}", ErrorCode::MissingField, Some("v"));
    check_refused("{\"type\":\"hello\",\"v\":-1}", ErrorCode::BadField, Some("v"));
    check_refused(
        "{\"type\":\"hello\",\"v\":1,\"cursors\":{\"1024\":\"tail\"}}",
        ErrorCode::BadField,
        Some("cursors"),
    );
    check_refused("{\"type\":\"ping\",\"ref\":9007199254740992}", ErrorCode::BadField, Some("ref"));
    check_refused(
        "{\"type\":\"subscribe\",\"ref\":1,\"room\":\"A B\",\"from\":\"head\"}",
        ErrorCode::BadField,
        Some("room"),
    );
    check_refused(
        "{\"type\":\"subscribe\",\"ref\":1,\"room\":\"a\",\"from\":{\"tail\":201}}",
        ErrorCode::BadField,
        Some("from"),
    );
    check_refused("{\"type\":\"history\",\"ref\":1,\"room\":\"a\"}", ErrorCode::MissingField, Some("before"));
    check_refused(
        "{\"type\":\"history\",\"ref\":1,\"room\":\"a\",\"before\":1,\"after\":1}",
        ErrorCode::MissingField,
        Some("before"),
    );
    check_refused(
        "{\"type\":\"history\",\"ref\":1,\"room\":\"a\",\"before\":1,\"limit\":201}",
        ErrorCode::BadField,
        Some("limit"),
    );
    let send = |cid: &str, kind: &str, body: &str| {
        format!(
            "{{\"type\":\"send\",\"ref\":1,\"room\":\"a\",\"cid\":\"{cid}\",\"kind\":\"{kind}\",\"body\":{body}}}"
        )
    };
    let cid = "d4735e3a265e16eee03f59718b9b5d03";
    check_refused(&send("12", "message", "{\"text\":\"x\"}"), ErrorCode::BadField, Some("cid"));
    check_refused(&send(cid, "join", "{\"text\":\"x\"}"), ErrorCode::BadField, Some("kind"));
    check_refused(&send(cid, "message", "{}"), ErrorCode::MissingField, Some("body.text"));
    check_refused(&send(cid, "message", "{\"text\":1}"), ErrorCode::BadField, Some("body.text"));
    check_refused(
        &send(cid, "message", "{\"text\":\"x\",\"target\":0}"),
        ErrorCode::BadField,
        Some("body.target"),
    );
    check_refused(&send(cid, "edit", "{\"text\":\"x\"}"), ErrorCode::MissingField, Some("body.target"));
    check_refused(&send(cid, "edit", "{\"target\":1}"), ErrorCode::MissingField, Some("body.text"));
    check_refused(&send(cid, "delete", "{}"), ErrorCode::MissingField, Some("body.target"));
    check_refused(&send(cid, "reaction", "{\"target\":1}"), ErrorCode::MissingField, Some("body.emoji"));
    check_refused(
        &send(cid, "reaction", "{\"target\":1,\"emoji\":\"no\"}"),
        ErrorCode::BadField,
        Some("body.emoji"),
    );
    check_refused(&send(cid, "pin", "{\"target\":1,\"on\":2}"), ErrorCode::BadField, Some("body.on"));
    assert_eq!(Command::decode("{\"type\":\"shout\",\"ref\":5}").unwrap_err().r#ref, Some(5));
}

proptest! {
    #[test]
    fn any_line_gives_a_command_or_an_error(line in ".{0,200}") {
        let _ = Command::decode(&line);
    }

    #[test]
    fn a_cursor_reads_back_as_it_was_written(epoch: u32, seq in 0..=Seq::MAX.0, check: u32) {
        let cursor = Cursor { epoch: Some(Epoch(epoch)), seq: Seq(seq), check };
        prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    }

    #[test]
    fn any_text_is_a_cursor_or_is_refused(text in "[0-9a-f.+-]{0,40}") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert!(cursor.seq <= Seq::MAX);
        }
    }
}
