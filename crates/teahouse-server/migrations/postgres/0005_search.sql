-- How far whoever makes something of the logs has come with each: what is made and this are written together.
CREATE TABLE follower (
    name text   NOT NULL,
    room bigint NOT NULL,
    seq  bigint NOT NULL,
    PRIMARY KEY (name, room)
);
