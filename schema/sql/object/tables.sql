-- Tables of one aggregate instance, in its own object. Created by its first commit.

-- The stream: the one place where an event is stored. Everything else can be rebuilt from here.
CREATE TABLE IF NOT EXISTS events (
  version        INTEGER PRIMARY KEY,  -- place in the stream: 1, 2, 3 … without gaps
  id             TEXT    NOT NULL,     -- UUIDv7
  type           TEXT    NOT NULL,     -- stored name of the event type
  schema_version INTEGER NOT NULL,     -- schema version of the data
  time           INTEGER NOT NULL,     -- when it was decided, in milliseconds since 1970; never falls
  command_id     TEXT    NOT NULL,     -- the command that led to it
  metadata       TEXT    NOT NULL,     -- JSON: correlation, causation, trace
  data           TEXT    NOT NULL      -- JSON
) STRICT;

-- Outcomes of accepted commands, and of refused ones that followed from an event, so that a repeat gets the first one. The
-- key begins with the day, so that expired ones are deleted as a range: an index on expires_at would cost a row written for
-- every command. A command is looked up under each day that its outcome can have. An expired outcome may lie beside a new
-- one of the same command.
CREATE TABLE IF NOT EXISTS outcomes (
  day         INTEGER NOT NULL,        -- day of expires_at, counted from 1970
  command_id  TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,        -- SHA-256 of name and canonical payload, hex; of a refused one, its refusal as JSON
  after       INTEGER NOT NULL,        -- version before the command
  through     INTEGER NOT NULL,        -- version after it
  expires_at  INTEGER NOT NULL,        -- milliseconds since 1970
  PRIMARY KEY (day, command_id)
) STRICT, WITHOUT ROWID;

-- The cursors: events up to here have reached all their destinations, or are journalled. One row.
CREATE TABLE IF NOT EXISTS cursors (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  confirmed  INTEGER NOT NULL,         -- the bus: of what has not arrived, a hold says why
  journalled INTEGER NOT NULL,         -- the journal has those that are published
  published  INTEGER NOT NULL          -- the last one of these; 0 when there is none
) STRICT;

-- The id of the instance: the platform may wake an object without telling it its name. And the partition of the journal in
-- which its stream began, and stays. One row.
CREATE TABLE IF NOT EXISTS named (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  id        TEXT    NOT NULL,
  partition INTEGER NOT NULL
) STRICT;

-- High-water marks of foreign streams: everything up to the version was received.
CREATE TABLE IF NOT EXISTS marks (
  source_type TEXT    NOT NULL,
  source_id   TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (source_type, source_id)
) STRICT, WITHOUT ROWID;

-- The state at some versions, so that a fold to the present or to a past version can begin near it. Derived: they may be
-- thrown away at any time.
CREATE TABLE IF NOT EXISTS snapshots (
  state_version INTEGER NOT NULL,      -- schema version of the state
  version       INTEGER NOT NULL,      -- version that the state is at
  state         TEXT    NOT NULL,      -- JSON
  PRIMARY KEY (state_version, version)
) STRICT, WITHOUT ROWID;
