SELECT position, appends FROM entries WHERE position > ? ORDER BY position LIMIT ?
