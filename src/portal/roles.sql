-- From version 2 to 3: the table of users no longer knows which roles there are. Nobody loses a sign-in: they are put
-- aside while the table is made anew that they hang on.
CREATE TABLE kept AS SELECT token, user, began, seen FROM sign_in;
DROP TABLE sign_in;

ALTER TABLE user RENAME TO old_user;
CREATE TABLE user (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    role TEXT NOT NULL,
    -- argon2id, as a PHC string
    password TEXT NOT NULL,
    -- patterns, a line each
    accounts TEXT NOT NULL,
    -- a line each
    groups TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO user (name, role, password, accounts, groups) SELECT name, role, password, accounts, groups FROM old_user;
DROP TABLE old_user;

CREATE TABLE sign_in (
    token BLOB PRIMARY KEY,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
    began INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sign_in (token, user, began, seen) SELECT token, user, began, seen FROM kept;
DROP TABLE kept;
