//! Where a service runs: an address, a folder, and the words that lead there.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::Context as _;

/// Where a service runs.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Where it listens; unspecified for every address of its host.
    pub address: Ipv4Addr,
    /// Its folder, which is gone when it ended for good.
    pub folder: PathBuf,
    /// What comes before its program: the command that enters its host, or nothing.
    pub enter: Vec<String>,
}

impl Seat {
    /// A loopback address that nobody else uses: of sixteen million, one at random. So the services keep
    /// their usual ports, and come back at the same place after a restart.
    pub(crate) fn on_loopback(name: &str) -> anyhow::Result<Self> {
        let address =
            Ipv4Addr::new(127, rand::random_range(1..=254), rand::random(), rand::random_range(1..=254));
        let folder = std::env::temp_dir().join(format!("teahouse-{name}-{address}"));
        std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { address, folder, enter: Vec::new() })
    }

    /// A program with its arguments, as it is started there.
    pub(crate) fn words(&self, program: impl IntoIterator<Item = String>) -> Vec<String> {
        self.enter.iter().cloned().chain(program).collect()
    }
}
