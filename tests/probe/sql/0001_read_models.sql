-- Read model of resources.
CREATE TABLE resource (
  id       TEXT    PRIMARY KEY,
  version  INTEGER NOT NULL,  -- version of the stream that the row is at
  group_id TEXT    NOT NULL,
  number   TEXT    NOT NULL,
  capacity INTEGER NOT NULL,
  rate     INTEGER NOT NULL,  -- minor units
  status   TEXT    NOT NULL,  -- OPEN, CLOSED
  holds    INTEGER NOT NULL   -- how many claims hold days
) STRICT, WITHOUT ROWID;

-- Read model of claims.
CREATE TABLE claim (
  id          TEXT    PRIMARY KEY,
  version     INTEGER NOT NULL,  -- version of the stream that the row is at
  user_id     TEXT    NOT NULL,
  resource_id TEXT    NOT NULL,
  date_start  TEXT    NOT NULL,  -- first day
  date_end    TEXT    NOT NULL,  -- the day after the last one
  status      TEXT    NOT NULL,  -- PENDING, CONFIRMED, DECLINED, CANCELLED, EXPIRED
  reason      TEXT,              -- why it was declined or cancelled
  created_at  TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of claims, newest first.
CREATE INDEX claim_newest ON claim (created_at, id);

-- Read model of meters. status, reading and observed_at are those of the latest report by the meter's clock.
CREATE TABLE meter (
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

-- The list of meters, newest first.
CREATE INDEX meter_newest ON meter (registered_at, id);

-- By what the lists are ordered and filtered.
CREATE INDEX resource_number ON resource (number, id);
CREATE INDEX resource_rate ON resource (rate, id);
CREATE INDEX resource_group ON resource (group_id, number, id);
CREATE INDEX claim_start ON claim (date_start, id);
CREATE INDEX claim_user ON claim (user_id, created_at, id);
CREATE INDEX claim_resource ON claim (resource_id, created_at, id);
CREATE INDEX claim_status ON claim (status, created_at, id);
CREATE INDEX meter_model ON meter (model, id);
CREATE INDEX meter_owner ON meter (owner_id, registered_at, id);
CREATE INDEX meter_status ON meter (status, registered_at, id);
