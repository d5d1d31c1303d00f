-- Sessions that are told of what concerns them. Created when the first one follows: a category that nobody follows pays nothing.
CREATE TABLE IF NOT EXISTS followers (
  session TEXT    PRIMARY KEY,  -- identifier of its object
  turn    INTEGER NOT NULL,     -- number of its operation that joined last: an older leave changes nothing
  until   INTEGER NOT NULL,     -- when its token ends, in milliseconds since 1970
  filters TEXT    NOT NULL,     -- JSON: the rows that it wants to hear of; [] for all
  holder  TEXT    NOT NULL DEFAULT ''  -- name of its principal, who has so many places; '' if an earlier release wrote the row
) STRICT, WITHOUT ROWID;
