-- Read model of reservations.
CREATE TABLE reservation (
  id         TEXT    PRIMARY KEY,
  version    INTEGER NOT NULL,  -- version of the stream that the row is at
  user_id    TEXT    NOT NULL,
  room_id    TEXT    NOT NULL,
  date_start TEXT    NOT NULL,  -- first night
  date_end   TEXT    NOT NULL,  -- day of departure
  status     TEXT    NOT NULL,  -- PENDING, CONFIRMED, DECLINED, CANCELLED, EXPIRED
  reason     TEXT,              -- why it was declined or cancelled
  created_at TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of reservations, newest first.
CREATE INDEX reservation_newest ON reservation (created_at, id);
