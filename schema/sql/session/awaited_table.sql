-- Subscriptions of one principal that wait for an instance, in the object of its name.
CREATE TABLE IF NOT EXISTS awaited (
  session TEXT    NOT NULL,  -- identifier of the session's object
  number  INTEGER NOT NULL,  -- that of the subscription, in the session
  PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;
