-- Destinations that do not take what this stream has for them. Created with the first of them.
CREATE TABLE IF NOT EXISTS holds (
  to_type TEXT    NOT NULL,
  to_id   TEXT    NOT NULL,
  next_at INTEGER NOT NULL,            -- when something is due of it, in milliseconds since 1970
  hold    TEXT    NOT NULL,            -- JSON
  PRIMARY KEY (to_type, to_id)
) STRICT, WITHOUT ROWID;
