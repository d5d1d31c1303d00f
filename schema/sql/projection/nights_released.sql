DELETE FROM {nights} WHERE room_id = ?1 AND reservation_id = ?2
