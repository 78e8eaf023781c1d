//! A PostgreSQL server of one's own.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};

use crate::keeper::{Keeper, Program};
use crate::seat::Seat;

/// How it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its clients are cut off; what is committed is in its files.
    Fast,
    /// As after a crash: it recovers at the next start.
    Immediate,
}

/// A PostgreSQL server, which may be stopped. Whoever can reach it may do everything in it.
#[derive(Debug)]
pub struct Postgres {
    seat: Seat,
    settings: Vec<String>,
    keeper: Option<Keeper>,
    databases: AtomicU64,
}

impl Postgres {
    /// Starts an empty one that does not wait for the disk: a test ends before a power cut.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&["fsync=off", "full_page_writes=off", "synchronous_commit=off"])
    }

    /// Starts an empty one with these settings (`KEY=VALUE`) beside its usual ones.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        Self::start_at(Seat::on_loopback("postgres")?, settings)
    }

    /// Starts an empty one there. Its tables are in the folder's `data`, which may be there, and empty.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub fn start_at(seat: Seat, settings: &[&str]) -> anyhow::Result<Self> {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut postgres = Self { seat, settings, keeper: None, databases: AtomicU64::new(0) };
        postgres.init()?;
        postgres.start_again()?;
        Ok(postgres)
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.keeper.is_none(), "PostgreSQL runs already");
        let data = self.data().display().to_string();
        let mut program = as_postgres();
        program.extend([bin("postgres")?.display().to_string(), "-D".into(), data]);
        let folder = self.folder().display();
        let mut settings = vec![
            format!("listen_addresses={}", self.seat.address),
            format!("unix_socket_directories={folder}"),
            "port=5432".into(),
            "max_connections=300".into(),
            "shared_buffers=64MB".into(),
            "log_min_messages=warning".into(),
        ];
        settings.extend(self.settings.iter().cloned());
        program.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        let words = self.seat.words(program);
        let (folder, ready) = (self.folder(), "database system is ready to accept connections");
        self.keeper = Some(Keeper::start(&Program { words: &words, signal: "QUIT", folder, ready })?);
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self, how: Stop) -> anyhow::Result<()> {
        let keeper = self.keeper.take().context("PostgreSQL does not run")?;
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        keeper.stop(signal).map(drop)
    }

    /// Stops all its processes where they are, connections and all, until it is thawed.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&mut self) -> anyhow::Result<()> {
        self.keeper.as_mut().context("PostgreSQL does not run")?.signal("STOP")
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&mut self) -> anyhow::Result<()> {
        self.keeper.as_mut().context("PostgreSQL does not run")?.signal("CONT")
    }

    /// Whether it runs: without a place to write it may have ended by itself.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn runs(&mut self) -> anyhow::Result<bool> {
        let ended = self.keeper.as_mut().map(Keeper::ended).transpose()?.flatten();
        if ended.is_some() {
            self.keeper = None;
        }
        Ok(self.keeper.is_some())
    }

    /// The end of what it said.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.keeper.as_ref().map(Keeper::last_words).unwrap_or_default()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (self.seat.address, 5432).into()
    }

    /// The folder of its files and of its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.seat.folder
    }

    /// Where its tables are.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// A place for tables of one's own (a schema), as the URL that leads there.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn place(&self) -> anyhow::Result<String> {
        let schema = self.schema()?;
        Ok(Self::url(self.seat.address.into(), &schema))
    }

    /// A place for tables of one's own, by its name.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn schema(&self) -> anyhow::Result<String> {
        let name = format!("place_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE SCHEMA {name}"))?;
        Ok(name)
    }

    /// The URL of a place, for whoever reaches it at this address.
    #[must_use]
    pub fn url(address: IpAddr, schema: &str) -> String {
        let at = SocketAddr::new(address, 5432);
        format!("postgres://postgres@{at}/postgres?sslmode=disable&options=-csearch_path%3D{schema}")
    }

    /// Runs SQL, and gives what it prints: rows as lines, columns with `|`.
    ///
    /// # Errors
    /// What `psql` says.
    pub fn run(&self, sql: &str) -> anyhow::Result<String> {
        let mut psql = Command::new(bin("psql")?);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"]);
        let done = psql.arg("-h").arg(self.folder()).args(["-c", sql]).output()?;
        if !done.status.success() {
            bail!("{sql}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Makes the files of an empty one.
    fn init(&self) -> anyhow::Result<()> {
        if is_root() {
            let chown = Command::new("chown").arg("postgres").arg(self.folder()).status()?;
            ensure!(chown.success(), "there is no user postgres to run PostgreSQL as");
        }
        let mut program = as_postgres();
        program.extend([
            bin("initdb")?.display().to_string(),
            "-D".into(),
            self.data().display().to_string(),
        ]);
        program.extend(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"].map(String::from));
        let words = self.seat.words(program);
        let done = Command::new(&words[0]).args(&words[1..]).current_dir(self.folder()).output()?;
        ensure!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
        // Its own file lets in only who is on the same host; whoever tests may change the setting.
        let hba = self.folder().join("hba");
        std::fs::write(&hba, "local all all trust\nhost all all all trust\n")?;
        let setting = format!("hba_file = '{}'", hba.display());
        let file = self.data().join("postgresql.conf").display().to_string();
        // Only its own host may see its disk.
        let append = ["sh", "-c", r#"echo "$1" >>"$2""#, "append", &setting, &file].map(String::from);
        let words = self.seat.words(append);
        let done = Command::new(&words[0]).args(&words[1..]).status()?;
        ensure!(done.success(), "{file} cannot be written");
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.keeper = None;
        // Gone already, unless it was stopped.
        let _ = std::fs::remove_dir_all(self.folder());
    }
}

/// PostgreSQL refuses to run as root.
fn as_postgres() -> Vec<String> {
    let words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    if is_root() { words.map(String::from).to_vec() } else { Vec::new() }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

/// One of its programs: Debian keeps them where no search path looks.
fn bin(name: &str) -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file()).collect();
    found.sort();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    let program = found.pop().or_else(on_path);
    program.with_context(|| format!("there is no {name} (Debian: apt-get install postgresql)"))
}
