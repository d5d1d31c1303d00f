SELECT MAX(version) AS version FROM journal WHERE aggregate_type = ?1 AND aggregate_id = ?2
