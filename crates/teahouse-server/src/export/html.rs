//! The page of an export: it needs no script, no network and no server, and reads in light and dark.
//!
//! All that people wrote is escaped here, and nowhere is their text a tag or an attribute's name.

use jiff::Timestamp;
use teahouse_protocol::{Event, File, Kind, State};

use super::pictures::Pictures;
use super::text::text;
use super::words::Words;
use super::{Beside, Quoted, Wish};

/// How the page looks.
const STYLE: &str = include_str!("../../assets/export.css");

/// What the page may load, wherever it is opened: nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

/// Letters of the line that tells what a message replies to.
const QUOTE_MAX: usize = 120;

/// The end of the page.
pub(super) const FOOT: &str = "</ol></main></body></html>\n";

/// The beginning of the page, up to its first row.
pub(super) fn head(house: &str, wish: &Wish) -> String {
    let words = Words::of(wish.chinese);
    let (name, topic) = (escape(&wish.name), escape(&wish.topic));
    let told = (words.exported)(&escape(&wish.person.name), &moment(wish, wish.at, "%F %H:%M %Z"));
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>{name} · {}</title>\
         <style>{STYLE}</style></head>\n<body><header><h1>{name}</h1><p>{topic}</p><p>{told}</p></header>\n\
         <main><ol>\n",
        words.tag,
        escape(house)
    )
}

/// A row, and the line of its day before it if the day is another one.
pub(super) fn row(wish: &Wish, event: &Event, beside: &Beside<'_>, day: &mut String) -> String {
    let mut shown = String::new();
    let today = moment(wish, event.at, "%F");
    if *day != today {
        shown += &format!("<li class=\"day\"><time datetime=\"{today}\">{today}</time></li>\n");
        *day = today;
    }
    shown + &if event.kind == Kind::Message { message(wish, event, beside) } else { line(wish, event) }
}

fn line(wish: &Wish, event: &Event) -> String {
    let said = Words::of(wish.chinese).line(event);
    if said.is_empty() {
        return String::new();
    }
    format!("<li class=\"line\" id=\"m{}\">{} {}</li>\n", event.seq, escape(&said), time(wish, event))
}

fn message(wish: &Wish, event: &Event, beside: &Beside<'_>) -> String {
    let Beside { state, quoted, pictures } = beside;
    let words = Words::of(wish.chinese);
    let begin = format!(
        "<li class=\"message\" id=\"m{}\"><b><bdi>{}</bdi></b> {}",
        event.seq,
        escape(&event.by.name),
        time(wish, event)
    );
    if event.body.is_gone() {
        return format!("{begin}<p class=\"gone\">{}</p></li>\n", words.deleted);
    }
    let note = |shown: bool, word: &str| {
        if shown { format!(" <span class=\"note\">{word}</span>") } else { String::new() }
    };
    let said = match &*event.body.text {
        "" => String::new(),
        source => format!("<div class=\"text\">{}</div>", text(source, &event.body.mentions)),
    };
    [
        begin,
        note(event.rev.is_some(), words.edited),
        note(state.is_some_and(|state| state.pinned), words.pinned),
        reply(words, event, quoted),
        said,
        files(wish, event, pictures),
        state.map(reactions).unwrap_or_default(),
        "</li>\n".into(),
    ]
    .concat()
}

/// What the message replies to, in one line that leads there.
fn reply(words: &Words, event: &Event, quoted: &Quoted) -> String {
    let Some(target) = event.body.target else { return String::new() };
    let Some(first) = quoted.get(&target).filter(|first| !first.body.is_gone()) else {
        return format!("<p class=\"reply\">↳ {}</p>", words.gone);
    };
    let said = first.body.with_files(first.body.plain());
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let cut = if said.chars().nth(QUOTE_MAX).is_some() { "…" } else { "" };
    let said: String = said.chars().take(QUOTE_MAX).collect();
    format!(
        "<p class=\"reply\"><a href=\"#m{target}\">↳ <b><bdi>{}</bdi></b> <bdi>{}{cut}</bdi></a></p>",
        escape(&first.by.name),
        escape(&said)
    )
}

fn files(wish: &Wish, event: &Event, pictures: &Pictures) -> String {
    let files = event.body.files.iter().filter_map(|file| file.file());
    let files: String = files.map(|file| self::file(wish, file, pictures.get(&file.id))).collect();
    if files.is_empty() { files } else { format!("<ul class=\"files\">{files}</ul>") }
}

/// A file stays in the house: its name leads there, for who may read the message. A picture is here, too, but small.
fn file(wish: &Wish, file: &File, picture: Option<&String>) -> String {
    let alt = escape(file.alt.as_deref().unwrap_or_default());
    let said = if alt.is_empty() { String::new() } else { format!(" <i dir=\"auto\">{alt}</i>") };
    let address = format!("{}{}", escape(&wish.origin), escape(&file.address()));
    let shown = picture.map_or_else(String::new, |data| {
        format!(
            "<a href=\"{address}\" rel=\"noopener noreferrer\"><img src=\"{data}\" alt=\"{alt}\"></a><br>"
        )
    });
    format!(
        "<li>{shown}<a href=\"{address}\" rel=\"noopener noreferrer\"><bdi>{}</bdi></a> \
         <span class=\"note\">{}</span>{said}</li>",
        escape(&file.name),
        size(file.bytes)
    )
}

fn reactions(state: &State) -> String {
    let shown: String = state
        .reactions
        .iter()
        .map(|kind| {
            let names: Vec<&str> = kind.people.iter().map(|person| &*person.name).collect();
            let (names, emoji) = (escape(&names.join(", ")), escape(&kind.emoji));
            format!("<span title=\"{names}\">{emoji} {}</span>", kind.count)
        })
        .collect();
    if shown.is_empty() { shown } else { format!("<p class=\"reactions\">{shown}</p>") }
}

/// How long something is, as people say it.
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

fn time(wish: &Wish, event: &Event) -> String {
    let exact = moment(wish, event.at, "%FT%H:%M:%S%:z");
    let shown = moment(wish, event.at, "%H:%M");
    format!("<a class=\"at\" href=\"#m{}\"><time datetime=\"{exact}\">{shown}</time></a>", event.seq)
}

/// A moment, in milliseconds since 1970-01-01 UTC, as it is told in the zone of who asks.
fn moment(wish: &Wish, at: u64, form: &str) -> String {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    at.to_zoned(wish.zone.clone()).strftime(form).to_string()
}

/// A text that is no tag and no quote.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_write_is_a_tag() {
        assert_eq!([size(999), size(1_250), size(20_000_000)], ["999 B", "1.2 kB", "20.0 MB"]);
        assert_eq!(escape("<b a='1' b=\"2\">&"), "&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;");
    }
}
