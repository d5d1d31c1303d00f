INSERT INTO addressed (to_type, to_id, version) VALUES (?, ?, ?)
