-- ?1: JSON array of [aggregate_type, aggregate_id]. One row for each of them; its version is NULL where nothing is journalled.
-- SQLite takes a MAX from the end of an index only where there is no GROUP BY: so a stream costs the same at any age.
SELECT value ->> 0 AS aggregate_type, value ->> 1 AS aggregate_id,
  (SELECT MAX(version) FROM journal WHERE aggregate_type = value ->> 0 AND aggregate_id = value ->> 1) AS version
FROM json_each(?1)
