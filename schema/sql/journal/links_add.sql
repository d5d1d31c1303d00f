-- ?1: JSON array of [correlation, id, version, position, claimed].
INSERT INTO links (correlation, id, version, position, claimed)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)
