//! Hosts of their own, on one machine: each has a network and places to mount (Linux namespaces) that
//! nobody else sees, and is reached over links alone.
//!
//! A child holds a host, and whatever happens to its owner, it goes: then the kernel takes the links and
//! the mounts away. Nothing here touches the machine's own network. All of it needs root.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail, ensure};
use teahouse_services::{Keeper, Program, Seat};
use tempfile::TempDir;

/// A cable between two hosts, which may be cut.
mod link;
/// Connections that begin on another host.
mod reach;

pub use link::{Cut, Link};
pub use reach::Reach;

/// A host.
#[derive(Debug)]
pub struct Host {
    name: String,
    id: u32,
    /// Ends before the folder does.
    _holder: Keeper,
    folder: TempDir,
}

impl Host {
    /// A host without links.
    ///
    /// # Errors
    /// When this is not root, or the kernel has no namespaces.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let root = rustix::process::geteuid().is_root();
        ensure!(
            root,
            "hosts of their own are network namespaces, which only root can make: run this as root"
        );
        let folder = TempDir::with_prefix(format!("teahouse-{name}-"))?;
        let hold = "echo $$ holds >&2; exec sleep infinity";
        let words = ["unshare", "--net", "--mount", "sh", "-c", hold].map(String::from);
        let program = Program { words: &words, signal: "KILL", folder: folder.path(), ready: "holds" };
        let holder = Keeper::start(&program).context("unshare (Debian: apt-get install util-linux)")?;
        let id = holder.word().split(' ').next().and_then(|id| id.parse().ok());
        let host =
            Self { name: name.into(), id: id.context("the holder says its id")?, _holder: holder, folder };
        host.run(["ip", "link", "set", "dev", "lo", "up"])?;
        Ok(host)
    }

    /// What it is called in the record.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A folder that lives as long as the host.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command that enters it, without a program.
    #[must_use]
    pub fn enter(&self) -> Vec<String> {
        ["nsenter", "--net", "--mount", "--target", &self.id.to_string()].map(String::from).into()
    }

    /// A place for a service, which listens on every address of the host.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn seat(&self, service: &str) -> anyhow::Result<Seat> {
        let folder = self.folder().join(service);
        std::fs::create_dir(&folder)?;
        // PostgreSQL is somebody else than root, and has to get there.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.folder(), open)?;
        Ok(Seat { address: Ipv4Addr::UNSPECIFIED, folder, enter: self.enter() })
    }

    /// Runs a command on it, to its end.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn run<const N: usize>(&self, words: [&str; N]) -> anyhow::Result<()> {
        let enter = self.enter();
        let mut command = Command::new(&enter[0]);
        finish(command.args(&enter[1..]).args(words)).map(drop)
    }

    /// A small disk of its own in a folder, which nobody but this host sees there.
    ///
    /// # Errors
    /// When it cannot be mounted.
    pub fn mount(&self, at: &Path, size_mib: u32, owner: &str) -> anyhow::Result<()> {
        std::fs::create_dir(at)?;
        let options = format!("size={size_mib}m,mode=700,uid={owner}");
        let at = at.to_str().context("a temporary folder has a plain name")?;
        self.run(["mount", "-t", "tmpfs", "-o", &options, "tmpfs", at])
    }

    /// How this process names a file that the host sees at `path`.
    #[must_use]
    pub fn inside(&self, path: &Path) -> PathBuf {
        let path = path.strip_prefix("/").unwrap_or(path);
        Path::new(&format!("/proc/{}/root", self.id)).join(path)
    }

    /// Connections that begin here.
    ///
    /// # Errors
    /// When it cannot be entered.
    pub fn reach(&self) -> anyhow::Result<Reach> {
        Reach::from_host(self.id).with_context(|| format!("{} cannot be entered", self.name))
    }
}

/// Runs a command to its end.
fn finish(command: &mut Command) -> anyhow::Result<Output> {
    let done = command.output().with_context(|| format!("{command:?}"))?;
    if !done.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
