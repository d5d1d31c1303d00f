-- High-water marks of foreign streams: everything up to the version was received. Created with the first of them.
CREATE TABLE IF NOT EXISTS marks (
  source_type TEXT    NOT NULL,
  source_id   TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (source_type, source_id)
) STRICT, WITHOUT ROWID
