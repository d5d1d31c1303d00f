INSERT INTO followers (session, turn, until, filters) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until, filters = excluded.filters
