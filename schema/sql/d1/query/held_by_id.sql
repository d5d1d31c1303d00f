SELECT id, held FROM held WHERE id = ?
