//! The one binary: `serve` (also without a word), `chat`, `lab`, `admin`, and what keeps a house: `backup`, `restore`,
//! `verify`, `move`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use teahouse_server::accept;
use teahouse_server::bus::{self, Bus, Nats, NatsBus};
use teahouse_server::config::{Config, FilesIn, Given, Secret};
use teahouse_server::node::{self, Node};
use teahouse_server::store::{PostgresStore, SqliteStore, Store};
use teahouse_server::tls::Tls;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// `teahouse admin`.
mod admin;
/// `teahouse backup`.
mod backup;
/// `teahouse chat`.
mod chat;
/// `teahouse lab`.
mod lab;
/// `teahouse move`.
mod moving;
/// `teahouse restore`.
mod restore;
/// `teahouse verify`.
mod verify;
/// Which house a command is about.
mod which;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// 茶馆 · Teahouse: a chat server. Start it, open the page, type a name, talk.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Word>,
    #[command(flatten)]
    serve: Serve,
}

const EXAMPLES: &str = "Examples:
  teahouse                              open the house on port 8888, with its data in ./data
  teahouse --listen 127.0.0.1:9000      listen there only (may be given several times)
  teahouse chat http://localhost:8888   talk from this terminal
  teahouse lab http://localhost:8888    compare what the transports cost
  teahouse admin people                 look after people: roles, bans, reset links
  teahouse backup --to /backups         copy the house into one file, while it is open
  teahouse verify                       check everything that is stored

Every setting is described in teahouse.example.toml.";

#[derive(Debug, Subcommand)]
enum Word {
    /// Open the house (what `teahouse` without a word does)
    Serve(Serve),
    /// Talk from this terminal, or through a pipe
    Chat(chat::ChatArgs),
    /// Measure what each transport costs, and how fast it is
    Lab(lab::LabArgs),
    // These say more of themselves than one line: beside their arguments.
    Admin(admin::AdminArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Verify(verify::VerifyArgs),
    Move(moving::MoveArgs),
}

#[derive(Debug, Clone, Default, Args)]
struct Serve {
    /// Where to listen: ADDRESS:PORT or PORT; may be given several times [env: TEAHOUSE_LISTEN, with commas]
    /// [default: 0.0.0.0:8888]
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// The folder that keeps everything [env: TEAHOUSE_DATA] [default: ./data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A postgres:// URL: keep everything in that database, which several nodes may share
    /// [env: TEAHOUSE_DATABASE, where other users of this machine do not see it]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The way to the other nodes of this house: nats://HOST:PORT [env: TEAHOUSE_NATS]
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// A file with settings [default: ./teahouse.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "TEAHOUSE_CONFIG")]
    config: Option<PathBuf>,
    /// Speak https with the certificate chain in this PEM file [env: TEAHOUSE_TLS_CERT]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file [env: TEAHOUSE_TLS_KEY]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What to log: error, warn, info, debug, trace, or a filter [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => serve(arguments.serve),
        Some(Word::Serve(flags)) => serve(flags),
        Some(Word::Chat(args)) => by_itself(chat::chat(args)),
        Some(Word::Lab(args)) => by_itself(lab::lab(args)),
        Some(Word::Admin(args)) => admin::admin(&args),
        Some(Word::Backup(args)) => backup::backup(&args),
        Some(Word::Restore(args)) => restore::restore(&args),
        Some(Word::Verify(args)) => verify::verify(&args),
        Some(Word::Move(args)) => moving::moving(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // Nothing can be done if even this cannot be said.
            let _ = writeln!(std::io::stderr(), "teahouse: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a client, on one thread.
fn by_itself(client: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let done = runtime.block_on(client);
    // A read of standard input may still be waiting; nobody waits for it.
    runtime.shutdown_background();
    done
}

fn serve(flags: Serve) -> anyhow::Result<()> {
    let listen = (!flags.listen.is_empty()).then_some(flags.listen);
    let Serve { data, database, nats, log, tls_cert, tls_key, config: file, .. } = flags;
    let (database, nats) = (database.map(Secret), nats.map(Secret));
    let given = Given { listen, data, database, nats, log, tls_cert, tls_key, ..Given::default() };
    let config = Config::load(file.as_deref(), given)?;
    // What these libraries have to say is said by us, once and with what follows from it.
    let filter = format!("async_nats=error,deadpool=error,{}", config.log);
    let filter = EnvFilter::try_new(filter).context("the log filter cannot be used")?;
    // Colours are for people; a file or a journal gets plain lines.
    let coloured = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(coloured).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(open(config))
}

async fn open(config: Config) -> anyhow::Result<()> {
    let tls = config.tls.as_ref().map(Tls::load).transpose()?;
    let store: Arc<dyn Store> = match &config.database {
        Some(database) => Arc::new(PostgresStore::open(database).await?),
        None => Arc::new(SqliteStore::open(&config.data)?),
    };
    let mut listeners = Vec::new();
    for address in &config.listen {
        listeners.push(accept::listen(*address).with_context(|| busy(*address))?);
    }
    let bus = bus(&config, &*store).await?;
    let node = Node::new(config, store, bus).await?;
    check_files(&node).await?;
    // Whoever reads the announcement may ask for the end at once.
    let stop = stop()?;
    announce(&node, &listeners)?;
    node.run(listeners, tls, stop).await
}

/// Says at the start what would keep people from sending files.
async fn check_files(node: &Node) -> anyhow::Result<()> {
    match &node.config.files {
        FilesIn::Nowhere => tracing::warn!(
            "nobody can send files: several nodes need one place for them. Give files_s3_bucket, or files: a folder \
             that every node mounts"
        ),
        FilesIn::Bucket(bucket) => node.files.check().await.with_context(|| {
            format!(
                "the bucket {} for files cannot be used; see files_s3_bucket in teahouse.example.toml",
                bucket.name
            )
        })?,
        // It is made with the first file; a full or read-only disk is said then.
        FilesIn::Folder(_) => {}
    }
    Ok(())
}

/// The way to the other nodes, if there are any.
async fn bus(config: &Config, store: &dyn Store) -> anyhow::Result<Arc<dyn Bus>> {
    let Some(nats) = &config.nats else { return Ok(bus::alone()) };
    let house = node::house_key(store).await?;
    let (url, credentials) = (&*nats.url.0, nats.credentials.as_deref());
    Ok(Arc::new(NatsBus::open(Nats { url, credentials, house: &house, node: &config.node }).await?))
}

fn busy(address: SocketAddr) -> String {
    format!("cannot listen on {address}: is another server there? Choose another with --listen ADDRESS:PORT")
}

/// Says where the house is, one address a line, and how its owner comes in.
fn announce(node: &Node, listeners: &[TcpListener]) -> anyhow::Result<()> {
    let mut said = String::new();
    let scheme = if node.config.tls.is_some() { "https" } else { "http" };
    let mut first = None;
    for listener in listeners {
        let mut address = listener.local_addr()?;
        // Whoever listens everywhere is found here, too.
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        first.get_or_insert(address);
        said += &format!("listening {scheme}://{address}\n");
    }
    if let (Some(path), Some(address)) = (node.setup_path(), first) {
        said += &format!("set-up link {scheme}://{address}{path}\n");
    }
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(said.as_bytes())?;
    Ok(out.flush()?)
}

/// Done when the process is asked to stop, from now on.
fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
