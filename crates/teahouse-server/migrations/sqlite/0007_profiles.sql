-- What somebody tells of themselves: a line, the zone of their clock as a name such as Asia/Shanghai, and whether they
-- stepped away.
ALTER TABLE person ADD COLUMN line TEXT;
ALTER TABLE person ADD COLUMN zone TEXT;
ALTER TABLE person ADD COLUMN away INTEGER NOT NULL DEFAULT 0;
