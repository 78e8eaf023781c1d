//! One lane per room: what is appended there goes in the order of the calls, and what waits goes together.
//!
//! A lane exists while something is in it, and its task is the only one of this node that appends to the room.
//! Lanes share the connections, so that different rooms are written at the same time.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{self, BoxFuture};
use teahouse_core::room::Draft;
use teahouse_protocol::RoomId;
use tokio::sync::{oneshot, watch};

use super::append;
use super::fault::Place;
use super::pool::Connections;
use crate::lock;
use crate::store::{Answer, Appended, StoreError, columns};

/// Most calls that wait; more are refused with `Busy`.
const CALLS_MAX: usize = 65_536;
/// Most bytes of text that wait.
const BYTES_MAX: usize = 64 << 20;
/// From how many drafts on a transaction takes no further call.
const BATCH_DRAFTS: usize = 1_024;
/// From how many bytes on.
const BATCH_BYTES: usize = 4 << 20;

/// Every room's way to its log.
pub(super) struct Lanes {
    writers: Connections,
    place: Arc<Place>,
    state: Mutex<State>,
    waiting: Arc<Waiting>,
    /// How many lanes there are.
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    lanes: HashMap<RoomId, VecDeque<Call>>,
    is_closed: bool,
    /// Whether the last transaction did not come about: one line in the log for each change.
    is_troubled: bool,
}

/// Where the answer to a call will be.
type Ticket = oneshot::Receiver<Result<Vec<Appended>, StoreError>>;

/// How much waits in all lanes.
#[derive(Default)]
struct Waiting {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

/// Somebody who waits in a lane.
struct Call {
    /// None for who only waits until what is before them is done.
    drafts: Vec<Draft>,
    bytes: usize,
    ticket: Option<oneshot::Sender<Result<Vec<Appended>, StoreError>>>,
    waiting: Arc<Waiting>,
}

impl Call {
    fn new(waiting: &Arc<Waiting>, drafts: Vec<Draft>) -> (Self, Ticket) {
        let (ticket, answer) = oneshot::channel();
        let bytes = columns::bytes(&drafts);
        waiting.calls.fetch_add(1, Ordering::Relaxed);
        waiting.bytes.fetch_add(bytes, Ordering::Relaxed);
        (Self { drafts, bytes, ticket: Some(ticket), waiting: waiting.clone() }, answer)
    }

    fn answer(&mut self, outcome: Result<Vec<Appended>, StoreError>) {
        // Nobody may wait any more: what was accepted counts all the same.
        let _ = self.ticket.take().map(|ticket| ticket.send(outcome));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.waiting.calls.fetch_sub(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Lanes {
    pub(super) fn new(writers: Connections, place: Arc<Place>) -> Arc<Self> {
        Arc::new(Self {
            writers,
            place,
            state: Mutex::default(),
            waiting: Arc::default(),
            open: watch::Sender::new(0),
        })
    }

    /// Puts drafts at the end of their room's lane, now; the answer comes when they are stored.
    pub(super) fn append(
        self: &Arc<Self>,
        room: &RoomId,
        drafts: Vec<Draft>,
    ) -> Answer<'static, Vec<Appended>> {
        let (is_new, answer) = match self.push(room, drafts) {
            Ok(pushed) => pushed,
            Err(error) => return future::ready(Err(error)).boxed(),
        };
        if is_new {
            tokio::spawn(run(Lane { lanes: self.clone(), room: room.clone(), has_ended: false }));
        }
        let place = self.place.clone();
        async move { answer.await.unwrap_or_else(|_| Err(place.closed())) }.boxed()
    }

    /// Ends when what is in the room's lane now is done, one way or the other.
    pub(super) fn behind(&self, room: &RoomId) -> BoxFuture<'static, ()> {
        let mut state = lock(&self.state);
        let Some(lane) = state.lanes.get_mut(room) else { return future::ready(()).boxed() };
        let (call, answer) = Call::new(&self.waiting, Vec::new());
        lane.push_back(call);
        answer.map(|_| ()).boxed()
    }

    /// Takes nothing more, from now on, and ends when all lanes are empty.
    pub(super) fn close(&self) -> BoxFuture<'static, ()> {
        lock(&self.state).is_closed = true;
        let mut open = self.open.subscribe();
        // Without the sender there are no lanes either.
        async move { drop(open.wait_for(|open| *open == 0).await) }.boxed()
    }

    /// Says also whether the lane is new, so that somebody has to run it.
    fn push(&self, room: &RoomId, drafts: Vec<Draft>) -> Result<(bool, Ticket), StoreError> {
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(self.place.closed());
        }
        let (calls, bytes) = (&self.waiting.calls, &self.waiting.bytes);
        let (calls, bytes) = (calls.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
        // One call of any size is taken when nobody waits.
        if calls >= CALLS_MAX || calls > 0 && bytes + columns::bytes(&drafts) > BYTES_MAX {
            return Err(StoreError::Busy);
        }
        let (call, answer) = Call::new(&self.waiting, drafts);
        if let Some(lane) = state.lanes.get_mut(room) {
            lane.push_back(call);
            return Ok((false, answer));
        }
        state.lanes.insert(room.clone(), VecDeque::from([call]));
        self.open.send_replace(state.lanes.len());
        Ok((true, answer))
    }

    /// One line in the log when nothing can be stored, and one when it can again.
    fn note(&self, outcome: Result<(), &StoreError>) {
        let was_troubled = std::mem::replace(&mut lock(&self.state).is_troubled, outcome.is_err());
        match outcome {
            Ok(()) if was_troubled => tracing::info!("the store takes messages again"),
            Err(error) if !was_troubled => tracing::warn!(%error, "nothing was stored"),
            _ => {}
        }
    }
}

/// The one who runs a lane.
struct Lane {
    lanes: Arc<Lanes>,
    room: RoomId,
    has_ended: bool,
}

/// Empties a lane, batch by batch.
async fn run(mut lane: Lane) {
    while lane.goes_on() {
        // First the connection, then what waits: so all that came in the meantime goes with it.
        let connection = lane.lanes.writers.take().await;
        let mut calls = lane.take();
        let drafts: Vec<&Draft> = calls.iter().flat_map(|call| &call.drafts).collect();
        let outcome = match connection {
            Ok(mut connection) => append::append(&mut connection, &lane.room, &drafts).await,
            Err(error) => Err(error),
        };
        lane.lanes.note(outcome.as_ref().map(|_| ()));
        let no_room =
            || StoreError::Down(lane.lanes.place.said(&format!("there is no room {} in it", lane.room)));
        let outcome = outcome.and_then(|appended| appended.ok_or_else(no_room));
        if outcome.is_err() {
            // Those who came later would meet the same, and wait for it as long again.
            calls.extend(lane.take_all());
        }
        answer(calls, outcome);
    }
}

impl Lane {
    /// Whether there is something in the lane; it is gone otherwise.
    fn goes_on(&mut self) -> bool {
        let mut state = lock(&self.lanes.state);
        if state.lanes.get(&self.room).is_some_and(|lane| !lane.is_empty()) {
            return true;
        }
        state.lanes.remove(&self.room);
        self.lanes.open.send_replace(state.lanes.len());
        self.has_ended = true;
        false
    }

    /// What goes into the next transaction.
    fn take(&self) -> Vec<Call> {
        let mut state = lock(&self.lanes.state);
        let Some(lane) = state.lanes.get_mut(&self.room) else { return Vec::new() };
        let (mut drafts, mut bytes, mut count) = (0, 0, 0);
        for call in lane.iter() {
            if count > 0 && (drafts + call.drafts.len() > BATCH_DRAFTS || bytes + call.bytes > BATCH_BYTES) {
                break;
            }
            drafts += call.drafts.len();
            bytes += call.bytes;
            count += 1;
        }
        lane.drain(..count).collect()
    }

    fn take_all(&self) -> Vec<Call> {
        let mut state = lock(&self.lanes.state);
        state.lanes.get_mut(&self.room).map(std::mem::take).unwrap_or_default().into()
    }
}

/// Gives each call its part.
fn answer(calls: Vec<Call>, outcome: Result<Vec<Appended>, StoreError>) {
    let mut outcome = outcome.map(Vec::into_iter);
    for mut call in calls {
        let part = match &mut outcome {
            Ok(appended) => Ok(appended.by_ref().take(call.drafts.len()).collect()),
            Err(error) => Err(error.clone()),
        };
        call.answer(part);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if !self.has_ended {
            // A panic: nobody waits in a lane that nobody runs.
            let mut state = lock(&self.lanes.state);
            state.lanes.remove(&self.room);
            self.lanes.open.send_replace(state.lanes.len());
        }
    }
}
