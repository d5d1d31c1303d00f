SELECT version FROM marks WHERE source_type = ? AND source_id = ?
