-- ?1: JSON array of rows, each an array.
INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data, fingerprint, through, expires_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9, value ->> 10
FROM json_each(?1)
