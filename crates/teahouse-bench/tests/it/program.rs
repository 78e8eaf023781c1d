//! The program from the outside: it ends by itself, ends what it started, and removes its folders.
//! The floor plays the server: through the plain door it does the same job.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(super) const BENCH: &str = env!("CARGO_BIN_EXE_teahouse-bench");

/// A folder with a program `server` in it, and an empty folder `data`.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new(server_script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let server = folder.path().join("server");
        write_script(&server, server_script);
        Self { folder }
    }

    fn with_floor() -> Self {
        Self::new(&format!("exec {BENCH} floor"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn bench(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BENCH);
        command.args(arguments).arg("--data").arg(self.data());
        command.arg("--server").arg(self.folder.path().join("server"));
        command
    }

    fn assert_nothing_left(&self) {
        assert_eq!(fs::read_dir(self.data()).unwrap().count(), 0, "a folder was left behind");
    }
}

/// Makes a program out of a line of shell.
pub(super) fn write_script(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn is_alive(pid: &str) -> bool {
    // A zombie would be alive too: the program must have waited for its children.
    Path::new("/proc").join(pid).exists()
}

/// The ids of the processes that the program names on its standard error, as they come.
fn pids(child: &mut Child, count: usize) -> Vec<String> {
    let errors = BufReader::new(child.stderr.take().unwrap());
    let lines = errors.lines().map(Result::unwrap);
    let pids = lines.filter_map(|line| {
        let rest = line.split_once(": pid ")?.1;
        Some(rest.split(',').next()?.to_string())
    });
    pids.take(count).collect()
}

#[test]
fn fanout_prints_a_table_and_writes_its_numbers() {
    let scene = Scene::with_floor();
    let json = scene.folder.path().join("rows.json");
    let mut command = scene.bench(&["fanout", "--room", "plain", "--people", "5,100"]);
    command.args(["--in-flight", "1,10", "--messages", "50", "--repeats", "2", "--unjoined"]);
    let output = command.arg("--json").arg(&json).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.lines().filter(|line| line.starts_with("| plain")).count(), 4, "{table}");
    let rows: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 4);
    assert_eq!(rows[3]["people"], 100);
    assert_eq!(rows[3]["server"]["messages"], 100);
    assert_eq!(rows[3]["floor"]["bytes_per_delivery"], 66.0);
    scene.assert_nothing_left();
}

#[test]
fn delay_and_idle_end_by_themselves() {
    let scene = Scene::with_floor();
    let delay = ["fanout", "--delay", "--room", "plain", "--people", "5", "--messages", "3"];
    let idle = ["idle", "--room", "plain", "--connections", "10,30", "--repeats", "2"];
    let idle = [&idle[..], &["--each-second", "1", "--quiet", "1"]].concat();
    for arguments in [&delay[..], &idle] {
        let output = scene.bench(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8(output.stdout).unwrap().contains("| plain"));
        scene.assert_nothing_left();
    }
}

#[test]
fn a_signal_ends_the_program_and_what_it_started() {
    for signal in [Signal::INT, Signal::TERM] {
        let scene = Scene::with_floor();
        let mut command = scene.bench(&["fanout", "--room", "plain", "--people", "5"]);
        command.args(["--repeats", "100"]).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let pids = pids(&mut child, 2);
        assert!(pids.iter().all(|pid| is_alive(pid)));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(!pids.iter().any(|pid| is_alive(pid)), "{pids:?}");
        scene.assert_nothing_left();
    }
}

#[test]
fn a_server_that_fails_is_shown_with_its_last_words() {
    let scene = Scene::new("echo 'no tea left' >&2; exit 3");
    let output = scene.bench(&["fanout", "--room", "plain", "--people", "5"]).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(errors.contains("no tea left") && errors.contains("exit status: 3"), "{errors}");
    scene.assert_nothing_left();
}

#[test]
fn a_server_that_repeats_a_message_fails_the_run() {
    let scene = Scene::new(&format!("exec {BENCH} floor --fault repeat"));
    let mut command = scene.bench(&["fanout", "--room", "plain", "--people", "5"]);
    let output = command.args(["--messages", "20", "--repeats", "1"]).output().unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("person 4 heard"), "{errors}");
    scene.assert_nothing_left();
}

#[test]
fn more_people_than_open_files_are_refused_with_advice() {
    let scene = Scene::with_floor();
    let mut command = scene.bench(&["idle", "--connections", "1000000"]);
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && errors.contains("ulimit -Hn"), "{errors}");
    scene.assert_nothing_left();
}
