-- Who was called by what, what they want to be told, and where it is pushed to. Times are in milliseconds since
-- 1970-01-01 UTC.

-- What was said to somebody: a mention, an answer, a reaction. `seq` is the message to jump to, `source` the event
-- that called. The ids of a person grow. A mention or an answer is also read by the room's read mark.
CREATE TABLE call (
    person BLOB    NOT NULL,
    id     INTEGER NOT NULL,
    kind   TEXT    NOT NULL,
    room   INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    source INTEGER NOT NULL,
    by     BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    emoji  TEXT,
    read   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX call_source ON call (room, source, person);
CREATE INDEX call_seq ON call (room, seq);
CREATE INDEX call_unread ON call (person, room) WHERE read = 0;

-- When somebody does not want to be told, and whether the text stays away.
CREATE TABLE quiet (
    person       BLOB    PRIMARY KEY,
    from_minute  INTEGER,
    to_minute    INTEGER,
    zone         TEXT,
    paused_until INTEGER,
    hide_text    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- A browser that is told while no page is open; it ends with its sign-in. `hash` is the SHA-256 of `endpoint`.
CREATE TABLE push (
    hash     BLOB    PRIMARY KEY,
    person   BLOB    NOT NULL,
    token    BLOB    NOT NULL REFERENCES token (hash) ON DELETE CASCADE,
    endpoint TEXT    NOT NULL,
    p256dh   BLOB    NOT NULL,
    auth     BLOB    NOT NULL,
    origin   TEXT    NOT NULL,
    made     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX push_person ON push (person);
CREATE INDEX push_token ON push (token);

-- Whom to tell of which room, and when it is time to look whether they have read it meanwhile. `made` is when the
-- oldest of it happened.
CREATE TABLE due (
    person BLOB    NOT NULL,
    room   INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    made   INTEGER NOT NULL,
    tries  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_at ON due (at);
