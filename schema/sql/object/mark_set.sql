INSERT INTO marks (source_type, source_id, version) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version
