-- ?1: JSON array of [aggregate_type, aggregate_id]. One row for each of them that has events.
SELECT aggregate_type, aggregate_id, MAX(version) AS version FROM journal
WHERE (aggregate_type, aggregate_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
GROUP BY aggregate_type, aggregate_id
