-- The stream: the one place where an event is stored. Everything else can be rebuilt from here, but for the outcomes of commands:
-- that of a command with events lies in the row of the first one, so that it costs no row of its own.
CREATE TABLE IF NOT EXISTS events (
  version        INTEGER PRIMARY KEY,  -- place in the stream: 1, 2, 3 … without gaps
  id             TEXT    NOT NULL,     -- UUIDv7
  type           TEXT    NOT NULL,     -- stored name of the event type
  schema_version INTEGER NOT NULL,     -- schema version of the data
  time           INTEGER NOT NULL,     -- when it was decided, in milliseconds since 1970; never falls
  command_id     TEXT    NOT NULL,     -- the command that led to it
  metadata       TEXT    NOT NULL,     -- JSON: correlation, causation, trace
  data           TEXT    NOT NULL,     -- JSON
  fingerprint    TEXT,                 -- of the command that begins here, see outcomes; null where no outcome is kept here
  through        INTEGER,              -- version after that command
  expires_at     INTEGER               -- of its outcome, in milliseconds since 1970
) STRICT;
