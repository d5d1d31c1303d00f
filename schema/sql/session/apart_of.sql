SELECT kept FROM apart WHERE stream = ? AND command IN (SELECT value FROM json_each(?)) AND expires_at > ?
