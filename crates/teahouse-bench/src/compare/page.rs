//! The figures as Markdown: for the terminal, for a file of its own, and inside a page that people wrote.

use anyhow::{Result, ensure};

use super::figures::{Cell, Figures, Measure, Row, grouped};
use crate::report;

/// Between these two lines a page holds what this program writes.
const BEGIN: &str = "<!-- bin/bench compare writes from here -->\n";
const END: &str = "<!-- to here -->\n";

/// The table and what to know beside it.
#[must_use]
pub fn page(figures: &Figures) -> String {
    let repeats = match figures.repeats {
        1 => "A single repeat".to_string(),
        many => format!("Medians of {many} repeats"),
    };
    let mut text = format!(
        "Measured on {}: {}. {} bytes of text, {} under way at once where it is busy, delay at 20 messages a \
         second into a room of {}. {repeats}; after the dot, times the floor of the same bytes right \
         after it.\n\n",
        figures.date, figures.machine, figures.text_bytes, figures.in_flight, figures.delay_people
    );
    text.push_str(&table(figures));
    if !figures.notes.is_empty() {
        text.push('\n');
    }
    for note in &figures.notes {
        text.push_str(&format!("- {}\n", one_line(note)));
    }
    text
}

/// Puts `text` into a page between its marks, or is the page where there is none yet.
pub fn within(page: Option<&str>, text: &str) -> Result<String> {
    let Some(page) = page else {
        return Ok(format!("{BEGIN}{text}{END}"));
    };
    let parts = page.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    ensure!(parts.is_some(), "the page has no lines `{}` and `{}`", BEGIN.trim(), END.trim());
    Ok(parts.map(|(head, tail)| format!("{head}{BEGIN}{text}{END}{tail}")).unwrap_or_default())
}

fn table(figures: &Figures) -> String {
    let mut head = vec![""];
    head.extend(figures.contenders.iter().map(|entry| entry.title));
    let mut versions = vec!["version".to_string()];
    versions.extend(figures.contenders.iter().map(|entry| entry.version.clone()));
    let mut rows = vec![versions];
    rows.extend(figures.rows.iter().filter(|row| row.measure.is_in_table()).map(cells));
    report::table(&head, &rows)
}

fn cells(row: &Row) -> Vec<String> {
    let shown = row.cells.iter().map(|cell| cell.map_or("–".into(), |cell| shown(row.measure, &cell)));
    [row.title.clone()].into_iter().chain(shown).collect()
}

/// A number with its ratio.
pub(super) fn shown(measure: Measure, cell: &Cell) -> String {
    let value = value(measure, cell.value.median);
    match cell.ratio {
        Some(ratio) => format!("{value} · {}×", three_digits(ratio.median)),
        None => value,
    }
}

fn value(measure: Measure, number: f64) -> String {
    match measure {
        Measure::DeliveriesPerS { .. } | Measure::ConnectionsPerS => short(number),
        Measure::IdleBytes { .. } | Measure::WireBytes => grouped(number),
        _ => three_digits(number),
    }
}

/// A large number in thousands or millions.
pub(super) fn short(number: f64) -> String {
    match number {
        1e6.. => format!("{} M", three_digits(number / 1e6)),
        1e3.. => format!("{} k", three_digits(number / 1e3)),
        _ => three_digits(number),
    }
}

fn three_digits(number: f64) -> String {
    match number {
        999.5.. => grouped(number),
        99.95.. => format!("{number:.0}"),
        9.995.. => format!("{number:.1}"),
        0.0995.. => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::example;
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_measure_and_a_column_for_each_contender() {
        let text = page(&example());
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        // Two rows of head, the versions, five measures; the generator's processors are not for people.
        assert_eq!(lines.len(), 3 + 5, "{text}");
        assert!(lines.iter().all(|line| line.matches('|').count() == 6), "{text}");
        for said in [
            "2026-11-23",
            "Linux 6.18",
            "Medians of 3 repeats",
            "| 1.95 M ",
            "0.35 · 1.10×",
            "477 k · 0.24×",
            "| 76.0 · 238×",
            "| –",
        ] {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
        assert!(text.ends_with("- Tornado failed: no <tea> & no kettle\n"));
    }

    #[test]
    fn a_page_keeps_what_people_wrote() {
        let first = within(None, "a\n").unwrap();
        let page = format!("# Head\n{first}tail\n");
        assert_eq!(within(Some(&page), "b\n").unwrap(), format!("# Head\n{BEGIN}b\n{END}tail\n"));
        within(Some("no marks"), "b").unwrap_err();
    }

    #[test]
    fn numbers_have_three_digits() {
        for (number, text) in [
            (0.0123, "0.012"),
            (0.32, "0.32"),
            (1.949, "1.95"),
            (9.996, "10.0"),
            (76.04, "76.0"),
            (238.4, "238"),
            (7660.0, "7,660"),
        ] {
            assert_eq!(three_digits(number), text);
        }
        assert_eq!((short(62_300.0).as_str(), short(1.952e6).as_str()), ("62.3 k", "1.95 M"));
    }
}
