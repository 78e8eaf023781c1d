//! Search: what is said becomes words, words become an index that follows the logs, and a question finds what
//! somebody may read. It keeps nothing itself.

/// Fills the index.
mod index;
/// Cuts text into what is searched.
mod words;

use std::collections::HashMap;

use futures_util::future::try_join_all;
use teahouse_core::rights::{self, Action, Who};
use teahouse_protocol::{Event, RoomId, RoomNow, UserId};

use crate::clock::unix_ms;
use crate::store::search::{self, Engine, Found, Wanted};
use crate::store::{Store, StoreError};
use words::{LABEL, Term};

pub use index::Index;
pub use words::Question;

/// Hits of one answer, at most.
pub const HITS_MAX: u32 = 50;
/// How often the index is asked on because rules left out what it found.
const ROUNDS_MAX: usize = 8;
/// Words that stand for their common beginning, at most. FTS5 itself reads all that each of them is in before it gives
/// the first hit, which takes the longer the more was ever said.
const WORDS_MAX: u32 = 64;

/// What a message has besides words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    /// Any file.
    File,
    /// A picture.
    Image,
    /// An address.
    Link,
    /// Code, in a line or a block.
    Code,
}

impl Has {
    /// Its name in an address.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::File, Self::Image, Self::Link, Self::Code].into_iter().find(|has| has.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Image => "image",
            Self::Link => "link",
            Self::Code => "code",
        }
    }

    fn label(self) -> String {
        format!("{LABEL}h{}", self.as_str())
    }
}

/// The label of who said it.
fn label_of_person(person: UserId) -> String {
    let hex: String = person.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{LABEL}p{hex}")
}

/// The label of where it was said.
fn label_of_room(key: i64) -> String {
    format!("{LABEL}r{key}")
}

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The words.
    pub question: Question,
    /// Who said it.
    pub by: Option<UserId>,
    /// Where.
    pub room: Option<RoomId>,
    /// Before and after which times, in milliseconds since 1970-01-01 UTC.
    pub before_ms: Option<u64>,
    /// See `before_ms`.
    pub after_ms: Option<u64>,
    /// What it has.
    pub has: Vec<Has>,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// At most so many hits.
    pub limit: u32,
}

/// Where a page ended: what is further back follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    below: u64,
    is_wide: bool,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.below, if self.is_wide { "w" } else { "" })
    }
}

impl std::str::FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_suffix('w');
        Ok(Self { below: bare.unwrap_or(text).parse()?, is_wide: bare.is_some() })
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Hits {
    /// The messages, newest first, in their current state.
    pub messages: Vec<Event>,
    /// The rooms that they are in.
    pub rooms: HashMap<RoomId, RoomNow>,
    /// Where to go on, if there is more.
    pub more: Option<Cursor>,
    /// What was looked for in the end: without hits words are tried as beginnings of words.
    pub question: Question,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub struct Seeker {
    /// Themselves.
    pub person: UserId,
    /// What they are to the house.
    pub who: Who,
}

/// What somebody may read of what they look for.
///
/// # Errors
/// The store's.
pub async fn search(store: &dyn Store, seeker: Seeker, asked: &Asked) -> Result<Hits, StoreError> {
    let key = match &asked.room {
        Some(room) => match search::key_of(store, room).await? {
            Some(key) => Some(key),
            None => return Ok(Hits::default()),
        },
        None => None,
    };
    let is_wide = asked.cursor.is_some_and(|cursor| cursor.is_wide);
    let widened = asked.question.widened();
    if !is_wide {
        let hits = look(store, seeker, asked, key, (asked.question.clone(), false)).await?;
        if !hits.messages.is_empty() || asked.cursor.is_some() || widened.is_none() {
            return Ok(hits);
        }
    }
    let wider = widened.unwrap_or_else(|| asked.question.clone());
    look(store, seeker, asked, key, (wider, true)).await
}

async fn look(
    store: &dyn Store,
    seeker: Seeker,
    asked: &Asked,
    room: Option<i64>,
    (question, is_wide): (Question, bool),
) -> Result<Hits, StoreError> {
    let limit = asked.limit.clamp(1, HITS_MAX);
    let Some(words) = expression(store, &question, &labels(asked, room), is_wide).await? else {
        return Ok(Hits { question, ..Hits::default() });
    };
    let mut wanted = Wanted {
        person: seeker.person,
        words,
        from_ms: asked.after_ms.unwrap_or(0),
        before_ms: asked.before_ms.unwrap_or(u64::MAX),
        below: asked.cursor.map(|cursor| cursor.below),
        now: unix_ms(),
        // One more says whether there is more.
        limit: limit + 1,
    };
    let mut hits = Hits { question, ..Hits::default() };
    let mut places: Vec<Found> = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let found = search::find(store, &wanted).await?;
        let is_all = found.len() < wanted.limit as usize;
        wanted.below = found.last().map(|last| last.id);
        places.extend(found.into_iter().filter(|found| may_read(seeker, found)));
        if is_all || places.len() > limit as usize {
            break;
        }
    }
    if places.len() > limit as usize {
        places.truncate(limit as usize);
        hits.more = places.last().map(|last| Cursor { below: last.id, is_wide });
    }
    // What was taken away in between is left out.
    let read = places.iter().map(|found| async {
        let before = teahouse_protocol::Seq(found.seq.0.saturating_sub(1));
        let mut events = store.after(&found.room, before, 1).await?;
        events.retain(|event| event.seq == found.seq);
        Ok::<_, StoreError>(events.pop())
    });
    hits.messages = try_join_all(read).await?.into_iter().flatten().collect();
    hits.rooms = places.into_iter().map(|found| (found.room, found.now)).collect();
    Ok(hits)
}

/// The rules of `core::rights`, whatever the index thinks.
fn may_read(seeker: Seeker, found: &Found) -> bool {
    let subject = found.standing.subject(seeker.who, 0);
    rights::may(&subject, &found.room, &found.now, Action::Read).is_ok()
        && found.seq >= rights::readable_from(&subject, &found.now)
}

fn labels(asked: &Asked, room: Option<i64>) -> Vec<String> {
    let of_person = asked.by.map(label_of_person);
    let of_room = room.map(label_of_room);
    of_room.into_iter().chain(of_person).chain(asked.has.iter().map(|has| has.label())).collect()
}

/// What the index is asked: every term and every label. Words have no signs that mean something there. None if no
/// message can have all of it.
async fn expression(
    store: &dyn Store,
    question: &Question,
    labels: &[String],
    is_wide: bool,
) -> Result<Option<String>, StoreError> {
    let mut written: Vec<String> = labels.iter().map(|label| quoted(store.engine(), &[label])).collect();
    let mut terms = question.terms().into_iter().peekable();
    while let Some(Term { words, is_prefix }) = terms.next() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if !is_prefix {
            written.push(quoted(store.engine(), &words));
        } else if let Some(term) = beginning(store, &words, is_wide && terms.peek().is_none()).await? {
            written.push(term);
        } else {
            return Ok(None);
        }
    }
    Ok(Some(written.join(match store.engine() {
        Engine::Sqlite => " AND ",
        Engine::Postgres => " & ",
    })))
}

/// Words one after another, the last of which is the beginning of one; `is_longer` if it was looked for as it is
/// already. None if the index has no such word.
async fn beginning(store: &dyn Store, words: &[&str], is_longer: bool) -> Result<Option<String>, StoreError> {
    let (last, before) = words.split_last().expect("a term has a word");
    if store.engine() == Engine::Postgres {
        return Ok(Some(format!("{}:*", quoted(Engine::Postgres, words))));
    }
    let mut found = search::words_from(store, last, WORDS_MAX + 1).await?;
    if found.len() > WORDS_MAX as usize {
        return Ok(Some(format!("{} *", quoted(Engine::Sqlite, words))));
    }
    found.retain(|word| !is_longer || word != last);
    let each = found.iter().map(|word| quoted(Engine::Sqlite, &[before, &[word]].concat()));
    let each: Vec<String> = each.collect();
    Ok((!each.is_empty()).then(|| format!("({})", each.join(" OR "))))
}

/// These words, one after another.
fn quoted(engine: Engine, words: &[&str]) -> String {
    match engine {
        Engine::Sqlite => format!("\"{}\"", words.join(" ")),
        Engine::Postgres => {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            words.join(" <-> ")
        }
    }
}
