-- How queued commands of one principal ended whose instances do not keep that, in the object of its name.
CREATE TABLE IF NOT EXISTS apart (
  seq        INTEGER PRIMARY KEY,
  stream     TEXT    NOT NULL,  -- the instance, as JSON
  command    TEXT    NOT NULL,  -- id of the command
  kept       TEXT    NOT NULL,  -- all of it, as JSON
  expires_at INTEGER NOT NULL,  -- in milliseconds since 1970
  UNIQUE (stream, command)
) STRICT;
