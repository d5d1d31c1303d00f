-- Fails unless the generation has this status still. ?1: name, ?2: generation, ?3: status.
INSERT INTO checkpoint (name, generation, category, partition, turn, position, "check", is_caught_up)
SELECT '', 0, '', 0, NULL, 0, '', 0
WHERE NOT EXISTS (SELECT 1 FROM processor WHERE name = ?1 AND generation = ?2 AND status = ?3)
