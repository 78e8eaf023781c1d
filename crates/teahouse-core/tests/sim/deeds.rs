//! What model clients do while things may go wrong: write, break, stall, come back, try what is forbidden.

use teahouse_protocol::frame::Send;
use teahouse_protocol::{Body, Cid, Command, Cursor, From, History, Kind, Range, RoomId, Seq};

use crate::client::{Client, Forgery};
use crate::outside::{ForClient, Happening, Outside};

/// Most letters that a client writes ahead.
const OUTBOX_MAX: usize = 12;

impl Client {
    /// One deed, and the time of the next.
    pub(crate) fn act(&mut self, out: &mut Outside) {
        if out.calm || self.gone {
            return;
        }
        out.soon(1, out.faults.pause_ms, Happening::Client(self.ix, ForClient::Act));
        let deed = out.rng.below(100);
        let (breaks, stalls) = (out.faults.breaks, out.faults.stalls);
        if deed < breaks {
            self.break_off(out);
        } else if deed < breaks + stalls {
            self.stall(out);
        } else if deed < 78 {
            self.write(out);
        } else {
            self.try_something(out);
        }
    }

    fn some_room(&self, out: &mut Outside) -> Option<RoomId> {
        let at = out.rng.index(self.views.len());
        self.views.keys().nth(at).cloned()
    }

    fn write(&mut self, out: &mut Outside) {
        let Some(room) = self.some_room(out) else { return };
        let view = self.views.get_mut(&room).expect("it was just chosen");
        let many = if out.rng.percent(15) { out.rng.from(2, 8) } else { 1 };
        for _ in 0..many {
            if view.outbox.len() < OUTBOX_MAX {
                view.written += 1;
                let cid = Cid::from_bytes(out.rng.bytes());
                out.tally.messages += 1;
                let has = view.cursor.map_or(0, |cursor| cursor.seq.0);
                let (kind, body) = said(view.written, has, out);
                view.outbox.push(cid, kind, body);
            }
        }
        self.send_due(&room, out);
    }

    /// The connection ends: cut, left cleanly, or the client vanishes without a word.
    fn break_off(&mut self, out: &mut Outside) {
        let Some(link) = self.lines.first().map(|line| line.link) else { return };
        self.come_back_different(out);
        match out.rng.below(10) {
            0..4 => {
                let (client_hears, node_hears) = (out.rng.percent(70), out.rng.percent(70));
                out.cut(link, client_hears, node_hears);
            }
            4..6 => {
                out.up(link, Command::Bye);
                self.ended(link, out);
            }
            6..9 => {
                out.cut(link, false, false);
                self.ended(link, out);
            }
            _ => self.vanish(out),
        }
    }

    /// Leaves for good, without a word.
    fn vanish(&mut self, out: &mut Outside) {
        if self.ix == 0 {
            return;
        }
        self.gone = true;
        for line in std::mem::take(&mut self.lines) {
            out.cut(line.link, false, false);
        }
    }

    /// Perhaps it will come back with a cursor that it kept long ago, or with one that is not its own.
    fn come_back_different(&mut self, out: &mut Outside) {
        let chance = out.rng.below(100);
        if chance < 15 && self.lines.len() == 1 {
            let link = self.lines[0].link;
            out.cut(link, false, true);
            self.ended(link, out);
            for (room, view) in &mut self.views {
                view.cursor = view.kept;
                let seq = view.cursor.map_or(Seq::ZERO, |cursor| cursor.seq);
                out.checks.goes_back(self.ix, room, seq);
            }
        } else if chance < 40 {
            let forgeries = [Forgery::Epoch, Forgery::AboveHead, Forgery::Check];
            self.forgery = Some(forgeries[out.rng.index(3)]);
        }
        for view in self.views.values_mut() {
            if out.rng.percent(50) {
                view.kept = view.cursor;
            }
        }
    }

    fn stall(&mut self, out: &mut Outside) {
        let Some(link) = self.lines.first().map(|line| line.link) else { return };
        let Some(net) = out.links.get_mut(&link) else { return };
        if !std::mem::replace(&mut net.stalled, true) {
            let most = if out.rng.percent(20) { 12_000 } else { 3_000 };
            out.soon(50, most, Happening::Unstall(link));
            out.note(|| format!("{link:?} is not read"));
        }
    }

    fn try_something(&mut self, out: &mut Outside) {
        let (Some(room), Some(line)) = (self.some_room(out), self.lines.first()) else { return };
        let (link, welcome) = (line.link, line.welcome);
        if !welcome {
            return;
        }
        let r#ref = self.new_ref();
        let (hidden, on) = (self.hidden.first().cloned(), out.rng.percent(70));
        match (out.rng.below(9), hidden) {
            (0, _) => out.up(link, Command::Typing { room, on }),
            (1, _) => (0..10).for_each(|_| out.up(link, Command::Ping { r#ref })),
            (2, _) => out.up(link, Command::Unsubscribe { r#ref, room }),
            (3, _) => self.ask(link, &room, out),
            (4, _) if self.lines.len() == 1 => self.connect(out),
            (5, Some(room)) => {
                out.up(link, Command::Subscribe { r#ref, room, from: From::Cursor(Cursor::BEGINNING) })
            }
            (6, hidden) => {
                let room = hidden.unwrap_or(room);
                let range = Range::After(Seq(1));
                out.up(link, Command::History(History { r#ref, room, range, limit: 3 }));
            }
            (7, Some(room)) => self.forge_message(room, None, out),
            (8, _) => {
                let stolen = out.log.room(&room).events.last().map(|event| event.cid);
                self.forge_message(room, stolen, out);
            }
            _ => {}
        }
    }

    /// A message that must not get through: to a hidden room, or under somebody's `cid`.
    fn forge_message(&mut self, room: RoomId, cid: Option<Cid>, out: &mut Outside) {
        let Some(line) = self.lines.first() else { return };
        let link = line.link;
        if !self.hidden.contains(&room) && cid.is_none() {
            return;
        }
        let cid = cid.unwrap_or_else(|| Cid::from_bytes(out.rng.bytes()));
        let body = Body::of("forged".into());
        let r#ref = self.new_ref();
        out.up(link, Command::Send(Send { r#ref, room, cid, kind: Kind::Message, body, first: false }));
    }
}

/// Mostly a message; else a change of one of those that a client has seen. Each has its author's own count in it.
fn said(count: u64, has: u64, out: &mut Outside) -> (Kind, Body) {
    let message = Body::of(format!("{count} 茶"));
    if has == 0 || out.rng.percent(65) {
        return (Kind::Message, message);
    }
    // Often one of the last: others change it, too, and it may be gone.
    let target = Seq(has.saturating_sub(out.rng.below(8)).max(1));
    let mark = || Some(format!("{count} 茶").into());
    match out.rng.below(4) {
        0 => (Kind::Edit, Body { target: Some(target), ..message }),
        1 => (Kind::Delete, Body { emoji: mark(), ..Body::about(target) }),
        2 => (Kind::Message, Body { target: Some(target), ..message }),
        _ => (Kind::Reaction, Body { emoji: mark(), on: Some(true), ..Body::about(target) }),
    }
}
