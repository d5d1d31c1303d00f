DELETE FROM awaited WHERE session = ? AND number = ?
