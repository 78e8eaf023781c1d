//! Backup, restore, verify and move: whole houses are copied and checked, and what happens when that is
//! interrupted or refused.

mod again;
mod backup;
mod content;
mod moving;
mod postgres;
mod restore;
mod stages;
mod verify;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use teahouse_server::keep::{Move, Moved, Place, Progress, Survey};
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use content::{drafts, main_room};

/// The program with these arguments, in a folder without a configuration.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
    command.args(args).current_dir(env!("CARGO_TARGET_TMPDIR")).env_remove("TEAHOUSE_DATA");
    command
}

/// Runs the program to its end.
fn run(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

/// What a program said that was to end well.
fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{said}{}", refusal(output));
    said
}

/// What a program said on standard error.
fn refusal(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("teahouse.db")
}

/// A folder with so many messages that nobody has open.
async fn closed_folder(messages: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.append(&main_room(), drafts(1, messages)).await.unwrap();
    store.close().await;
    folder
}

fn place(folder: &TempDir) -> Place {
    Place::Folder(folder.path().into())
}

/// What is there, which has no fault.
fn sound(place: &Place) -> Survey {
    let survey = aside(|| teahouse_server::keep::verify(place, &Progress::silent())).unwrap();
    assert_eq!(survey.faults, Vec::<String>::new(), "{place}");
    survey
}

fn moved(from: &Place, to: &Place, force: bool) -> anyhow::Result<Moved> {
    aside(|| Move { from: from.clone(), to: to.clone(), force }.run(&Progress::silent()))
}

/// Does what waits by itself on a thread without a runtime, as a command does.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// A small file system in memory, gone with this. Needs Linux and root, and fails without them.
struct Mount(TempDir);

impl Mount {
    fn new(size: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let options = format!("size={size},mode=700");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).status();
        assert!(mount.unwrap().success(), "mount failed: this test needs Linux and root");
        Self(folder)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
