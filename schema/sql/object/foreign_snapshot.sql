SELECT version, state_version, state FROM foreign_snapshots WHERE source_type = ? AND source_id = ?
