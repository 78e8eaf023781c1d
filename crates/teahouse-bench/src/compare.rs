//! The command `compare`: the same work on Teahouse and on what people would pick instead, by one load
//! generator, in one table. Installs the peers, runs the rounds, writes Markdown, JSON and a picture.

pub mod contender;
pub mod figures;
pub mod install;
pub mod page;
pub mod picture;
pub mod rounds;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::dialect::TEXT_BYTES;
use crate::fanout::CommonOptions;
use crate::report;
use crate::system;
use crate::target::Places;
use contender::{Contender, Ready};
use figures::{Entry, Figures, Measure, Row, grouped};
use rounds::{Plan, Rounds};

/// Open files that any of them may need beside its connections.
const FILES_SPARE: u64 = 300;
/// A generator that uses more of a processor than this may be what is measured.
const GENERATOR_CORES_MAX: f64 = 0.9;

/// Options of `compare`.
#[derive(Args, Clone, Debug)]
pub struct CompareOptions {
    /// Only these; the others of the table are left out.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Contender>,
    /// All but these.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub skip: Vec<Contender>,
    /// Small rooms, one repeat: a look in two minutes, nothing to quote.
    #[arg(long)]
    pub quick: bool,
    /// Sizes of the room, with commas [default: 100,1000,10000].
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub people: Vec<u32>,
    /// Counts of idle connections, with commas; more than open files allow become as many as they allow
    /// [default: 10000,100000].
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=200_000))]
    pub connections: Vec<u32>,
    /// People in the room whose delay is measured.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub delay_people: u32,
    /// How often everything is done, by turns [default: 3].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: Option<u32>,
    /// How many messages are under way at once where it is busy.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub in_flight: u32,
    /// CPU seconds of the process that a run takes, unless `--seconds` are over [default: 1.5].
    #[arg(long)]
    pub cpu_seconds: Option<f64>,
    /// Wall seconds of a run [default: 4].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: Option<u64>,
    /// Where the peers are installed; `peers` in cargo's target folder when absent.
    #[arg(long)]
    pub peers: Option<PathBuf>,
    /// Write PREFIX.md, PREFIX.json and PREFIX.svg; `compare/compare` in the target folder when absent.
    /// In a PREFIX.md that is there, only what stands between its two marks is replaced.
    #[arg(long, value_name = "PREFIX")]
    pub write: Option<PathBuf>,
    /// The server under test; the `teahouse` beside this program when absent.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// The folder in which data folders are made and removed, whose disk Teahouse stores on; that of the
    /// results when absent.
    #[arg(long)]
    pub data: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &CompareOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    let files_max = system::lift_file_limit()?;
    let prefix = options.prefix()?;
    let folder = prefix.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let data = options.data.clone().unwrap_or_else(|| folder.to_path_buf());
    let common = CommonOptions { server: options.server.clone(), data: Some(data), json: None };
    let places = common.places()?;
    let mut notes = Vec::new();
    let plan = options.plan(files_max, &mut notes)?;
    let contenders = options.install(&places, &mut notes)?;
    let mut rounds = Rounds::new(&plan, &places, &contenders, stop);
    rounds.run()?;
    for ((contender, case), fault) in &rounds.faults {
        notes.push(format!("{} failed, {}: {fault}", contender.title(), case.title()));
    }
    let rows = rounds.collected.rows(&contenders);
    notes.extend(generator_note(&rows, &contenders));
    let figures = Figures {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine: system::machine()?,
        text_bytes: TEXT_BYTES,
        repeats: plan.repeats,
        in_flight: options.in_flight,
        delay_people: options.delay_people,
        contenders: contenders.into_iter().map(Entry::from).collect(),
        rows,
        notes,
    };
    publish(&figures, &prefix)
}

impl CompareOptions {
    fn plan(&self, files_max: u64, notes: &mut Vec<String>) -> Result<Plan> {
        let given = |given: &[u32], whole: &[usize], quick: &[usize]| -> Vec<usize> {
            let default = if self.quick { quick } else { whole };
            if given.is_empty() { default.to_vec() } else { given.iter().map(|it| *it as usize).collect() }
        };
        let people = given(&self.people, &[100, 1000, 10_000], &[100, 1000]);
        let most = people.iter().copied().max().unwrap_or(0).max(self.delay_people as usize);
        system::check_file_limit(most, files_max)?;
        let asked = given(&self.connections, &[10_000, 100_000], &[2000]);
        let connections = within_files(&asked, files_max, notes);
        ensure!(!connections.is_empty(), "`ulimit -Hn` is {files_max}: too few for any connection");
        let pick = |whole, quick| if self.quick { quick } else { whole };
        Ok(Plan {
            people,
            connections,
            repeats: self.repeats.unwrap_or(pick(3, 1)),
            in_flight: self.in_flight as usize,
            cpu_seconds: self.cpu_seconds.unwrap_or(if self.quick { 0.4 } else { 1.5 }),
            seconds: self.seconds.unwrap_or(if self.quick { 1 } else { 4 }),
            delay_people: self.delay_people as usize,
        })
    }

    /// Whoever cannot be had is left out and named.
    fn install(&self, places: &Places, notes: &mut Vec<String>) -> Result<Vec<Ready>> {
        let peers = match &self.peers {
            Some(folder) => std::path::absolute(folder)?,
            None => target_folder(&places.bench)?.join("peers"),
        };
        let mut found = Vec::new();
        for contender in Contender::ALL {
            let wanted = self.only.is_empty() || self.only.contains(&contender);
            if !wanted || self.skip.contains(&contender) {
                continue;
            }
            match install::ready(contender, &peers, &places.bench) {
                Ok(ready) => found.push(ready),
                Err(error) => {
                    let note = format!("{} is left out: {error:#}", contender.title());
                    report::print_line(&note)?;
                    notes.push(note);
                }
            }
        }
        ensure!(!found.is_empty(), "nobody is left to compare");
        Ok(found)
    }

    fn prefix(&self) -> Result<PathBuf> {
        match &self.write {
            Some(prefix) => Ok(std::path::absolute(prefix)?),
            None => Ok(target_folder(&std::env::current_exe()?)?.join("compare/compare")),
        }
    }
}

impl From<Ready> for Entry {
    fn from(ready: Ready) -> Self {
        Self { contender: ready.contender, title: ready.contender.title(), version: ready.version }
    }
}

/// Cargo's folder: two above the program.
fn target_folder(bench: &Path) -> Result<&Path> {
    bench.parent().and_then(Path::parent).context("this program lies in no target folder")
}

/// The counts that fit into one process, with a note of what does not.
fn within_files(asked: &[usize], files_max: u64, notes: &mut Vec<String>) -> Vec<usize> {
    let most = files_max.saturating_sub(FILES_SPARE) as usize / 100 * 100;
    let mut counts: Vec<usize> = asked.iter().map(|count| (*count).min(most)).collect();
    counts.sort_unstable();
    counts.dedup();
    counts.retain(|count| *count > 1);
    for count in asked.iter().filter(|count| **count > most) {
        notes.push(format!(
            "{} idle connections do not fit where `ulimit -Hn` is {}: {} instead",
            grouped(*count as f64),
            grouped(files_max as f64),
            grouped(most as f64)
        ));
    }
    counts
}

/// Names those who may have more in them than the generator could show.
fn generator_note(rows: &[Row], contenders: &[Ready]) -> Option<String> {
    let of_generator = rows.iter().filter_map(|row| match row.measure {
        Measure::GeneratorCores { people } => Some((people, row)),
        _ => None,
    });
    let limited: Vec<String> = of_generator
        .flat_map(|(people, row)| {
            let names = row.cells.iter().zip(contenders).filter_map(|(cell, ready)| {
                let limited = cell.as_ref()?.value.median > GENERATOR_CORES_MAX;
                limited.then(|| ready.contender.title())
            });
            let names: Vec<&str> = names.collect();
            let room = grouped(people as f64);
            (!names.is_empty()).then(|| format!("{} in the room of {room}", names.join("; ")))
        })
        .collect();
    (!limited.is_empty()).then(|| {
        format!(
            "The load generator used more than {GENERATOR_CORES_MAX} of a processor, so more deliveries/s may \
             be possible: {}",
            limited.join(", ")
        )
    })
}

/// Prints the table and writes the three files.
fn publish(figures: &Figures, prefix: &Path) -> Result<()> {
    let text = page::page(figures);
    report::print_line(&text)?;
    let [page, json, picture] = ["md", "json", "svg"].map(|ending| {
        let mut path = prefix.as_os_str().to_owned();
        path.push(format!(".{ending}"));
        PathBuf::from(path)
    });
    report::write_json(Some(&json), figures)?;
    fs::write(&picture, picture::picture(figures))?;
    let before = fs::read_to_string(&page).ok();
    let whole = page::within(before.as_deref(), &text).with_context(|| page.display().to_string())?;
    fs::write(&page, whole).with_context(|| format!("cannot write {}", page.display()))?;
    for path in [&page, &json, &picture] {
        report::print_line(&format!("wrote {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::tests::example;

    #[test]
    fn as_many_connections_as_files_allow() {
        let mut notes = Vec::new();
        assert_eq!(within_files(&[10_000, 100_000], 1 << 20, &mut notes), [10_000, 100_000]);
        assert!(notes.is_empty());
        assert_eq!(within_files(&[10_000, 100_000], 20_000, &mut notes), [10_000, 19_700]);
        assert_eq!(
            notes,
            ["100,000 idle connections do not fit where `ulimit -Hn` is 20,000: 19,700 instead"]
        );
        assert_eq!(within_files(&[10_000, 100_000], 4096, &mut notes), [3700]);
        assert!(within_files(&[10], 256, &mut notes).is_empty());
    }

    #[test]
    fn a_generator_at_its_end_is_named() {
        let figures = example();
        let ready =
            |entry: &Entry| Ready { contender: entry.contender, version: String::new(), program: None };
        let ready: Vec<Ready> = figures.contenders.iter().map(ready).collect();
        let note = generator_note(&figures.rows, &ready).unwrap();
        assert!(note.ends_with("possible: floor in the room of 1,000"), "{note}");
        assert_eq!(generator_note(&figures.rows[..2], &ready), None);
    }
}
