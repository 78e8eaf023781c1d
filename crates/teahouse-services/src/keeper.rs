//! A program as a child: ready when it says so, and ended with its owner, however that one ends.
//!
//! A shell holds the program and reads a pipe whose other end is its owner's. When the owner lets go or
//! dies, even by `kill -9`, the pipe ends, and the shell ends the program and removes its folder.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Long enough for any machine: beyond it something hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Runs a program and ends as it does. Each line of the pipe is a signal for it, and those that stop and
/// continue are for its children, too. When the pipe ends, the program is ended by its usual signal, and
/// nobody needs the folder any more.
const KEEP: &str = r#"
signal=$1 folder=$2 gone=; shift 2
trap 'gone=1' USR1
exec 3<&0
"$@" <&- 3<&- >&2 & pid=$!
all() {
  kill -s "$1" "$pid"
  for child in $(grep -ls "^PPid:.$pid\$" /proc/[0-9]*/status); do
    child=${child#/proc/}; kill -s "$1" "${child%/status}"
  done
}
(
  while read -r other <&3; do
    case $other in STOP | CONT) all "$other" ;; *) kill -s "$other" "$pid" ;; esac
  done
  kill -s USR1 $$
  all CONT
  kill -s "$signal" "$pid"
) >&- 2>&- & listener=$!
# It tells of who was killed, and whoever would read that may be gone.
exec 3<&- 2>/dev/null
wait "$pid"; status=$?
if [ -n "$gone" ]; then wait "$pid"; status=$?; rm -rf "$folder"; else kill "$listener"; fi
exit "$status"
"#;

/// What is to be kept.
#[derive(Debug)]
pub struct Program<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// The signal that ends it when nobody needs it any more: `TERM`, `QUIT`.
    pub signal: &'a str,
    /// Where its `log` goes, which lives no longer than it is needed.
    pub folder: &'a Path,
    /// What it says once it is ready.
    pub ready: &'static str,
}

/// A program that runs.
#[derive(Debug)]
pub struct Keeper {
    shell: Option<Child>,
    pipe: Option<ChildStdin>,
    log: PathBuf,
    word: String,
}

impl Keeper {
    /// Starts a program; done once it says that it is ready. All that it says goes to its log.
    ///
    /// # Errors
    /// When it ends or hangs before that, with its last words.
    pub fn start(program: &Program<'_>) -> anyhow::Result<Self> {
        let log = program.folder.join("log");
        let mut command = Command::new("sh");
        command.args(["-c", KEEP, "keeper", program.signal]).arg(program.folder).args(program.words);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut shell = command.current_dir(program.folder).spawn().context("there is no shell")?;
        let pipe = shell.stdin.take();
        let said = shell.stderr.take().context("its standard error was asked for")?;
        let heard = listen(said, program.ready, log.clone());
        let mut keeper = Self { shell: Some(shell), pipe, log, word: String::new() };
        match heard.recv_timeout(HANGS_AFTER) {
            Ok(word) => keeper.word = word,
            Err(_) => bail!("{} did not start:\n{}", program.words.join(" "), keeper.last_words()),
        }
        Ok(keeper)
    }

    /// The line that said that it is ready.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// Sends it a signal. `STOP` and `CONT` are for its children, too.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&mut self, signal: &str) -> anyhow::Result<()> {
        let pipe = self.pipe.as_mut().context("it was ended")?;
        pipe.write_all(format!("{signal}\n").as_bytes()).context("it had ended by itself")
    }

    /// Ends it with a signal, and says how it ended. What ended before is no error here.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(mut self, signal: &str) -> anyhow::Result<ExitStatus> {
        // Whoever has ended needs no signal.
        let _ = self.signal(signal);
        let mut shell = self.shell.take().context("it is stopped once")?;
        let (tell, ended) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            // Nobody listens to who ends too late.
            let _ = tell.send(shell.wait());
        });
        let status = ended.recv_timeout(HANGS_AFTER);
        Ok(status.with_context(|| format!("it does not stop:\n{}", self.last_words()))??)
    }

    /// How it ended by itself; none while it runs.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(match &mut self.shell {
            Some(shell) => shell.try_wait()?,
            None => None,
        })
    }

    /// The end of what it said.
    #[must_use]
    pub fn last_words(&self) -> String {
        last_words(&self.log)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Nothing can be done about one that cannot be waited for.
        let _ = self.shell.as_mut().map(Child::wait);
    }
}

/// Copies what it says to its log, and passes on the line that says that it is ready.
fn listen(said: ChildStderr, ready: &'static str, log: PathBuf) -> mpsc::Receiver<String> {
    let (tell, heard) = mpsc::sync_channel(1);
    std::thread::spawn(move || -> std::io::Result<()> {
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut tell = Some(tell);
        for line in BufReader::new(said).split(b'\n') {
            let line = line?;
            log.write_all(&line)?;
            log.write_all(b"\n")?;
            let text = String::from_utf8_lossy(&line);
            if let Some(tell) = tell.take_if(|_| text.contains(ready)) {
                // Whoever gave up does not listen.
                let _ = tell.send(text.into_owned());
            }
        }
        Ok(())
    });
    heard
}

fn last_words(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(folder: &Path, script: &str) -> anyhow::Result<Keeper> {
        let words = ["sh", "-c", script].map(String::from);
        Keeper::start(&Program { words: &words, signal: "TERM", folder, ready: "ready" })
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("teahouse-{name}-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn says_when_it_is_ready_and_how_it_ended() {
        let folder = folder("keeper");
        let mut keeper =
            keep(&folder, "trap 'exit 7' USR2; echo I am ready now; while :; do sleep 0.01; done");
        let keeper = keeper.as_mut().unwrap();
        assert_eq!(keeper.word(), "I am ready now");
        assert_eq!(keeper.ended().unwrap(), None);
        // One that nobody who starts tests has made to be ignored.
        keeper.signal("USR2").unwrap();
        let status = loop {
            if let Some(status) = keeper.ended().unwrap() {
                break status;
            }
            std::thread::yield_now();
        };
        assert_eq!(status.code(), Some(7));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_ready_is_told_with_its_last_words() {
        let folder = folder("keeper");
        let error = keep(&folder, "echo no such luck; exit 1").unwrap_err();
        assert!(error.to_string().contains("did not start:\nno such luck"), "{error}");
        // The shell removes it, if it hears that nobody wants it before it ends.
        let _ = std::fs::remove_dir_all(folder);
    }

    #[test]
    fn what_stands_still_ends_and_its_folder_goes_when_nobody_needs_it() {
        let folder = folder("keeper");
        let mut keeper = keep(&folder, "echo ready; exec sleep infinity").unwrap();
        keeper.signal("STOP").unwrap();
        drop(keeper);
        assert!(!folder.exists());
    }
}
