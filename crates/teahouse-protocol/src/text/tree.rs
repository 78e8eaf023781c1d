//! What a text is made of. Only the parser makes trees; whoever shows one goes through it once.

use crate::id::{RoomId, UserId};

/// What stands below one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines as they were written; line breaks stay.
    Paragraph(Vec<Inline>),
    /// A bold line.
    Heading(Vec<Inline>),
    /// Lines that mean nothing but themselves.
    Code {
        /// The language that was named, in lower case.
        lang: Option<String>,
        /// The lines, without a line feed at the end.
        text: String,
    },
    /// What somebody else said.
    Quote(Vec<Self>),
    /// Items with a dot.
    Bullets(Vec<Vec<Self>>),
    /// Items with a number each, counted from `first`.
    Numbers {
        /// The number of the first item.
        first: u32,
        /// What the items say.
        items: Vec<Vec<Self>>,
    },
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// `**bold**`.
    Bold(Vec<Self>),
    /// `*italic*` or `_italic_`.
    Italic(Vec<Self>),
    /// `~~struck~~`.
    Struck(Vec<Self>),
    /// `||hidden||`: covered until it is asked for.
    Hidden(Vec<Self>),
    /// `` `code` ``.
    Code(String),
    /// `[text](address)` or an address alone.
    Link {
        /// Begins with `http://`, `https://` or `mailto:`.
        href: String,
        /// What is shown for it.
        inside: Vec<Self>,
    },
    /// `<@UUID>`: somebody is called.
    Person(UserId),
    /// `<@here>` or `<@room>`: many are called.
    Everybody(Whom),
    /// `<#ROOM>`.
    Room(RoomId),
    /// `:name:`; whoever does not know the name shows it as it was written.
    Emoji(String),
}

/// Who of a room is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Who is here now.
    Here,
    /// Whoever is a member.
    Room,
}

impl Whom {
    /// As it is written after the `@`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Room => "room",
        }
    }
}

/// Who and what a text names by an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention<'a> {
    /// Somebody.
    Person(UserId),
    /// A room.
    Room(&'a RoomId),
}

/// Whom a text calls. What is in code or escaped does not call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// The people, each once, in the order of the text.
    pub people: Vec<UserId>,
    /// The rooms, each once, in the order of the text.
    pub rooms: Vec<RoomId>,
    /// Whether everybody here is called.
    pub here: bool,
    /// Whether everybody in the room is called.
    pub room: bool,
}
