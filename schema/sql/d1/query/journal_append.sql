-- ?1: JSON array of rows, each an array.
INSERT INTO journal (aggregate_type, aggregate_id, version, event_type, time, event)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?1)
