SELECT id, version, user_id, room_id, date_start, date_end, status, reason, created_at FROM reservation WHERE id = ?1
