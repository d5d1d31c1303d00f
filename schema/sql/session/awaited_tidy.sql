-- What a socket waited for that has no seat any more.
DELETE FROM awaited WHERE session NOT IN (SELECT session FROM seats)
