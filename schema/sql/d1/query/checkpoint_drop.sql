-- ?1: name, ?2: generation.
DELETE FROM checkpoint WHERE name = ?1 AND generation = ?2
