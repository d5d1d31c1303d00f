-- ?2: whose it must be, or null.
SELECT id, version, user_id, resource_id, date_start, date_end, status, reason, created_at FROM claim WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2)
