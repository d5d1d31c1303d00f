-- A generation has ended. ?1: name, ?2: generation, ?3: REPLACED or CANCELLED.
UPDATE processor SET status = ?3, is_paused = 0 WHERE name = ?1 AND generation = ?2
