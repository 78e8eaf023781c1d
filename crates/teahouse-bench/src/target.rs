//! A process that is measured: the server under test, a peer or the floor, with its own empty folder.
//! Owns both; dropping it ends the process by its id and removes the folder. Should this process
//! die without a word, the kernel ends the child (`hold`).

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

/// How long a process may take until it listens.
const START_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Last lines of the process's errors that are shown when it fails.
const LAST_LINES: usize = 12;

/// Limits of the server that a load generator would run into; all are set to a million.
const LIFTED: [&str; 6] = [
    "TEAHOUSE_SENDS_PER_SECOND",
    "TEAHOUSE_SENDS_BURST",
    "TEAHOUSE_CONNECTIONS_PER_ADDRESS_PER_SECOND",
    "TEAHOUSE_CONNECTIONS_PER_ADDRESS_BURST",
    "TEAHOUSE_GUESTS_PER_ADDRESS_PER_SECOND",
    "TEAHOUSE_GUESTS_PER_ADDRESS_BURST",
];

/// A running process, listening.
#[derive(Debug)]
pub struct Target {
    child: Child,
    address: SocketAddr,
    folder: Arc<TempDir>,
    /// What it is told of how much to say.
    log: Option<String>,
}

/// Where programs and folders are.
#[derive(Clone, Debug)]
pub struct Places {
    /// This program, which is the floor too.
    pub bench: PathBuf,
    /// The server under test.
    pub server: PathBuf,
    /// Folders are made in here.
    pub data: PathBuf,
}

impl Target {
    /// Starts the server under test with an empty data folder.
    pub fn server(places: &Places) -> Result<Self> {
        Self::node(places, &[])
    }

    /// Starts the server with an empty data folder, and has it say more; `again` has it do so, too.
    pub fn told(places: &Places, log: &str) -> Result<Self> {
        let folder = Arc::new(empty_folder(places)?);
        Self::serve(places, folder, "127.0.0.1:0", &[], Some(log.into()))
    }

    /// Kills the server and starts it once more, with the same folder and at the same address.
    pub fn again(mut self, places: &Places) -> Result<Self> {
        self.child.kill()?;
        self.child.wait()?;
        let (folder, address) = (Arc::clone(&self.folder), self.address.to_string());
        Self::serve(places, folder, &address, &[], self.log.take())
    }

    /// How often it said this, since it was started.
    pub fn said(&self, what: &str) -> Result<usize> {
        let said = fs::read_to_string(self.folder.path().join("stderr"))?;
        Ok(said.lines().filter(|line| line.contains(what)).count())
    }

    /// Starts a node of the server under test; `flags` say where the house is, if not in its folder.
    pub fn node(places: &Places, flags: &[String]) -> Result<Self> {
        ensure!(
            places.server.is_file(),
            "{} is not there: build it with `cargo build --release -p teahouse-server`, or say \
             --server PATH",
            places.server.display()
        );
        Self::serve(places, Arc::new(empty_folder(places)?), "127.0.0.1:0", flags, None)
    }

    fn serve(
        places: &Places,
        folder: Arc<TempDir>,
        listen: &str,
        flags: &[String],
        log: Option<String>,
    ) -> Result<Self> {
        let data = folder.path().join("data");
        let mut command = held(&places.bench, &places.server);
        command.args(["serve", "--listen", listen, "--data"]).arg(data).args(flags);
        command.envs(LIFTED.iter().map(|name| (name, "1000000")));
        command.envs(log.iter().map(|log| ("TEAHOUSE_LOG", log)));
        let mut target = Self::start(command, folder, "server")?;
        target.log = log;
        Ok(target)
    }

    /// Starts the floor as a process of its own.
    pub fn floor(places: &Places, joined: bool) -> Result<Self> {
        let mut command = held(&places.bench, &places.bench);
        command.args(["floor", "--listen", "127.0.0.1:0"]);
        if !joined {
            command.arg("--unjoined");
        }
        Self::start(command, Arc::new(empty_folder(places)?), "floor")
    }

    /// Starts the floor that writes by io_uring.
    pub fn ring_floor(places: &Places) -> Result<Self> {
        let mut command = held(&places.bench, &places.bench);
        command.args(["floor", "--listen", "127.0.0.1:0", "--uring"]);
        Self::start(command, Arc::new(empty_folder(places)?), "floor by io_uring")
    }

    /// Starts a peer of the server.
    pub fn peer(places: &Places, name: &str, program: &Path, arguments: &[OsString]) -> Result<Self> {
        let mut command = held(&places.bench, program);
        command.args(arguments);
        Self::start(command, Arc::new(empty_folder(places)?), name)
    }

    fn start(mut command: Command, folder: Arc<TempDir>, what: &str) -> Result<Self> {
        let log = |name| File::create(folder.path().join(name));
        command.stdin(Stdio::null()).stdout(log("stdout")?).stderr(log("stderr")?);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        // From here on an early return ends the process: the target is dropped.
        let mut target = Self { child, address: nowhere, folder, log: None };
        target.address = target.wait_until_it_listens().with_context(|| target.last_words())?;
        let folder = target.folder.path().display();
        writeln!(std::io::stderr(), "{what}: pid {}, folder {folder}", target.pid())?;
        Ok(target)
    }

    /// The process's id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its folder; gone with the target.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The end of what it wrote to its standard error, to explain a failure.
    #[must_use]
    pub fn last_words(&self) -> String {
        let errors = fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
        let lines: Vec<&str> = errors.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        format!("pid {}, its last words: {:?}", self.pid(), last.join("\n"))
    }

    fn wait_until_it_listens(&mut self) -> Result<SocketAddr> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            let output = fs::read_to_string(self.folder.path().join("stdout"))?;
            if let Some(address) = listening(&output) {
                return Ok(address);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended before it listened: {status}");
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("no line `listening http://ADDRESS` on its output for {} s", START_MAX.as_secs())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Both fail only when the process is gone already. Its data are thrown away, so a hard
        // end is as good as a soft one.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Replaces this process by `program`, which the kernel ends when the process `parent` dies.
/// Comes back only with an error.
pub fn hold(parent: u32, program: &Path, arguments: &[OsString]) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the line above.
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    ensure!(now == Some(parent), "the process {parent} that asked for this one is gone");
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", program.display()))
}

fn held(bench: &Path, program: &Path) -> Command {
    let mut command = Command::new(bench);
    command.args(["hold", "--parent", &std::process::id().to_string(), "--"]).arg(program);
    command
}

fn empty_folder(places: &Places) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("teahouse-bench-")
        .tempdir_in(&places.data)
        .with_context(|| format!("cannot make a folder in {}", places.data.display()))
}

fn listening(output: &str) -> Option<SocketAddr> {
    // A line that is still being written has no line feed yet.
    let whole = &output[..output.rfind('\n')?];
    whole.lines().find_map(|line| line.strip_prefix("listening http://")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_a_whole_line_only() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8888));
        assert_eq!(listening("hello\nlistening http://127.0.0.1:8888\n"), Some(address));
        assert_eq!(listening("listening http://127.0.0.1:88"), None);
        assert_eq!(listening("listening https://127.0.0.1:8888\n"), None);
    }
}
