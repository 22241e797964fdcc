-- From version 3 to 4: API tokens.
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
