-- Subscriptions of one GraphQL socket, in the session's own object. Gone with the socket.
CREATE TABLE IF NOT EXISTS operations (
  number INTEGER PRIMARY KEY,  -- rises, and is never used again
  id     TEXT    NOT NULL,     -- the client's name for it
  source TEXT    NOT NULL,     -- JSON: the sources that it follows
  asked  TEXT    NOT NULL      -- JSON: document, name of the operation, variables; and what its field asks for
) STRICT;
