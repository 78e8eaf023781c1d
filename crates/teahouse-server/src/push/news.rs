//! What one push says: one room, how much is unread there, and the last of it. Who does not want to be told now, may
//! not read it any more or has read it, is told nothing.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use teahouse_core::rights::{self, Action};
use teahouse_protocol::{Event, History, Kind, Level, Person, Range, Seq, text};

use super::OLD_MS;
use super::post::BYTES_MAX;
use crate::clock::unix_ms;
use crate::node::Node;
use crate::session::page;
use crate::store::calls::{self, Why};
use crate::store::push::{Due, Quiet, quiet};
use crate::store::{StoreError, accounts, rooms};

/// Most unread that is counted.
const COUNT_MAX: u32 = 99;
/// Most characters of a text.
const TEXT_MAX: usize = 240;

/// What there is to tell somebody.
pub(super) enum Told {
    /// Nothing, for good.
    Nothing,
    /// This node does not know yet what another one stored.
    NotYet,
    /// This.
    Say(String),
}

/// What somebody is told.
pub(super) async fn of(node: &Node, due: &Due) -> Result<Told, StoreError> {
    let (store, now) = (&*node.store, unix_ms());
    let wish = quiet(store, due.person).await?;
    if now.saturating_sub(due.made) > OLD_MS || is_quiet(&wish, now) {
        return Ok(Told::Nothing);
    }
    let Some(person) = accounts::person(store, due.person).await? else { return Ok(Told::Nothing) };
    let standing = rooms::standing(store, due.person, &due.room, now).await?;
    let Some(room) = node.rooms.find(&due.room).await? else { return Ok(Told::Nothing) };
    let subject = standing.subject(node.who(Some(&person)), now);
    let may = rights::may(&subject, &due.room, &room.now(), Action::Read).is_ok();
    if !may || standing.has_muted || standing.level == Level::Nothing {
        return Ok(Told::Nothing);
    }
    let newest = calls::unread_in(store, due.person, &due.room, 1).await?;
    if newest.first().is_some_and(|called| called.seq > room.head()) {
        return Ok(Told::NotYet);
    }
    let news = match standing.level {
        Level::All => all(node, due, &person).await?,
        _ => called(node, due, &person).await?,
    };
    let Some(news) = news else { return Ok(Told::Nothing) };
    let direct = room.now().direct;
    let name = if direct { String::new() } else { room.now().name.to_string() };
    Ok(Told::Say(told(node, due, &wish, &news, &name, direct)))
}

/// What is to be told of.
struct News {
    why: &'static str,
    count: usize,
    event: Event,
}

/// What called them that they have not read.
async fn called(node: &Node, due: &Due, person: &Person) -> Result<Option<News>, StoreError> {
    let all = calls::unread_in(&*node.store, due.person, &due.room, COUNT_MAX).await?;
    let Some(last) = all.first() else { return Ok(None) };
    let count = match last.why {
        // A conversation calls once, however much is said in it.
        Why::Direct => unread(node, due, person).await?.map_or(1, |(count, _)| count),
        _ => all.len(),
    };
    let after = Range::After(Seq(last.seq.0.saturating_sub(1)));
    let event = read(node, due, person, after, 1).await.into_iter().find(|event| event.seq == last.seq);
    Ok(event.map(|event| News { why: last.why.as_str(), count, event }))
}

/// Everything that was said that they have not read.
async fn all(node: &Node, due: &Due, person: &Person) -> Result<Option<News>, StoreError> {
    let why = calls::unread_in(&*node.store, due.person, &due.room, 1).await?;
    let why = why.first().map_or("all", |called| called.why.as_str());
    Ok(unread(node, due, person).await?.map(|(count, event)| News { why, count, event }))
}

/// How many messages of others they have not read, and the last of them.
async fn unread(node: &Node, due: &Due, person: &Person) -> Result<Option<(usize, Event)>, StoreError> {
    let mark = node.store.read_mark(due.person, &due.room).await?;
    let hidden = accounts::hidden(&*node.store, due.person).await?;
    let is_news = |event: &Event| {
        let is_theirs = event.by.id == due.person || hidden.iter().any(|one| one.id == event.by.id);
        event.seq > mark && event.kind == Kind::Message && !event.body.text.is_empty() && !is_theirs
    };
    let mut events = read(node, due, person, Range::Before(Seq::MAX), COUNT_MAX).await;
    events.retain(is_news);
    let count = events.len();
    Ok(events.pop().map(|event| (count, event)))
}

/// Events as they may read them; nothing where they may not any more.
async fn read(node: &Node, due: &Due, person: &Person, range: Range, limit: u32) -> Vec<Event> {
    let asked = History { r#ref: 0, room: due.room.clone(), range, limit };
    page(node, &asked, Some(person)).await.map(|page| page.messages).unwrap_or_default()
}

fn told(node: &Node, due: &Due, wish: &Quiet, news: &News, name: &str, direct: bool) -> String {
    let News { why, count, event } = news;
    let mut said = json!({
        "kind": "call", "house": node.name(), "room": due.room, "name": name, "direct": direct, "why": why,
        "count": count, "seq": event.seq, "at": event.at,
    });
    if !wish.hide_text {
        said["by"] = json!({ "name": event.by.name });
        said["text"] = short(&plain(event)).into();
    }
    let said = said.to_string();
    // Names are short and texts are cut: this is for what nobody thought of.
    if said.len() <= BYTES_MAX { said } else { least(node, due, news) }
}

fn least(node: &Node, due: &Due, news: &News) -> String {
    let said = json!({
        "kind": "call", "house": node.name(), "room": due.room, "name": "", "direct": false, "why": news.why,
        "count": news.count, "seq": news.event.seq, "at": news.event.at,
    });
    said.to_string()
}

/// What a message says, without its marks.
fn plain(event: &Event) -> String {
    let name = |mention: text::Mention<'_>| match mention {
        text::Mention::Person(id) => {
            let found = event.body.mentions.iter().find(|person| person.id == id);
            found.map(|person| person.name.to_string())
        }
        _ => None,
    };
    text::plain(&event.body.text, &name)
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(TEXT_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What a browser is told that asked for a word.
pub(super) fn test(house: &str) -> String {
    let said: Value = json!({ "kind": "test", "house": house });
    said.to_string()
}

/// Whether somebody wants quiet at this time.
pub(super) fn is_quiet(wish: &Quiet, now: u64) -> bool {
    if wish.paused_until.is_some_and(|until| now < until) {
        return true;
    }
    let Some((from, to, zone)) = &wish.hours else { return false };
    let (Ok(zone), Ok(now)) = (TimeZone::get(zone), i64::try_from(now)) else { return false };
    let Ok(moment) = Timestamp::from_millisecond(now) else { return false };
    let time = moment.to_zoned(zone).time();
    let minute = u64::try_from(i64::from(time.hour()) * 60 + i64::from(time.minute())).unwrap_or(0);
    if from <= to { (*from..*to).contains(&minute) } else { minute >= *from || minute < *to }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 15:30 UTC.
    const AFTERNOON: u64 = 1_795_447_800_000;

    fn hours(from: u64, to: u64, zone: &str) -> Quiet {
        Quiet { hours: Some((from * 60, to * 60, zone.into())), ..Quiet::default() }
    }

    #[test]
    fn quiet_hours_are_those_of_the_persons_zone() {
        let night = |zone: &str| is_quiet(&hours(22, 7, zone), AFTERNOON);
        assert!(night("Asia/Shanghai") && !night("UTC") && !night("Europe/Berlin"));
        assert!(is_quiet(&hours(15, 16, "UTC"), AFTERNOON) && !is_quiet(&hours(16, 15, "UTC"), AFTERNOON));
        assert!(!is_quiet(&hours(22, 7, "Nowhere/Land"), AFTERNOON));
    }

    #[test]
    fn a_pause_ends() {
        let paused = Quiet { paused_until: Some(AFTERNOON), ..Quiet::default() };
        assert!(is_quiet(&paused, AFTERNOON - 1) && !is_quiet(&paused, AFTERNOON));
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(short(&"茶".repeat(TEXT_MAX)), "茶".repeat(TEXT_MAX));
        assert_eq!(short(&"茶".repeat(TEXT_MAX + 1)), "茶".repeat(TEXT_MAX) + "…");
    }
}
