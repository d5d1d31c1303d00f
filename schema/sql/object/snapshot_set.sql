INSERT INTO snapshots (one, version, state_version, state) VALUES (1, ?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version, state_version = excluded.state_version, state = excluded.state
