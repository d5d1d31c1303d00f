-- Outcomes of commands that appended nothing: of accepted ones, and of refused ones that followed from an event, so that a repeat
-- gets the first one. Those of commands with events are here only where an instance takes more commands than it can keep in
-- memory. The key begins with the day, so that expired ones are deleted as a range. A command is looked up under each day that
-- its outcome can have. An expired outcome may lie beside a new one of the same command.
CREATE TABLE IF NOT EXISTS outcomes (
  day         INTEGER NOT NULL,        -- day of expires_at, counted from 1970
  command_id  TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,        -- SHA-256 of name and canonical payload, hex; of a refused one, its refusal as JSON
  after       INTEGER NOT NULL,        -- version before the command
  through     INTEGER NOT NULL,        -- version after it
  expires_at  INTEGER NOT NULL,        -- milliseconds since 1970
  PRIMARY KEY (day, command_id)
) STRICT, WITHOUT ROWID
