-- ?1: JSON array of rows, each an array.
INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each(?1)
