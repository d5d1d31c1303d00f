-- Read model of rooms.
CREATE TABLE room (
  id           TEXT    PRIMARY KEY,
  version      INTEGER NOT NULL,  -- version of the stream that the row is at
  hotel_id     TEXT    NOT NULL,
  number       TEXT    NOT NULL,
  capacity     INTEGER NOT NULL,
  nightly_rate INTEGER NOT NULL,  -- minor units
  status       TEXT    NOT NULL,  -- OPEN, CLOSED
  holds        INTEGER NOT NULL   -- how many reservations hold nights
) STRICT, WITHOUT ROWID;
