INSERT INTO holds (to_type, to_id, next_at, hold) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET next_at = excluded.next_at, hold = excluded.hold
