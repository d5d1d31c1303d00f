-- Fails unless the generation builds, and has caught up in every partition. ?1: name, ?2: generation.
INSERT INTO checkpoint (name, generation, category, partition, turn, position, "check", is_caught_up)
SELECT '', 0, '', 0, NULL, 0, '', 0
WHERE NOT EXISTS (SELECT 1 FROM processor WHERE name = ?1 AND generation = ?2 AND status = 'BUILDING')
   OR EXISTS (SELECT 1 FROM checkpoint WHERE name = ?1 AND generation = ?2 AND is_caught_up = 0)
