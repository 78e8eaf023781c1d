//! Who is compared: the floor, Teahouse by two doors, and what people would pick instead. Knows their
//! names and how to start them; `install` gets them, `rounds` measures them.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::dialect::{Dialect, Door, Host};
use crate::target::{Places, Target};

/// One of those that are compared, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// A raw epoll loop with joined writes.
    Floor,
    /// Teahouse's `/chat`: the same work as the peers do, and stored.
    Plain,
    /// Teahouse's `/v1/ws`: numbers, acknowledgements, resume, and stored.
    Full,
    /// Bun's native publish.
    Bun,
    /// axum's chat example.
    Axum,
    /// Node with the package `ws`.
    Ws,
    /// Socket.IO on Node.
    SocketIo,
    /// Tornado's chat demo.
    Tornado,
}

/// A contender that can be started.
#[derive(Clone, Debug)]
pub struct Ready {
    pub contender: Contender,
    /// What and how new it is, for the table.
    pub version: String,
    /// What to run; none for Teahouse and the floor, which `Target` knows.
    pub program: Option<Program>,
}

/// A program and what to tell it.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<OsString>,
}

impl Contender {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Floor,
        Self::Plain,
        Self::Full,
        Self::Bun,
        Self::Axum,
        Self::Ws,
        Self::SocketIo,
        Self::Tornado,
    ];

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Plain => "Teahouse, plain room",
            Self::Full => "Teahouse, full protocol",
            Self::Bun => "Bun publish",
            Self::Axum => "axum",
            Self::Ws => "Node ws",
            Self::SocketIo => "Socket.IO",
            Self::Tornado => "Tornado",
        }
    }

    /// Whether it is ours, which the picture shows.
    #[must_use]
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Plain | Self::Full)
    }

    /// How to talk to it.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        let host = if self == Self::Floor { Host::Floor { greeting_bytes: 0 } } else { Host::Server };
        let door = match self {
            Self::Full => Door::Full,
            Self::SocketIo => Door::SocketIo,
            _ => Door::Plain,
        };
        Dialect { door, host }
    }
}

impl Ready {
    /// Starts it, with nobody there.
    pub fn start(&self, places: &Places) -> Result<Target> {
        match &self.program {
            Some(program) => Target::peer(places, self.contender.title(), &program.path, &program.arguments),
            None if self.contender == Contender::Floor => Target::floor(places, true),
            None => Target::server(places),
        }
    }
}
