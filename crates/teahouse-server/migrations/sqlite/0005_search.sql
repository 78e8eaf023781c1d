-- How far whoever makes something of the logs has come with each: what is made and this are written together.
CREATE TABLE follower (
    name TEXT    NOT NULL,
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (name, room)
) STRICT, WITHOUT ROWID;

-- The words of messages, cut by our own code. `id` is the time in milliseconds times 2^21, and a counter inside the
-- millisecond: the newest is found first. Made again where it is missing; in no backup of another kind of store.
CREATE TABLE search (
    id    INTEGER PRIMARY KEY,
    room  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    by    BLOB    NOT NULL,
    words TEXT    NOT NULL,
    UNIQUE (room, seq)
) STRICT;
CREATE VIRTUAL TABLE search_words USING fts5(words, content='search', content_rowid='id', tokenize='ascii');
-- What is deleted leaves the files of the index at once.
INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER search_added AFTER INSERT ON search
BEGIN
    INSERT INTO search_words (rowid, words) VALUES (NEW.id, NEW.words);
END;
CREATE TRIGGER search_removed AFTER DELETE ON search
BEGIN
    INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', OLD.id, OLD.words);
END;

-- Whoever changes a text or takes it away, in whatever way, takes it out of the index.
CREATE TRIGGER search_text_changed AFTER UPDATE OF text ON event
WHEN OLD.text IS NOT NEW.text
BEGIN
    DELETE FROM search WHERE room = OLD.room AND seq = OLD.seq;
END;
CREATE TRIGGER search_event_gone AFTER DELETE ON event
WHEN OLD.text IS NOT NULL
BEGIN
    DELETE FROM search WHERE room = OLD.room AND seq = OLD.seq;
END;
