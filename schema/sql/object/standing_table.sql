-- Where the instance stands. One row, written with the first commit. What not every instance needs has a table that is created
-- when it is needed: a table costs two rows written.
CREATE TABLE IF NOT EXISTS standing (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         TEXT    NOT NULL,         -- of the instance: the platform may wake an object without telling it its name
  partition  INTEGER NOT NULL,         -- of the journal in which its stream began, and stays
  -- The cursors: events up to here have reached all their destinations, or are journalled.
  confirmed  INTEGER NOT NULL,         -- the bus: of what has not arrived, a hold says why
  journalled INTEGER NOT NULL,         -- the journal has those that are published
  published  INTEGER NOT NULL          -- the last one of these; 0 when there is none
) STRICT;
