-- Read model of devices. status, reading and observed_at are those of the latest report by the device's clock.
CREATE TABLE device (
  id             TEXT    PRIMARY KEY,
  version        INTEGER NOT NULL,  -- version of the stream that the row is at
  model          TEXT    NOT NULL,
  owner_id       TEXT    NOT NULL,
  status         TEXT,              -- OK, WARN, FAULT; null before the first report
  reading        REAL,              -- null before the first report
  observed_at    TEXT,              -- RFC 3339, UTC, always with milliseconds: sorts as time does; null before the first report
  decommissioned INTEGER NOT NULL,  -- 1: out of service
  readings       INTEGER NOT NULL,  -- how many reports there are, late ones included
  late           INTEGER NOT NULL,  -- how many of them arrived after a later one
  registered_at  TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of devices, newest first.
CREATE INDEX device_newest ON device (registered_at, id);
