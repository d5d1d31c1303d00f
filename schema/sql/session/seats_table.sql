-- Open GraphQL sockets of one principal, in the object of its name.
CREATE TABLE IF NOT EXISTS seats (
  session TEXT    PRIMARY KEY,  -- identifier of the session's object
  until   INTEGER NOT NULL      -- when its token ends, in milliseconds since 1970
) STRICT, WITHOUT ROWID;
