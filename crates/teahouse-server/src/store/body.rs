//! How an event's body stands in the columns of either store, and how it is read again.
//!
//! A message is its text. The body of another kind is JSON, without what has a column of its own: the person, whose
//! name and picture are as they are now, and the event that is concerned. What an edit says is its message's text,
//! and nowhere else: whoever reads the edit reads that text, as it is then.

use std::borrow::Cow;

use serde_json::{Map, Value};
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Carried, Kind, Person, Seq, UserId};

/// A body in columns.
pub(super) struct Columns<'b> {
    pub(super) text: Cow<'b, str>,
    pub(super) about: Option<UserId>,
    pub(super) target: Option<Seq>,
}

impl<'b> Columns<'b> {
    /// The columns of what is to be stored.
    pub(super) fn of(draft: &'b Draft) -> Self {
        let Draft { kind, body, .. } = draft;
        let text = if kind.is_message() { (&*body.text).into() } else { json(body).into() };
        Self { text, about: body.deed.as_ref().map(|deed| deed.person.id), target: body.target }
    }
}

/// The body whose columns these are; none if this program never wrote them. A text that is gone is empty, and
/// nothing else of a message is left then. Of an edit it is the text of its message.
pub(super) fn read(
    kind: Kind,
    text: Option<String>,
    about: Option<Person>,
    target: Option<Seq>,
) -> Option<Body> {
    match (kind, text) {
        (Kind::Message, None) => Some(Body::default()),
        (Kind::Message, Some(text)) => Some(Body { target, ..Body::of(text) }),
        (Kind::Edit, text) => Some(Body { target, ..Body::of(text.unwrap_or_default()) }),
        (_, text) => said(text, about, target),
    }
}

/// What a message carries, from its column; none if this program never wrote it.
pub(super) fn files(kept: Option<&str>) -> Option<Vec<Carried>> {
    kept.map_or_else(|| Some(Vec::new()), |text| serde_json::from_str(text).ok())
}

fn said(text: Option<String>, about: Option<Person>, target: Option<Seq>) -> Option<Body> {
    let mut body: Map<String, Value> = match text {
        Some(text) => serde_json::from_str(&text).ok()?,
        None => Map::new(),
    };
    if let Some(person) = about {
        body.insert("person".into(), serde_json::to_value(person).ok()?);
    }
    if let Some(target) = target {
        body.insert("target".into(), target.0.into());
    }
    serde_json::from_value(body.into()).ok()
}

fn json(body: &Body) -> String {
    let body = serde_json::to_value(body).expect("a body is texts and numbers");
    let Value::Object(mut body) = body else { return String::new() };
    for column in ["person", "target", "text", "mentions"] {
        body.remove(column);
    }
    Value::Object(body).to_string()
}

#[cfg(test)]
mod tests {
    use teahouse_protocol::{Act, Cid, Deed, RoomNow};

    use super::*;

    fn draft(kind: Kind, body: Body) -> Draft {
        Draft { cid: Cid::from_bytes([1; 16]), kind, by: UserId::from_bytes([2; 16]), at: 3, body }
    }

    fn bodies() -> Vec<(Kind, Body)> {
        let person = Person::new(UserId::from_bytes([4; 16]), "Ann".into(), None);
        let deed = Deed { person, act: Act::Mute, until: Some(5), reason: Some("\"noise\" \0".into()) };
        let room = RoomNow { name: "园".into(), ..RoomNow::default() };
        vec![
            (Kind::Message, Body::of("text".into())),
            (Kind::Message, Body::default()),
            (Kind::Message, Body { target: Some(Seq(6)), ..Body::of("reply".into()) }),
            (Kind::Delete, Body::about(Seq(7))),
            (Kind::Reaction, Body { emoji: Some("🍵".into()), on: Some(false), ..Body::about(Seq(7)) }),
            (Kind::Pin, Body { on: Some(true), ..Body::about(Seq(7)) }),
            (Kind::Join, Body::default()),
            (Kind::Leave, Body { removed: true, ..Body::default() }),
            (Kind::Room, Body { room: Some(Box::new(room)), ..Body::default() }),
            (Kind::Moderation, Body { deed: Some(Box::new(deed)), ..Body::default() }),
        ]
    }

    #[test]
    fn every_body_comes_back() {
        for (kind, body) in bodies() {
            let draft = draft(kind, body.clone());
            let Columns { text, about, target } = Columns::of(&draft);
            let person = body.deed.as_ref().map(|deed| deed.person.clone());
            assert_eq!(about, person.as_ref().map(|person| person.id));
            // What has a column of its own is nowhere else: a name that is gone must not stay.
            assert!(!text.contains("Ann") && (kind.is_message() || !text.contains("target")), "{text}");
            assert_eq!(read(kind, Some(text.into_owned()), person, target), Some(body));
        }
    }

    #[test]
    fn what_an_edit_says_is_in_its_message_alone() {
        let draft = draft(Kind::Edit, Body { text: "new".into(), ..Body::about(Seq(7)) });
        let Columns { text, target, .. } = Columns::of(&draft);
        assert_eq!((&*text, target), ("{}", Some(Seq(7))));
        let newer = Body { text: "newer".into(), ..Body::about(Seq(7)) };
        assert_eq!(read(Kind::Edit, Some("newer".into()), None, target), Some(newer));
        assert_eq!(read(Kind::Edit, None, None, target), Some(Body::about(Seq(7))));
        // Of a message that is gone nothing is left, whatever it replied to.
        assert_eq!(read(Kind::Message, None, None, target), Some(Body::default()));
    }

    #[test]
    fn what_was_never_written_is_none() {
        for text in ["", "text", "[]", "{\"removed\": 7}"] {
            assert_eq!(read(Kind::Leave, Some(text.into()), None, None), None, "{text}");
        }
        assert_eq!(read(Kind::Message, None, None, None), Some(Body::default()));
        assert_eq!(read(Kind::Join, None, None, None), Some(Body::default()));
    }
}
