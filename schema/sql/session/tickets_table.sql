-- Unused tickets of one principal, in the object of its name.
CREATE TABLE IF NOT EXISTS tickets (
  digest TEXT    PRIMARY KEY,  -- of the ticket's secret
  caller TEXT    NOT NULL,     -- who has asked for it, as JSON
  until  INTEGER NOT NULL      -- when it ends, in milliseconds since 1970
) STRICT, WITHOUT ROWID;
