-- ?1: JSON array of rows, each an array.
INSERT OR REPLACE INTO outcomes (day, command_id, fingerprint, after, through, expires_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?1)
