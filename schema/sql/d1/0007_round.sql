-- Read model of rounds.
CREATE TABLE round (
  id          TEXT    PRIMARY KEY,
  version     INTEGER NOT NULL,  -- version of the stream that the row is at
  game        TEXT    NOT NULL,
  max_players INTEGER NOT NULL,
  players     TEXT    NOT NULL,  -- JSON object: who plays, and the score of each
  moves       INTEGER NOT NULL,  -- how many were made
  status      TEXT    NOT NULL,  -- OPEN, RUNNING, FINISHED
  ending      TEXT,              -- FINISHED, TIME_UP, IDLE; null until it has ended
  ends_at     TEXT,              -- RFC 3339, UTC; null when it may go on while somebody plays
  started_at  TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of rounds, newest first.
CREATE INDEX round_newest ON round (started_at, id);
