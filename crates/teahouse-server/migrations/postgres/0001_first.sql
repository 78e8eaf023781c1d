-- The same tables as migrations/sqlite; what differs is said here. Numbers that never pass 2^63 are bigint,
-- 128-bit ids are uuid.

-- A room: a log, and how far it goes. Whoever appends locks the row, and so gives the next numbers.
CREATE TABLE room (
    key    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id     text   NOT NULL UNIQUE,
    name   text   NOT NULL,
    topic  text   NOT NULL,
    epoch  bigint NOT NULL,
    oldest bigint NOT NULL DEFAULT 1,
    head   bigint NOT NULL DEFAULT 0,
    n      bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The log. A text is here and nowhere else; it is NULL when it is gone, and `rev` is the number of the
-- event that changed it last.
CREATE TABLE event (
    room bigint NOT NULL,
    seq  bigint NOT NULL,
    kind text   NOT NULL,
    cid  uuid   NOT NULL,
    by   uuid   NOT NULL,
    at   bigint NOT NULL,
    n    bigint,
    rev  bigint,
    text text, -- NUL, which PostgreSQL has in no text, is U+0001 and 0; U+0001 is there twice
    PRIMARY KEY (room, seq)
);

-- What was ever sent, also after the event is gone.
CREATE TABLE cid (
    room bigint NOT NULL,
    cid  uuid   NOT NULL,
    seq  bigint NOT NULL,
    by   uuid,
    at   bigint,
    PRIMARY KEY (room, cid)
);

-- Whoever was here. No role is a guest. `seen` is exact to an hour. `freed` is the folded name that a
-- guest had until it was freed.
CREATE TABLE person (
    id       uuid   PRIMARY KEY,
    name     text   NOT NULL,
    role     text,
    password text,
    seen     bigint NOT NULL,
    freed    text
);
CREATE UNIQUE INDEX person_owner ON person (role) WHERE role = 'owner';
CREATE INDEX person_seen ON person (seen) WHERE role IS NULL AND freed IS NULL;
CREATE INDEX person_freed ON person (freed) WHERE freed IS NOT NULL;

-- Names as they are compared: nobody else has it.
CREATE TABLE name (
    folded text PRIMARY KEY,
    person uuid NOT NULL UNIQUE REFERENCES person (id)
);

-- SHA-256 of tokens; a token itself is nowhere.
CREATE TABLE token (
    hash   bytea PRIMARY KEY,
    person uuid  NOT NULL REFERENCES person (id)
);

-- How far somebody has read. It does not refer to the room: that would touch the room's row, which is the one
-- that everybody who appends needs.
CREATE TABLE read_mark (
    person uuid   NOT NULL,
    room   bigint NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (person, room)
);

-- Settings of the house.
CREATE TABLE setting (
    key   text PRIMARY KEY,
    value text NOT NULL
);
