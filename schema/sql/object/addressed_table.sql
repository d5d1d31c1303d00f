-- Which versions of the stream concern which other instance, by an event that it wants or a command that follows. It is what
-- a destination lacks, without a look at the versions that are for others. Created with the first of them: a stream that
-- concerns nobody pays nothing.
CREATE TABLE IF NOT EXISTS addressed (
  to_type TEXT    NOT NULL,
  to_id   TEXT    NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (to_type, to_id, version)
) STRICT, WITHOUT ROWID;
