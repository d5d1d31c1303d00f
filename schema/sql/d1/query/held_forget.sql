DELETE FROM held WHERE id = ?
