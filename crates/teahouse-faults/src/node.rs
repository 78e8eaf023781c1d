//! One node of a house of several: the real program on a host of its own, with a clock of its own.
//!
//! Its calls wait where they are called, so they are for whoever runs the whole, not for tasks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use teahouse_services::{Keeper, Program};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::history::Name;
use crate::hosts::{Host, Reach};
use crate::house;

/// Where every node listens, on its own host.
pub(crate) const PORT: u16 = 8888;

/// One node, which may be dead.
#[derive(Debug)]
pub(crate) struct Node {
    name: Name,
    words: Vec<String>,
    folder: PathBuf,
    clock: PathBuf,
    address: SocketAddr,
    keeper: Option<Keeper>,
}

impl Node {
    /// A node that was never started. `flags` say where its store and its bus are, and `address` is where
    /// the balancer finds it.
    pub(crate) fn new(host: &Host, flags: &[String], address: Ipv4Addr) -> anyhow::Result<Self> {
        let folder = host.folder().join("node");
        std::fs::create_dir(&folder)?;
        // Whatever it writes is on a small disk of its own.
        let data = folder.join("data");
        host.mount(&data, 64, "root")?;
        let clock = folder.join("clock");
        let mut words = host.enter();
        words.push("env".into());
        words.extend(faked(&clock)?);
        let settings = house::settings(house::Limits::Generous).into_iter();
        words.extend(settings.map(|(key, value)| format!("TEAHOUSE_{key}={value}")));
        let binary = house::binary()?;
        words.extend([binary.display().to_string(), "serve".into(), "--listen".into()]);
        words.extend([format!("0.0.0.0:{PORT}"), "--data".into(), data.display().to_string()]);
        words.extend(flags.iter().cloned());
        let (name, address) = (host.name().into(), (address, PORT).into());
        let node = Self { name, words, folder, clock, address, keeper: None };
        node.skew(0)?;
        Ok(node)
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Where the balancer finds it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts it; done once it listens.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        ensure!(self.keeper.is_none(), "{} runs already", self.name);
        let (words, folder) = (&*self.words, &*self.folder);
        let program = Program { words, signal: "KILL", folder, ready: "listening " };
        self.keeper = Some(Keeper::start(&program).with_context(|| format!("{} does not start", self.name))?);
        Ok(())
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.lives()?;
        self.keeper.take().context("it lives")?.stop("KILL").map(drop)
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub(crate) fn drain(&mut self) -> anyhow::Result<()> {
        self.lives()?;
        let log = self.folder.join("log");
        let status = self.keeper.take().context("it lives")?.stop("TERM")?;
        if !status.success() {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            bail!("{} stopped with {status}:\n{log}", self.name);
        }
        Ok(())
    }

    /// Its clock is wrong by so much from now on.
    pub(crate) fn skew(&self, seconds: i64) -> anyhow::Result<()> {
        // It reads the file again and again, and is not to find it empty.
        let next = self.clock.with_extension("next");
        std::fs::write(&next, format!("{seconds:+}s\n"))?;
        Ok(std::fs::rename(next, &self.clock)?)
    }

    /// Whether it has not ended by itself.
    pub(crate) fn lives(&mut self) -> anyhow::Result<()> {
        let ended =
            self.keeper.as_mut().with_context(|| format!("{} was not started", self.name))?.ended()?;
        match ended {
            Some(status) => bail!("{} ended by itself, {status}:\n{}", self.name, self.last_words()),
            None => Ok(()),
        }
    }

    /// The end of what it said.
    pub(crate) fn last_words(&self) -> String {
        let words = self.keeper.as_ref().map(Keeper::last_words).unwrap_or_default();
        format!("{}:\n{words}", self.name)
    }

    /// Waits until it says that it can work.
    pub(crate) async fn ready(&self, reach: &Reach) {
        while !self.says_ready(reach).await {
            // It answers at once and no.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn says_ready(&self, reach: &Reach) -> bool {
        let Ok(mut stream) = reach.connect(self.address).await else { return false };
        let asked =
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n").await;
        let mut answer = Vec::new();
        asked.is_ok() && stream.read_to_end(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
    }
}

/// What makes a program believe the clock in a file, though its timers go on as before.
fn faked(clock: &Path) -> anyhow::Result<[String; 4]> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|path| path.is_file());
    let library = library.context("there is no libfaketime (Debian: apt-get install faketime)")?;
    Ok([
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
        "FAKETIME_CACHE_DURATION=1".into(),
    ])
}
