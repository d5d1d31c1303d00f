SELECT MAX(version) FROM addressed WHERE to_type = ? AND to_id = ? AND version <= ?
