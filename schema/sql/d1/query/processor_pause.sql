-- ?1: name, ?2: generation, ?3: 1 to pause it, 0 to let it go on.
UPDATE processor SET is_paused = ?3 WHERE name = ?1 AND generation = ?2
