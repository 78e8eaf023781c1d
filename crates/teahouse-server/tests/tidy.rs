//! Keeps the repository in order: the rules that no compiler checks, each with its reason.
//!
//! Reads the files of the work tree, builds and runs nothing, and owns no exceptions: a file that has to
//! break a rule changes the rule here, where a reviewer sees it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// Where people start to lose their way in a file.
const FILE_LINES_MAX: usize = 600;
/// A longer script becomes a program, which can be tested.
const SCRIPT_LINES_MAX: usize = 40;
/// What somebody reads before they decide to try it.
const README_LINES_MAX: usize = 119;
/// Folders with nothing that a person wrote.
const SKIPPED: [&str; 6] = [".git", "data", "dist", "node_modules", "output", "target"];

/// A text file of the repository.
struct Source {
    /// From the root, with slashes.
    path: String,
    text: String,
}

impl Source {
    fn is(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

#[test]
fn files_are_short() {
    let long = sources().into_iter().filter(|source| source.is(&[".rs", ".ts", ".tsx", ".css", ".mjs"]));
    let faults = long.filter(|source| source.text.lines().count() > FILE_LINES_MAX);
    report(
        "A file has at most 600 lines: a longer one has two subjects. Move one to a file of its own.",
        faults.map(|source| format!("{}: {} lines", source.path, source.text.lines().count())),
    );
}

#[test]
fn scripts_are_short_and_strict() {
    let scripts = sources().into_iter().filter(|source| source.text.starts_with("#!/usr/bin/env bash"));
    let faults = scripts.flat_map(|script| {
        let long = script.text.lines().count() > SCRIPT_LINES_MAX;
        let lax = !script.text.contains("\nset -euo pipefail\n");
        let long = long.then(|| format!("{}: more than {SCRIPT_LINES_MAX} lines", script.path));
        long.into_iter().chain(lax.then(|| format!("{}: no `set -euo pipefail`", script.path)))
    });
    report(
        "A script stops at the first fault, and has at most 40 lines: longer ones become programs.",
        faults,
    );
}

#[test]
fn manifests_point_one_way() {
    let rules: [(&str, &[&str]); 2] = [
        ("protocol", &["serde", "serde_json", "thiserror", "uuid"]),
        ("core", &["teahouse-protocol", "unicode-normalization", "unicode-security", "unicode-segmentation"]),
    ];
    let mut faults = Vec::new();
    for (name, allowed) in rules {
        let extra =
            dependencies(name, "dependencies").into_iter().filter(|it| !allowed.contains(&it.as_str()));
        faults.extend(extra.map(|it| format!("teahouse-{name} depends on {it}")));
    }
    for (name, refused) in [
        ("client", ["teahouse-core", "teahouse-server", "teahouse-bench"]),
        ("bench", ["teahouse-core", "teahouse-server", "rusqlite"]),
        ("core", ["tokio", "rand", "tempfile"]),
    ] {
        let all = ["dependencies", "dev-dependencies", "build-dependencies"];
        let named = all.iter().flat_map(|kind| dependencies(name, kind));
        let named = named.filter(|it| refused.contains(&it.as_str()));
        faults.extend(named.map(|it| format!("teahouse-{name} depends on {it}")));
    }
    report("Core has no sockets, clock or chance, and the client knows only the protocol.", faults);
}

#[test]
fn modules_know_only_what_they_may() {
    let rules: [(&str, &[&str], &str); 3] = [
        ("transport", &["store", "bus"], "a transport turns bytes into frames and hosts a session"),
        ("store", &["bus", "transport", "session"], "a store answers whoever asks and knows nobody"),
        ("bus", &["store", "transport", "session"], "a hint carries no rule and may be lost"),
    ];
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is(&[".rs"])) {
        for (module, refused, why) in rules {
            let folder = format!("teahouse-server/src/{module}");
            if !source.path.contains(&format!("{folder}/")) && !source.path.contains(&format!("{folder}.rs"))
            {
                continue;
            }
            let named = named_modules(&bare(&source.text));
            let named = named.into_iter().filter(|(_, name)| refused.contains(&name.as_str()));
            faults.extend(named.map(|(line, name)| source.at(line, &format!("names `{name}`: {why}"))));
        }
    }
    report("The walls between the server's modules.", faults);
}

#[test]
fn nothing_is_left_undone() {
    let refused = ["todo", "unimplemented", "dbg"];
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is(&[".rs"])) {
        for (line, text) in bare(&source.text).lines().enumerate() {
            let found = refused
                .iter()
                .filter(|name| words(text).any(|(word, rest)| word == **name && rest.starts_with('!')));
            faults.extend(found.map(|name| source.at(line, &format!("`{name}!`"))));
        }
    }
    report("What is in the repository is finished: a half is kept in a branch.", faults);
}

#[test]
fn architecture_names_every_folder() {
    let page = read("ARCHITECTURE.md");
    let sources = sources();
    let code = sources.iter().filter(|source| source.is(&[".rs", ".ts", ".tsx", ".css"]));
    // `foo/tests.rs` beside `foo.rs` makes a folder, but not a module of its own.
    let code = code.filter(|source| !source.path.contains("/tests"));
    let folders: BTreeSet<&str> =
        code.filter_map(|source| source.path.rsplit_once('/')).map(|it| it.0).collect();
    let named = |folder: &str| {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        name == "src" || page.contains(&format!("{name}/"))
    };
    report(
        "ARCHITECTURE.md says of every folder of code what it is for; write its name with a slash.",
        folders.into_iter().filter(|folder| !named(folder)).map(String::from),
    );
}

#[test]
fn links_are_alive() {
    let mut faults = Vec::new();
    for page in sources().iter().filter(|source| source.is(&[".md"])) {
        for (line, target) in links(&page.text) {
            let outside = ["http://", "https://", "mailto:"].iter().any(|start| target.starts_with(start));
            if !outside && !reaches(&page.path, &target) {
                faults.push(page.at(line, &format!("there is no {target}")));
            }
        }
    }
    report("A link in a page leads somewhere.", faults);
}

#[test]
fn nothing_names_a_machine() {
    let needles = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let mut faults = Vec::new();
    for source in sources() {
        for (line, text) in source.text.lines().enumerate() {
            let here = needles.iter().filter(|needle| {
                text.match_indices(needle.as_str()).any(|(at, _)| {
                    // `a/home/b` is a relative path.
                    !text[..at].ends_with(|before: char| before.is_alphanumeric() || "._-/}".contains(before))
                })
            });
            faults.extend(here.map(|needle| source.at(line, needle)));
        }
    }
    report("No path of one person's machine: it works nowhere else.", faults);
}

#[test]
fn lock_file_names_no_registry() {
    let lock = read("package-lock.json");
    let faults = lock.lines().filter(|line| line.contains("\"resolved\": \"http"));
    report(
        "package-lock.json works with any registry: `npm config set omit-lockfile-registry-resolved true`.",
        faults.map(String::from),
    );
}

#[test]
fn lock_file_knows_every_platform() {
    let lock: serde_json::Value = serde_json::from_str(&read("package-lock.json")).expect("npm reads it too");
    let packages = lock["packages"].as_object().expect("the lock lists packages");
    let named = packages.values().filter_map(|package| package["optionalDependencies"].as_object());
    let missing = named.flat_map(|names| names.keys()).filter(|name| {
        let end = format!("node_modules/{name}");
        !packages.keys().any(|key| key.ends_with(&end))
    });
    report("`npm ci` refuses a lock without the parts for other systems.", missing.cloned());
}

#[test]
fn the_app_loads_nothing_from_elsewhere() {
    let starts = ["src=\"", "href=\"", "url(", "url(\"", "url('", "@import \"", "@import '"];
    let mut faults = Vec::new();
    for source in
        sources().iter().filter(|source| source.path.starts_with("web/") && source.is(&[".html", ".css"]))
    {
        for (line, text) in source.text.lines().enumerate() {
            let outside =
                ["http:", "https:", "//"].iter().flat_map(|end| starts.map(|start| format!("{start}{end}")));
            faults.extend(outside.filter(|it| text.contains(it)).map(|it| source.at(line, &it)));
        }
    }
    report("The app is whole in itself: it works without the internet and tells nobody who uses it.", faults);
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    let long = (lines > README_LINES_MAX).then(|| format!("{lines} lines"));
    report("The README has under 120 lines: the rest belongs into docs/.", long);
}

#[test]
fn the_example_config_is_whole() {
    let example = read("teahouse.example.toml");
    let shown = example.lines().filter_map(|line| line.trim_start_matches("# ").split_once(" = "));
    let shown: BTreeSet<String> = shown.map(|(key, _)| key.to_owned()).collect();
    let known = config_keys();
    let missing = known.difference(&shown).map(|key| format!("{key} is missing"));
    let unknown = shown.difference(&known).map(|key| format!("{key} does not exist"));
    report("teahouse.example.toml shows every key with its default.", missing.chain(unknown));
}

#[test]
fn every_crate_follows_the_workspace() {
    let mut faults = Vec::new();
    for source in
        sources().iter().filter(|source| source.path.starts_with("crates/") && source.is(&["/Cargo.toml"]))
    {
        let manifest: Table = source.text.parse().expect("cargo reads it too");
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        let version =
            manifest.get("package").and_then(|package| package.get("rust-version")?.get("workspace"));
        let yes = Some(&toml::Value::Boolean(true));
        faults.extend((lints != yes).then(|| format!("{}: no `[lints] workspace = true`", source.path)));
        faults
            .extend((version != yes).then(|| format!("{}: no `rust-version.workspace = true`", source.path)));
    }
    report("Lints and the Rust version are written once, in the workspace.", faults);
}

#[test]
fn every_test_is_found() {
    let sources = sources();
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.is(&["/Cargo.toml"])) {
        if !source.text.contains("autotests = false") {
            continue;
        }
        let tests = source.path.replace("Cargo.toml", "tests/");
        for (test, name) in sources.iter().filter_map(|it| Some((it, it.path.strip_prefix(&tests)?))) {
            let is_target = name.ends_with("/main.rs") || name.ends_with(".rs") && !name.contains('/');
            let named = source.text.contains(&format!("path = \"tests/{name}\""));
            faults.extend((is_target && !named).then(|| test.path.clone()));
        }
    }
    report("A test that cargo does not find never runs: name it in a `[[test]]`.", faults);
}

#[test]
fn nothing_fetches_a_toolchain() {
    let files =
        ["rust-toolchain", "rust-toolchain.toml"].into_iter().filter(|name| root().join(name).exists());
    report(
        "`rust-version` in Cargo.toml says which Rust is needed; a toolchain file would download one.",
        files.map(String::from),
    );
}

/// Fails with the rule and everything that breaks it.
fn report(rule: &str, faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{rule}\n  {}", faults.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file of the repository; what is built, installed or stored is not part of it.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).expect("the work tree can be read").map(|entry| entry.expect("it too"))
        {
            let path = entry.path();
            let name = entry.file_name();
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).expect("it lies below the root");
                found.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    assert!(found.len() > 50, "only {} files: this test does not see the repository", found.len());
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn dependencies(name: &str, kind: &str) -> Vec<String> {
    let manifest: Table =
        read(&format!("crates/teahouse-{name}/Cargo.toml")).parse().expect("cargo reads it too");
    manifest.get(kind).and_then(|it| it.as_table()).map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

/// The keys of the server's configuration.
fn config_keys() -> BTreeSet<String> {
    let text = bare(&read("crates/teahouse-server/src/config.rs"));
    let (_, keys) = text.split_once("\ngiven! {").expect("config.rs lists its keys in `given!`");
    let (keys, _) = keys.split_once("\n}").expect("the list ends");
    let names = keys.lines().filter_map(|line| line.trim().split_once(':'));
    let keys: BTreeSet<String> = names.map(|(name, _)| name.to_owned()).collect();
    assert!(keys.len() > 10, "only {} keys: this test does not see the list", keys.len());
    keys
}

/// The code alone: comments and literals become spaces, lines stay lines.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = literal(rest, out.chars().last());
        if skipped == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(rest[..skipped].chars().map(|it| if it == '\n' { '\n' } else { ' ' }));
            rest = &rest[skipped..];
        }
    }
    out
}

/// How long the comment or literal is that begins here; 0 if none does.
fn literal(rest: &str, before: Option<char>) -> usize {
    let upto = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return upto("*/", 2);
    }
    if rest.starts_with('"') {
        return quoted(rest);
    }
    let after_word = before.is_some_and(|it| it.is_alphanumeric() || it == '_');
    if rest.starts_with('r') && !after_word {
        let hashes = rest[1..].chars().take_while(|it| *it == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            return upto(&format!("\"{}", "#".repeat(hashes)), 2 + hashes);
        }
    }
    // A lifetime has no second quote where a character has one.
    match rest.strip_prefix('\'').and_then(|it| it.chars().next()) {
        Some('\\') => upto("'", 3),
        Some(it) if rest[1 + it.len_utf8()..].starts_with('\'') => 2 + it.len_utf8(),
        _ => 0,
    }
}

/// How long the string is that begins with its quote.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, it) in rest.char_indices().skip(1) {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Each identifier of a text, with what follows it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.find(|it: char| it.is_alphanumeric() || it == '_')?;
        let end = rest[begin..]
            .find(|it: char| !it.is_alphanumeric() && it != '_')
            .map_or(rest.len(), |at| begin + at);
        let word = &rest[begin..end];
        rest = &rest[end..];
        Some((word, rest))
    })
}

/// The parts of paths that a file names, each with its line: in a `use`, or beside a `::`.
fn named_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut importing = false;
    for (line, text) in code.lines().enumerate() {
        let mut path = false;
        for (word, rest) in words(text) {
            importing |= word == "use";
            if importing || path || rest.starts_with("::") {
                found.push((line, word.to_owned()));
            }
            path = rest.starts_with("::");
            importing &= !rest.trim_start_matches([' ', '}']).starts_with(';');
        }
        importing &= !text.ends_with(';');
    }
    found
}

/// The targets of a page's links, outside its code.
fn links(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (line, text) in page.lines().enumerate() {
        fenced ^= text.trim_start().starts_with("```");
        let parts = text.split("](").skip(1).filter(|_| !fenced);
        found.extend(parts.filter_map(|part| Some((line, part.split_once(')')?.0.to_owned()))));
    }
    found
}

/// Whether a relative link of that page leads to a file and, in a page, to a heading.
fn reaches(page: &str, target: &str) -> bool {
    let (file, heading) =
        target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { root().join(page) } else { root().join(folder).join(file) };
    match heading {
        Some(heading) if path.extension().is_some_and(|it| it == "md") => {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().filter_map(|line| line.strip_prefix('#')).any(|title| anchor(title) == heading)
        }
        _ => path.exists(),
    }
}

/// The address that a heading gets: lower case, spaces as hyphens, no punctuation.
fn anchor(title: &str) -> String {
    let title = title.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = "a /* b */ \"c\\\" d\" 'e' r#\"f\"# fn g<'h>() // i";
    let left = bare(text);
    assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "fn", "g<'h>()"]);
}

#[test]
fn modules_are_found_in_imports_and_paths() {
    let named = |text: &str| named_modules(text).into_iter().map(|it| it.1).collect::<Vec<_>>();
    assert_eq!(named("use crate::{\n  store,\n};\nlet bus = 1;"), ["use", "crate", "store"]);
    assert_eq!(named("store::open(bus)"), ["store", "open"]);
}

#[test]
fn links_and_headings_are_read() {
    assert_eq!(links("[a](b.md#c) ![d](e)\n```\n[f](g)\n```"), [(0, "b.md#c".into()), (0, "e".into())]);
    assert_eq!(anchor("## The plain-text room, and echo"), "the-plain-text-room-and-echo");
}
