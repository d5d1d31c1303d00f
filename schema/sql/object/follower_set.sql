INSERT INTO followers (session, turn, until, holder) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until, holder = excluded.holder
