-- ?1: JSON array of command ids.
SELECT command_id, fingerprint, after, through, expires_at FROM outcomes
WHERE command_id IN (SELECT value FROM json_each(?1))
