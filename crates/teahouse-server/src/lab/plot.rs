//! The figures as a picture: bars for bytes, dots for delays. Plain SVG, light, for any page.

use std::fmt::Write as _;

use super::figures::{Figures, OfSize, PerMessage, Travelled};

const WIDTH: f64 = 960.0;
/// Where names end and bars begin.
const LEFT: f64 = 190.0;
/// Where bars end at most, and their figures begin.
const RIGHT: f64 = 740.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
const TEXT: &str = "#2f6f4f";
const FRAME: &str = "#d9a441";
const TRANSPORT: &str = "#b5533c";
const INK: &str = "#2b2622";
const PALE: &str = "#8b8178";
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#2b2622}\
.title{font-size:20px;font-weight:600}.head{font-size:15px;font-weight:600}.pale{fill:#8b8178}";

/// The picture.
pub(super) fn plot(figures: &Figures) -> String {
    let mut page = Page { out: String::new(), y: 40.0 };
    page.text(24.0, "title", "start", "What a message costs on each transport");
    page.y += 24.0;
    let said = format!(
        "{} · room {} · {} messages of each size · {} · {}",
        figures.house, figures.room, figures.messages, figures.date, figures.program
    );
    page.text(24.0, "pale", "start", &said);
    page.y += 28.0;
    page.legend();
    for (at, size) in sizes(figures).into_iter().enumerate() {
        page.bytes(figures, at, size);
    }
    page.delays(figures);
    page.idle(figures);
    page.faults(figures);
    let height = page.y + 16.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" role=\"img\">\n<title>What a message costs on each transport</title>\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fbf8f3\"/>\n{}</svg>\n",
        page.out
    )
}

/// The sizes of texts, as any transport has them.
fn sizes(figures: &Figures) -> Vec<u32> {
    let most = figures.transports.iter().max_by_key(|one| one.sizes.len());
    most.map(|one| one.sizes.iter().map(|size| size.text_bytes).collect()).unwrap_or_default()
}

/// What is drawn so far, and how far down.
struct Page {
    out: String,
    y: f64,
}

impl Page {
    fn text(&mut self, x: f64, class: &str, anchor: &str, said: &str) {
        let said = escaped(said);
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{said}</text>",
            self.y
        );
    }

    /// A box beside a line of text.
    fn bar(&mut self, x: f64, width: f64, fill: &str) {
        let y = self.y - BAR + 4.0;
        let _ = writeln!(
            self.out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{fill}\"/>"
        );
    }

    fn line(&mut self, from: f64, to: f64, y: [f64; 2], stroke: &str) {
        let [above, below] = y;
        let _ = writeln!(
            self.out,
            "<line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{above:.1}\" y2=\"{below:.1}\" stroke=\"{stroke}\"/>"
        );
    }

    fn dot(&mut self, x: f64, fill: &str) {
        let y = self.y - 4.0;
        let _ = writeln!(
            self.out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{fill}\" stroke=\"{INK}\"/>"
        );
    }

    fn heading(&mut self, said: &str) {
        self.y += 22.0;
        self.text(24.0, "head", "start", said);
        self.y += ROW;
    }

    fn legend(&mut self) {
        let mut x = 24.0;
        for (fill, said) in
            [(TEXT, "text"), (FRAME, "frame (JSON)"), (TRANSPORT, "transport (headers, framing)")]
        {
            self.bar(x, BAR, fill);
            self.text(x + BAR + 6.0, "", "start", said);
            x += BAR + 30.0 + 8.0 * said.len() as f64;
        }
        self.y += 4.0;
    }

    /// What a message of the size at that place costs a reader, to a scale of its own.
    fn bytes(&mut self, figures: &Figures, at: usize, text_bytes: u32) {
        self.heading(&format!("Bytes for a reader, per message of {text_bytes} B"));
        let rows: Vec<(&Travelled, PerMessage)> =
            rows(figures, at).map(|(one, size)| (one, size.reader)).collect();
        let most = rows.iter().map(|(_, per)| per.bytes).fold(1.0, f64::max);
        for (one, per) in rows {
            self.text(LEFT - 12.0, "", "end", &one.transport);
            let mut x = LEFT;
            for (bytes, fill) in
                [(per.text_bytes, TEXT), (per.frame_bytes, FRAME), (per.transport_bytes, TRANSPORT)]
            {
                let width = bytes / most * (RIGHT - LEFT);
                self.bar(x, width, fill);
                x += width;
            }
            let share = per.text_share() * 100.0;
            let said = format!("{:.0} B, {share:.0} % text, {:.1} req.", per.bytes, per.requests);
            self.text(x + 8.0, "", "start", &said);
            self.y += ROW;
        }
    }

    /// Delays on an axis of powers of ten.
    fn delays(&mut self, figures: &Figures) {
        let all = figures.transports.iter().flat_map(|one| &one.sizes).map(|size| size.delay_ms);
        let (least, most) =
            all.fold((f64::MAX, 1.0), |(least, most), it| (least.min(it.p50), it.p99.max(most)));
        if least > most {
            return;
        }
        let (low, high) = (least.max(0.01).log10().floor(), most.log10().ceil());
        let high = high.max(low + 1.0);
        let x = |ms: f64| LEFT + (ms.max(0.01).log10() - low) / (high - low) * (RIGHT - LEFT);
        self.heading("Delay from send to a reader: half of all (full), 95 and 99 of 100 (empty)");
        let (top, count) =
            (self.y - 18.0, figures.transports.iter().map(|one| one.sizes.len()).sum::<usize>());
        let bottom = self.y + ROW * count as f64 - 10.0;
        for power in low as i32..=high as i32 {
            let at = x(10f64.powi(power));
            self.line(at, at, [top, bottom], "#e2d9cd");
            let y = std::mem::replace(&mut self.y, bottom + 16.0);
            self.text(at, "pale", "middle", &milliseconds(10f64.powi(power)));
            self.y = y;
        }
        for one in &figures.transports {
            for size in &one.sizes {
                let delay = size.delay_ms;
                self.text(LEFT - 12.0, "", "end", &format!("{} {} B", one.transport, size.text_bytes));
                self.line(x(delay.p50), x(delay.p99), [self.y - 4.0; 2], PALE);
                self.dot(x(delay.p99), "#fbf8f3");
                self.dot(x(delay.p95), "#fbf8f3");
                self.dot(x(delay.p50), TEXT);
                let said = format!("{} / {}", milliseconds(delay.p50), milliseconds(delay.p99));
                self.text(RIGHT + 40.0, "", "start", &said);
                self.y += ROW;
            }
        }
        self.y += 16.0;
    }

    fn idle(&mut self, figures: &Figures) {
        let rows: Vec<_> = figures.transports.iter().filter_map(|one| Some((one, one.idle?))).collect();
        let Some((_, first)) = rows.first() else { return };
        let scaled = format!("Bytes of an idle minute (measured over {:.0} s)", first.measured_s);
        self.heading(&scaled);
        let most = rows.iter().map(|(_, idle)| idle.bytes_per_minute).fold(1.0, f64::max);
        for (one, idle) in rows {
            self.text(LEFT - 12.0, "", "end", &one.transport);
            let width = idle.bytes_per_minute / most * (RIGHT - LEFT);
            self.bar(LEFT, width, TRANSPORT);
            let said = format!("{:.0} B, {:.1} requests", idle.bytes_per_minute, idle.requests_per_minute);
            self.text(LEFT + width + 8.0, "", "start", &said);
            self.y += ROW;
        }
    }

    fn faults(&mut self, figures: &Figures) {
        for (one, fault) in figures.transports.iter().filter_map(|one| Some((one, one.fault.as_ref()?))) {
            self.text(24.0, "pale", "start", &format!("{} was given up: {fault}", one.transport));
            self.y += ROW;
        }
    }
}

/// The transports that have the size at that place.
fn rows(figures: &Figures, at: usize) -> impl Iterator<Item = (&Travelled, &OfSize)> {
    figures.transports.iter().filter_map(move |one| Some((one, one.sizes.get(at)?)))
}

fn milliseconds(ms: f64) -> String {
    match ms {
        1000.0.. => format!("{:.1} s", ms / 1000.0).replace(".0 s", " s"),
        10.0.. => format!("{ms:.0} ms"),
        _ => format!("{ms:.2} ms").replace(".00 ms", " ms"),
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
        let svg = plot(&example());
        let height: f64 = svg.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        // The legend, three parts of a bar for each transport and size, an idle bar for each transport.
        assert_eq!(numbers(&svg, "<rect", "y").len(), 3 + 3 * 3 * 3 + 3);
        assert_eq!(numbers(&svg, "<circle", "cx").len(), 3 * 3 * 3);
        for (element, attribute) in [("<rect", "x"), ("<text", "x"), ("<circle", "cx"), ("<line", "x1")] {
            let all = numbers(&svg, element, attribute);
            assert!(all.iter().all(|x| (0.0..=WIDTH).contains(x)), "{element} {all:?}");
        }
        let all = numbers(&svg, "<text", "y");
        assert!(all.iter().all(|y| (0.0..height).contains(y)), "{all:?} on {height}");
        let dots = numbers(&svg, "<circle", "cx");
        assert!(dots.iter().all(|x| (LEFT..=RIGHT).contains(x)), "{dots:?}");
        for said in ["2026-11-22", "teahouse 0.1.0", "314 B, 38 % text", "1 ms", "10 s", "measured over 5 s"]
        {
            assert!(svg.contains(said), "{said} is missing");
        }
        assert!(svg.contains("a proxy &lt;buffers&gt; &amp; waits") && !svg.contains("<buffers>"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn bars_add_up() {
        let svg = plot(&example());
        let widths = numbers(&svg, "<rect x", "width");
        // The longest bar of each size is as long as there is room.
        for size in widths[3..30].chunks(9) {
            let bars = size.chunks(3).map(|parts| parts.iter().sum::<f64>());
            assert!((bars.fold(0.0, f64::max) - (RIGHT - LEFT)).abs() < 0.2, "{size:?}");
        }
    }

    #[test]
    fn draws_what_there_is() {
        let mut figures = example();
        figures.transports.retain(|one| one.fault.is_some());
        let svg = plot(&figures);
        assert!(svg.contains("was given up") && !svg.contains("<circle"));
        figures.transports.clear();
        assert!(plot(&figures).ends_with("</svg>\n"));
    }
}
