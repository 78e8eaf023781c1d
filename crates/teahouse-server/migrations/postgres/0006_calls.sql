-- Who was called by what, what they want to be told, and where it is pushed to. Times are in milliseconds since
-- 1970-01-01 UTC.

-- What was said to somebody: a mention, an answer, a reaction. `seq` is the message to jump to, `source` the event
-- that called. The ids of a person grow. A mention or an answer is also read by the room's read mark.
CREATE TABLE call (
    person       uuid   NOT NULL,
    id           bigint NOT NULL,
    kind         text   NOT NULL,
    room         bigint NOT NULL,
    seq          bigint NOT NULL,
    source       bigint NOT NULL,
    by           uuid   NOT NULL,
    at           bigint NOT NULL,
    emoji        text,
    read         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (person, id)
);
CREATE UNIQUE INDEX call_source ON call (room, source, person);
CREATE INDEX call_seq ON call (room, seq);
CREATE INDEX call_unread ON call (person, room) WHERE read = 0;

-- When somebody does not want to be told, and whether the text stays away.
CREATE TABLE quiet (
    person       uuid   PRIMARY KEY,
    from_minute  bigint,
    to_minute    bigint,
    zone         text,
    paused_until bigint,
    hide_text    bigint NOT NULL DEFAULT 0
);

-- A browser that is told while no page is open; it ends with its sign-in. `hash` is the SHA-256 of `endpoint`.
CREATE TABLE push (
    hash         bytea  PRIMARY KEY,
    person       uuid   NOT NULL,
    token        bytea  NOT NULL REFERENCES token (hash) ON DELETE CASCADE,
    endpoint     text   NOT NULL,
    p256dh       bytea  NOT NULL,
    auth         bytea  NOT NULL,
    origin       text   NOT NULL,
    made         bigint NOT NULL
);
CREATE INDEX push_person ON push (person);
CREATE INDEX push_token ON push (token);

-- Whom to tell of which room, and when it is time to look whether they have read it meanwhile. `made` is when the
-- oldest of it happened.
CREATE TABLE due (
    person       uuid   NOT NULL,
    room         bigint NOT NULL,
    at           bigint NOT NULL,
    made         bigint NOT NULL,
    tries        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (person, room)
);
CREATE INDEX due_at ON due (at);
