-- Which nights of rooms are held. Holds of a room do not overlap: in the order of their ends they are in that of their starts.
CREATE TABLE {nights} (
  room_id        TEXT NOT NULL,
  date_end       TEXT NOT NULL,  -- day of departure
  date_start     TEXT NOT NULL,  -- first night
  reservation_id TEXT NOT NULL,
  PRIMARY KEY (room_id, date_end, reservation_id)
) STRICT, WITHOUT ROWID
