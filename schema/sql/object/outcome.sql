-- ?1 to ?3: days; ?4: command id. What is looked up before most commands.
SELECT command_id, fingerprint, after, through, expires_at FROM outcomes
WHERE day IN (?1, ?2, ?3) AND command_id = ?4
