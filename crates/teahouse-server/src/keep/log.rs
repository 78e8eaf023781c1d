//! What holds for every room's log: no hole, every number counted, every event's `cid` kept and the other way
//! round. Fed with rows in order; it reads nothing by itself.

use teahouse_protocol::{Body, Kind};

use super::digest::{Checksum, Digest, Sum};
use super::rows::{Room, Row, Value};
use super::survey::Faults;

/// A room's events and `cid`s, checked as they pass.
pub(super) struct LogCheck<'a> {
    room: &'a Room,
    faults: &'a mut Faults,
    events: u64,
    log: Digest,
    last: i64,
    last_n: Option<i64>,
    in_log: Sum,
    sent: u64,
    cids: Digest,
    kept: Sum,
    /// Of events that are gone.
    gone: u64,
    gone_sum: Sum,
}

/// What was seen of a log.
pub(super) struct Seen {
    pub(super) log: Checksum,
    pub(super) sent: u64,
    pub(super) cids: Checksum,
    /// Whether each event has its `cid`, and each `cid` its event.
    pub(super) matched: bool,
}

impl<'a> LogCheck<'a> {
    /// Nothing was seen of that room yet.
    pub(super) fn new(room: &'a Room, faults: &'a mut Faults) -> Self {
        let mut check = Self {
            room,
            faults,
            events: 0,
            log: Digest::default(),
            last: room.oldest.saturating_sub(1),
            last_n: (room.oldest == 1).then_some(0),
            in_log: Sum::default(),
            sent: 0,
            cids: Digest::default(),
            kept: Sum::default(),
            gone: 0,
            gone_sum: Sum::default(),
        };
        check.row();
        check
    }

    /// The next event, by its number.
    pub(super) fn event(&mut self, row: &Row) {
        self.events += 1;
        self.log.row(row);
        let [Value::Int(seq), kind, cid, by, Value::Int(at), n, _, about, target, text, _] = &row[..] else {
            return self.fault("an event's row has another form");
        };
        self.number(*seq);
        let kind = kind.text().unwrap_or_default();
        match Kind::parse(kind) {
            None => self.fault(&format!("event {seq} is of an unknown kind ({kind})")),
            Some(kind) if kind.is_message() => self.count(*seq, n),
            Some(_) if *n != Value::Null => self.fault(&format!("event {seq} is counted as message {n}")),
            Some(kind) => self.body(*seq, kind, text),
        }
        if about.bytes().is_some_and(|about| about.len() != 16) {
            self.fault(&format!("event {seq} is about {about}, which is no person's id"));
        }
        if target.int().is_some_and(|target| target < 1) {
            self.fault(&format!("event {seq} is about event {target}"));
        }
        if *at < 0 {
            self.fault(&format!("event {seq} was accepted at {at}, before 1970"));
        }
        if by.bytes().is_none_or(|by| by.len() != 16) {
            self.fault(&format!("event {seq} is by {by}, which is no person's id"));
        }
        match cid.bytes() {
            Some(cid) if cid.len() == 16 => self.in_log.add(cid, *seq),
            _ => self.fault(&format!("event {seq} has {cid} as its cid, which is none")),
        }
    }

    /// What is not a message has a body that says what happened.
    fn body(&mut self, seq: i64, kind: Kind, text: &Value) {
        let is_body = text.text().is_none_or(|text| serde_json::from_str::<Body>(text).is_ok());
        if !is_body {
            self.fault(&format!("event {seq} ({}) has a body that says nothing", kind.as_str()));
        }
    }

    /// The next `cid`, in their order.
    pub(super) fn cid(&mut self, row: &Row) {
        self.sent += 1;
        self.cids.row(row);
        let [Value::Bytes(cid), Value::Int(seq), by, at] = &row[..] else {
            return self.fault("a cid's row has another form");
        };
        if *seq < 1 || *seq > self.room.head {
            self.fault(&format!("cid {} is of event {seq}; there were 1 to {}", row[0], self.room.head));
        } else if *seq >= self.room.oldest {
            self.kept.add(cid, *seq);
        } else {
            self.gone += 1;
            self.gone_sum.add(&[], *seq);
            if by.bytes().is_none_or(|by| by.len() != 16) || at.int().is_none() {
                self.fault(&format!("event {seq} is gone, and its cid does not say who wrote it when"));
            }
        }
    }

    /// Nothing more comes.
    pub(super) fn finish(mut self) -> Seen {
        let room = self.room;
        if self.last < room.head {
            self.missing(self.last + 1, room.head);
        }
        if self.events > 0 && self.last_n.is_some_and(|n| n != room.n) {
            let n = self.last_n.unwrap_or(0);
            self.fault(&format!("the room counts {} messages; its last one is number {n}", room.n));
        }
        self.check_gone();
        Seen {
            log: self.log.finish(),
            sent: self.sent,
            cids: self.cids.finish(),
            matched: self.in_log == self.kept,
        }
    }

    fn row(&mut self) {
        let Room { id, epoch, oldest, head, n, .. } = self.room;
        if id.parse::<teahouse_protocol::RoomId>().is_err() {
            self.fault("that is no room's id");
        }
        if u32::try_from(*epoch).is_err() {
            self.fault(&format!("its epoch is {epoch}; expected a number from 0 to {}", u32::MAX));
        }
        if *oldest < 1 || *head < oldest - 1 {
            self.fault(&format!("its log goes from {oldest} to {head}, which cannot be"));
        }
        if *n < 0 || *n > *head || (*head == 0 && *n != 0) {
            self.fault(&format!("the room counts {n} messages in {head} events"));
        }
    }

    fn number(&mut self, seq: i64) {
        if seq < self.room.oldest {
            self.fault(&format!("event {seq} is below the oldest, {}", self.room.oldest));
        } else if seq > self.room.head {
            self.fault(&format!("event {seq} is above the head, {}", self.room.head));
        } else if seq > self.last + 1 {
            self.missing(self.last + 1, seq - 1);
        }
        self.last = seq;
    }

    fn count(&mut self, seq: i64, n: &Value) {
        match (n.int(), self.last_n) {
            (Some(n), Some(last)) if n != last + 1 => {
                self.fault(&format!("event {seq} is message {n}, after message {last}"));
            }
            (None, _) => self.fault(&format!("event {seq} is a message without a count")),
            _ => {}
        }
        self.last_n = n.int().or(self.last_n);
    }

    fn missing(&mut self, from: i64, to: i64) {
        let said = if from == to {
            format!("event {from} is missing")
        } else {
            format!("events {from} to {to} are missing")
        };
        self.fault(&said);
    }

    /// Of events that are gone, every `cid` is kept.
    fn check_gone(&mut self) {
        let expected = u64::try_from(self.room.oldest - 1).unwrap_or(0);
        let mut sum = Sum::default();
        if self.gone == expected {
            (1..self.room.oldest).for_each(|seq| sum.add(&[], seq));
        }
        if self.gone != expected || self.gone_sum != sum {
            let gone = self.gone;
            self.fault(&format!("{expected} events are gone; of {gone} the cid is kept, or one twice"));
        }
    }

    fn fault(&mut self, what: &str) {
        self.faults.add(format!("room {}: {what}", self.room.id));
    }
}
