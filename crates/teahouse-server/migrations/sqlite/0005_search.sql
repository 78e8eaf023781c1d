-- How far whoever makes something of the logs has come with each: what is made and this are written together.
CREATE TABLE follower (
    name TEXT    NOT NULL,
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (name, room)
) STRICT, WITHOUT ROWID;
