INSERT INTO foreign_events (source_type, source_id, version, event) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
