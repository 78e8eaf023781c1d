//! A room as somebody takes it along: one page to read, or one event a line for programs.
//!
//! It is read from the log page by page, each with the rights that the asker has at that moment, so that no room is
//! too long. It must not show what they may not read, nor what is gone.

/// One page that needs nothing else.
mod html;
/// What the page says, in two languages.
mod words;

use std::io;
use std::sync::Arc;

use futures_util::{Stream, stream};
use jiff::tz::TimeZone;
use serde_json::Value;
use teahouse_protocol::{Event, History, Person, Range, RoomId, Seq};

use crate::node::Node;
use crate::session::page;
use crate::store::Page;

/// Messages that are read at once.
const STEP: u32 = 200;

/// What the export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One self-contained page.
    Html,
    /// One event a line.
    Ndjson,
}

/// What is taken along, for whom, and how it looks.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which room.
    pub room: RoomId,
    /// What the room is called for who asks.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Who asks.
    pub person: Person,
    /// As what.
    pub form: Form,
    /// Whether its words are Chinese.
    pub chinese: bool,
    /// In which zone its times are.
    pub zone: TimeZone,
    /// When it was asked for, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// Where the export is.
enum Rest {
    Beginning,
    After { seq: Seq, head: Option<Seq>, day: String },
    Nothing,
}

/// The pieces of an export, one a page of the log. It ends at the head as it was when the export began; an error
/// breaks it off.
pub fn export(node: Arc<Node>, wish: Wish) -> impl Stream<Item = Result<String, io::Error>> + Send {
    let wish = Arc::new(wish);
    stream::try_unfold(Rest::Beginning, move |rest| {
        let (node, wish) = (node.clone(), wish.clone());
        async move {
            let (seq, head, mut day) = match rest {
                Rest::Beginning => {
                    let rest = Rest::After { seq: Seq::ZERO, head: None, day: String::new() };
                    return Ok(Some((beginning(&node, &wish), rest)));
                }
                Rest::After { seq, head, day } => (seq, head, day),
                Rest::Nothing => return Ok(None),
            };
            let mut read = read(&node, &wish, seq).await?;
            let head = head.unwrap_or(read.as_of);
            let last = read.messages.last().map_or(head, |last| last.seq);
            read.messages.retain(|event| event.seq <= head);
            let mut text = piece(&wish, &read, &mut day);
            let rest = if read.more && last < head {
                Rest::After { seq: last, head: Some(head), day }
            } else {
                text += end(&wish);
                Rest::Nothing
            };
            Ok(Some((text, rest)))
        }
    })
}

async fn read(node: &Node, wish: &Wish, after: Seq) -> io::Result<Page> {
    let asked = History { r#ref: 0, room: wish.room.clone(), range: Range::After(after), limit: STEP };
    page(node, &asked, Some(&wish.person)).await.map_err(|error| io::Error::other(error.code.as_str()))
}

fn beginning(node: &Node, wish: &Wish) -> String {
    match wish.form {
        Form::Html => html::head(&node.name(), wish),
        Form::Ndjson => String::new(),
    }
}

fn piece(wish: &Wish, page: &Page, day: &mut String) -> String {
    match wish.form {
        Form::Html => page.messages.iter().map(|event| html::row(wish, event, day)).collect(),
        Form::Ndjson => page.messages.iter().map(line).collect(),
    }
}

fn end(wish: &Wish) -> &'static str {
    if wish.form == Form::Html { html::FOOT } else { "" }
}

fn line(event: &Event) -> String {
    let mut line = serde_json::to_value(event).unwrap_or(Value::Null).to_string();
    line.push('\n');
    line
}
