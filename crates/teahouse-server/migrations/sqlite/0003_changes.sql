-- Messages that change: what stands beside them. The message comes first in each key, because tools read a table in
-- an order that is the same in every store, and a room's number is not.

-- Who may call everybody at once.
ALTER TABLE room ADD COLUMN call TEXT NOT NULL DEFAULT 'moderators';

-- What an edited message said before, for moderators; `seq` is the event that wrote it, and `at` when that was.
CREATE TABLE version (
    target INTEGER NOT NULL,
    room   INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    text   TEXT    NOT NULL,
    PRIMARY KEY (target, room, seq)
) STRICT, WITHOUT ROWID;

-- What is under a message now; `seq` is the event that put it there.
CREATE TABLE reaction (
    target INTEGER NOT NULL,
    room   INTEGER NOT NULL,
    emoji  TEXT    NOT NULL,
    person BLOB    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (target, room, emoji, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_person ON reaction (person);

-- What is kept in view now; `seq` is the event that put it there.
CREATE TABLE pin (
    target INTEGER NOT NULL,
    room   INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (target, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX pin_room ON pin (room, seq);

-- What stands in a list: a page of history skips any number of reactions at once.
CREATE INDEX event_listed ON event (room, seq) WHERE kind NOT IN ('edit', 'delete', 'reaction');
-- What replies to a message.
CREATE INDEX event_reply ON event (room, target, seq) WHERE kind = 'message' AND target IS NOT NULL;
