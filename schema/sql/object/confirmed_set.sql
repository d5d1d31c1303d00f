INSERT INTO outbox (one, confirmed) VALUES (1, ?)
ON CONFLICT DO UPDATE SET confirmed = excluded.confirmed
