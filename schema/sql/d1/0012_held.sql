-- What is held back is kept by the object that it comes from. This list of it is for administrators, and may lag behind.
DROP TABLE dead_letter;
DROP TABLE dead_sequence;

CREATE TABLE held (
  id          INTEGER PRIMARY KEY,
  source_type TEXT    NOT NULL,
  source_id   TEXT    NOT NULL,
  to_type     TEXT    NOT NULL,
  to_id       TEXT    NOT NULL,
  status      TEXT    NOT NULL,        -- FAILING or PARKED
  code        TEXT    NOT NULL,        -- code of the failure
  held        TEXT    NOT NULL         -- JSON, as it is shown
) STRICT;

CREATE UNIQUE INDEX held_sequence ON held (source_type, source_id, to_type, to_id);
-- Pages go by id within a standing.
CREATE INDEX held_status ON held (status, id);
