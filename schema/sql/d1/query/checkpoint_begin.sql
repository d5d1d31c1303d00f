-- The places of a new generation: in the partitions that are set, and in those in which an earlier one has passed an event.
-- ?1: name, ?2: generation, ?3: JSON array of [category, partition].
INSERT INTO checkpoint (name, generation, category, partition, turn, position, "check", is_caught_up)
SELECT ?1, ?2, category, partition, 0, 0, '', 0
FROM (SELECT value ->> 0 AS category, value ->> 1 AS partition FROM json_each(?3)
      UNION SELECT category, partition FROM checkpoint WHERE name = ?1 AND position > 0)
