-- Files. Their bytes are in a folder or a bucket under the same id.

-- `bytes` is how many were announced, and how many are kept once it is whole; `received` how many have come;
-- `about` what everybody sees of it (JSON), once it is whole. `room` and `seq` are the message that carries it.
-- `until` is when it goes; none for what a message carries, 0 for what is on its way out.
CREATE TABLE file (
    id       BLOB    PRIMARY KEY,
    by       BLOB    NOT NULL,
    name     TEXT    NOT NULL,
    alt      TEXT,
    bytes    INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,
    about    TEXT,
    room     INTEGER,
    seq      INTEGER,
    made     INTEGER NOT NULL,
    until    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX file_by ON file (by, bytes);
CREATE INDEX file_event ON file (room, seq) WHERE room IS NOT NULL;
CREATE INDEX file_until ON file (until) WHERE until IS NOT NULL;
CREATE INDEX file_pieces ON file (made) WHERE received > 0;

-- What a message carries: what everybody sees of each file, a JSON array.
ALTER TABLE event ADD COLUMN files TEXT;

-- Whoever takes a message away, in whatever way, takes its files: the bytes go when the row is found.
CREATE TRIGGER event_text_gone AFTER UPDATE OF text ON event
WHEN NEW.text IS NULL AND OLD.files IS NOT NULL
BEGIN
    UPDATE event SET files = NULL WHERE room = NEW.room AND seq = NEW.seq;
    UPDATE file SET until = 0 WHERE room = NEW.room AND seq = NEW.seq;
END;
CREATE TRIGGER event_gone AFTER DELETE ON event
WHEN OLD.files IS NOT NULL
BEGIN
    UPDATE file SET until = 0 WHERE room = OLD.room AND seq = OLD.seq;
END;
