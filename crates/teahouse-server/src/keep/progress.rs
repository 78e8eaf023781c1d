//! How far a command is: a bar on a terminal, a line now and then elsewhere, or nothing.
//!
//! It writes to standard error alone, and nothing depends on it.

use std::cell::RefCell;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::words;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes.
    Bytes,
    /// Rows of tables.
    Rows,
    /// One step that takes a while and cannot say how far it is.
    Step,
}

/// Who is told how far a command is.
#[derive(Debug)]
pub struct Progress {
    how: How,
    task: RefCell<Option<Task>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Bar,
    Lines,
    Silent,
}

/// What is under way.
#[derive(Debug)]
struct Task {
    what: String,
    unit: Unit,
    total: u64,
    done: u64,
    bar: Option<ProgressBar>,
    last: Instant,
}

impl Progress {
    /// A bar if somebody watches, else lines; nothing if `quiet`.
    #[must_use]
    pub fn to_stderr(quiet: bool) -> Self {
        let how = match (quiet, stderr().is_terminal()) {
            (true, _) => How::Silent,
            (false, true) => How::Bar,
            (false, false) => How::Lines,
        };
        Self { how, task: RefCell::default() }
    }

    /// Nobody is told.
    #[must_use]
    pub fn silent() -> Self {
        Self { how: How::Silent, task: RefCell::default() }
    }

    /// Begins something that has `total` of a unit.
    pub(super) fn begin(&self, what: &str, total: u64, unit: Unit) {
        self.end();
        let bar = (self.how == How::Bar).then(|| bar(what, total, unit));
        let task = Task { what: what.into(), unit, total, done: 0, bar, last: Instant::now() };
        self.task.replace(Some(task));
    }

    /// So much of it is done.
    pub(super) fn at(&self, done: u64) {
        if let Some(task) = &mut *self.task.borrow_mut() {
            task.done = done;
            match (&task.bar, self.how) {
                (Some(bar), _) => bar.set_position(done),
                (None, How::Lines) if task.last.elapsed() >= LINE_EVERY => {
                    task.last = Instant::now();
                    line(&task.sentence());
                }
                _ => {}
            }
        }
    }

    /// So much more of it is done.
    pub(super) fn add(&self, more: u64) {
        let done = self.task.borrow().as_ref().map_or(0, |task| task.done);
        self.at(done + more);
    }

    /// It is done.
    pub(super) fn end(&self) {
        if let Some(bar) = self.task.take().and_then(|task| task.bar) {
            bar.finish_and_clear();
        }
    }
}

impl Task {
    fn sentence(&self) -> String {
        let percent = (self.done * 100).checked_div(self.total).unwrap_or(0);
        let say = |number: u64| match self.unit {
            Unit::Bytes => words::bytes(number),
            Unit::Rows | Unit::Step => words::grouped(number),
        };
        match self.unit {
            Unit::Step => format!("{}: still at it", self.what),
            _ => format!("{}: {percent} % ({} of {})", self.what, say(self.done), say(self.total)),
        }
    }
}

fn bar(what: &str, total: u64, unit: Unit) -> ProgressBar {
    let template = match unit {
        Unit::Bytes => {
            "{msg:<12} [{bar:30}] {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
        }
        Unit::Rows => "{msg:<12} [{bar:30}] {percent:>3} %  {human_pos} of {human_len} rows, {eta} left",
        Unit::Step => "{msg:<12} {spinner} {elapsed}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is one of three above");
    let bar = match unit {
        Unit::Step => ProgressBar::new_spinner(),
        _ => ProgressBar::new(total),
    };
    let bar = bar.with_style(style.progress_chars("=> ")).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn line(sentence: &str) {
    // Nothing can be done if even this cannot be said.
    let _ = writeln!(stderr(), "{sentence}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(unit: Unit, total: u64, done: u64) -> String {
        let what = "copying".into();
        Task { what, unit, total, done, bar: None, last: Instant::now() }.sentence()
    }

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(sentence(Unit::Rows, 2_000, 500), "copying: 25 % (500 of 2,000)");
        assert_eq!(sentence(Unit::Bytes, 4 << 20, 1 << 20), "copying: 25 % (1.00 MiB of 4.00 MiB)");
        assert_eq!(sentence(Unit::Rows, 0, 0), "copying: 0 % (0 of 0)");
        assert_eq!(sentence(Unit::Step, 0, 0), "copying: still at it");
    }
}
