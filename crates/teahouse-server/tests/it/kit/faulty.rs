//! A store with faults on demand around one that works.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use teahouse_core::room::Draft;
use teahouse_protocol::{Cid, Epoch, Event, Person, Range, RoomId, Seq, UserId};
use teahouse_server::store::search::Engine;
use teahouse_server::store::{
    Answer, Appended, Claim, Commit, Committed, Directory, EventLog, Head, NewRoom, Page, Row, Statement,
    Store, StoreError, StoredRoom,
};
use tokio::sync::watch;

use super::{Ground, within};

/// What is wrong with the store.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing is stored.
    Fails(StoreError),
    /// It is stored, and nobody hears of it.
    FailsAfterwards(StoreError),
    /// So many times it cannot be read who somebody is.
    Reads(StoreError, u32),
    /// So many times the log cannot be read on.
    Log(StoreError, u32),
    /// So many times it cannot be read which room that is.
    Rooms(StoreError, u32),
    /// The answer has too little in it: a bug that the room's task cannot survive.
    Short,
}

/// What is read.
enum Reading {
    Room,
    Person,
    Log,
}

/// Works like the store within until it is told otherwise.
pub(crate) struct Faulty {
    inner: Arc<dyn Store>,
    ground: Arc<Ground>,
    fault: Mutex<Option<Fault>>,
    /// Whether appends and new people wait.
    held: watch::Sender<bool>,
    /// How many appends and new people there were.
    asked: watch::Sender<u64>,
    /// Whether who read which room that is hears of it later, and how many wait for it.
    rooms_held: watch::Sender<bool>,
    rooms_read: watch::Sender<u64>,
}

impl Faulty {
    pub(crate) async fn new(ground: Arc<Ground>) -> Self {
        let inner = ground.join().await;
        let (held, asked) = (watch::Sender::new(false), watch::Sender::new(0));
        let (rooms_held, rooms_read) = (watch::Sender::new(false), watch::Sender::new(0));
        Self { inner, ground, fault: Mutex::default(), held, asked, rooms_held, rooms_read }
    }

    /// From now on every append goes wrong like this.
    pub(crate) fn breaks(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    /// From now on appends work.
    pub(crate) fn mend(&self) {
        *self.fault.lock().unwrap() = None;
    }

    /// Lets appends and new people wait from now on, or go on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// What was read of a room is kept back from now on, or given.
    pub(crate) fn hold_rooms(&self, held: bool) {
        self.rooms_held.send_replace(held);
    }

    /// Waits until something that was read of a room is kept back.
    pub(crate) async fn until_a_room_is_read(&self) {
        within(self.rooms_read.subscribe().wait_for(|waiting| *waiting > 0)).await.unwrap();
    }

    /// How often something was to be stored so far.
    pub(crate) fn asked(&self) -> u64 {
        *self.asked.borrow()
    }

    /// Waits until something was to be stored more often than `before`.
    pub(crate) async fn until_asked(&self, before: u64) {
        within(self.asked.subscribe().wait_for(|asked| *asked > before)).await.unwrap();
    }

    /// The fault of this reading, if there is one.
    fn reading(&self, what: Reading) -> Option<StoreError> {
        let mut fault = self.fault.lock().unwrap();
        let ((Fault::Rooms(error, left), Reading::Room)
        | (Fault::Reads(error, left), Reading::Person)
        | (Fault::Log(error, left), Reading::Log)) = (fault.as_mut()?, what)
        else {
            return None;
        };
        *left = left.checked_sub(1)?;
        Some(error.clone())
    }

    fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        self.asked.send_modify(|asked| *asked += 1);
        let mut held = self.held.subscribe();
        async move {
            // An error means that the store is gone: nobody waits for it.
            let _ = held.wait_for(|held| !held).await;
        }
    }
}

impl EventLog for Faulty {
    fn add_room(&self, room: NewRoom) -> Answer<'static, Claim> {
        self.inner.add_room(room)
    }

    fn room<'a>(&'a self, id: &'a RoomId) -> Answer<'a, Option<StoredRoom>> {
        match self.reading(Reading::Room) {
            Some(error) => Box::pin(async { Err(error) }),
            None => Box::pin(async {
                let found = self.inner.room(id).await;
                self.rooms_read.send_modify(|waiting| *waiting += 1);
                let _ = self.rooms_held.subscribe().wait_for(|held| !held).await;
                self.rooms_read.send_modify(|waiting| *waiting -= 1);
                found
            }),
        }
    }

    fn append(&self, room: &RoomId, drafts: Vec<Draft>) -> Answer<'static, Vec<Appended>> {
        let (inner, room) = (self.inner.clone(), room.clone());
        // The fault first: whoever sees that it was asked may mend it at once.
        let fault = self.fault.lock().unwrap().clone();
        let wait = self.wait();
        Box::pin(async move {
            wait.await;
            match fault {
                None | Some(Fault::Reads(..) | Fault::Rooms(..) | Fault::Log(..)) => {
                    inner.append(&room, drafts).await
                }
                Some(Fault::Fails(error)) => Err(error),
                Some(Fault::FailsAfterwards(error)) => {
                    inner.append(&room, drafts).await?;
                    Err(error)
                }
                Some(Fault::Short) => Ok(Vec::new()),
            }
        })
    }

    fn after<'a>(&'a self, room: &'a RoomId, after: Seq, limit: u32) -> Answer<'a, Vec<Event>> {
        match self.reading(Reading::Log) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.inner.after(room, after, limit),
        }
    }

    fn page<'a>(
        &'a self,
        room: &'a RoomId,
        range: Range,
        limit: u32,
        reader: Option<UserId>,
    ) -> Answer<'a, Page> {
        self.inner.page(room, range, limit, reader)
    }

    fn among<'a>(&'a self, room: &'a RoomId, seqs: Vec<Seq>, reader: Option<UserId>) -> Answer<'a, Page> {
        self.inner.among(room, seqs, reader)
    }

    fn cid<'a>(&'a self, room: &'a RoomId, seq: Seq) -> Answer<'a, Option<Cid>> {
        self.inner.cid(room, seq)
    }

    fn heads(&self, rooms: Vec<RoomId>) -> Answer<'_, Vec<Head>> {
        match self.reading(Reading::Room) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.inner.heads(rooms),
        }
    }

    fn renew_epoch<'a>(&'a self, room: &'a RoomId, epoch: Epoch) -> Answer<'a, ()> {
        self.inner.renew_epoch(room, epoch)
    }
}

impl Directory for Faulty {
    fn by_token(&self, token: [u8; 32], now: u64) -> Answer<'_, Option<Person>> {
        match self.reading(Reading::Person) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.inner.by_token(token, now),
        }
    }

    fn by_name<'a>(&'a self, folded: &'a str) -> Answer<'a, Option<(Person, Option<String>)>> {
        self.inner.by_name(folded)
    }

    fn add_token(&self, person: UserId, token: [u8; 32], now: u64) -> Answer<'static, ()> {
        self.inner.add_token(person, token, now)
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        self.inner.has_owner()
    }

    fn free_names(&self, before: u64) -> Answer<'static, u64> {
        self.inner.free_names(before)
    }

    fn read_mark<'a>(&'a self, person: UserId, room: &'a RoomId) -> Answer<'a, Seq> {
        self.inner.read_mark(person, room)
    }

    fn mark_read(&self, person: UserId, room: &RoomId, seq: Seq) -> Answer<'static, Seq> {
        self.inner.mark_read(person, room, seq)
    }

    fn setting<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        self.inner.setting(key)
    }

    fn first_setting(&self, key: &str, value: String) -> Answer<'static, String> {
        self.inner.first_setting(key, value)
    }

    fn keep_setting(&self, key: &str, value: Option<String>) -> Answer<'static, ()> {
        self.inner.keep_setting(key, value)
    }
}

impl Store for Faulty {
    fn query(&self, statement: Statement) -> Answer<'_, Vec<Row>> {
        match self.reading(Reading::Person) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.inner.query(statement),
        }
    }

    fn commit(&self, commit: Commit) -> Answer<'static, Committed> {
        let inner = self.inner.clone();
        // What is made of logs comes by itself: nobody who asked waits for it, and it is not counted.
        if format!("{commit:?}").contains(" follower ") {
            return inner.commit(commit);
        }
        // It is appends that go wrong.
        let is_appended = !commit.appended_to().is_empty();
        let fault = self.fault.lock().unwrap().clone().filter(|_| is_appended);
        let wait = self.wait();
        Box::pin(async move {
            wait.await;
            match fault {
                Some(Fault::Fails(error)) => Err(error),
                Some(Fault::FailsAfterwards(error)) => {
                    inner.commit(commit).await?;
                    Err(error)
                }
                _ => inner.commit(commit).await,
            }
        })
    }

    fn engine(&self) -> Engine {
        self.inner.engine()
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    fn failed(&self) -> BoxFuture<'static, StoreError> {
        self.inner.failed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        if self.ground.leave() { self.inner.close() } else { Box::pin(std::future::ready(())) }
    }
}
