INSERT INTO foreign_snapshots (source_type, source_id, version, state_version, state) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version, state_version = excluded.state_version, state = excluded.state
