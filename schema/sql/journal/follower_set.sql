INSERT INTO followers (session, turn, until, filters, holder) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until, filters = excluded.filters, holder = excluded.holder
