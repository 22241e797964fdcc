-- Second factors. Times are seconds since 1970-01-01T00:00:00Z where nothing else is said.
CREATE TABLE factor (
    -- empty for a user of the portal; else the user as whom an application asks
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- sealed with the key in factor.key
    seed BLOB NOT NULL,
    begun INTEGER NOT NULL,
    -- since when it counts: its first right code
    enabled INTEGER,
    -- the period of the last code that was accepted: only later ones are
    counter INTEGER NOT NULL DEFAULT -1,
    -- by how many periods the clock of the device is ahead
    drift INTEGER NOT NULL DEFAULT 0,
    -- what was refused since the last one that was right, and when the last of it was, in milliseconds
    refused INTEGER NOT NULL DEFAULT 0,
    refused_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (realm, subject)
) STRICT, WITHOUT ROWID;

-- Of a recovery code only an HMAC is kept.
CREATE TABLE recovery_code (
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash BLOB NOT NULL,
    used INTEGER,
    PRIMARY KEY (realm, subject, hash),
    FOREIGN KEY (realm, subject) REFERENCES factor (realm, subject) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    -- what the authenticator calls it
    credential BLOB NOT NULL UNIQUE,
    -- its public key and counter, as JSON
    passkey TEXT NOT NULL,
    made INTEGER NOT NULL,
    used INTEGER,
    UNIQUE (realm, subject, name),
    FOREIGN KEY (realm, subject) REFERENCES factor (realm, subject) ON DELETE CASCADE
) STRICT;

-- A reset that one administrator asked for and another has to confirm.
CREATE TABLE factor_reset (
    user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
    asked_by TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER factor_of_user_gone AFTER DELETE ON user BEGIN
    DELETE FROM factor WHERE realm = OLD.name OR (realm = '' AND subject = OLD.name);
END;
