INSERT INTO awaited (session, number) VALUES (?, ?)
ON CONFLICT DO NOTHING
