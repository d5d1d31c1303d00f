-- The journal of one partition. Created with the first commit: looking at one that does not exist writes nothing.

-- What was appended, as it came. One row for each commit, or several.
CREATE TABLE entries (
  position INTEGER PRIMARY KEY,  -- of the last event in it; each event has one, counted by 1
  appends  TEXT    NOT NULL      -- JSON array of appends, each with its events and the row after them
) STRICT;

-- A row for each event: whether it is here, where it is, and what a correlation has caused.
CREATE TABLE links (
  correlation TEXT    NOT NULL,  -- that of the event or, where there is none, the id of the command that led to it
  id          TEXT    NOT NULL,  -- the instance
  version     INTEGER NOT NULL,  -- place in its stream
  position    INTEGER NOT NULL,  -- place in the journal
  claimed     INTEGER NOT NULL,  -- 1 if a caller from outside has named the correlation
  PRIMARY KEY (correlation, id, version)
) STRICT, WITHOUT ROWID;

-- The name of the object: the platform does not tell it when the alarm rings.
CREATE TABLE named (name TEXT NOT NULL) STRICT;
