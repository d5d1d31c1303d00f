DELETE FROM foreign_snapshots WHERE source_type = ? AND source_id = ?
