//! What a comparison found: plain data, a row for each thing measured and a cell for each contender, and
//! the arithmetic that makes it out of repeats.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contender::{Contender, Ready};
use crate::report::Spread;

/// Everything of one comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// `YEAR-MONTH-DAY`, UTC.
    pub date: String,
    /// Processors, memory and kernel.
    pub machine: String,
    pub text_bytes: usize,
    pub repeats: u32,
    /// Messages under way at once where it is busy.
    pub in_flight: u32,
    /// People in the room whose delay is measured.
    pub delay_people: u32,
    pub contenders: Vec<Entry>,
    pub rows: Vec<Row>,
    /// What to know beside the numbers: faults, limits.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub contender: Contender,
    pub title: &'static str,
    pub version: String,
}

/// One thing measured.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub measure: Measure,
    pub title: String,
    /// One for each contender; none where it failed.
    pub cells: Vec<Option<Cell>>,
}

/// One number over the repeats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub value: Spread,
    /// Of the repeats: this by the floor of the same bytes, right after it.
    pub ratio: Option<Spread>,
}

/// What can be measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Measure {
    /// So many people, so many messages under way that the server never waits.
    DeliveriesPerS {
        people: usize,
    },
    /// Server CPU per delivery, then.
    UsBusy {
        people: usize,
    },
    /// The same with one message at a time, where nothing can be joined.
    UsAlone {
        people: usize,
    },
    DelayP50Ms,
    DelayP99Ms,
    DelayP999Ms,
    /// Memory of the process.
    IdleBytes {
        connections: usize,
    },
    ConnectionsPerS,
    /// Server CPU for each of them.
    UsPerConnection,
    /// Of one delivery, frame header included.
    WireBytes,
    /// Processors that the server used where it was busy; not in the table.
    ServerCores {
        people: usize,
    },
    /// Those of the load generator at the same time; not in the table.
    GeneratorCores {
        people: usize,
    },
}

/// Each repeat's number, and that of the floor beside it.
type Repeats = Vec<(f64, Option<f64>)>;

/// Numbers as they come.
#[derive(Debug, Default)]
pub struct Collected {
    numbers: BTreeMap<Measure, BTreeMap<Contender, Repeats>>,
}

impl Measure {
    /// Whether people see it, and not only programs.
    #[must_use]
    pub fn is_in_table(self) -> bool {
        !matches!(self, Self::ServerCores { .. } | Self::GeneratorCores { .. })
    }

    /// Whether a larger number is the better one.
    #[must_use]
    pub fn is_better_high(self) -> bool {
        matches!(self, Self::DeliveriesPerS { .. } | Self::ConnectionsPerS)
    }

    /// What it is called.
    #[must_use]
    pub fn title(self) -> String {
        let room = |what: &str, people: usize| format!("{what}, room of {}", grouped(people as f64));
        match self {
            Self::DeliveriesPerS { people } => room("deliveries/s, busy", people),
            Self::UsBusy { people } => format!("{}, µs", room("CPU per delivery, busy", people)),
            Self::UsAlone { people } => format!("{}, µs", room("CPU per delivery, one at a time", people)),
            Self::DelayP50Ms => "delay p50, ms".into(),
            Self::DelayP99Ms => "delay p99, ms".into(),
            Self::DelayP999Ms => "delay p99.9, ms".into(),
            Self::IdleBytes { connections } => {
                format!("memory per idle connection of {}, bytes", grouped(connections as f64))
            }
            Self::ConnectionsPerS => "new connections/s".into(),
            Self::UsPerConnection => "CPU per new connection, µs".into(),
            Self::WireBytes => "bytes on the wire per delivery".into(),
            Self::ServerCores { people } => room("processors of the server, busy", people),
            Self::GeneratorCores { people } => room("processors of the generator, busy", people),
        }
    }
}

impl Collected {
    /// Takes one repeat's number, and that of the floor beside it.
    pub fn add(&mut self, measure: Measure, contender: Contender, value: f64, floor: Option<f64>) {
        let of_measure = self.numbers.entry(measure).or_default();
        of_measure.entry(contender).or_default().push((value, floor));
    }

    /// Sums up the repeats.
    #[must_use]
    pub fn rows(&self, contenders: &[Ready]) -> Vec<Row> {
        let row = |(measure, found): (&Measure, &BTreeMap<Contender, Repeats>)| Row {
            measure: *measure,
            title: measure.title(),
            cells: contenders.iter().map(|one| Some(Cell::of(found.get(&one.contender)?))).collect(),
        };
        self.numbers.iter().map(row).collect()
    }
}

impl Cell {
    fn of(repeats: &[(f64, Option<f64>)]) -> Self {
        let ratios: Vec<f64> = repeats.iter().filter_map(|(value, floor)| Some(value / (*floor)?)).collect();
        Self {
            value: Spread::of(repeats.iter().map(|(value, _)| *value)),
            ratio: (!ratios.is_empty()).then(|| Spread::of(ratios)),
        }
    }
}

/// A whole number with commas between its thousands.
#[must_use]
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = if number <= -0.5 { "-".to_string() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two rows of four contenders, the last of which failed at one.
    pub(in crate::compare) fn example() -> Figures {
        let contenders = [Contender::Floor, Contender::Plain, Contender::Full, Contender::Tornado];
        let ready =
            contenders.map(|contender| Ready { contender, version: "thing <1.2>".into(), program: None });
        let mut collected = Collected::default();
        let busy = Measure::UsBusy { people: 1000 };
        for (repeat, floor) in [0.30, 0.40, 0.32].into_iter().enumerate() {
            collected.add(busy, Contender::Floor, floor, None);
            collected.add(busy, Contender::Plain, floor * 1.1, Some(floor));
            collected.add(busy, Contender::Full, floor * (1.0 + repeat as f64), Some(floor));
            collected.add(busy, Contender::Tornado, 76.0, Some(floor));
            let deliveries = Measure::DeliveriesPerS { people: 1000 };
            collected.add(deliveries, Contender::Floor, 1.95e6, None);
            collected.add(deliveries, Contender::Plain, 1.91e6, Some(1.95e6));
            collected.add(deliveries, Contender::Full, 477_000.0, Some(1.95e6));
            for (measure, ms) in [(Measure::DelayP50Ms, 2.5), (Measure::DelayP99Ms, 12.0)] {
                collected.add(measure, Contender::Floor, ms, None);
                collected.add(measure, Contender::Plain, ms * 2.0, Some(ms));
            }
            collected.add(Measure::DelayP999Ms, Contender::Plain, 120.0, Some(20.0));
            collected.add(Measure::GeneratorCores { people: 1000 }, Contender::Floor, 0.98, None);
        }
        Figures {
            date: "2026-11-23".into(),
            machine: "2 processors, Linux 6.18".into(),
            text_bytes: 64,
            repeats: 3,
            in_flight: 64,
            delay_people: 500,
            contenders: ready
                .iter()
                .map(|one| Entry {
                    contender: one.contender,
                    title: one.contender.title(),
                    version: one.version.clone(),
                })
                .collect(),
            rows: collected.rows(&ready),
            notes: vec!["Tornado failed: no <tea> & no kettle".into()],
        }
    }

    #[test]
    fn a_ratio_is_taken_within_its_repeat() {
        let figures = example();
        let busy = &figures.rows[1];
        assert_eq!(busy.measure, Measure::UsBusy { people: 1000 });
        let [floor, plain, full, _] = [0, 1, 2, 3].map(|at| busy.cells[at].unwrap());
        assert_eq!((floor.value.median, floor.ratio), (0.32, None));
        assert!((plain.ratio.unwrap().max - 1.1).abs() < 1e-9);
        assert_eq!(full.ratio.unwrap(), Spread { median: 2.0, min: 1.0, max: 3.0 });
    }

    #[test]
    fn who_failed_has_an_empty_cell() {
        let figures = example();
        assert_eq!(figures.rows[0].measure, Measure::DeliveriesPerS { people: 1000 });
        assert!(figures.rows[0].cells[3].is_none());
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(-1200.0), "-1,200");
        assert_eq!(grouped(-0.2), "0");
    }
}
