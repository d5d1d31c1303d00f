-- ?1: JSON array of days; ?2: JSON array of command ids. Each pair is looked up by its key.
SELECT command_id, fingerprint, after, through, expires_at FROM outcomes
WHERE day IN (SELECT value FROM json_each(?1)) AND command_id IN (SELECT value FROM json_each(?2))
