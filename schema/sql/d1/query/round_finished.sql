-- ?3: why.
UPDATE round SET version = ?2, status = 'FINISHED', ending = ?3 WHERE id = ?1 AND version < ?2
