//! The real program on a data folder of its own: started, killed, drained, started again.
//!
//! It listens on port 0, so that each start may have another port; clients reach it through proxies.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use teahouse_client::protocol::RoomId;
use teahouse_server::store::{EventLog as _, NewRoom, SqliteStore, Store as _};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// Long enough for any machine: beyond it something hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);
/// Keys that keep order among people; a run is about something else.
const LIFTED: [&str; 8] = [
    "SENDS_PER_SECOND",
    "SENDS_BURST",
    "CONNECTIONS_PER_ADDRESS_PER_SECOND",
    "CONNECTIONS_PER_ADDRESS_BURST",
    "GUESTS_PER_ADDRESS_PER_SECOND",
    "GUESTS_PER_ADDRESS_BURST",
    "HELLOS_PER_SECOND",
    "HELLOS_BURST",
];

/// What the house allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limits {
    /// So much that nobody is ever refused.
    #[default]
    Generous,
    /// So little that everybody is refused now and then, and waits.
    Tight,
}

/// One house, which may be dead.
#[derive(Debug)]
pub struct House {
    binary: PathBuf,
    folder: TempDir,
    limits: Limits,
    flags: Vec<OsString>,
    child: Option<Child>,
}

impl House {
    /// A house that was never started, with these rooms beside the main one.
    ///
    /// # Errors
    /// When there is no program, or its folder cannot be made.
    pub async fn new(rooms: &[RoomId], limits: Limits) -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no folder for the house's data")?;
        let house = Self { binary: binary()?, folder, limits, flags: Vec::new(), child: None };
        std::fs::create_dir(house.folder.path().join("data"))?;
        let store = SqliteStore::open(&house.data())?;
        for room in rooms {
            // No word of the program makes rooms yet.
            let new = NewRoom {
                id: room.clone(),
                name: room.as_str().into(),
                topic: "".into(),
                policy: Default::default(),
            };
            store.add_room(new).await?;
        }
        // The folder is free once its threads have ended.
        store.close().await;
        Ok(house)
    }

    /// Gives the program more flags from its next start on.
    pub fn add_flags(&mut self, flags: impl IntoIterator<Item = OsString>) {
        self.flags.extend(flags);
    }

    /// A folder that lives as long as the house.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it; done once it listens, with its address.
    ///
    /// # Errors
    /// When it ends or hangs before that, with its last words.
    pub async fn start(&mut self) -> anyhow::Result<SocketAddr> {
        ensure!(self.child.is_none(), "the house is started already");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.data());
        command.args(&self.flags).current_dir(self.folder.path());
        command
            .envs(settings(self.limits).into_iter().map(|(key, value)| (format!("TEAHOUSE_{key}"), value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let child = self.child.insert(command.spawn().context("the house cannot be started")?);
        let printed = child.stdout.take().context("its standard output was asked for")?;
        let listening = tokio::time::timeout(HANGS_AFTER, listening(printed)).await;
        match listening {
            Ok(Ok(address)) => Ok(address),
            Ok(Err(error)) => Err(error.context(self.last_words())),
            Err(_) => bail!("the house does not listen:\n{}", self.last_words()),
        }
    }

    /// Ends it as a power cut does: no word, no time to do anything.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("there is no house to kill")?;
        if let Some(status) = child.try_wait()? {
            bail!("the house ended by itself, {status}:\n{}", self.last_words());
        }
        Ok(child.kill().await?)
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// When it had ended by itself, does not stop, or says that it failed.
    pub async fn drain(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("there is no house to drain")?;
        if let Some(status) = child.try_wait()? {
            bail!("the house ended by itself, {status}:\n{}", self.last_words());
        }
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.context("it has no id")?, rustix::process::Signal::TERM)?;
        let ended = tokio::time::timeout(HANGS_AFTER, child.wait()).await;
        let status = ended.with_context(|| format!("it does not stop:\n{}", self.last_words()))??;
        ensure!(status.success(), "it stopped with {status}:\n{}", self.last_words());
        Ok(())
    }

    /// The end of what it wrote to its log, for whoever has to find out what went wrong.
    #[must_use]
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// What a program is told about limits, by its keys.
pub(crate) fn settings(limits: Limits) -> Vec<(&'static str, &'static str)> {
    // Silence is noticed soon, by both sides: a run has no time for the usual patience.
    let mut settings = vec![("HEARTBEAT_S", "2"), ("PONG_S", "3"), ("DRAIN_S", "3")];
    settings.extend([("CONNECTIONS_PER_USER_MAX", "1000"), ("LOG", "info")]);
    match limits {
        Limits::Generous => settings.extend(LIFTED.map(|key| (key, "1000000"))),
        Limits::Tight => settings.extend([
            // Refusals in the middle of a burst: what follows at once may be allowed again.
            ("SENDS_PER_SECOND", "500"),
            ("SENDS_BURST", "1"),
            ("SENDS_UNACKED_MAX", "4"),
            ("CONNECTIONS_PER_ADDRESS_PER_SECOND", "20"),
            ("CONNECTIONS_PER_ADDRESS_BURST", "20"),
            ("HELLOS_PER_SECOND", "10"),
            ("HELLOS_BURST", "10"),
        ]),
    }
    settings
}

/// The program: what `TEAHOUSE_BINARY` names, or the one that was built beside this program.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("TEAHOUSE_BINARY") {
        let path = PathBuf::from(named);
        ensure!(path.is_file(), "TEAHOUSE_BINARY names {}, which is no file", path.display());
        return Ok(std::path::absolute(path)?);
    }
    let here = std::env::current_exe().context("this program does not know where it is")?;
    // A test is in target/debug/deps, a program in target/debug.
    let found =
        here.ancestors().skip(1).take(2).map(|folder| folder.join("teahouse")).find(|it| it.is_file());
    found.with_context(|| {
        let folder = here.parent().unwrap_or(&here).display();
        format!("there is no teahouse beside {folder}: `cargo build -p teahouse-server` makes it, or name one with TEAHOUSE_BINARY")
    })
}

/// Reads until it says where it listens; the rest is read and dropped, or it would stop at a full pipe.
async fn listening(printed: ChildStdout) -> anyhow::Result<SocketAddr> {
    let mut lines = BufReader::new(printed).lines();
    while let Some(line) = lines.next_line().await? {
        let Some(address) = line.strip_prefix("listening ") else { continue };
        let address = address.trim_start_matches("https://").trim_start_matches("http://");
        let address = address.parse().with_context(|| format!("it listens on {address:?}"))?;
        tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
        return Ok(address);
    }
    bail!("the house ended before it listened")
}
