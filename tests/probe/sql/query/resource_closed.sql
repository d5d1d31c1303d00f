UPDATE resource SET version = ?2, status = 'CLOSED' WHERE id = ?1 AND version < ?2
