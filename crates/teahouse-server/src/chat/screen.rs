//! What a person sees: lines for a terminal, plain lines for a pipe, JSON for a program.
//!
//! What others wrote never steers the terminal: control characters become visible ones.

use std::io::{self, IsTerminal, Write};

use rusqlite::Connection;
use teahouse_client::protocol::frame::Subscribed;
use teahouse_client::protocol::{Act, Event, Kind};

use super::ChatArgs;
use super::people::{Changes, People};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For eyes, with colours.
    Colour,
    /// For eyes, without.
    Terminal,
    /// For a pipe: messages only.
    Pipe,
    /// For a program: events as JSON.
    Json,
}

impl Form {
    pub(super) fn of(args: &ChatArgs) -> Self {
        // https://no-color.org: set and not empty means no colours.
        let no_colour = args.plain || std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        match (args.json, io::stdout().is_terminal()) {
            (true, _) => Self::Json,
            (false, false) => Self::Pipe,
            (false, true) if no_colour => Self::Terminal,
            (false, true) => Self::Colour,
        }
    }

    fn is_for_eyes(self) -> bool {
        matches!(self, Self::Colour | Self::Terminal)
    }
}

/// Where lines go.
pub(super) struct Screen<W> {
    out: W,
    form: Form,
    /// Whether the person types on the same terminal, which shows what they type by itself.
    typed_on: bool,
    clock: Clock,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(out: W, form: Form, typed_on: bool) -> Self {
        Self { out, form, typed_on: typed_on && form.is_for_eyes(), clock: Clock::new() }
    }

    pub(super) fn is_typed_on(&self) -> bool {
        self.typed_on
    }

    /// Where one is, as whom, and who else is there.
    pub(super) fn greet(&mut self, subscribed: &Subscribed, people: &People) -> io::Result<()> {
        if !self.form.is_for_eyes() {
            return Ok(());
        }
        let me = people.me.as_ref().map_or("nobody", |me| &*me.name);
        let others = people.others();
        let who = match (others.len(), subscribed.here.count) {
            (0, 0 | 1) => "nobody else is here".to_owned(),
            (0, count) => format!("{count} are here"),
            (1..=8, _) => format!("here too: {}", others.join(", ")),
            (more, _) => format!("here too: {} and {} more", others[..8].join(", "), more - 8),
        };
        self.status(&format!("{} · you are {me} · {who}", subscribed.room.now.name))
    }

    /// Something happened: mostly, somebody wrote something, perhaps `to` somebody whose message it replies to.
    pub(super) fn event(&mut self, event: &Event, to: Option<&str>) -> io::Result<()> {
        if self.form != Form::Json
            && let Some(said) = happened(event)
        {
            return if self.form.is_for_eyes() { self.status(&said) } else { Ok(()) };
        }
        let to = to.map(|to| format!(" → {to}")).unwrap_or_default();
        let name = shown(&format!("{}{to}", event.by.name)).replace(['\n', '\t'], " ");
        let time = self.clock.local(event.at);
        let text = indented(&shown(&event.body.plain()));
        match self.form {
            Form::Json => serde_json::to_writer(&mut self.out, event)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(self.out))?,
            Form::Colour => writeln!(self.out, "\x1b[2m{time}\x1b[0m \x1b[1m{name}\x1b[0m: {text}")?,
            Form::Terminal | Form::Pipe => writeln!(self.out, "{time} {name}: {text}")?,
        }
        self.out.flush()
    }

    /// Who came and who went, for eyes only.
    pub(super) fn came_and_went(&mut self, changes: &Changes) -> io::Result<()> {
        if !self.form.is_for_eyes() {
            return Ok(());
        }
        let names = |people: &[teahouse_client::protocol::event::Person]| {
            people.iter().map(|it| &*it.name).collect::<Vec<_>>().join(", ")
        };
        if !changes.came.is_empty() {
            self.status(&format!("{} came", names(&changes.came)))?;
        }
        if !changes.left.is_empty() {
            self.status(&format!("{} left", names(&changes.left)))?;
        }
        Ok(())
    }

    /// Something about the chat itself. A pipe's reader gets messages only, so there it is an error line.
    pub(super) fn status(&mut self, said: &str) -> io::Result<()> {
        let said = shown(said).replace('\n', " ");
        match self.form {
            Form::Colour => writeln!(self.out, "\x1b[2m-- {said}\x1b[0m")?,
            Form::Terminal => writeln!(self.out, "-- {said}")?,
            Form::Pipe | Form::Json => writeln!(io::stderr().lock(), "-- {said}")?,
        }
        self.out.flush()
    }
}

/// What is no message, or one no more, in words.
fn happened(event: &Event) -> Option<String> {
    let (name, body) = (&event.by.name, &event.body);
    Some(match event.kind {
        Kind::Message if body.is_gone() => format!("a message of {name} is gone"),
        Kind::Message => return None,
        Kind::Edit => format!("{name} edited a message: {}", body.plain()),
        Kind::Delete => format!("{name} deleted a message"),
        Kind::Reaction => {
            let emoji = body.emoji.as_deref()?;
            let done = if body.on == Some(false) { "took back" } else { "reacted with" };
            format!("{name} {done} {emoji}")
        }
        Kind::Pin if body.on == Some(false) => format!("{name} unpinned a message"),
        Kind::Pin => format!("{name} pinned a message"),
        Kind::Join => format!("{name} joined the room"),
        Kind::Leave if body.removed => format!("{name} was removed from the room"),
        Kind::Leave => format!("{name} left the room for good"),
        Kind::Room => format!("{name} changed the room"),
        Kind::Moderation => {
            let deed = body.deed.as_deref()?;
            let done = match deed.act {
                Act::Ban => "sent out",
                Act::Unban => "lets in again",
                Act::Mute => "muted",
                Act::Unmute => "lets speak again",
                Act::Moderator => "made a moderator of",
                Act::Member => "made a member like others of",
            };
            format!("{name} {done} {}", deed.person.name)
        }
    })
}

/// Lines after the first stand under it, so that nobody can write a line in another's name.
fn indented(text: &str) -> String {
    text.replace('\n', "\n      ")
}

/// Only characters that a terminal shows: controls become pictures, reordering marks are taken out.
fn shown(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(c),
            '\u{2028}' | '\u{2029}' => Some('\n'),
            '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
            '\u{7f}' => Some('\u{2421}'),
            // Embeddings, overrides and isolates could make a line read as somebody else's.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            c if c.is_control() => Some(char::REPLACEMENT_CHARACTER),
            c => Some(c),
        })
        .collect()
}

/// The time of day where the person is. The standard library knows no time zones; SQLite, which is in
/// this program anyway, asks the C library for them.
struct Clock {
    sqlite: Option<Connection>,
}

impl Clock {
    fn new() -> Self {
        Self { sqlite: Connection::open_in_memory().ok() }
    }

    /// `HH:MM`, local.
    fn local(&self, at_ms: u64) -> String {
        let at_s = at_ms / 1000;
        let query = "SELECT strftime('%H:%M', ?1, 'unixepoch', 'localtime')";
        let local = self.sqlite.as_ref().and_then(|it| it.query_row(query, [at_s], |row| row.get(0)).ok());
        local.unwrap_or_else(|| format!("{:02}:{:02}", at_s / 3600 % 24, at_s / 60 % 60))
    }
}

#[cfg(test)]
mod tests;
