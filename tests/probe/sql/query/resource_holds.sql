UPDATE resource SET version = ?2, holds = holds + ?3 WHERE id = ?1 AND version < ?2
