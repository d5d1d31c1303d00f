-- What is held back is kept by the object that it comes from. This list of it is for administrators, and may lag behind.
CREATE TABLE held (
  -- Of a sequence: the number of one that flows again is never used for another, which an old page would act on.
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  source_type TEXT    NOT NULL,
  source_id   TEXT    NOT NULL,
  to_type     TEXT    NOT NULL,
  to_id       TEXT    NOT NULL,
  status      TEXT    NOT NULL,  -- FAILING or PARKED
  code        TEXT    NOT NULL,  -- code of the failure
  held        TEXT    NOT NULL   -- JSON, as it is shown
) STRICT;

CREATE UNIQUE INDEX held_sequence ON held (source_type, source_id, to_type, to_id);
-- Pages go by id within a standing.
CREATE INDEX held_status ON held (status, id);

-- The processors of the journals. Each generation of one has tables of its own, <table>_g<generation>; readers ask the view
-- <table>, which shows the active one. The runners make and drop these tables. A number is never used again.
CREATE TABLE processor (
  name       TEXT    NOT NULL,  -- that of the aggregate type for its state rows, that of the projection otherwise
  generation INTEGER NOT NULL,  -- from 1
  version    TEXT    NOT NULL,  -- of the code that makes the rows
  status     TEXT    NOT NULL,  -- BUILDING, ACTIVE; REPLACED, CANCELLED: its tables are dropped
  is_paused  INTEGER NOT NULL,
  tables     TEXT    NOT NULL,  -- JSON array of the names of its views
  began_at   INTEGER NOT NULL,  -- in milliseconds since 1970, as all instants here
  active_at  INTEGER,           -- when readers were switched to it
  PRIMARY KEY (name, generation)
) STRICT, WITHOUT ROWID;

-- One builds and one is active at most.
CREATE UNIQUE INDEX processor_status ON processor (name, status) WHERE status IN ('BUILDING', 'ACTIVE');

-- How far a generation has come in each partition. Moved together with what follows from the events, or less often where a
-- repeat does no harm.
CREATE TABLE checkpoint (
  name         TEXT    NOT NULL,
  generation   INTEGER NOT NULL,
  category     TEXT    NOT NULL,
  partition    INTEGER NOT NULL,
  turn         INTEGER NOT NULL,  -- rises with each change: of two runners, the slower one is told
  position     INTEGER NOT NULL,  -- events up to here are in its rows
  "check"      TEXT    NOT NULL,  -- of the event there; another one means that the journal was restored
  is_caught_up INTEGER NOT NULL,  -- 1 once it has reached the head
  PRIMARY KEY (name, generation, category, partition)
) STRICT, WITHOUT ROWID;

-- Streams that a processor cannot digest. Everything else goes on.
CREATE TABLE parked (
  name       TEXT    NOT NULL,
  generation INTEGER NOT NULL,
  category   TEXT    NOT NULL,
  partition  INTEGER NOT NULL,
  id         TEXT    NOT NULL,  -- the instance
  position   INTEGER NOT NULL,  -- its events up to here are in the rows; the next one is to blame
  code       TEXT    NOT NULL,  -- code of the failure
  reason     TEXT    NOT NULL,  -- the failure
  since      INTEGER NOT NULL,
  tried_at   INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,
  PRIMARY KEY (name, generation, category, partition, id)
) STRICT, WITHOUT ROWID;
