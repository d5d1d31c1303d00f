-- Moves the places of a partition. Fails when one of them is not where it was read: another runner was faster, or the
-- database was restored.
-- ?1: JSON array of [name, generation, turn, position, check, is_caught_up], ?2: category, ?3: partition.
INSERT INTO checkpoint (name, generation, category, partition, turn, position, "check", is_caught_up)
SELECT value ->> 0, value ->> 1, ?2, ?3,
       (SELECT turn + 1 FROM checkpoint
        WHERE name = value ->> 0 AND generation = value ->> 1 AND category = ?2 AND partition = ?3
          AND turn = value ->> 2),
       value ->> 3, value ->> 4, value ->> 5
FROM json_each(?1) WHERE TRUE
ON CONFLICT (name, generation, category, partition) DO UPDATE
SET turn = excluded.turn, position = excluded.position, "check" = excluded."check", is_caught_up = excluded.is_caught_up
