-- The journal: every event of every stream, in the order in which it arrived. Derived: it can be thrown away and filled
-- again from the objects.
CREATE TABLE journal (
  position       INTEGER PRIMARY KEY AUTOINCREMENT,  -- place in the journal; rises, may have gaps
  aggregate_type TEXT    NOT NULL,
  aggregate_id   TEXT    NOT NULL,
  version        INTEGER NOT NULL,                   -- place in the stream; without gaps per stream
  event_type     TEXT    NOT NULL,
  time           TEXT    NOT NULL,                   -- RFC 3339, UTC
  event          TEXT    NOT NULL,                   -- the event in its wire form
  UNIQUE (aggregate_type, aggregate_id, version)     -- an event is journalled once; the head of a stream is read from here
) STRICT;
