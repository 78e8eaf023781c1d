//! The page of an export: it needs no script, no network and no server, and reads in light and dark.
//!
//! All that people wrote is escaped here, and nowhere is their text a tag or an attribute's name.

use jiff::Timestamp;
use teahouse_protocol::{Event, Kind};

use super::Wish;
use super::words::Words;

/// How the page looks.
const STYLE: &str = include_str!("../../assets/export.css");

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
         <meta name=\"referrer\" content=\"no-referrer\"><title>{name} · {}</title>\
         <style>{STYLE}</style></head>\n<body><header><h1>{name}</h1><p>{topic}</p><p>{told}</p></header>\n\
         <main><ol>\n",
        words.tag,
        escape(house)
    )
}

/// A row, and the line of its day before it if the day is another one.
pub(super) fn row(wish: &Wish, event: &Event, day: &mut String) -> String {
    let mut text = String::new();
    let today = moment(wish, event.at, "%F");
    if *day != today {
        text += &format!("<li class=\"day\"><time datetime=\"{today}\">{today}</time></li>\n");
        *day = today;
    }
    text + &if event.kind == Kind::Message { message(wish, event) } else { line(wish, event) }
}

fn line(wish: &Wish, event: &Event) -> String {
    let said = Words::of(wish.chinese).line(event);
    if said.is_empty() {
        return String::new();
    }
    format!("<li class=\"line\" id=\"m{}\">{} {}</li>\n", event.seq, escape(&said), time(wish, event))
}

fn message(wish: &Wish, event: &Event) -> String {
    let words = Words::of(wish.chinese);
    let said = if event.body.is_gone() {
        format!("<p class=\"gone\">{}</p>", words.deleted)
    } else {
        format!("<div class=\"text\">{}</div>", escape(&event.body.with_files(event.body.text.clone())))
    };
    let reply = event.body.target.map_or_else(String::new, |target| {
        format!("<p class=\"reply\"><a href=\"#m{target}\">{} {target}</a></p>", words.reply)
    });
    format!(
        "<li class=\"message\" id=\"m{}\"><b><bdi>{}</bdi></b> {}{reply}{said}</li>\n",
        event.seq,
        escape(&event.by.name),
        time(wish, event)
    )
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
        assert_eq!(escape("<b a='1' b=\"2\">&"), "&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;");
    }
}
