-- People with accounts, rooms with rights. Times are in milliseconds since 1970-01-01 UTC; yes is 1.

-- `picture` is the version of theirs. `erased` is when their account was deleted: then the name is empty, and
-- password and role are gone.
ALTER TABLE person ADD COLUMN joined  INTEGER;
ALTER TABLE person ADD COLUMN picture INTEGER;
ALTER TABLE person ADD COLUMN erased  INTEGER;

CREATE TABLE picture (
    person BLOB PRIMARY KEY REFERENCES person (id),
    kind   TEXT NOT NULL,
    bytes  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A sign-in: since when, last used when, by what and from where.
ALTER TABLE token ADD COLUMN made    INTEGER;
ALTER TABLE token ADD COLUMN seen    INTEGER;
ALTER TABLE token ADD COLUMN agent   TEXT;
ALTER TABLE token ADD COLUMN address TEXT;
CREATE INDEX token_person ON token (person);

-- What somebody can sign in with; `credential` is what the check needs, as JSON.
CREATE TABLE passkey (
    id         BLOB    PRIMARY KEY,
    person     BLOB    NOT NULL REFERENCES person (id),
    name       TEXT    NOT NULL,
    credential TEXT    NOT NULL,
    made       INTEGER NOT NULL,
    used       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_person ON passkey (person);

-- Who somebody is for a provider that they sign in with.
CREATE TABLE identity (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    person  BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_person ON identity (person);

-- SHA-256 of what is good for one use: codes, links, challenges.
CREATE TABLE ticket (
    hash   BLOB    PRIMARY KEY,
    kind   TEXT    NOT NULL,
    person BLOB,
    data   TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_until ON ticket (until);
CREATE INDEX ticket_person ON ticket (person);

-- Who may read and write, who sees what was before they came, how often they may write, how long it is kept.
-- `pair` is the sorted ids of the people of a direct room, so that they have one.
ALTER TABLE room ADD COLUMN slug      TEXT;
ALTER TABLE room ADD COLUMN read      TEXT    NOT NULL DEFAULT 'guests';
ALTER TABLE room ADD COLUMN write     TEXT    NOT NULL DEFAULT 'guests';
ALTER TABLE room ADD COLUMN history   INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN slow_s    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN keep_days INTEGER;
ALTER TABLE room ADD COLUMN direct    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN pair      TEXT;
ALTER TABLE room ADD COLUMN archived  INTEGER;
ALTER TABLE room ADD COLUMN made      INTEGER;
ALTER TABLE room ADD COLUMN by        BLOB;
CREATE UNIQUE INDEX room_slug ON room (slug);
CREATE UNIQUE INDEX room_pair ON room (pair);
CREATE INDEX room_keep ON room (key) WHERE keep_days IS NOT NULL;

-- Who is in a room, as what, and from which number on they may read it.
CREATE TABLE member (
    room          INTEGER NOT NULL,
    person        BLOB    NOT NULL,
    role          TEXT    NOT NULL DEFAULT 'member',
    readable_from INTEGER NOT NULL DEFAULT 1,
    level         TEXT    NOT NULL DEFAULT 'mentions',
    muted         INTEGER NOT NULL DEFAULT 0,
    joined        INTEGER NOT NULL,
    PRIMARY KEY (room, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_person ON member (person);

-- Links into a room; without `until` for ever, without `uses_left` for any number of people.
CREATE TABLE invite (
    id        INTEGER PRIMARY KEY,
    hash      BLOB    NOT NULL UNIQUE,
    room      INTEGER NOT NULL,
    by        BLOB    NOT NULL,
    made      INTEGER NOT NULL,
    until     INTEGER,
    uses_left INTEGER
) STRICT;
CREATE INDEX invite_room ON invite (room);

-- Who has to stay out ('ban') or be silent ('mute'), in a room or in the whole house, by person or by range of
-- addresses.
CREATE TABLE sanction (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,
    room   INTEGER,
    person BLOB,
    range  TEXT,
    until  INTEGER,
    reason TEXT    NOT NULL,
    by     BLOB    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX sanction_person ON sanction (person);
CREATE INDEX sanction_room ON sanction (room);
CREATE INDEX sanction_range ON sanction (range) WHERE range IS NOT NULL;

-- Whom somebody does not want to see.
CREATE TABLE hidden (
    person BLOB NOT NULL,
    other  BLOB NOT NULL,
    PRIMARY KEY (person, other)
) STRICT, WITHOUT ROWID;

-- What moderators are asked to look at; `text` and `about` are as they were then.
CREATE TABLE report (
    id         INTEGER PRIMARY KEY,
    room       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    text       TEXT,
    about      BLOB,
    by         BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    decided    INTEGER,
    decided_by BLOB,
    decision   TEXT,
    UNIQUE (room, seq, by)
) STRICT;
CREATE INDEX report_open ON report (at) WHERE decided IS NULL;

-- Who did what to whom. By nobody is from the terminal; `detail` is JSON.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    by     BLOB,
    action TEXT    NOT NULL,
    room   INTEGER,
    about  BLOB,
    detail TEXT    NOT NULL
) STRICT;

-- Whom and which event it is about. The text of what is not a message is its body as JSON, without these two.
ALTER TABLE event ADD COLUMN about  BLOB;
ALTER TABLE event ADD COLUMN target INTEGER;
