DELETE FROM operations WHERE number = ?
