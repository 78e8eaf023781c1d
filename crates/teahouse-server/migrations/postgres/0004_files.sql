-- The same as migrations/sqlite: files.

-- `bytes` is how many were announced, and how many are kept once it is whole; `received` how many have come;
-- `about` what everybody sees of it (JSON), once it is whole. `room` and `seq` are the message that carries it.
-- `until` is when it goes; none for what a message carries, 0 for what is on its way out.
CREATE TABLE file (
    id       uuid   PRIMARY KEY,
    by       uuid   NOT NULL,
    name     text   NOT NULL,
    alt      text,
    bytes    bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    about    text,
    room     bigint,
    seq      bigint,
    made     bigint NOT NULL,
    until    bigint
);
CREATE INDEX file_by ON file (by, bytes);
CREATE INDEX file_event ON file (room, seq) WHERE room IS NOT NULL;
CREATE INDEX file_until ON file (until) WHERE until IS NOT NULL;
CREATE INDEX file_pieces ON file (made) WHERE received > 0;

-- What a message carries: what everybody sees of each file, a JSON array.
ALTER TABLE event ADD COLUMN files text;

-- Whoever takes a message away, in whatever way, takes its files: the bytes go when the row is found.
CREATE FUNCTION event_files_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.files := NULL;
    END IF;
    UPDATE file SET until = 0 WHERE room = OLD.room AND seq = OLD.seq;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER event_text_gone BEFORE UPDATE OF text ON event FOR EACH ROW
WHEN (NEW.text IS NULL AND OLD.files IS NOT NULL) EXECUTE FUNCTION event_files_gone();
CREATE TRIGGER event_gone BEFORE DELETE ON event FOR EACH ROW
WHEN (OLD.files IS NOT NULL) EXECUTE FUNCTION event_files_gone();
