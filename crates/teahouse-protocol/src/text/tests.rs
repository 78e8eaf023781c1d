//! The cases of `fixtures/text/`, what a text costs, and that any text has a tree.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn step(cost: usize) {
    STEPS.set(STEPS.get() + cost);
}

fn fixture(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/text").join(name);
    serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A tree as the fixtures write it: a text is itself, anything else `[what, …]`.
fn shape(blocks: &[Block]) -> Vec<Value> {
    blocks.iter().map(shape_block).collect()
}

fn shape_block(block: &Block) -> Value {
    let items = |items: &[Vec<Block>]| items.iter().map(|item| json!(shape(item))).collect();
    match block {
        Block::Paragraph(inside) => node("p", shape_inlines(inside)),
        Block::Heading(inside) => node("h", shape_inlines(inside)),
        Block::Code { lang, text } => json!(["pre", lang, text]),
        Block::Quote(inside) => node("quote", shape(inside)),
        Block::Bullets(all) => node("ul", items(all)),
        Block::Numbers { first, items: all } => {
            node("ol", std::iter::once(json!(first)).chain::<Vec<_>>(items(all)).collect())
        }
    }
}

fn shape_inlines(inlines: &[Inline]) -> Vec<Value> {
    inlines.iter().map(shape_inline).collect()
}

fn shape_inline(inline: &Inline) -> Value {
    match inline {
        Inline::Text(text) => json!(text),
        Inline::Bold(inside) => node("b", shape_inlines(inside)),
        Inline::Italic(inside) => node("i", shape_inlines(inside)),
        Inline::Struck(inside) => node("s", shape_inlines(inside)),
        Inline::Hidden(inside) => node("hidden", shape_inlines(inside)),
        Inline::Code(code) => json!(["code", code]),
        Inline::Link { href, inside } => {
            node("a", std::iter::once(json!(href)).chain(shape_inlines(inside)).collect())
        }
        Inline::Person(id) => json!(["person", id]),
        Inline::Everybody(whom) => json!(["everybody", whom.as_str()]),
        Inline::Room(id) => json!(["room", id]),
        Inline::Emoji(name) => json!(["emoji", name]),
    }
}

fn node(name: &str, inside: Vec<Value>) -> Value {
    Value::Array(std::iter::once(json!(name)).chain(inside).collect())
}

fn named(names: &Value) -> impl Fn(Mention<'_>) -> Option<String> + '_ {
    |mention| {
        let key = match mention {
            Mention::Person(id) => id.to_string(),
            Mention::Room(id) => id.to_string(),
        };
        names[key].as_str().map(String::from)
    }
}

#[test]
fn every_case_has_its_tree_and_its_plain_text() {
    let names = fixture("names.json");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/text");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        for case in fixture(&file).as_array().into_iter().flatten() {
            let text = case["text"].as_str().unwrap_or_else(|| panic!("{file}: {case}"));
            assert_eq!(json!(shape(&parse(text))), case["tree"], "{file}: {text}");
            assert_eq!(json!(plain(text, &named(&names))), case["plain"], "{file}: {text}");
            cases += 1;
        }
    }
    assert!(cases > 200, "{cases} cases were found");
}

#[test]
fn hidden_text_is_covered_unless_asked() {
    let nobody = |_: Mention<'_>| None;
    assert_eq!(plain("the end: ||he **dies**||", &nobody), "the end: ▒▒▒");
    assert_eq!(uncovered("the end: ||he **dies**||", &nobody), "the end: he dies");
}

#[test]
fn calls_are_found_outside_of_code() {
    let (a, b) = ("0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7", "7d793037-a076-4a6e-8b2f-0c5a3e9a9f10");
    let text = format!("<@{a}> 你好，**<@{b}>**<@{a}> see <#garden>\n\n> - <@here>\n\n`<@room>` \\<@room>");
    let found = calls(&text);
    assert_eq!(found.people, [a.parse().unwrap(), b.parse().unwrap()]);
    assert_eq!(found.rooms, ["garden".parse().unwrap()]);
    assert!(found.here);
    assert!(!found.room, "in code or escaped");
    assert!(calls("<@room>!").room);
    assert_eq!(calls(&format!("```\n<@{a}>\n```")), Calls::default());
    assert_eq!(calls("@here @room hello"), Calls::default());
}

/// A text made of what means something, from a seed. The web app's test makes the same.
fn made(seed: u32) -> String {
    const PARTS: [&str; 48] = [
        "*",
        "**",
        "***",
        "_",
        "~~",
        "||",
        "`",
        "``",
        "```",
        "\n",
        "\n\n",
        "> ",
        ">",
        "- ",
        "1. ",
        "2) ",
        "# ",
        "#",
        " ",
        "  ",
        "    ",
        "\t",
        "\\",
        "[",
        "](",
        ")",
        "](https://a.example)",
        "https://b.example/x",
        "(",
        "mailto:",
        "ada@a.example",
        "<@here>",
        "<@room>",
        "<#1024>",
        "<@0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7>",
        ":tea:",
        ":",
        "。",
        "，世界",
        "你好",
        "a",
        "word",
        "snake_case",
        "é",
        "\u{3000}",
        "🍵",
        "http://",
        "<",
    ];
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize
    };
    let count = 1 + next() % 24;
    (0..count).map(|_| PARTS[next() % PARTS.len()]).collect()
}

#[test]
fn trees_of_made_texts_are_those_of_the_web_app() {
    let names = fixture("names.json");
    let mut hash = 0x811c_9dc5_u32;
    for seed in 0..20_000 {
        let text = made(seed);
        let tree = json!([shape(&parse(&text)), plain(&text, &named(&names))]).to_string();
        for byte in tree.bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    // `web/app/tests/dialect.test.ts` has the same number.
    assert_eq!(hash, 0x9dbd_b381, "a parser changed: {hash:#x}");
}

fn steps_of(text: &str) -> usize {
    STEPS.set(0);
    let _ = parse(text);
    STEPS.get()
}

#[test]
fn hostile_texts_cost_no_more_than_friendly_ones() {
    let parts = [
        "*a ",
        "**a ",
        "*a**",
        "_a ",
        "~~a ",
        "||a ",
        "`a ",
        "``a ",
        "` `` ``` ",
        "[",
        "[a](",
        "](",
        "[a](https://a",
        "[a](https://a)",
        "http://a",
        "https://a.example/(",
        "mailto:",
        "<@",
        "<#a",
        ":a",
        ":aa",
        "\\",
        "> ",
        ">",
        ">>>> ",
        "- ",
        "- - ",
        "1. ",
        "  - a\n",
        "- a\n\n",
        "\n",
        "\n\n",
        "> a\n",
        "```\n",
        "```a\n\n",
        "# a\n",
        "*_~~||`",
        "***a*b**c",
        "    ",
        "a\n    ",
        "(",
        ")",
        "*a_ ",
        "**a***b*",
        "\u{3000}\n",
    ];
    for part in parts {
        for bytes in [1_000, 64_000] {
            let text = part.repeat(bytes / part.len());
            let steps = steps_of(&text);
            assert!(steps < 60 * bytes + 1_000, "{part:?}: {steps} steps for {bytes} bytes");
        }
    }
}

fn deepest(value: &Value) -> usize {
    value.as_array().map_or(0, |all| 1 + all.iter().map(deepest).max().unwrap_or(0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_tree(text in "\\PC*") {
        let _ = plain(&text, &|_| None);
        let _ = calls(&text);
    }

    #[test]
    fn any_marks_have_a_tree_of_bounded_depth(text in "([*_~|`>\\[\\]()<@#:\\\\ \\n-]|1\\. |a|好|https://a|\\|\\||~~){0,200}") {
        let steps = steps_of(&text);
        prop_assert!(steps <= 60 * text.len() + 200, "{} steps for {} bytes", steps, text.len());
        prop_assert!(deepest(&json!(shape(&parse(&text)))) <= 64);
    }

    #[test]
    fn words_without_marks_are_themselves(text in "[a-gi-l0-9 你好，。\\n]{0,80}") {
        prop_assert_eq!(plain(&text, &|_| None), text);
    }
}

fn check_code(text: &str, expected: Option<ErrorCode>) {
    assert_eq!(check(text, 8).err().map(|(code, _)| code), expected, "{text:?}");
}

#[test]
fn says_what_may_be_written() {
    check_code("你好", None);
    check_code("a\n\tb", None);
    check_code("12345678", None);
    check_code("123456789", Some(ErrorCode::TextTooLong));
    check_code("", Some(ErrorCode::BadField));
    check_code(" \n\u{3000}", Some(ErrorCode::BadField));
    check_code("\u{200b}\u{feff}", Some(ErrorCode::BadField));
    check_code("a\u{1b}[2J", Some(ErrorCode::BadField));
    check_code("a\u{0}", Some(ErrorCode::BadField));
    check_code("a\r\n", Some(ErrorCode::BadField));
    check_code("\u{9b}1m", Some(ErrorCode::BadField));
}

#[test]
fn one_emoji_is_a_reaction_and_a_word_is_none() {
    for emoji in ["👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🇨🇳", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ℹ️", "🅰️", "㊗️", "🍵", "👩🏽‍❤️‍💋‍👩🏿"]
    {
        assert_eq!(check_emoji(emoji), Ok(()), "{emoji}");
    }
    let long = "👍\u{200d}".repeat(12) + "👍";
    for other in
        ["", "a", "1", "茶", "👍👍", "👍 ", "🇨🇳🇨🇳", "ok👍", "\u{202e}", "\u{200d}", "\u{fe0f}", "<b>", &long]
    {
        assert!(check_emoji(other).is_err(), "{other:?}");
    }
}
