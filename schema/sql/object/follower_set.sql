INSERT INTO followers (session, turn, until) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until
