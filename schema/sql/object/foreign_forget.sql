DELETE FROM foreign_events WHERE source_type = ? AND source_id = ? AND version <= ?
