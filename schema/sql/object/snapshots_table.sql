-- The state at some versions, so that a fold to the present or to a past version can begin near it. Derived: they may be
-- thrown away at any time. Created with the first of them.
CREATE TABLE IF NOT EXISTS snapshots (
  state_version INTEGER NOT NULL,      -- schema version of the state
  version       INTEGER NOT NULL,      -- version that the state is at
  state         TEXT    NOT NULL,      -- JSON
  PRIMARY KEY (state_version, version)
) STRICT, WITHOUT ROWID
