-- What somebody tells of themselves: a line, the zone of their clock as a name such as Asia/Shanghai, and whether they
-- stepped away.
ALTER TABLE person
    ADD COLUMN line text,
    ADD COLUMN zone text,
    ADD COLUMN away bigint NOT NULL DEFAULT 0;
