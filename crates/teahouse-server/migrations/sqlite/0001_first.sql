-- A room: a log, and how far it goes. `key` is its number inside this file.
CREATE TABLE room (
    key    INTEGER PRIMARY KEY,
    id     TEXT    NOT NULL UNIQUE,
    name   TEXT    NOT NULL,
    topic  TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    oldest INTEGER NOT NULL DEFAULT 1,
    head   INTEGER NOT NULL DEFAULT 0,
    n      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The log. A text is here and nowhere else; it is NULL when it is gone, and `rev` is the number of the
-- event that changed it last. Only the writer adds rows, after it has read the room's: no foreign key.
CREATE TABLE event (
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    cid  BLOB    NOT NULL,
    by   BLOB    NOT NULL,
    at   INTEGER NOT NULL,
    n    INTEGER,
    rev  INTEGER,
    text TEXT,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

-- What was ever sent, also after the event is gone: asking twice gives the first answer twice.
-- Its order is random, so that each row may cost a page: it is narrow. Who and when are in the event's
-- row; whoever removes that one writes them here.
CREATE TABLE cid (
    room INTEGER NOT NULL,
    cid  BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    by   BLOB,
    at   INTEGER,
    PRIMARY KEY (room, cid)
) STRICT, WITHOUT ROWID;

-- Whoever was here. No role is a guest. `seen` is exact to an hour. `freed` is the folded name that a
-- guest had until it was freed.
CREATE TABLE person (
    id       BLOB    PRIMARY KEY,
    name     TEXT    NOT NULL,
    role     TEXT,
    password TEXT,
    seen     INTEGER NOT NULL,
    freed    TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_owner ON person (role) WHERE role = 'owner';
CREATE INDEX person_seen ON person (seen) WHERE role IS NULL AND freed IS NULL;
CREATE INDEX person_freed ON person (freed) WHERE freed IS NOT NULL;

-- Names as they are compared: nobody else has it.
CREATE TABLE name (
    folded TEXT PRIMARY KEY,
    person BLOB NOT NULL UNIQUE REFERENCES person (id)
) STRICT, WITHOUT ROWID;

-- SHA-256 of tokens; a token itself is nowhere.
CREATE TABLE token (
    hash   BLOB PRIMARY KEY,
    person BLOB NOT NULL REFERENCES person (id)
) STRICT, WITHOUT ROWID;

-- How far somebody has read.
CREATE TABLE read_mark (
    person BLOB    NOT NULL,
    room   INTEGER NOT NULL REFERENCES room (key),
    seq    INTEGER NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;

-- Settings of the house.
CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
