//! The parts of a house: which columns of which tables are copied and compared, and in which order.
//!
//! A table that is not here is in no move and no comparison: whoever makes one names it here.

use tokio_postgres::types::Type;

use super::rows::Dialect;

/// A part of a house: a table, or what a table has of one room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    table: &'static Table,
    /// The room's number inside that store.
    room: Option<i64>,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number.
    N,
    /// A text.
    T,
    /// A person's id, or another of 128 bits.
    Id,
    /// A hash, or other bytes.
    Bytes,
    /// A room's number inside that store; in a row it is the room's id.
    Room,
    /// The same, where there may be none.
    MaybeRoom,
}
use Kind::{Bytes, Id, MaybeRoom, N, Room, T};

/// A table, its key first.
#[derive(Debug)]
struct Table {
    /// What people call what is in it.
    called: &'static str,
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// How many columns make its key.
    key: usize,
}

static EVENTS: Table = Table {
    called: "events",
    name: "event",
    columns: &[
        ("seq", N),
        ("kind", T),
        ("cid", Id),
        ("by", Id),
        ("at", N),
        ("n", N),
        ("rev", N),
        ("about", Id),
        ("target", N),
        ("text", T),
        ("files", T),
    ],
    key: 1,
};

static CIDS: Table = Table {
    called: "ids of messages",
    name: "cid",
    columns: &[("cid", Id), ("seq", N), ("by", Id), ("at", N)],
    key: 1,
};

/// What belongs to no room alone; who is named by others comes before them.
static COMMON: [Table; 24] = [
    Table {
        called: "people",
        name: "person",
        columns: &[
            ("id", Id),
            ("name", T),
            ("role", T),
            ("password", T),
            ("seen", N),
            ("freed", T),
            ("joined", N),
            ("picture", N),
            ("erased", N),
        ],
        key: 1,
    },
    Table { called: "names", name: "name", columns: &[("folded", T), ("person", Id)], key: 1 },
    Table {
        called: "tokens",
        name: "token",
        columns: &[("hash", Bytes), ("person", Id), ("made", N), ("seen", N), ("agent", T), ("address", T)],
        key: 1,
    },
    Table {
        called: "read marks",
        name: "read_mark",
        columns: &[("person", Id), ("room", Room), ("seq", N)],
        key: 2,
    },
    Table { called: "settings", name: "setting", columns: &[("key", T), ("value", T)], key: 1 },
    Table {
        called: "pictures",
        name: "picture",
        columns: &[("person", Id), ("kind", T), ("bytes", Bytes)],
        key: 1,
    },
    Table {
        called: "passkeys",
        name: "passkey",
        columns: &[("id", Bytes), ("person", Id), ("name", T), ("credential", T), ("made", N), ("used", N)],
        key: 1,
    },
    Table {
        called: "identities",
        name: "identity",
        columns: &[("issuer", T), ("subject", T), ("person", Id)],
        key: 2,
    },
    Table {
        called: "tickets",
        name: "ticket",
        columns: &[("hash", Bytes), ("kind", T), ("person", Id), ("data", T), ("until", N)],
        key: 1,
    },
    Table {
        called: "members",
        name: "member",
        columns: &[
            ("person", Id),
            ("room", Room),
            ("role", T),
            ("readable_from", N),
            ("level", T),
            ("muted", N),
            ("joined", N),
        ],
        key: 2,
    },
    Table {
        called: "invites",
        name: "invite",
        columns: &[
            ("id", N),
            ("hash", Bytes),
            ("room", Room),
            ("by", Id),
            ("made", N),
            ("until", N),
            ("uses_left", N),
        ],
        key: 1,
    },
    Table {
        called: "bans and mutes",
        name: "sanction",
        columns: &[
            ("id", N),
            ("kind", T),
            ("room", MaybeRoom),
            ("person", Id),
            ("range", T),
            ("until", N),
            ("reason", T),
            ("by", Id),
            ("at", N),
        ],
        key: 1,
    },
    Table { called: "hidden people", name: "hidden", columns: &[("person", Id), ("other", Id)], key: 2 },
    Table {
        called: "reports",
        name: "report",
        columns: &[
            ("id", N),
            ("room", Room),
            ("seq", N),
            ("text", T),
            ("about", Id),
            ("by", Id),
            ("reason", T),
            ("at", N),
            ("decided", N),
            ("decided_by", Id),
            ("decision", T),
        ],
        key: 1,
    },
    Table {
        called: "audit lines",
        name: "audit",
        columns: &[
            ("id", N),
            ("at", N),
            ("by", Id),
            ("action", T),
            ("room", MaybeRoom),
            ("about", Id),
            ("detail", T),
        ],
        key: 1,
    },
    Table {
        called: "earlier versions",
        name: "version",
        columns: &[("target", N), ("room", Room), ("seq", N), ("at", N), ("text", T)],
        key: 3,
    },
    Table {
        called: "reactions",
        name: "reaction",
        columns: &[("target", N), ("room", Room), ("emoji", T), ("person", Id), ("seq", N)],
        key: 4,
    },
    Table { called: "pins", name: "pin", columns: &[("target", N), ("room", Room), ("seq", N)], key: 2 },
    Table {
        called: "files",
        name: "file",
        columns: &[
            ("id", Id),
            ("by", Id),
            ("name", T),
            ("alt", T),
            ("bytes", N),
            ("received", N),
            ("about", T),
            ("room", MaybeRoom),
            ("seq", N),
            ("made", N),
            ("until", N),
        ],
        key: 1,
    },
    Table {
        called: "places of followers",
        name: "follower",
        columns: &[("name", T), ("room", Room), ("seq", N)],
        key: 2,
    },
    Table {
        called: "calls",
        name: "call",
        columns: &[
            ("person", Id),
            ("id", N),
            ("kind", T),
            ("room", Room),
            ("seq", N),
            ("source", N),
            ("by", Id),
            ("at", N),
            ("emoji", T),
            ("read", N),
        ],
        key: 2,
    },
    Table {
        called: "quiet hours",
        name: "quiet",
        columns: &[
            ("person", Id),
            ("from_minute", N),
            ("to_minute", N),
            ("zone", T),
            ("paused_until", N),
            ("hide_text", N),
        ],
        key: 1,
    },
    Table {
        called: "browsers that are told",
        name: "push",
        columns: &[
            ("hash", Bytes),
            ("person", Id),
            ("token", Bytes),
            ("endpoint", T),
            ("p256dh", Bytes),
            ("auth", Bytes),
            ("origin", T),
            ("made", N),
        ],
        key: 1,
    },
    Table {
        called: "what is to be told",
        name: "due",
        columns: &[("person", Id), ("room", Room), ("at", N), ("made", N), ("tries", N)],
        key: 2,
    },
];

impl Part {
    /// The log of the room with this number: seq, kind, cid, by, at, n, rev, about, target, text, files.
    pub(super) fn events(room: i64) -> Self {
        Self { table: &EVENTS, room: Some(room) }
    }

    /// What was ever sent to the room with this number: cid, seq, by, at.
    pub(super) fn cids(room: i64) -> Self {
        Self { table: &CIDS, room: Some(room) }
    }

    /// The parts that belong to no room, people first. Of the settings all but the mark, which belongs to the store
    /// and not to the house.
    pub(super) fn common() -> impl Iterator<Item = Self> {
        COMMON.iter().map(|table| Self { table, room: None })
    }

    /// What people call it.
    pub(super) fn called(self) -> &'static str {
        self.table.called
    }

    /// How many values make its key.
    pub(super) fn key_width(self) -> usize {
        self.table.key
    }

    /// Which of the values are ids of rooms, where the table has their numbers.
    pub(super) fn rooms(self) -> impl Iterator<Item = usize> {
        let columns = self.table.columns.iter().enumerate();
        columns.filter(|(_, (_, kind))| matches!(kind, Room | MaybeRoom)).map(|(place, _)| place)
    }

    /// Its columns, as they are read.
    pub(super) fn columns(self) -> String {
        let columns: Vec<String> = self.table.columns.iter().map(|column| read(*column)).collect();
        columns.join(", ")
    }

    /// From where they are read, and the condition that always holds.
    pub(super) fn source(self) -> (String, String) {
        let Table { name, columns, .. } = self.table;
        let has = |kind: Kind| columns.iter().any(|(_, it)| *it == kind);
        let rooms = match (has(Room), has(MaybeRoom)) {
            (true, _) => " JOIN room r ON r.key = it.room",
            (_, true) => " LEFT JOIN room r ON r.key = it.room",
            _ => "",
        };
        let always = match self.room {
            Some(room) => format!("it.room = {room}"),
            None if *name == "setting" => format!("it.key <> '{}'", crate::store::mark::KEY),
            // The index of messages is not copied: it is made again.
            None if *name == "follower" => "it.name <> 'search'".into(),
            None => "true".into(),
        };
        (format!("{name} it{rooms}"), always)
    }

    /// The columns of its key, ordered by their bytes.
    pub(super) fn key(self, dialect: Dialect) -> Vec<String> {
        let ordered = |column: &(&'static str, Kind)| {
            let order = if matches!(column.1, T | Room) { dialect.by_bytes() } else { "" };
            format!("{}{order}", read(*column))
        };
        self.table.columns[..self.table.key].iter().map(ordered).collect()
    }

    /// The table with the columns that are written, the room's number first where the part is of one.
    pub(super) fn written(self) -> (String, usize) {
        let of_room = self.room.map(|_| "room");
        let columns: Vec<&str> =
            of_room.into_iter().chain(self.table.columns.iter().map(|(name, _)| *name)).collect();
        (format!("{} ({})", self.table.name, columns.join(", ")), columns.len())
    }

    /// The number of its room.
    pub(super) fn room(self) -> Option<i64> {
        self.room
    }

    /// The types of what is written, in PostgreSQL.
    pub(super) fn types(self) -> Vec<Type> {
        let of_room = self.room.map(|_| Type::INT8);
        let types = self.table.columns.iter().map(|(_, kind)| match kind {
            N | Room | MaybeRoom => Type::INT8,
            T => Type::TEXT,
            Id => Type::UUID,
            Bytes => Type::BYTEA,
        });
        of_room.into_iter().chain(types).collect()
    }
}

/// A column as it is read.
fn read((name, kind): (&'static str, Kind)) -> String {
    match kind {
        Room | MaybeRoom => "r.id".into(),
        _ => format!("it.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TABLES;

    #[test]
    fn every_table_is_copied() {
        // The index is made again.
        let own = ["room", EVENTS.name, CIDS.name, "search"];
        let mut named: Vec<&str> = COMMON.iter().map(|table| table.name).chain(own).collect();
        let mut tables = TABLES.to_vec();
        named.sort_unstable();
        tables.sort_unstable();
        assert_eq!(named, tables);
    }
}
