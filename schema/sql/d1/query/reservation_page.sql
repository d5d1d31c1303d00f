-- Newest first. ?1, ?2: created_at and id of the row after which the page begins, or null for the first page. ?3: rows.
-- ?4: whose they must be, or null.
SELECT id, version, user_id, room_id, date_start, date_end, status, reason, created_at FROM reservation
WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2)) AND (?4 IS NULL OR user_id = ?4)
ORDER BY created_at DESC, id DESC
LIMIT ?3
