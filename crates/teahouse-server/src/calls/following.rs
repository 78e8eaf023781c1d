//! Who is called by what happens in a room: each event becomes the rows of whom it calls, and of who is to be told.
//!
//! It is told events in order, once or again, and decides only from them and from the store, so that any node may
//! go on where another one was.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use teahouse_core::rights::{self, Action};
use teahouse_protocol::{Event, Kind, RoomId, RoomNow, Seq, UserId, text};

use crate::clock::unix_ms;
use crate::follower::{Begins, Work};
use crate::node::Node;
use crate::push::{OLD_MS, PATIENCE_MS};
use crate::store::calls::{self as rows, Source, Why};
use crate::store::{Row, Statement, StoreError, accounts, rooms};

/// People whom one message calls by name.
const NAMED_MAX: usize = 50;

/// The follower that calls people.
pub(crate) struct Caller(Arc<Node>);

impl Caller {
    /// For this node.
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self(node)
    }
}

impl Work for Caller {
    fn name(&self) -> &'static str {
        "calls"
    }

    /// Nobody is called by what was said before anybody was called at all.
    fn begins(&self) -> Begins {
        Begins::AtTheEnd
    }

    fn digest<'a>(
        &'a self,
        room: &'a RoomId,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Statement>, StoreError>> {
        changes(&self.0, room, events).boxed()
    }

    fn stored(&self, _room: &RoomId, _events: Vec<Event>, rows: Vec<Vec<Row>>) {
        let concerned = rows.iter().flatten().filter_map(|row| row.person(0).ok());
        let concerned: Vec<_> = concerned.collect::<BTreeSet<_>>().into_iter().collect();
        if !concerned.is_empty() {
            self.0.tell_calls(&concerned);
        }
        self.0.pushes.hurry();
    }
}

/// What these events of a room change. Statements that answer, answer with the people for whom something changed.
async fn changes(node: &Node, room: &RoomId, events: &[Event]) -> Result<Vec<Statement>, StoreError> {
    if room.is_inner() {
        return Ok(Vec::new());
    }
    // As the store has it: nobody has to be there for somebody to be called.
    let Some(stored) = node.store.room(room).await? else { return Ok(Vec::new()) };
    let mut calling = Calling { node, room, now: stored.now, statements: Vec::new() };
    for event in events {
        calling.take(event).await?;
    }
    Ok(calling.statements)
}

struct Calling<'a> {
    node: &'a Node,
    room: &'a RoomId,
    now: RoomNow,
    statements: Vec<Statement>,
}

impl Calling<'_> {
    async fn take(&mut self, event: &Event) -> Result<(), StoreError> {
        let target = event.body.target.unwrap_or(Seq::ZERO);
        match event.kind {
            Kind::Message => self.message(event).await,
            Kind::Edit => self.edit(event, target).await,
            Kind::Delete => {
                self.statements.push(rows::drop_message(self.room, target));
                Ok(())
            }
            Kind::Reaction => self.reaction(event, target).await,
            _ => Ok(()),
        }
    }

    async fn message(&mut self, event: &Event) -> Result<(), StoreError> {
        if event.body.text.is_empty() && event.body.target.is_none() && !self.now.direct {
            return Ok(());
        }
        let source = self.source(event, event.seq);
        let before = self.statements.len();
        if self.now.direct {
            self.statements.push(rows::drop_direct(self.room, event.by.id));
            self.statements.push(rows::call_members(Why::Direct, &source));
        } else {
            let called = text::calls(&event.body.text);
            self.name(&called.people, &source).await?;
            if let Some(target) = event.body.target {
                self.author(Why::Reply, target, &source).await?;
            }
            if called.here || called.room {
                let here: Vec<_> = self.node.rooms.here(self.room).await.people.unwrap_or_default();
                let here: Vec<_> = here.iter().map(|person| person.id).collect();
                let why = if called.room { Why::Room } else { Why::Here };
                self.each(why, &here, &source).await?;
                if called.room {
                    self.statements.push(rows::call_members(why, &source));
                }
            }
        }
        self.due(event, self.statements.len() > before);
        Ok(())
    }

    /// Who is named now and was not before is called; who is not any more, is not.
    async fn edit(&mut self, event: &Event, target: Seq) -> Result<(), StoreError> {
        if self.now.direct {
            return Ok(());
        }
        let mut named = text::calls(&event.body.text).people;
        named.truncate(NAMED_MAX);
        self.statements.push(rows::drop_unnamed(self.room, target, &named));
        let source = self.source(event, target);
        self.name(&named, &source).await?;
        if !named.is_empty() {
            self.due_if_called(event);
        }
        Ok(())
    }

    async fn reaction(&mut self, event: &Event, target: Seq) -> Result<(), StoreError> {
        let Some(emoji) = event.body.emoji.as_deref() else { return Ok(()) };
        if event.body.on == Some(false) {
            self.statements.push(rows::drop_reaction(self.room, target, event.by.id, emoji));
            return Ok(());
        }
        let source = Source { emoji: Some(emoji), ..self.source(event, target) };
        self.author(Why::Reaction, target, &source).await
    }

    fn source<'e>(&self, event: &'e Event, seq: Seq) -> Source<'e>
    where
        Self: 'e,
    {
        Source { room: &event.room, event: event.seq, seq, by: event.by.id, at: event.at, emoji: None }
    }

    async fn name(&mut self, people: &[UserId], source: &Source<'_>) -> Result<(), StoreError> {
        let named = &people[..people.len().min(NAMED_MAX)];
        self.each(Why::Mention, named, source).await
    }

    async fn author(&mut self, why: Why, of: Seq, source: &Source<'_>) -> Result<(), StoreError> {
        match rooms::messages::author(&*self.node.store, self.room, of).await? {
            Some(author) => self.each(why, &[author], source).await,
            None => Ok(()),
        }
    }

    /// Each of them who may read it is called once.
    async fn each(&mut self, why: Why, people: &[UserId], source: &Source<'_>) -> Result<(), StoreError> {
        let mut seen = HashSet::from([source.by]);
        for person in people {
            if seen.insert(*person) && self.may_read(*person, source.seq).await? {
                self.statements.push(rows::call(why, *person, source));
            }
        }
        Ok(())
    }

    async fn may_read(&self, person: UserId, seq: Seq) -> Result<bool, StoreError> {
        let store = &*self.node.store;
        let Some(found) = accounts::person(store, person).await?.filter(|found| !found.name.is_empty())
        else {
            return Ok(false);
        };
        let standing = rooms::standing(store, person, self.room, unix_ms()).await?;
        let subject = standing.subject(self.node.who(Some(&found)), unix_ms());
        let may = rights::may(&subject, self.room, &self.now, Action::Read).is_ok();
        Ok(may && rights::readable_from(&subject, &self.now) <= seq)
    }

    /// Who wants to be told is due, unless it is long past.
    fn due(&mut self, event: &Event, calls: bool) {
        if is_old(event) {
            return;
        }
        if calls {
            self.due_if_called(event);
        }
        let at = unix_ms() + PATIENCE_MS;
        self.statements.push(rows::due_all(self.room, event.by.id, event.at, at));
    }

    fn due_if_called(&mut self, event: &Event) {
        if !is_old(event) {
            let at = unix_ms() + PATIENCE_MS;
            self.statements.push(rows::due(self.room, event.seq, event.at, at));
        }
    }
}

fn is_old(event: &Event) -> bool {
    unix_ms().saturating_sub(event.at) > OLD_MS
}
