-- Version 1. Times are microseconds since 1970-01-01T00:00:00Z; what a row has not, is ''.
PRAGMA application_id = 1685024626;

CREATE TABLE activity (
    number INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    time INTEGER NOT NULL,
    session TEXT NOT NULL,
    user TEXT NOT NULL,
    action TEXT NOT NULL,
    vault TEXT NOT NULL,
    safe TEXT NOT NULL,
    account TEXT NOT NULL,
    connector TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    client_address TEXT NOT NULL,
    outcome TEXT NOT NULL,
    details TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;

CREATE INDEX activity_session ON activity (session);

-- The end of the chain, sealed: without it, rows missing at the end would not be missed.
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL,
    hash BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;

-- Sessions that began and have not ended, so that a start need not read the whole record.
CREATE TABLE open_session (session TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- One-time codes that were given out: each (secret, counter) once.
CREATE TABLE lease (
    id BLOB NOT NULL,
    counter INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id, counter)
) STRICT, WITHOUT ROWID;

CREATE INDEX lease_expires ON lease (expires);

CREATE TRIGGER activity_is_not_updated BEFORE UPDATE ON activity
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER activity_is_not_deleted BEFORE DELETE ON activity
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER activity_grows_at_its_end BEFORE INSERT ON activity
WHEN NEW.number <= (SELECT ifnull(max(number), 0) FROM activity)
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER head_is_not_deleted BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER head_moves_on BEFORE UPDATE ON head WHEN NEW.count <= OLD.count
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER session_opens AFTER INSERT ON activity WHEN NEW.action = 'Connect'
BEGIN INSERT OR IGNORE INTO open_session (session) VALUES (NEW.session); END;

CREATE TRIGGER session_ends AFTER INSERT ON activity
WHEN NEW.action IN ('Disconnect', 'ConnectFailed', 'ConnectRefused')
BEGIN DELETE FROM open_session WHERE session = NEW.session; END;
