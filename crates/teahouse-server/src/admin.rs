//! `teahouse admin`: what the house's moderators and its owner do, from a terminal, while the server runs and while
//! it does not. It asks what the pages ask, and shows the answers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use teahouse_server::config::{Config, Given};
use teahouse_server::store::sqlite::OpenError;
use teahouse_server::store::{PostgresStore, SqliteStore, Store};
use teahouse_server::terminal::Terminal;

use crate::which::say;

/// Look after people and rooms: roles, bans, reports, settings
///
/// Works while the server runs and while it does not: whoever may read the data folder may everything.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  teahouse admin people lin                     who is called like that
  teahouse admin reset \"Lin Xiao\"               a link by which they choose a new password
  teahouse admin ban Spammer --minutes 1440 --reason spam
  teahouse admin ban 192.0.2.0/24               nobody from there comes in
  teahouse admin settings admission invited     guests need an invite from now on")]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    word: Word,
    /// The data folder of the house [env: TEAHOUSE_DATA] [default: ./data]
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,
    /// A file with settings [default: ./teahouse.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "TEAHOUSE_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Where the running server listens [default: as it is configured]
    #[arg(long, value_name = "ADDRESS:PORT", global = true)]
    at: Option<SocketAddr>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Everybody, or whose name has this in it
    People { query: Option<String> },
    /// Make an account; prints the link by which they choose a password
    Account {
        name: String,
        #[arg(long, default_value = "member")]
        role: String,
    },
    /// A link by which somebody chooses a new password, good for 24 hours
    Reset { name: String },
    /// Make an account a member's or a moderator's
    Role { name: String, role: String },
    /// Hand the house over to an account
    Owner { name: String },
    /// End all sign-ins of somebody
    Signout { name: String },
    /// Send somebody, or a range of addresses, out of the house
    Ban {
        /// A name, an address, or ADDRESS/BITS
        #[arg(value_name = "NAME|RANGE")]
        whom: String,
        /// For how long [default: for ever]
        #[arg(long)]
        minutes: Option<u64>,
        /// Why; they are told
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lift a ban
    Unban { id: String },
    /// Who has to stay out
    Bans,
    /// Every room
    Rooms,
    /// What waits for a decision
    Reports,
    /// Who did what, the newest first
    Audit,
    /// The settings, or change one
    Settings {
        #[arg(requires = "value")]
        key: Option<String>,
        value: Option<String>,
    },
}

/// Asks and tells.
///
/// # Errors
/// What the house says against it, or why it cannot be asked.
pub(crate) fn admin(args: &AdminArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let told = runtime.block_on(async {
        let terminal = open(args).await?;
        let told = ask(&terminal, &args.word).await;
        terminal.close().await?;
        told
    })?;
    let lines = if args.json { serde_json::to_string_pretty(&told)? } else { shown(&args.word, &told) };
    say(false, &lines)
}

async fn open(args: &AdminArgs) -> anyhow::Result<Terminal> {
    let given = Given { data: args.data.clone(), ..Given::default() };
    let config = Config::load(args.config.as_deref(), given)?;
    let store: Arc<dyn Store> = match &config.database {
        Some(database) if args.data.is_none() => Arc::new(PostgresStore::open(database).await?),
        _ => {
            if !config.data.join("teahouse.db").exists() {
                bail!("there is no house in {}: name its folder with --data", config.data.display());
            }
            match SqliteStore::open(&config.data) {
                Ok(store) => Arc::new(store),
                Err(OpenError::InUse(_)) => return Terminal::at(listens(args, &config)?, &config),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let bus = crate::bus(&config, &*store).await?;
    Terminal::on(config, store, bus).await
}

/// Where the running server is found on this machine.
fn listens(args: &AdminArgs, config: &Config) -> anyhow::Result<SocketAddr> {
    if let Some(at) = args.at {
        return Ok(at);
    }
    let mut address = *config.listen.first().context("the server is not configured to listen anywhere")?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok(address)
}

async fn ask(terminal: &Terminal, word: &Word) -> anyhow::Result<Json> {
    let get = async |path: &str| terminal.ask("GET", path, None).await;
    let of = async |name: &str, what: &str| {
        let id = id_of(terminal, name).await?;
        anyhow::Ok(format!("/v1/admin/people/{id}{what}"))
    };
    let give = async |name: &str, role: &str| {
        terminal.ask("PATCH", &of(name, "").await?, Some(&json!({"role": role}))).await
    };
    match word {
        Word::People { query } => get(&sought(query.as_deref().unwrap_or_default())).await,
        Word::Account { name, role } => {
            terminal.ask("POST", "/v1/admin/people", Some(&json!({"name": name, "role": role}))).await
        }
        Word::Reset { name } => terminal.ask("POST", &of(name, "/reset").await?, None).await,
        Word::Role { name, role } => give(name, role).await,
        Word::Owner { name } => give(name, "owner").await,
        Word::Signout { name } => terminal.ask("POST", &of(name, "/signout").await?, None).await,
        Word::Ban { whom, minutes, reason } => {
            let mut ban = json!({"minutes": minutes, "reason": reason});
            match teahouse_server::bans::range(whom) {
                Ok(range) => ban["range"] = json!(range.to_string()),
                Err(_) => ban["person"] = json!(id_of(terminal, whom).await?),
            }
            terminal.ask("POST", "/v1/admin/bans", Some(&ban)).await
        }
        Word::Unban { id } => terminal.ask("DELETE", &format!("/v1/admin/bans/{}", part(id)), None).await,
        Word::Bans => get("/v1/admin/bans").await,
        Word::Rooms => get("/v1/admin/rooms").await,
        Word::Reports => get("/v1/admin/reports").await,
        Word::Audit => get("/v1/admin/audit?limit=100").await,
        Word::Settings { key: Some(key), value: Some(value) } => {
            // A word stands for itself; numbers, null and objects are written as in JSON.
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            terminal.ask("PATCH", "/v1/admin/settings", Some(&json!({key.as_str(): value}))).await
        }
        Word::Settings { .. } => get("/v1/admin/settings").await,
    }
}

fn sought(query: &str) -> String {
    format!("/v1/admin/people?limit=200&q={}", part(query))
}

/// As a part of an address.
fn part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The id of whoever has that name, or that id.
async fn id_of(terminal: &Terminal, name: &str) -> anyhow::Result<String> {
    if name.parse::<teahouse_protocol::UserId>().is_ok() {
        return Ok(name.to_owned());
    }
    let found = terminal.ask("GET", &sought(name), None).await?;
    let fold = teahouse_core::name::fold;
    let people = found["people"].as_array().into_iter().flatten().map(|one| &one["person"]);
    let mut same = people.filter(|person| fold(text(&person["name"])) == fold(name));
    match same.next() {
        Some(person) => Ok(text(&person["id"]).to_owned()),
        None => bail!("nobody is called {name}: `teahouse admin people` lists everybody"),
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn time(value: &Json) -> String {
    let at = |ms| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(ms));
    value.as_u64().map_or_else(|| "–".into(), at)
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The answer as lines that a person reads.
fn shown(word: &Word, told: &Json) -> String {
    let list = |field: &str, head: &[&str], row: &dyn Fn(&Json) -> Vec<String>| {
        let rows: Vec<_> = told[field].as_array().into_iter().flatten().map(row).collect();
        table(head, &rows)
    };
    match word {
        Word::People { .. } => list("people", &["NAME", "ROLE", "LAST HERE", "SIGN-INS", "", "ID"], &|one| {
            let person = &one["person"];
            let role = person["role"].as_str().unwrap_or("guest");
            let banned = if one["banned"] == true { "banned" } else { "" };
            let id = text(&person["id"]);
            let name = text(&person["name"]);
            [name, role, &time(&one["seen"]), &one["signins"].to_string(), banned, id]
                .map(str::to_owned)
                .into()
        }),
        Word::Ban { .. } | Word::Unban { .. } | Word::Bans => {
            list("bans", &["ID", "WHO", "UNTIL", "BY", "REASON"], &|ban| {
                let who = ban["range"].as_str().unwrap_or_else(|| text(&ban["person"]["name"]));
                let until = if ban["until"].is_null() { "for ever".into() } else { time(&ban["until"]) };
                [text(&ban["id"]), who, &until, text(&ban["by"]["name"]), text(&ban["reason"])]
                    .map(str::to_owned)
                    .into()
            })
        }
        Word::Rooms => {
            list("rooms", &["ID", "NAME", "READ BY", "PEOPLE", "MESSAGES", "BYTES", "LAST"], &|room| {
                let numbers = ["people", "n", "bytes"].map(|field| room[field].to_string());
                let [people, n, bytes] = &numbers;
                let read = if room["direct"] == true { "direct" } else { text(&room["policy"]["read"]) };
                [text(&room["id"]), text(&room["name"]), read, people, n, bytes, &time(&room["last_at"])]
                    .map(str::to_owned)
                    .into()
            })
        }
        Word::Reports => {
            list("reports", &["ID", "ROOM", "SEQ", "WROTE", "TEXT", "REASON", "BY"], &|report| {
                let message = &report["message"];
                let seq = report["seq"].to_string();
                let said: String = text(&message["body"]["text"]).chars().take(60).collect();
                let (wrote, by) = (text(&message["by"]["name"]), text(&report["by"]["name"]));
                [text(&report["id"]), text(&report["room"]), &seq, wrote, &said, text(&report["reason"]), by]
                    .map(|cell| cell.replace('\n', " "))
                    .into()
            })
        }
        Word::Audit => list("lines", &["WHEN", "BY", "WHAT", "WHOM", "ROOM", "DETAIL"], &|line| {
            let (by, whom) = (text(&line["by"]["name"]), text(&line["person"]["name"]));
            let (what, room, detail) = (text(&line["action"]), text(&line["room"]), text(&line["detail"]));
            [&time(&line["at"]), by, what, whom, room, detail].map(str::to_owned).into()
        }),
        Word::Settings { .. } => list("settings", &["KEY", "VALUE", "FROM"], &|setting| {
            vec![plain(&setting["key"]), plain(&setting["value"]), plain(&setting["source"])]
        }),
        Word::Account { .. } | Word::Reset { .. } => {
            format!(
                "{}\ngood until {}; put the address of the house before it",
                text(&told["url"]),
                time(&told["until"])
            )
        }
        Word::Role { .. } | Word::Owner { .. } => {
            format!("{} is {} now", text(&told["person"]["name"]), text(&told["person"]["role"]))
        }
        Word::Signout { .. } => "done".into(),
    }
}

/// Rows in columns that are as wide as their longest cell.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(head.to_vec())).chain(body).collect::<Vec<_>>().join("\n")
}
