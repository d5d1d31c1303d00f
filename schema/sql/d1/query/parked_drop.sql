-- ?1: name, ?2: generation.
DELETE FROM parked WHERE name = ?1 AND generation = ?2
