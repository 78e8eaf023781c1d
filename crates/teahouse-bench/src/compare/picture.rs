//! The figures as a picture: a panel for each of the main measures, bars and dots on axes of powers of ten.
//! Plain SVG that follows the reader's light or dark.

use std::fmt::Write as _;

use super::figures::{Cell, Figures, Measure, Row};
use super::page;

const WIDTH: f64 = 1040.0;
const MARGIN: f64 = 24.0;
/// From one panel to the next.
const PANEL: f64 = 508.0;
/// Where names end and bars begin, from the panel's left.
const NAMES: f64 = 152.0;
/// How long a bar can be.
const SPAN: f64 = 210.0;
const LINE: f64 = 22.0;
const BAR: f64 = 14.0;
const TITLE: &str = "One room, everybody hears everybody: what a server needs for it";
/// The room that is shown, where it was measured.
const PEOPLE: usize = 1000;
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#2b2622}.title{font-size:19px;font-weight:600}\
.head{font-size:13px;font-weight:600}.pale{fill:#756b62}.page{fill:#fbf8f3}.grid{stroke:#e2d9cd}\
.floor{fill:#a39a90}.peer{fill:#d0a36a}.ours{fill:#2f6f4f}.range{stroke:#756b62}\
@media(prefers-color-scheme:dark){text{fill:#ece5db}.pale{fill:#a89d92}.page{fill:#1f1b18}.grid{stroke:#3a342f}\
.floor{fill:#857b72}.peer{fill:#b58544}.ours{fill:#6fb792}.range{stroke:#a89d92}}";

/// The picture.
#[must_use]
pub fn picture(figures: &Figures) -> String {
    let mut page = Page { out: String::new(), left: MARGIN, y: 40.0 };
    page.text(0.0, "title", "start", TITLE);
    page.y += 22.0;
    let said = format!(
        "{} · {} · repeats: {} · axes in powers of ten",
        figures.date, figures.machine, figures.repeats
    );
    page.text(0.0, "pale", "start", &said);
    page.y += 6.0;
    let mut bottom = page.y;
    for (at, panel) in panels(figures).iter().enumerate() {
        let top = if at % 2 == 0 { bottom } else { page.y };
        page.left = MARGIN + if at % 2 == 0 { 0.0 } else { PANEL };
        page.y = top;
        page.panel(figures, panel);
        bottom = bottom.max(page.y);
        page.y = top;
    }
    let height = bottom + 20.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" role=\"img\">\n<title>{TITLE}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{}</svg>\n",
        page.out
    )
}

/// One row as bars, or several as dots on one line.
struct Panel<'a> {
    title: String,
    rows: Vec<&'a Row>,
}

fn panels(figures: &Figures) -> Vec<Panel<'_>> {
    let size = |row: &Row| match row.measure {
        Measure::UsBusy { people } => Some(people),
        _ => None,
    };
    let mut sizes = figures.rows.iter().filter_map(size);
    let people = sizes
        .find(|people| *people >= PEOPLE)
        .unwrap_or_else(|| figures.rows.iter().filter_map(size).max().unwrap_or(PEOPLE));
    let of = |wanted: Measure| figures.rows.iter().find(|row| row.measure == wanted);
    let bars = [
        of(Measure::DeliveriesPerS { people }),
        of(Measure::UsBusy { people }),
        of(Measure::UsAlone { people }),
        figures.rows.iter().find(|row| matches!(row.measure, Measure::IdleBytes { .. })),
        of(Measure::ConnectionsPerS),
    ];
    let bars = bars.into_iter().flatten().map(|row| Panel { title: titled(row), rows: vec![row] });
    let delays = [Measure::DelayP50Ms, Measure::DelayP99Ms, Measure::DelayP999Ms];
    let delays: Vec<&Row> = delays.into_iter().filter_map(of).collect();
    let title = "delay, ms: p50 (full), p99, p99.9 (left is better)".to_string();
    bars.chain((!delays.is_empty()).then_some(Panel { title, rows: delays })).collect()
}

fn titled(row: &Row) -> String {
    let better = if row.measure.is_better_high() { "right" } else { "left" };
    format!("{} ({better} is better)", row.title)
}

/// Powers of ten from end to end.
struct Axis {
    low: i32,
    high: i32,
}

impl Axis {
    fn over(numbers: impl Iterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::MAX, 0.0_f64);
        for number in numbers.filter(|number| *number > 0.0) {
            (least, most) = (least.min(number), most.max(number));
        }
        if least > most {
            return Self { low: 0, high: 1 };
        }
        let low = least.log10().floor() as i32;
        Self { low, high: (most.log10().ceil() as i32).max(low + 1) }
    }

    /// How far from the left a number is.
    fn at(&self, number: f64) -> f64 {
        let share = (number.max(1e-9).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        share.clamp(0.0, 1.0) * SPAN
    }
}

/// What is drawn so far, and where one draws.
struct Page {
    out: String,
    left: f64,
    y: f64,
}

impl Page {
    fn panel(&mut self, figures: &Figures, panel: &Panel<'_>) {
        self.y += 32.0;
        self.text(0.0, "head", "start", &panel.title);
        self.y += LINE + 2.0;
        let numbers = panel.rows.iter().flat_map(|row| row.cells.iter().flatten());
        let axis = Axis::over(numbers.map(|cell| cell.value.median));
        self.grid(&axis, figures.contenders.len());
        for (at, entry) in figures.contenders.iter().enumerate() {
            self.text(NAMES - 10.0, "", "end", entry.title);
            let class = match entry.contender {
                super::Contender::Floor => "floor",
                ours if ours.is_ours() => "ours",
                _ => "peer",
            };
            let cells: Vec<Cell> = panel.rows.iter().filter_map(|row| row.cells[at]).collect();
            self.line(&axis, panel, &cells, class);
            self.y += LINE;
        }
        self.y += 12.0;
    }

    /// One contender's.
    fn line(&mut self, axis: &Axis, panel: &Panel<'_>, cells: &[Cell], class: &str) {
        let at = NAMES + SPAN + 10.0;
        match (cells, panel.rows.len()) {
            ([], _) => self.text(NAMES, "pale", "start", "–"),
            ([cell], 1) => {
                self.bar(axis.at(cell.value.median).max(2.0), class);
                self.text(at, "", "start", &page::shown(panel.rows[0].measure, cell));
            }
            (cells, _) => {
                let middles: Vec<f64> = cells.iter().map(|cell| cell.value.median).collect();
                self.dots(&middles.iter().map(|middle| axis.at(*middle)).collect::<Vec<_>>(), class);
                let said: Vec<String> = middles.iter().map(|middle| format!("{middle:.1}")).collect();
                self.text(at, "", "start", &said.join(" / "));
            }
        }
    }

    fn grid(&mut self, axis: &Axis, lines: usize) {
        let top = self.y - LINE + 6.0;
        let bottom = self.y + LINE * (lines as f64 - 1.0) + 6.0;
        let y = self.y;
        for power in axis.low..=axis.high {
            let x = self.left + NAMES + axis.at(10_f64.powi(power));
            let _ = writeln!(
                self.out,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\"/>"
            );
            self.y = bottom + 14.0;
            self.text(x - self.left, "pale", "middle", &power_of_ten(power));
        }
        self.y = y;
    }

    fn text(&mut self, x: f64, class: &str, anchor: &str, said: &str) {
        let (x, said) = (self.left + x, escaped(said));
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{said}</text>",
            self.y
        );
    }

    fn bar(&mut self, width: f64, class: &str) {
        let (x, y) = (self.left + NAMES, self.y - BAR + 3.0);
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>"
        );
    }

    /// The first is full, the others are empty.
    fn dots(&mut self, at: &[f64], class: &str) {
        let (left, y) = (self.left + NAMES, self.y - 4.0);
        let (from, to) = (left + at[0], left + at[at.len() - 1]);
        let _ = writeln!(
            self.out,
            "<line class=\"range\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
        );
        for (index, x) in at.iter().enumerate().rev() {
            let (x, class) = (left + x, if index == 0 { class } else { "page" });
            let _ =
                writeln!(self.out, "<circle class=\"{class} range\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>");
        }
    }
}

fn power_of_ten(power: i32) -> String {
    match power {
        0.. => page::short(10_f64.powi(power)).replace(".00", "").replace(".0", ""),
        _ => format!("{:.1$}", 10_f64.powi(power), power.unsigned_abs() as usize),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::example;
    use super::*;

    /// The numbers of an attribute, of each element that begins so.
    fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<f64> {
        let with = svg.lines().filter(|line| line.starts_with(element));
        let value =
            |line: &str| line.split(&format!(" {attribute}=\"")).nth(1)?.split('"').next()?.parse().ok();
        with.filter_map(value).collect()
    }

    #[test]
    fn draws_every_figure_inside_the_page() {
        let svg = picture(&example());
        let height: f64 = svg.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        // Deliveries of three, CPU of four; dots of two and of three quantiles.
        assert_eq!(numbers(&svg, "<rect class=", "y").len(), 3 + 4);
        assert_eq!(numbers(&svg, "<circle", "cx").len(), 2 + 3);
        for (element, attribute) in [("<rect", "x"), ("<text", "x"), ("<circle", "cx"), ("<line", "x2")] {
            let all = numbers(&svg, element, attribute);
            assert!(all.iter().all(|x| (0.0..=WIDTH).contains(x)), "{element} {all:?}");
        }
        let all = numbers(&svg, "<text", "y");
        assert!(all.iter().all(|y| (0.0..height).contains(y)), "{all:?} on {height}");
        assert!(numbers(&svg, "<rect class=", "width").iter().all(|width| (2.0..=SPAN).contains(width)));
        assert!(svg.contains("prefers-color-scheme:dark") && svg.contains("1.95 M"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn axes_are_of_powers_of_ten() {
        let axis = Axis::over([0.3, 76.0, f64::NAN, 0.0].into_iter());
        assert_eq!((axis.low, axis.high), (-1, 2));
        assert_eq!((axis.at(0.1), axis.at(100.0), axis.at(0.0)), (0.0, SPAN, 0.0));
        assert_eq!(Axis::over(std::iter::empty()).high, 1);
        let named = [-2, 0, 1, 3, 6].map(power_of_ten);
        assert_eq!(named, ["0.01", "1", "10", "1 k", "1 M"]);
    }

    #[test]
    fn draws_what_there_is() {
        let mut figures = example();
        figures.rows.clear();
        assert!(picture(&figures).ends_with("</svg>\n"));
    }
}
