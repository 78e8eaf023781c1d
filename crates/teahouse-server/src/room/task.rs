//! The task that drives one room: it orders what is written, has it stored, and writes it to everybody
//! who is live. It owns the list of the live; nobody else makes a connection live.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::{FutureExt as _, TryFutureExt as _};
use teahouse_core::Moment;
use teahouse_core::feed::{Feed, Next};
use teahouse_core::presence::{LEASE_MS, Presence};
use teahouse_core::rights::Concern;
use teahouse_core::room::{self as core, ConnectionId, Outcome};
use teahouse_protocol::frame::{Error, Presence as Changes};
use teahouse_protocol::{Event, Kind, Push, RoomNow, Seq, SessionId, SignalBody};

use super::others::Others;
use super::rights::Revisions;
use super::tick::{self, CHUNK, Frames};
use super::{Ended, Enter, Mail, Parts, Room};
use crate::access::Access;
use crate::bus::{Heard, Word};
use crate::clock::{Clock, unix_ms};
use crate::error::sentence;
use crate::follower::Followers;
use crate::lock;
use crate::people::People;
use crate::session::{Connection, Subscription, Transport};
use crate::store::{Appended, Store, StoreError};
use crate::transport::encode::{self, Dialect};

/// How long a room lives that nobody wants, in milliseconds: longer than a client that polls stays away.
const IDLE_MS: u64 = 60_000;

/// What somebody sent who is held, and what their rate said of it.
pub(super) type Held = (Box<core::Post>, Result<(), u64>);
pub(super) type Append = BoxFuture<'static, Result<Vec<Outcome>, StoreError>>;

pub(super) struct Task {
    pub(super) room: Arc<Room>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<Clock>,
    pub(super) core: core::Room,
    pub(super) presence: Presence,
    /// Raised with every change of who is here that is told.
    here: u32,
    /// What of it clients know that poll: they are not here in between.
    known: Known,
    live: Vec<Arc<Connection>>,
    /// Who waits for an answer to so many sends.
    writers: HashMap<ConnectionId, (Arc<Connection>, u32)>,
    append: Option<Append>,
    sends_unacked_max: u32,
    by_ring: bool,
    pub(super) others: Others,
    followers: Arc<Followers>,
    /// Connections that have more than the room, which they wait for.
    asking: Vec<Arc<Connection>>,
    /// Connections that follow the room and are not live. Whoever follows is here or in `live`, from the moment when
    /// they are let in until they are let go: nobody else would find all whom an event concerns.
    apart: HashMap<ConnectionId, Arc<Connection>>,
    ended: Option<Ended>,
    pub(super) access: Arc<Access>,
    pub(super) people: Arc<People>,
    pub(super) changes: Revisions,
    /// What was sent by who is held: it waits until it is known whether they may.
    pub(super) held: HashMap<ConnectionId, Vec<Held>>,
}

/// Drives a room until nobody wants it any more.
pub(super) async fn run(room: Arc<Room>, parts: Parts, heard: Heard) -> Ended {
    let Parts { store, bus, clock, access, people, followers, sends_unacked_max, by_ring } = parts;
    let is_shared = !bus.is_alone();
    let mut task = Task {
        core: core::Room::new(room.id.clone(), room.head(), RoomNow::clone(&room.now()), is_shared),
        presence: if is_shared { Presence::shared() } else { Presence::default() },
        others: Others::new(bus, &room, heard),
        followers,
        room,
        store,
        clock,
        here: 0,
        known: Known::default(),
        live: Vec::new(),
        writers: HashMap::new(),
        append: None,
        sends_unacked_max,
        by_ring,
        asking: Vec::new(),
        apart: HashMap::new(),
        ended: None,
        access,
        people,
        changes: Revisions::default(),
        held: HashMap::new(),
    };
    task.join();
    loop {
        task.turn().await;
        if let Some(ended) = task.end() {
            return ended;
        }
    }
}

impl Task {
    async fn turn(&mut self) {
        let deadline = self.next_deadline().map(|at| tokio::time::sleep_until(self.clock.instant(at)));
        tokio::select! {
            () = self.room.mail.notified() => {}
            Some(stored) = OptionFuture::from(self.append.as_mut()) => {
                self.append = None;
                self.appended(stored).await;
                // Whoever just got their message may have the next one ready: it can go with the others.
                tokio::task::yield_now().await;
            }
            said = self.others.next() => self.hear(said).await,
            Some(()) = OptionFuture::from(deadline) => {}
        }
        // What came while a tick was written goes into the next append, too.
        self.mail().await;
        let mut out = Vec::new();
        self.core.append(&mut out);
        self.carry_out(out).await;
        self.signals();
        self.look_for_gap();
    }

    fn next_deadline(&self) -> Option<Moment> {
        let idle = self.is_idle().then(|| self.idle_at());
        [self.presence.next_deadline(), self.others.next_deadline(), idle].into_iter().flatten().min()
    }

    pub(super) fn is_appending(&self) -> bool {
        self.append.is_some()
    }

    /// Whether nothing would be missed if the room were forgotten.
    fn is_idle(&self) -> bool {
        self.live.is_empty()
            && self.apart.is_empty()
            && self.append.is_none()
            && self.writers.is_empty()
            && !self.presence.is_wanted()
    }

    fn idle_at(&self) -> Moment {
        Moment(self.room.asked_at.load(Ordering::Relaxed)) + IDLE_MS
    }

    /// Whether the room's task is to end, and why.
    fn end(&self) -> Option<Ended> {
        let is_idle = || self.is_idle() && self.idle_at() <= self.clock.now() && self.room.close_if_empty();
        self.ended.or_else(|| is_idle().then_some(Ended::Idle))
    }

    async fn mail(&mut self) {
        let mail = lock(&self.room.mailbox).as_mut().map(std::mem::take).unwrap_or_default();
        let mut out = Vec::new();
        for one in mail {
            match one {
                Mail::Post(connection, post, rate) => {
                    self.writers.entry(connection.id).or_insert_with(|| (connection.clone(), 0)).1 += 1;
                    self.post(&connection, post, rate, &mut out);
                }
                Mail::Enter(enter) => self.enter(*enter),
                Mail::Ask(connection, seq) => {
                    // A reader of the log may be ahead of the room, which then goes there, too.
                    self.core.handle(core::Input::LogAt(seq), &mut out);
                    self.carry_out(std::mem::take(&mut out)).await;
                    self.ask(connection);
                }
                Mail::LogAt(seq) => self.core.handle(core::Input::LogAt(seq), &mut out),
                Mail::Leave(connection, cleanly, r#ref) => {
                    self.give_up(connection.id, &mut out);
                    self.leave(&connection, cleanly, r#ref);
                    self.core.handle(core::Input::Left(connection.id), &mut out);
                }
                Mail::Known(connection) => self.came(&connection),
                Mail::Person(person) => self.presence.changed_to(&person, self.clock.now()),
                Mail::Bye(person) => {
                    self.presence.bye(person, self.clock.now());
                    self.others.tell(Word::Bye { person });
                }
                Mail::Typing(person, on) => self.presence.typing_here(person, on, self.clock.now()),
                Mail::Concern(concern) => self.concern(concern),
                Mail::Checked(checked) => self.checked(*checked, &mut out),
                Mail::Anew => self.ended = Some(Ended::Anew),
                Mail::Here(told) => {
                    // Who asked may be gone.
                    let _ = told.send(self.presence.here());
                }
            }
        }
        self.carry_out(out).await;
    }

    async fn appended(&mut self, stored: Result<Vec<Outcome>, StoreError>) {
        let outcomes = stored.map_err(|error| {
            tracing::warn!(room.id = %self.room.id, "messages could not be stored: {error}");
            self.look_at_log();
            error.code()
        });
        let mut out = Vec::new();
        self.core.handle(core::Input::Appended(outcomes), &mut out);
        self.carry_out(out).await;
    }

    /// An append that failed may have been stored all the same: how far does the log go?
    fn look_at_log(&self) {
        let room = self.room.clone();
        tokio::spawn(async move {
            if let Ok(Some(log)) = room.log.head().await {
                room.tell(Mail::LogAt(log.head));
            }
        });
    }

    pub(super) async fn carry_out(&mut self, out: Vec<core::Output>) {
        let mut answered = Vec::new();
        let before = self.room.head();
        for output in out {
            match output {
                core::Output::Ack { connection, r#ref, cid, seq, at, repeat } => {
                    let room = self.room.id.clone();
                    self.answer(connection, &Push::Ack { r#ref, room, cid, seq, at, repeat }, &mut answered);
                }
                core::Output::Refuse { connection, r#ref, code, retry_ms, field } => {
                    let field = field.map(str::to_owned);
                    let error = Error { retry_ms, field, ..Error::new(Some(r#ref), code, sentence(code)) };
                    self.answer(connection, &Push::Error(error), &mut answered);
                }
                core::Output::Deliver(mut events) => {
                    self.name(&mut events).await;
                    self.deliver(&events).await;
                }
                core::Output::Hint(events) => self.hint(events),
                core::Output::Concern(concern) => self.concern(concern),
                core::Output::Jump { before, to } => self.jump(before, to).await,
                core::Output::Append(drafts) => {
                    let stored = self.store.append(&self.room.id, drafts);
                    let outcomes = |stored: Vec<_>| stored.into_iter().map(outcome).collect();
                    self.append = Some(stored.map_ok(outcomes).boxed());
                }
                core::Output::Change(change) => self.append = Some(self.change(*change)),
            }
        }
        // Who is live got the answers with the events already.
        for connection in answered {
            connection.wire.flush(self.clock.now());
            connection.answered(self.sends_unacked_max);
        }
        if self.room.head() != before {
            for connection in std::mem::take(&mut self.asking) {
                self.ask(connection);
            }
        }
    }

    fn answer(&mut self, id: ConnectionId, push: &Push, answered: &mut Vec<Arc<Connection>>) {
        let Some((connection, waiting)) = self.writers.get_mut(&id) else { return };
        connection.say(push);
        answered.push(connection.clone());
        *waiting -= 1;
        if *waiting == 0 {
            self.writers.remove(&id);
        }
    }

    async fn deliver(&mut self, events: &[Event]) {
        let Some(last) = events.last() else { return };
        let before = self.room.head();
        for event in events {
            self.take_in(event);
        }
        let encoded = self.room.log.push(events);
        self.room.is_at(last.seq);
        self.followers.tell(&self.room.id);
        self.room.spoken_at.store(last.at, Ordering::Relaxed);
        let mut frames = Frames::new(self.room.extent().epoch, &encoded);
        let now = self.clock.now();
        let mut full = Vec::new();
        for (chunk, connections) in self.live.chunks(CHUNK).enumerate() {
            if chunk > 0 {
                tokio::task::yield_now().await;
            }
            let now_full = tick::write(connections, &mut frames, self.by_ring, now);
            full.extend(now_full.into_iter().map(|index| chunk * CHUNK + index));
        }
        // From the back, so that the indexes that are left stay right.
        for index in full.into_iter().rev() {
            self.fall_behind(index, before);
        }
        self.room.gave(last.seq);
    }

    /// What an event means for this room itself.
    fn take_in(&self, event: &Event) {
        if let (Kind::Room, Some(now)) = (event.kind, &event.body.room) {
            self.room.is_like(RoomNow::clone(now));
        }
    }

    async fn jump(&mut self, before: Seq, to: Seq) {
        // What was left out may have changed anybody's rights.
        match self.store.room(&self.room.id).await {
            Ok(Some(stored)) => {
                self.core.is_like(stored.now.clone());
                self.room.is_like(stored.now);
            }
            _ => self.ended = Some(Ended::Anew),
        }
        self.room.log.jump(to);
        self.room.is_at(to);
        self.followers.tell(&self.room.id);
        while !self.live.is_empty() {
            self.fall_behind(self.live.len() - 1, before);
        }
        self.room.gave(to);
        self.concern(Concern::Everybody);
    }

    /// Everybody who follows the room.
    pub(super) fn followed_by(&self) -> Vec<Arc<Connection>> {
        self.live.iter().chain(self.apart.values()).cloned().collect()
    }

    fn fall_behind(&mut self, index: usize, seq: Seq) {
        let connection = self.remove_live(index);
        connection.with_subscription(&self.room, |subscription| subscription.feed.fell_behind(seq));
        connection.wire.task.wake();
    }

    pub(super) fn remove_live(&mut self, index: usize) -> Arc<Connection> {
        let connection = self.live.swap_remove(index);
        self.apart.insert(connection.id, connection.clone());
        if let Some(moved) = self.live.get(index) {
            moved.with_subscription(&self.room, |subscription| subscription.live_at = place(index));
        }
        connection
    }

    fn enter(&mut self, enter: Enter) {
        let Enter { connection, from, standing, as_of, subscribed, hole, done } = enter;
        if connection.is_over() {
            return;
        }
        if !self.changes.still_holds(as_of, connection.someone.get().map(|someone| someone.id)) {
            // Their rights changed since they were looked up.
            let _ = done.send(false);
            return;
        }
        // A second subscription replaces the first: the client starts again from its cursor.
        let again = self.drop_subscription(&connection);
        if !again {
            self.came(&connection);
        }
        if let Some(mut subscribed) = subscribed {
            subscribed.here = self.presence.here();
            subscribed.head = self.room.head().max(from);
            connection.say(&Push::Subscribed(Box::new(subscribed)));
        }
        if let Some(hole) = hole {
            connection.say(&hole);
        }
        let (room, feed) = (self.room.clone(), Feed::new(from));
        let here = if connection.brief { self.known.take(connection.session()) } else { Some(self.here) };
        let here = here.unwrap_or(self.here.wrapping_sub(1));
        let mut subscription =
            Subscription { room, feed, live_at: 0, here, pinged: self.core.head(), standing: None };
        subscription.stand(standing);
        if connection.subscribe(subscription) {
            self.apart.insert(connection.id, connection.clone());
            self.live_at_once(&connection);
        } else {
            // It ended before it followed the room: no Leave of it will come.
            self.left(&connection, false);
        }
        // Nobody may be there to be told.
        let _ = done.send(true);
        connection.wire.task.wake();
    }

    /// Who begins at the head is live from the start: one write tells both.
    fn live_at_once(&mut self, connection: &Arc<Connection>) {
        let head = self.room.head();
        let next = connection.with_subscription(&self.room, |one| {
            // Who has to read, or knows more than the room, asks by itself.
            if one.feed.seq() == head { one.feed.next(head) } else { Next::Rest }
        });
        if let Some(Next::Ask(_)) = next {
            self.ask(connection.clone());
        }
    }

    fn came(&mut self, connection: &Connection) {
        if let Some(someone) = connection.someone.get() {
            self.presence.enter(&someone.person(), self.clock.now());
        }
    }

    /// Ends a subscription, live or not; says whether there was one.
    pub(super) fn drop_subscription(&mut self, connection: &Arc<Connection>) -> bool {
        let known = connection
            .with_subscription(&self.room, |one| (one.feed.is_live().then_some(one.live_at), one.here));
        if let Some((live_at, here)) = known {
            self.asking.retain(|asking| asking.id != connection.id);
            if let Some(index) = live_at {
                self.remove_live(index as usize);
            }
            self.apart.remove(&connection.id);
            // An answer that was cut told nothing.
            if connection.transport.is_poll() && connection.wire.is_over() {
                // Who was live heard of every change.
                let here = if live_at.is_some() { self.here } else { here };
                self.known.keep(connection.session(), here, self.clock.now());
            }
        }
        connection.unsubscribe(&self.room);
        known.is_some()
    }

    fn leave(&mut self, connection: &Arc<Connection>, cleanly: bool, r#ref: Option<u64>) {
        let followed = self.drop_subscription(connection);
        if r#ref.is_some() {
            connection.say(&Push::Unsubscribed { r#ref, room: self.room.id.clone(), code: None });
            connection.wire.flush(self.clock.now());
        }
        if followed {
            self.left(connection, cleanly);
        }
    }

    pub(super) fn left(&mut self, connection: &Connection, cleanly: bool) {
        if let Some(someone) = connection.someone.get() {
            let lease_ms = match connection.transport {
                _ if cleanly => 0,
                Transport::Poll => LEASE_MS + self.room.pause_ms(unix_ms()),
                _ => LEASE_MS,
            };
            let person = someone.id;
            self.presence.leave(person, lease_ms, self.clock.now());
            if cleanly {
                // Another node may keep a place for them since an earlier visit.
                self.others.tell(Word::Bye { person });
            }
        }
    }

    /// A connection believes that it has everything: whether it is live now, is behind, or has more.
    fn ask(&mut self, connection: Arc<Connection>) {
        let now = self.clock.now();
        let head = self.room.head();
        let (here, live_at) = (self.here, place(self.live.len()));
        let mut is_ahead = false;
        let live = connection.with_subscription(&self.room, |one| {
            if !one.feed.is_asking() {
                // It subscribed anew after it asked.
                return None;
            }
            is_ahead = one.feed.seq() > head;
            if is_ahead {
                return None;
            }
            if one.feed.seq() < head || connection.wire.full_since().is_some() {
                one.feed.kept_behind();
                return None;
            }
            one.feed.made_live();
            one.live_at = live_at;
            Some(std::mem::replace(&mut one.here, here) != here)
        });
        if is_ahead {
            return self.asking.push(connection);
        }
        let seq = head;
        if let Some(Some(changed)) = live {
            if !connection.brief {
                connection.say(&Push::Live { room: self.room.id.clone(), seq });
            }
            // The count of a crowd changes all the time: for somebody who polls it is no news.
            if changed && !(connection.transport.is_poll() && self.presence.is_crowd()) {
                connection.say(&self.everybody());
            }
            connection.wire.flush(now);
            self.apart.remove(&connection.id);
            self.live.push(connection.clone());
        }
        connection.wire.task.wake();
    }

    fn everybody(&mut self) -> Push {
        let here = self.presence.here();
        let body = SignalBody::Presence(Changes {
            count: here.count,
            people: here.people,
            partial: here.partial,
            ..Changes::default()
        });
        Push::Signal { room: self.room.id.clone(), body }
    }

    fn signals(&mut self) {
        let now = self.clock.now();
        if self.presence.next_deadline().is_none_or(|at| at > now) {
            return;
        }
        let signals = self.presence.tick(now);
        if let Some(presence) = signals.presence {
            self.here += 1;
            // Whoever misses a change of the list gets the whole one when it is live again.
            for index in self.signal(SignalBody::Presence(presence), now).into_iter().rev() {
                self.fall_behind(index, self.core.head());
            }
        }
        if let Some(typing) = signals.typing {
            self.signal(SignalBody::Typing(typing), now);
        }
        if let Some(here) = signals.at_this_node {
            self.others.tell(Word::Here { here });
        }
        for (person, on) in signals.types_at_this_node {
            self.others.tell(Word::Typing { person, on });
        }
    }

    /// Signals everybody who is live, and says whose socket was full.
    fn signal(&self, body: SignalBody, now: Moment) -> Vec<usize> {
        // Who polls would pay for each with a request.
        let for_polls = matches!(&body, SignalBody::Presence(_)) && !self.presence.is_crowd();
        let push = Push::Signal { room: self.room.id.clone(), body };
        let mut made: [Option<Bytes>; Dialect::COUNT] = Default::default();
        let mut full = |connection: &Connection| {
            let dialect = connection.dialect;
            if !dialect.has_signals() || connection.transport.is_poll() && !for_polls {
                return false;
            }
            let frames = made[dialect.index()].get_or_insert_with(|| {
                let mut frames = Bytes::new();
                encode::push(dialect, &push, |frame| frames = Bytes::copy_from_slice(frame));
                frames
            });
            !connection.wire.try_signal(frames, now)
        };
        (0..self.live.len()).filter(|index| full(&self.live[*index])).collect()
    }
}

impl Drop for Task {
    /// Whoever waits for an answer looks whether the room has ended: it has, before they look.
    fn drop(&mut self) {
        self.room.end();
        self.writers.values().for_each(|(connection, _)| connection.wire.task.wake());
    }
}

/// Which version of who is here each client knows that polls, while its next poll may come.
#[derive(Default)]
struct Known(HashMap<SessionId, (u32, Moment)>);

impl Known {
    /// Longer than the longest pause between two polls.
    const KEPT_MS: u64 = 60_000;
    const SESSIONS_MAX: usize = 10_000;

    fn keep(&mut self, session: SessionId, here: u32, now: Moment) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|_, (_, at)| now.since_ms(*at) < Self::KEPT_MS);
        }
        if self.0.len() < Self::SESSIONS_MAX {
            self.0.insert(session, (here, now));
        }
    }

    fn take(&mut self, session: SessionId) -> Option<u32> {
        self.0.remove(&session).map(|(here, _)| here)
    }
}

pub(super) fn outcome(appended: Appended) -> Outcome {
    match appended {
        Appended::Stored { seq, n } => Outcome::Stored(seq, n),
        Appended::Repeat { seq, at } => Outcome::Repeat(seq, at),
        Appended::Conflict => Outcome::Conflict,
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).expect("a process has fewer connections than that")
}
