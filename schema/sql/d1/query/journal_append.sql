INSERT INTO journal (aggregate_type, aggregate_id, version, event_type, time, event) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
