-- The same as migrations/sqlite: messages that change, and what stands beside them. The message comes first in each
-- key, because tools read a table in an order that is the same in every store, and a room's number is not.

-- Who may call everybody at once.
ALTER TABLE room ADD COLUMN call text NOT NULL DEFAULT 'moderators';

-- What an edited message said before, for moderators; `seq` is the event that wrote it, and `at` when that was.
CREATE TABLE version (
    target bigint NOT NULL,
    room   bigint NOT NULL,
    seq    bigint NOT NULL,
    at     bigint NOT NULL,
    text   text   NOT NULL,
    PRIMARY KEY (target, room, seq)
);

-- What is under a message now; `seq` is the event that put it there.
CREATE TABLE reaction (
    target bigint NOT NULL,
    room   bigint NOT NULL,
    emoji  text   NOT NULL,
    person uuid   NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (target, room, emoji, person)
);
CREATE INDEX reaction_person ON reaction (person);

-- What is kept in view now; `seq` is the event that put it there.
CREATE TABLE pin (
    target bigint NOT NULL,
    room   bigint NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (target, room)
);
CREATE INDEX pin_room ON pin (room, seq);

-- What stands in a list: a page of history skips any number of reactions at once.
CREATE INDEX event_listed ON event (room, seq) WHERE kind NOT IN ('edit', 'delete', 'reaction');
-- What replies to a message.
CREATE INDEX event_reply ON event (room, target, seq) WHERE kind = 'message' AND target IS NOT NULL;
