//! A room as somebody takes it along: one page to read, or one event a line for programs.
//!
//! It is read from the log page by page, each with the rights that the asker has at that moment, so that no room is
//! too long. It must not show what they may not read, nor what is gone.

/// One page that needs nothing else.
mod html;
/// What it shows of files.
mod pictures;
/// What a message says, as elements.
mod text;
/// What the page says, in two languages.
mod words;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use futures_util::{Stream, stream};
use jiff::tz::TimeZone;
use serde::Serialize;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Event, History, Person, Range, RoomId, Seq, State};

use crate::node::Node;
use crate::session::page;
use crate::store::Page;
use pictures::Pictures;

/// Messages that are read at once.
const STEP: u32 = 200;
/// A piece that is longer ends after the message that made it so: pictures take room.
const PIECE_BYTES: usize = 1 << 20;

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
    /// Where the house is, for the addresses of files: `https://` and a host.
    pub origin: String,
    /// In which zone its times are.
    pub zone: TimeZone,
    /// When it was asked for, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
}

/// What messages of a page reply to, by its number.
type Quoted = HashMap<Seq, Event>;

/// What a message is shown with.
struct Beside<'a> {
    /// Its reactions and pin.
    state: Option<&'a State>,
    quoted: &'a Quoted,
    pictures: Pictures,
}

/// An event as a line tells it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// What stands beside the message, if anything does.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a State>,
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
            let end_of_page = read.messages.last().map_or(head, |last| last.seq);
            read.messages.retain(|event| event.seq <= head);
            let (mut text, cut) = piece(&node, &wish, &read, &mut day).await?;
            let last = cut.unwrap_or(end_of_page);
            let rest = if (read.more || cut.is_some()) && last < head {
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
    page(node, &asked, Some(&wish.person)).await.map_err(|error| broken(&error))
}

fn beginning(node: &Node, wish: &Wish) -> String {
    match wish.form {
        Form::Html => html::head(&node.name(), wish),
        Form::Ndjson => String::new(),
    }
}

/// What a page of the log becomes, and after which message it ends if that is not the last.
async fn piece(node: &Node, wish: &Wish, page: &Page, day: &mut String) -> io::Result<(String, Option<Seq>)> {
    let quoted = match wish.form {
        Form::Html => quoted(node, wish, &page.messages).await?,
        Form::Ndjson => Quoted::new(),
    };
    let mut text = String::new();
    for event in &page.messages {
        let state = page.states.0.get(&event.seq);
        if wish.form == Form::Ndjson {
            text += &line(&Line { event, state })?;
            continue;
        }
        let pictures = pictures::of(&node.files, event).await;
        text += &html::row(wish, event, &Beside { state, quoted: &quoted, pictures }, day);
        if text.len() > PIECE_BYTES {
            return Ok((text, Some(event.seq)));
        }
    }
    Ok((text, None))
}

/// What these messages reply to, as far as the asker may read it.
async fn quoted(node: &Node, wish: &Wish, messages: &[Event]) -> io::Result<Quoted> {
    let mut found: Quoted = HashMap::new();
    let mut missing = Vec::new();
    for target in messages.iter().filter_map(|event| event.body.target.filter(|_| event.kind.is_message())) {
        match messages.binary_search_by_key(&target, |event| event.seq) {
            Ok(at) => _ = found.insert(target, messages[at].clone()),
            Err(_) => missing.push(target),
        }
    }
    let readable = node.readable(&wish.room, Some(&wish.person), None).await;
    let readable = readable.map_err(|error| broken(&error))?;
    missing.retain(|target| readable.contains(target));
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        let page = node.store.among(&wish.room, missing, None).await;
        let page = page.map_err(|error| broken(&error.refusal(None)))?;
        found.extend(page.messages.into_iter().map(|event| (event.seq, event)));
    }
    Ok(found)
}

fn broken(error: &Error) -> io::Error {
    io::Error::other(error.code.as_str())
}

fn end(wish: &Wish) -> &'static str {
    if wish.form == Form::Html { html::FOOT } else { "" }
}

fn line(told: &Line<'_>) -> io::Result<String> {
    let mut line = serde_json::to_string(told).map_err(io::Error::other)?;
    line.push('\n');
    Ok(line)
}
