//! A NATS server of one's own.

use std::net::SocketAddr;

use anyhow::Context as _;

use crate::keeper::{Keeper, Program};
use crate::seat::Seat;

/// A NATS server, which may be stopped.
#[derive(Debug)]
pub struct Nats {
    seat: Seat,
    keeper: Option<Keeper>,
}

impl Nats {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no `nats-server`, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_at(Seat::on_loopback("nats")?)
    }

    /// Starts one there.
    ///
    /// # Errors
    /// When there is no `nats-server`, or it does not start.
    pub fn start_at(seat: Seat) -> anyhow::Result<Self> {
        let mut nats = Self { seat, keeper: None };
        nats.start_again()?;
        Ok(nats)
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.keeper.is_none(), "NATS runs already");
        let address = self.seat.address.to_string();
        let words = self.seat.words(["nats-server", "-a", &address, "-p", "4222"].map(String::from));
        let (folder, ready) = (&*self.seat.folder, "Server is ready");
        let keeper = Keeper::start(&Program { words: &words, signal: "TERM", folder, ready });
        self.keeper = Some(keeper.context("NATS (Debian: apt-get install nats-server)")?);
        Ok(())
    }

    /// Stops it at once.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.keeper.take().context("NATS does not run")?.stop("KILL").map(drop)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (self.seat.address, 4222).into()
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
        let _ = std::fs::remove_dir_all(&self.seat.folder);
    }
}
