INSERT INTO operations (number, id, source, asked) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET source = excluded.source, asked = excluded.asked
