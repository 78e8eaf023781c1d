//! How a line becomes a command. By hand, not by derive: a refusal names the field that is wrong.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::code::ErrorCode;
use crate::event::{Body, Kind};
use crate::file::Carried;
use crate::frame::{Command, Error, From, Hello, History, Range, Send};
use crate::id::{FileId, RoomId};
use crate::seq::{Cursor, Seq};
use crate::text;

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The line's `ref`, if it had one.
    pub r#ref: Option<u64>,
    /// The public code.
    pub code: ErrorCode,
    /// The field that is wrong.
    pub field: Option<String>,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl std::convert::From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self { field: error.field, ..Self::new(error.r#ref, error.code, error.message) }
    }
}

impl Command {
    /// Reads one line.
    ///
    /// # Errors
    /// Names the code, and the field where one is wrong.
    pub fn decode(line: &str) -> Result<Self, DecodeError> {
        let Ok(Value::Object(object)) = serde_json::from_str(line) else {
            return Err(DecodeError {
                r#ref: None,
                code: ErrorCode::BadFrame,
                field: None,
                message: "A frame is one JSON object on one line.".into(),
            });
        };
        Fields { r#ref: object.get("ref").and_then(Value::as_u64), object }.command()
    }
}

/// The fields of a frame that were not taken yet.
struct Fields {
    r#ref: Option<u64>,
    object: Map<String, Value>,
}

impl Fields {
    fn command(&mut self) -> Result<Command, DecodeError> {
        let name: String = self.required("type", "the name of a command")?;
        Ok(match name.as_str() {
            "hello" => Command::Hello(self.hello()?),
            "subscribe" => {
                Command::Subscribe { r#ref: self.r#ref()?, room: self.room()?, from: self.from()? }
            }
            "unsubscribe" => Command::Unsubscribe { r#ref: self.r#ref()?, room: self.room()? },
            "send" => Command::Send(self.send()?),
            "history" => Command::History(self.history()?),
            "read" => Command::Read { r#ref: self.r#ref()?, room: self.room()?, seq: self.seq("seq")? },
            "typing" => Command::Typing { room: self.room()?, on: self.flag("on", true)? },
            "ping" => Command::Ping { r#ref: self.r#ref()? },
            "pong" => Command::Pong { cursors: self.cursors()? },
            "auth" => Command::Auth { r#ref: self.r#ref()?, token: self.required("token", "a token")? },
            "bye" => Command::Bye,
            _ => {
                let shown: String = name.chars().take(32).collect();
                return Err(self.error(
                    ErrorCode::UnknownCommand,
                    "type",
                    format!("There is no command {shown:?}."),
                ));
            }
        })
    }

    fn hello(&mut self) -> Result<Hello, DecodeError> {
        Ok(Hello {
            v: self.required("v", "the protocol's version, 1")?,
            token: self.optional("token", "a token")?,
            name: self.optional("name", "a name")?,
            you: self.optional("you", "the id of a person")?,
            session: self.optional("session", "a session: 16 hex digits")?,
            cursors: self
                .optional::<BTreeMap<RoomId, From>>(
                    "cursors",
                    "rooms with a cursor, \"head\" or {\"tail\": 0 to 200} each",
                )?
                .unwrap_or_default(),
            client: self.optional("client", "the client's name and version")?,
            brief: self.flag("brief", false)?,
            cost: self.flag("cost", false)?,
        })
    }

    fn send(&mut self) -> Result<Send, DecodeError> {
        let (r#ref, room) = (self.r#ref()?, self.room()?);
        let cid = self.required("cid", "a cid: 32 hex digits")?;
        let kind = self.kind()?;
        let body = self.body(kind)?;
        Ok(Send { r#ref, room, cid, kind, body, first: self.flag("first", false)? })
    }

    fn kind(&mut self) -> Result<Kind, DecodeError> {
        let name: String = self.required("kind", "a kind of event")?;
        Kind::parse(&name).filter(|kind| kind.is_sent()).ok_or_else(|| {
            let said = "kind: a client sends \"message\", \"edit\", \"delete\", \"reaction\" or \"pin\".";
            self.error(ErrorCode::BadField, "kind", said.into())
        })
    }

    fn body(&mut self, kind: Kind) -> Result<Body, DecodeError> {
        let object: Map<String, Value> = self.required("body", "an object with what the kind needs")?;
        let mut fields = Said { r#ref: self.r#ref, object };
        Ok(match kind {
            Kind::Message => {
                let (target, files) = (fields.target()?, fields.files()?);
                let text = if files.is_empty() { fields.text()? } else { fields.maybe_text()? };
                Body { target, files, ..Body::of(text) }
            }
            Kind::Edit => Body { text: fields.text()?, ..Body::about(fields.needed_target()?) },
            Kind::Reaction => {
                let (target, emoji) = (fields.needed_target()?, fields.emoji()?);
                Body { emoji: Some(emoji), on: Some(fields.on()?), ..Body::about(target) }
            }
            Kind::Pin => Body { on: Some(fields.on()?), ..Body::about(fields.needed_target()?) },
            _ => Body::about(fields.needed_target()?),
        })
    }

    fn history(&mut self) -> Result<History, DecodeError> {
        let r#ref = self.r#ref()?;
        let room = self.room()?;
        let limit = self.optional("limit", "a number from 1 to 200")?.unwrap_or(History::LIMIT_DEFAULT);
        if !(1..=History::LIMIT_MAX).contains(&limit) {
            return Err(self.error(
                ErrorCode::BadField,
                "limit",
                "limit: expected a number from 1 to 200.".into(),
            ));
        }
        let mut given =
            ["before", "after", "around"].into_iter().filter(|name| self.object.contains_key(*name));
        let (1, Some(name)) = (given.clone().count(), given.next_back()) else {
            let said = "history takes one of before, after and around.".into();
            return Err(self.error(ErrorCode::MissingField, "before", said));
        };
        let seq = self.seq(name)?;
        let range = match name {
            "before" => Range::Before(seq),
            "after" => Range::After(seq),
            _ => Range::Around(seq),
        };
        Ok(History { r#ref, room, range, limit })
    }

    fn cursors(&mut self) -> Result<BTreeMap<RoomId, Cursor>, DecodeError> {
        Ok(self.optional("cursors", "rooms with a cursor each")?.unwrap_or_default())
    }

    fn from(&mut self) -> Result<From, DecodeError> {
        self.required("from", "a cursor, \"head\" or {\"tail\": 0 to 200}")
    }

    fn room(&mut self) -> Result<RoomId, DecodeError> {
        self.required("room", "a room: 1 to 32 of a-z, 0-9, - and _")
    }

    fn seq(&mut self, name: &'static str) -> Result<Seq, DecodeError> {
        let seq: u64 = self.required(name, "a number below 2^53")?;
        if seq > Seq::MAX.0 {
            return Err(self.error(
                ErrorCode::BadField,
                name,
                format!("{name}: expected a number below 2^53."),
            ));
        }
        Ok(Seq(seq))
    }

    fn r#ref(&mut self) -> Result<u64, DecodeError> {
        let r#ref: u64 = self.required("ref", "a number below 2^53")?;
        if r#ref > Seq::MAX.0 {
            return Err(self.error(ErrorCode::BadField, "ref", "ref: expected a number below 2^53.".into()));
        }
        Ok(r#ref)
    }

    fn flag(&mut self, name: &'static str, absent: bool) -> Result<bool, DecodeError> {
        Ok(self.optional(name, "true or false")?.unwrap_or(absent))
    }

    fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<T, DecodeError> {
        match self.optional(name, expected)? {
            Some(value) => Ok(value),
            None => Err(self.error(ErrorCode::MissingField, name, format!("{name} is missing: {expected}."))),
        }
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, DecodeError> {
        match self.object.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match serde_json::from_value(value) {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(self.error(ErrorCode::BadField, name, format!("{name}: expected {expected}."))),
            },
        }
    }

    fn error(&self, code: ErrorCode, field: &str, message: String) -> DecodeError {
        DecodeError { r#ref: self.r#ref, code, field: Some(field.into()), message }
    }
}

/// The fields of a body that were not taken yet.
struct Said {
    r#ref: Option<u64>,
    object: Map<String, Value>,
}

impl Said {
    fn text(&mut self) -> Result<String, DecodeError> {
        self.required("body.text", "a text")
    }

    /// What carries files need not say anything.
    fn maybe_text(&mut self) -> Result<String, DecodeError> {
        Ok(self.optional("body.text", "a text")?.unwrap_or_default())
    }

    fn files(&mut self) -> Result<Vec<Carried>, DecodeError> {
        let ids: Option<Vec<FileId>> = self.optional("body.files", "a list of ids of files")?;
        let ids = ids.unwrap_or_default();
        if ids.len() > Carried::MAX {
            let said = format!("body.files: a message has at most {} files.", Carried::MAX);
            return Err(self.error(ErrorCode::TooMany, "body.files", said));
        }
        let twice = ids.iter().enumerate().any(|(place, id)| ids[..place].contains(id));
        if twice {
            let said = "body.files: each file once.".into();
            return Err(self.error(ErrorCode::BadField, "body.files", said));
        }
        Ok(ids.into_iter().map(Carried::Id).collect())
    }

    fn emoji(&mut self) -> Result<Box<str>, DecodeError> {
        let emoji: Box<str> = self.required("body.emoji", "an emoji")?;
        match text::check_emoji(&emoji) {
            Ok(()) => Ok(emoji),
            Err(said) => Err(self.error(ErrorCode::BadField, "body.emoji", said.into())),
        }
    }

    fn on(&mut self) -> Result<bool, DecodeError> {
        Ok(self.optional("body.on", "true or false")?.unwrap_or(true))
    }

    fn needed_target(&mut self) -> Result<Seq, DecodeError> {
        let missing = self.error(ErrorCode::MissingField, "body.target", "body.target is missing.".into());
        self.target()?.ok_or(missing)
    }

    fn target(&mut self) -> Result<Option<Seq>, DecodeError> {
        const EXPECTED: &str = "the seq of a message, from 1 and below 2^53";
        let target: Option<u64> = self.optional("body.target", EXPECTED)?;
        match target {
            Some(seq) if seq == 0 || seq > Seq::MAX.0 => {
                let said = format!("body.target: expected {EXPECTED}.");
                Err(self.error(ErrorCode::BadField, "body.target", said))
            }
            target => Ok(target.map(Seq)),
        }
    }

    fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<T, DecodeError> {
        let missing = self.error(ErrorCode::MissingField, name, format!("{name} is missing: {expected}."));
        self.optional(name, expected)?.ok_or(missing)
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, DecodeError> {
        match self.object.remove(name.trim_start_matches("body.")) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let wrong =
                    |_| self.error(ErrorCode::BadField, name, format!("{name}: expected {expected}."));
                serde_json::from_value(value).map(Some).map_err(wrong)
            }
        }
    }

    fn error(&self, code: ErrorCode, field: &str, message: String) -> DecodeError {
        DecodeError { r#ref: self.r#ref, code, field: Some(field.into()), message }
    }
}
