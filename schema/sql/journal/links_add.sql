-- ?1: JSON array of [correlation, id, version, position].
INSERT INTO links (correlation, id, version, position)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)
