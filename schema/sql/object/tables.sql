-- Tables of one aggregate instance, in its own object. Created by its first commit.

-- The stream: the one place where an event is stored. Everything else can be rebuilt from here.
CREATE TABLE IF NOT EXISTS events (
  version        INTEGER PRIMARY KEY,  -- place in the stream: 1, 2, 3 … without gaps
  id             TEXT    NOT NULL,     -- UUIDv7
  type           TEXT    NOT NULL,     -- stored name of the event type
  schema_version INTEGER NOT NULL,     -- schema version of the data
  time           INTEGER NOT NULL,     -- when it was decided, in milliseconds since 1970
  command_id     TEXT    NOT NULL,     -- the command that led to it
  metadata       TEXT    NOT NULL,     -- JSON: correlation, causation, trace
  data           TEXT    NOT NULL      -- JSON
) STRICT;

-- Outcomes of accepted commands, and of refused ones that followed from an event, so that a repeat gets the first one. No index on expires_at: it would cost a row written
-- for every command, and a scan by the alarm costs a thousandth of that.
CREATE TABLE IF NOT EXISTS outcomes (
  command_id  TEXT    PRIMARY KEY,
  fingerprint TEXT    NOT NULL,        -- SHA-256 of name and canonical payload, hex; of a refused one, its refusal as JSON
  after       INTEGER NOT NULL,        -- version before the command
  through     INTEGER NOT NULL,        -- version after it
  expires_at  INTEGER NOT NULL         -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

-- The cursors: events up to here have reached all their destinations, or are journalled. One row.
CREATE TABLE IF NOT EXISTS cursors (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  confirmed  INTEGER NOT NULL,         -- the bus: of what has not arrived, a hold says why
  journalled INTEGER NOT NULL
) STRICT;

-- The id of the instance. The platform may wake an object without telling it its name. One row.
CREATE TABLE IF NOT EXISTS named (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id  TEXT    NOT NULL
) STRICT;

-- High-water marks of foreign streams: everything up to the version was received.
CREATE TABLE IF NOT EXISTS marks (
  source_type TEXT    NOT NULL,
  source_id   TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (source_type, source_id)
) STRICT, WITHOUT ROWID;

-- The state at some version, so that a fold can begin there. One row. Derived: it may be thrown away at any time.
CREATE TABLE IF NOT EXISTS snapshots (
  one           INTEGER PRIMARY KEY CHECK (one = 1),
  version       INTEGER NOT NULL,      -- version that the state is at
  state_version INTEGER NOT NULL,      -- schema version of the state
  state         TEXT    NOT NULL       -- JSON
) STRICT;
