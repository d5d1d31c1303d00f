-- Sequences that fail: what goes to one destination from one source stream. A row exists while a sequence fails, and for
-- ever once letters of it were parked.
CREATE TABLE dead_sequence (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  lane             TEXT    NOT NULL,  -- EVENT, ERRAND, PROJECTION, UNREADABLE
  destination_type TEXT    NOT NULL,  -- '' for a projection, and for what cannot be read
  destination_id   TEXT    NOT NULL,
  source_type      TEXT    NOT NULL,  -- '' for what cannot be read, whose fingerprint is the id
  source_id        TEXT    NOT NULL,
  status           TEXT    NOT NULL,  -- FAILING: tried again by itself; PARKED: waits for somebody; FREE: flows again
  attempts         INTEGER NOT NULL,  -- since it last flowed
  reason           TEXT    NOT NULL,  -- what went wrong last
  first_at         INTEGER NOT NULL,  -- when it first failed since it last flowed, in milliseconds since 1970
  last_at          INTEGER NOT NULL,  -- when it failed last
  UNIQUE (lane, destination_type, destination_id, source_type, source_id)
) STRICT;

CREATE INDEX dead_sequence_status ON dead_sequence (status, id);

-- Letters of parked sequences. A row stays when its letter was dealt with: it says by whom.
CREATE TABLE dead_letter (
  sequence   INTEGER NOT NULL REFERENCES dead_sequence (id),
  version    INTEGER NOT NULL,  -- version of the event in its stream
  part       INTEGER NOT NULL,  -- number of the command that follows from it; 0 for the event itself
  status     TEXT    NOT NULL,  -- PARKED, DELIVERED, DISCARDED
  letter     TEXT    NOT NULL,  -- JSON: what was to be delivered
  parked_at  INTEGER NOT NULL,  -- milliseconds since 1970
  decided_at INTEGER,           -- when it was delivered or discarded
  decided_by TEXT,              -- the administrator
  reason     TEXT,              -- why it was discarded
  PRIMARY KEY (sequence, version, part)
) STRICT, WITHOUT ROWID;
