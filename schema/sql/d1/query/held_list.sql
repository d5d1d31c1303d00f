INSERT INTO held (source_type, source_id, to_type, to_id, status, code, held) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET status = excluded.status, code = excluded.code, held = excluded.held
