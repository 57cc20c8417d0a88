"""The tables of the app's file. Everything but a user's home and the rooms belongs to a world."""

from lib.world.building_state import BUILDING_TABLES
from lib.world.code_state import CODE_TABLES
from lib.world.kept_draft import DRAFT_TABLE
from lib.world.profile_state import PROFILE_TABLE
from lib.world.room_state import ROOM_TABLES
from lib.world.words_state import WORDS_TABLE

SCHEMA = f"""
{ROOM_TABLES}{PROFILE_TABLE}{DRAFT_TABLE}{CODE_TABLES}{WORDS_TABLE}{BUILDING_TABLES}
CREATE TABLE IF NOT EXISTS home (user_id TEXT PRIMARY KEY, sandbox_token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS project (world TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reading (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL, body BLOB NOT NULL,
    ahead REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS reading_world ON reading (world, seq);
CREATE TABLE IF NOT EXISTS mark (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL,
    kind TEXT NOT NULL, label TEXT NOT NULL, ahead REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS mark_world ON mark (world, seq);
CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, intervention_id TEXT NOT NULL,
    tstamp REAL NOT NULL, body BLOB NOT NULL, answer TEXT, ahead REAL NOT NULL DEFAULT 0,
    UNIQUE (world, intervention_id)
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, event_id TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (world, event_id)
);
CREATE TABLE IF NOT EXISTS shown (
    world TEXT NOT NULL, intervention_id TEXT NOT NULL, tstamp REAL NOT NULL,
    problem TEXT NOT NULL DEFAULT '', UNIQUE (world, intervention_id)
);
CREATE TABLE IF NOT EXISTS guide (
    world TEXT NOT NULL, step TEXT NOT NULL, tstamp REAL NOT NULL, UNIQUE (world, step)
);
CREATE TABLE IF NOT EXISTS missed (
    world TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, tstamp REAL NOT NULL,
    ahead REAL NOT NULL DEFAULT 0,
    UNIQUE (world, name, version)
);
"""
TIMED_TABLES = ("reading", "mark", "inbox", "missed")
LATER_COLUMNS = {
    "shown": ("problem", "TEXT NOT NULL DEFAULT ''"),
    **{table: ("ahead", "REAL NOT NULL DEFAULT 0") for table in TIMED_TABLES},
}
WORLD_TABLES = (
    "project",
    "outbox",
    "guide",
    "member",
    "role",
    "shown",
    "profile",
    "draft",
    "words",
    *TIMED_TABLES,
)
ADD_HOME = "INSERT OR IGNORE INTO home (user_id, sandbox_token) VALUES (?, ?)"
ADD_SHOWN = (
    "INSERT OR IGNORE INTO shown (world, intervention_id, tstamp, problem) VALUES (?, ?, ?, ?)"
)
ADD_GUIDE_STEP = "INSERT OR IGNORE INTO guide (world, step, tstamp) VALUES (?, ?, ?)"
