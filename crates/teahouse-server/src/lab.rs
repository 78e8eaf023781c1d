//! `teahouse lab URL`: what each transport costs and how fast it is, measured and drawn.
//!
//! It is two clients like any others; the bytes are those that the house itself counted.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use teahouse_client::protocol::RoomId;
use teahouse_client::{Address, Transport};

mod figures;
mod measure;
mod plot;
mod table;

use figures::Figures;
use measure::Lab;

/// Compare the transports: `teahouse lab http://HOST:8888 --svg costs.svg`.
#[derive(Debug, clap::Args)]
pub(crate) struct LabArgs {
    /// The house, and perhaps the room: http[s]://HOST[:PORT][/r/ROOM]
    #[arg(default_value = "http://127.0.0.1:8888")]
    url: String,
    /// The room to write to, which should be a quiet one; without it the one in URL, or 1024
    #[arg(long)]
    room: Option<RoomId>,
    /// The transports to compare, with commas
    #[arg(long, value_delimiter = ',', default_values_t = Transport::ALL)]
    transports: Vec<Transport>,
    /// The bytes of the texts, with commas
    #[arg(long, value_delimiter = ',', default_values_t = [120, 1024, 8192], value_parser = clap::value_parser!(u32).range(1..=16_384))]
    sizes: Vec<u32>,
    /// Messages of each size over each transport [default: 20, or 5 when quick]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    messages: Option<u32>,
    /// Seconds without a message, for the cost of an idle minute [default: 60, or 30 when quick]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    idle: Option<u32>,
    /// Few messages and a short idle time: figures to look at, not to quote
    #[arg(long)]
    quick: bool,
    /// Write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw them
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Measures, prints a table, writes the files.
///
/// # Errors
/// One sentence each: a bad address, a house that cannot be reached or counts nothing, a file that
/// cannot be written; and if no transport got through.
pub(crate) async fn lab(args: LabArgs) -> anyhow::Result<()> {
    let address = Address::parse(&args.url)?;
    let room = args.room.clone().or_else(|| address.room().cloned()).unwrap_or_else(RoomId::main);
    let (messages, idle_s) = if args.quick { (5, 30) } else { (20, 60) };
    let mut figures = Figures {
        house: address.to_string(),
        room: room.to_string(),
        date: figures::date(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
        program: concat!("teahouse ", env!("CARGO_PKG_VERSION")).into(),
        messages: args.messages.unwrap_or(messages),
        transports: Vec::new(),
    };
    let idle = Duration::from_secs(args.idle.unwrap_or(idle_s).into());
    let mut lab = Lab::new(address, room, progress);
    lab.open().await?;
    for transport in &args.transports {
        figures.transports.push(lab.travel(*transport, &args.sizes, figures.messages).await);
    }
    lab.idle(&mut figures.transports, idle).await;
    io::stdout().write_all(table::table(&figures).as_bytes())?;
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&figures)?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.svg {
        std::fs::write(path, plot::plot(&figures))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if figures.transports.iter().all(|one| one.fault.is_some()) {
        bail!("No transport got through to {}.", figures.house);
    }
    Ok(())
}

fn progress(said: &str) {
    // Nothing can be done if even this cannot be said.
    let _ = writeln!(io::stderr(), "{said}");
}
