INSERT INTO seats (session, until) VALUES (?, ?)
ON CONFLICT DO UPDATE SET until = excluded.until
