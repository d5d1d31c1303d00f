DELETE FROM held WHERE source_type = ? AND source_id = ? AND to_type = ? AND to_id = ?
