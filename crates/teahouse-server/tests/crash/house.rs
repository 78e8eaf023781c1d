//! The real program on a data folder and a port of its own: started, killed, started again.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// One house, which may be dead.
pub(crate) struct House {
    data: TempDir,
    port: u16,
    child: Option<Child>,
}

impl House {
    /// A house that was never started. `chance` picks where to look for a free port.
    pub(crate) fn new(mut chance: impl FnMut() -> u64) -> Self {
        // Not port 0: a port of the ephemeral range could be taken, while the house is dead, by a client
        // that tries to reach it. It would be connected to itself, and the house could not come back.
        let port = std::iter::repeat_with(|| 10_000 + (chance() % 20_000) as u16)
            .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
            .expect("some port is free");
        Self { data: TempDir::new().unwrap(), port, child: None }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the program and returns what it prints, without waiting for it.
    pub(crate) fn start(&mut self) -> ChildStdout {
        const PLENTY: &str = "1000000";
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data"]);
        command.arg(self.data.path().join("data"));
        for limit in ["SENDS", "CONNECTIONS_PER_ADDRESS", "GUESTS_PER_ADDRESS"] {
            command.env(format!("TEAHOUSE_{limit}_PER_SECOND"), PLENTY);
            command.env(format!("TEAHOUSE_{limit}_BURST"), PLENTY);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the program was built for this test");
        let printed = child.stdout.take().expect("it was asked for");
        assert!(self.child.replace(child).is_none(), "one house at a time");
        printed
    }

    /// Kills it as a power cut does: no word, no time to do anything. Says whether it was still alive.
    pub(crate) fn kill(&mut self) -> bool {
        let Some(mut child) = self.child.take() else { return false };
        let alive = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        alive
    }

    /// The end of what it wrote to its log, for whoever has to find out what went wrong.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn log(&self) -> std::path::PathBuf {
        Path::join(self.data.path(), "log")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the house listens. False when it ended before.
pub(crate) fn listens(printed: ChildStdout) -> bool {
    let mut printed = BufReader::new(printed);
    let mut line = String::new();
    let listens = loop {
        line.clear();
        match printed.read_line(&mut line) {
            Ok(0) | Err(_) => break false,
            Ok(_) if line.starts_with("listening ") => break true,
            Ok(_) => {}
        }
    };
    // Somebody must go on reading, or a house that prints would stop at a full pipe.
    std::thread::spawn(move || drop(printed.read_to_end(&mut Vec::new())));
    listens
}
