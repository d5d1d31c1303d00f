-- What was remembered of foreign streams up to some version, folded. Created with the first one: an object that remembers
-- little pays nothing.
CREATE TABLE IF NOT EXISTS foreign_snapshots (
  source_type   TEXT    NOT NULL,
  source_id     TEXT    NOT NULL,
  version       INTEGER NOT NULL,      -- version of the last foreign event in it; the events up to it are deleted
  state_version INTEGER NOT NULL,      -- schema version of the foreign state: of another one, the stream is read again
  state         TEXT    NOT NULL,      -- JSON
  PRIMARY KEY (source_type, source_id)
) STRICT, WITHOUT ROWID;
