//! Gets the peers: their few lines are part of this program (`peers/` beside `src/`), their libraries come
//! from the registries by `npm` and `pip`, at the first use and in the versions that stand beside them.
//! Writes into one folder only; measures nothing.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::contender::{Contender, Program, Ready};
use crate::report;

/// Lines of a tool's output that are shown when it fails.
const LAST_LINES: usize = 8;
/// What is in a peer's folder once it is installed: the versions.
const STAMP: &str = "installed";
const NPM_ADVICE: &str = "install Node.js 20 or newer, with npm";
const PYTHON_ADVICE: &str = "install Python 3.10 or newer, with venv and pip";
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// A peer's files, by name.
type Files = &'static [(&'static str, &'static str)];

const BUN: Files = &[
    ("package.json", include_str!("../../peers/bun/package.json")),
    ("package-lock.json", include_str!("../../peers/bun/package-lock.json")),
    ("room.js", include_str!("../../peers/bun/room.js")),
];
const WS: Files = &[
    ("package.json", include_str!("../../peers/ws/package.json")),
    ("package-lock.json", include_str!("../../peers/ws/package-lock.json")),
    ("room.js", include_str!("../../peers/ws/room.js")),
];
const SOCKET_IO: Files = &[
    ("package.json", include_str!("../../peers/socket_io/package.json")),
    ("package-lock.json", include_str!("../../peers/socket_io/package-lock.json")),
    ("room.js", include_str!("../../peers/socket_io/room.js")),
];
const TORNADO: Files = &[
    ("requirements.txt", include_str!("../../peers/tornado/requirements.txt")),
    ("room.py", include_str!("../../peers/tornado/room.py")),
];

/// Makes a contender ready to start; `peers` is the folder of all that is installed, `bench` this program.
pub fn ready(contender: Contender, peers: &Path, bench: &Path) -> Result<Ready> {
    let own = concat!("teahouse ", env!("CARGO_PKG_VERSION"));
    let (version, program) = match contender {
        Contender::Floor | Contender::Plain | Contender::Full => (own.to_string(), None),
        Contender::Bun => {
            let program = from_npm(&peers.join("bun"), BUN, "node_modules/bun/bin/bun.exe")?;
            (npm_version(BUN, "bun")?, Some(program))
        }
        Contender::Ws => {
            let program = from_npm(&peers.join("ws"), WS, "node")?;
            (format!("{}, {}", npm_version(WS, "ws")?, node_version()?), Some(program))
        }
        Contender::SocketIo => {
            let program = from_npm(&peers.join("socket_io"), SOCKET_IO, "node")?;
            (format!("{}, {}", npm_version(SOCKET_IO, "socket.io")?, node_version()?), Some(program))
        }
        Contender::Tornado => from_pip(&peers.join("tornado"), TORNADO)?,
        Contender::Axum => (crate_version(LOCK, "axum")?, Some(built(bench, "peer-axum")?)),
    };
    Ok(Ready { contender, version, program })
}

/// Installs what the lock file says; `program` is in the folder, or on the `PATH`.
fn from_npm(folder: &Path, files: Files, program: &str) -> Result<Program> {
    if unpack(folder, files)? {
        installing(folder, "npm")?;
        run("npm", &["ci", "--omit=dev", "--no-audit", "--no-fund"], folder, NPM_ADVICE)?;
        stamp(folder, files)?;
    }
    let inside = folder.join(program);
    let path = if inside.is_file() { inside } else { program.into() };
    Ok(Program { path, arguments: vec![folder.join("room.js").into()] })
}

fn from_pip(folder: &Path, files: Files) -> Result<(String, Option<Program>)> {
    let python = folder.join("venv/bin/python");
    if unpack(folder, files)? || !python.is_file() {
        installing(folder, "pip")?;
        run("python3", &["-m", "venv", "--clear", "venv"], folder, PYTHON_ADVICE)?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"];
        run(&python.to_string_lossy(), &pip, folder, PYTHON_ADVICE)?;
        stamp(folder, files)?;
    }
    let requirement = files[0].1.trim().replace("==", " ");
    let version = run(&python.to_string_lossy(), &["--version"], folder, PYTHON_ADVICE)?;
    let program = Program { path: python, arguments: vec![folder.join("room.py").into()] };
    Ok((format!("{requirement}, {}", version.trim()), Some(program)))
}

/// A program that cargo puts beside this one.
fn built(bench: &Path, example: &str) -> Result<Program> {
    // A test's program lies in the same folder.
    let path = bench.with_file_name("examples").join(example);
    ensure!(
        path.is_file(),
        "{} is not there: build it with `cargo build --release -p teahouse-bench --example {example}`",
        path.display()
    );
    Ok(Program { path, arguments: Vec::new() })
}

/// Writes a peer's files; the answer is whether its libraries have to be installed.
fn unpack(folder: &Path, files: Files) -> Result<bool> {
    let cannot = || format!("cannot write to {}", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    for (name, text) in files {
        fs::write(folder.join(name), text).with_context(cannot)?;
    }
    let installed = fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    Ok(installed != versions(files))
}

fn stamp(folder: &Path, files: Files) -> Result<()> {
    Ok(fs::write(folder.join(STAMP), versions(files))?)
}

/// Everything that says which libraries: all files but the program, which is last.
fn versions(files: Files) -> String {
    files[..files.len() - 1].iter().map(|(_, text)| *text).collect()
}

fn installing(folder: &Path, tool: &str) -> Result<()> {
    report::print_line(&format!("installing with {tool} into {} ...", folder.display()))
}

/// Runs a tool to its end; the answer is its standard output.
fn run(tool: &str, arguments: &[&str], folder: &Path, advice: &str) -> Result<String> {
    let output = Command::new(tool).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no `{tool}`: {advice}")
        }
        other => other.with_context(|| format!("cannot run {tool}"))?,
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let errors = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = errors.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n  ");
    bail!(
        "`{tool} {}` in {} failed (is the registry within reach?):\n  {last}",
        arguments.join(" "),
        folder.display()
    )
}

fn node_version() -> Result<String> {
    let version = run("node", &["--version"], Path::new("."), NPM_ADVICE)?;
    Ok(format!("Node {}", version.trim().trim_start_matches('v')))
}

/// `NAME VERSION` as package.json pins it.
fn npm_version(files: Files, name: &str) -> Result<String> {
    let package: serde_json::Value = serde_json::from_str(files[0].1)?;
    let version = package["dependencies"][name].as_str();
    Ok(format!("{name} {}", version.with_context(|| format!("{name} is not pinned"))?))
}

/// `NAME VERSION` as Cargo.lock has it.
fn crate_version(lock: &str, name: &str) -> Result<String> {
    let (_, rest) = lock
        .split_once(&format!("\nname = \"{name}\"\nversion = \""))
        .with_context(|| format!("{name} is not in Cargo.lock"))?;
    let version = rest.split('"').next().unwrap_or_default();
    Ok(format!("{name} {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_pinned() {
        let digits = |version: &str| version.chars().last().is_some_and(|last| last.is_ascii_digit());
        for (files, name) in [(BUN, "bun"), (WS, "ws"), (SOCKET_IO, "socket.io")] {
            let version = npm_version(files, name).unwrap();
            assert!(digits(&version) && !version.contains(['^', '~', '*', 'x']), "{version}");
            let lock: serde_json::Value = serde_json::from_str(files[1].1).unwrap();
            let locked = lock["packages"][format!("node_modules/{name}")]["version"].as_str().unwrap();
            assert_eq!(version, format!("{name} {locked}"));
            assert!(!files[1].1.contains("\"resolved\""), "{name} names a registry");
        }
        assert!(TORNADO[0].1.lines().all(|line| line.contains("==")));
        assert!(digits(&crate_version(LOCK, "axum").unwrap()));
        crate_version(LOCK, "kettle").unwrap_err();
    }

    #[test]
    fn what_is_installed_is_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(unpack(folder.path(), WS).unwrap());
        stamp(folder.path(), WS).unwrap();
        assert!(!unpack(folder.path(), WS).unwrap());
        // Another version is.
        fs::write(folder.path().join(STAMP), "ws 7").unwrap();
        assert!(unpack(folder.path(), WS).unwrap());
    }

    #[test]
    fn what_is_missing_is_said() {
        let here = Path::new(".");
        let error = run("no-such-kettle", &[], here, "buy one").unwrap_err().to_string();
        assert_eq!(error, "there is no `no-such-kettle`: buy one");
        let failing = ["-c", "echo no tea >&2; exit 3"];
        let error = run("sh", &failing, here, "").unwrap_err().to_string();
        assert!(error.contains("no tea") && error.contains("registry"), "{error}");
        let error = built(Path::new("target/x/bench"), "peer-none").unwrap_err().to_string();
        assert!(error.contains("target/x/examples/peer-none") && error.contains("cargo build"), "{error}");
    }
}
