//! A conversation in the main room, half English, half Chinese, and all that a listener got of it.
//! Its words are this repository's own: the pages in English and the app's words in Chinese.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::listener::Listener;
use crate::guests::Guests;

const ENGLISH: [&str; 4] = [
    include_str!("../../../../docs/operating.md"),
    include_str!("../../../../docs/transports.md"),
    include_str!("../../../../docs/faults.md"),
    include_str!("../../../../docs/scaling.md"),
];
const CHINESE: [&str; 5] = [
    include_str!("../../../../web/app/src/i18n/messages.zh.ts"),
    include_str!("../../../../web/app/src/parts/words.zh.ts"),
    include_str!("../../../../web/app/src/door/words.zh.ts"),
    include_str!("../../../../web/app/src/admin/words.zh.ts"),
    include_str!("../../../../web/app/src/lab/words.zh.ts"),
];
/// How many characters messages have, each as often as the others: half have at most 40 and 12.
const ENGLISH_CHARACTERS: [usize; 10] = [4, 12, 20, 28, 36, 44, 60, 90, 140, 300];
const CHINESE_CHARACTERS: [usize; 10] = [2, 4, 6, 8, 11, 13, 18, 24, 36, 80];
const NAMES: [&str; 12] =
    ["小满", "Alice", "阿哲", "Bob", "林小姐", "Chen Wei", "Dana", "茶茶", "Eve", "王大锤", "Mika", "Jonas"];
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "🎉", "🤔", "🍵"];
/// Before so many messages it is seen who types.
const TYPED: usize = 12;
const PAGE: usize = 50;

/// WebSocket messages, in order.
type Messages = Vec<Vec<u8>>;

/// What a listener got, each as one WebSocket message.
pub(super) struct Talk {
    /// One event each: messages, replies, reactions and edits as they came.
    pub(super) events: Messages,
    pub(super) typing: Messages,
    pub(super) presence: Messages,
    /// Everything until somebody new has the last 50 events and is live.
    pub(super) joining: Messages,
    /// Everything but events until somebody is live who was there before.
    greeting: Messages,
    /// The newest 50 messages, asked for.
    pub(super) page: Vec<u8>,
    /// Answers over plain HTTP.
    pub(super) answers: Vec<(&'static str, Vec<u8>)>,
}

impl Talk {
    /// Has twelve people talk, and somebody listen.
    pub(super) fn hold(to: SocketAddr, messages: usize) -> Result<Self> {
        let (mut listener, _) = arrive(to, &json!({ "name": "listener" }), "head")?;
        let mut presence = Vec::new();
        let mut people = Vec::new();
        for name in NAMES {
            people.push(arrive(to, &json!({ "name": name }), "head")?.0);
            let (came, _) = listener.until(|line| line["kind"] == "presence")?;
            presence.extend(came.into_iter().filter(|message| has(message, "presence")));
        }
        let (mut events, mut typing, mut chance) = (Vec::new(), Vec::new(), Chance(1));
        let (mut texts, mut said, mut head) = (Texts::new(), Said::default(), 0);
        for number in 0..messages {
            let who = chance.below(people.len());
            if number < TYPED {
                typing.extend(types(&mut people[who], true, &mut listener)?);
            }
            let command = chance.command(&mut texts, &mut said, who);
            head = say(&mut people[who], number, &command, &mut chance)?;
            if command.0 == "message" {
                said.messages.push((head, who));
            }
            let (came, _) = listener.until(|line| line["seq"] == head)?;
            events.extend(came);
            if number < TYPED {
                typing.extend(types(&mut people[who], false, &mut listener)?);
            }
        }
        typing.extend(events.iter().filter(|message| has(message, "typing")).cloned());
        presence.extend(events.iter().filter(|message| has(message, "presence")).cloned());
        events.retain(|message| has(message, "event"));
        let (joining, greeting, page) = visits(to, head)?;
        Ok(Self { events, typing, presence, joining, greeting, page, answers: answers(to)? })
    }

    /// What somebody gets who missed so many events.
    pub(super) fn returning(&self, missed: usize) -> Messages {
        let mut all = self.greeting.clone();
        let live = all.pop();
        let events = &self.events[self.events.len().saturating_sub(missed)..];
        // As many lines as have a place in one message.
        let mut message = Vec::new();
        for line in events {
            if message.len() + line.len() >= 64 << 10 {
                all.push(std::mem::take(&mut message));
            }
            if !message.is_empty() {
                message.push(b'\n');
            }
            message.extend_from_slice(line);
        }
        all.push(message);
        all.extend(live);
        all
    }

    /// How often for each message the listener is told who types.
    pub(super) fn typing_share(&self) -> f64 {
        self.typing.len() as f64 / TYPED as f64
    }
}

/// Somebody comes in; what they got until they were live.
fn arrive(to: SocketAddr, who: &Value, from: impl Into<Value>) -> Result<(Listener, Messages)> {
    let mut listener = Listener::arrive(to, who, &from.into())?;
    let (got, _) = listener.until(|line| line["type"] == "live")?;
    Ok((listener, got))
}

/// Somebody new comes in, asks for a page, leaves and comes back: what each of it brought.
fn visits(to: SocketAddr, head: u64) -> Result<(Messages, Messages, Vec<u8>)> {
    let (mut visitor, joining) = arrive(to, &json!({ "name": "visitor" }), json!({ "tail": PAGE }))?;
    let first = joining.first().context("nothing came")?;
    let welcome: Value =
        serde_json::from_slice(first.split(|byte| *byte == b'\n').next().unwrap_or_default())?;
    visitor
        .say(&json!({ "type": "history", "ref": 1, "room": "1024", "before": head + 1, "limit": PAGE }))?;
    let (mut page, _) = visitor.until(|line| line["type"] == "page")?;
    drop(visitor);
    let who = json!({ "token": welcome["token"], "session": welcome["session"] });
    let (_, greeting) = arrive(to, &who, "head")?;
    Ok((joining, greeting, page.pop().unwrap_or_default()))
}

fn answers(to: SocketAddr) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut guests = Guests::connect(to)?;
    let token = guests.make("reader")?;
    let paths = ["/v1/rooms/1024", "/v1/rooms", "/v1/search?q=server"];
    paths.into_iter().map(|path| Ok((path, guests.read(path, &token)?))).collect()
}

/// Somebody begins to type, or stops; what the listener is told of it.
fn types(person: &mut Listener, on: bool, listener: &mut Listener) -> Result<Messages> {
    person.say(&json!({ "type": "typing", "room": "1024", "on": on }))?;
    Ok(listener.until(|line| line["kind"] == "typing")?.0)
}

/// Says it and waits until it is in the log; its number.
fn say(
    person: &mut Listener,
    number: usize,
    (kind, body): &(&str, Value),
    chance: &mut Chance,
) -> Result<u64> {
    let cid = format!("{:016x}{:016x}", chance.next(), chance.next());
    let send = json!({
        "type": "send", "ref": number, "room": "1024", "cid": cid, "kind": kind, "body": body,
        // Nobody has to wait for a send before.
        "first": true,
    });
    person.say(&send)?;
    let (_, ack) = person.until(|line| line["type"] == "ack" && line["ref"] == number)?;
    ack["seq"].as_u64().context("an ack without a number")
}

fn has(message: &[u8], word: &str) -> bool {
    memchr::memmem::find(message, format!("\"{word}\"").as_bytes()).is_some()
}

/// Chance that is the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    /// What somebody does next: of a hundred, 80 messages, 6 replies, 12 reactions, 2 edits.
    fn command(&mut self, texts: &mut Texts, said: &mut Said, who: usize) -> (&'static str, Value) {
        let text = texts.next(self);
        let back = 1 + self.below(8);
        let target = said.messages.len().checked_sub(back).map(|at| said.messages[at].0);
        let own = said.messages.iter().rev().take(100).find(|(_, by)| *by == who).map(|(seq, _)| *seq);
        let emoji = EMOJI[self.below(EMOJI.len())];
        match (self.below(100), target, own) {
            (0..6, Some(target), _) => ("message", json!({ "text": text, "target": target })),
            (6..18, Some(target), _) if said.reactions.insert((who, target, emoji)) => {
                ("reaction", json!({ "target": target, "emoji": emoji, "on": true }))
            }
            (18..20, _, Some(target)) => ("edit", json!({ "text": text, "target": target })),
            _ => ("message", json!({ "text": text })),
        }
    }
}

/// What was said, so far as it can be answered.
#[derive(Default)]
struct Said {
    /// Each message's number, and who said it.
    messages: Vec<(u64, usize)>,
    reactions: BTreeSet<(usize, u64, &'static str)>,
}

/// The texts that are said: one after the other out of two long ones.
struct Texts {
    english: Vec<char>,
    chinese: Vec<char>,
    at: [usize; 2],
}

impl Texts {
    fn new() -> Self {
        let words = ENGLISH.iter().flat_map(|page| page.split_whitespace());
        let is_word = |word: &&str| {
            let bare = word.trim_matches(|one: char| one.is_ascii_punctuation() && one != '`');
            !bare.is_empty() && bare.chars().all(|one| one.is_alphanumeric() || one == '\'')
        };
        let english = words.filter(is_word).collect::<Vec<_>>().join(" ").chars().collect();
        let is_chinese = |one: &char| matches!(one, '\u{3001}'..='\u{9fff}' | '\u{ff01}'..='\u{ff1f}');
        let chinese = CHINESE.iter().flat_map(|words| words.chars()).filter(is_chinese).collect();
        Self { english, chinese, at: [0, 0] }
    }

    fn next(&mut self, chance: &mut Chance) -> String {
        let language = chance.below(2);
        let (all, counts) =
            [(&self.english, ENGLISH_CHARACTERS), (&self.chinese, CHINESE_CHARACTERS)][language];
        let count = counts[chance.below(counts.len())];
        // From the beginning again where the end is too near.
        let begin = if self.at[language] + count > all.len() { 0 } else { self.at[language] };
        self.at[language] = begin + count;
        all[begin..begin + count].iter().collect::<String>().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_long_as_they_say_and_not_the_same() {
        let (mut texts, mut chance) = (Texts::new(), Chance(1));
        let all: BTreeSet<String> = (0..500).map(|_| texts.next(&mut chance)).collect();
        assert!(all.len() > 400, "{}", all.len());
        assert!(all.iter().all(|text| !text.trim().is_empty() && text.chars().count() <= 300));
        let chinese = all.iter().filter(|text| !text.is_ascii()).count();
        assert!((150..350).contains(&chinese), "{chinese}");
    }
}
