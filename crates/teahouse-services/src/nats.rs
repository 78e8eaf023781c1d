//! A NATS server of one's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::keeper::Keeper;

/// A NATS server, which may be stopped.
#[derive(Debug)]
pub struct Nats {
    address: Ipv4Addr,
    folder: PathBuf,
    keeper: Option<Keeper>,
}

impl Nats {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no `nats-server`, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        let address = crate::address();
        let folder = std::env::temp_dir().join(format!("teahouse-nats-{address}"));
        std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut nats = Self { address, folder, keeper: None };
        nats.start_again()?;
        Ok(nats)
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.keeper.is_none(), "NATS runs already");
        let address = self.address.to_string();
        let program = ["nats-server", "-a", &address, "-p", "4222"];
        let keeper = Keeper::start("TERM", &self.folder, &program, "Server is ready");
        self.keeper = Some(keeper.context("NATS (Debian: apt-get install nats-server)")?);
        Ok(())
    }

    /// Stops it at once.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.keeper.take().context("NATS does not run")?.stop("KILL")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (self.address, 4222).into()
    }

    /// How clients name it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.keeper = None;
        // Gone already, unless it was stopped.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
