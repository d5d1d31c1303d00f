-- A partition that was not known yet joins. ?1: name, ?2: generation, ?3: category, ?4: partition.
INSERT INTO checkpoint (name, generation, category, partition, turn, position, "check", is_caught_up)
SELECT name, generation, ?3, ?4, 0, 0, '', 0
FROM processor WHERE name = ?1 AND generation = ?2 AND status IN ('BUILDING', 'ACTIVE')
ON CONFLICT DO NOTHING
