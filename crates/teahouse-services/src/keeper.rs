//! A service as a child: ready when it says so, and ended with its owner, however that one ends.
//!
//! A shell holds the service and reads a pipe whose other end is its owner's. When the owner lets go or
//! dies, even by `kill -9`, the pipe ends, and the shell ends the service and removes its folder.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Long enough for any machine: beyond it something hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Runs a program until its pipe ends, or a line names the signal to end it with. When the pipe ended,
/// nobody needs the folder any more.
const KEEP: &str = r#"
signal=$1 folder=$2; shift 2
"$@" <&- & pid=$!
read -r other && signal=$other || gone=1
kill -s "$signal" "$pid" 2>/dev/null
wait "$pid"
[ -z "$gone" ] || rm -rf "$folder"
"#;

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Keeper {
    /// Starts a program in its folder, to be ended by `signal`; done once it says `ready` on its standard
    /// error, which goes to the folder's `log`.
    pub(crate) fn start<A: AsRef<OsStr>>(
        signal: &str,
        folder: &Path,
        program: &[A],
        ready: &'static str,
    ) -> anyhow::Result<Self> {
        let log = folder.join("log");
        let mut command = Command::new("sh");
        command.args(["-c", KEEP, "keeper", signal]).arg(folder).args(program).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut shell = command.spawn().context("there is no shell")?;
        let pipe = shell.stdin.take();
        let said = shell.stderr.take().context("its standard error was asked for")?;
        let heard = listen(said, ready, log.clone());
        let keeper = Self { shell, pipe };
        match heard.recv_timeout(HANGS_AFTER) {
            Ok(()) => Ok(keeper),
            Err(_) => bail!("it did not start:\n{}", last_words(&log)),
        }
    }

    /// Ends it with another signal than usual, and waits until it has ended.
    pub(crate) fn stop(mut self, signal: &str) -> anyhow::Result<()> {
        let mut pipe = self.pipe.take().context("it is stopped once")?;
        pipe.write_all(format!("{signal}\n").as_bytes()).context("it had ended by itself")?;
        self.shell.wait()?;
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Nothing can be done about one that cannot be waited for.
        let _ = self.shell.wait();
    }
}

/// Copies what it says to its log, and tells when it was the word that it is ready.
fn listen(said: ChildStderr, ready: &'static str, log: PathBuf) -> mpsc::Receiver<()> {
    let (tell, heard) = mpsc::sync_channel(1);
    std::thread::spawn(move || -> std::io::Result<()> {
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        for line in BufReader::new(said).split(b'\n') {
            let line = line?;
            log.write_all(&line)?;
            log.write_all(b"\n")?;
            if String::from_utf8_lossy(&line).contains(ready) {
                // Heard once; later nobody listens.
                let _ = tell.try_send(());
            }
        }
        Ok(())
    });
    heard
}

/// The end of a log.
fn last_words(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
