SELECT id, version, user_id, resource_id, date_start, date_end, status, reason, created_at FROM claim WHERE id = ?1
