SELECT source_type, source_id, state_version FROM foreign_snapshots
