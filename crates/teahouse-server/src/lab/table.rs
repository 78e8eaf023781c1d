//! The figures as text, for a terminal.

use std::fmt::Write as _;

use super::figures::{Figures, OfSize, PerMessage, Travelled};

/// Everything that was found.
pub(super) fn table(figures: &Figures) -> String {
    let mut out = format!(
        "{} · room {} · {} messages of each size · {} · {}\n",
        figures.house, figures.room, figures.messages, figures.date, figures.program
    );
    out += "\nDelay from send to a reader, in milliseconds\n";
    line(&mut out, &["", "text", "p50", "p95", "p99"]);
    each(figures, |transport, size| {
        let delay = size.delay_ms;
        let cells = [delay.p50, delay.p95, delay.p99].map(|ms| format!("{ms:.1}"));
        row(&mut out, transport, size, &cells);
    });
    for (title, of) in [
        ("Bytes that a message costs a reader", (|size| size.reader) as fn(&OfSize) -> PerMessage),
        ("Bytes that a message costs its writer, to whom it comes back", |size| size.writer),
    ] {
        let _ = writeln!(out, "\n{title}");
        line(&mut out, &["", "text", "all", "text", "frame", "transport", "text is", "requests"]);
        each(figures, |transport, size| row(&mut out, transport, size, &cells(of(size))));
    }
    idle(&mut out, figures);
    let faults = figures.transports.iter().filter_map(|one| Some((one, one.fault.as_ref()?)));
    for (one, fault) in faults {
        let _ = writeln!(out, "\n{} was given up: {fault}", one.transport);
    }
    out
}

fn idle(out: &mut String, figures: &Figures) {
    let _ = writeln!(out, "\nAn idle minute");
    line(out, &["", "bytes", "requests"]);
    for (one, idle) in figures.transports.iter().filter_map(|one| Some((one, one.idle?))) {
        let bytes = format!("{:.0}", idle.bytes_per_minute);
        let requests = format!("{:.1}", idle.requests_per_minute);
        line(out, &[&one.transport, &bytes, &requests]);
    }
    let measured = figures.transports.iter().find_map(|one| one.idle).map(|idle| idle.measured_s);
    if let Some(measured_s) = measured.filter(|seconds| (seconds - 60.0).abs() > 1.0) {
        let _ = writeln!(
            out,
            "(scaled from {measured_s:.0} s: what happens more rarely may be missing, or count too much)"
        );
    }
}

fn each(figures: &Figures, mut row: impl FnMut(&str, &OfSize)) {
    for Travelled { transport, sizes, .. } in &figures.transports {
        sizes.iter().for_each(|size| row(transport, size));
    }
}

fn cells(per: PerMessage) -> Vec<String> {
    let bytes = [per.bytes, per.text_bytes, per.frame_bytes, per.transport_bytes];
    let mut cells: Vec<String> = bytes.iter().map(|bytes| format!("{bytes:.0}")).collect();
    cells.push(format!("{:.0} %", per.text_share() * 100.0));
    cells.push(format!("{:.2}", per.requests));
    cells
}

fn row(out: &mut String, transport: &str, size: &OfSize, cells: &[String]) {
    let text = format!("{} B", size.text_bytes);
    let cells = [transport, &text].into_iter().chain(cells.iter().map(String::as_str));
    line(out, &cells.collect::<Vec<_>>());
}

fn line(out: &mut String, cells: &[&str]) {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        let _ = if at == 0 { write!(line, "  {cell:<11}") } else { write!(line, "{cell:>11}") };
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::example;
    use super::*;

    #[test]
    fn says_everything_in_columns() {
        let mut figures = example();
        figures.transports.iter_mut().for_each(|one| one.sizes.truncate(1));
        let expected = "\
http://tea.example:80 · room 1024 · 20 messages of each size · 2026-11-22 · teahouse 0.1.0

Delay from send to a reader, in milliseconds
                    text        p50        p95        p99
  websocket        120 B        1.2        1.9        2.5
  long_poll        120 B        2.5        3.8        5.0
  poll             120 B      812.0     1218.0     1624.0

Bytes that a message costs a reader
                    text        all       text      frame  transport    text is   requests
  websocket        120 B        314        120        190          4       38 %       0.01
  long_poll        120 B        850        120        190        540       14 %       1.08
  poll             120 B       1350        120        190       1040        9 %       2.08

Bytes that a message costs its writer, to whom it comes back
                    text        all       text      frame  transport    text is   requests
  websocket        120 B        704        240        460          4       34 %       1.00
  long_poll        120 B       1240        240        460        540       19 %       1.00
  poll             120 B       1740        240        460       1040       14 %       1.00

An idle minute
                   bytes   requests
  websocket            8        2.4
  long_poll         1080        2.4
  poll              2080        2.4
(scaled from 5 s: what happens more rarely may be missing, or count too much)

stream was given up: a proxy <buffers> & waits
";
        assert_eq!(table(&figures), expected);
    }
}
