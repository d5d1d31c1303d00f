-- Where the outcomes lie that are in rows of events: a row for many commands, so that an instance that is loaded knows the commands
-- of the last day without an index over all of them. The latest ones are in no block yet, and are found in the last events.
CREATE TABLE IF NOT EXISTS blocks (
  through INTEGER PRIMARY KEY,         -- version of the last event before the next block
  day     INTEGER NOT NULL,            -- on which the last of its outcomes expires, counted from 1970
  places  TEXT    NOT NULL             -- for each command, 16 hexadecimal digits of the hash of its id, and its first version
) STRICT
