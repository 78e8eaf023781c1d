//! What more people would take than were there: straight lines through measured points, and the limits of the kernel
//! that so many meet. Calculates and prints; nothing here was measured at that size, and its table says so.

use anyhow::Result;
use serde::Serialize;

use crate::report;
use crate::system;

/// How many people it is computed for.
pub(crate) const PEOPLE: [f64; 2] = [100_000.0, 1_000_000.0];
/// Open files of a process beside one per person, roundly.
const FILES_SPARE: f64 = 500.0;

/// A straight line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) base: f64,
    /// For each person.
    pub(crate) slope: f64,
}

impl Line {
    /// The line with the least squares to these points; through nothing and one point, if there is one.
    pub(crate) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points: Vec<(f64, f64)> = points.into_iter().collect();
        if let [(x, y)] = points[..] {
            return Self { base: 0.0, slope: y / x };
        }
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let together: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        let square: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let slope = together / square;
        Self { base: y - slope * x, slope }
    }

    /// Its height there, which is nothing where it is below that.
    pub(crate) fn at(self, people: f64) -> f64 {
        (self.base + self.slope * people).max(0.0)
    }
}

/// How one room of one host grows with its people.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Growth {
    pub(crate) room: &'static str,
    /// Anonymous memory of the process, in bytes.
    pub(crate) process_bytes: Line,
    /// Memory of the kernel for both ends of each connection, in bytes, where it can be read.
    pub(crate) kernel_bytes: Option<Line>,
    /// CPU seconds in each second while nobody says anything.
    pub(crate) quiet_cores: Option<Line>,
    /// CPU seconds of each message.
    pub(crate) message_s: Option<Line>,
    /// CPU seconds until all have come.
    pub(crate) arrival_s: Line,
}

/// What so many people would take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Projection {
    pub(crate) room: &'static str,
    pub(crate) people: f64,
    process_bytes: f64,
    kernel_bytes: Option<f64>,
    quiet_cores: Option<f64>,
    message_cores: Option<f64>,
    arrival_s: f64,
    /// Whether memory and CPU are there: quiet, and with one message a second. A room's task uses one core.
    fits_quiet: bool,
    fits_message: Option<bool>,
}

/// What there is on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) cores: f64,
    pub(crate) memory_bytes: f64,
}

impl Machine {
    /// This one.
    pub(crate) fn now() -> Result<Self> {
        let cores = std::thread::available_parallelism()?.get() as f64;
        Ok(Self { cores, memory_bytes: system::memory_bytes().map_or(f64::INFINITY, |bytes| bytes as f64) })
    }
}

impl Growth {
    /// So many people on such a machine.
    pub(crate) fn at(&self, people: f64, machine: Machine) -> Projection {
        let at = |line: Option<Line>| line.map(|line| line.at(people));
        let (process_bytes, kernel_bytes) = (self.process_bytes.at(people), at(self.kernel_bytes));
        let (quiet_cores, message_cores) = (at(self.quiet_cores), at(self.message_s));
        let memory = process_bytes + kernel_bytes.unwrap_or(0.0);
        let fits_quiet =
            memory <= machine.memory_bytes && quiet_cores.is_none_or(|cores| cores <= machine.cores);
        let fits_message =
            message_cores.map(|cores| cores <= machine.cores.min(1.0) && memory <= machine.memory_bytes);
        Projection {
            room: self.room,
            people,
            process_bytes,
            kernel_bytes,
            quiet_cores,
            message_cores,
            arrival_s: self.arrival_s.at(people),
            fits_quiet,
            fits_message,
        }
    }
}

/// What the kernel allows here; none where it does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    files: u64,
    ports: Option<u64>,
    conntrack: Option<u64>,
    tcp_pages: Option<u64>,
}

impl Limits {
    /// Those of this machine, for a process that may open so many files.
    pub(crate) fn now(files: u64) -> Self {
        let setting = |name: &str, at: usize| system::setting(name)?.get(at).copied();
        let ports = system::setting("net/ipv4/ip_local_port_range");
        Self {
            files,
            ports: ports.and_then(|ports| Some(ports.get(1)? - ports.first()? + 1)),
            conntrack: setting("net/netfilter/nf_conntrack_max", 0),
            tcp_pages: setting("net/ipv4/tcp_mem", 2),
        }
    }

    /// A row for each: its name, what it is here, and what is needed for each of [`PEOPLE`].
    fn rows(self) -> Vec<Vec<String>> {
        let shown = |limit: Option<u64>| limit.map_or("-".into(), |limit| limit.to_string());
        let row = |name: &str, here: Option<u64>, needed: &dyn Fn(f64) -> f64| {
            let needed = PEOPLE.iter().map(|people| format!("{:.0}", needed(*people)));
            [name.to_string(), shown(here)].into_iter().chain(needed).collect()
        };
        let addresses = |people: f64| self.ports.map_or(f64::NAN, |ports| (people / ports as f64).ceil());
        vec![
            row("open files of the process: ulimit -Hn, fs.nr_open", Some(self.files), &|people| {
                people + FILES_SPARE
            }),
            row("ip_local_port_range: addresses that they come from", self.ports, &addresses),
            row("nf_conntrack_max, where connections are tracked", self.conntrack, &|people| people),
            // Measured: whatever waits for a socket holds a page at least.
            row(
                "tcp_mem (the last), in pages: one for each who has not read yet",
                self.tcp_pages,
                &|people| people,
            ),
        ]
    }
}

/// Prints the slopes, and what they would come to.
pub(crate) fn print(growths: &[Growth], machine: Machine, limits: Limits) -> Result<()> {
    report::print_line("\nEach connection more costs (the slope of the lines through the steps):\n")?;
    let head = [
        "room",
        "process bytes",
        "kernel bytes, both ends",
        "quiet CPU µs/s",
        "CPU µs each message",
        "CPU µs to come",
    ];
    report::print_table(&head, &growths.iter().map(Growth::cells).collect::<Vec<_>>())?;
    report::print_line(
        "\nPROJECTION, not measured: the same lines at these numbers, all in one room of one process:\n",
    )?;
    let projections = all(growths, machine);
    let head = [
        "room",
        "people",
        "process MB",
        "kernel MB, both ends",
        "quiet: CPU s/s",
        "a message each second: CPU s/s",
        "to come: CPU s",
        "quiet here",
        "with a message here",
    ];
    report::print_table(&head, &projections.iter().map(Projection::cells).collect::<Vec<_>>())?;
    report::print_line("")?;
    let head = ["limit", "here", "for 100,000", "for 1,000,000"];
    report::print_table(&head, &limits.rows())
}

/// Each host at each of [`PEOPLE`].
pub(crate) fn all(growths: &[Growth], machine: Machine) -> Vec<Projection> {
    growths.iter().flat_map(|growth| PEOPLE.map(|people| growth.at(people, machine))).collect()
}

impl Growth {
    fn cells(&self) -> Vec<String> {
        let slope = |line: Option<Line>, times: f64, digits: usize| {
            line.map_or("-".into(), |line| format!("{:.digits$}", line.slope * times))
        };
        vec![
            self.room.into(),
            slope(Some(self.process_bytes), 1.0, 0),
            slope(self.kernel_bytes, 1.0, 0),
            slope(self.quiet_cores, 1e6, 2),
            slope(self.message_s, 1e6, 2),
            slope(Some(self.arrival_s), 1e6, 1),
        ]
    }
}

impl Projection {
    fn cells(&self) -> Vec<String> {
        let shown = |number: Option<f64>, digits: usize| {
            number.map_or("-".into(), |number| format!("{number:.digits$}"))
        };
        let fits =
            |fits: Option<bool>| fits.map_or("-", |fits| if fits { "fits" } else { "too much" }).into();
        let mb = |bytes: f64| bytes / 1e6;
        vec![
            self.room.into(),
            format!("{:.0}", self.people),
            format!("{:.0}", mb(self.process_bytes)),
            shown(self.kernel_bytes.map(mb), 0),
            shown(self.quiet_cores, 2),
            shown(self.message_cores, 2),
            format!("{:.0}", self.arrival_s),
            fits(Some(self.fits_quiet)),
            fits(self.fits_message),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: Machine = Machine { cores: 2.0, memory_bytes: 24e9 };

    fn growth(message_us: f64) -> Growth {
        let line = |slope: f64| Line { base: 0.0, slope };
        Growth {
            room: "plain",
            process_bytes: Line { base: 8e6, slope: 1_000.0 },
            kernel_bytes: Some(line(5_000.0)),
            quiet_cores: Some(line(1e-6)),
            message_s: Some(line(message_us / 1e6)),
            arrival_s: line(50e-6),
        }
    }

    #[test]
    fn a_line_goes_through_its_points() {
        let line = Line::through([(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]);
        assert!((line.slope - 2.0).abs() < 1e-9 && (line.base - 3.0).abs() < 1e-9);
        assert!((line.at(10.0) - 23.0).abs() < 1e-9);
        assert_eq!(Line::through([(4.0, 8.0)]), Line { base: 0.0, slope: 2.0 });
        assert_eq!(Line { base: 1.0, slope: -1.0 }.at(5.0), 0.0);
    }

    #[test]
    fn a_million_quiet_people_fit_and_their_messages_do_not() {
        let million = growth(8.0).at(1e6, MACHINE);
        assert!((million.process_bytes - 1.008e9).abs() < 1.0);
        assert_eq!((million.fits_quiet, million.fits_message), (true, Some(false)));
        assert_eq!(growth(8.0).at(1e5, MACHINE).fits_message, Some(true));
        // A room's task has one core, however many there are.
        assert_eq!(growth(11.0).at(1e5, MACHINE).fits_message, Some(false));
    }

    #[test]
    fn each_limit_says_what_it_needs() {
        let limits = Limits { files: 20_000, ports: Some(28_232), conntrack: None, tcp_pages: Some(500_000) };
        let rows = limits.rows();
        assert_eq!(rows[0][1..], ["20000", "100500", "1000500"]);
        assert_eq!(rows[1][1..], ["28232", "4", "36"]);
        assert_eq!(rows[2][1..], ["-", "100000", "1000000"]);
        assert_eq!(rows[3][1..], ["500000", "100000", "1000000"]);
    }
}
