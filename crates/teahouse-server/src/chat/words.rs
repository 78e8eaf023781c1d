//! What a person types that is more than a text: a command about a message, or a name that becomes a mention. It only
//! reads; what is done is done by the chat.

use std::collections::VecDeque;

use teahouse_client::protocol::{Event, Kind, Person, Seq, UserId};

/// Messages that are remembered, so that one may be named.
const KEPT_MAX: usize = 500;

/// What is to be done with a typed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Say this.
    Say(String),
    /// Reply to that message.
    Reply(Seq, String),
    /// Give one's own message another text.
    Edit(Seq, String),
    /// Take one's own message away.
    Delete(Seq),
    /// Put an emoji under a message, or take it back.
    React(Seq, String, bool),
    /// Keep a message in view, or no longer.
    Pin(Seq, bool),
    /// It says what is wrong with the line, or how to do it.
    Told(&'static str),
}

/// How commands are written.
pub(super) const HELP: &str = "/reply TEXT, /react EMOJI, /unreact EMOJI, /pin, /unpin: the last message of \
    somebody else, or after @NAME theirs; /edit TEXT, /delete: your last one; //TEXT says /TEXT";

/// A message as it is remembered.
#[derive(Debug)]
struct Kept {
    seq: Seq,
    by: UserId,
    name: String,
}

/// The messages that were seen here.
#[derive(Debug, Default)]
pub(super) struct Seen {
    messages: VecDeque<Kept>,
}

impl Seen {
    /// Remembers a message, and forgets one that is gone.
    pub(super) fn take(&mut self, event: &Event) {
        match (event.kind, event.body.target) {
            (Kind::Message, _) if !event.body.plain().is_empty() => {
                if self.messages.len() == KEPT_MAX {
                    self.messages.pop_front();
                }
                let (by, name) = (event.by.id, event.by.name.to_string());
                self.messages.push_back(Kept { seq: event.seq, by, name });
            }
            (Kind::Delete, Some(target)) => self.messages.retain(|kept| kept.seq != target),
            _ => {}
        }
    }

    /// Who wrote that message, if it was seen here.
    pub(super) fn author(&self, seq: Seq) -> Option<&str> {
        self.messages.iter().rev().find(|kept| kept.seq == seq).map(|kept| &*kept.name)
    }

    fn last(&self, wanted: impl Fn(&Kept) -> bool) -> Option<Seq> {
        self.messages.iter().rev().find(|kept| wanted(kept)).map(|kept| kept.seq)
    }

    /// What is to be done with a line that `me` typed.
    pub(super) fn read(&self, line: &str, me: UserId) -> Typed {
        let Some(command) = line.strip_prefix('/') else { return Typed::Say(line.to_owned()) };
        if command.starts_with('/') {
            return Typed::Say(command.to_owned());
        }
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let mine = self.last(|kept| kept.by == me);
        match (word, mine) {
            ("edit", Some(seq)) if !rest.trim().is_empty() => Typed::Edit(seq, rest.trim().to_owned()),
            ("delete", Some(seq)) if rest.trim().is_empty() => Typed::Delete(seq),
            ("edit" | "delete", None) => Typed::Told("you have written nothing here yet"),
            ("reply" | "react" | "unreact" | "pin" | "unpin", _) => self.about(word, rest.trim(), me),
            _ => Typed::Told(HELP),
        }
    }

    /// A command about the last message of somebody else, who may be named.
    fn about(&self, word: &str, rest: &str, me: UserId) -> Typed {
        let (seq, rest) = match rest.strip_prefix('@') {
            // The longest name that fits: names have spaces.
            Some(named) => {
                let mut names: Vec<_> = self.messages.iter().map(|kept| &*kept.name).collect();
                names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
                let Some(name) = names.into_iter().find(|name| named.starts_with(name)) else {
                    return Typed::Told("nobody of that name has written here");
                };
                (self.last(|kept| kept.name == name), named[name.len()..].trim())
            }
            None => (self.last(|kept| kept.by != me), rest),
        };
        let Some(seq) = seq else { return Typed::Told("nobody else has written here yet") };
        match (word, rest) {
            ("pin" | "unpin", "") => Typed::Pin(seq, word == "pin"),
            ("reply", text) if !text.is_empty() => Typed::Reply(seq, text.to_owned()),
            ("react" | "unreact", emoji) if !emoji.is_empty() => {
                Typed::React(seq, emoji.to_owned(), word == "react")
            }
            _ => Typed::Told(HELP),
        }
    }
}

/// The text with the names of these people, after `@`, made into mentions: the longest name that fits.
pub(super) fn with_mentions<'p>(text: &str, people: impl Iterator<Item = &'p Person>) -> String {
    let mut people: Vec<_> = people.collect();
    people.sort_unstable_by_key(|person| std::cmp::Reverse(person.name.len()));
    let (mut said, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('@') {
        let (before, named) = (&rest[..at], &rest[at + 1..]);
        said += before;
        let is_word = |c: char| c.is_ascii_alphanumeric();
        let begins = !said.ends_with(|c: char| is_word(c) || c == '<');
        let is_whole = |name: &str| {
            let ends_in_word = name.ends_with(is_word);
            !(ends_in_word && named[name.len()..].starts_with(is_word))
        };
        let found = people.iter().find(|it| named.starts_with(&*it.name) && is_whole(&it.name));
        match found.filter(|_| begins) {
            Some(person) => {
                said += &format!("<@{}>", person.id);
                rest = &named[person.name.len()..];
            }
            None => {
                said.push('@');
                rest = named;
            }
        }
    }
    said + rest
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use teahouse_client::protocol::{Body, Cid, RoomId};

    use super::*;

    fn person(number: u8, name: &str) -> Person {
        Person::new(UserId::from_bytes([number; 16]), Arc::from(name), None)
    }

    fn message(seq: u64, by: &Person, text: &str) -> Event {
        let (room, cid) = (RoomId::main(), Cid::from_bytes([1; 16]));
        let (kind, body) = (Kind::Message, Body::of(text.into()));
        Event { room, seq: Seq(seq), kind, cid, by: by.clone(), at: 1, n: Some(seq), rev: None, body }
    }

    fn seen() -> (Seen, Person) {
        let (me, bo, long) = (person(1, "Ada"), person(2, "Bo"), person(3, "Bo Li"));
        let mut seen = Seen::default();
        for (seq, by) in [(1, &me), (2, &long), (3, &bo), (4, &me)] {
            seen.take(&message(seq, by, "text"));
        }
        (seen, me)
    }

    #[test]
    fn a_command_names_the_last_message_of_somebody() {
        let (seen, me) = seen();
        let read = |line: &str| seen.read(line, me.id);
        assert_eq!(read("tea?"), Typed::Say("tea?".into()));
        assert_eq!(read("//shrug"), Typed::Say("/shrug".into()));
        assert_eq!(read("/edit tea!"), Typed::Edit(Seq(4), "tea!".into()));
        assert_eq!(read("/delete"), Typed::Delete(Seq(4)));
        assert_eq!(read("/reply yes"), Typed::Reply(Seq(3), "yes".into()));
        assert_eq!(read("/reply @Bo Li yes"), Typed::Reply(Seq(2), "yes".into()));
        assert_eq!(read("/react 🍵"), Typed::React(Seq(3), "🍵".into(), true));
        assert_eq!(read("/unreact @Bo Li 🍵"), Typed::React(Seq(2), "🍵".into(), false));
        assert_eq!((read("/pin"), read("/unpin @Bo")), (Typed::Pin(Seq(3), true), Typed::Pin(Seq(3), false)));
        for wrong in ["/", "/shrug", "/edit", "/reply", "/reply @Cy yes", "/react", "/delete it"] {
            assert!(matches!(read(wrong), Typed::Told(_)), "{wrong}");
        }
    }

    #[test]
    fn what_is_gone_is_named_no_more() {
        let (mut seen, me) = seen();
        let gone = Event { kind: Kind::Delete, body: Body::about(Seq(4)), ..message(5, &me, "") };
        seen.take(&gone);
        assert_eq!(seen.read("/delete", me.id), Typed::Delete(Seq(1)));
        assert_eq!((seen.author(Seq(3)), seen.author(Seq(4))), (Some("Bo"), None));
    }

    #[test]
    fn a_name_becomes_a_mention() {
        let (bo, long, han) = (person(2, "Bo"), person(3, "Bo Li"), person(4, "小满"));
        let people = [&bo, &long, &han];
        let said = |text: &str| with_mentions(text, people.into_iter());
        assert_eq!(said("@Bo, tea?"), format!("<@{}>, tea?", bo.id));
        assert_eq!(said("and @Bo Li"), format!("and <@{}>", long.id));
        assert_eq!(said("@小满你好"), format!("<@{}>你好", han.id));
        for plain in ["a@Bo.example", "@Boris", "@", "<@here>", "@@"] {
            assert_eq!(said(plain), plain);
        }
    }
}
