-- How far whoever makes something of the logs has come with each: what is made and this are written together.
CREATE TABLE follower (
    name text   NOT NULL,
    room bigint NOT NULL,
    seq  bigint NOT NULL,
    PRIMARY KEY (name, room)
);

-- The words of messages, cut by our own code. `id` is the time in milliseconds times 2^21, and a counter inside the
-- millisecond: the newest is found first. Made again where it is missing; in no backup of another kind of store.
CREATE TABLE search (
    id    bigint   PRIMARY KEY,
    room  bigint   NOT NULL,
    seq   bigint   NOT NULL,
    by    uuid     NOT NULL,
    words tsvector NOT NULL,
    UNIQUE (room, seq)
);
-- A list of what is not yet in its place would be read whole by every search.
CREATE INDEX search_words ON search USING gin (words) WITH (fastupdate = off);

-- Whoever changes a text or takes it away, in whatever way, takes it out of the index.
CREATE FUNCTION search_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search WHERE room = OLD.room AND seq = OLD.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER search_text_changed AFTER UPDATE OF text ON event
FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION search_forgets();
CREATE TRIGGER search_event_gone AFTER DELETE ON event
FOR EACH ROW WHEN (OLD.text IS NOT NULL) EXECUTE FUNCTION search_forgets();
