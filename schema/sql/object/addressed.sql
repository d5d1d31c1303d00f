SELECT version FROM addressed WHERE to_type = ?1 AND to_id = ?2 AND version > ?3 AND version <= ?4 ORDER BY version LIMIT ?5
