//! All that is in a house, looked at once: what it has, the checksums of it, and every fault.
//!
//! Two houses are equal if their surveys are. Nothing is changed, and no more than a page of rows is held.

use anyhow::Context as _;
use teahouse_protocol::RoomId;

use super::digest::{Checksum, Digest};
use super::log::LogCheck;
use super::open;
use super::progress::{Progress, Unit};
use super::rows::{self, House, Part, Room, Row, Value};
use super::words;
use crate::store::mark::Mark;

/// Rows that are read at once.
pub(super) const PAGE_ROWS: usize = 1_000;
/// Faults that are told; the others are counted.
const FAULTS_MAX: usize = 100;
/// Rows that are named for one question.
const NAMED_MAX: usize = 10;

/// What is in a house.
#[derive(Debug)]
pub struct Survey {
    /// Where it is, without a password.
    pub place: String,
    /// Its rooms, by their ids.
    pub rooms: Vec<RoomSurvey>,
    /// The other parts: what they are called, how many rows they have, and the checksum.
    pub parts: Vec<(&'static str, u64, Checksum)>,
    /// How many bytes it takes.
    pub bytes: u64,
    /// Everything that is wrong, one sentence each.
    pub faults: Vec<String>,
    /// Something to know that is no fault.
    pub note: Option<String>,
}

/// What is in a room.
#[derive(Debug)]
pub struct RoomSurvey {
    /// Its id.
    pub id: String,
    /// How many messages were ever written.
    pub messages: u64,
    /// The last number.
    pub head: u64,
    /// The checksum of its log: of all events from the oldest to the head.
    pub log: Checksum,
    /// The room's row, how many `cid`s it has, and their checksum.
    rest: (Room, u64, Checksum),
}

/// What is wrong, bounded.
#[derive(Debug, Default)]
pub(super) struct Faults {
    said: Vec<String>,
    more: u64,
}

/// Looks at everything.
pub(super) fn survey(house: &mut dyn House, progress: &Progress) -> anyhow::Result<Survey> {
    let mut faults = Faults::default();
    let mut note = None;
    progress.begin("pages", 0, Unit::Step);
    house.damage()?.into_iter().for_each(|said| faults.add(said));
    match open::mark(house)? {
        Some(Mark::Unfinished { from, .. }) => faults.add(unfinished(&from)),
        Some(Mark::Moved { to, .. }) => note = Some(format!("this house was moved to {to}")),
        None => {}
    }
    let bytes = house.bytes()?;
    let rooms = readable(house, &mut faults, "rooms", rows::rooms)?.unwrap_or_default();
    progress.begin("rows", total(house, &rooms), Unit::Rows);
    let mut found = Vec::with_capacity(rooms.len());
    for room in rooms {
        found.push(room_survey(house, room, &mut faults, progress)?);
    }
    let mut parts = Vec::new();
    for part in Part::common() {
        let (mut count, mut digest) = (0, Digest::default());
        read_all(house, part, &mut faults, progress, |row, _| {
            count += 1;
            digest.row(row);
        })?;
        parts.push((part.called(), count, digest.finish()));
    }
    strays(house, &mut faults)?;
    progress.end();
    Ok(Survey { place: house.place(), rooms: found, parts, bytes, faults: faults.all(), note })
}

impl Survey {
    /// How many messages were ever written by people.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.of_people().map(|room| room.messages).sum()
    }

    /// In one line: rooms, messages, people, bytes.
    #[must_use]
    pub fn sentence(&self) -> String {
        let rooms = words::counted(self.of_people().count() as u64, "room", "rooms");
        let messages = words::counted(self.messages(), "message", "messages");
        let people = self.parts.first().map_or(0, |(_, count, _)| *count);
        let people = words::counted(people, "person", "people");
        format!("{rooms}, {messages}, {people}, {}", words::bytes(self.bytes))
    }

    /// The rooms but the house's own, in which nodes are told what to do.
    fn of_people(&self) -> impl Iterator<Item = &RoomSurvey> {
        self.rooms.iter().filter(|room| room.id != RoomId::house().as_str())
    }

    /// A table of the rooms.
    #[must_use]
    pub fn table(&self) -> String {
        let wide = self.rooms.iter().map(|room| room.id.len()).max().unwrap_or(0).max(4);
        let mut said =
            format!("{:<wide$}  {:>12}  {:>12}  checksum of the log (SHA-256)\n", "room", "messages", "head");
        for RoomSurvey { id, messages, head, log, .. } in &self.rooms {
            let (messages, head) = (words::grouped(*messages), words::grouped(*head));
            said += &format!("{id:<wide$}  {messages:>12}  {head:>12}  {log}\n");
        }
        said
    }

    /// In what another house differs; nothing if it is the same.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for room in &self.rooms {
            match other.rooms.iter().find(|theirs| theirs.id == room.id) {
                Some(theirs) if theirs.is_same(room) => {}
                Some(theirs) => found.push(format!(
                    "room {}: {} and {} events, {} and {}",
                    room.id, room.head, theirs.head, room.log, theirs.log
                )),
                None => found.push(format!("room {} is not in {}", room.id, other.place)),
            }
        }
        let known = |theirs: &&RoomSurvey| self.rooms.iter().any(|room| room.id == theirs.id);
        let others = other.rooms.iter().filter(|theirs| !known(theirs));
        found.extend(others.map(|theirs| format!("room {} is not in {}", theirs.id, self.place)));
        for (ours, theirs) in self.parts.iter().zip(&other.parts) {
            if ours != theirs {
                found.push(format!("{}: {} and {}, or others", ours.0, ours.1, theirs.1));
            }
        }
        found
    }
}

impl RoomSurvey {
    fn is_same(&self, other: &Self) -> bool {
        // The number inside the store is the store's own.
        let room = Room { key: other.rest.0.key, ..self.rest.0.clone() };
        self.log == other.log
            && (&room, self.rest.1, self.rest.2) == (&other.rest.0, other.rest.1, other.rest.2)
    }
}

impl Faults {
    /// Something is wrong.
    pub(super) fn add(&mut self, what: String) {
        if self.said.len() < FAULTS_MAX { self.said.push(what) } else { self.more += 1 }
    }

    fn all(mut self) -> Vec<String> {
        if self.more > 0 {
            self.said.push(format!("and {} more like these", words::grouped(self.more)));
        }
        self.said
    }
}

/// What is wrong with a house that is not all here.
pub(super) fn unfinished(from: &str) -> String {
    format!("only a part of a house is here: the move from {from} is not finished. Run it again")
}

/// How many rows there are to look at; about, if it cannot be known.
fn total(house: &mut dyn House, rooms: &[Room]) -> u64 {
    let logs = rooms.iter().map(|room| {
        let events = room.head.saturating_sub(room.oldest).saturating_add(1);
        u64::try_from(events).unwrap_or(0) + u64::try_from(room.head).unwrap_or(0)
    });
    let logs: u64 = logs.sum();
    logs + Part::common().map(|part| rows::count(house, part).unwrap_or(0)).sum::<u64>()
}

fn room_survey(
    house: &mut dyn House,
    room: Room,
    faults: &mut Faults,
    progress: &Progress,
) -> anyhow::Result<RoomSurvey> {
    let mut unread = Faults::default();
    let mut check = LogCheck::new(&room, faults);
    read_all(house, Part::events(room.key), &mut unread, progress, |row, _| check.event(row))?;
    read_all(house, Part::cids(room.key), &mut unread, progress, |row, _| check.cid(row))?;
    let seen = check.finish();
    unread.said.into_iter().for_each(|said| faults.add(said));
    if !seen.matched {
        unmatched(house, &room, faults)?;
    }
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(RoomSurvey {
        id: room.id.clone(),
        messages: number(room.n),
        head: number(room.head),
        log: seen.log,
        rest: (room, seen.sent, seen.cids),
    })
}

/// Reads a part row by row; where it is damaged, that is a fault and the end of the part.
fn read_all(
    house: &mut dyn House,
    part: Part,
    faults: &mut Faults,
    progress: &Progress,
    mut each: impl FnMut(&Row, u64),
) -> anyhow::Result<()> {
    let (mut after, mut count): (Option<Row>, u64) = (None, 0);
    loop {
        let what = match &after {
            Some(key) => format!("{} after {}", part.called(), key[0]),
            None => part.called().to_owned(),
        };
        let page =
            readable(house, faults, &what, |house| rows::page(house, part, after.as_deref(), PAGE_ROWS))?;
        let Some(page) = page else { return Ok(()) };
        for row in &page {
            count += 1;
            each(row, count);
        }
        progress.add(page.len() as u64);
        match page.last() {
            Some(last) if page.len() == PAGE_ROWS => after = Some(last[..part.key_width()].to_vec()),
            _ => return Ok(()),
        }
    }
}

/// What a question is answered with; none, and a fault, if what it asks for is damaged.
fn readable<T>(
    house: &mut dyn House,
    faults: &mut Faults,
    what: &str,
    ask: impl FnOnce(&mut dyn House) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    match ask(house) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if house.is_damage(&error) => {
            faults.add(format!("{what} cannot be read: {error:#}"));
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("{}: {what} could not be read", house.place())),
    }
}

/// Names events and `cid`s that do not belong together.
fn unmatched(house: &mut dyn House, room: &Room, faults: &mut Faults) -> anyhow::Result<()> {
    let (key, oldest, id) = (room.key, room.oldest, &room.id);
    let events = format!(
        "SELECT e.seq, e.cid, c.seq FROM event e LEFT JOIN cid c ON c.room = e.room AND c.cid = e.cid
         WHERE e.room = {key} AND (c.seq IS NULL OR c.seq <> e.seq) ORDER BY e.seq LIMIT {NAMED_MAX}"
    );
    let cids = format!(
        "SELECT c.cid, c.seq, e.cid FROM cid c LEFT JOIN event e ON e.room = c.room AND e.seq = c.seq
         WHERE c.room = {key} AND c.seq >= {oldest} AND (e.cid IS NULL OR e.cid <> c.cid)
         ORDER BY c.seq LIMIT {NAMED_MAX}"
    );
    let named = |row: &Row| match &row[..] {
        [Value::Int(seq), cid, Value::Null] => format!("event {seq}: its cid {cid} is not kept"),
        [Value::Int(seq), cid, other] => {
            format!("event {seq}: its cid {cid} is kept as that of event {other}")
        }
        [cid, seq, Value::Null] => format!("cid {cid} is of event {seq}, which is not there"),
        [cid, seq, other, ..] => format!("cid {cid} is of event {seq}, which has {other}"),
        _ => "events and cids differ".into(),
    };
    for sql in [events, cids] {
        let found = readable(house, faults, "what belongs together", |house| house.ask(&sql, &[]))?;
        found.iter().flatten().for_each(|row| faults.add(format!("room {id}: {}", named(row))));
    }
    Ok(())
}

/// What is wrong with a row, and the rows with which it is.
const STRAYS: [(&str, &str); 12] = [
    (
        "name $ belongs to nobody",
        "SELECT folded FROM name WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = name.person)",
    ),
    (
        "a token (SHA-256 $) belongs to nobody",
        "SELECT hash FROM token WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = token.person)",
    ),
    (
        "a read mark of person $ is in a room that is not there",
        "SELECT person FROM read_mark WHERE NOT EXISTS (SELECT 1 FROM room WHERE key = read_mark.room)",
    ),
    (
        "person $ has read further than their room's head",
        "SELECT m.person FROM read_mark m JOIN room r ON r.key = m.room WHERE m.seq > r.head OR m.seq < 0",
    ),
    (
        "name $ is in use and free at once",
        "SELECT n.folded FROM name n JOIN person p ON p.id = n.person WHERE p.freed IS NOT NULL",
    ),
    (
        "person $ has an unknown role",
        "SELECT id FROM person WHERE role NOT IN ('member', 'moderator', 'owner')",
    ),
    (
        "a member of a room, person $, is not there",
        "SELECT person FROM member WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = member.person)",
    ),
    (
        "somebody hidden, or who hides, is not there: $",
        "SELECT other FROM hidden WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = hidden.other)
             OR NOT EXISTS (SELECT 1 FROM person WHERE id = hidden.person)",
    ),
    (
        "person $ is erased, and something of them is left",
        "SELECT id FROM person p WHERE erased IS NOT NULL AND (name <> '' OR role IS NOT NULL
             OR password IS NOT NULL OR EXISTS (SELECT 1 FROM name WHERE person = p.id)
             OR EXISTS (SELECT 1 FROM token WHERE person = p.id))",
    ),
    (
        "room $ has an unknown policy",
        "SELECT id FROM room WHERE read NOT IN ('guests', 'accounts', 'joined')
             OR write NOT IN ('guests', 'accounts', 'moderators')
             OR call NOT IN ('guests', 'accounts', 'moderators')",
    ),
    (
        "message $ is gone, and what it said before is left",
        "SELECT v.target FROM version v LEFT JOIN event e ON e.room = v.room AND e.seq = v.target
             WHERE e.text IS NULL",
    ),
    (
        "message $ is gone, and a reaction or a pin of it is left",
        "SELECT s.target FROM (SELECT room, target FROM reaction UNION ALL SELECT room, target FROM pin) s
             LEFT JOIN event e ON e.room = s.room AND e.seq = s.target WHERE e.text IS NULL",
    ),
];

/// Names what points to something that is not there.
fn strays(house: &mut dyn House, faults: &mut Faults) -> anyhow::Result<()> {
    for (sentence, sql) in STRAYS {
        let sql = format!("{sql} LIMIT {NAMED_MAX}");
        let found = readable(house, faults, "people", |house| house.ask(&sql, &[]))?;
        for row in found.iter().flatten() {
            faults.add(sentence.replace('$', &row[0].to_string()));
        }
    }
    let of_rooms = [
        ("event", "events"),
        ("cid", "cids"),
        ("member", "members"),
        ("invite", "invites"),
        ("sanction", "bans or mutes"),
        ("report", "reports"),
        ("audit", "audit lines"),
        ("version", "earlier versions"),
        ("reaction", "reactions"),
        ("pin", "pins"),
    ];
    for (table, what) in of_rooms {
        let known = "(SELECT 1 FROM room WHERE key = it.room)";
        let sql =
            format!("SELECT room FROM {table} it WHERE room IS NOT NULL AND NOT EXISTS {known} LIMIT 1");
        let found = readable(house, faults, what, |house| house.ask(&sql, &[]))?;
        if let Some(row) = found.iter().flatten().next() {
            faults.add(format!("there are {what} of a room that is not there (key {})", row[0]));
        }
    }
    Ok(())
}
