"""The tables of the sandbox's database file. A change of one is a new `FILE_VERSION`.

A new table is not such a change: an older file gets it when it is opened. Nor is `AUTOINCREMENT`,
which older files lack: they are read and written in the same way.
"""

FILE_VERSION = 3

TABLES = """
CREATE TABLE IF NOT EXISTS sandbox (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    clock_offset INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS definition (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a read may still have a deleted one
    sandbox_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    body BLOB NOT NULL,
    published_at INTEGER,
    UNIQUE (sandbox_id, kind, name, version)
);
CREATE TABLE IF NOT EXISTS own_schema (
    sandbox_id INTEGER NOT NULL,
    uri TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (sandbox_id, uri)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS more_schemas (sandbox_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: profile_change refers to it
    sandbox_id INTEGER NOT NULL,
    event_id BLOB NOT NULL,  -- the 16 bytes of the UUID: half an index is twice as much in memory
    collector_tstamp INTEGER NOT NULL,
    user_id TEXT,
    session_id TEXT,
    payload BLOB NOT NULL,
    received BLOB NOT NULL,
    UNIQUE (sandbox_id, event_id)
);
CREATE INDEX IF NOT EXISTS event_sandbox ON event (sandbox_id);
CREATE INDEX IF NOT EXISTS event_session ON event (sandbox_id, session_id)
    WHERE session_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS failed_event (
    seq INTEGER PRIMARY KEY,
    sandbox_id INTEGER NOT NULL,
    event_id TEXT,
    collector_tstamp INTEGER NOT NULL,
    user_id TEXT,
    payload BLOB NOT NULL,
    failures BLOB NOT NULL,
    request INTEGER
);
CREATE INDEX IF NOT EXISTS failed_event_sandbox ON failed_event (sandbox_id, seq);
CREATE TABLE IF NOT EXISTS request (
    seq INTEGER PRIMARY KEY,
    sandbox_id INTEGER NOT NULL,
    name INTEGER NOT NULL,  -- a hash of the content
    is_whole INTEGER NOT NULL,  -- with its query string and its body
    content BLOB NOT NULL,
    UNIQUE (sandbox_id, name)
);
CREATE INDEX IF NOT EXISTS request_kind ON request (sandbox_id, is_whole, seq);
CREATE TABLE IF NOT EXISTS profile (
    group_id INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (group_id, identifier)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profile_change (
    group_id INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    seq INTEGER NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (group_id, identifier, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fired (
    sandbox_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    attribute_key TEXT NOT NULL,
    identifier TEXT NOT NULL,
    PRIMARY KEY (sandbox_id, name, version, attribute_key, identifier)
) WITHOUT ROWID;
"""
