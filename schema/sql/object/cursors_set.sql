INSERT INTO cursors (one, confirmed, journalled) VALUES (1, ?, ?)
ON CONFLICT DO UPDATE SET confirmed = excluded.confirmed, journalled = excluded.journalled
