-- GraphQL sessions that are told of every event of a category. Read with every batch of the journal.
CREATE TABLE category_follower (
  aggregate_type TEXT    NOT NULL,  -- the category
  session        TEXT    NOT NULL,  -- identifier of the session's object
  turn           INTEGER NOT NULL,  -- number of its operation that joined last: an older leave changes nothing
  until          INTEGER NOT NULL,  -- when its token ends, in milliseconds since 1970
  PRIMARY KEY (aggregate_type, session)
) STRICT, WITHOUT ROWID;
