//! A model client, by `docs/protocol.md`: cursors and an outbox that outlive connections, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_protocol::frame::{Error, Subscribed};
use teahouse_protocol::{
    Cid, Command, Cursor, Epoch, ErrorCode, Event, From, Hello, Offer, Person, Push, RoomId, Seq, SessionId,
    SignalBody, UserId,
};

use crate::checks::Promise;
use crate::fault::Mutation;
use crate::net::LinkId;
use crate::outbox::Outbox;
use crate::outside::{ClientIx, ForClient, Happening, Outside};

/// After so many milliseconds without a word a connection is dead.
const SILENCE_MS: u64 = 7_000;

/// What a client keeps of a room.
#[derive(Debug)]
pub(crate) struct View {
    /// Where it wanted to begin.
    pub(crate) wish: From,
    pub(crate) cursor: Option<Cursor>,
    /// What it had written to its disk some time ago.
    pub(crate) kept: Option<Cursor>,
    pub(crate) outbox: Outbox,
    /// How many messages it wrote.
    pub(crate) written: u64,
}

/// What a connection says of a room.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// A subscription is on its way.
    asking: bool,
    pub(crate) subscribed: bool,
    pub(crate) live: bool,
    /// The start was not what was asked for: the word for it has to follow.
    hole_due: bool,
    /// The cursors that were shown, by the `ref` of the answer.
    shown: BTreeMap<Option<u64>, Cursor>,
    /// What was applied goes up to where this connection's events begin. Not so if another connection of
    /// the client was told in the meantime to start lower.
    whole: bool,
    pub(crate) here: BTreeSet<UserId>,
}

/// One connection of a client.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) link: LinkId,
    pub(crate) welcome: bool,
    heard_at: u64,
    pub(crate) rooms: BTreeMap<RoomId, Followed>,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) ix: ClientIx,
    pub(crate) session: SessionId,
    /// The rooms that it follows.
    pub(crate) views: BTreeMap<RoomId, View>,
    /// Rooms that exist, and not for it.
    pub(crate) hidden: BTreeSet<RoomId>,
    /// Its connections: the first one is written to, a second one takes over.
    pub(crate) lines: Vec<Line>,
    pub(crate) next_ref: u64,
    /// It left for good.
    pub(crate) gone: bool,
    /// Whether it waits for every answer before it sends again, or goes back at once.
    pub(crate) patient: bool,
    /// What it shows instead of its cursors at the next connection.
    pub(crate) forgery: Option<Forgery>,
    connect_due: bool,
}

/// A cursor that is not the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgery {
    Epoch,
    AboveHead,
    Check,
}

impl Client {
    pub(crate) fn new(ix: ClientIx, out: &mut Outside) -> Self {
        Self {
            ix,
            session: SessionId(ix as u64 + 1),
            views: BTreeMap::new(),
            hidden: BTreeSet::new(),
            lines: Vec::new(),
            next_ref: 1,
            gone: false,
            patient: out.rng.percent(50),
            forgery: None,
            connect_due: false,
        }
    }

    pub(crate) fn follow(&mut self, room: RoomId, out: &mut Outside) {
        let wish = match out.rng.below(4) {
            0 => From::Head,
            1 => From::Cursor(Cursor::BEGINNING),
            _ => From::Tail(out.rng.below(40)),
        };
        let cursor = if let From::Cursor(cursor) = wish { Some(cursor) } else { None };
        if cursor.is_some() {
            out.checks.follows_from(self.ix, &room, Seq::ZERO);
        }
        let view = View { wish, cursor, kept: cursor, outbox: Outbox::default(), written: 0 };
        self.views.insert(room, view);
    }

    pub(crate) fn handle(&mut self, what: ForClient, out: &mut Outside) {
        match what {
            ForClient::Act => self.act(out),
            ForClient::Connect => self.connect_due(out),
            ForClient::Ended(link) => self.ended(link, out),
            ForClient::Silence(link) => self.silence(link, out),
            ForClient::Resend(room) => self.send_due(&room, out),
        }
    }

    pub(crate) fn line(&mut self, link: LinkId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.link == link)
    }

    pub(crate) fn new_ref(&mut self) -> u64 {
        self.next_ref += 1;
        self.next_ref
    }

    pub(crate) fn connect_later(&mut self, ms: u64, out: &mut Outside) {
        if !self.connect_due {
            self.connect_due = true;
            out.after(ms, Happening::Client(self.ix, ForClient::Connect));
        }
    }

    fn connect_due(&mut self, out: &mut Outside) {
        self.connect_due = false;
        if self.lines.is_empty() && !self.gone {
            self.connect(out);
        }
    }

    /// Opens a connection to some node that lives, and says hello.
    pub(crate) fn connect(&mut self, out: &mut Outside) {
        let alive: Vec<_> = (0..out.lives.len()).filter(|node| out.lives[*node].is_some()).collect();
        if alive.is_empty() {
            return self.connect_later(200, out);
        }
        let node = alive[out.rng.index(alive.len())];
        let link = out.open(self.ix, node);
        out.checks.opened(link, &self.hidden);
        let forgery = self.forgery.take();
        let mut line = Line { link, welcome: false, heard_at: out.now, rooms: BTreeMap::new() };
        let mut cursors = BTreeMap::new();
        for (room, view) in &self.views {
            let shown = view.cursor.map(|cursor| forge(cursor, forgery));
            let mut followed = Followed { asking: true, ..Followed::default() };
            followed.shown.extend(shown.map(|cursor| (None, cursor)));
            line.rooms.insert(room.clone(), followed);
            cursors.insert(room.clone(), shown.map_or(view.wish, From::Cursor));
        }
        if out.rng.percent(10) {
            cursors.extend(self.hidden.iter().map(|room| (room.clone(), From::Head)));
        }
        self.lines.push(line);
        out.after(SILENCE_MS, Happening::Client(self.ix, ForClient::Silence(link)));
        let hello = Hello { v: 1, session: Some(self.session), cursors, ..Hello::default() };
        out.up(link, Command::Hello(hello));
    }

    fn silence(&mut self, link: LinkId, out: &mut Outside) {
        let ix = self.ix;
        let Some(line) = self.line(link) else { return };
        let due = line.heard_at + SILENCE_MS;
        // A client that does not read cannot say that it was silent.
        let stalled = out.links[&link].stalled;
        if out.now < due || stalled {
            let at = due.max(out.now + 500);
            return out.at(at, Happening::Client(ix, ForClient::Silence(link)));
        }
        out.cut(link, false, false);
        self.ended(link, out);
    }

    /// A connection is over, whoever ended it.
    pub(crate) fn ended(&mut self, link: LinkId, out: &mut Outside) {
        let Some(at) = self.lines.iter().position(|line| line.link == link) else { return };
        out.note(|| format!("client {} has lost {link:?}", self.ix));
        self.lines.remove(at);
        let forgets = out.is(Mutation::ClientForgetsOutbox);
        for view in self.views.values_mut() {
            view.outbox.connection_lost(link, forgets);
        }
        if self.lines.is_empty() && !self.gone {
            let ms = out.rng.from(20, 600);
            self.connect_later(ms, out);
        }
        for room in self.views.keys().cloned().collect::<Vec<_>>() {
            self.send_due(&room, out);
        }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, link: LinkId, push: Push, out: &mut Outside) {
        out.note(|| format!("client {} gets {link:?} {}", self.ix, short(&push)));
        let now = out.now;
        let Some(line) = self.line(link) else { return };
        line.heard_at = now;
        match push {
            Push::Welcome(_) => line.welcome = true,
            Push::Subscribed(said) => self.subscribed(link, *said, out),
            Push::Unsubscribed { room, .. } => {
                line.rooms.remove(&room);
                self.ask(link, &room, out);
            }
            Push::Behind { room, from, .. } => self.told(link, &room, from, false, out),
            Push::Reset { room, from, .. } => self.told(link, &room, from, true, out),
            Push::Event(event) => self.event(link, &event, out),
            Push::Live { room, seq } => self.live(link, &room, seq, out),
            Push::Ping { heads } => {
                out.up(link, Command::Pong { cursors: BTreeMap::new() });
                heads.into_iter().for_each(|(room, head)| self.head(link, &room, head, out));
            }
            Push::Ack { room, cid, seq, repeat, .. } => self.acked(&room, cid, seq, repeat, out),
            Push::Error(error) => self.refused(link, &error, out),
            Push::Signal { room, body } => self.signal(link, &room, body),
            Push::Page { .. } | Push::Read { .. } | Push::Pong { .. } | Push::Authed { .. } => {}
            Push::Changed { .. } => {}
            Push::Drain { .. } | Push::Close { .. } => {}
        }
    }

    fn subscribed(&mut self, link: LinkId, said: Subscribed, out: &mut Outside) {
        let room = said.room.id;
        let (Some(view), ix) = (self.views.get_mut(&room), self.ix) else { return };
        let Some(line) = self.lines.iter_mut().find(|line| line.link == link) else { return };
        let followed = line.rooms.entry(room.clone()).or_default();
        followed.here = said.here.people.unwrap_or_default().into_iter().map(|person| person.id).collect();
        (followed.asking, followed.subscribed, followed.live) = (false, true, false);
        // Anything but what was asked for must be followed by the word for it.
        let shown = followed.shown.remove(&said.r#ref);
        followed.hole_due = shown.is_some_and(|shown| !starts_at(&said.from, &shown));
        match &mut view.cursor {
            None => {
                out.checks.follows_from(ix, &room, said.from.seq);
                view.cursor = Some(said.from);
            }
            Some(cursor) if cursor.epoch.is_none() && !followed.hole_due => *cursor = said.from,
            Some(_) => {}
        }
        followed.whole = view.cursor.is_some_and(|cursor| cursor.seq >= said.from.seq);
        self.send_due(&room, out);
    }

    /// `behind` and `reset`: where events go on.
    fn told(&mut self, link: LinkId, room: &RoomId, from: Cursor, reset: bool, out: &mut Outside) {
        for line in &mut self.lines {
            let Some(followed) = line.rooms.get_mut(room) else { continue };
            if line.link == link {
                (followed.hole_due, followed.live, followed.whole) = (false, false, true);
            } else if reset {
                followed.whole = false;
            }
        }
        let Some(view) = self.views.get_mut(room) else { return };
        let ahead = view.cursor.is_none_or(|cursor| cursor.seq < from.seq);
        if reset {
            out.tally.resets += 1;
        }
        if reset || ahead {
            view.cursor = Some(from);
            out.checks.follows_from(self.ix, room, from.seq);
        }
    }

    fn event(&mut self, link: LinkId, event: &Event, out: &mut Outside) {
        let ix = self.ix;
        let Some(line) = self.lines.iter_mut().find(|line| line.link == link) else { return };
        let hole_due = line.rooms.get(&event.room).is_some_and(|followed| followed.hole_due);
        out.checks.hold(!hole_due, Promise::Order, || {
            format!("client {ix} got {} in {} after a hole that nobody spoke of", event.seq, event.room)
        });
        let Some(view) = self.views.get_mut(&event.room) else {
            return out.checks.fail(Promise::Rights, || format!("client {ix} got {event:?}"));
        };
        let Some(cursor) = &mut view.cursor else { return };
        let offer =
            if out.is(Mutation::ClientWithoutDedupe) { Offer::Deliver } else { cursor.offer(event.seq) };
        match offer {
            Offer::Deliver if out.is(Mutation::ClientWithoutDedupe) => {
                (cursor.seq, cursor.check) = (event.seq, event.cid.check());
                out.checks.applied(&out.log, ix, event);
            }
            Offer::Deliver => {
                cursor.applied(event.seq, event.cid);
                out.checks.applied(&out.log, ix, event);
            }
            Offer::Duplicate => {}
            Offer::Gap => self.ask(link, &event.room, out),
        }
    }

    fn live(&mut self, link: LinkId, room: &RoomId, seq: Seq, out: &mut Outside) {
        let ix = self.ix;
        let Some(line) = self.lines.iter_mut().find(|line| line.link == link) else { return };
        let (Some(followed), Some(view)) = (line.rooms.get_mut(room), self.views.get(room)) else { return };
        followed.live = true;
        let has = view.cursor.map_or(Seq::ZERO, |cursor| cursor.seq);
        let (hole_due, whole) = (followed.hole_due, followed.whole);
        out.checks.hold(!hole_due, Promise::Order, || {
            format!("client {ix} is live in {room} after a hole that nobody spoke of")
        });
        out.checks.hold(!whole || has >= seq, Promise::Order, || {
            format!("client {ix} is live in {room} at {seq} and has {has}")
        });
        if has < seq {
            self.ask(link, room, out);
        }
        self.take_over(out);
    }

    /// The second connection is as good as the first: leave the first one.
    fn take_over(&mut self, out: &mut Outside) {
        let all = self.views.len();
        let ready = |line: &Line| line.rooms.values().filter(|followed| followed.live).count() >= all;
        if self.lines.len() < 2 || !self.lines.last().is_some_and(ready) {
            return;
        }
        let old = self.lines[0].link;
        out.up(old, Command::Bye);
        self.ended(old, out);
    }

    /// The head of a room, by a ping: notices a lost tail.
    fn head(&mut self, link: LinkId, room: &RoomId, head: Seq, out: &mut Outside) {
        let has = self.views.get(room).and_then(|view| view.cursor).map_or(Seq::ZERO, |cursor| cursor.seq);
        let live =
            self.line(link).and_then(|line| line.rooms.get(room)).is_some_and(|followed| followed.live);
        if live && has < head {
            self.ask(link, room, out);
        }
    }

    /// Subscribes (again) from the cursor.
    pub(crate) fn ask(&mut self, link: LinkId, room: &RoomId, out: &mut Outside) {
        let r#ref = self.new_ref();
        let Some(view) = self.views.get(room) else { return };
        let from = view.cursor.map_or(view.wish, From::Cursor);
        let Some(line) = self.lines.iter_mut().find(|line| line.link == link && line.welcome) else { return };
        let followed = line.rooms.entry(room.clone()).or_default();
        if !std::mem::replace(&mut followed.asking, true) {
            followed.shown.extend(view.cursor.map(|cursor| (Some(r#ref), cursor)));
            out.up(link, Command::Subscribe { r#ref, room: room.clone(), from });
        }
    }

    fn acked(&mut self, room: &RoomId, cid: Cid, seq: Seq, repeat: bool, out: &mut Outside) {
        out.tally.acks += 1;
        out.tally.repeats += u64::from(repeat);
        out.checks.acked(self.ix, room, cid, seq);
        if let Some(view) = self.views.get_mut(room) {
            view.outbox.acked(cid);
        }
        self.send_due(room, out);
    }

    fn refused(&mut self, link: LinkId, error: &Error, out: &mut Outside) {
        let Some(r#ref) = error.r#ref else { return };
        let again_ms = error.retry_ms.unwrap_or(100).max(20);
        let patient = self.patient;
        let until = out.now + again_ms;
        let refused = self.views.iter_mut().find_map(|(room, view)| {
            let again = view.outbox.refused(link, r#ref, error.code, until, patient)?;
            Some((room.clone(), again))
        });
        match refused {
            Some((room, true)) => {
                let (low, high) = (again_ms, again_ms + 20);
                return out.soon(low, high, Happening::Client(self.ix, ForClient::Resend(room)));
            }
            // What waited for a place has one now.
            Some((room, false)) => return self.send_due(&room, out),
            None => {}
        }
        // A subscription was refused for now: ask for everything that is still asked for.
        if error.code == ErrorCode::StoreDown {
            let rooms: Vec<_> = self.views.keys().cloned().collect();
            for room in rooms {
                let asking = self.line(link).and_then(|line| line.rooms.get_mut(&room));
                if asking.is_some_and(|followed| std::mem::take(&mut followed.asking)) {
                    self.ask(link, &room, out);
                }
            }
        }
    }

    fn signal(&mut self, link: LinkId, room: &RoomId, body: SignalBody) {
        let Some(followed) = self.line(link).and_then(|line| line.rooms.get_mut(room)) else { return };
        if let SignalBody::Presence(changes) = body {
            if let Some(people) = changes.people {
                followed.here = people.into_iter().map(|person| person.id).collect();
            }
            followed.here.extend(changes.came.into_iter().map(|person| person.id));
            for left in changes.left {
                followed.here.remove(&left);
            }
        }
    }

    /// Sends what may be sent, on the first connection.
    pub(crate) fn send_due(&mut self, room: &RoomId, out: &mut Outside) {
        let swaps = out.is(Mutation::ClientSwapsOutbox);
        let Some(line) = self.lines.first() else { return };
        let open = line.welcome && line.rooms.get(room).is_some_and(|followed| followed.subscribed);
        let Some(view) = self.views.get_mut(room).filter(|_| open) else { return };
        for send in view.outbox.due(room, line.link, out.now, self.patient, swaps, &mut self.next_ref) {
            out.up(line.link, Command::Send(send));
        }
    }

    /// What must be true of a client when nothing has happened for long.
    pub(crate) fn at_rest(&self, heres: &[BTreeMap<RoomId, BTreeSet<UserId>>], out: &mut Outside) {
        if self.gone {
            return;
        }
        let ix = self.ix;
        let Some(line) = self.lines.first() else {
            return out.checks.fail(Promise::Quiet, || format!("client {ix} is not connected"));
        };
        let node = out.links[&line.link].node;
        for (room, view) in &self.views {
            let head = out.log.room(room).head();
            let has = view.cursor.map(|cursor| cursor.seq);
            out.checks.hold(has == Some(head), Promise::Quiet, || {
                format!("client {ix} has {has:?} of {head} in {room}")
            });
            out.checks.hold(view.outbox.is_empty(), Promise::Quiet, || {
                format!("client {ix} still waits to send to {room}: {:?}", view.outbox)
            });
            let followed = &line.rooms[room];
            out.checks.hold(followed.live, Promise::Quiet, || format!("client {ix} is not live in {room}"));
            let here = heres[node].get(room);
            out.checks.hold(Some(&followed.here) == here, Promise::Here, || {
                format!("client {ix} sees {:?} in {room}, its node {here:?}", followed.here)
            });
        }
    }
}

/// Whether a subscription starts with the cursor that was shown. At the floor of a log nothing is kept
/// that a check could be compared with.
fn starts_at(from: &Cursor, shown: &Cursor) -> bool {
    let same_log = shown.epoch.is_none() || shown.epoch == from.epoch;
    same_log && shown.seq == from.seq && (shown.check == from.check || from.check == 0)
}

/// A frame, for people who read a trace.
fn short(push: &Push) -> String {
    match push {
        Push::Event(event) => {
            format!("event {}/{} {}: {}", event.room, event.seq, event.by.name, event.body.text)
        }
        Push::Subscribed(said) => {
            let here = said.here.count;
            format!(
                "subscribed {:?} {} from {} head {} here {here}",
                said.r#ref, said.room.id, said.from, said.head
            )
        }
        Push::Error(error) => format!("error {:?} {} {:?}", error.r#ref, error.code.as_str(), error.retry_ms),
        Push::Ack { r#ref, room, seq, repeat, .. } => format!("ack {ref} {room}/{seq} repeat {repeat}"),
        Push::Signal { room, body: SignalBody::Presence(changes) } => {
            // The core's maps keep no order, and a trace has to be the same each time.
            let names =
                |people: &[Person]| people.iter().map(|p| p.name.to_string()).collect::<BTreeSet<_>>();
            let (whole, came) = (changes.people.as_deref().map(names), names(&changes.came));
            format!("presence {room} {} whole {whole:?} came {came:?} left {:?}", changes.count, changes.left)
        }
        other => String::from_utf8_lossy(&other.encode()).into_owned(),
    }
}

fn forge(cursor: Cursor, forgery: Option<Forgery>) -> Cursor {
    let Some(epoch) = cursor.epoch else { return cursor };
    match forgery {
        Some(Forgery::Epoch) => Cursor { epoch: Some(Epoch(epoch.0 ^ 1)), ..cursor },
        Some(Forgery::AboveHead) => Cursor { seq: Seq(cursor.seq.0 + 100_000), ..cursor },
        Some(Forgery::Check) if cursor.seq > Seq::ZERO => Cursor { check: !cursor.check, ..cursor },
        _ => cursor,
    }
}
