-- Version 6, of which src/factor/schema.sql is a part. Times are seconds since 1970-01-01T00:00:00Z.
PRAGMA application_id = 1685024624;

CREATE TABLE user (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    role TEXT NOT NULL,
    -- argon2id, as a PHC string; empty of those who sign in through a provider
    password TEXT NOT NULL,
    -- patterns, a line each
    accounts TEXT NOT NULL,
    -- a line each
    groups TEXT NOT NULL,
    -- the provider, and what it calls them for good
    issuer TEXT,
    subject TEXT,
    blocked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_of_provider ON user (issuer, subject) WHERE issuer IS NOT NULL;

-- Of a token only the SHA-256 is kept: who reads this file can sign in as nobody.
CREATE TABLE sign_in (
    token BLOB PRIMARY KEY,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
    began INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- API tokens; of each only the SHA-256 is kept, too. An id is never given again.
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- words, with a blank between them
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    -- when and from where it was used last
    used INTEGER,
    used_from TEXT,
    UNIQUE (user, name)
) STRICT;

CREATE TABLE set_up (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    token BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

-- What is wanted at every start.
CREATE TABLE wanted (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
