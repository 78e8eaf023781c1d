//! Fills the index: a follower of the logs. What is deleted leaves by itself, in the transaction that deletes it.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use teahouse_protocol::text::{self, Block, Inline};
use teahouse_protocol::{Event, Kind, RoomId, Seq};

use super::words::Words;
use super::{Has, label_of_person, label_of_room};
use crate::follower::{Begins, Work};
use crate::store::search::{self, ADDED_AT_ONCE, Engine, FOLLOWER, Indexed};
use crate::store::{Statement, Store, StoreError};

/// Makes the index of the logs.
pub struct Index {
    store: Arc<dyn Store>,
}

impl Index {
    /// The index of this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    async fn statements(&self, room: &RoomId, events: &[Event]) -> Result<Vec<Statement>, StoreError> {
        // What the lab sends is nobody's word.
        if *room == RoomId::lab() {
            return Ok(Vec::new());
        }
        let Some(key) = search::key_of(&*self.store, room).await? else { return Ok(Vec::new()) };
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(Vec::new()) };
        let files = search::files(&*self.store, room, first.seq, last.seq).await?;
        let files: HashMap<Seq, String> = files.into_iter().collect();
        let engine = self.store.engine();
        let mut statements = Vec::new();
        let mut added = Vec::new();
        for event in events {
            match (event.kind, event.body.target) {
                (Kind::Message, _) => added.extend(indexed(engine, key, event, files.get(&event.seq))),
                (Kind::Edit, Some(target)) => {
                    // The trigger has taken out what it said before.
                    added.extend(self.edited(engine, key, room, target).await?);
                }
                _ => {}
            }
        }
        // Of one message that was edited more than once all are the same.
        added.sort_by_key(|message| message.seq);
        added.dedup_by_key(|message| message.seq);
        statements.extend(added.chunks(ADDED_AT_ONCE).map(|some| search::add(engine, room, some)));
        Ok(statements)
    }

    async fn edited(
        &self,
        engine: Engine,
        key: i64,
        room: &RoomId,
        target: Seq,
    ) -> Result<Option<Indexed>, StoreError> {
        let events = self.store.after(room, Seq(target.0.saturating_sub(1)), 1).await?;
        let Some(event) = events.first().filter(|event| event.seq == target) else { return Ok(None) };
        let files = search::files(&*self.store, room, target, target).await?;
        Ok(indexed(engine, key, event, files.first().map(|(_, files)| files)))
    }
}

impl Work for Index {
    fn name(&self) -> &'static str {
        FOLLOWER
    }

    fn begins(&self) -> Begins {
        Begins::AtTheBeginning
    }

    fn digest<'a>(
        &'a self,
        room: &'a RoomId,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Statement>, StoreError>> {
        self.statements(room, events).boxed()
    }
}

/// A message as it is indexed, hidden parts and all; none if there is nothing of it.
fn indexed(engine: Engine, room: i64, event: &Event, files: Option<&String>) -> Option<Indexed> {
    let source = &event.body.text;
    if source.is_empty() && files.is_none() {
        return None;
    }
    // Names are not indexed: they change.
    let words = Words::of(&text::uncovered(source, &|_| Some(String::new())));
    let mut labels = vec![label_of_room(room), label_of_person(event.by.id)];
    labels.extend(has(source, files).into_iter().map(Has::label));
    let words = match engine {
        Engine::Sqlite => words.line(&labels),
        Engine::Postgres => words.vector(&labels),
    };
    Some(Indexed { seq: event.seq, rev: event.rev, words })
}

fn has(source: &str, files: Option<&String>) -> Vec<Has> {
    let mut found = Vec::new();
    if let Some(files) = files {
        found.push(Has::File);
        found.extend(files.contains("\"type\":\"image/").then_some(Has::Image));
    }
    // Most texts have neither, and need no tree to say so.
    if source.contains("://") || source.contains("mailto:") || source.contains('`') {
        let (mut link, mut code) = (false, false);
        visit(&text::parse(source), &mut link, &mut code);
        found.extend(link.then_some(Has::Link));
        found.extend(code.then_some(Has::Code));
    }
    found
}

fn visit(blocks: &[Block], link: &mut bool, code: &mut bool) {
    for block in blocks {
        match block {
            Block::Paragraph(inside) | Block::Heading(inside) => visit_inline(inside, link, code),
            Block::Code { .. } => *code = true,
            Block::Quote(inside) => visit(inside, link, code),
            Block::Bullets(items) | Block::Numbers { items, .. } => {
                items.iter().for_each(|item| visit(item, link, code));
            }
        }
    }
}

fn visit_inline(inlines: &[Inline], link: &mut bool, code: &mut bool) {
    for inline in inlines {
        match inline {
            Inline::Link { inside, .. } => {
                *link = true;
                visit_inline(inside, link, code);
            }
            Inline::Code(_) => *code = true,
            Inline::Bold(inside)
            | Inline::Italic(inside)
            | Inline::Struck(inside)
            | Inline::Hidden(inside) => {
                visit_inline(inside, link, code);
            }
            Inline::Text(_)
            | Inline::Person(_)
            | Inline::Everybody(_)
            | Inline::Room(_)
            | Inline::Emoji(_) => {}
        }
    }
}
