INSERT INTO {nights} (room_id, reservation_id, date_start, date_end) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING
