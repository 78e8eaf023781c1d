//! Numbers for people (a table) and for programs (JSON): medians, ratios, the goal of each case.
//! Calculates and prints; measures nothing.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::load::Outcome;

/// CPU per delivery against the floor that `fanout` asks for.
const RATIO_GOAL: f64 = 1.1;
/// What a message may cost beside its deliveries, in µs, where the room is small.
const MESSAGE_US_GOAL: f64 = 12.0;
const SMALL_ROOM: usize = 100;

/// The middle of some numbers, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// Of at least one number; of none, all are NaN.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = |at: usize| sorted.get(at).copied().unwrap_or(f64::NAN);
        let median = match sorted.len() {
            odd if odd % 2 == 1 => middle(odd / 2),
            even => f64::midpoint(middle((even / 2).saturating_sub(1)), middle(even / 2)),
        };
        Self { median, min: middle(0), max: middle(sorted.len().saturating_sub(1)) }
    }
}

/// All repeats of one case for one host.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    pub us_per_delivery: Spread,
    pub deliveries_per_s: f64,
    pub bytes_per_delivery: f64,
    /// Messages that came with one read of the generator: how much was joined.
    pub deliveries_per_read: f64,
    /// CPU seconds of the process and of the generator in each second.
    pub cores: f64,
    pub generator_cores: f64,
    pub messages: u64,
    /// The shortest repeat: below 1 s the numbers are coarse.
    pub cpu_s_min: f64,
}

impl Side {
    /// Sums up the repeats.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let median = |value: fn(&Outcome) -> f64| Spread::of(outcomes.iter().map(value)).median;
        Self {
            us_per_delivery: Spread::of(outcomes.iter().map(Outcome::us_per_delivery)),
            deliveries_per_s: median(|one| one.deliveries as f64 / one.wall.as_secs_f64()),
            bytes_per_delivery: median(Outcome::bytes_per_delivery),
            deliveries_per_read: median(|one| one.deliveries as f64 / one.reads as f64),
            cores: median(|one| one.cpu.as_secs_f64() / one.wall.as_secs_f64()),
            generator_cores: median(|one| one.generator_cpu.as_secs_f64() / one.wall.as_secs_f64()),
            messages: outcomes.iter().map(|one| one.messages).sum(),
            cpu_s_min: Spread::of(outcomes.iter().map(|one| one.cpu.as_secs_f64())).min,
        }
    }
}

/// One case of `fanout`: a room, a size, so many in flight.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub room: &'static str,
    pub people: usize,
    pub in_flight: usize,
    pub server: Side,
    pub floor: Side,
    /// The floor with one write for each message.
    pub unjoined: Option<Side>,
    /// The floor that writes by io_uring.
    pub uring: Option<Side>,
    /// Of the repeats: the floor by io_uring by the floor of the same repeat.
    pub uring_ratio: Option<Spread>,
    /// Of the repeats: server by floor of the same repeat.
    pub ratio: Spread,
    pub ratio_goal: f64,
    pub meets_goal: bool,
}

impl Row {
    /// Puts the sides of one case together; both have a number for each repeat.
    #[must_use]
    pub fn of(
        (room, people, in_flight): (&'static str, usize, usize),
        server: &[Outcome],
        floor: &[Outcome],
        unjoined: Option<&[Outcome]>,
        uring: Option<&[Outcome]>,
    ) -> Self {
        let by_floor = |side: &[Outcome]| {
            let ratios = side.iter().zip(floor);
            Spread::of(ratios.map(|(a, b)| a.us_per_delivery() / b.us_per_delivery()))
        };
        let (ratio, uring_ratio) = (by_floor(server), uring.map(by_floor));
        let (server, floor) = (Side::of(server), Side::of(floor));
        let ratio_goal = ratio_goal(people, floor.us_per_delivery.median);
        Self {
            room,
            people,
            in_flight,
            server,
            floor,
            unjoined: unjoined.map(Side::of),
            uring: uring.map(Side::of),
            uring_ratio,
            ratio,
            ratio_goal,
            // A floor that took no CPU at all was not measured.
            meets_goal: ratio.median.is_finite() && ratio.median <= ratio_goal,
        }
    }

    fn cells(&self) -> Vec<String> {
        let (server, floor) = (&self.server, &self.floor);
        let unjoined = self.unjoined.as_ref();
        vec![
            self.room.into(),
            self.people.to_string(),
            format!("w{}", self.in_flight),
            format!("{:.3}", server.us_per_delivery.median),
            format!("{:.3}", floor.us_per_delivery.median),
            unjoined.map_or("-".into(), |side| format!("{:.3}", side.us_per_delivery.median)),
            self.uring.as_ref().map_or("-".into(), |side| format!("{:.3}", side.us_per_delivery.median)),
            spread(&self.ratio),
            self.uring_ratio.as_ref().map_or("-".into(), spread),
            format!("{:.2} {}", self.ratio_goal, if self.meets_goal { "met" } else { "missed" }),
            format!("{:.0} / {:.0}", server.deliveries_per_s, floor.deliveries_per_s),
            format!("{:.1} / {:.1}", server.bytes_per_delivery, floor.bytes_per_delivery),
            format!("{:.1} / {:.1}", server.deliveries_per_read, floor.deliveries_per_read),
            format!("{:.2} / {:.2}", server.cores, floor.cores),
            format!("{:.2} / {:.2}", server.generator_cores, floor.generator_cores),
            format!("{:.2} / {:.2}", server.cpu_s_min, floor.cpu_s_min),
        ]
    }
}

fn spread(ratio: &Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.min, ratio.max)
}

/// The largest ratio that a case may have; a small room may pay for each message as well.
#[must_use]
pub fn ratio_goal(people: usize, floor_us: f64) -> f64 {
    if people > SMALL_ROOM {
        return RATIO_GOAL;
    }
    RATIO_GOAL + MESSAGE_US_GOAL / (people as f64 * floor_us)
}

/// Prints the cases of `fanout`. Pairs are server / floor.
pub fn print_rows(rows: &[Row]) -> Result<()> {
    let head = [
        "room",
        "people",
        "load",
        "server µs",
        "floor µs",
        "unjoined µs",
        "io_uring µs",
        "ratio (min–max)",
        "io_uring ratio",
        "goal",
        "deliveries/s",
        "bytes each",
        "per read",
        "cores",
        "generator",
        "CPU s ≥",
    ];
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    print_table(&head, &cells)
}

/// Prints a table in Markdown, its columns aligned.
pub fn print_table(head: &[&str], rows: &[Vec<String>]) -> Result<()> {
    Ok(std::io::stdout().write_all(table(head, rows).as_bytes())?)
}

/// A table in Markdown, its columns aligned.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} |"));
        format!("|{}\n", padded.collect::<String>())
    };
    let mut text = line(head.to_vec());
    let rule: String = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
    text.push_str(&format!("|{rule}\n"));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// Prints one line for people.
pub fn print_line(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Writes the numbers for programs, where a path was given.
pub fn write_json(path: Option<&Path>, rows: &impl Serialize) -> Result<()> {
    let Some(path) = path else {
        return Ok(());
    };
    let json = serde_json::to_vec_pretty(rows)?;
    fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(cpu_ms: u64, deliveries: u64) -> Outcome {
        Outcome {
            messages: 10,
            deliveries,
            wall: Duration::from_secs(1),
            cpu: Duration::from_millis(cpu_ms),
            generator_cpu: Duration::from_millis(500),
            message_bytes: deliveries * 66,
            other_bytes: 0,
            reads: deliveries,
        }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of([4.0, 1.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
        assert!(Spread::of([]).median.is_nan());
    }

    #[test]
    fn a_ratio_is_taken_within_its_repeat() {
        let server = [outcome(20, 1000), outcome(90, 1000), outcome(11, 1000)];
        let floor = [outcome(10, 1000), outcome(30, 1000), outcome(10, 1000)];
        let row = Row::of(("plain", 1000, 1), &server, &floor, None, Some(&floor));
        assert_eq!(row.ratio, Spread { median: 2.0, min: 1.1, max: 3.0 });
        assert_eq!(row.server.us_per_delivery.median, 20.0);
        assert!(!row.meets_goal);
        assert_eq!(row.uring_ratio, Some(Spread { median: 1.0, min: 1.0, max: 1.0 }));
        assert_eq!(row.cells().len(), 16);
    }

    #[test]
    fn only_a_small_room_may_pay_for_a_message() {
        assert_eq!(ratio_goal(1000, 0.3), RATIO_GOAL);
        assert!((ratio_goal(100, 0.3) - (1.1 + 0.4)).abs() < 1e-9);
    }
}
