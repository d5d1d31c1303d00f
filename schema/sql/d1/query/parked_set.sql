-- Parks streams, or says that another attempt has failed.
-- ?1: JSON array of [name, generation, id, position, code, reason, since, tried_at, attempts], ?2: category, ?3: partition.
INSERT INTO parked (name, generation, category, partition, id, position, code, reason, since, tried_at, attempts)
SELECT value ->> 0, value ->> 1, ?2, ?3, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8
FROM json_each(?1) WHERE TRUE
ON CONFLICT (name, generation, category, partition, id) DO UPDATE
SET position = excluded.position, code = excluded.code, reason = excluded.reason, tried_at = excluded.tried_at,
    attempts = excluded.attempts
