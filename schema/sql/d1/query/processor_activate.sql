-- ?1: name, ?2: generation, ?3: now.
UPDATE processor SET status = 'ACTIVE', active_at = ?3 WHERE name = ?1 AND generation = ?2
