DELETE FROM seats WHERE session = ?
