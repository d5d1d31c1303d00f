INSERT INTO claim (id, version, user_id, resource_id, date_start, date_end, status, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', ?7)
ON CONFLICT (id) DO NOTHING
